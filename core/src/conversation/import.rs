//! Reads turns from the messages of a request in either format.
//!
//! Invariant: the turns are checked like those of a file; a system message is allowed only at the beginning.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, into_list};

use super::turns::{add_results, follows, items, pending, plain, role, str, tool, user};
use super::{Format, refused};
use crate::error::Error;
use crate::text::quoted;
use crate::tools::at;
use crate::value::fields::Field as _;

type Turn = Map<String, Value>;

/// Whether messages look like those of the messages format.
pub(super) fn are_messages(messages: &[Value], beside: &Map<String, Value>) -> bool {
    let mut blocks = messages.iter().flat_map(|message| items(at(message, "/content")));
    beside.contains_key("system")
        || blocks.any(|block| {
            matches!(
                str(at(block, "/type")),
                "tool_use" | "tool_result" | "thinking" | "redacted_thinking" | "image" | "document"
            )
        })
}

/// Converts messages of a format to turns; also returns the system message.
pub(super) fn import(messages: Vec<Value>, format: Format) -> Result<(Vec<Turn>, Value), Error> {
    let (mut turns, mut system): (Vec<Turn>, String) = (Vec::new(), String::new());
    for (number, message) in messages.into_iter().enumerate() {
        let wrong = |why: &str| refused(format!("message {number} {why}"));
        let Value::Object(mut message) = message else { return Err(wrong("is not an object")) };
        let mut content = message.get("content").cloned().unwrap_or_default();
        if !matches!(content, Value::Null | Value::String(_) | Value::Array(_)) {
            return Err(wrong("has a content that is neither a text nor a list of parts"));
        }
        let who = message.get("role").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut added = Vec::new();
        match who.as_str() {
            "system" | "developer" if turns.is_empty() => {
                system.push_str(if system.is_empty() { "" } else { "\n\n" });
                system.push_str(&plain(&content));
                continue;
            }
            "system" | "developer" => return Err(wrong("is a system message: it may stand at the beginning only")),
            "user" => {
                let (results, rest) = split_results(&mut content);
                if !results.is_empty() {
                    added.push(tool(results, format));
                }
                if !rest.is_null() {
                    added.push(user(rest, format));
                }
            }
            "assistant" => {
                let partial = message.shift_remove("incomplete").and_then(bool::read).unwrap_or_default();
                if let (Format::Messages, text @ Value::String(_)) = (format, &content) {
                    message.set("content", json!([{"type": "text", "text": text}]));
                }
                let mut turn = value::object([
                    ("role", "assistant".into()),
                    ("format", format.word().into()),
                    ("message", message.into()),
                ]);
                if partial {
                    turn.set("partial", "stopped");
                }
                added.push(turn);
            }
            "tool" => {
                let id = message.get("tool_call_id").cloned().unwrap_or_default();
                let result = json!({"id": id, "name": "", "content": content, "is_error": false});
                added.push(tool(vec![result], format));
            }
            other => {
                let other = quoted(other);
                return Err(wrong(&format!(
                    "has the unknown role {other}; roles are system, user, assistant and tool"
                )));
            }
        }
        for mut turn in added {
            follows(&turns, &turn)?;
            let waiting = pending(&turns);
            if let Some(Value::Array(results)) = turn.get_mut("results") {
                for result in results.iter_mut() {
                    let call = waiting.iter().find(|call| *at(result, "/id") == call.id.as_str());
                    if let (Some(call), Value::Object(result)) = (call, result) {
                        result.set("name", call.name.as_str());
                    }
                }
            }
            match turns.last_mut().filter(|last| role(last) == "tool" && role(&turn) == "tool") {
                Some(last) => add_results(last, turn.shift_remove("results").and_then(into_list).unwrap_or_default()),
                None => turns.push(turn),
            }
        }
    }
    Ok((turns, if system.is_empty() { Value::Null } else { system.into() }))
}

/// Splits a user's content into results and the rest.
fn split_results(content: &mut Value) -> (Vec<Value>, Value) {
    let Value::Array(blocks) = content else { return (Vec::new(), content.take()) };
    let is_result = |block: &Value| *at(block, "/type") == "tool_result";
    let results = blocks.iter().filter(|block| is_result(block)).map(|block| {
        let is_error = matches!(at(block, "/is_error"), Value::Bool(true));
        json!({"id": at(block, "/tool_use_id"), "name": "", "content": at(block, "/content"), "is_error": is_error})
    });
    let results: Vec<Value> = results.collect();
    blocks.retain(|block| !is_result(block));
    let rest = if blocks.is_empty() && !results.is_empty() { Value::Null } else { content.take() };
    (results, rest)
}
