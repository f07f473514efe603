//! The state that all attempts of one call share.

use crate::config::{Config, RequestOptions, Structured, Timeouts};
use crate::cost::Tokens;
use crate::error::Error;
use crate::http::Request;
use crate::limits::TokenHold;
use crate::prelude::*;
use crate::text::secrets::{Secrets, is_secret_parameter};
use crate::text::{self, one_line};
use crate::value::{Map, Value};
use crate::wire::Endpoint;

/// The request of a call, its limits, and the number of retries so far.
#[derive(Clone)]
pub(super) struct CallContext {
    pub(super) request: Request,
    pub(super) timeouts: Timeouts,
    pub(super) max_retries: u32,
    pub(super) retries_taken: u32,
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
    /// The call in a log line: its endpoint, its model, and whether it is streamed. Empty without notices.
    pub(super) description: String,
    /// Texts that no error and no notice may contain.
    pub(super) secrets: Secrets,
}

/// The notices that a caller wants.
#[derive(Clone, Copy)]
pub(super) struct Notices {
    /// The caller's number of the call, which each notice carries.
    pub(super) id: u32,
    /// Whether each request and answer is reported, and not only retries.
    pub(super) all: bool,
}

impl CallContext {
    pub(super) fn new(
        config: &Config,
        mut request: Request,
        options: &RequestOptions,
        has_schema: bool,
        description: String,
    ) -> Result<Self, Error> {
        let (timeouts, max_retries) = config.limits(options)?;
        request.resend = max_retries > 0;
        Ok(Self {
            secrets: secrets(config, &request, options),
            request,
            timeouts,
            max_retries,
            retries_taken: 0,
            structured: options.structured,
            has_schema,
            tokens: 0,
            was_sent: false,
            hold: None,
            notices: options.notice_id.map(|id| Notices { id, all: options.notify_all }),
            description,
        })
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

    /// Completes an error of this call: adds the number of retries and removes secrets.
    pub(super) fn finish(&self, mut error: Error) -> Error {
        error.fields_mut().retries_taken = self.retries_taken;
        self.secrets.iter().fold(error, Error::redact)
    }
}

/// The key, and the headers and query parameters whose names suggest a secret.
fn secrets(config: &Config, request: &Request, options: &RequestOptions) -> Secrets {
    let mut secrets = Secrets::default();
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
    secrets
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
