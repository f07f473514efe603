//! A circuit breaker: an endpoint that keeps failing rests, while calls go to the others.
//!
//! Invariant: pure; the clock is an argument. After a rest one call at a time tries the endpoint, and the next rest is twice as long if that fails
//! too. A try that never ends, because it was cancelled, only delays the next one.

use core::time::Duration;

/// Failed requests in a row, after which an endpoint rests.
const FAILURES: u32 = 5;
/// The first rest, and the longest one.
const FIRST_REST: Duration = Duration::from_secs(5);
pub(super) const MAX_REST: Duration = Duration::from_secs(60);

/// The health of an endpoint, which all calls of a client share.
#[derive(Debug, Default)]
pub(in crate::client) struct Breaker {
    /// Failed requests in a row.
    failures: u32,
    /// The last rest. Zero for an endpoint that works.
    rest: Duration,
    /// The time until which the endpoint rests.
    until: Duration,
    /// Whether a call tries the endpoint after a rest.
    is_tried: bool,
}

impl Breaker {
    /// Whether a request may be sent. After a rest, this counts as the one try that is allowed.
    pub(super) fn allows(&mut self, now: Duration) -> bool {
        if self.rest.is_zero() {
            return true;
        }
        if now < self.until {
            return false;
        }
        self.until = now + self.rest;
        self.is_tried = true;
        true
    }

    /// Whether the endpoint rests.
    pub(super) fn is_resting(&self, now: Duration) -> bool {
        now < self.until
    }

    /// Records an answer.
    pub(super) fn succeed(&mut self) {
        *self = Self::default();
    }

    /// Records a failed request. `rest`: the least rest of an endpoint that should rest at once.
    pub(super) fn fail(&mut self, now: Duration, rest: Option<Duration>) {
        self.failures += 1;
        let is_repeated = core::mem::take(&mut self.is_tried);
        // Requests that were on their way when a rest began say nothing new.
        if rest.is_none() && !is_repeated && (self.failures < FAILURES || self.is_resting(now)) {
            return;
        }
        let next = if is_repeated { self.rest * 2 } else { FIRST_REST };
        self.rest = next.max(rest.unwrap_or_default()).min(MAX_REST);
        self.until = now + self.rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn failed(times: u32, now: Duration) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..times {
            breaker.fail(now, None);
        }
        breaker
    }

    #[test]
    fn an_endpoint_rests_after_five_failures_in_a_row() {
        let mut breaker = failed(4, seconds(100));
        assert!(breaker.allows(seconds(100)));
        breaker.succeed();
        for _ in 0..4 {
            breaker.fail(seconds(100), None);
        }
        assert!(breaker.allows(seconds(100)));
        breaker.fail(seconds(100), None);
        assert!(!breaker.allows(seconds(104)));
    }

    #[test]
    fn one_call_tries_the_endpoint_after_its_rest_and_the_next_rest_is_longer() {
        let mut breaker = failed(9, seconds(100));
        let mut now = seconds(105);
        for rest in [10, 20, 40, 60, 60] {
            assert!(breaker.allows(now) && !breaker.allows(now));
            breaker.fail(now, None);
            assert!(breaker.is_resting(now + seconds(rest - 1)) && !breaker.is_resting(now + seconds(rest)));
            now += seconds(rest);
        }
        assert!(breaker.allows(now));
        breaker.succeed();
        assert!(breaker.allows(now) && breaker.allows(now));
    }

    #[test]
    fn a_try_that_never_ends_delays_the_next_one() {
        let mut breaker = failed(5, seconds(0));
        assert!(breaker.allows(seconds(5)) && !breaker.allows(seconds(9)) && breaker.allows(seconds(10)));
    }

    #[test]
    fn an_exhausted_quota_lets_an_endpoint_rest_at_once() {
        let mut breaker = Breaker::default();
        breaker.fail(seconds(1), Some(MAX_REST));
        assert!(breaker.is_resting(seconds(60)) && !breaker.is_resting(seconds(61)));
    }
}
