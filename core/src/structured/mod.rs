//! Typed answers: how a request asks for JSON, how the value is read from a reply, and what follows an answer that does not fit.
//!
//! Pure, and the same for every runtime. The host derives a JSON Schema from a type of its language and checks values against that type;
//! everything between is decided here, in one [`Plan`].

mod plan;
mod read;
mod reject;

use crate::json::{Root, json};
use crate::prelude::*;
use crate::value::Value;
use crate::value::fields::{fields, words};
use crate::wire::Format;

pub use plan::WIRE_FORMATS;
pub use read::{Answers, Extracted, Missing, MissingKind};
pub use reject::{MAX_REASKS, OnInvalid, Rejection};

words! {
    /// How an endpoint is asked for JSON.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Mode {
        /// `response_format: json_schema`, or `output_config.format` of messages: the endpoint constrains the model.
        #[default]
        JsonSchema = "json_schema",
        /// `response_format: json_object` of chat completions; the schema is an instruction.
        JsonObject = "json_object",
        /// A tool that the model has to call.
        Tool = "tool",
    }
    "json_schema, json_object or tool"
}

/// The type of an answer, as the caller gives it.
#[derive(Debug, Clone, Default)]
pub struct AnswerType {
    /// A JSON Schema, or a format of the API (`json_schema`, `json_object`); `schema` is then ignored.
    pub format: Value,
    /// The JSON Schema of a type of the host's language.
    pub schema: Value,
    /// The type's name. Default: the schema's title, or `answer`.
    pub name: Option<String>,
    /// A description of the answer, for the model. Default: the schema's description.
    pub description: Option<String>,
    /// How the endpoint is asked.
    pub mode: Option<Mode>,
    /// Whether a strict schema is derived. Default: as the format says, or true.
    pub strict: Option<bool>,
}

fields! {
    open
    /// How one request asks for a typed answer, and how its replies are read.
    #[derive(Debug, Clone, Default)]
    pub struct Plan {
        /// The format of the request.
        pub endpoint: Format,
        /// The type's name, as endpoints accept it.
        pub name: String,
        /// The JSON Schema of the value.
        pub schema: Value,
        /// How the endpoint is asked.
        pub mode: Mode,
        /// Whether the endpoint holds the model to a strict schema. Members that are optional in `schema` may then be null in the reply.
        pub strict: bool,
        /// A description of the answer, for the model.
        pub description: Option<String>,
        /// Whether the value is the member `value` of an object: endpoints want an object at the root.
        pub wrapped: bool,
        /// The kind of JSON value that the reply's text contains.
        pub root: Root,
    }
}

impl Plan {
    /// The plan as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({
            "endpoint": self.endpoint.word(),
            "name": self.name,
            "schema": self.schema,
            "mode": self.mode.word(),
            "strict": self.strict,
            "description": self.description,
            "wrapped": self.wrapped,
            "root": self.root.word(),
        })
    }
}
