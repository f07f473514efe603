//! The proxies of a client.
//!
//! Invariant: proxies and their exceptions come from an option, or else from the environment or the system. An unusable one is an error at
//! construction, which shows no URL: it may contain a password.

use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_util::client::proxy::matcher::Matcher;
use trilogue_core::config::Secret;
use trilogue_core::{Error, ErrorKind};

use crate::connect::is;

/// Returns the proxies that an option names (an empty text means none), or else the environment or the system, for a client of `server`.
pub(crate) fn proxies(proxy: Option<&Secret>, server: &Uri) -> Result<Matcher, Error> {
    let none = || Matcher::builder().build();
    let Some(url) = proxy.map(Secret::expose) else {
        let no_proxy = variable(["NO_PROXY", "no_proxy"]).map_or_else(String::new, |(_, value)| value);
        // The matcher lets `*` stand for all names, but for no address.
        if no_proxy.trim() == "*" {
            return Ok(none());
        }
        check_environment(server, &no_proxy)?;
        return Ok(Matcher::from_system());
    };
    if url.is_empty() {
        return Ok(none());
    }
    // The matcher also takes an address without a scheme.
    if url.contains("://") && is_usable(url) {
        return Ok(Matcher::builder().all(url).build());
    }
    Err(unusable("proxy"))
}

/// Checks the variable that names the proxy for `server`: the matcher ignores one that it can't read, and the request would go direct.
fn check_environment(server: &Uri, no_proxy: &str) -> Result<(), Error> {
    let is_spared = || {
        let any = Matcher::builder().all("http://localhost:1").no(no_proxy.to_owned()).build();
        any.intercept(server).is_none()
    };
    let of_scheme =
        if is(server, &Scheme::HTTPS) { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    for names in [of_scheme, ["ALL_PROXY", "all_proxy"]] {
        match variable(names) {
            Some((name, value)) if !value.is_empty() => {
                // In a CGI program the matcher takes no proxy from the environment.
                let is_ignored = std::env::var_os("REQUEST_METHOD").is_some() || is_spared();
                return if is_ignored || is_usable(&value) { Ok(()) } else { Err(unusable(name)) };
            }
            _ => {}
        }
    }
    Ok(())
}

/// The first of these variables that is set, with its value.
fn variable(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, std::env::var(name).ok()?)))
}

fn is_usable(url: &str) -> bool {
    let proxy = Matcher::builder().all(url.to_owned()).build().intercept(&Uri::from_static("http://localhost/"));
    let authority = proxy.as_ref().and_then(|proxy| proxy.uri().authority());
    authority.is_some_and(|address| {
        !address.host().is_empty() && (address.as_str() == address.host() || address.port_u16().is_some())
    })
}

fn unusable(name: &str) -> Error {
    let message = format!(
        "{name} is not a valid proxy URL; use the form http://127.0.0.1:3128 or socks5h://user:password@127.0.0.1:1080, and \
         percent-encode reserved characters in the password (@ as %40)"
    );
    Error::new(ErrorKind::Configuration, message)
}
