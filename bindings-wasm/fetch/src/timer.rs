//! Time and timers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::prelude::*;

/// The longest time that `setTimeout` takes, in milliseconds; it fires at once for a longer one.
const LONGEST: f64 = i32::MAX as f64;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page or worker started. Never goes back.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn elapsed() -> f64;
}

/// The time since the page or worker started.
pub(crate) fn now() -> Duration {
    milliseconds(elapsed())
}

/// The time since 1970-01-01 UTC.
pub(crate) fn unix_time() -> Duration {
    milliseconds(js_sys::Date::now())
}

fn milliseconds(time: f64) -> Duration {
    Duration::try_from_secs_f64(time / 1000.0).unwrap_or_default()
}

/// A timer. Dropping it clears the timeout.
#[derive(Debug)]
pub struct Sleep {
    /// When it is ready, in milliseconds since the page or worker started.
    deadline: f64,
    timeout: TimeoutFuture,
}

impl Sleep {
    pub(crate) fn new(duration: Duration) -> Self {
        let deadline = elapsed() + duration.as_secs_f64() * 1000.0;
        Self { deadline, timeout: timeout(deadline) }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(Pin::new(&mut self.timeout).poll(cx));
            if elapsed() >= self.deadline {
                return Poll::Ready(());
            }
            // The time is longer than a timeout, or the timeout fired early.
            self.timeout = timeout(self.deadline);
        }
    }
}

fn timeout(deadline: f64) -> TimeoutFuture {
    let left = (deadline - elapsed()).ceil().clamp(0.0, LONGEST);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was clamped")]
    TimeoutFuture::new(left as u32)
}
