//! The options of a client's limits, after they were checked.

use core::time::Duration;

/// The options of a client that need the feature `limits` of this crate.
pub const OPTION_NAMES: [&str; 5] =
    ["requests_per_minute", "tokens_per_minute", "max_in_flight", "adaptive", "queue_timeout"];

/// A client's limits. Without any, calls are sent at once, except in the pause after a refusal.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct LimitOptions {
    /// Requests per minute.
    pub(crate) requests_per_minute: Option<f64>,
    /// Tokens per minute, of prompts and answers.
    pub(crate) tokens_per_minute: Option<f64>,
    /// Calls in flight.
    pub(crate) max_in_flight: Option<u32>,
    /// Whether the server's limits are learned.
    pub(crate) adaptive: bool,
    /// The longest wait in the queue.
    pub(crate) queue_timeout: Option<Duration>,
}

impl LimitOptions {
    /// Whether any limit is set.
    pub(crate) fn is_set(&self) -> bool {
        let Self { requests_per_minute, tokens_per_minute, max_in_flight, adaptive, queue_timeout: _ } = self;
        requests_per_minute.is_some() || tokens_per_minute.is_some() || max_in_flight.is_some() || *adaptive
    }

    /// The limits of a batch: learned from the server if none is set, and with no longest wait.
    pub(crate) fn for_batch(self) -> Self {
        Self { adaptive: self.adaptive || !self.is_set(), queue_timeout: None, ..self }
    }
}
