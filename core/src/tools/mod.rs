//! Tools: their definitions, the calls of a reply, and the turns that answer the calls.
//!
//! Pure functions from JSON to JSON, shared by every runtime and by conversations. A call whose arguments cannot be read has a `problem`
//! and no `arguments`, so that no host can run it. A turn that is sent back is valid in its format, even if the reply was not.

mod calls;
pub mod run;
mod turns;

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::error::Error;
use crate::schema;
use crate::value::fields::fields;
use crate::wire::Endpoint;

pub(crate) use crate::value::at;
pub use calls::{LENGTH_REASONS, calls, checked, is_paused};
pub(crate) use calls::{calls_of, is_at_limit, written_in};
pub use turns::answer;
pub(crate) use turns::{Thoughts, add_turn, blocks, chat_turn, free_choice, remove_added_fields};

fields! {
    open
    /// A function that a model may call.
    #[derive(Debug, Clone, Default)]
    pub struct Tool {
        /// Its name: letters, digits, `_` and `-`.
        pub name: String,
        /// What it does, for the model.
        pub description: Option<String>,
        /// The JSON Schema of its arguments, an object.
        pub parameters: Value,
        /// Whether the endpoint holds the model to the schema.
        pub strict: Option<bool>,
    }
}

impl Tool {
    /// The definition of the tool in the format of an endpoint, with a strict schema if the tool is strict.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidRequest`] for a schema that strict mode cannot express.
    pub fn on_wire(&self, endpoint: &Endpoint) -> Result<Value, Error> {
        let parameters = if *endpoint == Endpoint::Messages { "input_schema" } else { "parameters" };
        let mut fields = value::object([("name", self.name.as_str().into())]);
        if let Some(text) = &self.description {
            fields.set("description", text.as_str());
        }
        let schema =
            if self.strict == Some(true) { schema::strict(&self.parameters)? } else { self.parameters.clone() };
        fields.insert(parameters.to_owned(), schema);
        if let Some(strict) = self.strict {
            fields.set("strict", strict);
        }
        let is_message = *endpoint == Endpoint::Messages;
        Ok(if is_message { fields.into() } else { json!({"type": "function", "function": fields}) })
    }

    /// The tool as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
            "strict": self.strict,
        })
    }
}

fields! {
    open
    /// A call that a reply makes.
    #[derive(Debug, Clone, Default, PartialEq)]
    pub struct Call {
        /// The provider's id of the call.
        pub id: String,
        /// The tool's name.
        pub name: String,
        /// The arguments.
        pub arguments: Option<Map<String, Value>>,
        /// Why the call cannot be made, as text for the model.
        pub problem: Option<String>,
    }
}

impl Call {
    /// The call as a JSON object.
    pub fn to_value(&self) -> Value {
        let mut fields = value::object([("id", self.id.as_str().into()), ("name", self.name.as_str().into())]);
        if let Some(arguments) = &self.arguments {
            fields.set("arguments", arguments.clone());
        }
        if let Some(problem) = &self.problem {
            fields.set("problem", problem.as_str());
        }
        fields.into()
    }
}

fields! {
    open
    /// The result of a call.
    #[derive(Debug, Clone, Default)]
    pub struct Outcome {
        /// The call's id.
        pub id: String,
        /// The tool's name.
        pub name: String,
        /// The result, for the model: a text, or content blocks of the endpoint's format.
        pub content: Value,
        /// Whether the call failed.
        pub is_error: bool,
    }
}

/// The text at a JSON pointer; empty if there is none.
fn text(value: &Value, pointer: &str) -> String {
    at(value, pointer).as_str().unwrap_or_default().to_owned()
}
