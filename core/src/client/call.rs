//! The state that all attempts of one call share.

use core::time::Duration;

use crate::client::fallback::OptionalRouting;
use crate::client::notify::Notices;
use crate::client::recorder::Recorder;
use crate::config::{Config, RequestOptions, Structured, Timeouts};
use crate::cost::{Reservation, Tokens};
use crate::error::Error;
use crate::http::Request;
use crate::limits::TokenHold;
use crate::prelude::*;
use crate::sync::Shared;
use crate::text::secrets::{Secrets, is_secret_parameter};
use crate::text::time::milliseconds;
use crate::text::{self, one_line};
use crate::value::{Map, Value};
use crate::wire::{Attempt, Endpoint};

/// The request of a call, its limits, and the attempts so far.
pub(super) struct CallContext {
    /// The endpoint in the caller's format.
    pub(super) endpoint: Endpoint,
    /// The endpoint that the request is sent to, whose format may differ.
    pub(super) server: Endpoint,
    /// The endpoint of the next request: 0 is the client's own, `n` is the fallback `n - 1`.
    pub(super) route: usize,
    /// The parts of the call that other endpoints need; `None` if it has none.
    pub(super) routing: OptionalRouting,
    pub(super) request: Request,
    /// The requested model.
    pub(super) model: Option<String>,
    pub(super) is_stream: bool,
    pub(super) timeouts: Timeouts,
    pub(super) max_retries: u32,
    /// How often the request was sent again, to any endpoint.
    pub(super) retries_taken: u32,
    /// How often it was sent again to the present endpoint.
    pub(super) retries_here: u32,
    /// The attempts that have failed.
    pub(super) attempts: Vec<Attempt>,
    /// How long the present attempt waited to be sent.
    pub(super) queued: Duration,
    /// When it was sent.
    pub(super) sent_at: Duration,
    /// The reserved cost; `None` for an endpoint without costs.
    pub(super) reservation: Option<Shared<Reservation>>,
    pub(super) structured: Option<Structured>,
    /// Whether the request asks the endpoint to keep to a JSON Schema.
    pub(super) has_schema: bool,
    /// The expected tokens, for the limit of tokens per minute.
    pub(super) tokens: u64,
    /// Whether a request of the call was sent.
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
    pub(super) fn new(
        config: &Config,
        endpoint: Endpoint,
        mut request: Request,
        options: &RequestOptions,
        notices: Option<Notices>,
    ) -> Result<Self, Error> {
        let (timeouts, max_retries) = config.limits(options)?;
        request.resend = max_retries > 0;
        let mut secrets = Secrets::default();
        add_secrets(&mut secrets, config, &request, options);
        Ok(Self {
            server: endpoint.clone(),
            endpoint,
            route: 0,
            routing: None,
            secrets,
            request,
            model: None,
            is_stream: false,
            timeouts,
            max_retries,
            retries_taken: 0,
            retries_here: 0,
            attempts: Vec::new(),
            queued: Duration::ZERO,
            sent_at: Duration::ZERO,
            reservation: None,
            structured: options.structured,
            has_schema: false,
            tokens: 0,
            was_sent: false,
            hold: None,
            notices,
            record: None,
        })
    }

    /// The time limit for the head of an answer.
    pub(super) fn answer_limit(&self) -> Duration {
        if self.is_stream { self.timeouts.first_token.min(self.timeouts.total) } else { self.timeouts.total }
    }

    /// The present attempt at the endpoint with this base URL.
    pub(super) fn attempt(&self, base_url: &str, now: Duration) -> Attempt {
        Attempt {
            base_url: base_url.to_owned(),
            model: self.model.clone(),
            queued_ms: milliseconds(self.queued),
            elapsed_ms: milliseconds(now.saturating_sub(self.sent_at)),
            ..Attempt::default()
        }
    }

    /// The present attempt, which failed with this error. It contains no secrets.
    pub(super) fn failed_attempt(&self, base_url: &str, now: Duration, error: &Error) -> Attempt {
        let mut attempt = self.attempt(base_url, now);
        attempt.fail(error);
        for text in [&mut attempt.message, &mut attempt.request_id].into_iter().flatten() {
            self.secrets.hide(text);
        }
        attempt
    }

    /// Lists an attempt that failed.
    pub(super) fn add_failed(&mut self, attempt: Attempt) {
        if let Some(record) = &self.record {
            record.attempt_failed(&attempt);
        }
        self.attempts.push(attempt);
    }

    /// Records that the next attempt waits for the limits of the endpoint with this base URL.
    pub(super) fn record_waiting(&self, base_url: &str, now: Duration) {
        if let Some(record) = &self.record {
            let attempt = Attempt { base_url: base_url.to_owned(), model: self.model.clone(), ..Attempt::default() };
            record.begin_attempt(attempt, &self.secrets, now);
        }
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
            hold.settle(tokens.input + tokens.cache_write + tokens.output);
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

/// Adds the key, and the headers and query parameters whose names suggest a secret.
pub(super) fn add_secrets(secrets: &mut Secrets, config: &Config, request: &Request, options: &RequestOptions) {
    if let Some(key) = options.api_key.as_ref().or(config.api_key.as_ref()) {
        secrets.add(key.expose());
    }
    for (name, value) in &request.headers {
        if is_secret_parameter(name) {
            secrets.add_header(name, value);
        }
    }
    for query in [&config.default_query, &options.extra_query] {
        for (name, value) in query {
            if let Some(value) = value.as_str().filter(|_| is_secret_parameter(name)) {
                secrets.add(value);
            }
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

/// Describes a call for a log line.
pub(super) fn describe(endpoint: &Endpoint, body: &Map<String, Value>, is_stream: bool) -> String {
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
