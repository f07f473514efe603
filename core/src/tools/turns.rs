//! The turns that answer calls, as requests of each format contain them.
//!
//! Only what a strict server accepts is sent: fields that only replies have are removed, and arguments are JSON objects.

use super::calls::{calls, is_paused, read, written};
use super::{Outcome, at};
use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};
use crate::wire::Endpoint;
use crate::wire::openai::{REASONING, REASONING_FIELD};

/// Adds the turn of a reply and the results of its calls to a request. After results, a model that was forced to call a tool may answer.
///
/// Chat completions send reasoning back under `reasoning_field`; by default under the name that the server used, or as `reasoning`.
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

/// Changes a `tool_choice` that forces a call into one that lets the model answer.
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

/// Adds the turn of a reply and the results of its calls to a request.
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

/// Converts a message of a chat completion to one that a request may contain: strict endpoints reject fields that only replies have, and
/// arguments that are not JSON. If `thinks` is set, the reasoning is sent back under the name `reasoning_field`; by default under the name that
/// the server used, since DeepSeek and Kimi reject turns that call tools without their `reasoning_content`.
pub(crate) fn chat_turn(message: &Value, thinks: bool, reasoning_field: Option<&str>) -> Map<String, Value> {
    let mut turn = value::object([("role", "assistant".into()), ("content", at(message, "/content").clone())]);
    let calls = value::items(message.get("tool_calls"));
    if !calls.is_empty() {
        turn.set("tool_calls", calls.iter().map(sent_call).collect::<Value>());
    }
    for name in ["refusal", "name"] {
        if let Some(value) = message.get(name).filter(|value| !value.is_null()) {
            turn.set(name, value.clone());
        }
    }
    // Requests refer to a spoken answer by its id.
    let audio = at(message, "/audio/id");
    if !audio.is_null() {
        turn.set("audio", json!({"id": audio}));
    }
    if thinks {
        let (details, reasoning) = (at(message, "/reasoning_details"), at(message, "/reasoning"));
        if details.is_array() {
            // OpenRouter expects them with their signatures, and without the text in `reasoning`.
            turn.set("reasoning_details", details.clone());
        } else if reasoning.as_str().is_some_and(|reasoning| !reasoning.is_empty()) {
            let own = message.get(REASONING_FIELD).and_then(Value::as_str);
            turn.set(reasoning_field.or(own).unwrap_or(REASONING), reasoning.clone());
        }
    }
    turn
}

/// Converts a call to one that a request may contain. vLLM answers 400 to arguments that are not a JSON object; the result of the call quotes
/// what the model wrote.
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

/// The thoughts of a message that are sent back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thoughts {
    /// All of them, while the calls of the message are being answered.
    All,
    /// Those with a signature.
    Signed,
    /// None: something before them has changed, or the request is for another model.
    None,
}

/// The blocks of a message that a request may contain. They are unchanged, since servers check the signatures of thoughts.
pub(crate) fn blocks(content: &Value, thoughts: Thoughts) -> Vec<Value> {
    let is_sent = |block: &&Value| match at(block, "/type").as_str() {
        Some("thinking") => match thoughts {
            Thoughts::All => true,
            Thoughts::Signed => at(block, "/signature").as_str().is_some_and(|signature| !signature.is_empty()),
            Thoughts::None => false,
        },
        Some("redacted_thinking") => thoughts != Thoughts::None,
        // Servers reject empty text.
        Some("text") => at(block, "/text").as_str().is_some_and(|text| !text.trim().is_empty()),
        _ => true,
    };
    let sent = value::items(Some(content)).iter().filter(is_sent);
    sent.filter_map(|block| if is_use(block) { sent_use(block) } else { Some(block.clone()) }).collect()
}

/// Whether a block uses a tool: the caller's (`tool_use`) or the provider's (`server_tool_use`, `mcp_tool_use`).
fn is_use(block: &Value) -> bool {
    at(block, "/type").as_str().is_some_and(|kind| kind.ends_with("tool_use"))
}

/// Converts such a block to one that a request may contain: its input is an object. Input that could not be read is not sent; the result of the
/// call quotes it. A truncated call of the provider's own tool has no result and is left out.
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
