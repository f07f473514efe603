//! The requests that a client sends, and the types of their replies.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use trilogue_core::{
    AnthropicMessage, ChatCompletion, ChatCompletionChunk, ChatRequest, Error, ErrorKind, MessageEvent, MessagesRequest,
};

use trilogue_core::request::parameters;

use crate::platform::{MaybeSend, MaybeSync};

/// A request that a model answers: a [`ChatRequest`] (OpenAI's format) or a [`MessagesRequest`] (Anthropic's).
///
/// Methods such as [`Client::parse`](crate::Client::parse) take either. This trait is sealed.
pub trait Request: Serialize + sealed::Sealed + 'static {
    /// The complete reply.
    type Reply: DeserializeOwned + MaybeSend + MaybeSync + Unpin + 'static;
    /// One item of a streamed reply.
    type Item: DeserializeOwned + MaybeSend + MaybeSync + Unpin + 'static;
}

impl Request for ChatRequest {
    type Reply = ChatCompletion;
    type Item = ChatCompletionChunk;
}

impl Request for MessagesRequest {
    type Reply = AnthropicMessage;
    type Item = MessageEvent;
}

pub(crate) mod sealed {
    use trilogue_core::wire::Format;
    use trilogue_core::{ChatRequest, MessagesRequest};

    pub trait Sealed {
        #[doc(hidden)]
        const FORMAT: Format;
    }

    impl Sealed for ChatRequest {
        const FORMAT: Format = Format::Chat;
    }

    impl Sealed for MessagesRequest {
        const FORMAT: Format = Format::Messages;
    }
}

/// The body of a request.
pub(crate) fn body(request: &impl Serialize) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(request) {
        Ok(Value::Object(fields)) => parameters::check_finite(&fields).map(|()| fields),
        _ => Err(Error::new(ErrorKind::InvalidRequest, "the request can't be written as JSON")),
    }
}

/// Reads a reply, or an item of one, as a Rust type.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value)
        .map_err(|why| Error::new(ErrorKind::ResponseValidation, format!("the reply does not match its format: {why}")))
}
