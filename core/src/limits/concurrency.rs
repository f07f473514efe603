//! The number of calls in flight that an overloaded server gets.
//!
//! Invariant: the number only falls for signs of overload: 503, 529, timeouts, and answers that begin far later than before. It falls at most once per
//! answer time, and grows by one for as many good answers as calls are in flight (additive increase, multiplicative decrease).

/// What remains of the calls in flight after a sign of overload.
const DECREASE: f64 = 0.7;
/// Answers that begin this many times later than usually are a sign of overload.
const SLOW: f64 = 4.0;
/// The weight of the newest answer time in the average.
const WEIGHT: f64 = 0.2;
/// The speed at which the usual answer time follows slower answers.
const DRIFT: f64 = 0.002;

/// Limits calls in flight by the server's signs of overload.
#[derive(Debug, Clone)]
pub(super) struct Concurrency {
    /// `None` until the first sign of overload.
    limit: Option<f64>,
    lowered_at: f64,
    /// The average answer time, and the usual one, in seconds.
    average: f64,
    normal: f64,
}

impl Concurrency {
    pub(super) fn new() -> Self {
        Self { limit: None, lowered_at: f64::NEG_INFINITY, average: 0.0, normal: 0.0 }
    }

    /// Whether a further call may be sent beside `in_flight` others.
    pub(super) fn allows(&self, in_flight: u32) -> bool {
        self.limit.is_none_or(|limit| f64::from(in_flight) < limit.max(1.0))
    }

    /// The current limit.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    pub(super) fn limit(&self) -> Option<u32> {
        self.limit.map(|limit| limit.max(1.0) as u32)
    }

    /// Records an answer that began `seconds` after its request was sent.
    pub(super) fn answered(&mut self, now: f64, in_flight: u32, seconds: f64) {
        if self.normal == 0.0 {
            (self.average, self.normal) = (seconds, seconds);
        }
        self.average += WEIGHT * (seconds - self.average);
        self.normal = self.average.min(self.normal * (1.0 + DRIFT));
        if self.average > SLOW * self.normal && in_flight > 1 {
            self.overloaded(now, in_flight);
        } else if let Some(limit) = self.limit.as_mut().filter(|limit| f64::from(in_flight) + 1.0 >= **limit) {
            *limit += 1.0 / limit.max(1.0);
        }
    }

    /// Records a sign of overload.
    pub(super) fn overloaded(&mut self, now: f64, in_flight: u32) {
        if now - self.lowered_at > self.average {
            let current = self.limit.map_or(f64::from(in_flight), |limit| limit.min(f64::from(in_flight)));
            self.limit = Some((current * DECREASE).max(1.0));
            self.lowered_at = now;
        }
    }
}
