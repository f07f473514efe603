//! Classification of errors by status, provider-specific names, and phrases in messages.
//!
//! Rule: the status decides, except for four kinds that are recognised with any status: a used-up quota, a prompt that doesn't fit, a
//! content filter and an overloaded server. If the status is a success, a number in the body takes its role.

use crate::error::ErrorKind;
use crate::prelude::*;
use crate::text;

use super::patterns::{CONTEXT, FILTERED, MINIMAX, NAMES, QUOTA, THROTTLED, TRANSIENT, WORDS};
use super::report::Report;

pub(super) fn classify(report: &Report, status: u16) -> ErrorKind {
    if report.processing {
        return ErrorKind::Processing;
    }
    let labels = || [report.code.as_deref(), report.kind.as_deref()].into_iter().flatten();
    let table = if report.is_minimax { MINIMAX } else { NAMES };
    let named = |kind: ErrorKind| labels().any(|label| is_name_of(table, kind, label));
    let message = report.message.to_ascii_lowercase();
    let mentions = |patterns: &str| patterns.split('|').any(|pattern| matches(&message, pattern));
    let status = if status < 300 { labels().find_map(status_in).unwrap_or(status) } else { status };

    if named(ErrorKind::InsufficientQuota) {
        if !mentions(TRANSIENT) {
            return if status == 402 && !mentions(QUOTA) {
                ErrorKind::PaymentRequired
            } else {
                ErrorKind::InsufficientQuota
            };
        }
    } else if status != 402 && mentions(QUOTA) {
        let is_transient = report.retry_after.is_some() || report.is_minutely || mentions(TRANSIENT);
        if report.is_daily || !is_transient {
            return ErrorKind::InsufficientQuota;
        }
    }
    if named(ErrorKind::PaymentRequired) {
        return ErrorKind::PaymentRequired;
    }
    // LM Studio, LiteLLM and gateways use 500 for errors that they don't understand.
    let may_be_request = matches!(status, 200..=299 | 400 | 413 | 422 | 500);
    if named(ErrorKind::ContextLength) || (may_be_request && mentions(CONTEXT) && !mentions(THROTTLED)) {
        return ErrorKind::ContextLength;
    }
    if (may_be_request || status == 403) && (named(ErrorKind::ContentFilter) || mentions(FILTERED)) {
        return ErrorKind::ContentFilter;
    }
    if named(ErrorKind::Overloaded) {
        return ErrorKind::Overloaded;
    }
    // Gateways forward AWS's ThrottlingException with various statuses.
    if may_be_request && named(ErrorKind::RateLimit) {
        return ErrorKind::RateLimit;
    }
    if status >= 300 {
        return ErrorKind::from_status(status);
    }
    let by_name = table.iter().find(|(kind, _)| named(*kind)).map(|(kind, _)| *kind);
    let by_words = || WORDS.iter().find(|(_, words)| mentions(words)).map(|(kind, _)| *kind);
    by_name.or_else(by_words).unwrap_or(ErrorKind::Api)
}

/// Returns whether a label, or the part before its first full stop (`Throttling.RateQuota`), is a name of a kind.
fn is_name_of(table: &[(ErrorKind, &str)], wanted: ErrorKind, label: &str) -> bool {
    let family = label.split('.').next().unwrap_or_default();
    [label, family].iter().any(|label| {
        let mut name = String::from(" ");
        name.extend(label.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
        name.push(' ');
        name.len() > 2 && table.iter().any(|(kind, names)| *kind == wanted && text::contains(names, &name))
    })
}

/// Returns the HTTP status in a label; the first three of five digits count (FastChat: 50001, SiliconFlow).
fn status_in(label: &str) -> Option<u16> {
    let number: u64 = label.parse().ok()?;
    let number = if number >= 10_000 { number / 100 } else { number };
    u16::try_from(number).ok().filter(|status| (300..=599).contains(status))
}

/// Returns whether the parts of a pattern, separated by `*`, occur in a text in this order.
fn matches(message: &str, pattern: &str) -> bool {
    let mut rest = message;
    pattern.split('*').all(|part| match text::split(rest, part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, code: &str, message: &str) -> ErrorKind {
        let code = (!code.is_empty()).then(|| code.to_owned());
        classify(&Report { message: message.to_owned(), code, ..Report::default() }, status)
    }

    #[test]
    fn context_overflow_messages_of_all_providers_are_recognised() {
        for message in [
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length",
            "prompt is too long: 212000 tokens > 200000 maximum",
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
            "Too many input tokens. Max input tokens: 8192, request input token count: 9000",
            "Unable to submit request because the input token count is 40000 but model only supports up to 32768.",
            "Prompt contains 65000 tokens, too large for model with 32768 maximum context length",
            "too many tokens: total number of tokens in the prompt cannot exceed 4081",
            "The prompt is too long: 5000, model maximum context length: 4096",
            "`inputs` must have less than 1024 tokens. Given: 2000",
            "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
            "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
            "Requested token count exceeds the model's maximum context length of 4096 tokens.",
            "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
            "Requested tokens (5000) exceed context window of 4096",
            "prompt too long; exceeded max context length by 4 tokens",
            "The number of tokens to keep from the initial prompt is greater than the context length.",
            "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
            "The estimated number of input and maximum output tokens (5000) exceeded this model context window limit (4096).",
            "Request body too large for gpt-4o model. Max size: 8000 tokens.",
            "the number of input tokens 5000 cannot exceed the total tokens limit 4096",
            "Prompt length 5000 is greater than max_seq_len 4096",
            "Total tokens of image and text exceed max message tokens",
        ] {
            for status in [200, 400, 413, 422, 500] {
                assert_eq!(kind(status, "", message), ErrorKind::ContextLength, "{status} {message}");
            }
            assert_eq!(kind(429, "", message), ErrorKind::RateLimit, "{message}");
        }
    }

    #[test]
    fn other_limits_are_not_context_overflows() {
        for message in [
            "Rate limit reached for model `x` on tokens per minute (TPM): Limit 6000, Used 5000, Requested 2000.",
            "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 31000. The input must be reduced.",
            "Too many tokens, please wait before trying again.",
            "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.",
            "max_tokens exceeds the maximum of 4096 output tokens",
            "`max_new_tokens` must be strictly positive",
            "Deadline exceeded: context deadline exceeded",
        ] {
            assert_eq!(kind(400, "", message), ErrorKind::BadRequest, "{message}");
            assert_eq!(kind(429, "", message), ErrorKind::RateLimit, "{message}");
        }
    }

    #[test]
    fn codes_determine_the_kind_with_a_status_of_success() {
        for (code, wanted) in [
            ("401", ErrorKind::Authentication),
            ("50001", ErrorKind::InternalServer),
            ("42901", ErrorKind::RateLimit),
            ("42902", ErrorKind::InsufficientQuota),
            ("40303", ErrorKind::ContextLength),
            ("1113", ErrorKind::InsufficientQuota),
            ("1261", ErrorKind::ContextLength),
            ("1302", ErrorKind::RateLimit),
            ("InvalidApiKey", ErrorKind::Authentication),
            ("Throttling.RateQuota", ErrorKind::RateLimit),
            ("AllocationQuota.FreeTierOnly", ErrorKind::InsufficientQuota),
            ("InternalError.Algo", ErrorKind::InternalServer),
            ("UNAUTHENTICATED", ErrorKind::Authentication),
            ("ThrottlingException", ErrorKind::RateLimit),
            ("12", ErrorKind::Api),
            ("!", ErrorKind::Api),
        ] {
            assert_eq!(kind(200, code, "m"), wanted, "{code}");
        }
        let report = Report { code: Some("1002".to_owned()), is_minimax: true, ..Report::default() };
        assert_eq!(classify(&report, 200), ErrorKind::RateLimit);
    }

    #[test]
    fn quota_with_a_wait_is_transient_unless_daily() {
        let kind = |retry_after, is_daily| {
            let message = "You exceeded your current quota, please check your plan".to_owned();
            classify(&Report { message, retry_after, is_daily, ..Report::default() }, 429)
        };
        assert_eq!(kind(None, false), ErrorKind::InsufficientQuota);
        assert_eq!(kind(Some(2.0), false), ErrorKind::RateLimit);
        assert_eq!(kind(Some(2.0), true), ErrorKind::InsufficientQuota);
    }
}
