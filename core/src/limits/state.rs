//! The state of a client's limits, for the program.

use crate::json::json;
use crate::value::Value;

/// The state of a client's limits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LimitsState {
    /// Calls in flight.
    pub in_flight: u32,
    /// Calls that wait.
    pub queued: u32,
    /// The current limit of requests per minute: the configured one, or the learned or announced one; none if nothing is known.
    pub requests_per_minute: Option<u64>,
    /// The current limit of calls in flight; none without one.
    pub max_in_flight: Option<u32>,
    /// Requests that the server's newest answer left; none if it announced nothing.
    pub remaining_requests: Option<u64>,
    /// Tokens that the server's newest answer left.
    pub remaining_tokens: Option<u64>,
    /// The rest of the pause after a refusal, in milliseconds.
    pub paused_ms: u64,
}

impl LimitsState {
    /// The state as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({
            "in_flight": self.in_flight,
            "queued": self.queued,
            "requests_per_minute": self.requests_per_minute,
            "max_in_flight": self.max_in_flight,
            "remaining_requests": self.remaining_requests,
            "remaining_tokens": self.remaining_tokens,
            "paused_ms": self.paused_ms,
        })
    }
}
