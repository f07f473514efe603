//! The options of a client and of a request, as a caller sets them.
//!
//! Invariant: `fields!` and `words!` generate the readers for every language, and the lists of names. No `Debug` output contains a key.

use core::fmt;

use crate::json::Root;
use crate::prelude::*;
use crate::value::fields::{Field, fields, words};
use crate::value::{Map, Value};

/// A key, or a URL that may contain one, without surrounding whitespace. Its `Debug` output is `[redacted]`.
#[derive(Clone, Default)]
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
        /// The key. Default `MODELSLAB_API_KEY`. Required unless the base URL is on this machine.
        pub api_key: Option<Secret>,
        /// Whether each request has its own key ([`RequestOptions::api_key`]), so that the client needs none.
        pub key_per_request: bool,
        /// The endpoint's base URL, with or without a trailing `/v1`. Default `MODELSLAB_BASE_URL`, else [`crate::config::DEFAULT_BASE_URL`].
        pub base_url: Option<String>,
        /// The limit of one attempt, from sending to the last byte. Default 600.
        pub timeout: Option<f64>,
        /// The limit for connecting. Default 10.
        pub connect_timeout: Option<f64>,
        /// The limit from sending to a stream's first token. Default 300.
        pub first_token_timeout: Option<f64>,
        /// The longest silence between two tokens of a stream. Comments and pings count as silence. Default 120.
        pub idle_timeout: Option<f64>,
        /// How often a failed request is sent again. Default 2.
        pub max_retries: Option<u32>,
        /// The longest wait that a server may request before a retry; with a longer one the call fails at once. Default 60.
        pub max_retry_after: Option<f64>,
        /// Headers of every request.
        pub default_headers: Map<String, Value>,
        /// Query parameters of every request.
        pub default_query: Map<String, Value>,
        /// How the key is sent: `bearer` (default), `x-api-key` (default at Anthropic) or `body-key`.
        pub auth: Option<Auth>,
        /// The field with the model's id: `model` (default) or `model_id`.
        pub model_field: Option<ModelField>,
        /// The longest event of a stream, in bytes. Default 32 MiB.
        pub max_event_bytes: Option<usize>,
        /// Whether each event keeps its JSON text.
        pub include_raw: bool,
        /// The longest answer, streamed or not, in bytes. Default 128 MiB.
        pub max_response_bytes: Option<usize>,
        /// Whether a stream without a finish reason is an error instead of a warning.
        pub require_finish_reason: bool,
        /// The URL of a proxy, with user and password if it requires them: `http`, `https`, `socks5` or `socks5h`. An empty text means no proxy.
        /// Default `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case.
        pub proxy: Option<Secret>,
        /// A PEM file with the only trusted certificate authorities. Default `SSL_CERT_FILE` and `SSL_CERT_DIR`, else those of Mozilla and of the
        /// system.
        pub ca_bundle: Option<String>,
        /// A PEM file that authenticates the client: its certificate, intermediate certificates, and its key.
        pub client_cert: Option<String>,
        /// The most that all requests together may cost, in dollars: a text or a number, which has the value of its shortest decimal text. Default
        /// no limit.
        pub budget: Value,
        /// Prices by model: `{input, output, cache_read?, cache_write?}`, in dollars per million tokens. They replace the catalogue's.
        pub prices: Value,
        /// A catalogue that replaces the package's own: `{models: […]}`.
        pub catalog: Value,
        /// The treatment of parameters that are out of range: `error`, `warn` or `off`. Default: an error if the catalogue has the model's ranges,
        /// else no check, since endpoints differ.
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
        /// Fields that replace those of the body.
        pub extra_body: Map<String, Value>,
        /// Replaces the client's option.
        pub timeout: Option<f64>,
        /// Replaces the client's option.
        pub first_token_timeout: Option<f64>,
        /// Replaces the client's option.
        pub idle_timeout: Option<f64>,
        /// Replaces the client's option.
        pub max_retries: Option<u32>,
        /// Parses the answer as JSON while it streams.
        pub structured: Option<Structured>,
        /// The caller's number of this call. With it the transport receives notices of retries ([`crate::Notice`]).
        pub notice_id: Option<u32>,
        /// Whether the transport also receives notices of each request and answer.
        pub notify_all: bool,
        /// The most that the request may cost, in dollars, within the client's budget. Default no limit of its own.
        pub budget: Value,
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
