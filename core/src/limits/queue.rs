//! The queue of a client with limits: its calls wait here for the limiter's decisions.
//!
//! Invariant: each change that may concern a waiting call wakes the first one, which decides again.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use super::announced::{self, Announced};
use super::limiter::{Decision, Limiter, SentCall};
use super::{LimitOptions, LimitsState, closed};
use crate::error::{Error, ErrorKind};
use crate::sync::{Lock, Shared};
use crate::text::dialect::{Limit, Name};
use crate::transport::{Head, Transport};

/// The wait of a call that is woken when its turn comes. A page's garbage collector may end a call without waking the next one.
const LONG: Duration = Duration::from_secs(5);

/// The shortest wait. The clock of a page stands still while wasm runs, so a call that waits for less than its unit, or for a time that was
/// rounded, would decide for ever.
const SHORT: Duration = Duration::from_millis(1);

/// The queue of a client with limits.
#[derive(Debug)]
pub(super) struct Queue {
    limiter: Lock<Limiter>,
    /// Whether any limit is set, and not only the longest wait.
    is_limited: bool,
    /// The longest wait of a call.
    timeout: Option<Duration>,
}

/// The place of a call in flight.
#[derive(Debug)]
pub(super) struct Admission {
    sent: SentCall,
    is_granted: bool,
}

/// A waiting call. Dropping it removes the call from the queue.
struct Ticket<'a> {
    queue: &'a Queue,
    number: u64,
}

impl Queue {
    /// The queue of a client with these options; `None` if no option is set.
    pub(super) fn new(options: &LimitOptions) -> Option<Self> {
        if *options == LimitOptions::default() {
            return None;
        }
        Some(Self {
            limiter: Lock::new(Limiter::new(options)),
            is_limited: options.is_set(),
            timeout: options.queue_timeout,
        })
    }

    /// Waits until a call with this many tokens may be sent. A call that was sent and refused goes before all others.
    pub(super) async fn acquire<T: Transport>(
        &self,
        transport: &T,
        tokens: u64,
        was_sent: bool,
    ) -> Result<Admission, Error> {
        let entered = transport.now();
        let ticket = Ticket { queue: self, number: self.limiter.lock().enqueue(tokens, was_sent) };
        loop {
            let now = transport.now();
            let (decision, epoch) = {
                let mut limiter = self.limiter.lock();
                (limiter.decide(ticket.number, now.as_secs_f64()), limiter.epoch())
            };
            let until = match decision {
                // Dropping the ticket wakes the next call.
                Decision::Send(sent) => return Ok(Admission { sent, is_granted: false }),
                Decision::Wait(until) => until.and_then(|until| Duration::try_from_secs_f64(until).ok()),
            };
            let left = self.timeout.map(|limit| limit.saturating_sub(now.saturating_sub(entered)));
            if let (Some(limit), Some(Duration::ZERO)) = (self.timeout, left) {
                return Err(queue_timeout(limit));
            }
            let until = until.map(|until| until.saturating_sub(now).max(SHORT));
            let wait = [until, left].into_iter().flatten().min();
            if !self.changed(ticket.number, epoch, transport.pause(wait.unwrap_or(LONG))).await {
                return Err(closed());
            }
        }
    }

    /// Waits until a decision may have changed, or until `pause` ends. Returns false if the transport was closed.
    async fn changed(&self, ticket: u64, epoch: u64, pause: impl Future<Output = bool>) -> bool {
        let mut pause = pin!(pause);
        poll_fn(|context| {
            {
                let mut limiter = self.limiter.lock();
                if limiter.epoch() != epoch {
                    return Poll::Ready(true);
                }
                limiter.register(ticket, context.waker());
            }
            pause.as_mut().poll(context)
        })
        .await
    }

    fn wake_first(&self) {
        let waker = self.limiter.lock().first_waker();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn change<R>(&self, change: impl FnOnce(&mut Limiter) -> R) -> R {
        let result = change(&mut self.limiter.lock());
        self.wake_first();
        result
    }

    /// How long the server has refused every request.
    pub(super) fn refused_for(&self, now: Duration) -> Duration {
        Duration::try_from_secs_f64(self.limiter.lock().refused_for(now.as_secs_f64())).unwrap_or_default()
    }

    /// Whether a further retry is within the share of calls that may be retried.
    pub(super) fn may_retry(&self) -> bool {
        self.limiter.lock().may_retry()
    }

    /// Counts a retry.
    pub(super) fn count_retry(&self) {
        self.limiter.lock().count_retry();
    }

    /// Replaces the configured limits, per minute.
    pub(super) fn set_rates(&self, requests: Option<f64>, tokens: Option<f64>, now: Duration) {
        self.change(|limiter| limiter.set_rates(requests, tokens, now.as_secs_f64()));
    }

    /// The state of the limits and the queue.
    pub(super) fn state(&self, now: Duration) -> LimitsState {
        self.limiter.lock().state(now.as_secs_f64())
    }

    /// Records that the server granted the request: the head of its answer has arrived.
    pub(super) fn grant<T: Transport>(&self, admission: &mut Admission, transport: &T, head: &Head) {
        if self.is_limited && !core::mem::replace(&mut admission.is_granted, true) {
            let announced = announced(admission, transport, head);
            self.change(|limiter| limiter.grant(&admission.sent, transport.now().as_secs_f64(), &announced));
        }
    }

    /// Records that the server refused the request for its rate limit. `wait`: the wait until the next request.
    pub(super) fn refuse<T: Transport>(
        &self,
        admission: &Admission,
        transport: &T,
        head: Option<&Head>,
        wait: Option<Duration>,
    ) {
        // Without limits, only the pause counts: an announced limit may be reset tomorrow.
        let head = head.filter(|_| self.is_limited);
        let announced = head.map(|head| announced(admission, transport, head)).unwrap_or_default();
        let (now, wait) = (transport.now().as_secs_f64(), wait.map(|wait| wait.as_secs_f64()));
        self.change(|limiter| limiter.refuse(&admission.sent, now, wait, &announced));
    }

    /// Records a sign of overload. `pause`: the wait that the server named.
    pub(super) fn overloaded<T: Transport>(&self, transport: &T, pause: Option<Duration>) {
        let now = transport.now().as_secs_f64();
        self.change(|limiter| limiter.overloaded(now, pause.map(|pause| pause.as_secs_f64())));
    }

    /// The call's share in the limit of tokens.
    pub(super) fn token_hold(self: &Shared<Self>, admission: &Admission) -> TokenHold {
        TokenHold { queue: Shared::clone(self), sent: admission.sent }
    }

    /// Ends a call's time in flight.
    pub(super) fn release(&self) {
        self.change(Limiter::release);
    }
}

/// What an answer announces. Relative times count from the request.
fn announced<T: Transport>(admission: &Admission, transport: &T, head: &Head) -> Announced {
    let elapsed = transport.now().as_secs_f64() - admission.sent.at;
    let elapsed = Duration::try_from_secs_f64(elapsed).unwrap_or_default();
    announced::read(&head.headers, transport.unix_time().saturating_sub(elapsed))
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.queue.change(|limiter| limiter.leave(self.number));
    }
}

/// The reserved tokens of a call.
#[derive(Debug, Clone)]
pub(crate) struct TokenHold {
    queue: Shared<Queue>,
    sent: SentCall,
}

impl TokenHold {
    /// Replaces the reserved tokens by those that the answer reports.
    pub(crate) fn settle(&self, used: u64) {
        self.queue.change(|limiter| limiter.settle(&self.sent, used));
    }
}

fn queue_timeout(limit: Duration) -> Error {
    let message = format!(
        "the call waited {} for the client's rate limits; make fewer calls at a time, or raise {}",
        Limit(limit),
        Name("queue_timeout")
    );
    Error::new(ErrorKind::QueueTimeout, message)
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::future::{Ready, ready};
    use core::task::{Context, Waker};

    use super::*;
    use crate::http::{Failure, Request};
    use crate::transport::Body;

    /// A clock that only timers move, as in a page while wasm runs.
    #[derive(Default)]
    struct StillClock {
        now: Cell<Duration>,
        timers: Cell<u32>,
    }

    struct EmptyBody;

    impl Body for EmptyBody {
        type Chunk = [u8; 0];

        async fn chunk(&mut self) -> Result<Option<Self::Chunk>, Failure> {
            Ok(None)
        }

        fn release(self) {}
    }

    impl Transport for StillClock {
        type Body = EmptyBody;
        type Sleep = Ready<()>;

        async fn send(&self, _request: Request) -> Result<(Head, EmptyBody), Failure> {
            Err(Failure::Closed)
        }

        fn sleep(&self, duration: Duration) -> Ready<()> {
            self.timers.set(self.timers.get() + 1);
            assert!(self.timers.get() < 100, "a call waits for a time that never comes");
            self.now.set(self.now.get() + duration);
            ready(())
        }

        fn now(&self) -> Duration {
            self.now.get()
        }

        fn unix_time(&self) -> Duration {
            self.now.get()
        }

        fn random(&self) -> f64 {
            0.5
        }
    }

    #[test]
    fn a_wait_that_is_rounded_to_nothing_ends() {
        // An interval far below a nanosecond.
        let options = LimitOptions { requests_per_minute: Some(1e12), ..LimitOptions::default() };
        let Some(queue) = Queue::new(&options) else { panic!("there is a limit") };
        let clock = StillClock { now: Cell::new(Duration::from_secs(1)), ..StillClock::default() };
        for _ in 0..3 {
            let mut call = pin!(queue.acquire(&clock, 0, false));
            let Poll::Ready(permit) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
                panic!("no timer is ever pending");
            };
            assert!(permit.is_ok());
        }
        assert!(clock.timers.get() > 0);
    }
}
