//! Whether and when to send a request again.
//!
//! Law: pure decisions. The clock, the jitter and the number of tries come as arguments; sleeping is the caller's work.
//! The rules are those that users of the official clients know (`x-should-retry`, 408, 409, 429, 5xx, connection errors;
//! `retry-after-ms`, `retry-after`; 0.5 s doubling to 8 s), with two repairs: a wait that is too long fails at once and says so,
//! and errors that no wait can cure are never retried.

use core::time::Duration;

use crate::dialect::{Limit, Name};
use crate::error::{Error, ErrorKind};
use crate::text;
use crate::transport::Head;
use crate::value::decimal;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// What to do after a failed try.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Send again after this long.
    RetryAfter(Duration),
    /// Give up with this error.
    Fail(Error),
}

/// When a try failed.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Tries already made again: 0 after the first failure.
    pub retries_taken: u32,
    /// How often a request may be sent again.
    pub max_retries: u32,
    /// The longest wait that a server may ask for.
    pub max_retry_after: Duration,
    /// Time since 1970-01-01 UTC.
    pub unix_time: Duration,
    /// A random number in `0.0..1.0`.
    pub random: f64,
}

/// Decides after `error`, which `head` came with if the server answered at all.
pub fn judge(mut error: Error, head: Option<&Head>, moment: Moment) -> Decision {
    let asked = head.and_then(|head| asked_wait(head, moment.unix_time));
    let parts = error.parts_mut();
    parts.retries_taken = moment.retries_taken;
    // A body may carry `retry_after` where the headers don't (ModelsLab's 429).
    let asked = asked.or(parts.retry_after);
    parts.retry_after = asked;
    match head.and_then(|head| head.header("x-should-retry")) {
        Some("true") => parts.retryable = true,
        Some("false") => parts.retryable = false,
        _ => parts.retryable = parts.retryable || parts.status.is_some_and(|status| status == 408),
    }
    // No header can make an empty account full again.
    if parts.kind == ErrorKind::InsufficientQuota {
        parts.retryable = false;
    }
    if !parts.retryable || moment.retries_taken >= moment.max_retries {
        return Decision::Fail(error);
    }
    match asked {
        Some(wait) if wait > moment.max_retry_after => {
            let note = format!(
                "{} (the server asks to wait {}, longer than {} allows: {})",
                error.message().trim_end_matches('.'),
                Limit(wait),
                Name("max_retry_after"),
                Limit(moment.max_retry_after)
            );
            error.parts_mut().message = note;
            Decision::Fail(error)
        }
        Some(wait) => Decision::RetryAfter(wait),
        None => Decision::RetryAfter(backoff(moment)),
    }
}

/// 0.5 s, 1 s, 2 s … 8 s, less up to a quarter, so that many clients don't come back together.
fn backoff(moment: Moment) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1_u32.checked_shl(moment.retries_taken).unwrap_or(u32::MAX));
    doubled.min(LONGEST_WAIT).mul_f64(1.0 - 0.25 * moment.random.clamp(0.0, 1.0))
}

/// The wait that the server asks for, by the most exact header that it sent.
pub fn asked_wait(head: &Head, unix_time: Duration) -> Option<Duration> {
    let number = |name: &str| head.header(name).and_then(|value| decimal(value.trim()));
    if let Some(milliseconds) = number("retry-after-ms") {
        return duration(milliseconds / 1000.0);
    }
    if let Some(seconds) = number("retry-after") {
        return duration(seconds);
    }
    if let Some(at) = head.header("retry-after").and_then(http_date) {
        return Some(at.saturating_sub(unix_time));
    }
    if head.status != 429 {
        return None;
    }
    ["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"]
        .into_iter()
        .filter(|name| is_exhausted(head, name))
        .filter_map(|name| go_duration(head.header(name)?))
        .max()
        .or_else(|| {
            // ModelsLab sends the moment of the reset in Unix seconds; others send seconds to go.
            let reset = number("x-ratelimit-reset")?;
            let now = unix_time.as_secs_f64();
            duration(if reset > 1e9 { (reset - now).max(0.0) } else { reset })
        })
}

/// Whether the budget that a `x-ratelimit-reset-*` header speaks of is the one that ran out; unknown counts as yes.
fn is_exhausted(head: &Head, reset: &str) -> bool {
    head.header(&text::replace(reset, "reset", "remaining")).is_none_or(|remaining| remaining.trim() == "0")
}

fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// The time since 1970 of a date as HTTP writes it: `Tue, 14 Nov 2023 22:13:30 GMT`.
fn http_date(text: &str) -> Option<Duration> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = text.trim().split([' ', ':']).skip(1);
    let mut next = || parts.next();
    let day: u64 = next()?.parse().ok()?;
    let month = next().filter(|name| name.len() == 3).and_then(|name| text::find(MONTHS, name))? as u64 / 3;
    let year: u64 = next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = || next()?.parse::<u64>().ok();
    let seconds = (clock()? * 60 + clock()?) * 60 + clock()?;
    // Years begin with March, so that a leap day is their last.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    Some(Duration::from_secs(days.checked_sub(719_469)? * 86_400 + seconds))
}

/// A duration as OpenAI's reset headers write it: `12ms`, `1.5s`, `6m0s`, `1h2m3s`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit)?;
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        total += decimal(number)? * scale;
        rest = tail;
    }
    duration(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, headers: &[(&str, &str)]) -> Head {
        Head { status, headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect() }
    }

    fn moment() -> Moment {
        Moment {
            retries_taken: 0,
            max_retries: 2,
            max_retry_after: Duration::from_secs(60),
            unix_time: Duration::from_secs(1_700_000_000),
            random: 0.0,
        }
    }

    fn status_error(status: u16) -> Error {
        let mut error = Error::new(ErrorKind::from_status(status), "no");
        error.parts_mut().status = Some(status);
        error
    }

    #[test]
    fn waits_are_read_from_the_most_exact_header() {
        let wait = |headers: &[(&str, &str)]| asked_wait(&head(429, headers), moment().unix_time);
        assert_eq!(wait(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(Duration::from_millis(250)));
        assert_eq!(wait(&[("retry-after", "1.5")]), Some(Duration::from_millis(1500)));
        assert_eq!(wait(&[("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT")]), Some(Duration::from_secs(10)));
        assert_eq!(wait(&[("x-ratelimit-reset-requests", "6m0s")]), Some(Duration::from_secs(360)));
        assert_eq!(wait(&[("x-ratelimit-reset-tokens", "12ms")]), Some(Duration::from_millis(12)));
        assert_eq!(wait(&[("x-ratelimit-reset", "1700000030")]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
    }

    #[test]
    fn a_budget_that_did_not_run_out_is_not_waited_for() {
        let head = head(
            429,
            &[
                ("x-ratelimit-reset-requests", "1h"),
                ("x-ratelimit-remaining-requests", "59"),
                ("x-ratelimit-reset-tokens", "2s"),
                ("x-ratelimit-remaining-tokens", "0"),
            ],
        );
        assert_eq!(asked_wait(&head, moment().unix_time), Some(Duration::from_secs(2)));
    }

    #[test]
    fn backoff_doubles_up_to_eight_seconds() {
        let waits: Vec<_> = [0, 1, 2, 3, 4, 5, 63]
            .into_iter()
            .map(|retries_taken| backoff(Moment { retries_taken, ..moment() }).as_millis())
            .collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(backoff(Moment { random: 1.0, ..moment() }).as_millis(), 375);
    }

    #[test]
    fn only_what_waiting_can_cure_is_retried() {
        let retried = |error: Error, headers: &[(&str, &str)]| {
            let head = head(error.parts().status.unwrap_or(0), headers);
            matches!(judge(error, Some(&head), moment()), Decision::RetryAfter(_))
        };
        for status in [408, 409, 429, 500, 502, 503, 529] {
            assert!(retried(status_error(status), &[]), "{status}");
        }
        for status in [400, 401, 402, 403, 404, 413, 422] {
            assert!(!retried(status_error(status), &[]), "{status}");
        }
        assert!(retried(status_error(400), &[("x-should-retry", "true")]));
        assert!(!retried(status_error(500), &[("x-should-retry", "false")]));
        assert!(!retried(Error::new(ErrorKind::InsufficientQuota, "no"), &[("x-should-retry", "true")]));
    }

    #[test]
    fn a_wait_over_the_cap_fails_at_once_and_says_so() {
        let head = head(429, &[("retry-after", "86400")]);
        let Decision::Fail(error) = judge(status_error(429), Some(&head), moment()) else { panic!("retried") };
        assert!(error.message().contains("86400 s"), "{error}");
        assert_eq!(error.parts().retry_after, Some(Duration::from_secs(86400)));
    }
}
