//! Whether and when a request is sent again.
//!
//! Invariant: the decisions are pure. The clock, the jitter and the number of retries are arguments, and the caller waits.
//!
//! The rules are those of the official clients: `x-should-retry`; 408, 409, 429, 5xx and connection errors; `retry-after-ms` and `retry-after`;
//! 0.5 s doubling to 8 s. In addition, waits in bodies and reset headers count, a wait over the limit fails at once, and errors that no wait
//! can cure are never retried.

use core::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::http::item;
use crate::prelude::*;
use crate::text;
use crate::text::dialect::{Limit, Name};
use crate::text::number::decimal;
use crate::text::time;
use crate::transport::Head;
use crate::value::{Value, to_text};

const FIRST_WAIT: Duration = Duration::from_millis(500);
const MAX_WAIT: Duration = Duration::from_secs(8);

/// The decision after a failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decision {
    /// Send again after this long. This counts as a retry.
    RetryAfter(Duration),
    /// Send again when the client's queue allows it, after the wait that the server requests. A refusal for the rate limit is no failure of the
    /// call.
    Requeue(Option<Duration>),
    /// Return this error.
    Fail(Error),
}

impl Decision {
    /// How long the other calls of the client wait too, if the server has refused the request or is overloaded. `has_limits`: whether the client
    /// learns the wait from refusals that name none.
    pub(super) fn pause(&self, has_limits: bool, max_retry_after: Duration) -> Option<Duration> {
        match self {
            // Other calls need not wait for an account that is refused for hours.
            Self::Fail(error) => {
                let wait = error.fields().retry_after.filter(|wait| *wait <= max_retry_after);
                wait.or((!has_limits).then_some(Duration::ZERO))
            }
            Self::RetryAfter(wait) => Some(*wait),
            Self::Requeue(wait) => *wait,
        }
    }
}

/// The circumstances of a failed attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryContext {
    /// Retries so far: 0 after the first failure.
    pub retries_taken: u32,
    /// How often a request may be sent again.
    pub max_retries: u32,
    /// The longest wait that a server may request.
    pub max_retry_after: Duration,
    /// Whether the client's share of retries is not used up.
    pub may_retry: bool,
    /// How long the server has refused every request, if the client has a queue.
    pub refused_for: Option<Duration>,
    /// Time since 1970-01-01 UTC.
    pub unix_time: Duration,
    /// A random number in `0.0..1.0`.
    pub random: f64,
}

/// Decides what to do after `error`. `head` is that of the server's answer, if there was one.
pub(super) fn decide(mut error: Error, head: Option<&Head>, context: RetryContext) -> Decision {
    let requested = requested_wait(&error, head, context.unix_time);
    let fields = error.fields_mut();
    fields.retries_taken = context.retries_taken;
    fields.retry_after = requested;
    match head.and_then(|head| head.header("x-should-retry")) {
        Some("true") => fields.retryable = true,
        Some("false") => fields.retryable = false,
        _ => fields.retryable = fields.retryable || fields.status.is_some_and(|status| status == 408),
    }
    // A header doesn't refill an empty account.
    if fields.kind == ErrorKind::InsufficientQuota {
        fields.retryable = false;
    }
    let is_queued = fields.kind == ErrorKind::RateLimit && context.refused_for.is_some();
    if !fields.retryable || !is_queued && context.retries_taken >= context.max_retries {
        return Decision::Fail(error);
    }
    if !is_queued && !context.may_retry {
        let message = format!(
            "{} (not retried: too many of the client's calls were retried already)",
            error.message().trim_end_matches('.')
        );
        error.fields_mut().message = message;
        return Decision::Fail(error);
    }
    match requested {
        Some(wait) if wait > context.max_retry_after => {
            let message = format!(
                "{} (the server asks to wait {}, longer than {} allows: {})",
                error.message().trim_end_matches('.'),
                Limit(wait),
                Name("max_retry_after"),
                Limit(context.max_retry_after)
            );
            error.fields_mut().message = message;
            Decision::Fail(error)
        }
        _ if is_queued => requeue(error, requested, context),
        Some(wait) => Decision::RetryAfter(wait),
        None => Decision::RetryAfter(backoff(context)),
    }
}

/// Returns a call to the queue, unless the server has refused every request for too long.
fn requeue(mut error: Error, requested: Option<Duration>, context: RetryContext) -> Decision {
    let refused_for = context.refused_for.unwrap_or_default();
    if refused_for <= context.max_retry_after {
        return Decision::Requeue(requested);
    }
    let message = format!(
        "{} (the server has refused every request for {}, longer than {} allows)",
        error.message().trim_end_matches('.'),
        Limit(refused_for),
        Name("max_retry_after")
    );
    error.fields_mut().message = message;
    Decision::Fail(error)
}

/// 0.5 s, 1 s, 2 s … 8 s, minus up to a quarter, so that many clients don't retry at the same time.
fn backoff(context: RetryContext) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1_u32.checked_shl(context.retries_taken).unwrap_or(u32::MAX));
    doubled.min(MAX_WAIT).mul_f64(1.0 - 0.25 * context.random.clamp(0.0, 1.0))
}

/// The wait that the server requests: an explicit header, else the body's `retry_after`, which the error already has, else the reset of the
/// exhausted rate limit.
fn requested_wait(error: &Error, head: Option<&Head>, unix_time: Duration) -> Option<Duration> {
    let named = head.and_then(|head| explicit_wait(head, unix_time)).or(error.fields().retry_after);
    if named.is_some() || error.kind() != ErrorKind::RateLimit {
        return named;
    }
    let limited = head.filter(|head| head.status == 429);
    limited
        .and_then(|head| reset_wait(&head.headers, unix_time))
        .or_else(|| reset_wait(&headers_in_body(error), unix_time))
}

/// The wait in an explicit header: `retry-after-ms`, else `retry-after` in seconds, as a duration or as a date.
fn explicit_wait(head: &Head, unix_time: Duration) -> Option<Duration> {
    let milliseconds = head.header("retry-after-ms").and_then(|value| decimal(value.trim()));
    if let Some(milliseconds) = milliseconds {
        return time::seconds(milliseconds / 1000.0);
    }
    time::parse_wait(head.header("retry-after")?, unix_time)
}

/// The wait until the exhausted rate limits are reset, by headers such as `x-ratelimit-reset`, `x-ratelimit-reset-tokens` (OpenAI, Groq),
/// `anthropic-ratelimit-tokens-reset`, `ratelimit-reset` and `ratelimit` (IETF drafts).
///
/// Each reset header has a counterpart with `remaining` in its name, and a limit with something remaining is not exhausted. The longest reset of
/// the limits that are known to be exhausted counts, else the longest of those with an unknown rest.
fn reset_wait(headers: &[(String, String)], unix_time: Duration) -> Option<Duration> {
    let (mut exhausted, mut unknown) = (None, None);
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if !text::contains(&name, "ratelimit") && !text::contains(&name, "rate-limit") {
            continue;
        }
        let (remaining, reset) = if text::contains(&name, "reset") {
            let remaining = text::replace(&name, "reset", "remaining");
            let counterpart = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&remaining));
            (counterpart.map(|(_, remaining)| remaining.as_str()), Some(value.as_str()))
        } else if name == "ratelimit" {
            // `limit=10, remaining=0, reset=30`, or in newer drafts `"default";r=0;t=30`.
            (item(value, &["remaining", "r"]), item(value, &["reset", "t"]))
        } else {
            continue;
        };
        let Some(wait) = reset.and_then(|reset| time::parse_wait(reset, unix_time)) else { continue };
        match remaining.map(|remaining| decimal(remaining.trim())) {
            Some(Some(remaining)) if remaining > 0.0 => {}
            Some(Some(_)) => exhausted = exhausted.max(Some(wait)),
            _ => unknown = unknown.max(Some(wait)),
        }
    }
    exhausted.or(unknown)
}

/// The headers of the provider behind a gateway: OpenRouter passes the rate limit headers on in `error.metadata.headers`.
fn headers_in_body(error: &Error) -> Vec<(String, String)> {
    let headers = error.fields().body.as_ref().and_then(|body| body.get("error")?.get("metadata")?.get("headers"));
    let headers = headers.and_then(Value::as_object).into_iter().flatten();
    headers.map(|(name, value)| (name.clone(), to_text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, headers: &[(&str, &str)]) -> Head {
        Head { status, headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect() }
    }

    fn context() -> RetryContext {
        RetryContext {
            retries_taken: 0,
            max_retries: 2,
            max_retry_after: Duration::from_secs(60),
            may_retry: true,
            refused_for: None,
            unix_time: Duration::from_secs(1_700_000_000),
            random: 0.0,
        }
    }

    fn requested(head: &Head) -> Option<Duration> {
        requested_wait(&status_error(head.status), Some(head), context().unix_time)
    }

    fn status_error(status: u16) -> Error {
        let mut error = Error::new(ErrorKind::from_status(status), "no");
        error.fields_mut().status = Some(status);
        error
    }

    #[test]
    fn the_most_precise_header_gives_the_wait() {
        let wait = |headers: &[(&str, &str)]| requested(&head(429, headers));
        assert_eq!(wait(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(Duration::from_millis(250)));
        assert_eq!(wait(&[("retry-after", "1.5")]), Some(Duration::from_millis(1500)));
        assert_eq!(wait(&[("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT")]), Some(Duration::from_secs(10)));
        assert_eq!(wait(&[("x-ratelimit-reset-requests", "6m0s")]), Some(Duration::from_secs(360)));
        assert_eq!(wait(&[("x-ratelimit-reset-tokens", "12ms")]), Some(Duration::from_millis(12)));
        assert_eq!(wait(&[("x-ratelimit-reset", "1700000030")]), Some(Duration::from_secs(30)));
        for (name, value) in [
            ("x-ratelimit-reset", "1700000030000"),
            ("x-rate-limit-reset", "30"),
            ("ratelimit-reset", "30"),
            ("ratelimit", "limit=10, remaining=0, reset=30"),
            ("ratelimit", "\"default\";r=0;t=30"),
            ("anthropic-ratelimit-tokens-reset", "2023-11-14T22:13:50Z"),
            ("x-ratelimit-reset-tokens-minute", "30.0"),
            ("retry-after", "30s"),
            ("retry-after", "1700000030"),
        ] {
            assert_eq!(wait(&[(name, value)]), Some(Duration::from_secs(30)), "{name}: {value}");
        }
        assert_eq!(wait(&[("x-ratelimit-limit-requests", "10")]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
    }

    #[test]
    fn a_limit_with_something_remaining_is_not_waited_for() {
        let head = head(
            429,
            &[
                ("x-ratelimit-reset-requests", "1h"),
                ("x-ratelimit-remaining-requests", "59"),
                ("x-ratelimit-reset-tokens", "2s"),
                ("x-ratelimit-remaining-tokens", "0"),
            ],
        );
        assert_eq!(requested(&head), Some(Duration::from_secs(2)));
    }

    #[test]
    fn exhausted_limits_take_precedence_over_unknown_ones() {
        let head = head(
            429,
            &[
                ("x-ratelimit-reset-requests-day", "80000"),
                ("x-ratelimit-reset-tokens-minute", "11.5"),
                ("x-ratelimit-remaining-tokens-minute", "0"),
            ],
        );
        assert_eq!(requested(&head), Some(Duration::from_millis(11_500)));
    }

    #[test]
    fn headers_in_the_body_of_a_gateway_are_read() {
        let mut error = status_error(429);
        let headers = serde_json::json!({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000004000"});
        error.fields_mut().body = Some(serde_json::json!({"error": {"metadata": {"headers": headers}}}));
        assert_eq!(decide(error, Some(&head(429, &[])), context()), Decision::RetryAfter(Duration::from_secs(4)));
    }

    #[test]
    fn backoff_doubles_up_to_eight_seconds() {
        let waits: Vec<_> = [0, 1, 2, 3, 4, 5, 63]
            .into_iter()
            .map(|retries_taken| backoff(RetryContext { retries_taken, ..context() }).as_millis())
            .collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(backoff(RetryContext { random: 1.0, ..context() }).as_millis(), 375);
    }

    #[test]
    fn only_temporary_errors_are_retried() {
        let retried = |error: Error, headers: &[(&str, &str)]| {
            let head = head(error.fields().status.unwrap_or(0), headers);
            matches!(decide(error, Some(&head), context()), Decision::RetryAfter(_))
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
    fn a_refused_call_returns_to_the_queue_and_spends_no_retry() {
        let queued = |seconds, headers: &[(&str, &str)]| {
            let refused_for = Some(Duration::from_secs(seconds));
            let context = RetryContext { refused_for, retries_taken: 2, ..context() };
            decide(status_error(429), Some(&head(429, headers)), context)
        };
        assert_eq!(queued(0, &[]), Decision::Requeue(None));
        assert_eq!(queued(60, &[("retry-after", "2")]), Decision::Requeue(Some(Duration::from_secs(2))));
        assert!(matches!(queued(61, &[]), Decision::Fail(error) if error.message().contains("61 s")));
        assert!(matches!(queued(0, &[("retry-after", "61")]), Decision::Fail(_)));
    }

    #[test]
    fn a_wait_over_the_limit_fails_at_once_with_a_reason() {
        let head = head(429, &[("retry-after", "86400")]);
        let Decision::Fail(error) = decide(status_error(429), Some(&head), context()) else { panic!("retried") };
        assert!(error.message().contains("86400 s"), "{error}");
        assert_eq!(error.fields().retry_after, Some(Duration::from_secs(86400)));
    }
}
