//! The queue of a client's calls, and the decision when the first of them is sent.
//!
//! Invariant: pure. The clock is an argument, in seconds since any fixed time. Calls are sent in the order in which they came, except that a call that
//! was refused is first. A call is in flight from [`Decision::Send`] to [`Limiter::release`], and counts in every limit.

use alloc::collections::VecDeque;
use core::task::Waker;

use super::announced::{Announced, Announcements};
use super::concurrency::Concurrency;
use super::options::LimitOptions;
use super::pacer::{FIRST_WAIT, MAX_WAIT, Pacer, Turn, paced};
use super::state::LimitsState;
use super::whole;
use super::window::TokenWindow;

/// The used share of a configured limit: clocks and networks are not exact, and a server counts requests when they arrive.
const SHARE: f64 = 0.98;
/// The used share of an announced rate, beyond what the newest answer left. A refusal shows that it was too much.
const ANNOUNCED_SHARE: f64 = 0.99;
/// Retries that are always allowed, and the share of calls that may be retried beyond them.
const FREE_RETRIES: f64 = 10.0;
const RETRY_SHARE: f64 = 0.1;

/// The decision about a waiting call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Decision {
    /// It is in flight now.
    Send(SentCall),
    /// Decide again when woken, or at this time.
    Wait(Option<f64>),
}

/// A call in flight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SentCall {
    number: u64,
    pub(super) at: f64,
    tokens: u64,
    /// The tokens of all calls until this one.
    counted_tokens: u64,
}

/// A waiting call.
#[derive(Debug)]
struct WaitingCall {
    ticket: u64,
    tokens: u64,
    /// Whether the call was sent before, and refused.
    was_sent: bool,
    waker: Option<Waker>,
}

/// The limits of a client, and its waiting calls.
#[derive(Debug)]
pub(super) struct Limiter {
    max_in_flight: Option<u32>,
    /// The time between two requests of a configured limit, in seconds.
    interval: f64,
    /// The earliest time of the next request by that limit.
    free_at: f64,
    tokens: Option<TokenWindow>,
    pacer: Option<Pacer>,
    concurrency: Option<Concurrency>,
    announced_requests: Announcements,
    announced_tokens: Announcements,
    /// No request is sent before this time.
    paused_until: f64,
    /// The pause after a refusal that names no wait, in seconds. It doubles until a request is granted.
    unnamed_wait: f64,
    queue: VecDeque<WaitingCall>,
    /// The next ticket.
    next_ticket: u64,
    /// The number of the next request.
    next_number: u64,
    counted_tokens: u64,
    in_flight: u32,
    /// Changes whenever a decision may have changed.
    epoch: u64,
    /// The first refusal since a request was granted.
    refused_since: Option<f64>,
    /// Retries that are allowed now.
    retries: f64,
}

impl Limiter {
    pub(super) fn new(options: &LimitOptions) -> Self {
        Self {
            max_in_flight: options.max_in_flight,
            interval: interval(options.requests_per_minute),
            free_at: f64::NEG_INFINITY,
            tokens: options.tokens_per_minute.map(TokenWindow::new),
            pacer: options.adaptive.then(Pacer::new),
            concurrency: options.adaptive.then(Concurrency::new),
            announced_requests: Announcements::new(),
            announced_tokens: Announcements::new(),
            paused_until: f64::NEG_INFINITY,
            unnamed_wait: FIRST_WAIT,
            queue: VecDeque::new(),
            next_ticket: 0,
            next_number: 0,
            counted_tokens: 0,
            in_flight: 0,
            epoch: 0,
            refused_since: None,
            retries: FREE_RETRIES,
        }
    }

    /// Replaces the configured limits, per minute. A limit of no requests holds all calls back until the next change.
    pub(super) fn set_rates(&mut self, requests: Option<f64>, tokens: Option<f64>, now: f64) {
        self.epoch += 1;
        self.interval = interval(requests);
        self.free_at = if self.interval.is_finite() { self.free_at.min(now + self.interval) } else { f64::INFINITY };
        match (&mut self.tokens, tokens) {
            (Some(window), Some(limit)) => window.set_limit(limit),
            (window, limit) => *window = limit.map(TokenWindow::new),
        }
    }

    /// Adds a call to the queue: at its end, or at its front if it was sent and refused. Returns its ticket.
    pub(super) fn enqueue(&mut self, tokens: u64, was_sent: bool) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let waiting = WaitingCall { ticket, tokens, was_sent, waker: None };
        if was_sent {
            self.queue.push_front(waiting);
            self.epoch += 1;
        } else {
            self.queue.push_back(waiting);
        }
        ticket
    }

    /// Decides about a call. A call that may not be sent yet is woken when that may have changed.
    pub(super) fn decide(&mut self, ticket: u64, now: f64) -> Decision {
        let Some(first) = self.queue.front().filter(|first| first.ticket == ticket) else {
            return Decision::Wait(None);
        };
        let tokens = first.tokens;
        let has_room = self.max_in_flight.is_none_or(|max| self.in_flight < max)
            && self.concurrency.as_ref().is_none_or(|concurrency| concurrency.allows(self.in_flight));
        if !has_room {
            return Decision::Wait(None);
        }
        let mut at = self.free_at.max(self.paused_until);
        if let Some(window) = &mut self.tokens {
            at = at.max(window.free_at(now, tokens));
        }
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let counted = [(self.next_number + 1) as f64, self.counted_tokens.saturating_add(tokens) as f64];
        at = at.max(self.announced_tokens.free_at(counted[1], now).unwrap_or(now));
        let announced = self.announced_requests.free_at(counted[0], now);
        at = at.max(announced.unwrap_or(now));
        match self.pacer.as_mut().map(|pacer| pacer.turn(now, announced.is_some())) {
            Some(Turn::Later(latest)) => return Decision::Wait(Some(latest.max(at))),
            Some(Turn::At(time)) => at = at.max(time),
            None => {}
        }
        if at > now { Decision::Wait(Some(at)) } else { Decision::Send(self.send(now)) }
    }

    fn send(&mut self, now: f64) -> SentCall {
        let (tokens, was_sent) = self.queue.pop_front().map_or((0, true), |first| (first.tokens, first.was_sent));
        if !was_sent {
            // Calls count when they are sent: many that are queued at once would earn no more than a few retries.
            self.retries = (self.retries + RETRY_SHARE).min(FREE_RETRIES);
        }
        self.epoch += 1;
        self.in_flight += 1;
        if self.interval > 0.0 {
            self.free_at = paced(self.free_at, now, self.interval);
        }
        let number = self.next_number;
        self.next_number += 1;
        self.counted_tokens = self.counted_tokens.saturating_add(tokens);
        if let Some(window) = &mut self.tokens {
            window.add(now, tokens);
        }
        if let Some(pacer) = &mut self.pacer {
            pacer.send(number, now);
        }
        SentCall { number, at: now, tokens, counted_tokens: self.counted_tokens }
    }

    /// Removes a call that no longer waits.
    pub(super) fn leave(&mut self, ticket: u64) {
        if let Some(index) = self.queue.iter().position(|waiting| waiting.ticket == ticket) {
            self.queue.remove(index);
            self.epoch += 1;
        }
    }

    /// Records that the server granted a request: the head of its answer has arrived.
    pub(super) fn grant(&mut self, sent: &SentCall, now: f64, announced: &Announced) {
        self.epoch += 1;
        self.refused_since = None;
        self.unnamed_wait = FIRST_WAIT;
        self.announce(sent, now, announced);
        if let Some(pacer) = &mut self.pacer {
            pacer.grant(sent.number, now);
        }
        if let Some(concurrency) = &mut self.concurrency {
            concurrency.answered(now, self.in_flight, now - sent.at);
        }
    }

    /// Records that the server refused a request (429). `wait`: seconds until the next request, by the server or by the retry rules; without it,
    /// the wait doubles with each refusal.
    pub(super) fn refuse(&mut self, sent: &SentCall, now: f64, wait: Option<f64>, announced: &Announced) {
        self.epoch += 1;
        self.refused_since.get_or_insert(now);
        self.announce(sent, now, announced);
        match &mut self.pacer {
            Some(pacer) => pacer.refuse(sent.number, now, wait),
            None => self.pause_after_refusal(now, wait),
        }
    }

    fn pause_after_refusal(&mut self, now: f64, wait: Option<f64>) {
        let wait = wait.unwrap_or(self.unnamed_wait);
        // The refusals of requests that were sent together count once.
        if now >= self.paused_until {
            self.unnamed_wait = (self.unnamed_wait * 2.0).min(MAX_WAIT);
        }
        self.paused_until = self.paused_until.max(now + wait);
    }

    /// How long the server has refused every request, in seconds.
    pub(super) fn refused_for(&self, now: f64) -> f64 {
        self.refused_since.map_or(0.0, |since| now - since)
    }

    /// Records a sign of overload: 503, 529, or a timeout. `pause`: the wait that the server named, in seconds.
    pub(super) fn overloaded(&mut self, now: f64, pause: Option<f64>) {
        self.epoch += 1;
        if let Some(concurrency) = &mut self.concurrency {
            concurrency.overloaded(now, self.in_flight);
        }
        if let Some(pause) = pause {
            self.paused_until = self.paused_until.max(now + pause);
        }
    }

    /// Whether a further retry is within the share of calls that may be retried.
    pub(super) fn may_retry(&self) -> bool {
        self.concurrency.is_none() || self.retries >= 1.0
    }

    /// Counts a retry.
    pub(super) fn count_retry(&mut self) {
        self.retries = (self.retries - 1.0).max(0.0);
    }

    /// Ends a call's time in flight.
    pub(super) fn release(&mut self) {
        self.epoch += 1;
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Replaces the reserved tokens of a call by the used ones.
    pub(super) fn settle(&mut self, sent: &SentCall, used: u64) {
        if let Some(window) = &mut self.tokens {
            self.epoch += 1;
            window.settle(sent.at, sent.tokens, used);
        }
    }

    /// The state for the program.
    pub(super) fn state(&self, now: f64) -> LimitsState {
        let configured = (self.interval > 0.0).then(|| 60.0 * SHARE / self.interval);
        let learned = self.pacer.as_ref().and_then(Pacer::rate).map(|rate| rate * 60.0);
        let concurrency = self.concurrency.as_ref().and_then(Concurrency::limit);
        let pause = self.pacer.as_ref().map_or(0.0, |pacer| pacer.paused_for(now));
        LimitsState {
            in_flight: self.in_flight,
            queued: u32::try_from(self.queue.len()).unwrap_or(u32::MAX),
            requests_per_minute: [configured, learned].into_iter().flatten().reduce(f64::min).map(whole),
            max_in_flight: [self.max_in_flight, concurrency].into_iter().flatten().min(),
            remaining_requests: self.announced_requests.remaining(now).map(whole),
            remaining_tokens: self.announced_tokens.remaining(now).map(whole),
            paused_ms: whole(pause.max(self.paused_until - now) * 1000.0),
        }
    }

    fn announce(&mut self, sent: &SentCall, now: f64, announced: &Announced) {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let (requests, tokens) = ((sent.number + 1) as f64, sent.counted_tokens as f64);
        if let Some(hint) = announced.requests {
            self.announced_requests.add(hint, requests, sent.at);
            if let (Some(pacer), Some(rate)) = (&mut self.pacer, self.announced_requests.rate()) {
                pacer.limit_to(rate * ANNOUNCED_SHARE, now);
            }
        }
        if let Some(hint) = announced.tokens {
            self.announced_tokens.add(hint, tokens, sent.at);
        }
    }

    /// Changes whenever a decision may have changed.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Registers the waker of a waiting call.
    pub(super) fn register(&mut self, ticket: u64, waker: &Waker) {
        if let Some(waiting) = self.queue.iter_mut().find(|waiting| waiting.ticket == ticket) {
            waiting.waker = Some(waker.clone());
        }
    }

    /// The waker of the first call, which a change concerns.
    pub(super) fn first_waker(&mut self) -> Option<Waker> {
        self.queue.front_mut().and_then(|first| first.waker.take())
    }
}

/// The time between two requests of a limit per minute, in seconds.
fn interval(limit: Option<f64>) -> f64 {
    limit.map_or(0.0, |limit| 60.0 / (limit * SHARE))
}

#[cfg(test)]
mod tests {
    use super::super::announced::Hint;
    use super::*;
    use core::time::Duration;

    fn sent(limiter: &mut Limiter, now: f64) -> SentCall {
        let ticket = limiter.enqueue(0, false);
        match limiter.decide(ticket, now) {
            Decision::Send(sent) => sent,
            Decision::Wait(until) => panic!("waits until {until:?}"),
        }
    }

    #[test]
    fn refusals_that_name_no_wait_are_repeated_at_doubling_distances() {
        let mut limiter = Limiter::new(&LimitOptions { max_in_flight: Some(4), ..LimitOptions::default() });
        let mut now = 0.0;
        let mut waits = Vec::new();
        let mut call = sent(&mut limiter, now);
        for _ in 0..12 {
            limiter.refuse(&call, now, None, &Announced::default());
            limiter.release();
            let ticket = limiter.enqueue(0, true);
            let Decision::Wait(Some(until)) = limiter.decide(ticket, now) else { panic!("sent at once") };
            waits.push(until - now);
            now = until;
            let Decision::Send(again) = limiter.decide(ticket, now) else { panic!("not sent") };
            call = again;
        }
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert!((waits[1] - 2.0 * FIRST_WAIT).abs() < 1e-9 && (waits[11] - MAX_WAIT).abs() < 1e-9, "{waits:?}");
        limiter.grant(&call, now, &Announced::default());
        limiter.refuse(&call, now, None, &Announced::default());
        assert_eq!(limiter.state(now).paused_ms, 50);
    }

    #[test]
    fn calls_that_are_queued_at_once_earn_their_share_of_retries() {
        let mut limiter = Limiter::new(&LimitOptions { adaptive: true, ..LimitOptions::default() });
        let tickets: Vec<_> = (0..1000).map(|_| limiter.enqueue(0, false)).collect();
        let mut now = 0.0;
        for (number, ticket) in tickets.into_iter().enumerate() {
            let sent = loop {
                match limiter.decide(ticket, now) {
                    Decision::Send(sent) => break sent,
                    Decision::Wait(until) => now = until.unwrap_or(now).max(now + 0.01),
                }
            };
            limiter.grant(&sent, now, &Announced::default());
            limiter.release();
            // One of twenty fails once.
            if number % 20 == 0 {
                assert!(limiter.may_retry(), "call {number}");
                limiter.count_retry();
            }
        }
    }

    #[test]
    fn rates_change_while_calls_wait() {
        let mut limiter = Limiter::new(&LimitOptions { max_in_flight: Some(100), ..LimitOptions::default() });
        limiter.set_rates(Some(0.0), None, 0.0);
        let ticket = limiter.enqueue(0, false);
        assert_eq!(limiter.decide(ticket, 1e6), Decision::Wait(Some(f64::INFINITY)));
        // One request each half of a second, from now on.
        limiter.set_rates(Some(120.0 / SHARE), None, 100.0);
        assert_eq!(limiter.decide(ticket, 100.0), Decision::Wait(Some(100.5)));
        assert!(matches!(limiter.decide(ticket, 100.5), Decision::Send(_)));
        // A higher rate counts from the last request, and without one nothing waits.
        let ticket = limiter.enqueue(0, false);
        limiter.set_rates(Some(1200.0 / SHARE), None, 100.5);
        assert!(matches!(limiter.decide(ticket, 100.5), Decision::Wait(Some(until)) if until < 100.6));
        limiter.set_rates(None, None, 100.5);
        assert!(matches!(limiter.decide(ticket, 100.5), Decision::Send(_)));
    }

    #[test]
    fn an_exhausted_limit_of_a_day_holds_no_other_call_back() {
        let mut limiter = Limiter::new(&LimitOptions { adaptive: true, ..LimitOptions::default() });
        let call = sent(&mut limiter, 0.0);
        let day = Hint { limit: Some(1000.0), remaining: 0.0, reset: Duration::from_secs(80_000) };
        limiter.grant(&call, 0.1, &Announced { requests: Some(day), tokens: Some(day) });
        sent(&mut limiter, 0.1);
    }
}
