//! API endpoints: path, request checks and reply decoder of each.
//!
//! Invariant: code outside `wire` selects a format only through an [`Endpoint`] or a [`Format`].

use crate::prelude::*;
use crate::value::{Map, Members, Value, integer};

use super::body::{BodyReader, without_padding};
use super::{Step, StreamCodec, anthropic, errors, frames, models, openai};
use crate::config::Config;
pub use crate::config::Format;
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::json::json;
use crate::text;
use crate::text::url::percent_encode;

/// An API endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /chat/completions`, in OpenAI's format.
    Chat,
    /// `POST /v1/messages`, in Anthropic's format.
    Messages,
    /// `POST /v1/messages/count_tokens`, in Anthropic's format.
    CountTokens,
    /// `GET /v1/models`, in either format.
    Models,
    /// `GET /v1/models/ID`, in either format.
    Model(String),
    /// Files and batches of a provider: `/files` and `/batches`, or `/v1/messages/batches`.
    Batches(Format),
}

impl Format {
    /// Returns the endpoint of the format.
    pub fn endpoint(self) -> Endpoint {
        match self {
            Self::Chat => Endpoint::Chat,
            Self::Messages => Endpoint::Messages,
        }
    }

    /// Makes a streamed chat completion report its usage, unless the request sets `stream_options`. Messages always report their usage.
    pub(crate) fn request_usage(self, body: &mut Map<String, Value>) {
        if self == Self::Chat && body.get("stream_options").is_none_or(Value::is_null) {
            body.set("stream_options", json!({"include_usage": true}));
        }
    }
}

impl Endpoint {
    /// Returns the name that bindings use, as accepted by [`Endpoint::parse`].
    pub fn name(&self) -> String {
        match self {
            Self::Chat => "chat".to_owned(),
            Self::Messages => "messages".to_owned(),
            Self::CountTokens => "count_tokens".to_owned(),
            Self::Models => "models".to_owned(),
            Self::Model(id) => format!("models/{id}"),
            Self::Batches(_) => "batches".to_owned(),
        }
    }

    /// Parses the name of an endpoint: `chat`, `messages`, `count_tokens`, `models` or `models/ID`.
    #[inline(never)]
    pub fn parse(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "chat" => Self::Chat,
            "messages" => Self::Messages,
            "count_tokens" => Self::CountTokens,
            "models" => Self::Models,
            _ => match name.strip_prefix("models/") {
                Some(id) if !id.is_empty() => Self::Model(id.to_owned()),
                _ => return Err(Error::new(ErrorKind::InvalidRequest, format!("unknown endpoint \"{name}\""))),
            },
        })
    }

    /// Returns whether replies of this endpoint cost money.
    pub(crate) fn is_paid(&self) -> bool {
        matches!(self, Self::Chat | Self::Messages)
    }

    /// Returns the method, the path, and whether the path is below `/v1`.
    pub(crate) fn location(&self) -> (&'static str, String, bool) {
        match self {
            Self::Chat => ("POST", "chat/completions".to_owned(), false),
            Self::Messages => ("POST", "messages".to_owned(), true),
            Self::CountTokens => ("POST", "messages/count_tokens".to_owned(), true),
            Self::Models => ("GET", "models".to_owned(), true),
            Self::Model(id) => {
                // A slash is escaped too, as in the official clients: an id is one segment.
                let mut path = "models/".to_owned();
                percent_encode(id, &mut path);
                ("GET", path, true)
            }
            Self::Batches(Format::Chat) => ("GET", "batches".to_owned(), false),
            Self::Batches(Format::Messages) => ("GET", "messages/batches".to_owned(), true),
        }
    }

    /// Returns the format of answers; `None` for an endpoint without answers of a model.
    #[cfg(feature = "fallback")]
    pub(crate) fn format(&self) -> Option<Format> {
        match self {
            Self::Chat => Some(Format::Chat),
            Self::Messages => Some(Format::Messages),
            Self::CountTokens | Self::Models | Self::Model(_) | Self::Batches(_) => None,
        }
    }

    /// Decodes an unstreamed reply, or an event stream that the server sent instead. `codec` decodes an
    /// answer, if it is not that of the endpoint.
    pub(crate) fn decode(
        &self,
        codec: Option<Box<dyn StreamCodec + Send>>,
        config: &Config,
        head: &Head,
        body: Vec<u8>,
    ) -> Result<Value, Error> {
        if self.is_paid() {
            let codec = codec.unwrap_or_else(|| self.codec(head.clone()));
            return decode_answer(codec, config, head, body);
        }
        let Some(reply) = frames::reply(&body) else {
            return Err(errors::invalid_body(head, &body));
        };
        match (self, reply) {
            (Self::Models | Self::Model(_), reply) => models::decode(reply, *self == Self::Models, head, &body),
            (Self::Batches(_), Value::Object(fields)) => {
                // Files and batches have an id, and lists have items. A batch has `errors` and a `status` of its own, which are no error of the request.
                if fields.contains_key("id") || fields.get("data").is_some_and(Value::is_array) {
                    return Ok(fields.into());
                }
                Err(errors::find_in_success(&fields, head).unwrap_or_else(|| errors::invalid_body(head, &body)))
            }
            (Self::CountTokens, Value::Object(fields)) => {
                let is_count = |fields: &Map<String, Value>| fields.contains_key("input_tokens");
                let mut fields = errors::remove_wrapper(fields, is_count);
                if let Some(error) = errors::find_in_success(&fields, head) {
                    return Err(error);
                }
                let Some(count) = fields.get("input_tokens").and_then(integer) else {
                    return Err(errors::invalid_body(head, &body));
                };
                fields.set("input_tokens", count);
                Ok(Value::Object(fields))
            }
            _ => Err(errors::invalid_body(head, &body)),
        }
    }

    /// Creates the decoder for the stream of the response with this head.
    pub fn codec(&self, head: Head) -> Box<dyn StreamCodec + Send> {
        match self {
            Self::Messages => Box::new(anthropic::Codec::new(head)),
            _ => Box::new(openai::Codec::new(head)),
        }
    }

    /// Checks a request body against the format's requirements.
    pub(crate) fn check(&self, body: &Map<String, Value>) -> Result<(), Error> {
        match self {
            Self::Chat => openai::check(body),
            Self::Messages => anthropic::check(body, true),
            Self::CountTokens => anthropic::check(body, false),
            Self::Models | Self::Model(_) | Self::Batches(_) => Ok(()),
        }
    }
}

fn decode_answer(
    codec: Box<dyn StreamCodec + Send>,
    config: &Config,
    head: &Head,
    body: Vec<u8>,
) -> Result<Value, Error> {
    let start = without_padding(&body);
    let is_known = start.first().is_some_and(|first| matches!(first, b'{' | b':' | 0x1f));
    let is_stream = |header: &str| text::contains(header, "event-stream");
    let has_fields = ["data:", "event:", "id:", "retry:"].iter().any(|name| start.starts_with(name.as_bytes()));
    let is_empty = start.is_empty();
    if is_empty || !is_known && !has_fields && !head.header("content-type").is_some_and(is_stream) {
        return Err(errors::invalid_body(head, &body));
    }
    let mut reader = BodyReader::new(codec, head.clone(), config.body_limits(), false);
    reader.take(body.into())?;
    let outcome = read_to_end(&mut reader, config);
    outcome.map_err(|error| {
        // Text that the codec held back belongs to the partial answer.
        reader.codec.flush(&mut Vec::new());
        error.with_partial(reader.codec.snapshot())
    })?;
    reader.codec.snapshot().ok_or_else(|| errors::invalid_body(head, b""))
}

/// Decodes a complete body.
fn read_to_end(reader: &mut BodyReader, config: &Config) -> Result<(), Error> {
    let mut items = Vec::new();
    let mut step = Step::KeepAlive;
    while step != Step::Done {
        let Some((next, _)) = reader.next(&mut items)? else {
            reader.finish(&mut items)?;
            break;
        };
        step = next;
        items.clear();
    }
    reader.check_finish_reason(config).map(drop)
}
