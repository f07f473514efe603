//! The seam between the core and a runtime: send a request, read a body, sleep, tell the time, hear what happens.
//!
//! Law: these traits and plain data, no behaviour. Futures carry no `Send` bound and no box: with a native transport the client's
//! futures are `Send`, with a browser's they aren't, and both come from the same code.

use core::future::Future;
use core::time::Duration;

pub mod notice;

pub use crate::http::{Failure, Head, Request};
pub use notice::Notice;

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

    /// Whether [`Transport::notify`] does anything. Where it doesn't, the compiler leaves all of it out.
    const NOTIFIES: bool = false;

    /// Hears what happens to the call that its caller gave this number ([`crate::RequestOptions::notice_id`]).
    fn notify(&self, _call: u32, _notice: &Notice<'_>) {}
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
