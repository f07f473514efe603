//! The content of a prompt, read from a request for chat completions.
//!
//! Invariant: nothing of a message is dropped without an error, except the reasoning that no renderer shows to the model again.

use crate::prelude::*;
use crate::value::{Map, Value, items, to_text};

use super::invalid;
use crate::error::Error;

/// The effort of a request that does not set one.
const DEFAULT_EFFORT: &str = "medium";
/// The fields with reasoning, by servers.
const REASONING: [&str; 4] = ["reasoning", "reasoning_content", "thinking", "reasoning_text"];

/// A request.
pub(super) struct Chat {
    pub(super) effort: String,
    /// The first message, if it is one of the system or the developer.
    pub(super) instructions: Option<Vec<String>>,
    pub(super) tools: Vec<Tool>,
    pub(super) turns: Vec<Turn>,
}

/// A function that the model may call.
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) parameters: Option<Value>,
}

/// A message. A content has several texts if it was a list.
pub(super) enum Turn {
    /// `system` or `developer`, after the first message; `user`.
    Input {
        role: &'static str,
        name: Option<String>,
        texts: Vec<String>,
    },
    Assistant {
        reasoning: Option<String>,
        texts: Vec<String>,
        calls: Vec<Call>,
    },
    Result {
        name: String,
        texts: Vec<String>,
    },
}

/// A call of a function.
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: String,
}

impl Turn {
    /// Whether this is an answer to the user, and not a step towards one.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Assistant { calls, .. } if calls.is_empty())
    }
}

impl Chat {
    pub(super) fn read(request: &Map<String, Value>) -> Result<Self, Error> {
        let effort = match request.get("reasoning_effort") {
            None | Some(Value::Null) => DEFAULT_EFFORT.to_owned(),
            Some(effort) => match effort.as_str() {
                Some(effort @ ("low" | "medium" | "high")) => effort.to_owned(),
                _ => return Err(invalid(format!("reasoning_effort must be low, medium or high, not {effort}"))),
            },
        };
        let Some(Value::Array(messages)) = request.get("messages") else {
            return Err(invalid("messages must be a list of messages"));
        };
        let mut reader = Reader { names: Map::new(), last_call: None };
        let mut instructions = None;
        let mut turns = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let path = format!("messages[{index}]");
            match message.get("role").and_then(Value::as_str) {
                Some("system" | "developer") if index == 0 => instructions = Some(texts(message, &path)?),
                Some("system") => turns.push(input("system", message, &path)?),
                Some("developer") => turns.push(input("developer", message, &path)?),
                Some("user") => turns.push(input("user", message, &path)?),
                Some("assistant") => turns.push(reader.answer(message, &path)?),
                Some("tool") => turns.push(reader.result(message, &path)?),
                _ => {
                    let roles = "system, developer, user, assistant or tool";
                    return Err(invalid(format!("{path}.role must be {roles}")));
                }
            }
        }
        let tools = items(request.get("tools")).iter().enumerate().map(|(index, value)| tool(value, index));
        Ok(Self { effort, instructions, tools: tools.collect::<Result<_, _>>()?, turns })
    }
}

fn input(role: &'static str, message: &Value, path: &str) -> Result<Turn, Error> {
    let name = message.get("name").and_then(Value::as_str).map(str::to_owned);
    Ok(Turn::Input { role, name, texts: texts(message, path)? })
}

/// Returns the texts of a content: of a string one, of a list those of its parts.
fn texts(message: &Value, path: &str) -> Result<Vec<String>, Error> {
    match message.get("content") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(parts)) => {
            parts.iter().enumerate().map(|(index, part)| part_text(part, path, index)).collect()
        }
        Some(content) => match content.as_str() {
            Some(text) => Ok(vec![text.to_owned()]),
            None => Err(invalid(format!("{path}.content must be a text or a list of parts"))),
        },
    }
}

fn part_text(part: &Value, path: &str, index: usize) -> Result<String, Error> {
    let text = ["text", "refusal"].into_iter().find_map(|name| part.get(name).and_then(Value::as_str));
    text.map(str::to_owned).ok_or_else(|| {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or("unknown");
        invalid(format!("{path}.content[{index}] is of type {kind}; the gpt-oss models read text only, so its tokens can't be counted"))
    })
}

fn tool(value: &Value, index: usize) -> Result<Tool, Error> {
    let function = value.get("function").filter(|function| function.is_object());
    let name = function.and_then(|function| function.get("name")).and_then(Value::as_str);
    let (Some(function), Some(name)) = (function, name) else {
        return Err(invalid(format!("tools[{index}] must be a function with a name")));
    };
    let description = function.get("description").and_then(Value::as_str).unwrap_or_default();
    let parameters = function.get("parameters").filter(|parameters| !parameters.is_null()).cloned();
    Ok(Tool { name: name.to_owned(), description: description.to_owned(), parameters })
}

/// Finds the names of the functions to which results belong.
struct Reader {
    /// Names by the id of the call.
    names: Map<String, Value>,
    last_call: Option<String>,
}

impl Reader {
    fn answer(&mut self, message: &Value, path: &str) -> Result<Turn, Error> {
        let mut calls = Vec::new();
        for (index, call) in items(message.get("tool_calls")).iter().enumerate() {
            let function = call.get("function").unwrap_or(call);
            let Some(name) = function.get("name").and_then(Value::as_str) else {
                return Err(invalid(format!("{path}.tool_calls[{index}] must have the name of a function")));
            };
            if let Some(id) = call.get("id").and_then(Value::as_str) {
                self.names.insert(id.to_owned(), name.into());
            }
            self.last_call = Some(name.to_owned());
            let arguments = function.get("arguments").map(to_text).unwrap_or_default();
            calls.push(Call { name: name.to_owned(), arguments });
        }
        let reasoning = REASONING.into_iter().find_map(|name| message.get(name).and_then(Value::as_str));
        let reasoning = reasoning.filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Turn::Assistant { reasoning, texts: texts(message, path)?, calls })
    }

    fn result(&self, message: &Value, path: &str) -> Result<Turn, Error> {
        let id = message.get("tool_call_id").and_then(Value::as_str);
        let called = id.and_then(|id| self.names.get(id)).and_then(Value::as_str);
        let Some(name) = called.or(self.last_call.as_deref()) else {
            return Err(invalid(format!("{path} is a result, and no message before it has a call")));
        };
        Ok(Turn::Result { name: name.to_owned(), texts: texts(message, path)? })
    }
}
