//! Fallbacks: the endpoints and models that a client uses for calls that its own endpoint fails to answer.
//!
//! Invariant: a key, and headers and query parameters of the client, are never sent to another base URL; a key of the environment is sent only to
//! the server that it is for.

use crate::config::address::host_of;
use crate::config::keys::{self, KeyOwners};
use crate::config::{Auth, Config, Env, FallbackCause, Format, ModelField, OnCut, Options, Secret, refused};
use crate::error::Error;
use crate::prelude::*;
use crate::text::dialect::Name;
use crate::value::fields::{Fields, fields};
use crate::value::{Map, Value};

fields! {
    /// Another endpoint, or another model, for calls that fail. Options that are not given are the client's. With a base URL of its own, a
    /// fallback has neither the client's key nor its headers, query parameters and rate limits; otherwise it shares them. Times are in seconds.
    #[derive(Debug, Clone, Default)]
    pub struct FallbackOptions {
        /// The options of another client, which replace those below. The rest of them, such as its budget, has no effect.
        pub client: Option<Map<String, Value>>,
        /// The model. Default: the model of the request.
        pub model: Option<String>,
        /// The format of the endpoint: `chat` or `messages`. Requests and answers are converted. Default: the format of the request.
        pub format: Option<Format>,
        /// The base URL of the endpoint. Default: the client's.
        pub base_url: Option<String>,
        /// The key. Default: the client's for the client's base URL. For another base URL, the variable of the environment that is for it;
        /// `MODELSLAB_API_KEY` is for the server of the client, or for ModelsLab's if the client needs no key from there.
        pub api_key: Option<Secret>,
        /// As the client's option.
        pub auth: Option<Auth>,
        /// As the client's option.
        pub model_field: Option<ModelField>,
        /// As the client's option.
        pub default_headers: Option<Map<String, Value>>,
        /// As the client's option.
        pub default_query: Option<Map<String, Value>>,
        /// As the client's option.
        pub timeout: Option<f64>,
        /// As the client's option.
        pub connect_timeout: Option<f64>,
        /// As the client's option.
        pub first_token_timeout: Option<f64>,
        /// As the client's option.
        pub idle_timeout: Option<f64>,
        /// As the client's option.
        pub max_retries: Option<u32>,
        /// As the client's option.
        pub max_retry_after: Option<f64>,
        /// As the client's option.
        pub requests_per_minute: Option<f64>,
        /// As the client's option.
        pub tokens_per_minute: Option<f64>,
        /// As the client's option.
        pub max_in_flight: Option<u32>,
        /// As the client's option.
        pub adaptive: Option<bool>,
        /// As the client's option.
        pub queue_timeout: Option<f64>,
    }
}

/// The fallbacks of a client, and when they are used.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fallbacks {
    /// In order.
    pub(crate) list: Vec<Fallback>,
    /// See [`Options::fallback_on`].
    pub(crate) causes: Vec<FallbackCause>,
    /// See [`Options::on_cut`].
    pub(crate) on_cut: OnCut,
}

/// An endpoint or a model for calls that fail.
#[derive(Debug, Clone)]
pub(crate) struct Fallback {
    /// The configuration of the endpoint.
    pub(crate) config: Config,
    /// The model; `None` for that of the request.
    pub(crate) model: Option<String>,
    /// The format; `None` for that of the request.
    pub(crate) format: Option<Format>,
    /// Whether the fallback has a key of its own, though its base URL is the client's.
    pub(crate) has_own_key: bool,
    /// Whether the fallback shares the client's rate limits.
    pub(crate) shares_limits: bool,
}

impl FallbackOptions {
    /// Whether the fallback has rate limits of its own.
    fn has_limits(&self) -> bool {
        self.requests_per_minute.is_some()
            || self.tokens_per_minute.is_some()
            || self.max_in_flight.is_some()
            || self.adaptive.is_some()
            || self.queue_timeout.is_some()
    }

    /// The options of the fallback's endpoint.
    fn complete(self, client: &Options) -> Options {
        let mut options = Options { fallbacks: Value::Null, ..client.clone() };
        if self.base_url.is_some() {
            options.base_url = self.base_url;
            options.api_key = None;
            options.key_per_request = false;
            options.auth = None;
            options.model_field = None;
            options.default_headers = Map::new();
            options.default_query = Map::new();
        }
        let Options { requests_per_minute, tokens_per_minute, max_in_flight, queue_timeout, .. } = &mut options;
        *requests_per_minute = self.requests_per_minute;
        *tokens_per_minute = self.tokens_per_minute;
        *max_in_flight = self.max_in_flight;
        *queue_timeout = self.queue_timeout.or(*queue_timeout);
        options.adaptive = self.adaptive.unwrap_or_default();
        if let Some(headers) = self.default_headers {
            options.default_headers = headers;
        }
        if let Some(query) = self.default_query {
            options.default_query = query;
        }
        options.api_key = self.api_key.or(options.api_key);
        options.auth = self.auth.or(options.auth);
        options.model_field = self.model_field.or(options.model_field);
        options.timeout = self.timeout.or(options.timeout);
        options.connect_timeout = self.connect_timeout.or(options.connect_timeout);
        options.first_token_timeout = self.first_token_timeout.or(options.first_token_timeout);
        options.idle_timeout = self.idle_timeout.or(options.idle_timeout);
        options.max_retries = self.max_retries.or(options.max_retries);
        options.max_retry_after = self.max_retry_after.or(options.max_retry_after);
        options
    }
}

/// The options of a client that has fallbacks, or may continue its streams; `None` for any other.
pub(super) fn given(options: &Options) -> Option<Box<Options>> {
    let is_given = !options.fallbacks.is_null() || options.on_cut.is_some() || !options.fallback_on.is_empty();
    is_given.then(|| Box::new(options.clone()))
}

/// Reads the fallbacks of a client. `configure` makes the configuration of complete options; it takes the base URLs that may get the client's key in
/// the environment.
pub(super) fn read(
    given: Option<Box<Options>>,
    client: &Config,
    env: Env<'_>,
    configure: impl Fn(Options, KeyOwners<'_>) -> Result<Config, Error>,
) -> Result<Fallbacks, Error> {
    let Some(options) = given else { return Ok(Fallbacks::default()) };
    let entries = match &options.fallbacks {
        Value::Null => &Vec::new(),
        Value::Array(entries) => entries,
        _ => return Err(refused(format!("{} must be a list", Name("fallbacks")))),
    };
    let has_own_key = options.key_per_request || options.api_key.as_ref().is_some_and(|key| !key.expose().is_empty());
    let owners = keys::owners(&client.base_url, host_of(&client.base_url)?, has_own_key, env);
    let mut list = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let fallback = read_entry(entry, &options, &owners, &configure);
        list.push(fallback.map_err(|why| refused(format!("{}[{index}]: {why}", Name("fallbacks"))))?);
    }
    Ok(Fallbacks { list, causes: options.fallback_on.clone(), on_cut: options.on_cut.unwrap_or_default() })
}

/// Reads a fallback. Fails with a sentence.
fn read_entry(
    entry: &Value,
    options: &Options,
    owners: &[String],
    configure: impl Fn(Options, KeyOwners<'_>) -> Result<Config, Error>,
) -> Result<Fallback, String> {
    let configure = |options: Options, owners: KeyOwners<'_>| {
        configure(options, owners).map_err(|error| error.message().to_owned())
    };
    let Value::Object(members) = entry else {
        return Err("must be a client, or options such as a base URL".to_owned());
    };
    let own = FallbackOptions::from_members(members.clone())?;
    let (model, format) = (own.model.clone(), own.format);
    if let Some(client) = own.client {
        let options = Options { fallbacks: Value::Null, ..Options::from_members(client)? };
        let has_key_function = options.key_per_request;
        let config = configure(options, None)?;
        if has_key_function && config.api_key.is_none() {
            let key = Name("api_key");
            return Err(format!("{key} of a fallback must be a string, since the function belongs to another client"));
        }
        return Ok(Fallback { config, model, format, has_own_key: true, shares_limits: false });
    }
    if own.base_url.is_none() && own.model.is_none() && own.api_key.is_none() {
        let (base_url, model, key) = (Name("base_url"), Name("model"), Name("api_key"));
        return Err(format!("needs {base_url}, {model} or {key}, or it would repeat the same request"));
    }
    let shares_limits = own.base_url.is_none() && !own.has_limits();
    let has_own_key = own.api_key.is_some();
    let owners = own.base_url.is_some().then_some(owners);
    let config = configure(own.complete(options), owners)?;
    Ok(Fallback { config, model, format, has_own_key, shares_limits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn options(client: Value, fallbacks: Value) -> Options {
        let mut options: Options = serde_json::from_value(client).unwrap();
        options.fallbacks = fallbacks;
        options.base_url.get_or_insert_with(|| "http://localhost:1".to_owned());
        options
    }

    #[test]
    fn an_option_of_the_client_is_not_blamed_on_a_fallback() {
        for client in [json!({"timeout": 0}), json!({"base_url": "example.test"}), json!({"api_key": "a\nb"})] {
            let error = Config::new(options(client, json!([{"model": "n"}])), |_| None).unwrap_err();
            assert!(!error.message().contains("fallbacks"), "{error}");
        }
    }

    #[test]
    fn options_that_a_transport_cannot_honour_are_refused_in_fallbacks_too() {
        for (fallback, name) in [
            (json!({"model": "n", "connect_timeout": 1}), "connect_timeout"),
            (json!({"client": {"base_url": "http://localhost:2", "proxy": ""}}), "proxy"),
            (json!({"client": {"base_url": "http://localhost:2", "ca_bundle": "a.pem"}, "model": "n"}), "ca_bundle"),
            (json!({"client": {"base_url": "http://localhost:2", "client_cert": "a.pem"}}), "client_cert"),
        ] {
            let given = || options(json!({}), json!([fallback]));
            Config::new(given(), |_| None).unwrap();
            let error = Config::for_host(given(), |_| None).unwrap_err();
            assert!(error.message().contains(&format!("fallbacks[0]: {name} has no effect")), "{error}");
            let error = Config::for_fetch(given(), |_| None, false).unwrap_err();
            assert!(error.message().contains("fallbacks[0]: ") && error.message().contains("with fetch"), "{error}");
        }
    }
}
