//! Encodes a request: the body that the endpoint expects, its URL and its headers.
//!
//! Invariant: encoding is pure. Fields of the body that the endpoint does not know are sent unchanged.

use crate::config::headers::{check_key, checked_headers, with_value};
use crate::config::{Auth, Config, Format, ModelField, RequestOptions};
use crate::error::{Error, ErrorKind};
use crate::http::Request;
use crate::prelude::*;
use crate::request::parameters;
use crate::text::url::percent_encode;
use crate::tools;
use crate::value::{Map, Members, Value, to_text, write};
use crate::wire::request::check_names;
use crate::wire::{Endpoint, anthropic};

/// Names in lower case, and values.
type Headers = Vec<(String, String)>;

/// Builds the HTTP request for an endpoint.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for a body that the format or the client's options do not allow, [`ErrorKind::Configuration`] for a key that
/// cannot be sent.
pub fn encode(
    endpoint: &Endpoint,
    config: &Config,
    mut body: Map<String, Value>,
    is_stream: bool,
    options: &RequestOptions,
) -> Result<Request, Error> {
    let mut query = options.extra_query.clone();
    let (method, path, is_versioned) = endpoint.location();
    if *endpoint == Endpoint::Models {
        query.append(&mut body);
    }
    let (headers, body) = check(endpoint, config, body, is_stream, options)?;
    let mut bytes = Vec::new();
    if method != "GET" {
        write::map(&mut bytes, &body);
    }
    Ok(Request {
        method,
        url: url(config, &path, is_versioned, &query),
        headers,
        body: bytes.into(),
        connect_timeout: Some(config.timeouts.connect),
        resend: false,
    })
}

/// Checks a request. Returns its headers and its body, before that is written as JSON; an endpoint without a body ignores it.
///
/// # Errors
///
/// As [`encode`].
pub(crate) fn check(
    endpoint: &Endpoint,
    config: &Config,
    mut body: Map<String, Value>,
    is_stream: bool,
    options: &RequestOptions,
) -> Result<(Headers, Map<String, Value>), Error> {
    let mut headers = headers(endpoint, config, options)?;
    if endpoint.location().0 == "GET" {
        return Ok((headers, body));
    }
    check_names(&body, *endpoint == Endpoint::Chat)?;
    body.extend(options.extra_body.iter().map(|(name, value)| (name.clone(), value.clone())));
    complete(endpoint, config, config.model_field, &mut body, is_stream)?;
    let key = options.api_key.as_ref().or(config.api_key.as_ref());
    if let (Auth::BodyKey, Some(key)) = (config.auth, key) {
        body.set("key", key.expose());
    }
    if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Ok((headers, body))
}

/// Checks a body, names the model as the endpoint expects it, and sets `stream`.
pub(crate) fn complete(
    endpoint: &Endpoint,
    config: &Config,
    model: ModelField,
    body: &mut Map<String, Value>,
    is_stream: bool,
) -> Result<(), Error> {
    endpoint.check(body)?;
    parameters::check(endpoint, config, body)?;
    name_model(model, body)?;
    tools::remove_added_fields(endpoint, body);
    if is_stream {
        body.set("stream", true);
    } else if body.get("stream") != Some(&Value::Bool(false)) {
        // An explicit `false` is kept, since some servers stream by default.
        body.shift_remove("stream");
    }
    Ok(())
}

/// Puts the model first, under the name that the endpoint expects.
fn name_model(field: ModelField, body: &mut Map<String, Value>) -> Result<(), Error> {
    let model = body.shift_remove("model");
    let other = body.shift_remove("model_id");
    let model = model.or(other).filter(|model| model.as_str().is_some_and(|model| !model.is_empty()));
    let Some(model) = model else {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "model must be the id of a model, such as openai-gpt-oss-120b",
        ));
    };
    body.shift_insert(0, field.word().to_owned(), model);
    Ok(())
}

/// The URL of `path` (`chat/completions`). A versioned path lies below `/v1`, unless the base URL ends with that already.
pub(crate) fn url(config: &Config, path: &str, is_versioned: bool, extra_query: &Map<String, Value>) -> String {
    let version = if is_versioned && !config.base_url.ends_with("/v1") { "/v1" } else { "" };
    let mut url = format!("{}{version}/{path}", config.base_url);
    let mut separator = '?';
    for (name, value) in config.default_query.iter().chain(extra_query) {
        url.push(separator);
        separator = '&';
        percent_encode(name, &mut url);
        url.push('=');
        percent_encode(&to_text(value), &mut url);
    }
    url
}

/// The headers of a request to an endpoint, with those that its format requires.
pub(crate) fn headers(endpoint: &Endpoint, config: &Config, options: &RequestOptions) -> Result<Headers, Error> {
    let mut headers = own_headers(config, options)?;
    let is_anthropic_format =
        matches!(endpoint, Endpoint::Messages | Endpoint::CountTokens | Endpoint::Batches(Format::Messages));
    // A page may send a further header only if the server's CORS policy allows it, so only Anthropic itself receives this one from there.
    if is_anthropic_format
        && (!config.in_page || config.is_anthropic())
        && !headers.iter().any(|(name, _)| name == "anthropic-version")
    {
        headers.push(("anthropic-version".to_owned(), anthropic::VERSION.to_owned()));
    }
    if config.in_page && config.is_anthropic() {
        headers.push(("anthropic-dangerous-direct-browser-access".to_owned(), "true".to_owned()));
    }
    Ok(headers)
}

/// The client's headers, then the request's, then the key's.
fn own_headers(config: &Config, options: &RequestOptions) -> Result<Headers, Error> {
    let mut headers = config.default_headers.clone();
    let extra = checked_headers(&options.extra_headers, "extra_headers", ErrorKind::InvalidRequest)?;
    headers.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
    let is_removed = |name: &str| extra.iter().any(|(other, value)| other == name && value.is_none());
    if let Some(key) = options.api_key.as_ref().or(config.api_key.as_ref()).map(crate::config::Secret::expose) {
        check_key(key)?;
        let (name, value) = match config.auth {
            Auth::Bearer => ("authorization", format!("Bearer {key}")),
            Auth::XApiKey => ("x-api-key", key.to_owned()),
            Auth::BodyKey => ("", String::new()),
        };
        if !name.is_empty() && !is_removed(name) {
            headers.retain(|(other, _)| other != name);
            headers.push((name.to_owned(), value));
        }
    }
    for header in extra.into_iter().filter_map(with_value) {
        headers.retain(|(other, _)| *other != header.0);
        headers.push(header);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(options: Value) -> Result<Config, Error> {
        Config::new(serde_json::from_value(options).unwrap(), |_| None)
    }

    #[test]
    fn the_base_url_may_end_with_the_version() {
        let config = config(json!({"base_url": "https://example.test/v1/", "api_key": "k-1234"})).unwrap();
        assert_eq!(url(&config, "chat/completions", false, &Map::new()), "https://example.test/v1/chat/completions");
        assert_eq!(url(&config, "messages", true, &Map::new()), "https://example.test/v1/messages");
        assert_eq!(
            own_headers(&config, &RequestOptions::default()).unwrap(),
            [("authorization".to_owned(), "Bearer k-1234".to_owned())]
        );
    }

    #[test]
    fn urls_carry_version_and_query() {
        let config =
            config(json!({"base_url": "http://localhost/llm", "default_query": {"a b": "ü", "n": 1}})).unwrap();
        assert_eq!(url(&config, "messages", true, &Map::new()), "http://localhost/llm/v1/messages?a%20b=%C3%BC&n=1");
    }

    #[test]
    fn a_request_can_replace_and_remove_headers() {
        let config =
            config(json!({"base_url": "http://localhost", "api_key": "secret", "default_headers": {"A": "1"}}))
                .unwrap();
        let options: RequestOptions =
            serde_json::from_value(json!({"extra_headers": {"a": "2", "Authorization": null}})).unwrap();
        assert_eq!(own_headers(&config, &options).unwrap(), [("a".to_owned(), "2".to_owned())]);
    }
}
