//! The state that all attempts of one call share.

use core::time::Duration;

use crate::client::fallback::OptionalRouting;
use crate::client::notify::Notices;
use crate::client::prepared::PreparedRequest;
use crate::client::recorder::Recorder;
use crate::config::{Config, RequestOptions, Structured};
use crate::cost::{Reservation, Tokens};
use crate::error::Error;
use crate::limits::TokenHold;
use crate::prelude::*;
use crate::sync::Shared;
use crate::text;
use crate::text::secrets::{Secrets, is_secret_parameter};
use crate::value::{Map, Value};
use crate::wire::{Attempt, Endpoint};

/// The requests of a call, and its attempts so far.
pub(super) struct CallContext {
    /// The endpoint in the caller's format.
    pub(super) endpoint: Endpoint,
    /// The number of the endpoint that gets the next request: 0 is the client's own, `n` is the fallback `n - 1`.
    pub(super) route: usize,
    /// The parts of the call that other endpoints need; `None` if it has none.
    pub(super) routing: OptionalRouting,
    /// The request to that endpoint.
    pub(super) present: PreparedRequest,
    pub(super) is_stream: bool,
    /// How often the request was sent again, to any endpoint.
    pub(super) retries_taken: u32,
    /// How often it was sent again to the present endpoint.
    pub(super) retries_here: u32,
    /// The attempts that have failed.
    pub(super) attempts: Vec<Attempt>,
    /// How long the present attempt has waited to be sent: more than once, if the server refused it for its rate limit.
    pub(super) queued: Duration,
    /// When it was sent.
    pub(super) sent_at: Duration,
    /// The reserved cost; `None` for an endpoint without costs.
    pub(super) reservation: Option<Shared<Reservation>>,
    pub(super) structured: Option<Structured>,
    /// Whether the request asks the endpoint to keep to a JSON Schema.
    pub(super) has_schema: bool,
    /// Whether the present request was sent.
    pub(super) was_sent: bool,
    /// The tokens that the last request reserved.
    pub(super) hold: Option<TokenHold>,
    /// `None` if the caller wants no notices.
    pub(super) notices: Option<Notices>,
    /// Texts that no error and no notice may contain.
    pub(super) secrets: Secrets,
    /// `None` if the caller wants no notices.
    pub(super) record: Option<Shared<Recorder>>,
}

impl CallContext {
    /// The call that begins with this request to the client's own endpoint.
    pub(super) fn new(
        endpoint: Endpoint,
        present: PreparedRequest,
        is_stream: bool,
        options: &RequestOptions,
        secrets: Secrets,
    ) -> Self {
        Self {
            endpoint,
            route: 0,
            routing: None,
            present,
            is_stream,
            retries_taken: 0,
            retries_here: 0,
            attempts: Vec::new(),
            queued: Duration::ZERO,
            sent_at: Duration::ZERO,
            reservation: None,
            structured: options.structured,
            has_schema: false,
            was_sent: false,
            hold: None,
            notices: Notices::requested(options),
            secrets,
            record: None,
        }
    }

    /// The time limit for the head of an answer.
    pub(super) fn answer_limit(&self) -> Duration {
        let timeouts = &self.present.timeouts;
        if self.is_stream { timeouts.first_token.min(timeouts.total) } else { timeouts.total }
    }

    /// Lists an attempt that failed. The next one begins to wait anew.
    pub(super) fn list(&mut self, attempt: Attempt) {
        if let Some(record) = &self.record {
            record.attempt_failed(&attempt);
        }
        self.attempts.push(attempt);
        self.queued = Duration::ZERO;
    }

    /// Adds advice to the error of a response whose cause the request suggests.
    pub(super) fn explain(&self, mut error: Error) -> Error {
        let fields = error.fields_mut();
        let mentions_format = || {
            let message = fields.message.to_ascii_lowercase();
            ["response_format", "json_schema", "output_config", "output_format"]
                .into_iter()
                .any(|name| text::contains(&message, name))
        };
        // Servers without support for schemas fail with 500, or say so.
        if self.has_schema && (fields.status == Some(500) || mentions_format()) {
            let advice = "; if the server doesn't support JSON schemas, request the typed answer with mode \"json_object\" or \"tool\"";
            fields.message.push_str(advice);
        }
        error
    }

    /// Returns the reserved tokens that an answer did not use. Later calls have no effect.
    pub(super) fn return_tokens(&mut self, usage: Option<&Value>) {
        if self.hold.is_some()
            && let Some(tokens) = usage.and_then(Tokens::of)
            && let Some(hold) = self.hold.take()
        {
            hold.settle(tokens.input.saturating_add(tokens.cache_write).saturating_add(tokens.output));
        }
    }

    /// Completes an error of this call: adds the attempts and removes secrets.
    pub(super) fn finish(&self, mut error: Error) -> Error {
        let fields = error.fields_mut();
        fields.retries_taken = self.retries_taken;
        fields.attempts = self.attempts.iter().map(Attempt::to_value).collect();
        self.secrets.iter().fold(error, Error::redact)
    }
}

/// Adds the key of a client, and the headers and query parameters whose names suggest a secret.
pub(super) fn add_secrets_of_client(secrets: &mut Secrets, config: &Config) {
    if let Some(key) = &config.api_key {
        secrets.add(key.expose());
    }
    for (name, value) in &config.default_headers {
        add_secret_header(secrets, name, value);
    }
    add_secret_parameters(secrets, &config.default_query);
}

/// Adds the key of a request, and the headers and query parameters whose names suggest a secret.
pub(super) fn add_secrets_of_request(secrets: &mut Secrets, options: &RequestOptions) {
    if let Some(key) = &options.api_key {
        secrets.add(key.expose());
    }
    for (name, value) in &options.extra_headers {
        if let Some(value) = value.as_str() {
            add_secret_header(secrets, &name.to_ascii_lowercase(), value);
        }
    }
    add_secret_parameters(secrets, &options.extra_query);
}

fn add_secret_header(secrets: &mut Secrets, name: &str, value: &str) {
    if is_secret_parameter(name) {
        secrets.add_header(name, value);
    }
}

fn add_secret_parameters(secrets: &mut Secrets, query: &Map<String, Value>) {
    for (name, value) in query {
        if let Some(value) = value.as_str().filter(|_| is_secret_parameter(name)) {
            secrets.add(value);
        }
    }
}

/// Whether a request asks the endpoint to keep to a JSON Schema.
pub(super) fn has_schema(body: &Map<String, Value>, options: &RequestOptions) -> bool {
    let field = |name: &str| options.extra_body.get(name).or(body.get(name));
    let formats = [
        field("response_format"),
        field("output_format"),
        field("output_config").and_then(|config| config.get("format")),
    ];
    formats.into_iter().flatten().any(|format| format.get("type").and_then(Value::as_str) == Some("json_schema"))
}
