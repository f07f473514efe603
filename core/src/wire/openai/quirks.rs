//! Repairs of chat completions from providers that deviate from OpenAI's format.
//!
//! Invariant: one small function per deviation, with its source in the comment. A repair produces the standard's shape and drops nothing
//! a user could miss.

use crate::json::json;
use crate::prelude::*;
use crate::text::number::decimal;
use crate::value::{self, Map, Members, Value, integer, into_list};

/// Fields that are constant in a stream, for chunks that lack them.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    id: String,
    model: String,
    created: i64,
}

impl Envelope {
    /// Fills in fields from earlier chunks: an `id` that is missing, null or a number; a `created` that is missing, a float or a string;
    /// a missing `model`.
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

/// Returns whether an object has any choices.
pub(super) fn has_choices(fields: &Map<String, Value>) -> bool {
    match fields.get("choices") {
        Some(Value::Array(choices)) => !choices.is_empty(),
        Some(Value::Object(choices)) => !choices.is_empty(),
        _ => false,
    }
}

/// Returns whether an object has members of a chunk, and so is part of the answer even without choices.
pub(super) fn is_chunk(fields: &Map<String, Value>) -> bool {
    "choices usage id model created x_groq".split(' ').any(|name| fields.contains_key(name))
        || fields.get("object").and_then(Value::as_str).is_some_and(|object| object.starts_with("chat."))
}

/// Returns whether an object is a keep-alive.
pub(super) fn is_ping(fields: &Map<String, Value>) -> bool {
    fields.is_empty() || fields.get("type").is_some_and(|kind| kind == "ping")
}

/// Takes the choices out of a chunk and gives each an `index`. Null or missing `choices` are empty, a single object is one choice, and a
/// map is indexed by its names (PHP encodes lists with gaps as maps).
pub(super) fn take_choices(fields: &mut Map<String, Value>) -> Vec<Map<String, Value>> {
    let choices: Vec<Map<String, Value>> = match fields.entry("choices").or_insert(Value::Null).take() {
        Value::Array(choices) => choices.into_iter().filter_map(into_object).collect(),
        Value::Object(choices) if choices.keys().all(|name| name.parse::<u64>().is_ok()) => {
            let indexed = choices.into_iter().filter_map(|(index, choice)| {
                let mut choice = into_object(choice)?;
                choice.entry("index").or_insert(index.into());
                Some(choice)
            });
            indexed.collect()
        }
        Value::Object(choice) => Vec::from([choice]),
        _ => Vec::new(),
    };
    let repaired = choices.into_iter().enumerate().map(|(position, mut choice)| {
        let index = choice.get("index").and_then(integer).unwrap_or(position as u64);
        choice.set("index", index);
        choice
    });
    repaired.collect()
}

/// Renumbers the choices of a complete reply if two have the same index (BerriAI/litellm#3276), because each is a separate answer.
pub(super) fn number_choices(choices: &mut [Map<String, Value>]) {
    let mut seen = Map::new();
    if choices.iter().any(|choice| seen.insert(value::index(choice.get("index")).to_string(), Value::Null).is_some()) {
        for (position, choice) in choices.iter_mut().enumerate() {
            choice.set("index", position as u64);
        }
    }
}

pub(super) fn into_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

/// Returns whether a delta or message has content besides its role.
pub(super) fn has_content(delta: &Map<String, Value>) -> bool {
    delta.iter().any(|(name, value)| {
        let is_nonempty = match value {
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            _ => false,
        };
        name != "role" && is_nonempty
    })
}

/// Uses a choice's `text`, as in the legacy completions API, as content if the delta and the message are empty. Together sends the same
/// text in both.
pub(super) fn text(choice: &mut Map<String, Value>) {
    let member_has_content = |name: &str| choice.get(name).and_then(Value::as_object).is_some_and(has_content);
    if member_has_content("delta") || member_has_content("message") || !choice.get("text").is_some_and(Value::is_string)
    {
        return;
    }
    let text = choice.shift_remove("text").unwrap_or_default();
    let delta = choice.entry("delta").or_insert(Value::Null);
    if !delta.is_object() {
        *delta = json!({});
    }
    if let Value::Object(delta) = delta {
        delta.set("content", text);
    }
}

/// Returns the new part of a text that may repeat or extend the earlier text (`earlier`). A different text is entirely new.
pub(super) fn remainder<'t>(earlier: &str, text: &'t str) -> &'t str {
    if let Some(rest) = text.strip_prefix(earlier) {
        return rest;
    }
    let (earlier, trimmed) = (earlier.trim(), text.trim());
    // The message may lack surrounding whitespace, or reasoning that was streamed before it.
    if earlier.starts_with(trimmed) || earlier.ends_with(trimmed) {
        return "";
    }
    trimmed.strip_prefix(earlier).unwrap_or(text)
}

/// Moves the usage of a choice (Moonshot) or of `x_groq` (Groq) to the chunk, unless the chunk has its own.
pub(super) fn nested_usage(fields: &mut Map<String, Value>) {
    let is_nonempty = |usage: &&Value| usage.as_object().is_some_and(|usage| !usage.is_empty());
    if fields.get("usage").as_ref().is_some_and(is_nonempty) {
        return;
    }
    let choices = fields.get("choices");
    let listed = value::items(choices).iter().filter_map(|choice| choice.get("usage"));
    let others = [choices, fields.get("x_groq")].into_iter().flatten().filter_map(|source| source.get("usage"));
    let usage = listed.chain(others).find(is_nonempty).cloned();
    if let Some(usage) = usage {
        fields.set("usage", usage);
    }
}

/// Other names of cached token counts: Moonshot (`cached_tokens`), DeepSeek (`prompt_cache_hit_tokens`), gateways to Anthropic
/// (`cache_read_input_tokens`, `cache_creation_input_tokens`) and Responses (`input_tokens_details`).
const CACHED: &str =
    "cached_tokens prompt_cache_hit_tokens cache_read_input_tokens cached_prompt_tokens cache_read_tokens";
const CACHE_WRITTEN: &str = "cache_creation_input_tokens cache_write_input_tokens cache_creation_tokens";

fn standard_counts(usage: &mut Map<String, Value>) {
    for (name, other) in [("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")] {
        let count = usage.get(other).filter(|count| count.as_u64().is_some()).cloned();
        if let Some(count) = count.filter(|_| usage.get(name).is_none_or(Value::is_null)) {
            usage.set(name, count);
        }
    }
    for (name, others) in [("cached_tokens", CACHED), ("cache_write_tokens", CACHE_WRITTEN)] {
        let counts = |details: &Map<String, Value>| details.get(name).and_then(Value::as_u64);
        let details = |part: &str| usage.get(part).and_then(Value::as_object);
        if details("prompt_tokens_details").and_then(counts).is_some_and(|count| count > 0) {
            continue;
        }
        let sources = [Some(&*usage), details("prompt_tokens_details"), details("input_tokens_details")];
        let count = sources.into_iter().flatten().find_map(|source| {
            let named = |other: &str| source.get(other).and_then(Value::as_u64).filter(|count| *count > 0);
            others.split(' ').find_map(named)
        });
        let Some(count) = count else { continue };
        let details = usage.entry("prompt_tokens_details").or_insert(Value::Null);
        if !details.is_object() {
            *details = json!({});
        }
        if let Value::Object(details) = details {
            details.set(name, count);
        }
    }
}

/// Removes an empty `usage`, and converts token counts that are floats or strings or have other names.
pub(super) fn usage(fields: &mut Map<String, Value>) {
    let Some(usage) = fields.get_mut("usage") else { return };
    match usage {
        Value::Object(counts) if !counts.is_empty() => {
            counts.iter_mut().for_each(count);
            standard_counts(counts);
        }
        _ => *usage = Value::Null,
    }
}

fn count((name, value): (&String, &mut Value)) {
    match value {
        Value::Object(details) => details.iter_mut().for_each(count),
        Value::String(text) if name.ends_with("_tokens") => {
            if let Ok(integer) = text.trim().parse::<u64>() {
                *value = integer.into();
            }
        }
        Value::Number(number) if number.as_u64().is_none() => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a saturated count of tokens is fine"
            )]
            let integer = number.as_f64().filter(|number| number % 1.0 == 0.0).map(|number| number as u64);
            if let Some(integer) = integer {
                *value = integer.into();
            }
        }
        _ => {}
    }
}

/// Converts a `content` list of parts (Mistral and others) to text, and its thinking parts to reasoning. Removes a null or empty role.
pub(super) fn content(delta: &mut Map<String, Value>) {
    if delta.get("role").is_some_and(|role| role.as_str().is_none_or(str::is_empty)) {
        delta.shift_remove("role");
    }
    let Some(content @ (Value::Array(_) | Value::Object(_))) = delta.get_mut("content") else { return };
    let parts = if content.is_array() { into_list(content.take()).unwrap_or_default() } else { vec![content.take()] };
    let (mut text, mut reasoning) = (String::new(), String::new());
    for part in &parts {
        match part.get("type").and_then(Value::as_str) {
            Some("thinking" | "reasoning") => reasoning.push_str(&plain_text(part)),
            _ => text.push_str(&plain_text(part)),
        }
    }
    *content = if text.is_empty() && !reasoning.is_empty() { Value::Null } else { text.into() };
    // Images and other parts without text are kept in a separate field.
    let others: Vec<_> = parts.into_iter().filter(|part| part.is_object() && !is_text(part)).collect();
    if !others.is_empty() {
        delta.set("content_parts", others);
    }
    // The same reasoning may also be sent in a field, which may be present but empty.
    let is_named = delta.get("reasoning").is_some_and(|reasoning| !plain_text(reasoning).is_empty());
    if !reasoning.is_empty() && !is_named {
        delta.set("reasoning", reasoning);
    }
}

fn is_text(part: &Value) -> bool {
    matches!(part.get("type").and_then(Value::as_str), Some("text" | "thinking" | "reasoning") | None)
        || !plain_text(part).is_empty()
}

/// Moves reasoning to the field `reasoning`, once even if it was sent twice: `reasoning` (vLLM, Ollama, OpenRouter), `reasoning_content`
/// (Fireworks, llama.cpp, older vLLM) as text or as an object `{text}` (envoyproxy/ai-gateway#1222), `thinking` (Ollama's own API),
/// `reasoning_text` (Copilot), and `reasoning_details` (OpenRouter), which are kept because their signatures must be sent back. Returns
/// the original name of the text field.
pub(super) fn reasoning(delta: &mut Map<String, Value>) -> Option<&'static str> {
    let mut found = String::new();
    let mut field = None;
    for name in ["reasoning", "reasoning_content", "thinking", "reasoning_text"] {
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

/// Returns the text of a string, of a part (`text`, `thinking`, `summary`, `content`), or of a list of them.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.as_str().to_owned(),
        Value::Array(parts) => parts.iter().map(plain_text).collect(),
        Value::Object(part) => {
            let names = "text thinking summary content reasoning";
            names.split(' ').find_map(|name| part.get(name)).map(plain_text).unwrap_or_default()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// Normalises finish reasons: `""` and `"null"` to null, `eos` to `stop`, `model_length` to `length`, and `stop` after tool calls to
/// `tool_calls`. Other reasons are unchanged.
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
