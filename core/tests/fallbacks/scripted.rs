//! A server with scripted replies, and a clock that only its timers move.
//!
//! Invariant: a timer moves the clock to its end when it is polled, so no test waits, and no assertion depends on the speed of the machine.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::{Value, json};
use trilogue_core::CallRecord;
use trilogue_core::transport::{Body, Failure, Head, Notice, Request, Transport};

/// A reply of the server.
#[derive(Default)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    pieces: VecDeque<String>,
    end: End,
}

/// The end of a reply's body.
#[derive(Default, Clone, Copy, PartialEq)]
pub(crate) enum End {
    #[default]
    Closed,
    Broken,
    Silent,
    /// There is no reply at all, and no timer ends.
    Frozen,
}

impl Reply {
    /// A page of a proxy.
    pub(crate) fn html() -> Self {
        Self { status: 200, pieces: ["<html>".to_owned()].into(), ..Self::default() }
    }

    pub(crate) fn stream(texts: &[&str], usage: Option<[u64; 2]>) -> Self {
        let mut pieces: VecDeque<_> = texts.iter().map(|text| frame(&json!({"content": text}), None)).collect();
        if let Some([prompt, completion]) = usage {
            let usage = json!({"prompt_tokens": prompt, "completion_tokens": completion});
            pieces.push_back(format!("data: {}\n\n", json!({"id": "c", "model": "m", "choices": [], "usage": usage})));
        }
        Self { status: 200, pieces, ..Self::default() }
    }

    pub(crate) fn ended(mut self) -> Self {
        self.pieces.push_back(frame(&json!({}), Some("stop")));
        self.pieces.push_back("data: [DONE]\n\n".to_owned());
        self
    }

    pub(crate) fn broken(self) -> Self {
        Self { end: End::Broken, ..self }
    }

    pub(crate) fn error(status: u16) -> Self {
        let body = json!({"error": {"message": "no", "type": "server_error"}});
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, pieces: [body.to_string()].into(), end: End::Closed }
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn frozen() -> Self {
        Self { end: End::Frozen, ..Self::default() }
    }

    pub(crate) fn silent() -> Self {
        Self { status: 200, end: End::Silent, ..Self::default() }
    }
}

pub(crate) fn frame(delta: &Value, reason: Option<&str>) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
    format!("data: {}\n\n", json!({"id": "c", "model": "m", "choices": [choice]}))
}

/// A server with scripted replies, and what a program observes.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) replies: VecDeque<Reply>,
    pub(crate) now: Duration,
    pub(crate) is_frozen: bool,
    pub(crate) requests: Vec<(String, Value)>,
    pub(crate) records: Vec<CallRecord>,
    pub(crate) lines: Vec<String>,
}

#[derive(Clone, Default)]
pub(crate) struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    pub(crate) fn add(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script().replies.extend(replies);
    }

    pub(crate) fn record(&self) -> CallRecord {
        let records = std::mem::take(&mut self.script().records);
        let [record] = &records[..] else { panic!("{} records", records.len()) };
        record.clone()
    }
}

pub(crate) struct Timer {
    server: Scripted,
    until: Duration,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut script = self.server.script();
        if script.is_frozen {
            return Poll::Pending;
        }
        script.now = script.now.max(self.until);
        Poll::Ready(())
    }
}

pub(crate) struct Pieces(VecDeque<String>, End);

impl Body for Pieces {
    type Chunk = Vec<u8>;

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match (self.0.pop_front(), self.1) {
            (Some(piece), _) => Ok(Some(piece.into_bytes())),
            (None, End::Broken) => Err(Failure::Connection("reset".to_owned())),
            (None, End::Silent) => pending().await,
            (None, _) => Ok(None),
        }
    }

    fn release(self) {}
}

impl Transport for Scripted {
    type Body = Pieces;
    type Sleep = Timer;

    async fn send(&self, request: Request) -> Result<(Head, Pieces), Failure> {
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        self.script().requests.push((request.url, body));
        let reply = self.script().replies.pop_front().expect("a scripted reply");
        if reply.end == End::Frozen {
            self.script().is_frozen = true;
            return pending().await;
        }
        Ok((Head { status: reply.status, headers: reply.headers.into() }, Pieces(reply.pieces, reply.end)))
    }

    fn sleep(&self, duration: Duration) -> Timer {
        Timer { server: self.clone(), until: self.now() + duration }
    }

    fn now(&self) -> Duration {
        self.script().now
    }

    fn unix_time(&self) -> Duration {
        self.now()
    }

    fn random(&self) -> f64 {
        0.0
    }

    const NOTIFIES: bool = true;

    fn notify(&self, _: u32, notice: &Notice<'_>) {
        self.script().lines.push(notice.to_string());
        if let Notice::Ended { record } = notice {
            self.script().records.push((*record).clone());
        }
    }
}

/// Polls a future that no other task has to wake.
pub(crate) fn run<R>(work: impl Future<Output = R>) -> R {
    try_run(work).expect("the future is pending")
}

pub(crate) fn try_run<R>(work: impl Future<Output = R>) -> Option<R> {
    let mut work = pin!(work);
    for _ in 0..100 {
        if let Poll::Ready(output) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(output);
        }
    }
    None
}
