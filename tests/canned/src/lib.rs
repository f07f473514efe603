//! A transport with a canned response, for property tests and fuzzing of the core without sockets.
//!
//! Invariant: all futures are ready immediately, so that a single poll completes a request.

use std::future::{Future, Pending, pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::{Map, Value, json};
use trilogue_core::config::Options;
use trilogue_core::transport::{Body, Failure, Head, Request, Transport};
use trilogue_core::{Client, Config, Endpoint, Error, RequestOptions};

/// A transport that answers every request with the same response.
#[derive(Debug, Clone)]
pub struct Canned {
    /// Status and headers.
    pub head: Head,
    /// The body, one piece per read.
    pub pieces: Vec<Vec<u8>>,
    /// Whether the body ends with a connection error.
    pub broken: bool,
}

/// The body of a canned response.
#[derive(Debug)]
pub struct Pieces {
    pieces: std::vec::IntoIter<Vec<u8>>,
    broken: bool,
}

impl Transport for Canned {
    type Body = Pieces;
    type Sleep = Pending<()>;

    fn send(&self, _: Request) -> impl Future<Output = Result<(Head, Pieces), Failure>> {
        ready(Ok((self.head.clone(), Pieces { pieces: self.pieces.clone().into_iter(), broken: self.broken })))
    }

    fn sleep(&self, _: Duration) -> Pending<()> {
        pending()
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn unix_time(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&self) -> f64 {
        0.0
    }
}

impl Body for Pieces {
    type Chunk = Vec<u8>;

    fn chunk(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Failure>> {
        let next = self.pieces.next();
        let broken = self.broken && next.is_none();
        ready(if broken { Err(Failure::Connection("reset".to_owned())) } else { Ok(next) })
    }

    fn release(self) {}
}

/// Runs a stream without retries and returns everything that a user observes: `items`, `result` and `error`.
pub fn outcome(endpoint: Endpoint, body: &Map<String, Value>, mut options: Options, canned: Canned) -> Value {
    options.base_url = Some("http://localhost".to_owned());
    options.max_retries = Some(0);
    let run = async {
        let client = Client::new(Config::new(options, |_| None)?, canned);
        let mut events = client.stream_json(endpoint, body.clone(), &RequestOptions::default()).await?;
        let mut items = Vec::new();
        let error = loop {
            match events.next_batch().await {
                Ok(Some(batch)) => items.extend(batch.items.into_iter().map(|item| Value::Object(item.into_fields()))),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        Ok(json!({"items": items, "result": events.snapshot(), "error": error.map(|error| error.fields().to_value())}))
    };
    match pin!(run).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.unwrap_or_else(|error: Error| json!({"error": error.fields().to_value()})),
        Poll::Pending => json!("the request is pending although all futures are ready"),
    }
}
