//! Accumulation of repaired events to a message.
//!
//! Invariant: constant work per byte. Texts and arguments grow in place, and arguments are parsed only for a snapshot. Deltas of unknown
//! types add their fields to the block, so that it can be sent back unchanged.

use crate::json::json;
use crate::json::size_of_members;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::wire::delta::{DeltaField, DeltaTemplate};

/// A partial message.
#[derive(Debug, Default)]
pub struct Accumulator {
    started: bool,
    message: Map<String, Value>,
    blocks: Vec<Block>,
}

#[derive(Debug, Default)]
struct Block {
    index: u64,
    fields: Map<String, Value>,
    /// The arguments so far, as JSON text.
    arguments: String,
}

impl Accumulator {
    /// Adds an event.
    pub fn apply(&mut self, event: &Map<String, Value>) {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        let index = value::index(event.get("index"));
        match kind {
            "message_start" => {
                if let Some(Value::Object(message)) = event.get("message") {
                    self.start(message);
                }
            }
            "content_block_start" => {
                if let Some(Value::Object(fields)) = event.get("content_block") {
                    self.started = true;
                    self.blocks.push(Block { index, fields: fields.clone(), arguments: String::new() });
                }
            }
            "content_block_delta" => {
                let block = self.blocks.iter_mut().rfind(|block| block.index == index);
                if let (Some(block), Some(Value::Object(delta))) = (block, event.get("delta")) {
                    block.apply(delta);
                }
            }
            "message_delta" => {
                self.started = true;
                if let Some(Value::Object(delta)) = event.get("delta") {
                    self.add_fields(delta);
                }
                // Fields next to `delta`, such as context_management, also belong to the message.
                self.add_fields(event);
            }
            "message_stop" => {
                if let Some(Value::Object(usage)) = event.get("message").and_then(|message| message.get("usage")) {
                    self.add_usage(usage);
                }
            }
            _ => {}
        }
        // Usage is mostly in `message_delta`; some servers send it in other events.
        if let Some(Value::Object(usage)) = event.get("usage") {
            self.add_usage(usage);
        }
    }

    /// Adds fields of the message that arrive after its start: the end of the message, and fields that it lacks. Other fields are not
    /// replaced.
    fn add_fields(&mut self, fields: &Map<String, Value>) {
        for (name, value) in fields {
            let is_new = match name.as_str() {
                "stop_reason" | "stop_sequence" | "container" => true,
                "type" | "role" | "content" | "index" | "delta" | "usage" => false,
                "id" | "model" => self.message.get(name).is_none_or(|known| *known == ""),
                name => !self.message.contains_key(name),
            };
            if is_new && !value.is_null() {
                self.message.insert(name.clone(), value.clone());
            }
        }
        if let Some(Value::Object(usage)) = fields.get("delta").and_then(|delta| delta.get("usage")) {
            self.add_usage(usage);
        }
    }

    /// Adds a delta that differs from the previous one only in its text.
    pub fn append(&mut self, template: &DeltaTemplate, text: &str) {
        let Some(block) = self.blocks.iter_mut().rfind(|block| block.index == template.index) else { return };
        match template.field() {
            DeltaField::PartialJson => block.arguments.push_str(text),
            field => block.append(field.name(), Some(text)),
        }
    }

    /// Returns whether a block has this id.
    pub fn has_id(&self, id: &str) -> bool {
        self.blocks.iter().any(|block| block.fields.get("id").is_some_and(|known| *known == id))
    }

    /// Returns whether the message has a stop reason.
    pub fn has_stop_reason(&self) -> bool {
        self.message.get("stop_reason").is_some_and(Value::is_string)
    }

    /// Returns whether the message has started.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// Returns the memory of all values, in bytes.
    pub fn size(&self) -> usize {
        let size = |block: &Block| size_of_members(&block.fields) + block.arguments.len();
        size_of_members(&self.message) + self.blocks.iter().map(size).sum::<usize>()
    }

    /// Returns the block with this index so far.
    pub fn block(&self, index: u64) -> Option<Value> {
        self.blocks.iter().rfind(|block| block.index == index).map(Block::snapshot)
    }

    /// Returns all fields except the content.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.message
    }

    /// Returns the message so far; `None` before the first event.
    pub fn snapshot(&self) -> Option<Value> {
        self.started.then(|| self.message_with(self.blocks.iter().map(Block::snapshot).collect()))
    }

    /// Returns the final message without copying its blocks.
    pub fn take(&mut self) -> Option<Value> {
        let blocks = core::mem::take(&mut self.blocks);
        self.started.then(|| self.message_with(blocks.into_iter().map(Block::into_value).collect()))
    }

    fn message_with(&self, content: Value) -> Value {
        let mut message = Map::new();
        for (name, default) in [("id", ""), ("type", "message"), ("role", "assistant"), ("model", "")] {
            message.insert(name.to_owned(), default.into());
        }
        message.set("content", content);
        for name in ["stop_reason", "stop_sequence"] {
            message.insert(name.to_owned(), Value::Null);
        }
        message.set("usage", json!({"input_tokens": 0, "output_tokens": 0}));
        for (name, value) in &self.message {
            match (name.as_str(), message.get_mut("usage"), value) {
                ("usage", Some(Value::Object(usage)), Value::Object(known)) => {
                    usage.extend(known.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                ("content", ..) => {}
                _ => drop(message.insert(name.clone(), value.clone())),
            }
        }
        Value::Object(message)
    }

    fn start(&mut self, message: &Map<String, Value>) {
        self.started = true;
        for (name, value) in message {
            match (name.as_str(), value) {
                ("usage", Value::Object(usage)) => self.add_usage(usage),
                ("content", Value::Array(blocks)) => {
                    // Usually empty, except for a complete message that arrives at once.
                    for (index, block) in (0..).zip(blocks.iter()) {
                        if let Value::Object(fields) = block {
                            self.blocks.push(Block { index, fields: fields.clone(), arguments: String::new() });
                        }
                    }
                }
                _ if value.is_null() => {}
                _ => drop(self.message.insert(name.clone(), value.clone())),
            }
        }
    }

    /// Replaces usage figures by later ones, but never a known figure by null or zero: some compatible servers begin or end with zeros.
    fn add_usage(&mut self, usage: &Map<String, Value>) {
        let known = self.message.entry("usage").or_insert_with(|| json!({}));
        let Value::Object(known) = known else { return };
        for (name, value) in usage {
            let erases =
                value.is_null() || (value.as_u64() == Some(0) && known.get(name).and_then(Value::as_u64).is_some());
            if !erases {
                known.insert(name.clone(), value.clone());
            }
        }
    }
}

impl Block {
    fn apply(&mut self, delta: &Map<String, Value>) {
        let text = |name: &str| delta.get(name).and_then(Value::as_str);
        match delta.get("type").and_then(Value::as_str).unwrap_or_default() {
            "text_delta" => self.append("text", text("text")),
            "thinking_delta" => self.append("thinking", text("thinking")),
            "signature_delta" => self.sign(text("signature").unwrap_or_default()),
            "input_json_delta" => self.arguments.push_str(text("partial_json").unwrap_or_default()),
            "citations_delta" => {
                let citation = delta.get("citation").cloned().unwrap_or_default();
                match self.fields.get_mut("citations") {
                    Some(Value::Array(list)) => list.push(citation),
                    _ => self.fields.set("citations", json!([citation])),
                }
            }
            "compaction_delta" => {
                self.append("content", text("content"));
                // Opaque; the last value is complete.
                if let Some(encrypted) = text("encrypted_content") {
                    self.fields.set("encrypted_content", encrypted);
                }
            }
            _ => self.extend(delta),
        }
    }

    /// Adds a delta of an unknown type: strings and lists are appended, other fields are set once. Identifying fields don't change.
    fn extend(&mut self, delta: &Map<String, Value>) {
        for (name, value) in delta {
            match (name.as_str(), self.fields.get_mut(name), value) {
                ("type" | "id" | "name" | "input", ..) | (_, _, Value::Null) => {}
                (_, Some(Value::String(text)), Value::String(more)) => text.push_str(more),
                (_, Some(Value::Array(list)), Value::Array(more)) => list.extend(more.iter().cloned()),
                (_, None | Some(Value::Null), _) => drop(self.fields.insert(name.clone(), value.clone())),
                _ => {}
            }
        }
    }

    /// Adds a fragment of a signature. Some servers send the entire signature so far in each delta.
    fn sign(&mut self, signature: &str) {
        let known = self.fields.get("signature").and_then(Value::as_str).filter(|known| !known.is_empty());
        let new = known.and_then(|known| signature.strip_prefix(known)).unwrap_or(signature).to_owned();
        self.append("signature", Some(&new));
    }

    fn append(&mut self, name: &str, more: Option<&str>) {
        let Some(more) = more else { return };
        match self.fields.get_mut(name) {
            Some(Value::String(text)) => text.push_str(more),
            _ => drop(self.fields.insert(name.to_owned(), more.into())),
        }
    }

    fn snapshot(&self) -> Value {
        Self { index: self.index, fields: self.fields.clone(), arguments: self.arguments.clone() }.into_value()
    }

    fn into_value(self) -> Value {
        let mut fields = self.fields;
        if !self.arguments.is_empty() {
            match crate::json::parse_object(&self.arguments) {
                Ok(input) => fields.set("input", input),
                // Unfinished or invalid arguments are kept as text and never passed to a tool (see `tools`).
                Err(_) => fields.set("partial_json", self.arguments),
            }
        }
        Value::Object(fields)
    }
}
