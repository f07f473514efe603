//! The configuration of a client: checked options, and their defaults.
//!
//! Invariant: options are checked when the client is created; an option that can't be honoured is an error and never ignored. The environment is a
//! function. Files and proxies are checked by the transport that opens them, also at creation.

use core::time::Duration;

use crate::prelude::*;
use crate::text::number::format_number;
use crate::value::{Map, Value};

pub(crate) mod address;
#[cfg_attr(not(feature = "fallback"), path = "without_fallback.rs")]
mod fallback;
pub(crate) mod headers;
pub(crate) mod keys;
mod options;

use crate::cost::{Dollars, Lookup, ModelTable};
use crate::error::{Error, ErrorKind};
use crate::limits::{self, LimitOptions};
use crate::text::dialect::{Name, in_time_unit};
use crate::text::shortened;
pub use address::DEFAULT_BASE_URL;
use address::{host_is_anthropic, host_of, is_loopback};
#[cfg(feature = "fallback")]
pub(crate) use fallback::Fallback;
#[cfg(feature = "fallback")]
pub use fallback::FallbackOptions;
use fallback::Fallbacks;
use headers::{check_key, checked_headers, with_value};
use keys::KeyOwners;
pub use keys::{ANTHROPIC_KEY_VARIABLE, KEY_VARIABLE, OPENAI_KEY_VARIABLE};
pub use options::{Auth, Check, FallbackCause, Format, ModelField, OnCut, Options, RequestOptions, Secret, Structured};

/// The lookup in the package's own catalogue. A page loads that separately.
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
/// The environment variable of the base URL.
pub const BASE_URL_VARIABLE: &str = "MODELSLAB_BASE_URL";
/// The environment variables that [`Config::new`] and [`Config::for_fetch`] read.
pub const CLIENT_VARIABLES: [&str; 4] = [KEY_VARIABLE, BASE_URL_VARIABLE, OPENAI_KEY_VARIABLE, ANTHROPIC_KEY_VARIABLE];
/// The environment variable of the command line's model.
pub const MODEL_VARIABLE: &str = "MODELSLAB_MODEL";
/// The environment variable of the log level.
pub const LOG_VARIABLE: &str = "TRILOGUE_LOG";

/// Looks a variable of the environment up.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The features of this crate that a page loads only for clients that need them, and the options that need each. A build without the feature checks
/// these options too, and its calls fail if one of them is set.
pub const OPTION_FEATURES: [(&str, &[&str]); 2] =
    [("fallback", &["fallbacks", "fallback_on", "on_cut"]), ("limits", &limits::OPTION_NAMES)];

impl RequestOptions {
    /// The request's own budget.
    pub(crate) fn own_budget(&self) -> Result<Option<Dollars>, Error> {
        budget(&self.budget)
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
    /// The base URL, without a trailing slash.
    pub base_url: String,
    /// The time limits.
    pub timeouts: Timeouts,
    /// How often a failed request is sent again.
    pub max_retries: u32,
    /// The longest wait that a server may request.
    pub max_retry_after: Duration,
    /// Checked headers: names in lower case.
    pub default_headers: Vec<(String, String)>,
    /// Query parameters.
    pub default_query: Map<String, Value>,
    /// How the key is sent.
    pub auth: Auth,
    /// The field with the model's id.
    pub model_field: ModelField,
    /// Whether a page sends the requests. There each additional header requires the server's consent.
    pub in_page: bool,
    /// The longest event, in bytes.
    pub max_event_bytes: usize,
    /// Whether items keep their JSON text.
    pub include_raw: bool,
    /// The longest answer, in bytes.
    pub max_response_bytes: usize,
    /// See [`Options::require_finish_reason`].
    pub require_finish_reason: bool,
    /// The most that all requests together may cost.
    pub budget: Option<Dollars>,
    /// The prices and parameter ranges of models.
    pub(crate) models: ModelTable,
    /// See [`Options::parameters`].
    pub parameters: Option<Check>,
    /// The rate limits.
    pub(crate) limits: LimitOptions,
    /// The endpoints and models for calls that fail.
    pub(crate) fallbacks: Fallbacks,
    /// The transport's options.
    pub network: Network,
}

/// The options of a transport with its own connections.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Network {
    /// See [`Options::proxy`].
    pub proxy: Option<Secret>,
    /// See [`Options::ca_bundle`].
    pub ca_bundle: Option<String>,
    /// See [`Options::client_cert`].
    pub client_cert: Option<String>,
}

/// The time limits of one attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeouts {
    /// Connecting.
    pub connect: Duration,
    /// From sending to the first token of a stream.
    pub first_token: Duration,
    /// The longest silence between tokens.
    pub idle: Duration,
    /// From sending to the last byte.
    pub total: Duration,
}

impl Config {
    /// Checks `options` and completes them from the environment and the defaults.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for an invalid option, or without a key.
    pub fn new(options: Options, env: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::complete(options, &env, &|_| Ok(()), false)
    }

    /// Checks the options of a client whose requests the host program sends. As [`Config::new`], but options that only concern this package's own
    /// connections are refused.
    ///
    /// # Errors
    ///
    /// Those of [`Config::new`], and options that the host's transport can't honour.
    pub fn for_host(options: Options, env: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::complete(options, &env, &check_host, false)
    }

    /// Checks the options of a client over `fetch`, which has no control of its connections. `in_page`: servers apply their CORS policies, and `env`
    /// is empty.
    ///
    /// # Errors
    ///
    /// Those of [`Config::new`], and options that a browser can't honour.
    pub fn for_fetch(options: Options, env: impl Fn(&str) -> Option<String>, in_page: bool) -> Result<Self, Error> {
        Self::complete(options, &env, &check_fetch, in_page)
    }

    /// Checks the client's own options, and then those of its fallbacks. `check` refuses options that the transport can't honour.
    fn complete(
        options: Options,
        env: Env<'_>,
        check: &dyn Fn(&Options) -> Result<(), Error>,
        in_page: bool,
    ) -> Result<Self, Error> {
        let read = |options: Options, owners: KeyOwners<'_>| {
            check(&options)?;
            Ok(Self { in_page, ..Self::read(options, owners, env)? })
        };
        let fallbacks = fallback::given(&options);
        let mut config = read(options, None)?;
        config.fallbacks = fallback::read(fallbacks, &config, env, read)?;
        Ok(config)
    }

    /// Checks and completes the options of one endpoint.
    fn read(options: Options, owners: KeyOwners<'_>, env: Env<'_>) -> Result<Self, Error> {
        let from_env = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let base_url = options.base_url.or_else(|| from_env(BASE_URL_VARIABLE));
        let base_url = base_url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned()).trim_end_matches('/').to_owned();
        let host = host_of(&base_url)?;
        let api_key = options.api_key.filter(|key| !key.expose().is_empty());
        let api_key = api_key.or_else(|| keys::from_env(&base_url, host, owners, from_env).map(Secret::from));
        if api_key.is_none() && !options.key_per_request && !is_loopback(host) {
            return Err(keys::missing(&base_url, host, owners, from_env));
        }
        if let Some(key) = &api_key {
            check_key(key.expose())?;
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
                .filter_map(with_value)
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
            limits: LimitOptions {
                requests_per_minute: positive("requests_per_minute", options.requests_per_minute)?,
                tokens_per_minute: positive("tokens_per_minute", options.tokens_per_minute)?,
                max_in_flight: match options.max_in_flight {
                    Some(0) => return Err(refused(format!("{} must be at least 1, not 0", Name("max_in_flight")))),
                    most => most,
                },
                adaptive: options.adaptive,
                queue_timeout: match options.queue_timeout {
                    Some(_) => Some(seconds("queue_timeout", options.queue_timeout, 0.0)?),
                    None => None,
                },
            },
            fallbacks: Fallbacks::default(),
            network: Network { proxy: options.proxy, ca_bundle: options.ca_bundle, client_cert: options.client_cert },
            base_url,
        })
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
        let or = |name, option: Option<f64>, default: Duration| match option {
            Some(_) => seconds(name, option, 0.0),
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

/// Fails for options that only concern this package's own connections.
fn check_host(options: &Options) -> Result<(), Error> {
    let given = [
        ("proxy", options.proxy.is_some()),
        ("ca_bundle", options.ca_bundle.is_some()),
        ("client_cert", options.client_cert.is_some()),
        ("connect_timeout", options.connect_timeout.is_some()),
    ];
    let Some((name, _)) = given.into_iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
    let (option, transport) = (Name(name), Name("transport"));
    Err(refused(format!("{option} has no effect on your {transport}, which makes its own connections; remove it")))
}

/// Fails for options that `fetch` has no counterpart for.
fn check_fetch(options: &Options) -> Result<(), Error> {
    let why = if options.connect_timeout.is_some() {
        "connectTimeout is not supported with fetch, which doesn't report connections; use firstTokenTimeout or timeout"
    } else if options.proxy.is_some() || options.ca_bundle.is_some() || options.client_cert.is_some() {
        "proxy, caBundle and clientCert are not supported with fetch, whose host has its own settings for them"
    } else {
        return Ok(());
    };
    Err(refused(why.to_owned()))
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

fn budget(option: &Value) -> Result<Option<Dollars>, Error> {
    if option.is_null() {
        return Ok(None);
    }
    let read = Dollars::of_value(option).map(Some);
    read.ok_or_else(|| {
        refused(format!("budget must be an amount of dollars such as \"0.05\", not {}", shortened(&option.to_string())))
    })
}

fn positive(name: &str, option: Option<f64>) -> Result<Option<f64>, Error> {
    match option {
        Some(value) if value.is_nan() || value <= 0.0 => {
            Err(refused(format!("{} must be a positive number, not {}", Name(name), format_number(value))))
        }
        option => Ok(option),
    }
}

fn seconds(name: &str, option: Option<f64>, default: f64) -> Result<Duration, Error> {
    let value = option.unwrap_or(default);
    // Infinity is allowed; `Duration::MAX` would overflow sums.
    let value = if value == f64::INFINITY { 1e9 } else { value };
    match Duration::try_from_secs_f64(value) {
        Ok(duration) if value > 0.0 => Ok(duration),
        _ => {
            let (value, unit) = in_time_unit(value);
            Err(refused(format!("{} must be a positive number of {unit}, not {}", Name(name), format_number(value))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(options: Value, env: &[(&str, &str)]) -> Result<Config, Error> {
        Config::new(serde_json::from_value(options).unwrap(), |name| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn key_and_base_url_come_from_the_environment() {
        let env = [(KEY_VARIABLE, "k-1234"), (BASE_URL_VARIABLE, "https://example.test/v1/")];
        let config = config(json!({}), &env).unwrap();
        assert_eq!(config.base_url, "https://example.test/v1");
        assert_eq!(config.api_key.as_ref().map(Secret::expose), Some("k-1234"));
        assert!(!format!("{config:?}").contains("k-1234"));
    }

    #[test]
    fn limits_are_set_by_the_options_of_their_feature_and_by_no_others() {
        let [_, ("limits", names)] = OPTION_FEATURES else { panic!("another feature") };
        for name in names {
            let value = if *name == "adaptive" { json!(true) } else { json!(1) };
            let mut options = json!({"base_url": "http://localhost"});
            options[name] = value;
            assert_ne!(config(options, &[]).unwrap().limits, LimitOptions::default(), "{name}");
        }
        let mut options = json!({"base_url": "http://localhost", "api_key": "k", "timeout": 1, "max_retries": 1, "parameters": "warn"});
        options["prices"] = json!({"m": {"input": 1, "output": 1}});
        assert_eq!(config(options, &[]).unwrap().limits, LimitOptions::default());
    }

    #[test]
    fn invalid_options_are_refused_with_a_reason() {
        for (options, reason) in [
            (json!({"base_url": "example.test/v1"}), "did you mean \"https://example.test/v1\"?"),
            (json!({"base_url": "localhost:11434/v1"}), "did you mean \"http://localhost:11434/v1\"?"),
            (json!({"base_url": "[::1]:8000"}), "did you mean \"http://[::1]:8000\"?"),
            (json!({"base_url": "ftp://example.test"}), "http://"),
            (json!({"base_url": "u:p@localhost"}), "user or password"),
            (json!({"base_url": "http:///x"}), "no host"),
            (json!({"base_url": "http://u:p@localhost"}), "user or password"),
            (json!({"base_url": "http://localhost", "timeout": 0}), "timeout"),
            (json!({"base_url": "http://localhost", "max_in_flight": 0}), "max_in_flight must be at least 1"),
            (
                json!({"base_url": "http://localhost", "requests_per_minute": -1}),
                "requests_per_minute must be a positive",
            ),
            (json!({"base_url": "http://localhost", "api_key": "a\nb"}), "line break"),
            (json!({"base_url": "http://localhost", "default_headers": {"x": "a\r\nb: c"}}), "line break"),
            (json!({"base_url": "http://localhost", "default_headers": {"x y": "a"}}), "header name"),
        ] {
            let error = config(options, &[]).unwrap_err();
            assert!(error.kind() == ErrorKind::Configuration && error.message().contains(reason), "{error}");
        }
        assert!(serde_json::from_value::<Options>(json!({"time_out": 1})).is_err());
    }
}
