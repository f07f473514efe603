//! What a client is told when it is made, and what one request may change.
//!
//! Law: options are checked here, at construction; one that can't be honoured is an error, never ignored. The environment comes in as a
//! function. What names files or a proxy is checked by the transport that opens them, at construction too. A key is in no `Debug`.

use core::fmt;
use core::time::Duration;

use crate::prelude::*;
use crate::text::number::shown;
use crate::value::{Map, Value};

pub(crate) mod address;
pub(crate) mod headers;

use crate::cost::{Dollars, Lookup, ModelTable};
use crate::error::{Error, ErrorKind};
use crate::json::Root;
use crate::text::dialect::{Name, in_time_unit};
use crate::text::shortened;
use crate::value::fields::{Field, fields, words};
pub use address::DEFAULT_BASE_URL;
use address::{host_is_anthropic, host_of, is_loopback};
use headers::{check_key, checked_headers, kept};

/// The lookup in the package's own catalogue: a page loads that apart.
const OWN_CATALOG: Option<Lookup> = {
    #[cfg(feature = "catalog")]
    {
        Some(crate::catalog::raw)
    }
    #[cfg(not(feature = "catalog"))]
    {
        None
    }
};
/// Environment variable of the key.
pub const KEY_VARIABLE: &str = "MODELSLAB_API_KEY";
/// Environment variable of the base URL.
pub const BASE_URL_VARIABLE: &str = "MODELSLAB_BASE_URL";
/// The environment variable of the model that command lines use.
pub const MODEL_VARIABLE: &str = "MODELSLAB_MODEL";
/// The environment variable of the log level.
pub const LOG_VARIABLE: &str = "TRILOGUE_LOG";

/// A key, or a URL that may hold one, without white space around it. Shows nothing of itself.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for those who use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        // Servers trim it: an echo of it would not be recognised.
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
    /// The name of the body's field that names the model.
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
    /// What becomes of a parameter that is out of its range.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Check {
        /// The request is refused.
        Error = "error",
        /// The caller is told, and the request is sent.
        Warn = "warn",
        /// Nothing is checked.
        Off = "off",
    }
    "error, warn or off"
}

fields! {
    /// The options of a client as a user gives them. Times are in seconds; every one may be left out.
    #[derive(Debug, Clone, Default)]
    pub struct Options {
        /// The key; else `MODELSLAB_API_KEY`. Needed unless the base URL is on loopback.
        pub api_key: Option<Secret>,
        /// The key comes with each request ([`RequestOptions::api_key`]), so none is needed here.
        pub key_per_request: bool,
        /// Where the endpoint is; else `MODELSLAB_BASE_URL`, else [`DEFAULT_BASE_URL`]. With or without a trailing `/v1`.
        pub base_url: Option<String>,
        /// One try of a call, from sending to its last byte. Default 600.
        pub timeout: Option<f64>,
        /// Making the connection. Default 10.
        pub connect_timeout: Option<f64>,
        /// From sending to a stream's first token. Default 300.
        pub first_token_timeout: Option<f64>,
        /// Silence between two tokens of a stream; comments and pings are silence. Default 120.
        pub idle_timeout: Option<f64>,
        /// How often a failed request is sent again. Default 2.
        pub max_retries: Option<u32>,
        /// The longest wait that a server may ask for before a retry; over it the call fails at once. Default 60.
        pub max_retry_after: Option<f64>,
        /// Headers of every request.
        pub default_headers: Map<String, Value>,
        /// Query parameters of every request.
        pub default_query: Map<String, Value>,
        /// How the key is sent: `bearer` (default), `x-api-key` (default at Anthropic) or `body-key`.
        pub auth: Option<Auth>,
        /// The field that names the model: `model` or `model_id`.
        pub model_field: Option<ModelField>,
        /// The longest event of a stream, in bytes. Default 32 MiB.
        pub max_event_bytes: Option<usize>,
        /// Keep the JSON text of each event beside it.
        pub include_raw: bool,
        /// The longest answer, streamed or not, in bytes. Default 128 MiB.
        pub max_response_bytes: Option<usize>,
        /// A stream that ends without a finish reason is an error, and not only a warning.
        pub require_finish_reason: bool,
        /// The URL of a proxy, with user and password where it asks for them: `http`, `https`, `socks5` or `socks5h`. An empty text is none,
        /// whatever the environment says. Else `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case.
        pub proxy: Option<Secret>,
        /// A PEM file: the only certificate authorities that are trusted. Else `SSL_CERT_FILE` and `SSL_CERT_DIR`, else Mozilla's and the
        /// system's.
        pub ca_bundle: Option<String>,
        /// A PEM file that proves to the server who the client is: its certificate, those between it and its authority, and its key.
        pub client_cert: Option<String>,
        /// What all requests together may cost, in dollars: a text, or a number, which counts as its shortest decimal text says. Null: no
        /// limit.
        pub budget: Value,
        /// Prices by model: `{input, output, cache_read?, cache_write?}`, in dollars a million tokens. They come before the catalogue's.
        pub prices: Value,
        /// `{models: […]}`, in place of the package's own.
        pub catalog: Value,
        /// What becomes of a parameter that is out of its range: `error`, `warn` (hosts tell it) or `off`. Not given: an error where the
        /// catalogue knows the model's ranges, else nothing, since endpoints differ.
        pub parameters: Option<Check>,
    }
}

fields! {
    /// What one request may change. Times are in seconds.
    #[derive(Debug, Clone, Default)]
    pub struct RequestOptions {
        /// A key for this request, where it comes from a function.
        pub api_key: Option<Secret>,
        /// Headers on top of the client's; `null` takes one away.
        pub extra_headers: Map<String, Value>,
        /// Query parameters on top of the client's.
        pub extra_query: Map<String, Value>,
        /// Fields put into the body last.
        pub extra_body: Map<String, Value>,
        /// As the client's option.
        pub timeout: Option<f64>,
        /// As the client's option.
        pub first_token_timeout: Option<f64>,
        /// As the client's option.
        pub idle_timeout: Option<f64>,
        /// As the client's option.
        pub max_retries: Option<u32>,
        /// The answer is JSON that shall be parsed while it streams.
        pub structured: Option<Structured>,
        /// The caller's number of this call, under which its transport hears of retries ([`crate::Notice`]).
        pub notice_id: Option<u32>,
        /// The transport hears of each request and answer too.
        pub notify_all: bool,
        /// What the request may cost, in dollars; within the client's budget too. Null: no limit of its own.
        pub budget: Value,
    }
}

impl RequestOptions {
    /// The request's own budget.
    pub(crate) fn own_budget(&self) -> Result<Option<Dollars>, Error> {
        budget(&self.budget)
    }
}

fields! {
    open
    /// What an answer's JSON begins with.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Structured {
        /// The value's kind.
        pub root: Root,
    }
}

/// The limits of a body, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// The longest event, as `max_event_bytes`.
    pub(crate) event: usize,
    /// The longest body, as `max_response_bytes`.
    pub(crate) response: usize,
}

/// Checked options.
#[derive(Debug, Clone)]
pub struct Config {
    /// The key, if any.
    pub api_key: Option<Secret>,
    /// Without a trailing slash.
    pub base_url: String,
    /// The time limits.
    pub timeouts: Timeouts,
    /// How often a failed request is sent again.
    pub max_retries: u32,
    /// The longest wait that a server may ask for.
    pub max_retry_after: Duration,
    /// Checked headers: names in lower case.
    pub default_headers: Vec<(String, String)>,
    /// Query parameters.
    pub default_query: Map<String, Value>,
    /// How the key is sent.
    pub auth: Auth,
    /// The field that names the model.
    pub model_field: ModelField,
    /// Requests are sent by a page, where each further header needs the server's consent.
    pub in_page: bool,
    /// The longest event, in bytes.
    pub max_event_bytes: usize,
    /// Whether items keep the text that they were made of.
    pub include_raw: bool,
    /// The longest answer, in bytes.
    pub max_response_bytes: usize,
    /// As the option.
    pub require_finish_reason: bool,
    /// What all requests together may cost.
    pub budget: Option<Dollars>,
    /// What models cost, and what their parameters may be.
    pub(crate) models: ModelTable,
    /// As the option.
    pub parameters: Option<Check>,
    /// What the transport needs for its connections.
    pub network: Network,
}

/// How connections are made, by a transport that makes its own.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// As the option.
    pub proxy: Option<Secret>,
    /// As the option.
    pub ca_bundle: Option<String>,
    /// As the option.
    pub client_cert: Option<String>,
}

/// The time limits of one try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeouts {
    /// Making the connection.
    pub connect: Duration,
    /// Sending to first token of a stream.
    pub first_token: Duration,
    /// Silence between tokens.
    pub idle: Duration,
    /// Sending to last byte.
    pub total: Duration,
}

impl Config {
    /// Checks `options` and fills in what the environment and the defaults say.
    pub fn new(options: Options, env: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let from_env = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let base_url = options.base_url.or_else(|| from_env(BASE_URL_VARIABLE));
        let base_url = base_url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned()).trim_end_matches('/').to_owned();
        let host = host_of(&base_url)?;
        let api_key = options.api_key.filter(|key| !key.0.is_empty()).or_else(|| from_env(KEY_VARIABLE).map(Secret));
        if api_key.is_none() && !options.key_per_request && !is_loopback(host) {
            return Err(refused(format!(
                "no API key for {host}: give {} or set {KEY_VARIABLE}; only a base URL on this machine, such as the one that \
                 `python -m trilogue local` prints, needs none",
                Name("api_key")
            )));
        }
        if let Some(key) = &api_key {
            check_key(&key.0)?;
        }
        Ok(Self {
            api_key,
            timeouts: Timeouts {
                connect: seconds("connect_timeout", options.connect_timeout, 10.0)?,
                first_token: seconds("first_token_timeout", options.first_token_timeout, 300.0)?,
                idle: seconds("idle_timeout", options.idle_timeout, 120.0)?,
                total: seconds("timeout", options.timeout, 600.0)?,
            },
            max_retries: options.max_retries.unwrap_or(2),
            max_retry_after: seconds("max_retry_after", options.max_retry_after, 60.0)?,
            default_headers: checked_headers(&options.default_headers, "default_headers", ErrorKind::Configuration)?
                .into_iter()
                .filter_map(kept)
                .collect(),
            default_query: options.default_query,
            auth: options.auth.unwrap_or(if host_is_anthropic(host) { Auth::XApiKey } else { Auth::Bearer }),
            in_page: false,
            model_field: options.model_field.unwrap_or_default(),
            include_raw: options.include_raw,
            max_event_bytes: options.max_event_bytes.unwrap_or(32 << 20),
            max_response_bytes: options.max_response_bytes.unwrap_or(128 << 20),
            require_finish_reason: options.require_finish_reason,
            budget: budget(&options.budget)?,
            models: ModelTable::new(options.prices, options.catalog, OWN_CATALOG)?,
            parameters: options.parameters,
            network: Network { proxy: options.proxy, ca_bundle: options.ca_bundle, client_cert: options.client_cert },
            base_url,
        })
    }

    /// Checks the options of a client in a page, which has no environment, isn't told when a connection is made, and makes none itself.
    pub fn for_page(options: Options) -> Result<Self, Error> {
        if options.connect_timeout.is_some() {
            let why = "connectTimeout can't be kept in a browser, which doesn't tell when a connection is made: use firstTokenTimeout or timeout";
            return Err(refused(why.to_owned()));
        }
        if options.proxy.is_some() || options.ca_bundle.is_some() || options.client_cert.is_some() {
            let why =
                "proxy, caBundle and clientCert can't be used in a browser, which has settings of its own for them";
            return Err(refused(why.to_owned()));
        }
        Ok(Self { in_page: true, ..Self::new(options, |_| None)? })
    }

    pub(crate) fn body_limits(&self) -> BodyLimits {
        BodyLimits { event: self.max_event_bytes, response: self.max_response_bytes }
    }

    /// Whether the endpoint is Anthropic's own.
    pub fn is_anthropic(&self) -> bool {
        host_of(&self.base_url).is_ok_and(host_is_anthropic)
    }

    /// The time limits and the number of retries of one request.
    pub fn limits(&self, options: &RequestOptions) -> Result<(Timeouts, u32), Error> {
        let or = |name, given: Option<f64>, default: Duration| match given {
            Some(_) => seconds(name, given, 0.0),
            None => Ok(default),
        };
        let timeouts = Timeouts {
            connect: self.timeouts.connect,
            first_token: or("first_token_timeout", options.first_token_timeout, self.timeouts.first_token)?,
            idle: or("idle_timeout", options.idle_timeout, self.timeouts.idle)?,
            total: or("timeout", options.timeout, self.timeouts.total)?,
        };
        Ok((timeouts, options.max_retries.unwrap_or(self.max_retries)))
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

fn budget(given: &Value) -> Result<Option<Dollars>, Error> {
    if given.is_null() {
        return Ok(None);
    }
    let read = Dollars::of_value(given).map(Some);
    read.ok_or_else(|| {
        refused(format!("budget must be an amount of dollars such as \"0.05\", not {}", shortened(&given.to_string())))
    })
}

fn seconds(name: &str, given: Option<f64>, default: f64) -> Result<Duration, Error> {
    let given = given.unwrap_or(default);
    // An infinite timeout is a wish that can be honoured; `Duration::MAX` would overflow sums.
    let given = if given == f64::INFINITY { 1e9 } else { given };
    match Duration::try_from_secs_f64(given) {
        Ok(duration) if given > 0.0 => Ok(duration),
        _ => {
            let (given, unit) = in_time_unit(given);
            Err(refused(format!("{} must be a positive number of {unit}, not {}", Name(name), shown(given))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn made(options: Value, env: &[(&str, &str)]) -> Result<Config, Error> {
        Config::new(serde_json::from_value(options).unwrap(), |name| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_fills_in_key_and_base_url() {
        let env = [(KEY_VARIABLE, "k-1234"), (BASE_URL_VARIABLE, "https://example.test/v1/")];
        let config = made(json!({}), &env).unwrap();
        assert_eq!(config.base_url, "https://example.test/v1");
        assert_eq!(config.api_key.as_ref().map(Secret::expose), Some("k-1234"));
        assert!(!format!("{config:?}").contains("k-1234"));
    }

    #[test]
    fn a_key_is_needed_away_from_loopback_only() {
        for base_url in ["http://127.0.0.1:1/x", "http://localhost:1", "http://[::1]:80", "http://a.localhost"] {
            made(json!({"base_url": base_url}), &[]).unwrap();
        }
        for base_url in ["https://example.test", "http://127.0.0.1.example.test", "http://10.0.0.1"] {
            let error = made(json!({"base_url": base_url}), &[]).unwrap_err();
            assert!(error.message().contains("MODELSLAB_API_KEY"), "{error}");
        }
    }

    #[test]
    fn wrong_options_are_refused_with_a_reason() {
        for (options, reason) in [
            (json!({"base_url": "example.test"}), "http://"),
            (json!({"base_url": "http:///x"}), "no host"),
            (json!({"base_url": "http://u:p@localhost"}), "user or password"),
            (json!({"base_url": "http://localhost", "timeout": 0}), "timeout"),
            (json!({"base_url": "http://localhost", "api_key": "a\nb"}), "line break"),
            (json!({"base_url": "http://localhost", "default_headers": {"x": "a\r\nb: c"}}), "line break"),
            (json!({"base_url": "http://localhost", "default_headers": {"x y": "a"}}), "header name"),
        ] {
            let error = made(options, &[]).unwrap_err();
            assert!(error.kind() == ErrorKind::Configuration && error.message().contains(reason), "{error}");
        }
        assert!(serde_json::from_value::<Options>(json!({"time_out": 1})).is_err());
    }
}
