//! The kind of an error: from the provider's names and words, and the status.
//!
//! The status decides, with four exceptions that callers act on: a used-up quota, a prompt that doesn't fit, a content filter and an
//! overloaded server are recognised whatever the status is. With a status of success, a number in the body stands for the status.

use crate::error::ErrorKind;
use crate::prelude::*;
use crate::text;

use super::patterns::{CONTEXT, FILTERED, MINIMAX, NAMES, QUOTA, THROTTLED, TRANSIENT, WORDS};
use super::shapes::Report;

pub(super) fn classify(report: &Report, status: u16) -> ErrorKind {
    if report.processing {
        return ErrorKind::Processing;
    }
    let labels = || [report.code.as_deref(), report.kind.as_deref()].into_iter().flatten();
    let table = if report.is_minimax { MINIMAX } else { NAMES };
    let named = |kind: ErrorKind| labels().any(|label| stands_for(table, kind, label));
    let message = report.message.to_ascii_lowercase();
    let says = |patterns: &[&str]| patterns.iter().any(|pattern| matches(&message, pattern));
    let status = if status < 300 { labels().find_map(status_in).unwrap_or(status) } else { status };

    if named(ErrorKind::InsufficientQuota) {
        if !says(TRANSIENT) {
            return if status == 402 && !says(QUOTA) {
                ErrorKind::PaymentRequired
            } else {
                ErrorKind::InsufficientQuota
            };
        }
    } else if status != 402 && says(QUOTA) && (report.is_daily || !(says(TRANSIENT) || report.retry_after.is_some())) {
        return ErrorKind::InsufficientQuota;
    }
    if named(ErrorKind::PaymentRequired) {
        return ErrorKind::PaymentRequired;
    }
    // 500: LM Studio, LiteLLM and gateways that pass on what they don't understand.
    let may_be_request = matches!(status, 200..=299 | 400 | 413 | 422 | 500);
    let is_context = named(ErrorKind::ContextLength) || (says(CONTEXT) && !says(THROTTLED));
    if may_be_request && is_context {
        return ErrorKind::ContextLength;
    }
    if (may_be_request || status == 403) && (named(ErrorKind::ContentFilter) || says(FILTERED)) {
        return ErrorKind::ContentFilter;
    }
    if named(ErrorKind::Overloaded) {
        return ErrorKind::Overloaded;
    }
    if status >= 300 {
        return ErrorKind::from_status(status);
    }
    let by_name = table.iter().find(|(kind, _)| named(*kind)).map(|(kind, _)| *kind);
    let by_words = || WORDS.iter().find(|(_, words)| says(words)).map(|(kind, _)| *kind);
    by_name.or_else(by_words).unwrap_or(ErrorKind::Api)
}

/// Whether a label, or its part before a full stop (`Throttling.RateQuota`), is one of a kind's names.
fn stands_for(table: &[(ErrorKind, &str)], wanted: ErrorKind, label: &str) -> bool {
    let family = label.split('.').next().unwrap_or_default();
    [label, family].iter().any(|label| {
        let mut name = String::from(" ");
        name.extend(label.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
        name.push(' ');
        name.len() > 2 && table.iter().any(|(kind, names)| *kind == wanted && text::contains(names, &name))
    })
}

/// The status that a label is, or that five digits begin with (FastChat: 50001, SiliconFlow).
fn status_in(label: &str) -> Option<u16> {
    let number: u32 = label.parse().ok()?;
    let number = if number >= 10_000 { number / 100 } else { number };
    u16::try_from(number).ok().filter(|status| (300..=599).contains(status))
}

/// Whether the parts of a pattern, between its stars, stand in a text one after the other.
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
