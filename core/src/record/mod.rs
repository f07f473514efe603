//! The record of a call: its requests, its result, its times and its cost. Logs, traces and metrics of every language are made from it.
//!
//! Invariant: plain data, in which a call's content and keys have no place. [`crate::client`] makes one record of each call whose caller wants
//! notices.
//!
//! - `attempt`: one request of a call.
//! - `described`: types of members, for the generators of types.

use core::time::Duration;

use crate::cost::{Counts, Dollars};
use crate::json::written;
use crate::prelude::*;
use crate::text::one_line;
#[cfg(feature = "records")]
use crate::text::secrets::Secrets;
use crate::text::time::milliseconds;
use crate::value::{Members, Value, number};

mod attempt;
#[cfg(feature = "schema")]
mod described;

pub use attempt::Attempt;
#[cfg(feature = "schema")]
use described::Unit;

/// How a call ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CallOutcome {
    /// The reply is complete.
    #[default]
    Complete,
    /// The call failed with an error.
    Failed,
    /// The caller cancelled the call before its reply, or its stream, began.
    Cancelled,
    /// The caller closed the stream before its end.
    Closed,
}

impl CallOutcome {
    /// The name of the outcome in a record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }
}

/// An attempt of a call, and when it began.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordedAttempt {
    /// When the attempt began to wait for the client's rate limits, since the start of the call.
    pub started: Duration,
    /// The request and its result.
    pub attempt: Attempt,
}

/// What happened to a call.
///
/// ```
/// # use trilogue_core::record::CallRecord;
/// let record = CallRecord { endpoint: "chat".to_owned(), elapsed: core::time::Duration::from_millis(12), ..CallRecord::default() };
/// assert_eq!(record.line(), "done after 12 ms");
/// assert_eq!(record.to_value()["outcome"], "complete");
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallRecord {
    /// The name of the endpoint: `chat`, `messages`, `count_tokens`, `models` or `models/ID`.
    pub endpoint: String,
    /// The base URL of the client. Attempts name those that were used.
    pub base_url: String,
    /// The requested model; none for requests without a model.
    pub model: Option<String>,
    /// Whether the call requested a stream.
    pub is_stream: bool,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The class of the error that ended the call, such as `OverloadedError`; `APIUserAbortError` for a cancelled call.
    pub error: Option<String>,
    /// The message of the error.
    pub message: Option<String>,
    /// When the call began, since 1970.
    pub started: Duration,
    /// The time from the start to the end of the call.
    pub elapsed: Duration,
    /// The time that the attempts waited for rate limits.
    pub queued: Duration,
    /// The time from the start of the call to the first chunk or event; none for a reply that isn't streamed.
    pub first_item: Option<Duration>,
    /// The number of chunks or events that were received; none for a reply that isn't streamed.
    pub items: Option<u64>,
    /// Each request of the call, in order.
    pub attempts: Vec<RecordedAttempt>,
    /// The tokens of the reply.
    pub tokens: Counts,
    /// The cost of all attempts that brought a part of the reply, in dollars; none if it is unknown.
    pub cost: Option<Dollars>,
    /// The finish reason of each choice; `error` for one that was cut. Empty if the caller cancelled the call.
    pub finish_reasons: Vec<String>,
    /// The provider's id of the reply.
    pub response_id: Option<String>,
    /// The model that answered.
    pub response_model: Option<String>,
}

impl CallRecord {
    /// What `items` counts: `chunks` of chat completions, `events` of messages.
    pub fn unit(&self) -> &'static str {
        if self.endpoint == "messages" { "events" } else { "chunks" }
    }

    /// The log line of the call's end. It names counts and the error, and no content.
    pub fn line(&self) -> String {
        let mut line = String::new();
        match &self.error {
            Some(name) => line.extend(["failed with ", name]),
            None => line.push_str(if self.outcome == CallOutcome::Closed { "closed by its reader" } else { "done" }),
        }
        push_count(&mut line, " after ", rounded(self.elapsed), " ms");
        if let Some(items) = self.items {
            push_count(&mut line, ", ", items, " ");
            line.push_str(self.unit());
            if let Some(first) = self.first_item {
                push_count(&mut line, ", the first after ", rounded(first), " ms");
            }
        }
        if let Some(count) = self.tokens.read {
            push_count(&mut line, ", ", count, " tokens in");
        }
        if let Some(count) = self.tokens.written {
            push_count(&mut line, ", ", count, " tokens out");
        }
        if let (Some(_), Some(message)) = (&self.error, self.message.as_ref().filter(|message| !message.is_empty())) {
            line.extend([": ", message]);
        }
        one_line(&line)
    }

    /// Adds an attempt, which began at this time since the start of the call.
    #[cfg(feature = "records")]
    pub(crate) fn push(&mut self, attempt: Attempt, started: Duration) {
        self.queued = self.queued.saturating_add(Duration::from_millis(attempt.queued_ms));
        self.attempts.push(RecordedAttempt { started, attempt });
    }

    /// Removes secrets from everything that a server or an option has provided.
    #[cfg(feature = "records")]
    pub(crate) fn redact(&mut self, secrets: &Secrets) {
        let hide = |texts: [&mut Option<String>; 4]| {
            for text in texts.into_iter().flatten() {
                secrets.hide(text);
            }
        };
        hide([&mut self.model, &mut self.message, &mut self.response_id, &mut self.response_model]);
        secrets.hide(&mut self.base_url);
        for RecordedAttempt { attempt, .. } in &mut self.attempts {
            hide([&mut attempt.model, &mut attempt.message, &mut attempt.request_id, &mut attempt.error]);
            secrets.hide(&mut attempt.base_url);
        }
    }
}

// Times are in milliseconds, with three decimals except in the attempts.
written! {
    CallRecord as record {
        /// `chat`, `messages`, `count_tokens`, `models` or `models/ID`.
        "endpoint": String = record.endpoint,
        /// The base URL of the client; attempts name those that were used.
        "base_url": String = record.base_url,
        /// The requested model.
        "model": Option<String> = record.model,
        /// Whether the call requested a stream.
        "is_stream": bool = record.is_stream,
        /// How the call ended. `closed`: the caller closed the stream before its end; `cancelled`: before it began.
        "outcome": CallOutcome = record.outcome.name(),
        /// The class of the error that ended the call.
        "error": Option<String> = record.error,
        /// The message of the error.
        "message": Option<String> = record.message,
        /// When the call began, since 1970.
        "started_ms": f64 = milliseconds(record.started),
        /// How long the call took.
        "elapsed_ms": f64 = decimals(record.elapsed),
        /// How long the attempts waited for rate limits.
        "queued_ms": f64 = decimals(record.queued),
        /// When the first chunk or event was received, since the start of the call; null for a whole reply.
        "first_item_ms": Option<f64> = record.first_item.map(decimals),
        /// How many chunks or events were received; null for a whole reply.
        "items": Option<u64> = record.items,
        /// What `items` counts; null for a whole reply.
        "unit": Option<Unit> = record.items.map(|_| record.unit()),
        /// Each request of the call, in order.
        "attempts": Vec<RecordedAttempt> = record.attempts.iter().map(RecordedAttempt::to_value).collect::<Value>(),
        /// Input tokens, cached or not; null if the endpoint did not report them.
        "input_tokens": Option<u64> = record.tokens.read,
        /// Input tokens that were read from a cache.
        "cache_read_tokens": Option<u64> = record.tokens.cache_read,
        /// Input tokens that were written to a cache.
        "cache_write_tokens": Option<u64> = record.tokens.cache_write,
        /// Output tokens.
        "output_tokens": Option<u64> = record.tokens.written,
        /// The output tokens of reasoning.
        "reasoning_tokens": Option<u64> = record.tokens.reasoning,
        /// In dollars, as a decimal string; null if it is unknown.
        "cost": Option<String> = record.cost,
        /// The finish reason of each choice; `error` for one that was cut.
        "finish_reasons": Vec<String> =
            record.finish_reasons.iter().map(|reason| Value::from(reason.as_str())).collect::<Value>(),
        /// The provider's id of the reply.
        "response_id": Option<String> = record.response_id,
        /// The model that answered.
        "response_model": Option<String> = record.response_model,
    }
}

impl RecordedAttempt {
    /// The attempt as a JSON object: the members of [`Attempt`], and `started_ms` since the start of the call.
    pub fn to_value(&self) -> Value {
        let mut value = self.attempt.to_value();
        if let Value::Object(fields) = &mut value {
            fields.set("started_ms", milliseconds(self.started));
        }
        value
    }
}

/// Appends a count. Not inlined: inlined formatting would be a noticeable part of a page's module.
#[inline(never)]
fn push_count(line: &mut String, before: &str, count: u64, after: &str) {
    line.extend([before, &count.to_string(), after]);
}

/// A duration in milliseconds, rounded.
fn rounded(time: Duration) -> u64 {
    milliseconds(time.saturating_add(Duration::from_micros(500)))
}

/// A duration in milliseconds, with three decimals. Not as a float, whose formatting would add kilobytes to the wasm module.
#[inline(never)]
fn decimals(time: Duration) -> Value {
    let text = format!("{}.{:03}", milliseconds(time), time.subsec_micros() % 1000);
    number(&text).map_or(Value::Null, Value::Number)
}
