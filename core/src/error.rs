//! The error type and the table of error kinds.
//!
//! Invariant: an error states what happened and what to do next, carries the partial result, and never contains a key. The exception
//! classes of all languages are generated from the table of kinds.

use core::fmt;
use core::time::Duration;

use crate::http::Head;
use crate::json::json;
use crate::prelude::*;
use crate::text;
use crate::text::secrets::hide;
use crate::value::fields::fields;
use crate::value::{self, Map, Members, Value};

/// The exception class of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// Name of the exception class.
    pub name: &'static str,
    /// Name of the parent class; empty for the root.
    pub parent: &'static str,
    /// One sentence for the documentation of the class.
    pub doc: &'static str,
}

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $kind:ident => $name:literal : $parent:literal, )+) => {
        /// The kind of an [`Error`]. Kinds may be added, so a match needs a wildcard arm.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $( $(#[doc = $doc])+ $kind, )+ }

        impl ErrorKind {
            /// All kinds, parents before children.
            pub const ALL: &'static [ErrorKind] = &[ $( ErrorKind::$kind, )+ ];

            /// Returns the kind's name, parent and documentation.
            pub const fn info(self) -> KindInfo {
                match self { $( ErrorKind::$kind => KindInfo { name: $name, parent: $parent, doc: concat!($($doc),+) }, )+ }
            }

            /// Returns only the name, so that a wasm module doesn't contain the documentation.
            pub const fn name(self) -> &'static str {
                match self { $( ErrorKind::$kind => $name, )+ }
            }
        }
    };
}

kinds! {
    /// The base of all errors of this package, and the kind of provider errors that fit no other kind.
    Api => "APIError": "",
    /// A client option is missing, invalid, or not supported by this runtime.
    Configuration => "ConfigurationError": "APIError",
    /// The request was refused before it was sent.
    InvalidRequest => "InvalidRequestError": "APIError",
    /// The server couldn't be reached, or the connection broke before the answer began.
    Connection => "APIConnectionError": "APIError",
    /// The server took longer than a timeout allows.
    Timeout => "APITimeoutError": "APIConnectionError",
    /// No connection was made within `connect_timeout`.
    ConnectTimeout => "ConnectTimeoutError": "APITimeoutError",
    /// The stream produced nothing within `first_token_timeout`.
    FirstTokenTimeout => "FirstTokenTimeoutError": "APITimeoutError",
    /// A running stream was silent for longer than `idle_timeout`. Keep-alive comments count as silence.
    IdleTimeout => "IdleTimeoutError": "APITimeoutError",
    /// The call waited for the client's rate limits for longer than `queue_timeout`, and was not sent.
    QueueTimeout => "QueueTimeoutError": "APITimeoutError",
    /// The stream ended before the answer was complete. The partial answer is in `partial`.
    IncompleteStream => "IncompleteStreamError": "APIConnectionError",
    /// The response isn't a reply in the endpoint's format.
    ResponseValidation => "APIResponseValidationError": "APIError",
    /// The response exceeds a limit of this client.
    LimitExceeded => "LimitExceededError": "APIError",
    /// The request may cost more than is left of its budget, or its stream was stopped at the budget. The partial answer is in `partial`.
    BudgetExceeded => "BudgetExceededError": "APIError",
    /// The answer doesn't have the requested type. The answer is in `partial`.
    InvalidOutput => "InvalidOutputError": "APIError",
    /// The answer stopped at its length limit before it was complete. The partial answer is in `partial`.
    LengthFinishReason => "LengthFinishReasonError": "APIError",
    /// The provider's content filter stopped the answer. The partial answer is in `partial`.
    ContentFilterFinishReason => "ContentFilterFinishReasonError": "APIError",
    /// A function called by the model failed, or the model called functions in more steps than allowed.
    ToolRun => "ToolRunError": "APIError",
    /// The caller cancelled the request.
    UserAbort => "APIUserAbortError": "APIError",
    /// The provider has only queued the request (`status: processing`), which chats don't support.
    Processing => "ProcessingError": "APIError",
    /// The server responded with an error status.
    Status => "APIStatusError": "APIError",
    /// Status 400: the request is invalid.
    BadRequest => "BadRequestError": "APIStatusError",
    /// The prompt and the answer don't fit the model's context.
    ContextLength => "ContextLengthError": "BadRequestError",
    /// The provider's content filter refused the request.
    ContentFilter => "ContentFilterError": "BadRequestError",
    /// Status 401: the key is missing or invalid.
    Authentication => "AuthenticationError": "APIStatusError",
    /// Status 402: the account can't pay for the request.
    PaymentRequired => "PaymentRequiredError": "APIStatusError",
    /// Status 403: the key lacks permission.
    PermissionDenied => "PermissionDeniedError": "APIStatusError",
    /// Status 404: the model or the path doesn't exist.
    NotFound => "NotFoundError": "APIStatusError",
    /// Status 409: the request conflicts with another.
    Conflict => "ConflictError": "APIStatusError",
    /// Status 413: the request is too large.
    RequestTooLarge => "RequestTooLargeError": "APIStatusError",
    /// Status 422: the request is well-formed but can't be processed.
    UnprocessableEntity => "UnprocessableEntityError": "APIStatusError",
    /// Status 429: too many requests or tokens in a given time.
    RateLimit => "RateLimitError": "APIStatusError",
    /// The account's quota is used up. Waiting doesn't help.
    InsufficientQuota => "InsufficientQuotaError": "RateLimitError",
    /// Status 500 or above: the server failed.
    InternalServer => "InternalServerError": "APIStatusError",
    /// Status 529, or an equivalent error of the provider: the model is overloaded.
    Overloaded => "OverloadedError": "InternalServerError",
}

impl ErrorKind {
    /// Returns the kind for an HTTP status of 300 or above.
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

/// An error. Cheap to move; all fields but the kind and the message are optional.
#[derive(Clone, PartialEq)]
pub struct Error(Box<ErrorFields>);

/// The fields of an [`Error`], as passed to other languages (JSON, `null` if unknown).
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorFields {
    /// The kind, which determines the exception class.
    pub kind: ErrorKind,
    /// What happened and what to do next.
    pub message: String,
    /// HTTP status of the response, if there was one (200 for an error inside a stream).
    pub status: Option<u16>,
    /// `code` of the provider's error object; integers are converted to text.
    pub code: Option<String>,
    /// `param` of the provider's error object.
    pub param: Option<String>,
    /// `type` of the provider's error object.
    pub error_type: Option<String>,
    /// Value of the `x-request-id` or `request-id` header, or `request_id` of the body.
    pub request_id: Option<String>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// How often the request was sent again before this error.
    pub retries_taken: u32,
    /// The wait time requested by the server; in JSON, in seconds.
    pub retry_after: Option<Duration>,
    /// The response's headers, with names in lower case; empty if there was no response.
    pub headers: Vec<(String, String)>,
    /// The response's body: parsed if it was JSON, otherwise shortened text.
    pub body: Option<Value>,
    /// The partial result of a stream: a completion or message in the format of the endpoint.
    pub partial: Option<Value>,
    /// The parts of a typed answer that don't match its schema.
    pub problems: Vec<Problem>,
    /// The attempts of the call, with the members of [`crate::wire::Attempt`]; empty if nothing was sent.
    pub attempts: Vec<Value>,
}

fields! {
    open
    /// A mismatch between a value and its schema.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Problem {
        /// JSON pointer to the mismatch; empty for the root.
        pub path: String,
        /// Description of the mismatch.
        pub message: String,
    }
}

impl Problem {
    /// Returns the problem as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({"path": self.path, "message": self.message})
    }

    /// Formats problems as text, one per line.
    pub fn lines(problems: &[Self]) -> String {
        let mut lines = String::new();
        for Self { path, message } in problems {
            let path = if path.is_empty() { "(root)" } else { path };
            lines.push_str(if lines.is_empty() { "" } else { "\n" });
            lines.extend([path, ": ", message]);
        }
        lines
    }
}

impl ErrorFields {
    /// Returns the fields as a JSON object.
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
            "attempts": self.attempts,
        });
        if let (false, Value::Object(fields)) = (self.problems.is_empty(), &mut fields) {
            fields.set("problems", self.problems.iter().map(Problem::to_value).collect::<Value>());
        }
        fields
    }
}

impl Error {
    /// Creates an error. Whether it is retryable depends on its kind.
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
            attempts: Vec::new(),
        }))
    }

    /// Creates the error of a request that its caller cancelled.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::UserAbort, "the request was cancelled")
    }

    /// Returns the kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the message: what happened and what to do next.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the partial result of a stream, in the format of the endpoint.
    pub fn partial(&self) -> Option<&Value> {
        self.0.partial.as_ref()
    }

    /// Returns all fields of the error.
    pub fn fields(&self) -> &ErrorFields {
        &self.0
    }

    /// Returns all fields of the error for modification.
    pub fn fields_mut(&mut self) -> &mut ErrorFields {
        &mut self.0
    }

    /// Adds the status, the headers and the request id of a response.
    pub fn with_head(mut self, head: &Head) -> Self {
        let inner = &mut *self.0;
        inner.status = inner.status.or(Some(head.status));
        inner.headers = head.headers.to_vec();
        inner.request_id = head.request_id().map(str::to_owned).or(inner.request_id.take());
        self
    }

    /// Adds the partial result, unless there already is one.
    pub fn with_partial(mut self, partial: Option<Value>) -> Self {
        if self.0.partial.is_none() {
            self.0.partial = partial;
        }
        self
    }

    /// Replaces a secret of at least 8 characters by `[redacted]`, because servers may echo the key that they refuse.
    pub fn redact(mut self, secret: &str) -> Self {
        let inner = &mut *self.0;
        hide(&mut inner.message, secret);
        for text in
            [&mut inner.code, &mut inner.param, &mut inner.error_type, &mut inner.request_id].into_iter().flatten()
        {
            hide(text, secret);
        }
        inner.headers.iter_mut().for_each(|(_, value)| hide(value, secret));
        for value in [&mut inner.body, &mut inner.partial].into_iter().flatten().chain(&mut inner.attempts) {
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

/// Returns the error of an invalid option.
pub fn invalid_option(reason: &dyn core::fmt::Display) -> Error {
    Error::new(ErrorKind::Configuration, format!("invalid option: {reason}"))
}
