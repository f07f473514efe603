//! The options of a client and of a request, as a caller sets them.
//!
//! Invariant: `fields!` and `words!` generate the readers for every language, and the lists of names. No `Debug` output contains a key.

use core::fmt;

use crate::json::Root;
use crate::prelude::*;
use crate::value::fields::{Field, fields, words};
use crate::value::{Map, Value};

/// A key, or a URL that may contain one, without surrounding whitespace. Its `Debug` output is `[redacted]`.
#[derive(Clone, Default, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        // Servers trim keys: the echo of an untrimmed key would not be recognised.
        Self(text.trim().to_owned())
    }
}

#[cfg(feature = "schema")]
impl crate::value::shape::Described for Secret {
    fn shape() -> crate::value::shape::Shape {
        crate::value::shape::Shape::Text
    }
}

impl Field for Secret {
    const WANTED: &'static str = "a string";

    fn read(value: Value) -> Option<Self> {
        String::read(value).map(Self::from)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

words! {
    /// How a key is sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Auth {
        /// `Authorization: Bearer KEY`.
        #[default]
        Bearer = "bearer",
        /// `x-api-key: KEY`, as Anthropic and ModelsLab's `/v1` endpoints take it.
        XApiKey = "x-api-key",
        /// `"key": KEY` in the JSON body, as ModelsLab's product page shows it.
        BodyKey = "body-key",
    }
    "bearer, x-api-key or body-key"
}

words! {
    /// The name of the body's field with the model's id.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum ModelField {
        /// `model`, the standard.
        #[default]
        Model = "model",
        /// `model_id`, as ModelsLab's product page shows it.
        ModelId = "model_id",
    }
    "model or model_id"
}

words! {
    /// The format of a request for an answer.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Format {
        /// OpenAI chat completions.
        #[default]
        Chat = "chat",
        /// Anthropic messages.
        Messages = "messages",
    }
    "chat or messages"
}

words! {
    /// A cause for which a call is sent to a fallback, in addition to failures of the endpoint.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum FallbackCause {
        /// The prompt and the answer don't fit the model's context.
        ContextLength = "context_length",
        /// The provider's content filter refused the request.
        ContentFilter = "content_filter",
    }
    "context_length or content_filter"
}

words! {
    /// What happens to a stream that breaks after its first token.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum OnCut {
        /// It fails, with the partial answer.
        #[default]
        Error = "error",
        /// The next endpoint, or the same, continues the partial answer.
        Continue = "continue",
    }
    "error or continue"
}

words! {
    /// The treatment of parameters that are out of range.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Check {
        /// The request is refused.
        Error = "error",
        /// The caller is warned, and the request is sent.
        Warn = "warn",
        /// Nothing is checked.
        Off = "off",
    }
    "error, warn or off"
}

fields! {
    /// The options of a client. Times are in seconds. All options are optional.
    #[derive(Debug, Clone, Default)]
    pub struct Options {
        /// The key. Default: `OPENAI_API_KEY` or `ANTHROPIC_API_KEY` if the base URL is OpenAI's or Anthropic's, else `MODELSLAB_API_KEY`. Required
        /// unless the base URL is on this machine.
        pub api_key: Option<Secret>,
        /// Whether each request has its own key ([`RequestOptions::api_key`]), so that the client needs none.
        pub key_per_request: bool,
        /// The base URL of the endpoint, with or without a trailing `/v1`. Default `MODELSLAB_BASE_URL`, else ModelsLab's.
        pub base_url: Option<String>,
        /// Time limit of one attempt of a call, from sending to the last byte. Default 600.
        pub timeout: Option<f64>,
        /// Time limit of connecting. Default 10. Refused in browsers, which do not report when a connection is established.
        pub connect_timeout: Option<f64>,
        /// Time limit from sending to the first token of a stream. Default 300.
        pub first_token_timeout: Option<f64>,
        /// Time limit between two tokens of a stream. Default 120. Keep-alive comments and pings do not count as tokens.
        pub idle_timeout: Option<f64>,
        /// The maximum number of retries of a failed request. Default 2.
        pub max_retries: Option<u32>,
        /// The longest delay before a retry that a server may request. Default 60. If it requests more, the call fails at once.
        pub max_retry_after: Option<f64>,
        /// The most requests per minute. Calls beyond it wait, first come, first served. They are paced evenly, since many servers enforce their
        /// limits by the second.
        pub requests_per_minute: Option<f64>,
        /// The most tokens per minute. A call reserves an estimate: a token for four bytes of the
        /// request, and its output limit (1024 without one). The estimate is corrected when the usage is known.
        pub tokens_per_minute: Option<f64>,
        /// The most calls in flight. A stream is in flight until it ends or is closed.
        pub max_in_flight: Option<u32>,
        /// Whether the client learns the server's limits: it paces its requests at the rate that the server grants, and lowers the number of calls in
        /// flight when the server is overloaded. Default false.
        pub adaptive: bool,
        /// The longest wait of a call for these limits. Default none. The other time limits start when the call is sent.
        pub queue_timeout: Option<f64>,
        /// Endpoints and models for calls that this endpoint fails to answer, in order: clients, or options such as `base_url`, `api_key` and `model`.
        /// A call is sent to the next one after its last retry, and at once after a time limit or with an exhausted quota. Calls skip
        /// an endpoint that keeps failing, until one of them succeeds after a cool-down (circuit breaker). Errors of the request itself never cause a
        /// fallback. Default none.
        pub fallbacks: Value,
        /// Further causes for a fallback: `context_length`, for models with a larger context; `content_filter`. Default none.
        pub fallback_on: Vec<FallbackCause>,
        /// What happens to a stream that breaks after its first token: `error` (default), or `continue`: the next endpoint, or the same, continues the
        /// partial answer.
        pub on_cut: Option<OnCut>,
        /// Headers of every request.
        pub default_headers: Map<String, Value>,
        /// Query parameters of every request.
        pub default_query: Map<String, Value>,
        /// How the key is sent: `bearer` (default), `x-api-key` (default for Anthropic's hosts) or `body-key`.
        pub auth: Option<Auth>,
        /// The field of the body that names the model: `model` (default) or `model_id`.
        pub model_field: Option<ModelField>,
        /// The maximum size of an event of a stream, in bytes. Default 32 MiB.
        pub max_event_bytes: Option<usize>,
        /// Whether to keep the JSON text of each chunk and event. Default false.
        pub include_raw: bool,
        /// The maximum size of a reply, streamed or not, in bytes. Default 128 MiB. If the values of a reply take more than three times as much
        /// memory, the call fails with a `LimitExceededError`.
        pub max_response_bytes: Option<usize>,
        /// Whether a stream that ends without a finish reason fails with an `IncompleteStreamError`. Default false: it is accepted, and a warning is
        /// logged.
        pub require_finish_reason: bool,
        /// URL of a proxy (`http`, `https`, `socks5`, `socks5h`), with user and password if it requires them; an empty string for none. Default
        /// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case. Refused in browsers, which have their own settings.
        pub proxy: Option<Secret>,
        /// Path of a PEM file with the certificate authorities to trust, and no others. Default `SSL_CERT_FILE` and `SSL_CERT_DIR`, else those of
        /// Mozilla and of the system. Refused in browsers.
        pub ca_bundle: Option<String>,
        /// Path of a PEM file with the client's own certificate, intermediate certificates, and its key. Refused in browsers.
        pub client_cert: Option<String>,
        /// The most that all requests together may cost, in dollars. A number has the value of its shortest decimal text. Default no limit.
        pub budget: Value,
        /// Prices by model: `{input, output, cache_read?, cache_write?}`, in dollars per million tokens. They take precedence over the catalogue's.
        pub prices: Value,
        /// A catalogue that replaces the package's own: `{models: […]}`. In a page there is none by default.
        pub catalog: Value,
        /// What happens if a parameter is out of its range, which is the model's in the catalogue, else the documented range of the API. `error`: the
        /// call fails with an `InvalidRequestError`; `warn`: a warning is logged; `off`: nothing. Default: `error` if the catalogue has the model's
        /// ranges, else `off`, since endpoints differ.
        pub parameters: Option<Check>,
    }
}

fields! {
    /// The options of one request. Times are in seconds.
    #[derive(Debug, Clone, Default)]
    pub struct RequestOptions {
        /// The key of this request, if a function returns it.
        pub api_key: Option<Secret>,
        /// Headers in addition to the client's; `null` removes one.
        pub extra_headers: Map<String, Value>,
        /// Query parameters in addition to the client's.
        pub extra_query: Map<String, Value>,
        /// Fields that are added to the body without any check.
        pub extra_body: Map<String, Value>,
        /// As the client's option.
        pub timeout: Option<f64>,
        /// As the client's option.
        pub first_token_timeout: Option<f64>,
        /// As the client's option.
        pub idle_timeout: Option<f64>,
        /// As the client's option.
        pub max_retries: Option<u32>,
        /// Parses the answer as JSON while it streams.
        pub structured: Option<Structured>,
        /// The caller's number of this call. With it the transport receives notices of retries ([`crate::Notice`]).
        pub notice_id: Option<u32>,
        /// Whether the transport also receives notices of each request and answer.
        pub notify_all: bool,
        /// The most that the request may cost, in dollars, within the client's budget. Default no limit of its own.
        pub budget: Value,
        /// As the client's option.
        pub on_cut: Option<OnCut>,
    }
}

fields! {
    open
    /// The form of an answer's JSON.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Structured {
        /// The kind of its root value.
        pub root: Root,
    }
}
