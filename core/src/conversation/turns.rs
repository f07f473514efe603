//! Turns: made from replies and contents, read from files, and converted for display.
//!
//! Invariant: turns alternate. The user starts and the model answers. Each call of an answer has its result in the turn of results after it,
//! or, at the end of the conversation, waits for it.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use super::{Format, Settings, refused};
use crate::error::Error;
use crate::text::quoted;
use crate::tools::{self, Call, Outcome, at};
pub(super) use crate::wire::convert::content::{plain, simplified};

type Turn = Map<String, Value>;

pub(super) fn role(turn: &Turn) -> &str {
    turn.get("role").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn format(turn: &Turn) -> Format {
    if turn.get("format").is_some_and(|format| *format == "messages") { Format::Messages } else { Format::Chat }
}

/// Returns a member of a turn; null if it is missing.
pub(super) fn part<'t>(turn: &'t Turn, pointer: &str) -> &'t Value {
    const NONE: &Value = &Value::Null;
    let (name, rest) = crate::text::split(pointer, "/").unwrap_or((pointer, ""));
    let member = turn.get(name).unwrap_or(NONE);
    if rest.is_empty() { member } else { member.get(rest).unwrap_or(NONE) }
}

/// Returns the items of a list; none if the value is not a list.
pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn str(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether a turn is of the requested model. Imported messages have no model, and count as this one's.
pub(super) fn is_of(turn: &Turn, model: Option<&str>) -> bool {
    part(turn, "model").as_str().is_none_or(|name| Some(name) == model)
}

/// Whether the model continues without a further message.
pub(super) fn is_paused(turn: &Turn) -> bool {
    *part(turn, "finish") == "pause_turn"
}

/// Whether an answer ended at a length limit.
pub(super) fn is_at_limit(turn: &Turn) -> bool {
    tools::is_at_limit(part(turn, "finish"))
}

/// Checks a content: a text, or parts.
pub(super) fn content(content: Value) -> Result<Value, Error> {
    let is_valid = match &content {
        Value::String(text) => !text.is_empty(),
        Value::Array(parts) => !parts.is_empty() && parts.iter().all(|part| at(part, "/type").is_string()),
        _ => false,
    };
    let why = "a content must be a non-empty text, or parts such as {\"type\": \"text\", \"text\": \"Hi\"}";
    if is_valid { Ok(content) } else { Err(refused(why)) }
}

pub(super) fn user(content: Value, format: Format) -> Turn {
    value::object([("role", "user".into()), ("format", format.word().into()), ("content", content)])
}

pub(super) fn tool(results: Vec<Value>, format: Format) -> Turn {
    value::object([("role", "tool".into()), ("format", format.word().into()), ("results", results.into())])
}

pub(super) fn add_results(turn: &mut Turn, more: Vec<Value>) {
    if let Some(Value::Array(results)) = turn.get_mut("results") {
        results.extend(more);
    }
}

/// Returns a result for a turn, with the name of its call.
pub(super) fn result(result: Outcome, pending: &[Call]) -> Value {
    let name = pending.iter().find(|call| call.id == result.id).map_or(result.name, |call| call.name.clone());
    json!({"id": result.id, "name": name, "content": result.content, "is_error": result.is_error})
}

/// Returns the turn of a reply; `number` is the turn's.
pub(super) fn assistant(reply: &Value, format: Format, settings: &Settings, number: usize) -> Turn {
    let mut message = match format {
        Format::Chat => at(reply, "/choices/0/message").as_object().cloned().unwrap_or_default(),
        Format::Messages => value::object([("role", "assistant".into()), ("content", at(reply, "/content").clone())]),
    };
    message.shift_remove("parsed");
    // Some servers send calls without an id, which results need.
    if let Some(Value::Array(calls)) = message.get_mut("tool_calls") {
        for (index, call) in calls.iter_mut().enumerate() {
            if let Value::Object(call) = call
                && call.get("id").and_then(Value::as_str).is_none_or(str::is_empty)
            {
                call.set("id", format!("call_{number}_{index}"));
            }
        }
    }
    let finish = if format == Format::Chat { "/choices/0/finish_reason" } else { "/stop_reason" };
    let mut turn =
        value::object([("role", "assistant".into()), ("format", format.word().into()), ("message", message.into())]);
    let model = settings.model.as_ref().map_or(Value::Null, |model| model.as_str().into());
    for (name, value) in
        [("model", &model), ("finish", at(reply, finish)), ("usage", at(reply, "/usage")), ("cost", at(reply, "/cost"))]
    {
        if !value.is_null() {
            turn.set(name, value.clone());
        }
    }
    turn
}

/// Returns the turn of an answer that the user wrote.
pub(super) fn edited(turn: &Turn, content: Value, format: Format) -> Turn {
    let content = match content {
        text @ Value::String(_) if format == Format::Messages => json!([{"type": "text", "text": text}]),
        content => content,
    };
    let mut new = turn.clone();
    for name in ["partial", "finish", "usage", "cost", "stale"] {
        new.shift_remove(name);
    }
    new.set("format", format.word());
    new.set("message", json!({"role": "assistant", "content": content}));
    new.set("edited", true);
    new
}

/// Removes the calls of an answer.
pub(super) fn drop_calls(turn: &mut Turn) {
    let Some(Value::Object(message)) = turn.get_mut("message") else { return };
    message.shift_remove("tool_calls");
    message.shift_remove("function_call");
    if let Some(Value::Array(blocks)) = message.get_mut("content") {
        blocks.retain(|block| *at(block, "/type") != "tool_use");
    }
}

/// Adds a later part to an answer: text to its text if it `resumes`, otherwise blocks to its blocks.
pub(super) fn extend(turn: &mut Turn, more: &Turn, resumes: bool) {
    if resumes && format(turn) != format(more) {
        // The text is kept in the format of the new part; thoughts of the other format cannot be sent.
        *turn = begun(&text(turn), format(more));
    }
    let added = text(more);
    let blocks = if resumes { Vec::new() } else { items(part(more, "message/content")).to_vec() };
    if let Some(Value::Object(message)) = turn.get_mut("message") {
        match message.get_mut("content") {
            Some(Value::String(text)) => text.push_str(&added),
            Some(Value::Array(own)) if resumes => {
                let last = own.iter_mut().rev().find(|block| *at(block, "/type") == "text");
                match last.and_then(|block| block.get_mut("text")) {
                    Some(Value::String(text)) => text.push_str(&added),
                    _ => own.push(json!({"type": "text", "text": added})),
                }
            }
            Some(Value::Array(own)) => own.extend(blocks),
            _ => message.set("content", added),
        }
        // The calls of the new part belong to the turn.
        if let (true, calls @ Value::Array(_)) = (resumes, part(more, "message/tool_calls")) {
            message.set("tool_calls", calls.clone());
        }
        if let Some(Value::Array(own)) = message.get_mut("content").filter(|_| resumes) {
            let calls = items(part(more, "message/content")).iter().filter(|block| *at(block, "/type") == "tool_use");
            own.extend(calls.cloned());
        }
    }
    for name in ["model", "partial", "finish", "usage", "cost"] {
        turn.shift_remove(name);
        if let Some(value) = more.get(name) {
            turn.set(name, value.clone());
        }
    }
    if resumes {
        turn.set("stale", true);
    }
}

/// Returns an answer of the model with this text.
fn begun(text: &str, format: Format) -> Turn {
    let content = match format {
        Format::Chat => text.into(),
        Format::Messages => json!([{"type": "text", "text": text}]),
    };
    let message = value::object([("role", "assistant".into()), ("content", content)]);
    value::object([("role", "assistant".into()), ("format", format.word().into()), ("message", message.into())])
}

/// Returns the text of a turn.
pub(super) fn text(turn: &Turn) -> String {
    let content = if role(turn) == "user" { part(turn, "content") } else { part(turn, "message/content") };
    plain(content)
}

/// Returns the reasoning of a turn.
pub(super) fn reasoning(turn: &Turn) -> String {
    let reasoning = str(part(turn, "message/reasoning"));
    if !reasoning.is_empty() {
        return reasoning.to_owned();
    }
    items(part(turn, "message/content")).iter().map(|block| str(at(block, "/thinking"))).collect()
}

/// Returns the calls of an answer.
pub(super) fn calls(turn: &Turn) -> Vec<Call> {
    if role(turn) != "assistant" || turn.contains_key("partial") {
        return Vec::new();
    }
    tools::calls_of(&format(turn).endpoint(), part(turn, "message"), part(turn, "finish"))
}

/// Returns the calls at the end without a result.
pub(super) fn pending(turns: &[Turn]) -> Vec<Call> {
    let (last, given) = match turns {
        [.., answer, last] if role(last) == "tool" => (answer, items(part(last, "results"))),
        [.., last] => (last, &[] as &[Value]),
        [] => return Vec::new(),
    };
    let mut calls = calls(last);
    calls.retain(|call| given.iter().all(|result| *at(result, "/id") != call.id.as_str()));
    calls
}

/// Returns a turn with its parts for display: `text`, `reasoning`, `calls`.
pub(crate) fn shown(turn: &Turn) -> Value {
    let mut shown = turn.clone();
    match role(turn) {
        "user" => shown.set("text", text(turn)),
        "assistant" => {
            shown.set("text", text(turn));
            shown.set("reasoning", reasoning(turn));
            shown.set("calls", calls(turn).iter().map(Call::to_value).collect::<Value>());
        }
        _ => {}
    }
    shown.into()
}

/// Reads turns, and checks that they follow one another.
pub(super) fn read(listed: Vec<Value>) -> Result<Vec<Turn>, Error> {
    let mut turns = Vec::new();
    for (number, turn) in listed.into_iter().enumerate() {
        let Value::Object(turn) = turn else { return Err(refused(format!("turn {number} is not an object"))) };
        let wanted = match role(&turn) {
            "user" if !part(&turn, "content").is_null() => None,
            "user" => Some("content"),
            "assistant" if part(&turn, "message").is_object() => None,
            "assistant" => Some("a message"),
            "tool" if part(&turn, "results").is_array() => None,
            "tool" => Some("a list of results"),
            role => {
                let role = quoted(role);
                return Err(refused(format!(
                    "turn {number} has the unknown role {role}; roles are user, assistant and tool"
                )));
            }
        };
        if let Some(wanted) = wanted {
            return Err(refused(format!("turn {number} (role {}) lacks {wanted}", role(&turn))));
        }
        follows(&turns, &turn)?;
        turns.push(turn);
    }
    Ok(turns)
}

/// Checks whether a turn may follow the others.
pub(super) fn follows(turns: &[Turn], turn: &Turn) -> Result<(), Error> {
    let number = turns.len();
    let before = turns.last().map_or("", role);
    let pending = pending(turns);
    let no = |why: String| Err(refused(format!("turn {number} {why}")));
    if role(turn) == "tool" {
        let known = |result: &&Value| pending.iter().all(|call| *at(result, "/id") != call.id.as_str());
        return match items(part(turn, "results")).iter().find(known) {
            Some(result) => {
                no(format!("has a result for the call {}, which the turn before doesn't make", at(result, "/id")))
            }
            None => Ok(()),
        };
    }
    if let Some(call) = pending.first() {
        return no(format!("comes before the result of the call {}", quoted(&call.id)));
    }
    match (before, role(turn)) {
        ("", "assistant") => no("is an assistant turn; the first turn must be the user's".to_owned()),
        (before, now) if before == now => {
            no(format!("has the same role as the turn before it ({now}); roles must alternate"))
        }
        _ => Ok(()),
    }
}
