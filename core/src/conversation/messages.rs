//! Converts turns to the messages format.
//!
//! Blocks of the format go back unchanged, including signed thoughts, if the model is the same and nothing before them has changed: signatures
//! cover the earlier turns, and missing thoughts too. Thoughts without a signature go back only while calls are being answered, to the model
//! that produced them. Thoughts of other formats never go back, since they would be rejected.
//!
//! Dropped from turns in the other format: thoughts, the `detail` of an image, the provider's annotations of text. Ids of calls lose the
//! characters that the format rejects.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use super::chat::open_from;
use super::turns::{self, items, part, str};
use super::{CUT, Conversation, Format, refused};
use crate::error::Error;
use crate::tools::{self, Thoughts, at};
use crate::wire::convert::content::{self, joined, tool_id};

/// Returns the messages, without the system message.
pub(super) fn messages(conversation: &Conversation) -> Result<Vec<Value>, Error> {
    let mut messages = Vec::new();
    let turns = &conversation.turns;
    let open = open_from(turns);
    for (index, turn) in turns.iter().enumerate() {
        match turns::role(turn) {
            "user" => {
                let content = match turns::format(turn) {
                    Format::Messages => part(turn, "content").clone(),
                    Format::Chat => blocks(part(turn, "content"), "the user's content")?,
                };
                push(&mut messages, "user", content);
            }
            "assistant" => {
                let is_last = index + 1 == turns.len();
                let mut content = answer(conversation, turn, index >= open, is_last);
                if turns::format(turn) == Format::Chat {
                    content = turns::simplified(value::into_list(content).unwrap_or_default());
                }
                if content.is_string() || !items(&content).is_empty() {
                    push(&mut messages, "assistant", content);
                }
            }
            _ => {
                let results: Result<Vec<Value>, Error> = items(part(turn, "results"))
                    .iter()
                    .map(|result| tool_result(result, turns::format(turn)))
                    .collect();
                push(&mut messages, "user", results?.into());
            }
        }
    }
    Ok(messages)
}

/// Adds a content; consecutive contents of one role are one message.
fn push(messages: &mut Vec<Value>, role: &str, content: Value) {
    let before = messages.last_mut().filter(|last| *at(last, "/role") == role).and_then(|last| last.get_mut("content"));
    match before {
        Some(before) => *before = joined(before.take(), content),
        None => messages.push(json!({"role": role, "content": content})),
    }
}

fn answer(conversation: &Conversation, turn: &Map<String, Value>, is_open: bool, is_last: bool) -> Value {
    let message = part(turn, "message");
    let is_partial = turn.contains_key("partial");
    let mut sent = Vec::new();
    if turns::format(turn) == Format::Messages {
        let is_mine = turns::is_of(turn, conversation.settings.model.as_deref());
        let is_stale = is_partial || turn.contains_key("stale") || !is_mine;
        let thoughts = match (is_stale, is_open) {
            (true, _) => Thoughts::None,
            (false, true) => Thoughts::All,
            (false, false) => Thoughts::Signed,
        };
        sent = tools::blocks(at(message, "/content"), thoughts);
    } else {
        let text = match at(message, "/content") {
            Value::Null => String::new(),
            content => turns::plain(content),
        };
        let refusal = str(at(message, "/refusal"));
        for text in [text.as_str(), refusal] {
            if !text.trim().is_empty() {
                sent.push(json!({"type": "text", "text": text}));
            }
        }
        for call in turns::calls(turn) {
            // Unreadable arguments are replaced: the result quotes what the model wrote.
            let input = call.arguments.unwrap_or_default();
            sent.push(json!({"type": "tool_use", "id": tool_id(&call.id), "name": call.name, "input": input}));
        }
    }
    if is_partial && !(is_last && conversation.resumes) && !sent.is_empty() {
        let last = sent.iter_mut().rev().find(|block| *at(block, "/type") == "text");
        match last.and_then(|block| block.get_mut("text")) {
            Some(Value::String(text)) => {
                text.push_str("\n\n");
                text.push_str(CUT);
            }
            _ => sent.push(json!({"type": "text", "text": CUT})),
        }
    }
    sent.into()
}

fn tool_result(result: &Value, format: Format) -> Result<Value, Error> {
    let content = match at(result, "/content") {
        content @ Value::Array(_) if format == Format::Chat => blocks(content, "a result of a tool")?,
        content @ (Value::String(_) | Value::Array(_)) => content.clone(),
        Value::Null => "".into(),
        content => content.to_string().into(),
    };
    let mut block =
        value::object([("type", "tool_result".into()), ("tool_use_id", tool_id(str(at(result, "/id"))).into())]);
    if content.as_str().is_none_or(|text| !text.is_empty()) {
        block.set("content", content);
    }
    if matches!(at(result, "/is_error"), Value::Bool(true)) {
        block.set("is_error", true);
    }
    Ok(block.into())
}

/// Converts parts to blocks.
fn blocks(content: &Value, what: &str) -> Result<Value, Error> {
    if content.is_string() {
        return Ok(content.clone());
    }
    let blocks: Result<Vec<Value>, Error> = items(content).iter().map(|part| as_block(part, what)).collect();
    Ok(turns::simplified(blocks?))
}

fn as_block(part: &Value, what: &str) -> Result<Value, Error> {
    content::to_block(part).ok_or_else(|| {
        let kind = str(at(part, "/type"));
        refused(format!(
            "{what} has a part of type {kind}, which the format messages can't express; keep the format chat, or edit it"
        ))
    })
}
