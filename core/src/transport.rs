//! The seam between the core and a runtime: send a request, read a body, sleep, tell the time, hear what happens.
//!
//! Law: these traits and plain data, no behaviour. Futures carry no `Send` bound and no box: with a native transport the client's
//! futures are `Send`, with a browser's they aren't, and both come from the same code.

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use crate::prelude::*;

use crate::notice::Notice;

/// A request, ready to be sent.
///
/// Plain fields and not the `http` crate's types: its header map and URI parser would be a noticeable part of the wasm module,
/// and every transport converts anyway.
#[derive(Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body; empty for `GET`. Shared, since a retry sends it again.
    pub body: Arc<[u8]>,
    /// How long making the connection may take; `None` leaves it to the other timeouts.
    pub connect_timeout: Option<Duration>,
    /// Whether the request may be sent again at once, over a new connection, where one that had served others broke before any byte of the
    /// answer came. The server may then receive it twice.
    pub resend: bool,
}

impl fmt::Debug for Request {
    /// Headers stay out: one of them is the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

/// The head of a response.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values. Shared, since a stream has several heads.
    pub headers: Arc<[(String, String)]>,
}

impl Head {
    /// The first value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The provider's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id").or_else(|| self.header("request-id"))
    }
}

/// Why a transport gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection within the request's `connect_timeout`.
    ConnectTimeout,
    /// Refused, reset, unknown host, TLS, broken framing: the text says which.
    Connection(String),
    /// The server asked for something that the transport must not do, such as following a redirect.
    Refused(String),
    /// The answer is longer than a limit: the text says which.
    TooLong(String),
    /// The body can't be decoded as its headers say.
    Undecodable(String),
    /// The client was closed while the request or its answer was under way.
    Closed,
}

/// A way to reach a server, and a clock.
pub trait Transport {
    /// The body of a response.
    type Body: Body;
    /// A timer.
    type Sleep: Future<Output = ()> + Unpin;

    /// Sends `request` and waits for the head of the response. Dropping the future gives the request up.
    fn send(&self, request: Request) -> impl Future<Output = Result<(Head, Self::Body), Failure>>;

    /// Ready after `duration`.
    fn sleep(&self, duration: Duration) -> Self::Sleep;

    /// Waits for `duration` before a retry. A transport that can be closed ends the wait early.
    fn pause(&self, duration: Duration) -> impl Future<Output = ()> {
        self.sleep(duration)
    }

    /// Time since some fixed moment; never goes back.
    fn now(&self) -> Duration;

    /// Time since 1970-01-01 UTC, for servers that name a date.
    fn unix_time(&self) -> Duration;

    /// A random number in `0.0..1.0`, for jitter; needs no cryptographic quality.
    fn random(&self) -> f64;

    /// Lets other work of this thread run: a stream calls it between two batches that it decodes from bytes of one read. Ready at once where
    /// each batch goes back to the event loop anyway.
    fn yield_now(&self) -> impl Future<Output = ()> {
        core::future::ready(())
    }

    /// Whether [`Transport::hear`] does anything. Where it doesn't, the compiler leaves all of it out.
    const HEARS: bool = false;

    /// Hears what happens to the call that its caller gave this number ([`crate::RequestOptions::watch`]).
    fn hear(&self, _call: u32, _notice: &Notice<'_>) {}
}

/// The body of a response. Dropping it closes the connection.
pub trait Body {
    /// Some bytes.
    type Chunk: AsRef<[u8]>;

    /// The next bytes, or `None` at the end. Dropping the future loses no byte.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Self::Chunk>, Failure>>;

    /// Takes a body whose protocol has said its end: what may still come is of no interest, and the connection should be kept
    /// for the next request where that costs little.
    fn release(self);
}
