//! Any split of any vector's bytes gives the same items, the same result and the same error.
//!
//! Law: the core alone, over a transport that hands out pieces of bytes and never waits.

use std::future::{Future, Pending, pending, ready};
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use trilogue_core::config::Options;
use trilogue_core::transport::{Body, Failure, Head, Request, Transport};
use trilogue_core::{Client, Config, Endpoint, RequestOptions, border};
use trilogue_test_server::vector::{End, Framing};
use trilogue_test_server::{Vector, load};

/// Answers every request with the same bytes, in the same pieces.
struct Canned {
    head: Head,
    pieces: Vec<Vec<u8>>,
    /// The body ends with a failure and not as it should.
    broken: bool,
}

struct Pieces {
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

/// Everything that a user would notice of a stream: items, result, error.
fn outcome(vector: &Vector, pieces: Vec<Vec<u8>>) -> Value {
    let response = vector.response.nth(0);
    let headers = response.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let canned = Canned { head: Head { status: response.status, headers }, pieces, broken: response.end != End::Clean };
    let mut options: Options = serde_json::from_value(match &vector.options {
        Value::Null => json!({}),
        options => options.clone(),
    })
    .unwrap();
    options.base_url = Some("http://localhost".to_owned());
    options.max_retries = Some(0);
    let client = Client::new(Config::new(options, |_| None).unwrap(), canned);
    let run = async {
        let endpoint = Endpoint::parse(&vector.endpoint)?;
        let body = border::body(&vector.request.to_string())?;
        let mut events = client.stream_json(endpoint, body, &RequestOptions::default()).await?;
        let mut items = Vec::new();
        let error = loop {
            match events.next_batch().await {
                Ok(Some(batch)) => items.extend(batch.items.into_iter().map(|item| Value::Object(item.into_fields()))),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        Ok(json!({"items": items, "result": events.snapshot(), "error": error.map(|error| json!(error.parts()))}))
    };
    let mut run = pin!(run);
    match run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.unwrap_or_else(|error: trilogue_core::Error| json!({"error": error.parts()})),
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// The streams whose bytes end by themselves.
fn streams() -> Vec<(String, Vector, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let vectors = load(&folder).unwrap().into_iter().filter(|(_, vector)| {
        let response = vector.response.nth(0);
        vector.request["stream"] == true && response.framing != Framing::Raw && response.end != End::Stall
    });
    vectors
        .map(|(name, vector)| {
            let parts = vector.response.nth(0).body.iter().flat_map(|piece| piece.parts().unwrap());
            let bytes = parts.flat_map(|(_, bytes)| bytes).collect();
            (name, vector, bytes)
        })
        .collect()
}

#[test]
fn byte_by_byte_is_as_good_as_whole() {
    let streams = streams();
    assert!(streams.len() > 200);
    for (name, vector, bytes) in streams {
        let whole = outcome(&vector, vec![bytes.clone()]);
        let single = outcome(&vector, bytes.chunks(1).map(<[u8]>::to_vec).collect());
        assert_eq!(whole, single, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_split_is_as_good_as_whole(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        thread_local! {
            static STREAMS: Vec<(String, Vector, Vec<u8>)> = streams();
        }
        STREAMS.with(|streams| {
            let (name, vector, bytes) = which.get(streams);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| bytes[cut[0]..cut[1]].to_vec()).collect();
            prop_assert_eq!(outcome(vector, vec![bytes.clone()]), outcome(vector, pieces), "{}", name);
            Ok(())
        })?;
    }
}
