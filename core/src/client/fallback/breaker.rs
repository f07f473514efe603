//! A circuit breaker: calls skip an endpoint that keeps failing, until it works again.
//!
//! Invariant: pure; the clock is an argument. The breaker is closed while the endpoint works, and opens after failures in a row. After a cool-down
//! it is half-open: one call at a time may probe the endpoint. A probe that fails doubles the cool-down; a probe that never ends, because it was
//! cancelled, only delays the next one.

use core::time::Duration;

/// Failed requests in a row that open the breaker.
const FAILURES: u32 = 5;
/// The first cool-down, and the longest one.
const FIRST_COOL_DOWN: Duration = Duration::from_secs(5);
pub(super) const MAX_COOL_DOWN: Duration = Duration::from_secs(60);

/// The circuit breaker of an endpoint, which all calls of a client share.
#[derive(Debug, Default)]
pub(in crate::client) struct Breaker {
    /// Failed requests in a row.
    failures: u32,
    /// The last cool-down. Zero while the breaker is closed.
    cool_down: Duration,
    /// The end of the cool-down.
    open_until: Duration,
    /// Whether a call probes the endpoint.
    is_probed: bool,
}

impl Breaker {
    /// Whether a request may be sent. With a half-open breaker, this counts as the one probe that is allowed.
    pub(super) fn allows(&mut self, now: Duration) -> bool {
        if self.cool_down.is_zero() {
            return true;
        }
        if self.is_open(now) {
            return false;
        }
        self.open_until = now.saturating_add(self.cool_down);
        self.is_probed = true;
        true
    }

    /// Whether calls skip the endpoint.
    pub(super) fn is_open(&self, now: Duration) -> bool {
        now < self.open_until
    }

    /// Records an answer, which closes the breaker.
    pub(super) fn succeed(&mut self) {
        *self = Self::default();
    }

    /// Records a failed request. `cool_down`: opens the breaker at once, for at least this long.
    pub(super) fn fail(&mut self, now: Duration, cool_down: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let was_probed = core::mem::take(&mut self.is_probed);
        // Requests that were on their way when the breaker opened show nothing new.
        if cool_down.is_none() && !was_probed && (self.failures < FAILURES || self.is_open(now)) {
            return;
        }
        let next = if was_probed { self.cool_down.saturating_mul(2) } else { FIRST_COOL_DOWN };
        self.cool_down = next.max(cool_down.unwrap_or_default()).min(MAX_COOL_DOWN);
        self.open_until = now.saturating_add(self.cool_down);
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
    fn five_failures_in_a_row_open_it() {
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
    fn one_call_probes_a_half_open_one_and_a_failed_probe_doubles_the_cool_down() {
        let mut breaker = failed(9, seconds(100));
        let mut now = seconds(105);
        for cool_down in [10, 20, 40, 60, 60] {
            assert!(breaker.allows(now) && !breaker.allows(now));
            breaker.fail(now, None);
            assert!(breaker.is_open(now + seconds(cool_down - 1)) && !breaker.is_open(now + seconds(cool_down)));
            now += seconds(cool_down);
        }
        assert!(breaker.allows(now));
        breaker.succeed();
        assert!(breaker.allows(now) && breaker.allows(now));
    }

    #[test]
    fn a_probe_that_never_ends_delays_the_next_one() {
        let mut breaker = failed(5, seconds(0));
        assert!(breaker.allows(seconds(5)) && !breaker.allows(seconds(9)) && breaker.allows(seconds(10)));
    }

    #[test]
    fn an_exhausted_quota_opens_it_at_once() {
        let mut breaker = Breaker::default();
        breaker.fail(seconds(1), Some(MAX_COOL_DOWN));
        assert!(breaker.is_open(seconds(60)) && !breaker.is_open(seconds(61)));
    }
}
