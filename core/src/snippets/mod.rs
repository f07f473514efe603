//! Snippets: any request as the source text of a program that sends it.
//!
//! Invariant: snippets are pure and the same for every runtime. A snippet sends the request that this package would send: to the same address, with
//! the same headers and an equal body. Each literal has its exact value, with any characters (`literal`). A snippet never contains a key: the key
//! and everything else in the request that looks like one comes from the environment. Streams print texts as they arrive.
//!
//! The languages are Python, JavaScript, cURL in bash, and PHP. Python and JavaScript snippets use this package's client, or plain HTTP as those of
//! the other languages: `urllib`, `fetch`, the extension curl. A program without a key ends with an error message.

mod curl;
mod javascript;
mod literal;
mod php;
mod python;

use crate::config::address::{host_of, is_local};
use crate::config::keys::variable_of;
use crate::config::{Auth, Config, DEFAULT_BASE_URL, KEY_VARIABLE, ModelField, Options, RequestOptions};
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::request::{complete, headers, url};
use crate::value::fields::{Fields as _, fields, words};
use crate::value::{Map, Members, Value};
use crate::wire::Endpoint;

use literal::{Secret, secret};

words! {
    /// A language that snippets are written in.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Language {
        /// Python 3.10 or newer.
        #[default]
        Python = "python",
        /// An ES module for Node 20 or newer.
        JavaScript = "javascript",
        /// A command for bash.
        Curl = "curl",
        /// PHP 8 or newer with its extension curl.
        Php = "php",
    }
    "python, javascript, curl or php"
}

words! {
    /// The library that a snippet uses.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Style {
        /// This package's client, in Python and JavaScript.
        Client = "client",
        /// Plain HTTP, with nothing to install.
        Http = "http",
    }
    "client or http"
}

fields! {
    /// The options of a snippet. All are optional.
    #[derive(Debug, Clone, Default)]
    pub struct SnippetOptions {
        /// The language; `curl` is a command for bash. Default `python`.
        pub language: Language,
        /// `client`: with this package, the default if it exists for the language; `http`: plain HTTP, with nothing to install.
        pub style: Option<Style>,
        /// Whether the program prints the reply while it arrives. Default: the `stream` of the request.
        pub stream: Option<bool>,
        /// The base URL of the endpoint. Default ModelsLab's.
        pub base_url: Option<String>,
        /// The environment variable of the key. Default: the variable that the client reads for the base URL, such as `MODELSLAB_API_KEY`, or none if
        /// the base URL is on this machine.
        pub key_variable: Option<String>,
        /// As the client's option.
        pub auth: Option<Auth>,
        /// As the client's option.
        pub model_field: Option<ModelField>,
        /// Headers in addition to those that the endpoint needs. Keys among them are read from the environment too.
        pub headers: Map<String, Value>,
        /// In Python with the client: whether to use `AsyncClient`.
        pub asynchronous: bool,
        /// In JavaScript: whether the program is for a page, which prompts its user for the key.
        pub page: bool,
    }
}

/// Writes the snippet of a request to an endpoint: `Chat`, `Messages` or `CountTokens`.
///
/// # Errors
///
/// A request that the client would refuse, an option that is invalid or that the language doesn't support, or another endpoint.
pub fn snippet(endpoint: &Endpoint, request: Map<String, Value>, options: SnippetOptions) -> Result<String, Error> {
    let plan = Plan::new(endpoint, request, options)?;
    match (plan.options.language, plan.style) {
        (Language::Python, Style::Client) => Ok(python::with_client(&plan)),
        (Language::Python, Style::Http) => Ok(python::plain(&plan)),
        (Language::JavaScript, Style::Client) => javascript::with_client(&plan),
        (Language::JavaScript, Style::Http) => Ok(javascript::plain(&plan)),
        (Language::Curl, _) => Ok(curl::plain(&plan)),
        (Language::Php, _) => Ok(php::plain(&plan)),
    }
}

/// As [`snippet`], with the endpoint's name and options as a JSON object.
///
/// # Errors
///
/// Those of [`snippet`], and unknown options.
pub fn written(endpoint: &str, request: Map<String, Value>, options: Map<String, Value>) -> Result<String, Error> {
    let mut read = SnippetOptions::default();
    for (name, value) in options {
        read.set(&name, value).map_err(|why| refused(&why))?;
    }
    snippet(&Endpoint::parse(endpoint)?, request, read)
}

/// A request, ready to be written.
struct Plan<'a> {
    endpoint: &'a Endpoint,
    options: SnippetOptions,
    style: Style,
    stream: bool,
    url: String,
    /// The body as it is sent, without the key.
    body: Map<String, Value>,
    headers: Vec<(String, HeaderValue)>,
    auth: Auth,
    /// The variable of the key, if one is sent.
    key: Option<String>,
    /// The variable that the client reads by default.
    default_variable: &'static str,
    /// Whether the request has tools, so that the answer may call them.
    has_tools: bool,
}

/// The value of a header.
enum HeaderValue {
    Text(String),
    Secret(Secret),
}

impl<'a> Plan<'a> {
    fn new(endpoint: &'a Endpoint, mut body: Map<String, Value>, mut options: SnippetOptions) -> Result<Self, Error> {
        if !matches!(endpoint, Endpoint::Chat | Endpoint::Messages | Endpoint::CountTokens) {
            return Err(refused("snippets are written for the endpoints chat, messages and count_tokens"));
        }
        let style = check(&options)?;
        let stream = options.stream.unwrap_or(body.get("stream") == Some(&Value::Bool(true)));
        let stream = stream && *endpoint != Endpoint::CountTokens;
        // The key that a page or a provider puts into the body.
        if body.shift_remove("key").is_some() && options.auth.is_none() {
            options.auth = Some(Auth::BodyKey);
        }
        let mut custom = core::mem::take(&mut options.headers);
        // The headers of the key, which the snippet sends anyway.
        custom.retain(|name, _| {
            let own = [("authorization", Auth::Bearer), ("x-api-key", Auth::XApiKey)];
            let Some((_, auth)) = own.into_iter().find(|(own, _)| name.eq_ignore_ascii_case(own)) else { return true };
            options.auth = options.auth.or(Some(auth));
            false
        });
        let base_url = options.base_url.clone().unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        let mut config = Config::new(
            Options {
                base_url: Some(base_url),
                key_per_request: true,
                auth: options.auth,
                model_field: options.model_field,
                default_headers: custom,
                ..Options::default()
            },
            |_| None,
        )?;
        config.in_page = options.page;
        options.base_url = Some(config.base_url.clone()).filter(|url| url != DEFAULT_BASE_URL);
        let default_variable = host_of(&config.base_url).map_or(KEY_VARIABLE, variable_of);
        let key =
            options.key_variable.clone().or_else(|| (!is_local(&config.base_url)).then(|| default_variable.to_owned()));
        // The client renames the field itself.
        let field = if style == Style::Client { ModelField::Model } else { config.model_field };
        complete(endpoint, &config, field, &mut body, stream)?;
        let own = key.as_deref().unwrap_or(default_variable);
        let sent = if style == Style::Client {
            config.default_headers.clone()
        } else {
            headers(endpoint, &config, &RequestOptions::default())?
        };
        let header_value = |(name, value): (String, String)| match secret(&name, &value, Some(own)) {
            Some(secret) => (name, HeaderValue::Secret(secret)),
            None => (name, HeaderValue::Text(value)),
        };
        let mut headers: Vec<_> = sent.into_iter().map(header_value).collect();
        if style == Style::Http && !headers.iter().any(|(name, _)| name == "content-type") {
            headers.insert(0, ("content-type".to_owned(), HeaderValue::Text("application/json".to_owned())));
        }
        if let (Style::Http, Some(variable)) = (style, &key) {
            let variable = variable.clone();
            let key = |prefix: &str| HeaderValue::Secret(Secret { prefix: prefix.to_owned(), variable });
            match config.auth {
                Auth::Bearer => headers.insert(0, ("authorization".to_owned(), key("Bearer "))),
                Auth::XApiKey => headers.insert(0, ("x-api-key".to_owned(), key(""))),
                // Written like any other key at the top level of a request.
                Auth::BodyKey => body.set("key", "hidden"),
            }
        }
        let (_, path, versioned) = endpoint.location();
        let has_tools = ["tools", "functions"].into_iter().any(|name| body.get(name).is_some_and(Value::is_array));
        let url = url(&config, &path, versioned, &Map::new());
        Ok(Self {
            endpoint,
            style,
            stream,
            url,
            body,
            headers,
            auth: config.auth,
            key,
            default_variable,
            has_tools,
            options,
        })
    }

    /// The variable of a key at the request's top level.
    fn key_variable(&self) -> &str {
        self.key.as_deref().unwrap_or(self.default_variable)
    }

    /// The client's option `auth`, if it isn't the default.
    fn client_auth(&self) -> Option<&'static str> {
        let default = Options { base_url: self.options.base_url.clone(), key_per_request: true, ..Options::default() };
        let default = Config::new(default, |_| None).map_or(Auth::Bearer, |config| config.auth);
        (self.auth != default).then(|| self.auth.word())
    }

    /// The variable of the key, if the client doesn't read it by default.
    fn client_key(&self) -> Option<&str> {
        self.key.as_deref().filter(|variable| *variable != self.default_variable)
    }

    fn is_model_id(&self) -> bool {
        self.options.model_field == Some(ModelField::ModelId)
    }
}

/// Checks that the language supports the options. Returns the style.
fn check(options: &SnippetOptions) -> Result<Style, Error> {
    let language = options.language.word();
    let has_client = matches!(options.language, Language::Python | Language::JavaScript);
    let style = options.style.unwrap_or(if has_client { Style::Client } else { Style::Http });
    if style == Style::Client && !has_client {
        return Err(refused(&format!("there is no client for {language}; remove style, or set it to http")));
    }
    if options.asynchronous && (options.language, style) != (Language::Python, Style::Client) {
        return Err(refused("asynchronous is only for Python with the client; remove it"));
    }
    if options.page && options.language != Language::JavaScript {
        return Err(refused("page is only for JavaScript; remove it"));
    }
    if let Some(name) = &options.key_variable {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_name) || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(refused(
                "key_variable must be the name of a variable, such as MODELSLAB_API_KEY, and not a key",
            ));
        }
    }
    Ok(style)
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("the snippet can't be written: {why}"))
}

/// A header's name in its common spelling.
fn display_name(name: &str) -> &str {
    match name {
        "authorization" => "Authorization",
        "content-type" => "Content-Type",
        _ => name,
    }
}
