//! Answers that are JSON: how a request asks for one, how it is taken out of a reply, and how a model is asked again.
//!
//! Law: pure, from JSON to JSON, the same for every runtime. Whether a value fits a language's type, that language decides.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::error::{Error, ErrorKind};
use crate::json::{Finder, JsonError, Mirror, Parser, Root, sink};
use crate::text::quoted;
use crate::tools::at;
use crate::value::fields::{fields, words};
use crate::wire::Endpoint;
use crate::{schema, tools};

words! {
    /// How an endpoint is asked for JSON.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Mode {
        /// `response_format: json_schema`, or `output_config.format` of messages: the endpoint constrains the model.
        #[default]
        JsonSchema = "json_schema",
        /// `response_format: json_object`, where there is one, and the schema as an instruction.
        JsonObject = "json_object",
        /// A tool that the model has to call.
        Tool = "tool",
    }
    "json_schema, json_object or tool"
}

fields! {
    open
    /// What an answer shall be.
    #[derive(Debug, Clone, Default)]
    pub struct Output {
        /// The type's name.
        pub name: String,
        /// Its JSON Schema.
        pub schema: Value,
        /// How to ask for it.
        pub mode: Mode,
        /// Whether to derive a strict schema.
        pub strict: bool,
        /// What it is, for the model.
        pub description: Option<String>,
        /// Whether the value stands in an object's member `value`. Set by [`structure`].
        pub wrapped: bool,
        /// What the answer's JSON begins with. Set by [`structure`].
        pub root: Root,
    }
}

impl Output {
    /// What it was read from.
    pub fn to_value(&self) -> Value {
        json!({
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

/// What was found in a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Extracted {
    /// The answer's value.
    Value(Value),
    /// Why there is none.
    Problem(Problem),
}

/// Why a reply holds no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// `invalid_json`, `ignored`, `refusal` or `no_call`.
    pub kind: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// What the model said.
    pub text: String,
}

impl Extracted {
    /// `{"value": …}` or `{"problem": …}`.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Value(value) => json!({"value": value}),
            Self::Problem(Problem { kind, message, text }) => {
                json!({"problem": {"kind": kind, "message": message, "text": text}})
            }
        }
    }
}

/// Asks for an answer of a type: changes the request and completes the plan.
///
/// # Errors
///
/// A schema that strict mode can't express; an endpoint without structured answers.
pub fn structure(endpoint: &Endpoint, request: &mut Map<String, Value>, output: &mut Output) -> Result<(), Error> {
    output.name = tool_name(&output.name);
    output.schema = schema::with_root(&output.schema);
    output.wrapped = !schema::is_object(&output.schema);
    output.root = Root::Object;
    let mut wire = if output.wrapped { schema::wrap(&output.schema) } else { output.schema.clone() };
    if output.strict && output.mode != Mode::JsonObject {
        wire = schema::strict(&wire)?;
    }
    match (endpoint, output.mode) {
        (Endpoint::Chat, Mode::JsonSchema) => {
            let mut format = json!({"name": output.name, "schema": wire, "strict": output.strict});
            if let (Some(text), Value::Object(format)) = (&output.description, &mut format) {
                format.set("description", text.as_str());
            }
            request.set("response_format", json!({"type": "json_schema", "json_schema": format}));
        }
        (Endpoint::Chat, Mode::JsonObject) => {
            request.set("response_format", json!({"type": "json_object"}));
            let instruction = json!({"role": "system", "content": instruction(&wire)});
            if let Some(Value::Array(messages)) = request.get_mut("messages") {
                let is_system = |message: &Value| matches!(at(message, "/role").as_str(), Some("system" | "developer"));
                let place = messages.iter().take_while(|message| is_system(message)).count();
                messages.insert(place, instruction);
            }
        }
        (Endpoint::Messages, Mode::JsonSchema) => {
            let config = request.entry("output_config").or_insert_with(|| json!({}));
            if let Value::Object(config) = config {
                config.set("format", json!({"type": "json_schema", "schema": wire}));
            }
        }
        (Endpoint::Messages, Mode::JsonObject) => {
            let text = instruction(&wire);
            match request.get_mut("system") {
                Some(Value::Array(blocks)) => blocks.push(json!({"type": "text", "text": text})),
                Some(Value::String(system)) => {
                    system.push_str("\n\n");
                    system.push_str(&text);
                }
                _ => request.set("system", text),
            }
        }
        (Endpoint::Chat | Endpoint::Messages, Mode::Tool) => {
            let description = output.description.clone().unwrap_or_else(|| "Gives the answer.".to_owned());
            let tool = tools::Tool {
                name: output.name.clone(),
                description: Some(description),
                parameters: wire,
                strict: output.strict.then_some(true),
            };
            match request.entry("tools").or_insert_with(|| json!([])) {
                Value::Array(tools) => tools.push(tool.on_wire(endpoint)?),
                other => *other = json!([tool.on_wire(endpoint)?]),
            }
            let choice = if *endpoint == Endpoint::Chat {
                json!({"type": "function", "function": {"name": output.name}})
            } else {
                json!({"type": "tool", "name": output.name, "disable_parallel_tool_use": true})
            };
            request.set("tool_choice", choice);
        }
        _ => return Err(Error::new(ErrorKind::InvalidRequest, "this endpoint has no structured answers")),
    }
    Ok(())
}

/// The value in a reply that was asked for with [`structure`].
///
/// # Errors
///
/// An answer that stopped at its length limit, or at a content filter; the error carries the reply.
pub fn extract(endpoint: &Endpoint, reply: &Value, output: &Output) -> Result<Extracted, Error> {
    let answer = Answer::read(endpoint, reply, output);
    if let Some(problem) = answer.cut(reply) {
        return Err(problem);
    }
    if let Some(refusal) = answer.refusal {
        let message = format!("the model refused: {refusal}");
        return Ok(Extracted::Problem(Problem { kind: "refusal", message, text: refusal }));
    }
    let (text, called) = match (output.mode, answer.arguments) {
        (Mode::Tool, Some(arguments)) => (arguments, true),
        _ => (answer.text, false),
    };
    let mut value = match read(&text, output.root) {
        Ok(Some(value)) => value,
        Ok(None) => return Ok(Extracted::Problem(nothing(output.mode, called, text))),
        Err(why) => {
            let message = format!("the answer is no valid JSON: {why}");
            return Ok(Extracted::Problem(Problem { kind: "invalid_json", message, text }));
        }
    };
    if let Some(inner) = value
        .as_object_mut()
        .filter(|fields| output.wrapped && fields.len() == 1)
        .and_then(|fields| fields.shift_remove("value"))
    {
        value = inner;
    }
    if output.strict {
        schema::remove_added_nulls(&mut value, &output.schema);
    }
    Ok(Extracted::Value(value))
}

/// An element of an answer, which stands at a path such as `items.*`, without the nulls that strict mode adds.
pub fn element(output: &Output, path: &str, mut value: Value) -> Value {
    if output.strict {
        schema::remove_added_nulls_at(&mut value, path, &output.schema);
    }
    value
}

/// The request with which a model is told what was wrong with its answer.
pub fn reask(endpoint: &Endpoint, request: &mut Map<String, Value>, reply: &Value, output: &Output, problem: &str) {
    let complaint = format!(
        "That doesn't fit what was asked for:\n{problem}\nAnswer again with the whole corrected JSON, and nothing else."
    );
    let calls = tools::calls(endpoint, reply, None);
    if output.mode == Mode::Tool && !calls.is_empty() {
        let results: Vec<_> = calls
            .into_iter()
            .map(|call| tools::Outcome {
                id: call.id,
                name: call.name,
                content: complaint.clone().into(),
                is_error: true,
            })
            .collect();
        tools::add_turn(endpoint, request, reply, &results, None);
        return;
    }
    tools::add_turn(endpoint, request, reply, &[], None);
    if let Some(Value::Array(messages)) = request.get_mut("messages") {
        messages.push(json!({"role": "user", "content": complaint}));
    }
}

/// The error of an answer that doesn't fit, once there is no further try.
pub fn invalid(reply: Value, problem: &str) -> Error {
    Error::new(ErrorKind::InvalidOutput, problem.to_owned()).with_partial(Some(reply))
}

fn instruction(schema: &Value) -> String {
    format!("Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{schema}")
}

/// A name as endpoints accept it: letters, digits, `_` and `-`, at most 64.
fn tool_name(name: &str) -> String {
    let kept = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' });
    let name: String = kept.take(64).collect();
    if name.is_empty() { "answer".to_owned() } else { name }
}

/// The JSON value in a text; none where there is none.
fn read(text: &str, root: Root) -> Result<Option<Value>, JsonError> {
    let (mut finder, mut parser, mut mirror) = (Finder::new(root), Parser::default(), Mirror::default());
    finder.push(text, &mut parser, sink(&mut mirror))?;
    let ended = finder.finish(&mut parser, sink(&mut mirror));
    if !finder.found() {
        return Ok(None);
    }
    ended?;
    Ok(Some(mirror.into_value()))
}

fn nothing(mode: Mode, called: bool, text: String) -> Problem {
    let said = text.char_indices().nth(80).and_then(|(end, _)| text.get(..end)).unwrap_or(&text);
    let said = quoted(said);
    let (kind, message) = match mode {
        _ if called => ("invalid_json", "the tool was called without arguments".to_owned()),
        Mode::Tool => (
            "no_call",
            format!(
                "the model answered with text instead of calling the tool: {said}; the endpoint may not support tool_choice: try mode \"json_object\""
            ),
        ),
        Mode::JsonSchema => (
            "ignored",
            format!(
                "the answer holds no JSON: {said}; the endpoint seems to ignore response_format: try mode \"tool\" or \"json_object\""
            ),
        ),
        Mode::JsonObject => (
            "ignored",
            format!(
                "the answer holds no JSON: {said}; the endpoint seems to ignore response_format: try mode \"tool\""
            ),
        ),
    };
    Problem { kind, message, text }
}

/// What matters of a reply, of either format.
#[derive(Default)]
struct Answer {
    text: String,
    arguments: Option<String>,
    refusal: Option<String>,
    reason: String,
}

impl Answer {
    fn read(endpoint: &Endpoint, reply: &Value, output: &Output) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if *endpoint == Endpoint::Chat {
            let choice = at(reply, "/choices/0");
            let message = at(choice, "/message");
            let calls = value::items(Some(at(message, "/tool_calls"))).iter();
            let mut calls = calls.filter(|call| at(call, "/function/name") == output.name.as_str());
            return Self {
                text: text(at(message, "/content")),
                arguments: calls.next().map(|call| text(at(call, "/function/arguments"))),
                refusal: at(message, "/refusal").as_str().filter(|text| !text.is_empty()).map(str::to_owned),
                reason: text(at(choice, "/finish_reason")),
            };
        }
        let mut answer = Self { reason: text(at(reply, "/stop_reason")), ..Self::default() };
        for block in value::items(Some(at(reply, "/content"))) {
            match at(block, "/type").as_str() {
                Some("text") => answer.text.push_str(at(block, "/text").as_str().unwrap_or_default()),
                Some("tool_use") if at(block, "/name") == output.name.as_str() && answer.arguments.is_none() => {
                    answer.arguments = Some(tools::written_in(block));
                }
                _ => {}
            }
        }
        if answer.reason == "refusal" {
            answer.refusal =
                Some(if answer.text.is_empty() { "no reason given".to_owned() } else { answer.text.clone() });
        }
        answer
    }

    /// The error of an answer that ended before its end.
    fn cut(&self, reply: &Value) -> Option<Error> {
        let (kind, message) = match self.reason.as_str() {
            "length" | "max_tokens" | "model_context_window_exceeded" => (
                ErrorKind::LengthFinishReason,
                format!(
                    "the answer stopped at its length limit ({}) before its JSON was whole: raise max_tokens; what came is in `partial`",
                    self.reason
                ),
            ),
            "content_filter" => (
                ErrorKind::ContentFilterFinishReason,
                "the provider's content filter stopped the answer; what came is in `partial`".to_owned(),
            ),
            _ => return None,
        };
        Some(Error::new(kind, message).with_partial(Some(reply.clone())))
    }
}
