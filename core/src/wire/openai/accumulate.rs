//! Repaired chunks to the completion that they add up to.
//!
//! Constant work per byte: texts are appended in place, and nothing is copied until a snapshot is requested. The usage of the last chunk
//! replaces earlier ones (pydantic-ai#4056); a null erases nothing.

use crate::json::json;
use crate::json::size_of_members;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::wire::delta::{DeltaField, DeltaTemplate};
use crate::wire::place_of;

/// A completion in growth.
#[derive(Debug, Default)]
pub struct Accumulator {
    /// Everything but the choices.
    fields: Map<String, Value>,
    choices: Vec<Choice>,
    /// The reply came whole: nothing in it is a fragment.
    is_whole: bool,
}

#[derive(Debug, Default)]
struct Choice {
    index: u64,
    fields: Map<String, Value>,
    message: Map<String, Value>,
    tool_calls: Vec<Map<String, Value>>,
}

impl Accumulator {
    /// An accumulator for a reply that comes as one chunk.
    pub fn whole() -> Self {
        Self { is_whole: true, ..Self::default() }
    }

    /// Adds one chunk.
    pub fn apply(&mut self, chunk: &Map<String, Value>) {
        for (name, value) in chunk {
            match name.as_str() {
                "choices" => value::items(Some(value)).iter().for_each(|choice| self.apply_choice(choice)),
                "object" | "obfuscation" => {}
                _ => set(&mut self.fields, name, value),
            }
        }
    }

    /// Adds a chunk that is as the one before but for its text.
    pub fn append(&mut self, template: &DeltaTemplate, text: &str) {
        let Some(choice) = self.choices.iter_mut().find(|choice| choice.index == template.index) else { return };
        let place = match template.field() {
            DeltaField::Arguments => {
                let call = choice.tool_calls.get_mut(template.tool_call);
                call.and_then(|call| call.get_mut("function")?.get_mut("arguments"))
            }
            field => choice.message.get_mut(field.name()),
        };
        if let Some(Value::String(place)) = place {
            place.push_str(text);
        }
    }

    /// The arguments of a tool call so far.
    pub(super) fn arguments(&self, index: u64, call: usize) -> Option<&str> {
        let choice = self.choices.iter().find(|choice| choice.index == index)?;
        choice.tool_calls.get(call)?.get("function")?.get("arguments")?.as_str()
    }

    /// Whether every choice has told why it ended.
    pub fn has_finish_reason(&self) -> bool {
        let ended = |choice: &Choice| choice.fields.get("finish_reason").is_some_and(Value::is_string);
        !self.choices.is_empty() && self.choices.iter().all(ended)
    }

    /// Whether any chunk had a choice.
    pub fn has_choices(&self) -> bool {
        !self.choices.is_empty()
    }

    /// What is known of a choice's message, but for its tool calls.
    pub fn message(&self, index: u64) -> Option<&Map<String, Value>> {
        self.choices.iter().find(|choice| choice.index == index).map(|choice| &choice.message)
    }

    /// Whether no choice has a finish reason, a tool call, or anything in its message but a role.
    pub fn is_empty_answer(&self) -> bool {
        self.choices.iter().all(|choice| {
            let has_end = choice.fields.get("finish_reason").is_some_and(Value::is_string);
            let is_nothing = |value: &Value| match value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                Value::Object(members) => members.is_empty(),
                _ => false,
            };
            let is_empty = choice.message.iter().all(|(name, value)| is_constant(name) || is_nothing(value));
            !has_end && choice.tool_calls.is_empty() && is_empty
        })
    }

    /// The memory of all values, in bytes.
    pub fn size(&self) -> usize {
        let calls = |choice: &Choice| choice.tool_calls.iter().map(size_of_members).sum::<usize>();
        let size = |choice: &Choice| size_of_members(&choice.fields) + size_of_members(&choice.message) + calls(choice);
        size_of_members(&self.fields) + self.choices.iter().map(size).sum::<usize>()
    }

    /// What the chunks told besides their choices.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The completion so far; `None` before the first chunk.
    pub fn snapshot(&self) -> Option<Value> {
        if self.fields.is_empty() && self.choices.is_empty() {
            return None;
        }
        let mut completion = Map::new();
        completion.set("id", self.fields.get("id").cloned().unwrap_or_default());
        completion.set("object", "chat.completion");
        for name in ["created", "model"] {
            completion.insert(name.to_owned(), self.fields.get(name).cloned().unwrap_or_default());
        }
        let mut choices: Vec<_> = self.choices.iter().collect();
        // Nearly always in order already, and few.
        for end in 1..choices.len() {
            for place in (1..=end).rev() {
                if let Some([one, other]) = choices.get_mut(place - 1..=place)
                    && one.index > other.index
                {
                    core::mem::swap(one, other);
                }
            }
        }
        completion.set("choices", choices.into_iter().map(Choice::snapshot).collect::<Value>());
        completion.set("usage", Value::Null);
        completion.copy(&self.fields);
        Some(Value::Object(completion))
    }

    fn apply_choice(&mut self, choice: &Value) {
        let Value::Object(fields) = choice else { return };
        let index = value::index(fields.get("index"));
        let place = place_of(&self.choices, index, |choice| choice.index == index).unwrap_or_else(|| {
            self.choices.push(Choice { index, ..Choice::default() });
            self.choices.len() - 1
        });
        let Some(choice) = self.choices.get_mut(place) else { return };
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("index", _) => {}
                ("delta", Value::Object(delta)) => choice.apply_delta(delta, self.is_whole),
                ("logprobs", Value::Object(logprobs)) => {
                    // Lists of tokens grow: an append to a list is what `grow` does.
                    grow(
                        choice.fields.entry("logprobs").or_insert_with(|| json!({})),
                        &Value::Object(logprobs.clone()),
                    );
                }
                _ => set(&mut choice.fields, name, value),
            }
        }
    }
}

impl Choice {
    fn apply_delta(&mut self, delta: &Map<String, Value>, is_whole: bool) {
        for (name, value) in delta {
            match (name.as_str(), value) {
                ("reasoning_details", Value::Array(details)) if !is_whole => {
                    if let Value::Array(list) = self.message.entry(name.as_str()).or_insert_with(|| json!([])) {
                        for detail in details.as_slice() {
                            add_detail(list, detail);
                        }
                    }
                }
                (constant, _) if is_constant(constant) => set(&mut self.message, name, value),
                ("tool_calls", Value::Array(calls)) => calls.iter().for_each(|call| self.apply_tool_call(call)),
                _ => match self.message.get_mut(name) {
                    Some(old) => grow(old, value),
                    None => set(&mut self.message, name, value),
                },
            }
        }
    }

    fn apply_tool_call(&mut self, call: &Value) {
        let Value::Object(delta) = call else { return };
        let place = delta.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let place = place.unwrap_or(self.tool_calls.len()).min(self.tool_calls.len());
        if place == self.tool_calls.len() {
            self.tool_calls.push(Map::new());
        }
        let Some(call) = self.tool_calls.get_mut(place) else { return };
        for (name, value) in delta {
            match (name.as_str(), call.get_mut(name)) {
                ("index", _) => {}
                (_, Some(old)) if !is_constant(name) => grow(old, value),
                _ => set(call, name, value),
            }
        }
    }

    fn snapshot(&self) -> Value {
        let mut message = Map::new();
        message.set("role", "assistant");
        message.set("content", Value::Null);
        message.copy(&self.message);
        if !self.tool_calls.is_empty() {
            let calls = self.tool_calls.iter().enumerate().map(|(place, call)| whole_tool_call(place, call));
            message.set("tool_calls", calls.collect::<Value>());
        }
        let mut choice = Map::new();
        choice.set("index", self.index);
        choice.set("message", message);
        choice.set("finish_reason", Value::Null);
        choice.copy(&self.fields);
        Value::Object(choice)
    }
}

/// Details that are looked at for the one that a fragment continues: more are never streamed side by side, and the time per fragment
/// stays constant.
const OPEN_DETAILS: usize = 16;

/// Adds a fragment of a reasoning detail (OpenRouter) to the detail that it continues: that of its type and index, or without an
/// index the last one, unless that has its signature already. Their texts are joined, and what comes last counts of all else, so that one
/// detail goes back to the server as in a reply that wasn't streamed. Encrypted data comes in one piece.
fn add_detail(details: &mut Vec<Value>, detail: &Value) {
    let signature = |detail: &Value| detail.get("signature").is_some_and(Value::is_string);
    let same = |old: &Value, name: &str| old.get(name).is_none_or(Value::is_null) || old.get(name) == detail.get(name);
    let continues = |old: &Value| {
        let fits =
            old.get("type") == detail.get("type") && (same(old, "id") || detail.get("id").is_none_or(Value::is_null));
        let is_open = match detail.get("index").filter(|index| !index.is_null()) {
            Some(index) => old.get("index") == Some(index),
            None => old.get("index").is_none_or(Value::is_null) && !signature(old),
        };
        fits && is_open
    };
    let depth = if detail.get("index").is_none_or(Value::is_null) { 1 } else { OPEN_DETAILS };
    let open = details.iter_mut().rev().take(depth).find(|old| continues(old));
    let is_encrypted = detail.get("data").is_some_and(Value::is_string);
    let (Some(Value::Object(old)), Value::Object(more)) = (open.filter(|_| !is_encrypted), detail) else {
        details.push(detail.clone());
        return;
    };
    for (name, value) in more {
        match (name.as_str(), old.get_mut(name), value) {
            ("text" | "summary", Some(Value::String(text)), Value::String(more)) => text.push_str(more),
            ("signature", Some(_), value) if value == "" => {}
            _ => set(old, name, value),
        }
    }
}

/// A tool call as the standard has it: a provider that sends no id gets one, since an answer has to name it.
fn whole_tool_call(place: usize, call: &Map<String, Value>) -> Value {
    let mut whole = Map::new();
    whole.set("id", format!("call_{place}"));
    whole.set("type", "function");
    whole.copy(call);
    if let Some(Value::Object(function)) = whole.get_mut("function") {
        for name in ["name", "arguments"] {
            function.entry(name).or_insert_with(|| "".into());
        }
    }
    Value::Object(whole)
}

/// Fields that some providers repeat in each delta, and that never come in pieces.
fn is_constant(name: &str) -> bool {
    matches!(name, "role" | "id" | "type" | "reasoning_opaque")
}

/// Sets a field, unless with a null something that is known, or a constant with an empty text.
fn set(fields: &mut Map<String, Value>, name: &str, value: &Value) {
    match fields.get_mut(name) {
        Some(_) if value.is_null() || (value == "" && is_constant(name)) => {}
        Some(old) => old.clone_from(value),
        None => drop(fields.insert(name.to_owned(), value.clone())),
    }
}

/// Adds `more` to a value: texts and lists are appended, objects field by field, all else is replaced, and so are constants.
fn grow(value: &mut Value, more: &Value) {
    match (value, more) {
        (_, Value::Null) => {}
        (Value::String(text), Value::String(more)) => text.push_str(more),
        (Value::Array(list), Value::Array(more)) => list.extend(more.iter().cloned()),
        (Value::Object(fields), Value::Object(more)) => {
            for (name, more) in more {
                match fields.get_mut(name) {
                    Some(old) if !is_constant(name) => grow(old, more),
                    _ => set(fields, name, more),
                }
            }
        }
        (value, more) => value.clone_from(more),
    }
}
