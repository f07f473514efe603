//! Wait times in error bodies, as members or in the message.
//!
//! Invariant: only durations are read. Points in time need a clock, so [`crate::client::retry`] handles them.

use core::time::Duration;

use crate::prelude::*;
use crate::text;
use crate::text::time;
use crate::value::{self, Map, Value};

/// Phrases before a wait time, in lower case: OpenAI and Groq ("Please try again in 1m30s"), Azure ("Please retry after 20 seconds"),
/// Google ("Please retry in 2.5s").
const WORDS: &str = "try again in |retry in |retry after |try again after |reset after |resets in |please wait ";

/// Returns the wait time in an error object, in seconds: `retry_after` in all spellings (ModelsLab, Azure, OpenRouter's metadata), or
/// `retryDelay` in `details` (Google's `RetryInfo`).
pub(super) fn in_object(fields: &Map<String, Value>) -> Option<f64> {
    let own = fields.iter().find_map(|(name, value)| {
        let name: String = name.chars().filter(|c| !matches!(c, '_' | '-')).collect();
        match name.to_ascii_lowercase().as_str() {
            "retryafter" | "retryafterseconds" | "retryafters" | "retrydelay" | "resetsinseconds" => in_seconds(value),
            "retryafterms" | "retrydelayms" => in_seconds(value).map(|milliseconds| milliseconds / 1000.0),
            _ => None,
        }
    });
    own.or_else(|| {
        let details = value::items(fields.get("details")).iter();
        details.chain(fields.get("metadata")).filter_map(Value::as_object).find_map(in_object)
    })
}

/// Reads a number of seconds, a duration as text (`2s`), or an object (`{seconds, nanos}`).
fn in_seconds(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => time::parse_wait(text, Duration::MAX).map(|wait| wait.as_secs_f64()),
        Value::Object(parts) => in_seconds(parts.get("seconds")?),
        _ => None,
    }
}

/// Returns the wait time in a message, in seconds. The message is in lower case.
pub(super) fn in_text(message: &str) -> Option<f64> {
    WORDS.split('|').find_map(|words| {
        let (_, rest) = text::split(message, words)?;
        let (wait, _) = time::leading_duration(rest)?;
        Some(wait.as_secs_f64())
    })
}
