//! The time limits of a stream: its first token, the silence between tokens, and the complete call.
//!
//! Invariant: one timer runs at a time. It is left running while the deadline moves on, and armed again if it fires early: that costs one
//! timer per idle limit instead of one per read.

use core::future::Future;
use core::time::Duration;

use crate::client::failure::total_timeout;
use crate::client::send::race;
use crate::config::Timeouts;
use crate::error::{Error, ErrorKind};
use crate::text::dialect::{Limit, Name};
use crate::transport::{Body, Failure, Transport};

/// The clock of a stream. All times are those of the transport's clock.
pub(super) struct Deadlines<S> {
    opened: Duration,
    /// The time of the last item.
    progress: Option<Duration>,
    /// The time when the present wait for a batch began.
    waiting: Option<Duration>,
    /// The running timer, and the time when it is ready.
    timer: Option<(Duration, S)>,
}

impl<S: Future<Output = ()> + Unpin> Deadlines<S> {
    /// The deadlines of a stream whose request was sent at this time.
    pub(super) fn new(opened: Duration) -> Self {
        Self { opened, progress: None, waiting: None, timer: None }
    }

    /// Records that the caller waits for a batch. Only silence during a wait counts.
    pub(super) fn start_wait(&mut self, now: Duration) {
        self.waiting = Some(now);
    }

    /// Records that the stream made progress. Comments and pings are not progress.
    pub(super) fn record_progress(&mut self, now: Duration) {
        self.progress = Some(now);
    }

    /// The next bytes of `body`, or the error of the time limit that passes first.
    pub(super) async fn next_chunk<T: Transport<Sleep = S>, B: Body>(
        &mut self,
        transport: &T,
        timeouts: &Timeouts,
        body: &mut B,
    ) -> Result<Result<Option<B::Chunk>, Failure>, Error> {
        loop {
            let total = self.opened + timeouts.total;
            let deadline = total.min(self.progress.map_or(self.opened + timeouts.first_token, |last| {
                last.max(self.waiting.unwrap_or_default()) + timeouts.idle
            }));
            if self.timer.as_ref().is_none_or(|(ready, _)| *ready > deadline) {
                self.timer = Some((deadline, transport.sleep(deadline.saturating_sub(transport.now()))));
            }
            let Some((ready, timer)) = &mut self.timer else { continue };
            let ready = *ready;
            if let Some(chunk) = race(body.chunk(), timer).await {
                return Ok(chunk);
            }
            self.timer = None;
            if ready >= deadline {
                return Err(self.timeout(timeouts, deadline == total));
            }
        }
    }

    /// Fails if the complete call has taken too long.
    pub(super) fn check_total(&self, transport: &impl Transport, timeouts: &Timeouts) -> Result<(), Error> {
        if transport.now() < self.opened + timeouts.total {
            return Ok(());
        }
        Err(total_timeout(timeouts.total))
    }

    fn timeout(&self, timeouts: &Timeouts, is_total: bool) -> Error {
        if is_total {
            return total_timeout(timeouts.total);
        }
        let (kind, what, limit) = match self.progress {
            None => (
                ErrorKind::FirstTokenTimeout,
                format!("the stream brought no token within {}", Name("first_token_timeout")),
                timeouts.first_token,
            ),
            Some(_) => (
                ErrorKind::IdleTimeout,
                format!("the stream was silent for longer than {}", Name("idle_timeout")),
                timeouts.idle,
            ),
        };
        Error::new(kind, format!("{what} ({}); keep-alive comments don't count", Limit(limit)))
    }
}
