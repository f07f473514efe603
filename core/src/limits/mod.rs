//! Rate limits of a client: its calls queue, and each is sent when the limits allow it.
//!
//! Invariant: a call holds a `Permit` from when it is sent until its answer has ended or failed, and gives it back however it ends. The
//! decisions are pure functions of the clock; this file and `queue` only wait for them.
//!
//! A client without limits has no queue: its calls are sent at once, except in the pause after a refusal. The queue is the feature `limits` of this
//! crate, which a page loads only for clients with limits.
//!
//! - `pause`: the pause of a client without a queue.
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
mod pause;
#[cfg_attr(not(feature = "limits"), path = "without_queue.rs")]
mod queue;
#[cfg(all(test, feature = "limits"))]
mod simulation;
mod state;
#[cfg(feature = "limits")]
mod window;

use core::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::sync::Shared;
use crate::transport::{Head, Transport};

pub(crate) use self::options::LimitOptions;
pub use self::options::OPTION_NAMES;
use self::pause::SharedPause;
pub(crate) use self::queue::TokenHold;
use self::queue::{Admission, Queue};
pub use self::state::LimitsState;

/// The limits of a client, which its calls share.
#[derive(Debug)]
pub(crate) struct Limits {
    options: LimitOptions,
    /// `None` for a client without limits.
    queue: Option<Shared<Queue>>,
    /// The calls of a client without a queue.
    pause: SharedPause,
}

/// A slot of a call in flight. Dropping it lets the next call be sent.
#[derive(Debug)]
pub(crate) struct Permit {
    limits: Shared<Limits>,
    /// `None` without a queue.
    admission: Option<Admission>,
}

impl Limits {
    pub(crate) fn new(options: LimitOptions) -> Self {
        Self { options, queue: Queue::new(&options).map(Shared::new), pause: SharedPause::default() }
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
        let admission = if let Some(queue) = &self.queue {
            Some(queue.acquire(transport, tokens, was_sent).await?)
        } else {
            if self.options != LimitOptions::default() {
                let message = "the loaded module has no rate limits: load the module that this client's options need";
                return Err(Error::new(ErrorKind::Configuration, message));
            }
            self.pause.acquire(transport).await?;
            None
        };
        Ok(Permit { limits: Shared::clone(self), admission })
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
        LimitsState {
            requests_per_minute: self.options.requests_per_minute.map(whole),
            max_in_flight: self.options.max_in_flight,
            ..self.pause.state(now)
        }
    }
}

impl Permit {
    /// Records that the server granted the request: the head of its answer has arrived.
    pub(crate) fn grant<T: Transport>(&mut self, transport: &T, head: &Head) {
        if let (Some(queue), Some(admission)) = (&self.limits.queue, &mut self.admission) {
            queue.grant(admission, transport, head);
        }
    }

    /// Records a failure of the request, as far as it concerns other calls. `pause`: the wait until the next request.
    pub(crate) fn fail<T: Transport>(
        &mut self,
        transport: &T,
        kind: ErrorKind,
        head: Option<&Head>,
        pause: Option<Duration>,
    ) {
        match (kind, head) {
            (ErrorKind::RateLimit, _) => self.refuse(transport, head, pause),
            (ErrorKind::Overloaded, _) => self.overloaded(transport, pause),
            (_, Some(head)) if head.status == 503 => self.overloaded(transport, None),
            (ErrorKind::Timeout | ErrorKind::ConnectTimeout | ErrorKind::FirstTokenTimeout, _) => {
                self.overloaded(transport, None);
            }
            (_, Some(head)) => self.grant(transport, head),
            (_, None) => {}
        }
    }

    /// Records that the server refused the request for its rate limit.
    fn refuse<T: Transport>(&self, transport: &T, head: Option<&Head>, pause: Option<Duration>) {
        match (&self.limits.queue, &self.admission) {
            (Some(queue), Some(admission)) => queue.refuse(admission, transport, head, pause),
            _ => self.limits.pause.extend(transport.now().saturating_add(pause.unwrap_or_default())),
        }
    }

    /// Records a sign of overload.
    fn overloaded<T: Transport>(&self, transport: &T, pause: Option<Duration>) {
        match &self.limits.queue {
            Some(queue) => queue.overloaded(transport, pause),
            None => self.limits.pause.extend(transport.now().saturating_add(pause.unwrap_or_default())),
        }
    }

    /// The permit's share in the limit of tokens, which outlives the connection.
    #[cfg_attr(not(feature = "limits"), expect(unreachable_code, reason = "there is no queue"))]
    pub(crate) fn token_hold(&self) -> Option<TokenHold> {
        let (queue, admission) = (self.limits.queue.as_ref()?, self.admission.as_ref()?);
        Some(queue.token_hold(admission))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        match &self.limits.queue {
            Some(queue) => queue.release(),
            None => self.limits.pause.release(),
        }
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
