//! The interface between the core and a runtime: sending a request, reading a body, timers, clocks and notices.
//!
//! Invariant: only traits and plain data. Futures have no `Send` bound and no box, so the client's futures are `Send` with a native transport and
//! not with a browser's, from the same code.

use core::future::Future;
use core::time::Duration;

#[cfg_attr(not(feature = "records"), path = "without_records.rs")]
pub mod notice;

pub use crate::http::{Failure, Head, Request};
pub use notice::Notice;

/// A connection to servers, and a clock.
pub trait Transport {
    /// The body of a response.
    type Body: Body;
    /// A timer.
    type Sleep: Future<Output = ()> + Unpin;

    /// Sends `request` and waits for the head of the response. Dropping the future cancels the request.
    fn send(&self, request: Request) -> impl Future<Output = Result<(Head, Self::Body), Failure>>;

    /// A timer that is ready after `duration`.
    fn sleep(&self, duration: Duration) -> Self::Sleep;

    /// Waits for `duration` before a request. A transport that is closed ends the wait early, and returns false.
    fn pause(&self, duration: Duration) -> impl Future<Output = bool> {
        let timer = self.sleep(duration);
        async {
            timer.await;
            true
        }
    }

    /// Time since a fixed point. Never decreases.
    fn now(&self) -> Duration;

    /// Time since 1970-01-01 UTC, for servers that name a date.
    fn unix_time(&self) -> Duration;

    /// A random number in `0.0..1.0`, for jitter; needs no cryptographic quality.
    fn random(&self) -> f64;

    /// Lets other tasks of this thread run. A stream calls it between two batches of one read. Ready at once if each batch returns to the
    /// event loop anyway.
    fn yield_now(&self) -> impl Future<Output = ()> {
        core::future::ready(())
    }

    /// Whether [`Transport::notify`] is implemented. If not, the compiler removes the code that creates notices.
    const NOTIFIES: bool = false;

    /// Receives a notice about the call with this number ([`crate::RequestOptions::notice_id`]).
    fn notify(&self, _call: u32, _notice: &Notice<'_>) {}
}

/// The body of a response. Dropping it closes the connection.
pub trait Body {
    /// A piece of the body.
    type Chunk: AsRef<[u8]>;

    /// The next bytes, or `None` at the end. Dropping the future loses none.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Self::Chunk>, Failure>>;

    /// Takes a body after the end of its stream. Further bytes are ignored, and the connection should be kept for the next request if that costs
    /// little.
    fn release(self);
}
