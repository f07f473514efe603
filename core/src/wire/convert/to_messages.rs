//! The messages of a chat completion as those of the messages format.
//!
//! Invariant: see `request`. Consecutive contents of one role are one message, and results of calls come before other content.

use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, at};
use crate::wire::Format;
use crate::wire::openai::REASONING_FIELD;
use crate::wire::tool_calls::arguments;

use super::content::{self, joined, plain, simplified, text, tool_id};
use super::request::{check_members, each, refused, refused_because};

const TO: Format = Format::Messages;

/// Members of earlier answers that are not sent: see `request`.
const DROPPED: &str = "reasoning reasoning_content reasoning_text reasoning_details thinking annotations";

/// Sets `system` and `messages` of a request.
pub(super) fn convert(list: &Value, made: &mut Map<String, Value>) -> Result<(), Error> {
    let Value::Array(list) = list else { return Err(refused_because(TO, "messages", "pass a list")) };
    let (mut system, mut messages) = (String::new(), Vec::new());
    for (index, message) in list.iter().enumerate() {
        let path = format!("messages[{index}]");
        match text(message, "/role") {
            "system" | "developer" if messages.is_empty() => {
                check_members(TO, &path, message, "role content")?;
                let text = text_only(&path, at(message, "/content"))?;
                system.push_str(if system.is_empty() || text.is_empty() { "" } else { "\n\n" });
                system.push_str(&text);
            }
            "system" | "developer" => {
                let advice = "move it to the beginning, or make it a message of the user";
                return Err(refused_because(TO, &format!("{path}.role"), advice));
            }
            "user" => {
                check_members(TO, &path, message, "role content")?;
                push(&mut messages, "user", blocks(&path, at(message, "/content"))?);
            }
            "assistant" => {
                let blocks = answer(&path, message)?;
                if !blocks.is_empty() {
                    push(&mut messages, "assistant", simplified(blocks));
                }
            }
            "tool" => {
                check_members(TO, &path, message, "role content tool_call_id name")?;
                push(&mut messages, "user", json!([result(&path, message)?]));
            }
            _ => {
                let advice = "use system, developer, user, assistant or tool";
                return Err(refused_because(TO, &format!("{path}.role"), advice));
            }
        }
    }
    if !system.is_empty() {
        made.set("system", system);
    }
    made.set("messages", messages);
    Ok(())
}

/// Adds a content; consecutive contents of one role are one message.
fn push(messages: &mut Vec<Value>, role: &str, content: Value) {
    let before = messages.last_mut().filter(|last| *at(last, "/role") == role).and_then(|last| last.get_mut("content"));
    match before {
        Some(before) => *before = joined(before.take(), content),
        None => messages.push(json!({"role": role, "content": content})),
    }
}

/// Returns the text of a content that may contain only text.
fn text_only(path: &str, content: &Value) -> Result<String, Error> {
    for (index, part) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}.content[{index}]");
        if *at(part, "/type") != "text" {
            return Err(refused(TO, &path));
        }
        check_members(TO, &path, part, "type text")?;
    }
    Ok(plain(content))
}

/// Converts parts to blocks.
fn blocks(path: &str, content: &Value) -> Result<Value, Error> {
    match content {
        Value::String(_) => Ok(content.clone()),
        Value::Array(_) => {
            let blocks = each(TO, &format!("{path}.content"), content, block)?;
            Ok(simplified(value::into_list(blocks).unwrap_or_default()))
        }
        _ => Err(refused_because(TO, &format!("{path}.content"), "pass a text or a list of parts")),
    }
}

fn block(path: &str, part: &Value) -> Result<Value, Error> {
    match text(part, "/type") {
        "text" => check_members(TO, path, part, "type text")?,
        "image_url" => {
            check_members(TO, path, part, "type image_url")?;
            if at(part, "/image_url").is_object() {
                check_members(TO, &format!("{path}.image_url"), at(part, "/image_url"), "url detail")?;
            }
        }
        _ => return Err(refused(TO, path)),
    }
    content::to_block(part).ok_or_else(|| refused_because(TO, path, "use an https: or a base64 data: URL"))
}

/// Converts an earlier answer to blocks.
fn answer(path: &str, message: &Value) -> Result<Vec<Value>, Error> {
    let known = format!("role content refusal tool_calls {REASONING_FIELD} {DROPPED}");
    check_members(TO, path, message, &known)?;
    let mut texts = Vec::new();
    match at(message, "/content") {
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                let path = format!("{path}.content[{index}]");
                let kind = text(part, "/type");
                if !matches!(kind, "text" | "refusal") {
                    return Err(refused(TO, &path));
                }
                check_members(TO, &path, part, &format!("type {kind}"))?;
                texts.push(part.get(kind).unwrap_or(&Value::Null));
            }
        }
        content => texts.push(content),
    }
    texts.push(at(message, "/refusal"));
    let mut blocks = Vec::new();
    for text in texts {
        match text {
            Value::Null => {}
            // Servers reject empty text.
            Value::String(text) if text.trim().is_empty() => {}
            Value::String(_) => blocks.push(json!({"type": "text", "text": text})),
            _ => return Err(refused_because(TO, &format!("{path}.content"), "pass a text or a list of parts")),
        }
    }
    for (index, call) in value::items(message.get("tool_calls")).iter().enumerate() {
        let path = format!("{path}.tool_calls[{index}]");
        check_members(TO, &path, call, "id type function index")?;
        let function = at(call, "/function");
        check_members(TO, &format!("{path}.function"), function, "name arguments")?;
        // Unreadable arguments are replaced, as in any request: the result of the call quotes what the model wrote.
        let input = arguments::read(&value::to_text(at(function, "/arguments"))).unwrap_or_default();
        let id = tool_id(text(call, "/id"));
        blocks.push(json!({"type": "tool_use", "id": id, "name": at(function, "/name"), "input": input}));
    }
    Ok(blocks)
}

fn result(path: &str, message: &Value) -> Result<Value, Error> {
    let id = tool_id(text(message, "/tool_call_id"));
    let mut block = value::object([("type", "tool_result".into()), ("tool_use_id", id.into())]);
    let content = match at(message, "/content") {
        Value::Null => "".into(),
        content => blocks(path, content)?,
    };
    if content != "" {
        block.set("content", content);
    }
    Ok(block.into())
}
