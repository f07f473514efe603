//! Converts turns to the messages of chat completions.
//!
//! Fields that a strict endpoint rejects are not sent: a reply goes back as its text, its calls and its refusal. Reasoning goes back only to
//! the model that produced it, while calls are being answered, under the name in the settings or else the name that the server used. If that
//! is a non-standard name such as `reasoning_content`, turns that call tools keep their reasoning: DeepSeek and Kimi reject them without it.
//!
//! Dropped from turns in the other format: thoughts, tools that the provider has run (the text contains their results), citations, cache
//! markers, and the error flag of results, which the text states.

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value};

use super::turns::{self, items, part, str};
use super::{CUT, Conversation, Format, refused};
use crate::error::Error;
use crate::tools::{self, at};
use crate::wire::convert::content::{self, joined};
use crate::wire::openai::REASONING_FIELD;

/// Returns the messages, the system message first.
pub(super) fn messages(conversation: &Conversation) -> Result<Vec<Value>, Error> {
    let mut messages = Vec::new();
    let system = turns::plain(&conversation.settings.system);
    if !system.is_empty() {
        messages.push(json!({"role": "system", "content": system}));
    }
    let turns = &conversation.turns;
    let open = open_from(turns);
    for (index, turn) in turns.iter().enumerate() {
        match turns::role(turn) {
            "user" => {
                let content = match turns::format(turn) {
                    Format::Chat => part(turn, "content").clone(),
                    Format::Messages => parts(part(turn, "content"))?,
                };
                push_user(&mut messages, content);
            }
            "assistant" => {
                let is_last = index + 1 == turns.len();
                messages.extend(answer(conversation, turn, index >= open, is_last));
            }
            _ => {
                for result in items(part(turn, "results")) {
                    let content = result_content(at(result, "/content"), turns::format(turn))?;
                    messages.push(json!({"role": "tool", "tool_call_id": at(result, "/id"), "content": content}));
                }
            }
        }
    }
    Ok(messages)
}

/// Returns the index of the first turn of the current tool run: the turn after the last question, if results of calls come last.
pub(super) fn open_from(turns: &[Map<String, Value>]) -> usize {
    let question = turns.iter().rposition(|turn| turns::role(turn) == "user");
    match (question, turns.last()) {
        (Some(question), Some(last)) if turns::role(last) == "tool" || turns::is_paused(last) => question,
        _ => turns.len(),
    }
}

/// Adds a user's content. Two consecutive questions become one, if the answer between them had nothing to send.
fn push_user(messages: &mut Vec<Value>, content: Value) {
    let before =
        messages.last_mut().filter(|last| *at(last, "/role") == "user").and_then(|last| last.get_mut("content"));
    match before {
        Some(before) => *before = joined(before.take(), content),
        None => messages.push(json!({"role": "user", "content": content})),
    }
}

fn answer(conversation: &Conversation, turn: &Map<String, Value>, is_open: bool, is_last: bool) -> Option<Value> {
    let is_mine = turns::is_of(turn, conversation.settings.model.as_deref());
    let reasoning_field = conversation.settings.reasoning_field.as_deref();
    let mut sent = match turns::format(turn) {
        Format::Chat => {
            let message = part(turn, "message");
            let is_wanted = message.get(REASONING_FIELD).is_some_and(Value::is_string)
                && !items(at(message, "/tool_calls")).is_empty();
            tools::chat_turn(message, is_mine && (is_open || is_wanted), reasoning_field)
        }
        Format::Messages => tools::chat_turn(&converted(turn), false, None),
    };
    if turn.contains_key("partial") {
        sent.shift_remove("tool_calls");
        if !(is_last && conversation.resumes) {
            sent.set("content", format!("{}\n\n{CUT}", turns::text(turn)));
        }
    }
    let has_parts = items(part(&sent, "content")).iter().any(|part| *at(part, "/type") != "text");
    let says = has_parts || !turns::text(turn).is_empty() || !str(part(&sent, "refusal")).is_empty();
    (says || sent.contains_key("tool_calls") || sent.contains_key("audio")).then(|| sent.into())
}

/// Returns the message of a turn in the other format: its text and its calls.
fn converted(turn: &Map<String, Value>) -> Value {
    let text = turns::text(turn);
    let content = if text.is_empty() { Value::Null } else { text.into() };
    json!({"content": content, "tool_calls": tool_calls(part(turn, "message/content"))})
}

/// Returns the calls among blocks.
fn tool_calls(blocks: &Value) -> Value {
    let calls = items(blocks).iter().filter(|block| *at(block, "/type") == "tool_use").map(|block| {
        let function = json!({"name": at(block, "/name"), "arguments": tools::written_in(block)});
        json!({"id": at(block, "/id"), "type": "function", "function": function})
    });
    calls.collect()
}

fn result_content(content: &Value, format: Format) -> Result<Value, Error> {
    Ok(match content {
        Value::String(_) => content.clone(),
        Value::Null => "".into(),
        Value::Array(_) if format == Format::Chat => content.clone(),
        Value::Array(blocks) => {
            if let Some(block) = blocks.iter().find(|block| *at(block, "/type") != "text") {
                return Err(no_form("a result of a tool", block));
            }
            turns::plain(content).into()
        }
        content => content.to_string().into(),
    })
}

fn no_form(what: &str, block: &Value) -> Error {
    let kind = at(block, "/type");
    refused(format!(
        "{what} has a part of type {kind}, which the format chat can't express; keep the format messages, or edit it"
    ))
}

/// Converts a user's blocks to parts.
fn parts(content: &Value) -> Result<Value, Error> {
    if content.is_string() {
        return Ok(content.clone());
    }
    let parts: Result<Vec<Value>, Error> = items(content).iter().map(as_part).collect();
    Ok(turns::simplified(parts?))
}

fn as_part(block: &Value) -> Result<Value, Error> {
    content::to_part(block).ok_or_else(|| no_form("the user's content", block))
}
