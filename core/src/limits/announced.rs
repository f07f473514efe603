//! Limits that a server announces in the headers of its answers.
//!
//! Invariant: no more requests are sent than the newest answer left, until the limit is reset. Answers are ordered by their requests: an older
//! request's answer knows less. The time until the reset counts from the request, since servers compute it when a request arrives.

use core::time::Duration;

use crate::http::item;
use crate::prelude::*;
use crate::text::number::decimal;
use crate::text::time;

/// The time after a reset at which it has surely reached the server's clock, in seconds.
const RESET_MARGIN: f64 = 0.02;
/// The longest time until the reset of a limit that calls wait for, in seconds. Limits of an hour or a day are not paced: the refusal of an exhausted
/// one names its wait, and calls fail if that is too long.
const LONGEST_RESET: f64 = 120.0;
/// The used share of a bucket's rate.
const SHARE: f64 = 0.98;
/// Requests between two answers that are compared.
const COMPARED: f64 = 2.0;

/// A kind of limit as the newest answer announced it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Announcement {
    /// What was counted until the request of that answer, that request included: requests, or tokens.
    counted: f64,
    /// The limit itself, if it was announced.
    limit: Option<f64>,
    /// What was left after that request.
    remaining: f64,
    /// When the request was sent, and the time of the reset, in seconds of the limiter's clock.
    at: f64,
    reset_at: f64,
}

/// The headers of one kind of limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hint {
    pub(crate) limit: Option<f64>,
    pub(crate) remaining: f64,
    /// The time until the reset, counted from the request.
    pub(crate) reset: Duration,
}

/// What an answer announces.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Announced {
    pub(crate) requests: Option<Hint>,
    pub(crate) tokens: Option<Hint>,
}

/// Reads the headers of all known families: `x-ratelimit-remaining-requests` (OpenAI, Groq, …), `anthropic-ratelimit-requests-remaining`,
/// `x-ratelimit-remaining` (GitHub's form), `ratelimit-remaining` and `ratelimit: "default";r=1;t=2` (IETF drafts).
///
/// `unix_time` is that of the request.
pub(crate) fn read(headers: &[(String, String)], unix_time: Duration) -> Announced {
    let value =
        |name: &str| headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    let number = |name: &str| value(name).and_then(decimal).filter(|number| *number >= 0.0);
    let wait = |name: &str| value(name).and_then(|value| time::parse_wait(value, unix_time));
    let hint = |limit: &str, remaining: &str, reset: &str| {
        Some(Hint { limit: number(limit), remaining: number(remaining)?, reset: wait(reset)? })
    };
    let family = |kind: &str| {
        hint(
            &format!("x-ratelimit-limit-{kind}"),
            &format!("x-ratelimit-remaining-{kind}"),
            &format!("x-ratelimit-reset-{kind}"),
        )
        .or_else(|| {
            hint(
                &format!("anthropic-ratelimit-{kind}-limit"),
                &format!("anthropic-ratelimit-{kind}-remaining"),
                &format!("anthropic-ratelimit-{kind}-reset"),
            )
        })
    };
    let requests = family("requests")
        .or_else(|| hint("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"))
        .or_else(|| hint("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"))
        .or_else(|| structured(value("ratelimit")?, value("ratelimit-policy"), unix_time));
    Announced { requests, tokens: family("tokens") }
}

/// `limit=10, remaining=1, reset=30`, or in newer drafts `"default";r=1;t=30` with the policy `"default";q=10;w=60`.
fn structured(value: &str, policy: Option<&str>, unix_time: Duration) -> Option<Hint> {
    let remaining = decimal(item(value, &["remaining", "r"])?)?;
    let reset = time::parse_wait(item(value, &["reset", "t"])?, unix_time)?;
    let limit = item(value, &["limit"]).or_else(|| item(policy?, &["q"])).and_then(decimal);
    Some(Hint { limit, remaining, reset })
}

/// What a server announces about one kind of limit, from answer to answer.
#[derive(Debug, Clone)]
pub(super) struct Announcements {
    newest: Option<Announcement>,
    /// An older announcement, with which new ones are compared.
    compared: Option<Announcement>,
    /// Whether the limit is a bucket, and not a window.
    is_bucket: bool,
    /// The longest time until a reset: the length of a window, or the time in which an empty bucket is filled.
    longest: f64,
    /// The lowest rate at which a bucket was filled, by one announcement.
    filled: f64,
}

impl Announcements {
    pub(super) fn new() -> Self {
        Self { newest: None, compared: None, is_bucket: false, longest: 0.0, filled: f64::INFINITY }
    }

    /// Records what the answer of a request announced that was sent at `at`. `counted`: see [`Announcement::counted`].
    pub(super) fn add(&mut self, hint: Hint, counted: f64, at: f64) {
        let reset = hint.reset.as_secs_f64();
        if reset > LONGEST_RESET {
            return;
        }
        // The length of a window is learned from every answer: a refusal, which arrives first, may have come shortly before the reset.
        self.longest = self.longest.max(reset);
        // Answers of older requests know less of what is left.
        if self.newest.is_some_and(|known| known.counted > counted) {
            return;
        }
        let Hint { limit, remaining, .. } = hint;
        self.fill(&hint, reset);
        let newest = Announcement { counted, limit, remaining, at, reset_at: at + reset + RESET_MARGIN };
        self.compare(newest);
        self.newest = Some(newest);
    }

    /// Narrows the rate at which a bucket is filled. What is left is announced in whole requests, so each announcement shows a rate that is too high,
    /// by up to a request of those that were used. Whole seconds are too coarse.
    fn fill(&mut self, hint: &Hint, reset: f64) {
        let used = hint.limit.map_or(0.0, |limit| limit - hint.remaining);
        if hint.remaining <= used && reset > 0.0 && hint.reset.subsec_nanos() > 0 {
            self.filled = self.filled.min(used / reset);
        }
    }

    /// Distinguishes a bucket from a window: each request moves the time at which a bucket is full, and none moves the end of a window.
    fn compare(&mut self, newest: Announcement) {
        let (Some(limit), Some(older)) = (newest.limit, self.compared) else {
            self.compared = Some(newest);
            return;
        };
        let requests = newest.counted - older.counted;
        if requests < COMPARED {
            return;
        }
        // After more requests, the next window may have begun.
        if requests <= limit / 2.0 {
            let (moved, expected) = (newest.reset_at - older.reset_at, requests * self.longest / limit);
            if moved < 0.25 * expected {
                self.is_bucket = false;
            } else if moved < 2.0 * expected {
                self.is_bucket = true;
            }
        }
        self.compared = Some(newest);
    }

    /// The rate that the limit allows for long, per second. Too high until a window has begun, or a bucket was empty.
    pub(super) fn rate(&self) -> Option<f64> {
        let rate = self.newest?.limit? / self.longest;
        Some(if self.is_bucket { rate.min(self.filled) } else { rate }).filter(|rate| rate.is_finite())
    }

    /// What the newest answer left, while that is valid.
    pub(super) fn remaining(&self, now: f64) -> Option<f64> {
        self.newest.filter(|newest| newest.reset_at > now).map(|newest| newest.remaining)
    }

    /// The earliest time at which requests may be sent after which `counted` requests or tokens are counted. `None` if the last announcement
    /// is no longer valid.
    pub(super) fn free_at(&self, counted: f64, now: f64) -> Option<f64> {
        let newest = self.newest.filter(|newest| newest.reset_at > now)?;
        let excess = counted - newest.counted - newest.remaining;
        Some(match self.rate() {
            _ if excess <= 0.0 => now,
            Some(rate) if self.is_bucket => {
                now.max(newest.at + RESET_MARGIN.min(0.25 / rate) + excess / (rate * SHARE))
            }
            _ => newest.reset_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shortly_before_the_reset_does_not_shorten_the_window() {
        let mut announced = Announcements::new();
        let hint =
            |remaining, milliseconds| Hint { limit: Some(50.0), remaining, reset: Duration::from_millis(milliseconds) };
        // The refusal of the newest request arrives before the answers of the others, which take longer.
        announced.add(hint(0.0, 60), 51.0, 0.94);
        announced.add(hint(49.0, 1000), 1.0, 0.0);
        assert_eq!(announced.rate(), Some(50.0));
        assert_eq!(announced.remaining(0.95), Some(0.0));
    }

    #[test]
    fn every_family_of_headers_is_read() {
        let unix_time = Duration::from_secs(1_700_000_000);
        let read = |headers: &[(&str, &str)]| {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            super::read(&headers, unix_time)
        };
        let hint = |limit: f64, remaining: f64, seconds: u64| {
            Some(Hint { limit: Some(limit), remaining, reset: Duration::from_secs(seconds) })
        };
        let openai = read(&[
            ("x-ratelimit-limit-requests", "500"),
            ("X-RateLimit-Remaining-Requests", "499"),
            ("x-ratelimit-reset-requests", "2s"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "29984"),
            ("x-ratelimit-reset-tokens", "1m0s"),
        ]);
        assert_eq!(openai, Announced { requests: hint(500.0, 499.0, 2), tokens: hint(30_000.0, 29_984.0, 60) });
        let anthropic = read(&[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2023-11-14T22:13:50Z"),
        ]);
        assert_eq!(anthropic, Announced { requests: hint(50.0, 0.0, 30), tokens: None });
        for headers in [
            &[("x-ratelimit-limit", "10"), ("x-ratelimit-remaining", "4"), ("x-ratelimit-reset", "1700000030000")][..],
            &[("ratelimit-limit", "10"), ("ratelimit-remaining", "4"), ("ratelimit-reset", "30")],
            &[("ratelimit", "limit=10, remaining=4, reset=30")],
            &[("ratelimit", "\"default\";r=4;t=30"), ("ratelimit-policy", "\"default\";q=10;w=60")],
        ] {
            assert_eq!(read(headers).requests, hint(10.0, 4.0, 30), "{headers:?}");
        }
        assert_eq!(read(&[("x-ratelimit-remaining-requests", "4")]), Announced::default());
        assert_eq!(read(&[("ratelimit", "soon")]), Announced::default());
    }
}
