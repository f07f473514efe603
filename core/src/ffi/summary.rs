//! The log line of a call's end.
//!
//! The host measures, the line is written here: the same in every language. It names counts and the error, and nothing of what was said.

use core::fmt;

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
    /// What they are: `chunks` or `events`.
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

impl fmt::Display for CallSummary {
    #[inline(never)]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(name) => write!(f, "failed with {name}")?,
            None => f.write_str(if self.is_closed { "closed by its reader" } else { "done" })?,
        }
        write!(f, " after {} ms", rounded(self.elapsed))?;
        if let Some(items) = self.items {
            write!(f, ", {items} {}", self.unit.as_deref().unwrap_or("chunks"))?;
            if let Some(first) = self.first {
                write!(f, ", the first after {} ms", rounded(first))?;
            }
        }
        let counts = Counts::of(&self.usage);
        for (count, direction) in [(counts.read, "in"), (counts.written, "out")] {
            if let Some(count) = count {
                write!(f, ", {count} tokens {direction}")?;
            }
        }
        match &self.message {
            Some(message) if self.error.is_some() && !message.is_empty() => write!(f, ": {}", one_line(message)),
            _ => Ok(()),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no call takes as many milliseconds")]
fn rounded(milliseconds: f64) -> u64 {
    (milliseconds + 0.5) as u64
}
