//! Base URLs: checks, and the parts that the core needs.
//!
//! Invariant: pure functions over text. No message contains a key, which a query or a user may have.

use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::dialect::Name;

/// The base URL if neither an option nor `MODELSLAB_BASE_URL` sets one.
pub const DEFAULT_BASE_URL: &str = "https://modelslab.com/api/v7/llm";

/// The host of an http(s) URL, without its port.
pub(crate) fn host_of(url: &str) -> Result<&str, Error> {
    // A query may contain a key.
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let fail = |why: &str| refused(format!("base URL \"{shown}\" {why}; an example is {DEFAULT_BASE_URL}"));
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let authority = rest.unwrap_or(url).split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return refused(format!("the base URL contains a user or password; set the key with {}", Name("api_key")));
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    if rest.is_none() {
        let has_scheme = url.split_once(':').is_some_and(|(_, rest)| rest.starts_with('/'));
        let scheme = if is_loopback(host) { "http" } else { "https" };
        return if has_scheme || host.is_empty() {
            fail("doesn't start with http:// or https://")
        } else {
            refused(format!("base URL \"{shown}\" has no scheme; did you mean \"{scheme}://{shown}\"?"))
        };
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return fail("contains whitespace");
    }
    if url.contains(['?', '#']) {
        return fail(&format!("contains a query or fragment; set query parameters with {}", Name("default_query")));
    }
    if host.is_empty() { fail("has no host") } else { Ok(host) }
}

/// The port that a URL names.
pub(crate) fn port_of(url: &str) -> Option<u16> {
    url.split('/').nth(2)?.rsplit(':').next()?.parse().ok()
}

/// Whether two base URLs have the same scheme, host and port. A default port that only one of them names makes them different.
pub(crate) fn has_same_origin(one: &str, other: &str) -> bool {
    let origin = |url: &'_ str| url.split('/').take(3).map(str::to_ascii_lowercase).collect::<Vec<_>>();
    origin(one) == origin(other)
}

/// Whether a host is Anthropic's own.
pub(crate) fn host_is_anthropic(host: &str) -> bool {
    host == "anthropic.com" || host.ends_with(".anthropic.com")
}

/// Whether a host is OpenAI's own API.
pub(crate) fn host_is_openai(host: &str) -> bool {
    host == "api.openai.com" || host.ends_with(".api.openai.com")
}

/// Whether a URL's host is this machine.
pub(crate) fn is_local(url: &str) -> bool {
    host_of(url).is_ok_and(is_loopback)
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || is_loopback_v4(&name) || is_loopback_v6(&name)
}

fn is_loopback_v4(host: &str) -> bool {
    let is_part = |part: &str| part.parse::<u8>().is_ok_and(|number| part.len() == number.to_string().len());
    host.starts_with("127.") && host.split('.').count() == 4 && host.split('.').all(is_part)
}

/// `::1` in any notation.
fn is_loopback_v6(host: &str) -> bool {
    host.contains(':') && host.ends_with('1') && host.chars().filter(|c| !matches!(c, '0' | ':')).eq(['1'])
}

fn refused(message: String) -> Result<&'static str, Error> {
    Err(Error::new(ErrorKind::Configuration, message))
}
