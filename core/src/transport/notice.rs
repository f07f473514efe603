//! Notices of a running call, for logs and traces.
//!
//! Invariant: notices are plain facts, without key or query. [`crate::client`] sends them through the transport. Except for warnings, they are
//! only sent for calls with a [`crate::RequestOptions::notice_id`]. [`Notice::Ended`] is the last one of its call, and is sent once.

use core::fmt;
use core::time::Duration;

use crate::error::Error;
#[cfg(feature = "serde-json")]
use crate::json::json;
#[cfg(feature = "serde-json")]
use crate::prelude::*;
use crate::record::CallRecord;
use crate::text::one_line;
use crate::text::time::milliseconds;
#[cfg(feature = "serde-json")]
use crate::value::Value;

/// An event in the life of a call.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A request is sent.
    Sending {
        /// `GET` or `POST`.
        method: &'static str,
        /// The URL without its query.
        url: &'a str,
        /// 1 for the first attempt.
        attempt: u32,
        /// The call: its endpoint, its model, and whether it is streamed.
        call: &'a str,
    },
    /// The head of an answer was received.
    Answered {
        /// HTTP status.
        status: u16,
        /// The provider's id of the request.
        request_id: Option<&'a str>,
        /// The time since the request was sent.
        elapsed: Duration,
    },
    /// An attempt failed, and the request will be sent again.
    Retrying {
        /// Why it failed.
        error: &'a Error,
        /// The wait before the retry.
        wait: Duration,
        /// The number of the retry: 1 for the first.
        retry: u32,
        /// The most retries.
        max_retries: u32,
    },
    /// An endpoint failed. The call is sent to the next one; or its stream broke, and the next endpoint or the same one continues the answer.
    FallingBack {
        /// Why it failed.
        error: &'a Error,
        /// The base URL of the next endpoint.
        base_url: &'a str,
        /// The model that is requested there.
        model: &'a str,
        /// Whether a partial answer is continued.
        continues: bool,
    },
    /// The call has ended: its reply is complete, it failed, or its caller cancelled it.
    Ended {
        /// What happened to the call.
        record: &'a CallRecord,
    },
    /// An answer was accepted although it may be wrong. Sent for every call; the number of a call without a `notice_id` is 0.
    Warning {
        /// The problem, and what to do about it.
        text: &'a str,
    },
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sending { method, url, attempt: 1, call } => write!(f, "{call}: {method} {url}"),
            Self::Sending { method, url, attempt, call } => write!(f, "{call}: {method} {url} (attempt {attempt})"),
            Self::Answered { status, request_id, elapsed } => {
                write!(f, "status {status} after {} ms", milliseconds(*elapsed))?;
                request_id.map_or(Ok(()), |id| write!(f, ", request id {id}"))
            }
            Self::Warning { text } => f.write_str(&one_line(text)),
            Self::Ended { record } => f.write_str(&record.line()),
            Self::FallingBack { error, base_url, model, continues } => {
                let (kind, message) = (error.kind().name(), one_line(error.message()));
                let step = if *continues { "continuing the answer at" } else { "falling back to" };
                write!(f, "{step} {base_url}, model {}, after {kind}: {message}", one_line(model))
            }
            Self::Retrying { error, wait, retry, max_retries } => {
                let kind = error.kind().name();
                let message = one_line(error.message());
                let hundredths = (milliseconds(*wait) + 5) / 10;
                let (seconds, rest) = (hundredths / 100, hundredths % 100);
                write!(f, "retry {retry} of {max_retries} in {seconds}.{rest:02} s after {kind}: {message}")
            }
        }
    }
}

impl Notice<'_> {
    /// The name of the notice's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sending { .. } => "sending",
            Self::Answered { .. } => "answered",
            Self::Retrying { .. } => "retrying",
            Self::FallingBack { .. } => "falling_back",
            Self::Ended { .. } => "ended",
            Self::Warning { .. } => "warning",
        }
    }

    /// The record of a call that has ended.
    pub(crate) fn record(&self) -> Option<&CallRecord> {
        match self {
            Self::Ended { record } => Some(record),
            _ => None,
        }
    }

    /// The level of its log line: `warning`, `info` or `debug`.
    pub fn level(&self) -> &'static str {
        match self {
            Self::Warning { .. } => "warning",
            Self::Retrying { .. } | Self::FallingBack { .. } => "info",
            Self::Sending { .. } | Self::Answered { .. } | Self::Ended { .. } => "debug",
        }
    }
}

#[cfg(feature = "serde-json")]
impl Notice<'_> {
    /// The notice as it crosses into another language: its `type`, its `text` for a log, and its facts.
    pub fn to_json(&self) -> Value {
        let text = self.to_string();
        match self {
            Self::Sending { method, url, attempt, .. } => {
                json!({"type": self.kind(), "level": self.level(), "text": text, "method": method, "url": url, "attempt": attempt})
            }
            Self::Answered { status, request_id, elapsed } => json!({
                "type": self.kind(), "level": self.level(), "text": text, "status": status, "request_id": request_id, "elapsed": elapsed.as_secs_f64(),
            }),
            Self::FallingBack { error, base_url, model, continues } => json!({
                "type": self.kind(), "level": self.level(), "text": text, "kind": error.kind().name(), "message": error.message(),
                "status": error.fields().status, "base_url": base_url, "model": model, "continues": continues,
            }),
            Self::Ended { record } => {
                json!({"type": self.kind(), "level": self.level(), "text": text, "record": record.to_value()})
            }
            Self::Warning { .. } => json!({"type": self.kind(), "level": self.level(), "text": text}),
            Self::Retrying { error, wait, retry, .. } => json!({
                "type": self.kind(), "level": self.level(), "text": text, "kind": error.kind().name(), "message": error.message(),
                "status": error.fields().status, "wait": wait.as_secs_f64(), "retry": retry,
            }),
        }
    }
}
