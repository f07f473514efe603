//! The content of messages, replies and tools as attributes: both formats become messages of parts, as JSON text.
//!
//! Invariant: unknown parts stay unchanged.

use super::text;
use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value, items, object, to_text};

/// Returns the content of a completion or a message, which may be partial, as an attribute.
pub(in crate::ffi) fn content_attributes(reply: &Value) -> Map<String, Value> {
    let mut attributes = Map::new();
    let answers: Vec<(&Value, &Value)> = if reply.get("type").is_some_and(|kind| kind == "message") {
        vec![(reply, reply.get("stop_reason").unwrap_or(&Value::Null))]
    } else {
        let field = |choice, name| Value::get(choice, name).unwrap_or(&Value::Null);
        items(reply.get("choices"))
            .iter()
            .map(|choice| (field(choice, "message"), field(choice, "finish_reason")))
            .collect()
    };
    let messages = answers.iter().map(|(answer, reason)| {
        let mut written = message_of(answer);
        if let Value::Object(members) = &mut written {
            members.set("role", text(answer.get("role")).unwrap_or("assistant"));
            // A choice without a finish reason was cut off.
            members.set("finish_reason", reason.as_str().unwrap_or("error"));
        }
        written
    });
    set_text(&mut attributes, "gen_ai.output.messages", messages.collect());
    attributes
}

/// Sets an attribute to a list as JSON text, unless the list is empty.
pub(super) fn set_text(attributes: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if !values.is_empty() {
        attributes.set(name, Value::from(values).to_string());
    }
}

pub(super) fn message_of(message: &Value) -> Value {
    if !message.is_object() {
        return json!({"role": "user", "parts": parts(Some(message))});
    }
    let role = text(message.get("role")).unwrap_or("assistant");
    let content = message.get("content");
    let mut all = Vec::new();
    if let Some(reasoning) = text(message.get("reasoning_content")).or(text(message.get("reasoning"))) {
        all.push(json!({"type": "reasoning", "content": reasoning}));
    }
    if role == "tool" {
        all.push(json!({"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}));
    } else {
        all.extend(parts(content));
    }
    if let Some(refusal) = message.get("refusal").and_then(Value::as_str) {
        all.push(json!({"type": "refusal", "content": refusal}));
    }
    for call in items(message.get("tool_calls")) {
        let function = call.get("function").or(call.get("custom")).unwrap_or(&Value::Null);
        let arguments = function.get("arguments").or(function.get("input"));
        all.push(tool_call(call.get("id"), function.get("name"), arguments));
    }
    let mut written = object([("role", role.into()), ("parts", all.into())]);
    if let Some(name) = text(message.get("name")) {
        written.set("name", name);
    }
    written.into()
}

fn tool_call(id: Option<&Value>, name: Option<&Value>, arguments: Option<&Value>) -> Value {
    // A model may write invalid JSON, which stays a text.
    let parsed = arguments.and_then(|arguments| serde_json::from_str::<Value>(arguments.as_str()?).ok());
    json!({"type": "tool_call", "id": id, "name": name, "arguments": parsed.as_ref().or(arguments)})
}

pub(super) fn parts(content: Option<&Value>) -> Vec<Value> {
    match content {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(content)) => content.iter().map(part).collect(),
        Some(other) => vec![text_part(other)],
    }
}

fn text_part(value: &Value) -> Value {
    json!({"type": "text", "content": to_text(value)})
}

fn part(part: &Value) -> Value {
    let field = |name| part.get(name);
    if !part.is_object() {
        return text_part(part);
    }
    let source = match field("type").and_then(Value::as_str) {
        Some("text") => return json!({"type": "text", "content": field("text")}),
        Some("thinking") => return json!({"type": "reasoning", "content": field("thinking")}),
        Some("tool_use") => return tool_call(field("id"), field("name"), field("input")),
        Some("tool_result") => {
            return json!({"type": "tool_call_response", "id": field("tool_use_id"), "response": field("content")});
        }
        Some("image_url") => field("image_url"),
        Some("image") => field("source"),
        _ => None,
    };
    match source {
        Some(source @ (Value::String(_) | Value::Object(_))) => image(source),
        _ => part.clone(),
    }
}

fn image(source: &Value) -> Value {
    let url = source.as_str().or(source.get("url").and_then(Value::as_str)).unwrap_or_default();
    let (kind, data) = match url.strip_prefix("data:").and_then(|url| url.split_once(";base64,")) {
        Some((kind, data)) => (Some(kind.into()), Some(data.into())),
        None if source.get("type").is_some_and(|kind| kind == "base64") => {
            (source.get("media_type").cloned(), source.get("data").cloned())
        }
        None => return json!({"type": "uri", "modality": "image", "uri": url}),
    };
    json!({"type": "blob", "modality": "image", "mime_type": kind, "content": data})
}

pub(super) fn tool(tool: &Value) -> Value {
    let mut written = object([("type", text(tool.get("type")).unwrap_or("function").into())]);
    let Some(members) = tool.get("function").unwrap_or(tool).as_object() else {
        return json!({"type": "function", "name": tool});
    };
    for (name, value) in members.iter().filter(|(name, _)| *name != "type") {
        written.set(if name == "input_schema" { "parameters" } else { name }, value.clone());
    }
    written.into()
}
