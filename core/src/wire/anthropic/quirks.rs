//! Repairs of message events from servers that deviate from Anthropic's format.
//!
//! Invariant: one small function per deviation. A repair produces the standard's shape and drops nothing a user could miss.

use super::blocks::content_blocks;
use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value, integer};

/// Fills in missing fields of a `message_start`.
pub(super) fn start(event: &mut Map<String, Value>) {
    let message = event.entry("message").or_insert_with(|| json!({}));
    if !message.is_object() {
        *message = json!({});
    }
    let Value::Object(message) = message else { return };
    let defaults = json!({
        "id": "",
        "type": "message",
        "role": "assistant",
        "model": "",
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    });
    let Value::Object(defaults) = defaults else { return };
    for (name, default) in defaults {
        let is_id = name == "id";
        let value = message.entry(name).or_insert(Value::Null);
        match value {
            Value::Null => *value = default,
            Value::Number(number) if is_id => *value = number.to_string().into(),
            _ => {}
        }
    }
    let content = message.get_mut("content");
    if let Some(content) = content.filter(|content| !content.is_array())
        && let Some(blocks) = content_blocks(content)
    {
        *content = blocks.into();
    }
    usage(message);
    stop_reason(message);
}

/// Returns the server's index of an event's block, which may be a float or a string.
pub(super) fn sent_index(event: &Map<String, Value>) -> Option<u64> {
    integer(event.get("index")?)
}

/// Repairs the usage of an event, message or delta: counts may be floats or strings, and gateways use the names of chat completions.
pub(super) fn usage(fields: &mut Map<String, Value>) {
    if let Some(Value::Object(delta)) = fields.get_mut("delta") {
        usage(delta);
    }
    let Some(Value::Object(usage)) = fields.get_mut("usage") else { return };
    for (name, value) in usage.iter_mut() {
        if name.ends_with("_tokens")
            && let Some(count) = integer(value)
        {
            *value = count.into();
        }
    }
    for (name, other) in [("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")] {
        if let Some(count) = usage.get(other).filter(|count| count.is_number()).cloned() {
            usage.entry(name).or_insert(count);
        }
    }
}

/// Adds a missing `type` to a delta, derived from its fields.
pub(super) fn delta_type(delta: &mut Map<String, Value>) {
    if delta.get("type").is_some_and(Value::is_string) {
        return;
    }
    let names = [
        ("text", "text_delta"),
        ("partial_json", "input_json_delta"),
        ("thinking", "thinking_delta"),
        ("signature", "signature_delta"),
        ("citation", "citations_delta"),
    ];
    if let Some((_, kind)) = names.into_iter().find(|&(name, _)| delta.contains_key(name)) {
        delta.set("type", kind);
    }
}

/// Returns whether a delta has no content besides its type.
pub(super) fn is_empty(delta: &Map<String, Value>) -> bool {
    delta.iter().all(|(name, value)| name == "type" || value.is_null() || *value == "")
}

/// Converts a numeric stop reason to a string, and an empty one to null.
pub(super) fn stop_reason(fields: &mut Map<String, Value>) {
    match fields.get_mut("stop_reason") {
        Some(reason @ Value::Number(_)) => *reason = reason.to_string().into(),
        Some(reason) if reason == "" || reason == "null" => *reason = Value::Null,
        _ => {}
    }
}
