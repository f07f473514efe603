//! Notices of a running call, for pages whose clients log no calls: warnings only.
//!
//! Invariant: a part of the enum in `notice`.

use core::fmt;

use crate::record::CallRecord;
use crate::text::one_line;

/// An event in the life of a call.
#[derive(Debug)]
pub enum Notice<'a> {
    /// An answer was accepted although it may be wrong.
    Warning {
        /// The problem, and what to do about it.
        text: &'a str,
    },
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Warning { text } = self;
        f.write_str(&one_line(text))
    }
}

impl Notice<'_> {
    /// The record of a call that has ended: `None`.
    #[expect(clippy::unused_self, reason = "as in `notice`")]
    pub(crate) fn record(&self) -> Option<&CallRecord> {
        None
    }

    /// The level of its log line: `warning`.
    pub fn level(&self) -> &'static str {
        "warning"
    }
}
