//! Rate limits of a client: its calls queue, and each is sent when the limits allow it.
//!
//! Invariant: a call holds a `Permit` from when it is sent until its answer has ended or failed, and gives it back however it ends. The
//! decisions are pure functions of the clock; this file and `queue` only wait for them.
//!
//! A client without limits has no queue: its calls are sent at once, except in the pause after a refusal. The queue is the feature `limits` of this
//! crate, which a page loads only for clients with limits.
//!
//! - `queue`: waiting for the limiter's decisions, and reporting answers to it.
//! - `limiter`: the queue and its decisions.
//! - `pacer`: finds an unknown limit of requests from refusals.
//! - `announced`: limits in the headers of answers.
//! - `window`: a configured limit of tokens.
//! - `concurrency`: calls in flight, by signs of overload.

#[cfg(feature = "limits")]
mod announced;
#[cfg(feature = "limits")]
mod concurrency;
#[cfg(feature = "limits")]
mod limiter;
mod options;
#[cfg(feature = "limits")]
mod pacer;
#[cfg_attr(not(feature = "limits"), path = "without_queue.rs")]
mod queue;
#[cfg(all(test, feature = "limits"))]
mod simulation;
mod state;
#[cfg(feature = "limits")]
mod window;

use core::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::sync::{Lock, Shared};
use crate::transport::{Head, Transport};

pub(crate) use self::options::LimitOptions;
pub use self::options::OPTION_NAMES;
pub(crate) use self::queue::TokenHold;
use self::queue::{Queue, Sent};
pub use self::state::LimitsState;

/// The limits of a client, which its calls share.
#[derive(Debug)]
pub(crate) struct Limits {
    options: LimitOptions,
    /// `None` for a client without limits.
    queue: Option<Shared<Queue>>,
    /// The calls of a client without a queue.
    calls: Lock<Calls>,
}

/// The calls of a client without a queue.
#[derive(Debug, Default)]
struct Calls {
    in_flight: u32,
    /// Calls that wait for the end of the pause.
    waiting: u32,
    /// No request is sent before this time.
    paused_until: Duration,
}

/// A slot of a call in flight. Dropping it lets the next call be sent.
#[derive(Debug)]
pub(crate) struct Permit {
    limits: Shared<Limits>,
    /// `None` without a queue.
    sent: Option<Sent>,
}

/// A call that waits for the end of the pause. Dropping it ends the wait.
struct Waiting<'a>(&'a Limits);

impl Limits {
    pub(crate) fn new(options: LimitOptions) -> Self {
        Self { options, queue: Queue::new(&options).map(Shared::new), calls: Lock::default() }
    }

    /// Whether any limit is set.
    pub(crate) fn is_on(&self) -> bool {
        self.queue.is_some() && self.options.is_set()
    }

    /// Waits until a call with this many tokens may be sent. A call that was sent and refused goes before all others.
    pub(crate) async fn acquire<T: Transport>(
        self: &Shared<Self>,
        transport: &T,
        tokens: u64,
        was_sent: bool,
    ) -> Result<Permit, Error> {
        let sent = if let Some(queue) = &self.queue {
            Some(queue.acquire(transport, tokens, was_sent).await?)
        } else {
            self.wait_for_pause(transport).await?;
            None
        };
        Ok(Permit { limits: Shared::clone(self), sent })
    }

    /// Waits for the end of the pause, and counts the call as one in flight.
    async fn wait_for_pause<T: Transport>(&self, transport: &T) -> Result<(), Error> {
        if self.options != LimitOptions::default() {
            let message = "the loaded module has no rate limits: load the module that this client's options need";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        self.calls.lock().waiting += 1;
        let _waiting = Waiting(self);
        loop {
            let now = transport.now();
            let pause = {
                let mut calls = self.calls.lock();
                let pause = calls.paused_until.saturating_sub(now);
                if pause == Duration::ZERO {
                    calls.in_flight += 1;
                    return Ok(());
                }
                pause
            };
            if !transport.pause(pause).await {
                return Err(closed());
            }
        }
    }

    /// Extends the pause of a client without a queue.
    fn pause(&self, until: Duration) {
        let mut calls = self.calls.lock();
        calls.paused_until = calls.paused_until.max(until);
    }

    /// How long the server has refused every request. `None` for a client without limits.
    pub(crate) fn refused_for(&self, now: Duration) -> Option<Duration> {
        self.queue.as_ref().filter(|_| self.options.is_set()).map(|queue| queue.refused_for(now))
    }

    /// Whether a further retry is within the share of calls that may be retried.
    pub(crate) fn may_retry(&self) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.may_retry())
    }

    /// Counts a retry.
    pub(crate) fn count_retry(&self) {
        if let Some(queue) = &self.queue {
            queue.count_retry();
        }
    }

    /// Replaces the configured limits, per minute. Returns false for a client without limits, which has no queue.
    pub(crate) fn set_rates(&self, requests: Option<f64>, tokens: Option<f64>, now: Duration) -> bool {
        self.queue.as_ref().map(|queue| queue.set_rates(requests, tokens, now)).is_some()
    }

    /// The state of the limits and the queue.
    pub(crate) fn state(&self, now: Duration) -> LimitsState {
        if let Some(queue) = &self.queue {
            return queue.state(now);
        }
        let Calls { in_flight, waiting, paused_until } = *self.calls.lock();
        LimitsState {
            in_flight,
            queued: waiting,
            requests_per_minute: self.options.requests_per_minute.map(whole),
            max_in_flight: self.options.max_in_flight,
            paused_ms: u64::try_from(paused_until.saturating_sub(now).as_millis()).unwrap_or(u64::MAX),
            ..LimitsState::default()
        }
    }
}

impl Permit {
    /// Records that the server granted the request: the head of its answer has arrived.
    pub(crate) fn grant<T: Transport>(&mut self, transport: &T, head: &Head) {
        if let (Some(queue), Some(sent)) = (&self.limits.queue, &mut self.sent) {
            queue.grant(sent, transport, head);
        }
    }

    /// Records that the server refused the request for its rate limit. `wait`: the wait until the next request.
    pub(crate) fn refuse<T: Transport>(&self, transport: &T, head: Option<&Head>, wait: Option<Duration>) {
        match (&self.limits.queue, &self.sent) {
            (Some(queue), Some(sent)) => queue.refuse(sent, transport, head, wait),
            _ => self.limits.pause(transport.now().saturating_add(wait.unwrap_or_default())),
        }
    }

    /// Records a sign of overload. `pause`: the wait that the server named.
    pub(crate) fn overloaded<T: Transport>(&self, transport: &T, pause: Option<Duration>) {
        match &self.limits.queue {
            Some(queue) => queue.overloaded(transport, pause),
            None => self.limits.pause(transport.now().saturating_add(pause.unwrap_or_default())),
        }
    }

    /// The permit's share in the limit of tokens, which outlives the connection.
    #[cfg_attr(not(feature = "limits"), expect(unreachable_code, reason = "there is no queue"))]
    pub(crate) fn token_hold(&self) -> Option<TokenHold> {
        let (queue, sent) = (self.limits.queue.as_ref()?, self.sent.as_ref()?);
        Some(queue.token_hold(sent))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(queue) = &self.limits.queue {
            queue.release();
        } else {
            let mut calls = self.limits.calls.lock();
            calls.in_flight = calls.in_flight.saturating_sub(1);
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut calls = self.0.calls.lock();
        calls.waiting = calls.waiting.saturating_sub(1);
    }
}

/// The error of a call whose client was closed while it waited.
fn closed() -> Error {
    Error::new(ErrorKind::UserAbort, "the client was closed while the call waited to be sent")
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(number: f64) -> u64 {
    (number + 0.5) as u64
}
