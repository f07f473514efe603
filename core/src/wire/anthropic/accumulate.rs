//! Repaired events to the message that they add up to.
//!
//! Constant work per byte: texts and arguments are appended in place, and arguments are parsed only for a snapshot. A delta of an unknown
//! type adds its fields to its block, so that the block can be sent back as the server made it.

use crate::json::json;
use crate::json::size_of_members;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::wire::delta::{DeltaField, DeltaTemplate};

/// A message in growth.
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
    /// The arguments' JSON text, as far as it came.
    arguments: String,
}

impl Accumulator {
    /// Adds one event.
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
                // Such as context_management: the message's, though it stands beside `delta`.
                self.add_fields(event);
            }
            "message_stop" => {
                if let Some(Value::Object(usage)) = event.get("message").and_then(|message| message.get("usage")) {
                    self.add_usage(usage);
                }
            }
            _ => {}
        }
        // Mostly in `message_delta`; some servers report it with other events.
        if let Some(Value::Object(usage)) = event.get("usage") {
            self.add_usage(usage);
        }
    }

    /// Adds what an event tells of the message as a whole. It ends the message, and brings fields that the message lacks, but never
    /// replaces those of its beginning.
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

    /// Adds a delta that differs from the one before only in its text.
    pub fn append(&mut self, template: &DeltaTemplate, text: &str) {
        let Some(block) = self.blocks.iter_mut().rfind(|block| block.index == template.index) else { return };
        match template.field() {
            DeltaField::PartialJson => block.arguments.push_str(text),
            field => block.append(field.name(), Some(text)),
        }
    }

    /// Whether another block has this id.
    pub fn has_id(&self, id: &str) -> bool {
        self.blocks.iter().any(|block| block.fields.get("id").is_some_and(|known| *known == id))
    }

    /// Whether the message has a stop reason.
    pub fn has_stop_reason(&self) -> bool {
        self.message.get("stop_reason").is_some_and(Value::is_string)
    }

    /// Whether a message began.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// The memory of all values, in bytes.
    pub fn size(&self) -> usize {
        let size = |block: &Block| size_of_members(&block.fields) + block.arguments.len();
        size_of_members(&self.message) + self.blocks.iter().map(size).sum::<usize>()
    }

    /// The block of this index so far.
    pub fn block(&self, index: u64) -> Option<Value> {
        self.blocks.iter().rfind(|block| block.index == index).map(Block::snapshot)
    }

    /// The message's fields besides its blocks.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.message
    }

    /// The message so far; `None` before the first event.
    pub fn snapshot(&self) -> Option<Value> {
        self.started.then(|| self.message_with(self.blocks.iter().map(Block::snapshot).collect()))
    }

    /// The message at its end, without a copy of its blocks.
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
                ("usage", Some(Value::Object(usage)), Value::Object(given)) => {
                    usage.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
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
                    // Mostly empty; a whole message that arrives at once brings its blocks.
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

    /// Later figures replace earlier ones, unless with a null or a zero something that is known: compatible servers begin or end
    /// with a usage of zeros.
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
                // Opaque: the last one is that of the whole.
                if let Some(encrypted) = text("encrypted_content") {
                    self.fields.set("encrypted_content", encrypted);
                }
            }
            _ => self.extend(delta),
        }
    }

    /// Adds a delta of an unknown type: texts and lists grow, other fields are set once. What identifies the block stays.
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

    /// Adds a piece of a signature. Some servers repeat all of it, with what is new at its end.
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
                // Unfinished, or invalid as the model wrote it: kept as text, and never taken for arguments (see `tools`).
                Err(_) => fields.set("partial_json", self.arguments),
            }
        }
        Value::Object(fields)
    }
}
