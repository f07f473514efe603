//! The pause of a client without limits: after a refusal, its calls wait as long as the server requests.
//!
//! Invariant: without a refusal no call waits. Calls are counted, so that a program sees how many there are.

use core::time::Duration;

use super::{LimitsState, closed};
use crate::error::Error;
use crate::sync::Lock;
use crate::transport::Transport;

/// The calls of a client without a queue, and their pause.
#[derive(Debug, Default)]
pub(super) struct SharedPause(Lock<PauseState>);

#[derive(Debug, Clone, Copy, Default)]
struct PauseState {
    in_flight: u32,
    /// Calls that wait for the end of the pause.
    waiting: u32,
    /// No request is sent before this time.
    until: Duration,
}

/// A call that waits for the end of the pause. Dropping it ends the wait.
struct PausedCall<'a>(&'a SharedPause);

impl SharedPause {
    /// Waits for the end of the pause, and counts the call as one in flight.
    pub(super) async fn acquire<T: Transport>(&self, transport: &T) -> Result<(), Error> {
        self.0.lock().waiting += 1;
        let _waiting = PausedCall(self);
        loop {
            let now = transport.now();
            let pause = {
                let mut state = self.0.lock();
                let pause = state.until.saturating_sub(now);
                if pause == Duration::ZERO {
                    state.in_flight += 1;
                    return Ok(());
                }
                pause
            };
            if !transport.pause(pause).await {
                return Err(closed());
            }
        }
    }

    /// Ends a call's time in flight.
    pub(super) fn release(&self) {
        let mut state = self.0.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
    }

    /// Extends the pause.
    pub(super) fn extend(&self, until: Duration) {
        let mut state = self.0.lock();
        state.until = state.until.max(until);
    }

    /// The calls and the pause, for the program.
    pub(super) fn state(&self, now: Duration) -> LimitsState {
        let PauseState { in_flight, waiting, until } = *self.0.lock();
        let paused_ms = u64::try_from(until.saturating_sub(now).as_millis()).unwrap_or(u64::MAX);
        LimitsState { in_flight, queued: waiting, paused_ms, ..LimitsState::default() }
    }
}

impl Drop for PausedCall<'_> {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.waiting = state.waiting.saturating_sub(1);
    }
}
