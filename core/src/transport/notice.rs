//! Notices of a call under way, for logs and traces.
//!
//! Plain facts, without key or query. [`crate::client`] sends them through the transport, and except for warnings only of calls whose
//! caller asked ([`crate::RequestOptions::notice_id`]); hosts print them. A caller sees by itself how its call ends.

use core::fmt;
use core::time::Duration;

use crate::error::Error;
#[cfg(feature = "serde")]
use crate::json::json;
#[cfg(feature = "serde")]
use crate::prelude::*;
use crate::text::one_line;
#[cfg(feature = "serde")]
use crate::value::Value;

/// Something that happened to a call.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A request is sent.
    Sending {
        /// `GET` or `POST`.
        method: &'static str,
        /// The URL without its query.
        url: &'a str,
        /// 1 for the first try.
        attempt: u32,
        /// The call: its endpoint, its model, and whether it is streamed.
        call: &'a str,
    },
    /// The head of an answer has come.
    Answered {
        /// HTTP status.
        status: u16,
        /// The provider's id of the request.
        request_id: Option<&'a str>,
        /// Since the request was sent.
        elapsed: Duration,
    },
    /// A try failed, and the request will be sent again.
    Retrying {
        /// Why it failed.
        error: &'a Error,
        /// How long the client waits before.
        wait: Duration,
        /// The number of the retry: 1 for the first.
        retry: u32,
        /// How many there may be.
        max_retries: u32,
    },
    /// An answer was accepted although something of it is doubtful. Sent for every call, watched or not: number 0 is a call without one.
    Warning {
        /// What is doubtful, and what to do about it.
        text: &'a str,
    },
}

/// As a number of 64 bits: in a page, those of 128 bits and floats would bring eight kilobytes to write them.
fn milliseconds(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1000).saturating_add(time.subsec_millis().into())
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
    /// What happened, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sending { .. } => "sending",
            Self::Answered { .. } => "answered",
            Self::Retrying { .. } => "retrying",
            Self::Warning { .. } => "warning",
        }
    }

    /// The level of its log line: `warning`, `info` or `debug`.
    pub fn level(&self) -> &'static str {
        match self {
            Self::Warning { .. } => "warning",
            Self::Retrying { .. } => "info",
            Self::Sending { .. } | Self::Answered { .. } => "debug",
        }
    }
}

#[cfg(feature = "serde")]
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
            Self::Warning { .. } => json!({"type": self.kind(), "level": self.level(), "text": text}),
            Self::Retrying { error, wait, retry, .. } => json!({
                "type": self.kind(), "level": self.level(), "text": text, "kind": error.kind().name(), "message": error.message(),
                "status": error.fields().status, "wait": wait.as_secs_f64(), "retry": retry,
            }),
        }
    }
}
