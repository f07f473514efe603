//! Tools: how requests tell of them, which calls a reply makes, and the turn that answers them.
//!
//! Law: pure, from JSON to JSON, the same for every runtime, and for conversations. Which functions run, and how, each language decides.

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
    let made = if *endpoint == Endpoint::Chat { chat_calls(reply) } else { message_calls(reply) };
    match known {
        Some(tools) => made.into_iter().map(|call| checked(call, tools)).collect(),
        None => made,
    }
}

fn chat_calls(reply: &Value) -> Vec<Call> {
    let calls = at(reply, "/choices/0/message/tool_calls").as_array().into_iter().flatten();
    calls
        .filter(|made| at(made, "/function").is_object())
        .map(|made| {
            call(
                text(made, "/id"),
                text(made, "/function/name"),
                at(made, "/function/arguments").as_str().unwrap_or_default(),
            )
        })
        .collect()
}

fn message_calls(reply: &Value) -> Vec<Call> {
    let blocks = at(reply, "/content").as_array().into_iter().flatten();
    blocks
        .filter(|block| at(block, "/type") == "tool_use")
        .map(|block| {
            let arguments = match at(block, "/input") {
                Value::String(text) => text.as_str().to_owned(),
                Value::Null => String::new(),
                input => input.to_string(),
            };
            call(text(block, "/id"), text(block, "/name"), &arguments)
        })
        .collect()
}

fn text(value: &Value, pointer: &str) -> String {
    at(value, pointer).as_str().unwrap_or_default().to_owned()
}

/// A call as a reply makes it.
fn call(id: String, name: String, arguments: &str) -> Call {
    // A tool without parameters is often called without arguments.
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    match value::parse_object(arguments) {
        Ok(arguments) => Call { id, name, arguments: Some(arguments), problem: None },
        Err(why) => {
            let problem = format!("the arguments of \"{name}\" are no JSON object: {why}");
            Call { id, name, arguments: None, problem: Some(problem) }
        }
    }
}

/// A call of one of these tools: of another name it is a problem, and what strict schemas added to its arguments is removed.
pub(crate) fn checked(mut call: Call, tools: &[Tool]) -> Call {
    match (tools.iter().find(|tool| tool.name == call.name), call.arguments.take()) {
        (None, _) => {
            let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
            call.problem = Some(format!("there is no tool \"{}\"; there are: {}", call.name, names.join(", ")));
        }
        (Some(tool), Some(arguments)) if tool.strict == Some(true) => {
            let mut arguments = Value::Object(arguments);
            schema::remove_added_nulls(&mut arguments, &tool.parameters);
            call.arguments = arguments.as_object().cloned();
        }
        (_, arguments) => call.arguments = arguments,
    }
    call
}

/// Adds a reply's turn to a request, and the results of its calls; once there are some, a model that had to call a tool may answer.
/// `reasoning_field` is the name under which chat completions are told what the model thought; [`REASONING`] unless it is given.
pub fn answer(
    endpoint: &Endpoint,
    request: &mut Map<String, Value>,
    reply: &Value,
    results: &[Outcome],
    reasoning_field: Option<&str>,
) {
    tell(endpoint, request, reply, results, reasoning_field.unwrap_or(REASONING));
    if !results.is_empty() {
        free_choice(request);
    }
}

/// Lets a model answer that had to call a tool.
pub(crate) fn free_choice(request: &mut Map<String, Value>) {
    let Some(choice) = request.get_mut("tool_choice") else { return };
    if *choice == "required" || at(choice, "/type") == "function" || at(choice, "/type") == "custom" {
        *choice = "auto".into();
    } else if let Value::Object(choice) = choice
        && choice.get("type").is_some_and(|kind| *kind == "any" || *kind == "tool")
    {
        choice.set("type", "auto");
        choice.shift_remove("name");
    }
}

/// Adds a reply's turn to a request, and the results of its calls.
pub(crate) fn tell(
    endpoint: &Endpoint,
    request: &mut Map<String, Value>,
    reply: &Value,
    results: &[Outcome],
    reasoning_field: &str,
) {
    let messages = request.entry("messages").or_insert_with(|| json!([]));
    let Value::Array(messages) = messages else { return };
    let is_open = *at(reply, "/stop_reason") == "pause_turn" || !calls(endpoint, reply, None).is_empty();
    if *endpoint == Endpoint::Chat {
        messages.push(chat_turn(at(reply, "/choices/0/message"), is_open.then_some(reasoning_field)).into());
        let tool = |result: &Outcome| json!({"role": "tool", "tool_call_id": result.id, "content": result.content});
        messages.extend(results.iter().map(tool));
        return;
    }
    let blocks = blocks(at(reply, "/content"), if is_open { Thoughts::All } else { Thoughts::Signed });
    if !blocks.is_empty() {
        messages.push(json!({"role": "assistant", "content": blocks}));
    }
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

/// The name under which chat completions are told what the model thought, unless another is given.
pub const REASONING: &str = "reasoning";

/// A message of a chat completion as a request may hold it: strict endpoints refuse fields that only replies have. What was thought goes back
/// only under a name, which callers give while calls are being answered, as gpt-oss wants it (OpenAI's cookbook, "handle the raw chain of
/// thought").
pub(crate) fn chat_turn(message: &Value, reasoning_field: Option<&str>) -> Map<String, Value> {
    let mut turn = value::object([("role", "assistant".into()), ("content", at(message, "/content").clone())]);
    let calls = at(message, "/tool_calls");
    if calls.as_array().is_some_and(|calls| !calls.is_empty()) {
        turn.set("tool_calls", calls.clone());
    }
    for name in ["refusal", "name"] {
        if let Some(value) = message.get(name).filter(|value| !value.is_null()) {
            turn.set(name, value.clone());
        }
    }
    // An answer that was spoken is named by its id.
    let audio = at(message, "/audio/id");
    if !audio.is_null() {
        turn.set("audio", json!({"id": audio}));
    }
    if let Some(name) = reasoning_field {
        let (details, reasoning) = (at(message, "/reasoning_details"), at(message, "/reasoning"));
        if details.is_array() {
            // As OpenRouter wants them: with their signatures, and not the text twice.
            turn.set("reasoning_details", details.clone());
        } else if reasoning.as_str().is_some_and(|reasoning| !reasoning.is_empty()) {
            turn.set(name, reasoning.clone());
        }
    }
    turn
}

/// Which thoughts of a message go back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thoughts {
    /// All: while its calls are being answered.
    All,
    /// Those with a signature.
    Signed,
    /// None: something before them has changed, or another model is asked.
    None,
}

/// Blocks of a message as a request may hold them: as they came, since signatures of thoughts are checked.
pub(crate) fn blocks(content: &Value, thoughts: Thoughts) -> Vec<Value> {
    let is_sent = |block: &&Value| match at(block, "/type").as_str() {
        Some("thinking") => match thoughts {
            Thoughts::All => true,
            Thoughts::Signed => at(block, "/signature").as_str().is_some_and(|signature| !signature.is_empty()),
            Thoughts::None => false,
        },
        Some("redacted_thinking") => thoughts != Thoughts::None,
        // Empty text is refused.
        Some("text") => at(block, "/text").as_str().is_some_and(|text| !text.trim().is_empty()),
        _ => true,
    };
    content.as_array().into_iter().flatten().filter(is_sent).cloned().collect()
}

/// The value at a JSON pointer, null where there is none.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    const NONE: &Value = &Value::Null;
    value.pointer(pointer).unwrap_or(NONE)
}
