//! What can go wrong, as one type with one open list of kinds.
//!
//! Law: an error says what happened, what to do next, and carries what was already received. It never holds a key. The kinds,
//! their names and their parents are one table, from which the exception classes of every language are generated.

use core::fmt;
use core::time::Duration;

use crate::http::Head;
use crate::json::json;
use crate::prelude::*;
use crate::text;
use crate::text::secrets::hide;
use crate::value::fields::fields;
use crate::value::{self, Map, Members, Value};

/// What a kind is called in the languages above: `name` extends `parent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// Name of the exception class.
    pub name: &'static str,
    /// Name of the class that it extends; empty for the root.
    pub parent: &'static str,
    /// One sentence for the class's documentation.
    pub doc: &'static str,
}

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $kind:ident => $name:literal : $parent:literal, )+) => {
        /// The kind of an [`Error`]. The list is open: match with a wildcard arm.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $( $(#[doc = $doc])+ $kind, )+ }

        impl ErrorKind {
            /// Every kind, parents before children.
            pub const ALL: &'static [ErrorKind] = &[ $( ErrorKind::$kind, )+ ];

            /// The kind's name, parent and documentation.
            pub const fn info(self) -> KindInfo {
                match self { $( ErrorKind::$kind => KindInfo { name: $name, parent: $parent, doc: concat!($($doc),+) }, )+ }
            }

            /// The kind's name alone: a wasm module that uses nothing else holds no documentation.
            pub const fn name(self) -> &'static str {
                match self { $( ErrorKind::$kind => $name, )+ }
            }
        }
    };
}

kinds! {
    /// Any error of this package; also one that a provider sent and that fits no other kind.
    Api => "APIError": "",
    /// A client was made with an option that is missing, wrong, or that this runtime can't honour.
    Configuration => "ConfigurationError": "APIError",
    /// A request was refused before it was sent.
    InvalidRequest => "InvalidRequestError": "APIError",
    /// The server couldn't be reached, or the connection broke before the answer began.
    Connection => "APIConnectionError": "APIError",
    /// The server took longer than a timeout allows.
    Timeout => "APITimeoutError": "APIConnectionError",
    /// No connection was made within `connect_timeout`.
    ConnectTimeout => "ConnectTimeoutError": "APITimeoutError",
    /// The stream brought nothing within `first_token_timeout`.
    FirstTokenTimeout => "FirstTokenTimeoutError": "APITimeoutError",
    /// A running stream fell silent for longer than `idle_timeout`; keep-alive comments are silence too.
    IdleTimeout => "IdleTimeoutError": "APITimeoutError",
    /// The stream ended without its end: what came is in `partial`.
    IncompleteStream => "IncompleteStreamError": "APIConnectionError",
    /// The server answered with something that isn't a reply in this format.
    ResponseValidation => "APIResponseValidationError": "APIError",
    /// The server sent more than a limit of this client allows.
    LimitExceeded => "LimitExceededError": "APIError",
    /// The request can cost more than its budget has left, or its stream was stopped before it did: what came is in `partial`.
    BudgetExceeded => "BudgetExceededError": "APIError",
    /// The answer doesn't fit the type that was asked for: what came is in `partial`.
    InvalidOutput => "InvalidOutputError": "APIError",
    /// The answer stopped at its length limit before it was whole: what came is in `partial`.
    LengthFinishReason => "LengthFinishReasonError": "APIError",
    /// The provider's content filter stopped the answer: what came is in `partial`.
    ContentFilterFinishReason => "ContentFilterFinishReasonError": "APIError",
    /// A function that the model called failed, or the model called functions for more steps than it may.
    ToolRun => "ToolRunError": "APIError",
    /// The caller cancelled the request.
    UserAbort => "APIUserAbortError": "APIError",
    /// The provider has only queued the request (`status: processing`), which a chat can't wait for.
    Processing => "ProcessingError": "APIError",
    /// The server answered with an error status.
    Status => "APIStatusError": "APIError",
    /// Status 400: the request is wrong.
    BadRequest => "BadRequestError": "APIStatusError",
    /// The prompt and the answer don't fit the model's context.
    ContextLength => "ContextLengthError": "BadRequestError",
    /// The provider's content filter refused the request.
    ContentFilter => "ContentFilterError": "BadRequestError",
    /// Status 401: the key is missing or wrong.
    Authentication => "AuthenticationError": "APIStatusError",
    /// Status 402: the account can't pay for the request.
    PaymentRequired => "PaymentRequiredError": "APIStatusError",
    /// Status 403: the key may not do this.
    PermissionDenied => "PermissionDeniedError": "APIStatusError",
    /// Status 404: no such model or path.
    NotFound => "NotFoundError": "APIStatusError",
    /// Status 409: the request conflicts with another.
    Conflict => "ConflictError": "APIStatusError",
    /// Status 413: the request is too large.
    RequestTooLarge => "RequestTooLargeError": "APIStatusError",
    /// Status 422: the request is well-formed but can't be processed.
    UnprocessableEntity => "UnprocessableEntityError": "APIStatusError",
    /// Status 429: too many requests or tokens in a given time.
    RateLimit => "RateLimitError": "APIStatusError",
    /// The account's quota is used up: waiting doesn't help.
    InsufficientQuota => "InsufficientQuotaError": "RateLimitError",
    /// Status 500 or above: the server failed.
    InternalServer => "InternalServerError": "APIStatusError",
    /// Status 529, or an error that the provider names so: the model is overloaded.
    Overloaded => "OverloadedError": "InternalServerError",
}

impl ErrorKind {
    /// The kind that an HTTP status of 300 and above stands for.
    pub fn from_status(status: u16) -> Self {
        match status {
            400 => Self::BadRequest,
            401 => Self::Authentication,
            402 => Self::PaymentRequired,
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            409 => Self::Conflict,
            413 => Self::RequestTooLarge,
            422 => Self::UnprocessableEntity,
            429 => Self::RateLimit,
            529 => Self::Overloaded,
            500.. => Self::InternalServer,
            _ => Self::Status,
        }
    }
}

/// One error. Cheap to move; everything beyond kind and message is optional.
#[derive(Clone, PartialEq)]
pub struct Error(Box<ErrorFields>);

/// The parts of an [`Error`], as they cross into other languages (JSON, `null` where unknown).
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorFields {
    /// Name of the kind: the exception class.
    pub kind: ErrorKind,
    /// What happened and what to do next.
    pub message: String,
    /// HTTP status of the answer, where there was one (200 for an error inside a stream).
    pub status: Option<u16>,
    /// `code` of the provider's error object; integers are given as text.
    pub code: Option<String>,
    /// `param` of the provider's error object.
    pub param: Option<String>,
    /// `type` of the provider's error object.
    pub error_type: Option<String>,
    /// Value of the `x-request-id` or `request-id` header, or `request_id` of the body.
    pub request_id: Option<String>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// How often this request was sent again before this error.
    pub retries_taken: u32,
    /// How long the server asked to wait, in seconds.
    pub retry_after: Option<Duration>,
    /// The answer's headers, their names in lower case; empty where there was no answer.
    pub headers: Vec<(String, String)>,
    /// The answer's body: JSON where it was JSON, else text, trimmed.
    pub body: Option<Value>,
    /// What a stream had delivered until then: a completion or message in the format of the endpoint.
    pub partial: Option<Value>,
    /// What of a typed answer does not fit its type.
    pub problems: Vec<Problem>,
}

fields! {
    open
    /// A part of a value that does not fit a schema.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Problem {
        /// The part, as a JSON pointer; empty for the whole value.
        pub path: String,
        /// What is wrong with it.
        pub message: String,
    }
}

impl Problem {
    /// The problem as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({"path": self.path, "message": self.message})
    }

    /// Problems as text, one on each line.
    pub fn lines(problems: &[Self]) -> String {
        let mut lines = String::new();
        for Self { path, message } in problems {
            let path = if path.is_empty() { "(the whole)" } else { path };
            lines.push_str(if lines.is_empty() { "" } else { "\n" });
            lines.extend([path, ": ", message]);
        }
        lines
    }
}

impl ErrorFields {
    /// The parts as a JSON object.
    pub fn to_value(&self) -> Value {
        let mut fields = json!({
            "kind": self.kind.name(),
            "message": self.message,
            "status": self.status,
            "code": self.code,
            "param": self.param,
            "type": self.error_type,
            "request_id": self.request_id,
            "retryable": self.retryable,
            "retries_taken": self.retries_taken,
            "retry_after": self.retry_after.map(value::seconds),
            "headers": value::pairs(&self.headers),
            "body": self.body,
            "partial": self.partial,
        });
        if let (false, Value::Object(fields)) = (self.problems.is_empty(), &mut fields) {
            fields.set("problems", self.problems.iter().map(Problem::to_value).collect::<Value>());
        }
        fields
    }
}

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retryable = matches!(
            kind,
            ErrorKind::Connection
                | ErrorKind::Timeout
                | ErrorKind::ConnectTimeout
                | ErrorKind::FirstTokenTimeout
                | ErrorKind::IdleTimeout
                | ErrorKind::IncompleteStream
                | ErrorKind::Conflict
                | ErrorKind::RateLimit
                | ErrorKind::InternalServer
                | ErrorKind::Overloaded
        );
        Self(Box::new(ErrorFields {
            kind,
            message: message.into(),
            status: None,
            code: None,
            param: None,
            error_type: None,
            request_id: None,
            retryable,
            retries_taken: 0,
            retry_after: None,
            headers: Vec::new(),
            body: None,
            partial: None,
            problems: Vec::new(),
        }))
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened and what to do next.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the stream had delivered before the error, in the format of the endpoint.
    pub fn partial(&self) -> Option<&Value> {
        self.0.partial.as_ref()
    }

    /// Every part of the error.
    pub fn fields(&self) -> &ErrorFields {
        &self.0
    }

    /// Every part of the error, to fill in what its maker could not know.
    pub fn fields_mut(&mut self) -> &mut ErrorFields {
        &mut self.0
    }

    /// Attaches what came with the answer's beginning.
    pub fn with_head(mut self, head: &Head) -> Self {
        let inner = &mut *self.0;
        inner.status = inner.status.or(Some(head.status));
        inner.headers = head.headers.to_vec();
        inner.request_id = head.request_id().map(str::to_owned).or(inner.request_id.take());
        self
    }

    /// Attaches what was received so far.
    pub fn with_partial(mut self, partial: Option<Value>) -> Self {
        if self.0.partial.is_none() {
            self.0.partial = partial;
        }
        self
    }

    /// Replaces a secret of at least 8 characters by `[redacted]`: a server may echo the key that it refused.
    pub fn redact(mut self, secret: &str) -> Self {
        let inner = &mut *self.0;
        hide(&mut inner.message, secret);
        for text in
            [&mut inner.code, &mut inner.param, &mut inner.error_type, &mut inner.request_id].into_iter().flatten()
        {
            hide(text, secret);
        }
        inner.headers.iter_mut().for_each(|(_, value)| hide(value, secret));
        for value in [&mut inner.body, &mut inner.partial].into_iter().flatten() {
            hide_in_value(value, secret);
        }
        self
    }
}

fn hide_in_value(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) => hide(text, secret),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_in_value(item, secret)),
        Value::Object(fields) => {
            if fields.keys().any(|name| text::contains(name, secret)) {
                let hidden = |(mut name, value): (String, Value)| {
                    hide(&mut name, secret);
                    (name, value)
                };
                *fields = core::mem::take(fields).into_iter().map(hidden).collect::<Map<_, _>>();
            }
            fields.values_mut().for_each(|value| hide_in_value(value, secret));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl fmt::Debug for Error {
    /// The kind, the message, and what identifies the answer: `NotFoundError: no such model (status 404, request id req_1)`. Headers, body
    /// and partial answer are in [`Error::fields`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind().name(), self.message())?;
        let mut separator = " (";
        if let Some(status) = self.0.status {
            write!(f, "{separator}status {status}")?;
            separator = ", ";
        }
        for (name, value) in [("code", &self.0.code), ("request id", &self.0.request_id)] {
            if let Some(value) = value {
                write!(f, "{separator}{name} {value}")?;
                separator = ", ";
            }
        }
        if self.0.retries_taken > 0 {
            write!(f, "{separator}retries {}", self.0.retries_taken)?;
            separator = ", ";
        }
        if self.0.partial.is_some() {
            write!(f, "{separator}with a partial answer")?;
            separator = ", ";
        }
        if separator == ", " { f.write_str(")") } else { Ok(()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl core::error::Error for Error {}

/// The error of options that can't be read.
pub fn invalid_option(why: &dyn core::fmt::Display) -> Error {
    Error::new(ErrorKind::Configuration, format!("an option is wrong: {why}"))
}
