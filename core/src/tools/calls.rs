//! The calls of a reply, with their arguments.
//!
//! Arguments that cannot be read, and calls of unknown tools, are problems of the call: the model reads the problem as the call's result.

use super::{Call, Tool, at, text};
use crate::prelude::*;
use crate::schema;
use crate::text::shortened;
use crate::value::{self, Value};
use crate::wire::Endpoint;
pub(super) use crate::wire::tool_calls::arguments::read;

/// The finish reasons and stop reasons of replies that ended at a length limit.
pub const LENGTH_REASONS: [&str; 3] = ["length", "max_tokens", "model_context_window_exceeded"];

/// The calls of a reply; of a chat completion, those of its first choice. If `known` is given, calls of other tools have a problem.
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

/// Whether the model continues without results: the provider's own tools can take longer than one reply.
pub fn is_paused(reply: &Value) -> bool {
    *at(reply, "/stop_reason") == "pause_turn"
}

/// The calls of a message of either format. `finish` is the reason for which it ended.
pub(crate) fn calls_of(endpoint: &Endpoint, message: &Value, finish: &Value) -> Vec<Call> {
    let is_chat = *endpoint == Endpoint::Chat;
    let parts = value::items(message.get(if is_chat { "tool_calls" } else { "content" }));
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

pub(super) fn written(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => text.as_str().to_owned(),
        Value::Null => String::new(),
        arguments => arguments.to_string(),
    }
}

/// Reads a call. `is_cut`: the reply ended at its length limit within or right after this call.
fn call(id: String, name: String, written: &str, is_cut: bool) -> Call {
    let problem = match read(written) {
        // Nothing was written before the limit, and a server may have sent an empty object for it.
        Ok(arguments) if is_cut && arguments.is_empty() => {
            format!("{name} was not run: the reply reached its length limit before its arguments were written")
        }
        Ok(arguments) => return Call { id, name, arguments: Some(arguments), problem: None },
        Err(why) => {
            let limit = if is_cut { "; the reply reached its length limit before they were complete" } else { "" };
            let quote = shortened(written);
            format!("{name} was not run: its arguments are not a JSON object: {why}{limit}; you wrote: {quote}")
        }
    };
    Call { id, name, arguments: None, problem: Some(problem) }
}

/// Checks that a call is of one of these tools. Removes the nulls that a strict schema adds to its arguments.
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
