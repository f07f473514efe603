//! Accumulation of repaired chunks to a completion.
//!
//! Invariant: constant work per byte. Strings grow in place, and nothing is copied before a snapshot. The usage of a later chunk replaces
//! earlier ones (pydantic-ai#4056), and null replaces nothing.

use crate::json::json;
use crate::json::size_of_members;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::wire::delta::{DeltaField, DeltaTemplate};
use crate::wire::position_of;

/// A partial completion.
#[derive(Debug, Default)]
pub struct Accumulator {
    /// All fields except the choices.
    fields: Map<String, Value>,
    choices: Vec<Choice>,
    /// Whether the input is a complete reply, which contains no fragments.
    is_reply: bool,
}

#[derive(Debug, Default)]
struct Choice {
    index: u64,
    fields: Map<String, Value>,
    message: Map<String, Value>,
    tool_calls: Vec<Map<String, Value>>,
}

impl Accumulator {
    /// Creates an accumulator for a complete reply, which arrives as a single chunk.
    pub fn for_reply() -> Self {
        Self { is_reply: true, ..Self::default() }
    }

    /// Adds a chunk.
    pub fn apply(&mut self, chunk: &Map<String, Value>) {
        for (name, value) in chunk {
            match name.as_str() {
                "choices" => value::items(Some(value)).iter().for_each(|choice| self.apply_choice(choice)),
                "object" | "obfuscation" => {}
                _ => set(&mut self.fields, name, value),
            }
        }
    }

    /// Adds a chunk that differs from the previous one only in its text.
    pub fn append(&mut self, template: &DeltaTemplate, text: &str) {
        let Some(choice) = self.choices.iter_mut().find(|choice| choice.index == template.index) else { return };
        let position = match template.field() {
            DeltaField::Arguments => {
                let call = choice.tool_calls.get_mut(template.tool_call);
                call.and_then(|call| call.get_mut("function")?.get_mut("arguments"))
            }
            field => choice.message.get_mut(field.name()),
        };
        if let Some(Value::String(position)) = position {
            position.push_str(text);
        }
    }

    /// Returns the arguments of a tool call so far.
    pub(super) fn arguments(&self, index: u64, call: usize) -> Option<&str> {
        let choice = self.choices.iter().find(|choice| choice.index == index)?;
        choice.tool_calls.get(call)?.get("function")?.get("arguments")?.as_str()
    }

    /// Returns whether each choice has a finish reason.
    pub fn has_finish_reason(&self) -> bool {
        let ended = |choice: &Choice| choice.fields.get("finish_reason").is_some_and(Value::is_string);
        !self.choices.is_empty() && self.choices.iter().all(ended)
    }

    /// Returns whether any chunk had a choice.
    pub fn has_choices(&self) -> bool {
        !self.choices.is_empty()
    }

    /// Returns the message of a choice so far, without its tool calls.
    pub fn message(&self, index: u64) -> Option<&Map<String, Value>> {
        self.choices.iter().find(|choice| choice.index == index).map(|choice| &choice.message)
    }

    /// Returns whether no choice has a finish reason, a tool call, or message fields besides the role.
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

    /// Returns the memory of all values, in bytes.
    pub fn size(&self) -> usize {
        let calls = |choice: &Choice| choice.tool_calls.iter().map(size_of_members).sum::<usize>();
        let size = |choice: &Choice| size_of_members(&choice.fields) + size_of_members(&choice.message) + calls(choice);
        size_of_members(&self.fields) + self.choices.iter().map(size).sum::<usize>()
    }

    /// Returns all fields except the choices.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Returns the completion so far; `None` before the first chunk.
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
        // Insertion sort: the choices are few and nearly always in order.
        for end in 1..choices.len() {
            for position in (1..=end).rev() {
                if let Some([one, other]) = choices.get_mut(position - 1..=position)
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
        let position = position_of(&self.choices, index, |choice| choice.index == index).unwrap_or_else(|| {
            self.choices.push(Choice { index, ..Choice::default() });
            self.choices.len() - 1
        });
        let Some(choice) = self.choices.get_mut(position) else { return };
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("index", _) => {}
                ("delta", Value::Object(delta)) => choice.apply_delta(delta, self.is_reply),
                ("logprobs", Value::Object(logprobs)) => {
                    // `grow` appends to lists of tokens.
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
    fn apply_delta(&mut self, delta: &Map<String, Value>, is_reply: bool) {
        for (name, value) in delta {
            match (name.as_str(), value) {
                ("reasoning_details", Value::Array(details)) if !is_reply => {
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
        let position = delta.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let position = position.unwrap_or(self.tool_calls.len()).min(self.tool_calls.len());
        if position == self.tool_calls.len() {
            self.tool_calls.push(Map::new());
        }
        let Some(call) = self.tool_calls.get_mut(position) else { return };
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
            let calls = self.tool_calls.iter().enumerate().map(|(position, call)| complete_tool_call(position, call));
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

/// Number of recent details that a fragment can continue. It keeps the work per fragment constant, and streams interleave fewer.
const OPEN_DETAILS: usize = 16;

/// Adds a fragment of a reasoning detail (OpenRouter) to the detail that it continues: the one with the same type and index or, without
/// an index, the last one that has no signature yet. Texts are joined and other fields replaced, so the detail can be sent back as in an
/// unstreamed reply. Encrypted data is never split.
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

/// Fills in the required fields of a tool call. An id is created if the provider sent none, because the result refers to it.
fn complete_tool_call(position: usize, call: &Map<String, Value>) -> Value {
    let mut complete = Map::new();
    complete.set("id", format!("call_{position}"));
    complete.set("type", "function");
    complete.copy(call);
    if let Some(Value::Object(function)) = complete.get_mut("function") {
        for name in ["name", "arguments"] {
            function.entry(name).or_insert_with(|| "".into());
        }
    }
    Value::Object(complete)
}

/// Returns whether a field is never split across deltas. Some providers repeat these fields in each delta.
fn is_constant(name: &str) -> bool {
    matches!(name, "role" | "id" | "type" | "reasoning_opaque")
}

/// Sets a field. Null never replaces a value, and an empty string never replaces a constant field.
fn set(fields: &mut Map<String, Value>, name: &str, value: &Value) {
    match fields.get_mut(name) {
        Some(_) if value.is_null() || (value == "" && is_constant(name)) => {}
        Some(old) => old.clone_from(value),
        None => drop(fields.insert(name.to_owned(), value.clone())),
    }
}

/// Merges `more` into a value: appends to strings and lists, merges objects by field, and replaces other values and constant fields.
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
