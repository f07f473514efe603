//! Tools: how requests tell of them, which calls a reply makes, and the turn that answers them.
//!
//! Law: pure, from JSON to JSON, the same for every runtime. Which functions run, and how, each language decides.

use crate::prelude::*;
use crate::value::{self, Map, Members, Value, json};

use crate::error::Error;
use crate::fields::fields;
use crate::schema;
use crate::wire::Endpoint;

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
        /// Whether the endpoint shall hold the model to the schema.
        pub strict: Option<bool>,
    }
}

impl Tool {
    /// The tool in an endpoint's shape, its schema made strict where it shall be.
    ///
    /// # Errors
    ///
    /// A schema that strict mode can't express.
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
}

/// A call that a reply makes.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Call {
    /// The provider's id of the call.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub arguments: Option<Map<String, Value>>,
    /// Why the call can't be made, in words for the model.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub problem: Option<String>,
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
    /// What a call gave.
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

/// The calls of a reply (of a completion: its first choice). With `known` a call of another name is a problem.
pub fn calls(endpoint: &Endpoint, reply: &Value, known: Option<&[Tool]>) -> Vec<Call> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if *endpoint == Endpoint::Chat {
        let calls = at(reply, "/choices/0/message/tool_calls").as_array().into_iter().flatten();
        return calls
            .filter(|call| at(call, "/function").is_object())
            .map(|call| {
                let arguments = at(call, "/function/arguments").as_str().unwrap_or_default();
                checked(text(at(call, "/id")), text(at(call, "/function/name")), arguments, known)
            })
            .collect();
    }
    let blocks =
        at(reply, "/content").as_array().into_iter().flatten().filter(|block| at(block, "/type") == "tool_use");
    blocks
        .map(|block| {
            let arguments = match at(block, "/input") {
                Value::String(text) => text.as_str().to_owned(),
                Value::Null => String::new(),
                input => input.to_string(),
            };
            checked(text(at(block, "/id")), text(at(block, "/name")), &arguments, known)
        })
        .collect()
}

fn checked(id: String, name: String, arguments: &str, known: Option<&[Tool]>) -> Call {
    if let Some(tools) = known.filter(|tools| tools.iter().all(|tool| tool.name != name)) {
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        let problem = format!("there is no tool \"{name}\"; there are: {}", names.join(", "));
        return Call { id, name, arguments: None, problem: Some(problem) };
    }
    // A tool without parameters is often called without arguments.
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    match value::parse_object(arguments) {
        Ok(arguments) => {
            let mut arguments = Value::Object(arguments);
            let tool = known.and_then(|tools| tools.iter().find(|tool| tool.name == name && tool.strict == Some(true)));
            if let Some(tool) = tool {
                schema::remove_added_nulls(&mut arguments, &tool.parameters);
            }
            Call { id, name, arguments: arguments.as_object().cloned(), problem: None }
        }
        Err(why) => {
            let problem = format!("the arguments of \"{name}\" are no JSON object: {why}");
            Call { id, name, arguments: None, problem: Some(problem) }
        }
    }
}

/// Adds a reply's turn to a request, and the results of its calls.
pub fn answer(endpoint: &Endpoint, request: &mut Map<String, Value>, reply: &Value, results: &[Outcome]) {
    let messages = request.entry("messages").or_insert_with(|| json!([]));
    let Value::Array(messages) = messages else { return };
    if *endpoint == Endpoint::Chat {
        messages.push(chat_turn(at(reply, "/choices/0/message")));
        let tool = |result: &Outcome| json!({"role": "tool", "tool_call_id": result.id, "content": result.content});
        messages.extend(results.iter().map(tool));
        return;
    }
    // Blocks go back as they came: signatures of thinking are checked.
    messages.push(json!({"role": "assistant", "content": at(reply, "/content")}));
    let blocks: Vec<_> = results
        .iter()
        .map(|result| {
            let mut block = json!({"type": "tool_result", "tool_use_id": result.id, "content": result.content});
            if let (true, Value::Object(block)) = (result.is_error, &mut block) {
                block.set("is_error", true);
            }
            block
        })
        .collect();
    if !blocks.is_empty() {
        messages.push(json!({"role": "user", "content": blocks}));
    }
}

/// The value at a JSON pointer, null where there is none.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    const NONE: &Value = &Value::Null;
    value.pointer(pointer).unwrap_or(NONE)
}

/// A message of a reply as a request may hold it: strict endpoints refuse fields that only replies have. Of reasoning, only what
/// OpenRouter asks to be sent back (`reasoning_details`) goes back.
fn chat_turn(message: &Value) -> Value {
    let mut turn = value::object([("role", "assistant".into())]);
    for name in ["content", "tool_calls", "refusal", "name", "audio", "reasoning_details"] {
        match at(message, &format!("/{name}")) {
            Value::Null if name != "content" => {}
            // An answer that was spoken is named by its id.
            Value::Object(audio) if name == "audio" => {
                drop(turn.insert(name.to_owned(), json!({"id": audio.get("id")})));
            }
            value => drop(turn.insert(name.to_owned(), value.clone())),
        }
    }
    turn.into()
}
