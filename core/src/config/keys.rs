//! The keys of the environment, and the hosts that each is sent to.
//!
//! Invariant: a key of the environment is sent only to the endpoint that it is for. Each variable belongs to one provider; `MODELSLAB_API_KEY`
//! belongs to the endpoint of the client.

use core::fmt::Write as _;

use super::address::{has_same_origin, host_is_anthropic, host_is_openai};
use super::refused;
#[cfg(feature = "fallback")]
use super::{
    BASE_URL_VARIABLE,
    address::{DEFAULT_BASE_URL, is_loopback},
};
use crate::error::Error;
use crate::prelude::*;
use crate::text::dialect::Name;

/// The environment variable of the key.
pub const KEY_VARIABLE: &str = "MODELSLAB_API_KEY";
/// The environment variable of OpenAI's key. It is used only for OpenAI's own host.
pub const OPENAI_KEY_VARIABLE: &str = "OPENAI_API_KEY";
/// The environment variable of Anthropic's key. It is used only for Anthropic's own host.
pub const ANTHROPIC_KEY_VARIABLE: &str = "ANTHROPIC_API_KEY";

/// The base URLs that may get the key in `MODELSLAB_API_KEY`; `None` for the client itself, whose endpoint the variable is for.
pub(super) type KeyOwners<'a> = Option<&'a [String]>;

/// The variable with the key of a host.
pub(crate) fn variable_of(host: &str) -> &'static str {
    match host {
        host if host_is_openai(host) => OPENAI_KEY_VARIABLE,
        host if host_is_anthropic(host) => ANTHROPIC_KEY_VARIABLE,
        _ => KEY_VARIABLE,
    }
}

/// The key that the environment has for an endpoint.
pub(super) fn from_env(
    base_url: &str,
    host: &str,
    owners: KeyOwners<'_>,
    env: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    if may_use(variable_of(host), base_url, owners) { env(variable_of(host)) } else { None }
}

fn may_use(variable: &str, base_url: &str, owners: KeyOwners<'_>) -> bool {
    variable != KEY_VARIABLE || owners.is_none_or(|owners| owners.iter().any(|owner| has_same_origin(owner, base_url)))
}

/// The base URLs that `MODELSLAB_API_KEY` is for, beside a client with this base URL: the client's if its key is read from there, and those that
/// the variable is for by default, unless the client uses it for another server.
#[cfg(feature = "fallback")]
pub(super) fn owners(
    base_url: &str,
    host: &str,
    has_own_key: bool,
    env: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let is_owner = !has_own_key && variable_of(host) == KEY_VARIABLE;
    let mut owners = Vec::new();
    if is_owner {
        owners.push(base_url.to_owned());
    }
    // A server on this machine needs no key, so the variable is another endpoint's.
    if !is_owner || is_loopback(host) {
        let given = env(BASE_URL_VARIABLE).map(|base_url| base_url.trim().to_owned());
        owners.push(given.filter(|base_url| !base_url.is_empty()).unwrap_or_else(|| DEFAULT_BASE_URL.to_owned()));
    }
    owners
}

/// The error of an endpoint without a key. It names the keys of other endpoints that the environment has.
pub(super) fn missing(
    base_url: &str,
    host: &str,
    owners: KeyOwners<'_>,
    env: impl Fn(&str) -> Option<String>,
) -> Error {
    let variable = variable_of(host);
    let mut message = format!("no API key for {host}; set {}", Name("api_key"));
    if may_use(variable, base_url, owners) {
        message.extend([" or ", variable]);
    }
    message.push('.');
    let mut add = |other: &str, base_url: &str| {
        if env(other).is_some() {
            let _ = write!(message, " {other} is set, but is used only with {} \"{base_url}\".", Name("base_url"));
        }
    };
    add(OPENAI_KEY_VARIABLE, "https://api.openai.com/v1");
    add(ANTHROPIC_KEY_VARIABLE, "https://api.anthropic.com/v1");
    if let Some(owner) = owners.and_then(|owners| owners.first()).filter(|_| cfg!(feature = "fallback")) {
        add(KEY_VARIABLE, owner);
    }
    message.push_str(
        " Only a base URL on this machine, such as the one that `python -m trilogue local` prints, needs no key",
    );
    refused(message)
}

#[cfg(test)]
mod tests {
    use super::super::{BASE_URL_VARIABLE, Config, Secret};
    use super::*;
    use serde_json::{Value, json};

    const ALL: [(&str, &str); 3] =
        [(KEY_VARIABLE, "k-1"), (OPENAI_KEY_VARIABLE, "k-2"), (ANTHROPIC_KEY_VARIABLE, "k-3")];

    fn config(options: Value, env: &[(&str, &str)]) -> Result<Config, Error> {
        Config::new(serde_json::from_value(options).unwrap(), |name| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// The keys of a client and of its fallback.
    #[cfg(feature = "fallback")]
    fn keys(client: &str, fallback: &str, env: &[(&str, &str)]) -> Result<[Option<String>; 2], Error> {
        let config = config(json!({"base_url": client, "fallbacks": [{"base_url": fallback}]}), env)?;
        let [fallback] = &config.fallbacks.list[..] else { panic!("one fallback") };
        Ok([&config, &fallback.config].map(|config| config.api_key.as_ref().map(|key| key.expose().to_owned())))
    }

    #[test]
    fn keys_of_providers_are_used_only_for_their_hosts() {
        for (base_url, key) in [
            ("https://api.openai.com/v1", "k-2"),
            ("https://eu.api.openai.com/v1", "k-2"),
            ("https://api.anthropic.com", "k-3"),
            ("https://openai.com.example.test", "k-1"),
            ("https://modelslab.com/api/v7/llm", "k-1"),
        ] {
            let config = config(json!({ "base_url": base_url }), &ALL).unwrap();
            assert_eq!(config.api_key.as_ref().map(Secret::expose), Some(key), "{base_url}");
        }
        let error = config(json!({}), &ALL[1..]).unwrap_err();
        assert!(error.message().contains("OPENAI_API_KEY is set, but is used only with base_url"), "{error}");
        assert!(!config(json!({}), &[]).unwrap_err().message().contains("OPENAI_API_KEY"));
        // The key of another endpoint is not sent to a provider that has a variable of its own.
        for base_url in ["https://api.openai.com/v1", "https://api.anthropic.com"] {
            let error = config(json!({ "base_url": base_url }), &ALL[..1]).unwrap_err();
            assert!(error.message().contains("no API key for api."), "{error}");
        }
    }

    #[test]
    #[cfg(feature = "fallback")]
    fn the_key_of_the_clients_endpoint_is_sent_to_no_other() {
        let main = "https://llm.example/v1";
        for other in [
            "https://other.example/v1",
            "https://modelslab.com/api/v7/llm",
            "http://llm.example/v1",
            "https://llm.example:8443/v1",
            "https://llm.example.test/v1",
            "https://sub.llm.example/v1",
        ] {
            let error = keys(main, other, &ALL).unwrap_err();
            let reason = format!("MODELSLAB_API_KEY is set, but is used only with base_url \"{main}\"");
            assert!(error.message().contains("fallbacks[0]: no API key for"), "{error}");
            assert!(error.message().contains(&reason) && !error.message().contains("k-1"), "{error}");
        }
        let own = |key: &str| Some(key.to_owned());
        assert_eq!(keys(main, "https://LLM.example/other", &ALL).unwrap(), [own("k-1"), own("k-1")]);
        assert_eq!(keys(main, "https://api.openai.com/v1", &ALL).unwrap(), [own("k-1"), own("k-2")]);
        assert_eq!(keys(main, "http://localhost:1", &ALL).unwrap(), [own("k-1"), None]);
    }

    #[test]
    #[cfg(feature = "fallback")]
    fn the_package_variable_is_for_the_default_endpoint_unless_the_client_uses_it_for_another() {
        let modelslab = "https://modelslab.com/api/v7/llm";
        let key = |key: &str| Some(key.to_owned());
        for (client, own) in [
            ("https://api.openai.com/v1", "k-2"),
            ("http://localhost:8000/v1", "k-1"),
            ("https://modelslab.com/api/v1", "k-1"),
        ] {
            assert_eq!(keys(client, modelslab, &ALL).unwrap(), [key(own), key("k-1")], "{client}");
            assert!(keys(client, "https://other.example", &ALL).is_err(), "{client}");
        }
        let env = [ALL[0], ALL[1], (BASE_URL_VARIABLE, "https://llm.example/v1")];
        assert_eq!(
            keys("https://api.openai.com/v1", "https://llm.example/v2", &env).unwrap(),
            [key("k-2"), key("k-1")]
        );
        assert!(keys("https://api.openai.com/v1", modelslab, &env).is_err());
        // An empty variable is none.
        let env = [ALL[0], ALL[1], (BASE_URL_VARIABLE, " ")];
        assert_eq!(keys("https://api.openai.com/v1", modelslab, &env).unwrap(), [key("k-2"), key("k-1")]);
    }

    #[test]
    fn only_loopback_needs_no_key() {
        for base_url in ["http://127.0.0.1:1/x", "http://localhost:1", "http://[::1]:80", "http://a.localhost"] {
            config(json!({ "base_url": base_url }), &[]).unwrap();
        }
        for base_url in ["https://example.test", "http://127.0.0.1.example.test", "http://10.0.0.1"] {
            let error = config(json!({ "base_url": base_url }), &[]).unwrap_err();
            assert!(error.message().contains("MODELSLAB_API_KEY"), "{error}");
        }
    }
}
