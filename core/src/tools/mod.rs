//! Tools: how requests define them, which calls a reply makes, and the turn that answers those calls.
//!
//! Pure functions from JSON to JSON, shared by every runtime and by conversations. A call whose arguments cannot be read has a `problem`
//! and no `arguments`, so that no host can run it. Turns that go back to a server are valid in its format, for any reply.

use crate::json::json;
pub mod run;

use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::error::Error;
use crate::schema;
use crate::value::fields::fields;
use crate::wire::Endpoint;
use crate::wire::openai::{REASONING, REASONING_FIELD};
use crate::wire::tool_calls::arguments;

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
        /// Why the call can't be made, in words for the model.
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
    let made = if *endpoint == Endpoint::Chat {
        let choice = at(reply, "/choices/0");
        calls_of(endpoint, at(choice, "/message"), at(choice, "/finish_reason"))
    } else {
        calls_of(endpoint, reply, at(reply, "/stop_reason"))
    };
    match known {
        Some(tools) => made.into_iter().map(|call| checked(call, tools)).collect(),
        None => made,
    }
}

/// Whether the model continues without a result: the provider's own tools can take longer than one reply.
pub fn is_paused(reply: &Value) -> bool {
    *at(reply, "/stop_reason") == "pause_turn"
}

/// The calls of a message of either format, which ended for this reason.
pub(crate) fn calls_of(endpoint: &Endpoint, message: &Value, finish: &Value) -> Vec<Call> {
    let is_chat = *endpoint == Endpoint::Chat;
    let parts = items(at(message, if is_chat { "/tool_calls" } else { "/content" }));
    let last = parts.len().wrapping_sub(1);
    let is_cut = is_at_limit(finish);
    let is_call =
        |part: &Value| if is_chat { at(part, "/function").is_object() } else { *at(part, "/type") == "tool_use" };
    let calls = parts.iter().enumerate().filter(|(_, part)| is_call(part));
    calls
        .map(|(place, part)| {
            let (name, written) = if is_chat {
                (text(part, "/function/name"), written(at(part, "/function/arguments")))
            } else {
                (text(part, "/name"), written_in(part))
            };
            call(text(part, "/id"), name, &written, is_cut && place == last)
        })
        .collect()
}

/// The finish reasons and stop reasons of replies that ended at a length limit.
pub const LENGTH_REASONS: [&str; 3] = ["length", "max_tokens", "model_context_window_exceeded"];

/// Whether a reply ended at its length limit, by its finish reason or stop reason.
pub(crate) fn is_at_limit(reason: &Value) -> bool {
    reason.as_str().is_some_and(|reason| LENGTH_REASONS.contains(&reason))
}

/// The arguments of a `tool_use` block as the model wrote them.
pub(crate) fn written_in(block: &Value) -> String {
    match at(block, "/partial_json") {
        Value::String(text) => text.as_str().to_owned(),
        _ => written(at(block, "/input")),
    }
}

fn written(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => text.as_str().to_owned(),
        Value::Null => String::new(),
        arguments => arguments.to_string(),
    }
}

fn text(value: &Value, pointer: &str) -> String {
    at(value, pointer).as_str().unwrap_or_default().to_owned()
}

/// The items of a list; none of anything else.
fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Reads arguments that a model wrote. A tool without parameters is often called without arguments.
fn read(written: &str) -> Result<Map<String, Value>, String> {
    if let Value::Object(arguments) = arguments::normalize(written.into()) {
        return Ok(arguments);
    }
    match crate::json::parse_object(written) {
        Ok(arguments) => Ok(arguments),
        Err(_) if written.trim().is_empty() => Ok(Map::new()),
        Err(why) => Err(why),
    }
}

/// How much of unreadable arguments the model is shown, in characters.
const LONGEST_QUOTE: usize = 200;

/// A call of a reply. `is_cut`: the reply ended at its length limit within or right after this call.
fn call(id: String, name: String, written: &str, is_cut: bool) -> Call {
    let problem = match read(written) {
        // Nothing was written before the limit, and a server may have sent an empty object for it.
        Ok(arguments) if is_cut && arguments.is_empty() => {
            format!("{name} was not run: the reply reached its length limit before its arguments were written")
        }
        Ok(arguments) => return Call { id, name, arguments: Some(arguments), problem: None },
        Err(why) => {
            let limit = if is_cut { "; the reply reached its length limit before they were complete" } else { "" };
            let (shown, more) = match written.char_indices().nth(LONGEST_QUOTE) {
                Some((end, _)) => (written.get(..end).unwrap_or_default(), "…"),
                None => (written, ""),
            };
            format!("{name} was not run: its arguments are not a JSON object: {why}{limit}; you wrote: {shown}{more}")
        }
    };
    Call { id, name, arguments: None, problem: Some(problem) }
}

/// A call of one of these tools: of another name it is a problem, and what strict schemas added to its arguments is removed.
pub fn checked(mut call: Call, tools: &[Tool]) -> Call {
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

/// Adds a reply's turn to a request, and the results of its calls. After results, a model that was forced to call a tool may answer.
///
/// Chat completions send reasoning back under `reasoning_field`; by default under the name that the server used, or else as [`REASONING`].
pub fn answer(
    endpoint: &Endpoint,
    request: &mut Map<String, Value>,
    reply: &Value,
    results: &[Outcome],
    reasoning_field: Option<&str>,
) {
    add_turn(endpoint, request, reply, results, reasoning_field);
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
pub(crate) fn add_turn(
    endpoint: &Endpoint,
    request: &mut Map<String, Value>,
    reply: &Value,
    results: &[Outcome],
    reasoning_field: Option<&str>,
) {
    let messages = request.entry("messages").or_insert_with(|| json!([]));
    let Value::Array(messages) = messages else { return };
    let is_open = is_paused(reply) || !calls(endpoint, reply, None).is_empty();
    if *endpoint == Endpoint::Chat {
        messages.push(chat_turn(at(reply, "/choices/0/message"), is_open, reasoning_field).into());
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

/// A message of a chat completion as a request may hold it: strict endpoints refuse fields that only replies have, and arguments that are
/// no JSON. With `thinks` its reasoning goes back, under the name `reasoning_field`; by default under the name that the server used, since
/// DeepSeek and Kimi refuse turns that call tools without their `reasoning_content`.
pub(crate) fn chat_turn(message: &Value, thinks: bool, reasoning_field: Option<&str>) -> Map<String, Value> {
    let mut turn = value::object([("role", "assistant".into()), ("content", at(message, "/content").clone())]);
    let calls = items(at(message, "/tool_calls"));
    if !calls.is_empty() {
        turn.set("tool_calls", calls.iter().map(sent_call).collect::<Value>());
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
    if thinks {
        let (details, reasoning) = (at(message, "/reasoning_details"), at(message, "/reasoning"));
        if details.is_array() {
            // As OpenRouter wants them: with their signatures, and not the text twice.
            turn.set("reasoning_details", details.clone());
        } else if reasoning.as_str().is_some_and(|reasoning| !reasoning.is_empty()) {
            let own = message.get(REASONING_FIELD).and_then(Value::as_str);
            turn.set(reasoning_field.or(own).unwrap_or(REASONING), reasoning.clone());
        }
    }
    turn
}

/// A call as a request may hold it. vLLM answers 400 to arguments that are not a JSON object; the result says what the model wrote.
fn sent_call(call: &Value) -> Value {
    let mut call = call.clone();
    let arguments = call.get_mut("function").and_then(|function| function.get_mut("arguments"));
    if let Some(arguments) = arguments
        && arguments.as_str().is_none_or(|text| crate::json::parse_object(text).is_err())
    {
        *arguments = read(&written(arguments)).map_or_else(|_| json!({}), Value::Object).to_string().into();
    }
    call
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
    let sent = items(content).iter().filter(is_sent);
    sent.filter_map(|block| if is_use(block) { sent_use(block) } else { Some(block.clone()) }).collect()
}

/// Whether a block uses a tool: the caller's (`tool_use`) or the provider's (`server_tool_use`, `mcp_tool_use`).
fn is_use(block: &Value) -> bool {
    at(block, "/type").as_str().is_some_and(|kind| kind.ends_with("tool_use"))
}

/// Such a block as a request may hold it: its input is an object, and text that could not be read is not sent; the result says what the
/// model wrote. A call of the provider's own tool that was cut has no result, and is left out.
fn sent_use(block: &Value) -> Option<Value> {
    if at(block, "/input").is_object() && at(block, "/partial_json").is_null() {
        return Some(block.clone());
    }
    let mut sent = block.as_object().cloned().unwrap_or_default();
    let is_unread = sent.shift_remove("partial_json").is_some();
    let is_own = *at(block, "/type") == "tool_use";
    if is_unread && !is_own {
        return None;
    }
    sent.set("input", if is_unread { Map::new() } else { read(&written(at(block, "/input"))).unwrap_or_default() });
    Some(sent.into())
}

/// Removes from a request's messages the fields that this package adds to replies: callers append replies as they are.
pub(crate) fn remove_added_fields(endpoint: &Endpoint, request: &mut Map<String, Value>) {
    let Some(Value::Array(messages)) = request.get_mut("messages") else { return };
    for message in messages.iter_mut().filter_map(Value::as_object_mut) {
        if *endpoint == Endpoint::Chat {
            let name = message.shift_remove(REASONING_FIELD);
            if let Some(Value::String(name)) = name
                && !message.contains_key(name.as_str())
                && let Some(reasoning) = message.shift_remove(REASONING)
            {
                message.set(&name, reasoning);
            }
        } else if let Some(Value::Array(blocks)) = message.get_mut("content") {
            blocks.retain_mut(|block| {
                if !block.as_object().is_some_and(|block| block.contains_key("partial_json")) || !is_use(block) {
                    return true;
                }
                let sent = sent_use(block);
                let is_kept = sent.is_some();
                *block = sent.unwrap_or_default();
                is_kept
            });
        }
    }
}

/// The value at a JSON pointer, null where there is none.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    const NONE: &Value = &Value::Null;
    value.pointer(pointer).unwrap_or(NONE)
}
