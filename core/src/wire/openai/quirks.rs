//! What compatible providers send instead of the standard, each with its repair.
//!
//! Law: one small function a quirk, on the JSON object in which it occurs; the source stands in its comment. A repair brings the
//! standard's shape and drops nothing that a user could miss.

use crate::prelude::*;
use crate::value::{Map, Members, Value, decimal, into_list, json};

/// Fields that stay the same over a stream, for chunks that leave them out.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    id: String,
    model: String,
    created: i64,
}

impl Envelope {
    /// `id` missing, null or a number; `created` a float, a text or missing; `model` missing: filled in from the chunks before.
    pub(super) fn repair(&mut self, fields: &mut Map<String, Value>) {
        match fields.get("id") {
            Some(Value::String(id)) if !id.is_empty() => self.id.clone_from(id),
            Some(Value::Number(id)) => self.id = id.to_string(),
            _ => {}
        }
        if let Some(model) = fields.get("model").and_then(Value::as_str).filter(|model| !model.is_empty()) {
            model.clone_into(&mut self.model);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "seconds since 1970 fit; a saturated nonsense value stays harmless"
        )]
        let created = match fields.get("created") {
            Some(Value::Number(number)) => number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)),
            Some(Value::String(text)) => decimal(text.trim()).map(|seconds| seconds as i64),
            _ => None,
        };
        self.created = created.unwrap_or(self.created);
        fields.set("id", self.id.clone());
        fields.set("object", "chat.completion.chunk");
        fields.set("created", self.created);
        fields.set("model", self.model.clone());
    }
}

/// Takes the choices out, to be put back: null or missing `choices` are none; a choice with no `index` has its place; `message` in
/// a chunk is its delta; a missing or null delta is an empty one.
pub(super) fn take_choices(fields: &mut Map<String, Value>) -> Vec<Map<String, Value>> {
    let Value::Array(choices) = fields.entry("choices").or_insert(Value::Null).take() else { return Vec::new() };
    let objects =
        choices.into_iter().filter_map(|choice| if let Value::Object(choice) = choice { Some(choice) } else { None });
    let repaired = objects.enumerate().map(|(place, mut choice)| {
        if choice.get("index").and_then(Value::as_u64).is_none() {
            choice.set("index", place);
        }
        let message = choice.shift_remove("message").filter(Value::is_object);
        if !choice.get("delta").is_some_and(Value::is_object) {
            choice.set("delta", message.unwrap_or_else(|| json!({})));
        }
        choice
    });
    repaired.collect()
}

/// `usage: {}` says nothing; token counts may be floats or texts.
pub(super) fn usage(fields: &mut Map<String, Value>) {
    let Some(usage) = fields.get_mut("usage") else { return };
    match usage {
        Value::Object(counts) if !counts.is_empty() => counts.iter_mut().for_each(count),
        _ => *usage = Value::Null,
    }
}

fn count((name, value): (&String, &mut Value)) {
    match value {
        Value::Object(details) => details.iter_mut().for_each(count),
        Value::String(text) if name.ends_with("_tokens") => {
            if let Ok(whole) = text.trim().parse::<u64>() {
                *value = whole.into();
            }
        }
        Value::Number(number) if number.as_u64().is_none() => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a saturated count of tokens is fine"
            )]
            let whole = number.as_f64().filter(|number| number % 1.0 == 0.0).map(|number| number as u64);
            if let Some(whole) = whole {
                *value = whole.into();
            }
        }
        _ => {}
    }
}

/// `content` as a list of parts (Mistral and others) is the text of its parts; a part that thinks goes to the reasoning. A null
/// or empty role says nothing.
pub(super) fn content(delta: &mut Map<String, Value>) {
    if delta.get("role").is_some_and(|role| role.as_str().is_none_or(str::is_empty)) {
        delta.shift_remove("role");
    }
    let Some(content @ (Value::Array(_) | Value::Object(_))) = delta.get_mut("content") else { return };
    let parts = if content.is_array() { into_list(content.take()).unwrap_or_default() } else { vec![content.take()] };
    let (mut text, mut thought) = (String::new(), String::new());
    for part in &parts {
        match part.get("type").and_then(Value::as_str) {
            Some("thinking" | "reasoning") => thought.push_str(&plain_text(part)),
            _ => text.push_str(&plain_text(part)),
        }
    }
    *content = if text.is_empty() && !thought.is_empty() { Value::Null } else { text.into() };
    // Images and the like, which no text can hold, are kept beside it.
    let others: Vec<_> = parts.into_iter().filter(|part| part.is_object() && !is_text(part)).collect();
    if !others.is_empty() {
        delta.set("content_parts", others);
    }
    // The same thought may come under a name too, which may also be there with nothing in it.
    let is_named = delta.get("reasoning").is_some_and(|reasoning| !plain_text(reasoning).is_empty());
    if !thought.is_empty() && !is_named {
        delta.set("reasoning", thought);
    }
}

fn is_text(part: &Value) -> bool {
    matches!(part.get("type").and_then(Value::as_str), Some("text" | "thinking" | "reasoning") | None)
        || !plain_text(part).is_empty()
}

/// Reasoning under one name, whichever way it came, and once even where it came in two ways: `reasoning` (vLLM, Ollama,
/// OpenRouter), `reasoning_content` (Fireworks, llama.cpp, older vLLM), the same as an object `{text}` (envoyproxy/ai-gateway#1222),
/// `thinking` (Ollama's own), and `reasoning_details` (OpenRouter), which stay since their signatures must be sent back. Returns the name
/// that the text had.
pub(super) fn reasoning(delta: &mut Map<String, Value>) -> Option<&'static str> {
    let mut found = String::new();
    let mut field = None;
    for name in ["reasoning", "reasoning_content", "thinking"] {
        if !delta
            .get(name)
            .is_some_and(|value| matches!(value, Value::String(_) | Value::Object(_) | Value::Array(_) | Value::Null))
        {
            continue;
        }
        let value = delta.shift_remove(name);
        if found.is_empty() {
            found = value.as_ref().map(plain_text).unwrap_or_default();
            field = Some(name).filter(|_| !found.is_empty());
        }
    }
    if found.is_empty() {
        found = delta.get("reasoning_details").map(plain_text).unwrap_or_default();
    }
    if !found.is_empty() {
        delta.set("reasoning", found);
    }
    field
}

/// The text in a string, a part (`text`, `thinking`, `summary`, `content`), or a list of them.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.as_str().to_owned(),
        Value::Array(parts) => parts.iter().map(plain_text).collect(),
        Value::Object(part) => {
            let names = ["text", "thinking", "summary", "content", "reasoning"];
            names.into_iter().find_map(|name| part.get(name)).map(plain_text).unwrap_or_default()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// Finish reasons: `""` and `"null"` are none; `eos` is `stop`; `model_length` is `length`; `stop` after tool calls is `tool_calls`.
/// Others stay: the list is open.
pub(super) fn finish_reason(choice: &mut Map<String, Value>, has_tools: bool) {
    let reason = match choice.get("finish_reason") {
        Some(Value::String(reason)) => match reason.as_str() {
            "" | "null" => Value::Null,
            "stop" | "eos" if has_tools => "tool_calls".into(),
            "eos" => "stop".into(),
            "model_length" => "length".into(),
            _ => return,
        },
        Some(Value::Number(reason)) => reason.to_string().into(),
        _ => Value::Null,
    };
    choice.set("finish_reason", reason);
}
