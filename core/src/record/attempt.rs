//! The attempts of a call: what was sent where, and its result. The client adds them to replies, as it adds the cost.

use crate::cost::{Counts, Dollars, Priced, ReplyUsage};
use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::value::Value;

/// One request of a call. An answer lists those that failed before it, and then its own.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// The base URL of the endpoint.
    pub base_url: String,
    /// The requested model; none for requests without a model.
    pub model: Option<String>,
    /// The HTTP status; none without an answer.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The class of the error, such as `OverloadedError`; none for the attempt that succeeded.
    pub error: Option<String>,
    /// The message of the error.
    pub message: Option<String>,
    /// The time that the attempt waited for the client's rate limits, in milliseconds.
    pub queued_ms: u64,
    /// The time from sending to the end of the answer, to the error, or to now, in milliseconds.
    pub elapsed_ms: u64,
    /// Input tokens, those of caches included; none if they are unknown.
    pub input_tokens: Option<u64>,
    /// Output tokens; none if they are unknown.
    pub output_tokens: Option<u64>,
    /// The cost in dollars; none if it is unknown.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::cost::Amount>"))]
    pub cost: Option<Dollars>,
}

impl Attempt {
    /// Adds the error that ended the attempt. The status and the request id stay if the error has none.
    pub(crate) fn fail(&mut self, error: &Error) {
        let fields = error.fields();
        self.error = Some(error.kind().name().to_owned());
        self.message = Some(error.message().to_owned());
        self.status = fields.status.or(self.status);
        if fields.request_id.is_some() {
            self.request_id.clone_from(&fields.request_id);
        }
    }

    /// Adds the tokens of the answer and their cost.
    pub(crate) fn count(&mut self, usage: &ReplyUsage<'_>, cost: &Priced) {
        let counts = usage.usage.map(Counts::of).unwrap_or_default();
        self.input_tokens = counts.read;
        self.output_tokens = counts.written;
        self.cost = cost.total;
    }

    /// The attempt as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({
            "base_url": self.base_url,
            "model": self.model,
            "status": self.status,
            "request_id": self.request_id,
            "error": self.error,
            "message": self.message,
            "queued_ms": self.queued_ms,
            "elapsed_ms": self.elapsed_ms,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": self.cost,
        })
    }
}
