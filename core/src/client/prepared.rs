//! A request that is ready to be sent to one endpoint.
//!
//! Invariant: made in one place, for the client's own endpoint and for its fallbacks. Nothing about a call is decided here.

use crate::config::{Config, RequestOptions, Timeouts};
use crate::cost::RequestBounds;
use crate::error::Error;
use crate::http::Request;
use crate::prelude::*;
use crate::request::encode;
#[cfg(feature = "records")]
use crate::text::one_line;
use crate::value::{Map, Value};
use crate::wire::Endpoint;

/// A request, and its limits.
pub(super) struct PreparedRequest {
    pub(super) request: Request,
    /// The endpoint, in the format of the server.
    pub(super) endpoint: Endpoint,
    /// The requested model; `None` for endpoints without costs.
    pub(super) model: Option<String>,
    pub(super) timeouts: Timeouts,
    /// How often the request may be sent again.
    pub(super) max_retries: u32,
    /// The expected tokens, for the limit of tokens per minute.
    pub(super) tokens: u64,
    /// The call in a log line: its endpoint, its model, and whether it is streamed. Empty without notices.
    #[cfg(feature = "records")]
    pub(super) description: String,
}

impl PreparedRequest {
    /// Encodes a body. Also returns the bounds of its cost, if it has one. `is_limited`: whether a budget needs exact bounds.
    pub(super) fn new(
        endpoint: Endpoint,
        config: &Config,
        body: Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
        is_limited: bool,
    ) -> Result<(Self, Option<RequestBounds>), Error> {
        let bounds =
            endpoint.is_paid().then(|| RequestBounds::from_body(&body, &options.extra_body, is_stream, is_limited));
        #[cfg(feature = "records")]
        let description = options.notice_id.map(|_| describe(&endpoint, &body, is_stream)).unwrap_or_default();
        let mut request = encode(&endpoint, config, body, is_stream, options)?;
        let (timeouts, max_retries) = config.limits(options)?;
        request.resend = max_retries > 0;
        let bounds = bounds.map(|bounds| bounds.with_body_size(request.body.len()));
        let model = bounds.as_ref().map(|bounds| bounds.model.clone());
        let tokens = bounds.as_ref().map_or(0, RequestBounds::expected_tokens);
        let prepared = Self {
            request,
            endpoint,
            model,
            timeouts,
            max_retries,
            tokens,
            #[cfg(feature = "records")]
            description,
        };
        Ok((prepared, bounds))
    }
}

/// Describes a call for a log line.
#[cfg(feature = "records")]
fn describe(endpoint: &Endpoint, body: &Map<String, Value>, is_stream: bool) -> String {
    let mut text = endpoint.name();
    if let Some(model) = body.get("model").and_then(Value::as_str).filter(|model| !model.is_empty()) {
        text.push_str(", model ");
        text.push_str(model);
    }
    if is_stream {
        text.push_str(", streamed");
    }
    one_line(&text)
}
