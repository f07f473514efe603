//! The messages of the messages format as those of a chat completion.
//!
//! Invariant: see `request`. Results of calls come directly after the answer with the calls.

use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, at};
use crate::wire::Format;

use super::content::{self, plain, simplified, text};
use super::request::{check_members, refused, refused_because};

const TO: Format = Format::Chat;

/// Returns the messages, the system message first.
pub(super) fn convert(system: Option<&Value>, list: &Value) -> Result<Value, Error> {
    let Value::Array(list) = list else { return Err(refused_because(TO, "messages", "pass a list")) };
    let mut messages = Vec::new();
    let system = match system {
        None | Some(Value::Null) => String::new(),
        Some(system) => text_only("system", system)?,
    };
    if !system.is_empty() {
        messages.push(json!({"role": "system", "content": system}));
    }
    let open = open_from(list);
    for (index, message) in list.iter().enumerate() {
        let path = format!("messages[{index}]");
        check_members(TO, &path, message, "role content")?;
        let content = at(message, "/content");
        if !content.is_string() && !content.is_array() {
            return Err(refused_because(TO, &format!("{path}.content"), "pass a text or a list of blocks"));
        }
        match text(message, "/role") {
            "user" => question(&path, content, &mut messages)?,
            "assistant" => messages.extend(answer(&path, content, index >= open)?),
            _ => return Err(refused_because(TO, &format!("{path}.role"), "use user or assistant")),
        }
    }
    Ok(messages.into())
}

/// Returns the index of the first message after the last question, if its answer waits for the results that come last.
fn open_from(list: &[Value]) -> usize {
    let has_result =
        |message: &Value| value::items(message.get("content")).iter().any(|block| *at(block, "/type") == "tool_result");
    if !list.last().is_some_and(has_result) {
        return list.len();
    }
    list.iter().rposition(|message| text(message, "/role") == "user" && !has_result(message)).unwrap_or(0)
}

/// Returns the text of a content that may contain only text.
fn text_only(path: &str, content: &Value) -> Result<String, Error> {
    for (index, block) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}[{index}]");
        if *at(block, "/type") != "text" {
            return Err(refused(TO, &path));
        }
        check_text(&path, block)?;
    }
    Ok(plain(content))
}

/// Refuses the citations of a text.
fn check_text(path: &str, block: &Value) -> Result<(), Error> {
    let has_none = value::items(block.get("citations")).is_empty();
    check_members(TO, path, block, if has_none { "type text citations" } else { "type text" })
}

/// Adds the results and the other content of a message of the user.
fn question(path: &str, content: &Value, messages: &mut Vec<Value>) -> Result<(), Error> {
    if content.is_string() {
        messages.push(json!({"role": "user", "content": content}));
        return Ok(());
    }
    let mut parts = Vec::new();
    for (index, block) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}.content[{index}]");
        match text(block, "/type") {
            "tool_result" => {
                check_members(TO, &path, block, "type tool_use_id content is_error")?;
                let content = text_only(&format!("{path}.content"), at(block, "/content"))?;
                messages.push(json!({"role": "tool", "tool_call_id": at(block, "/tool_use_id"), "content": content}));
                continue;
            }
            "text" => check_text(&path, block)?,
            "image" => {
                check_members(TO, &path, block, "type source")?;
                check_members(TO, &format!("{path}.source"), at(block, "/source"), "type media_type data url")?;
            }
            _ => return Err(refused(TO, &path)),
        }
        let part = content::to_part(block);
        parts.push(part.ok_or_else(|| refused_because(TO, &path, "use an image with a URL or as base64"))?);
    }
    if !parts.is_empty() {
        messages.push(json!({"role": "user", "content": simplified(parts)}));
    }
    Ok(())
}

/// Converts an earlier answer. `is_open`: its calls are being answered.
fn answer(path: &str, content: &Value, is_open: bool) -> Result<Option<Value>, Error> {
    let mut calls = Vec::new();
    for (index, block) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}.content[{index}]");
        match text(block, "/type") {
            "text" => check_text(&path, block)?,
            "thinking" | "redacted_thinking" if is_open => {
                let advice = "finish the turn at an endpoint of the format messages, which needs its thinking";
                return Err(refused_because(TO, &path, advice));
            }
            "thinking" | "redacted_thinking" => {}
            "tool_use" => {
                check_members(TO, &path, block, "type id name input")?;
                let arguments = match at(block, "/input") {
                    Value::Null => "{}".to_owned(),
                    input => value::to_text(input),
                };
                let function = json!({"name": at(block, "/name"), "arguments": arguments});
                calls.push(json!({"id": at(block, "/id"), "type": "function", "function": function}));
            }
            _ => return Err(refused(TO, &path)),
        }
    }
    let said = plain(content);
    if said.is_empty() && calls.is_empty() {
        return Ok(None);
    }
    let said = if said.is_empty() { Value::Null } else { said.into() };
    let mut message: Map<String, Value> = value::object([("role", "assistant".into()), ("content", said)]);
    if !calls.is_empty() {
        message.set("tool_calls", calls);
    }
    Ok(Some(message.into()))
}
