//! The log line of a call's end.
//!
//! The host measures, the line is written here: the same in every language. It names counts and the error, and nothing of what was said.

use crate::cost::Counts;
use crate::prelude::*;
use crate::text::one_line;
use crate::value::Value;

/// How a call ended.
#[derive(Debug, Clone, Default)]
pub struct CallSummary {
    /// Since the call began, in milliseconds.
    pub elapsed: f64,
    /// When the first chunk or event was returned, in milliseconds since the call began.
    pub first: Option<f64>,
    /// How many chunks or events were returned, of a stream.
    pub items: Option<u32>,
    /// The unit of `items`: `chunks` or `events`.
    pub unit: Option<String>,
    /// Whether the caller closed the stream before its end.
    pub is_closed: bool,
    /// The name of the error that ended the call.
    pub error: Option<String>,
    /// The error's message.
    pub message: Option<String>,
    /// The usage of the reply.
    pub usage: Value,
}

impl CallSummary {
    /// The line, without the number of the call.
    pub fn line(&self) -> String {
        let mut line = String::new();
        match &self.error {
            Some(name) => line.extend(["failed with ", name]),
            None => line.push_str(if self.is_closed { "closed by its reader" } else { "done" }),
        }
        push_count(&mut line, " after ", rounded(self.elapsed), " ms");
        if let Some(items) = self.items {
            push_count(&mut line, ", ", items.into(), " ");
            line.push_str(self.unit.as_deref().unwrap_or("chunks"));
            if let Some(first) = self.first {
                push_count(&mut line, ", the first after ", rounded(first), " ms");
            }
        }
        let counts = Counts::of(&self.usage);
        if let Some(count) = counts.read {
            push_count(&mut line, ", ", count, " tokens in");
        }
        if let Some(count) = counts.written {
            push_count(&mut line, ", ", count, " tokens out");
        }
        if let (Some(_), Some(message)) = (&self.error, self.message.as_ref().filter(|message| !message.is_empty())) {
            line.push_str(": ");
            line.push_str(message);
        }
        one_line(&line)
    }
}

/// Appends a count. Not inlined: inlined formatting would be a noticeable part of a page's module.
#[inline(never)]
fn push_count(line: &mut String, before: &str, count: u64, after: &str) {
    line.push_str(before);
    line.push_str(&count.to_string());
    line.push_str(after);
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no call takes as many milliseconds")]
fn rounded(milliseconds: f64) -> u64 {
    (milliseconds + 0.5) as u64
}
