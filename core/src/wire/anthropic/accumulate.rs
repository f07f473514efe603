//! Repaired events to the message that they add up to.
//!
//! Law: constant work per byte: texts and arguments are appended in place; arguments are parsed once, at the end of their block.

use crate::json::size_of_members;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, json};

use crate::wire::template::{Hole, Template};

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
        let index = event.get("index").and_then(Value::as_u64).unwrap_or(0);
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
                for (name, value) in event.get("delta").and_then(Value::as_object).into_iter().flatten() {
                    if !value.is_null() {
                        self.message.insert(name.clone(), value.clone());
                    }
                }
                if let Some(Value::Object(usage)) = event.get("usage") {
                    self.add_usage(usage);
                }
                // Such as context_management: the message's, though it stands beside `delta`.
                for (name, value) in event {
                    let known = matches!(name.as_str(), "type" | "index" | "delta" | "usage");
                    if !known && !value.is_null() && !self.message.contains_key(name) {
                        self.message.insert(name.clone(), value.clone());
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds a delta that is as the one before but for its text.
    pub fn append(&mut self, template: &Template, text: &str) {
        let Some(block) = self.blocks.iter_mut().rfind(|block| block.index == template.index) else { return };
        match template.hole() {
            Hole::PartialJson => block.arguments.push_str(text),
            hole => block.append(hole.name(), Some(text)),
        }
    }

    /// Whether a block of this index was opened.
    pub fn has_block(&self, index: u64) -> bool {
        self.blocks.iter().any(|block| block.index == index)
    }

    /// How many blocks were opened.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The index of the last block.
    pub fn last_index(&self) -> Option<u64> {
        self.blocks.last().map(|block| block.index)
    }

    /// Whether the message has told why it ended.
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

    /// What the events told besides their blocks.
    pub fn told(&self) -> &Map<String, Value> {
        &self.message
    }

    /// The message so far; `None` before the first event.
    pub fn snapshot(&self) -> Option<Value> {
        if !self.started {
            return None;
        }
        let mut message = Map::new();
        for (name, default) in [("id", ""), ("type", "message"), ("role", "assistant"), ("model", "")] {
            message.insert(name.to_owned(), default.into());
        }
        message.set("content", self.blocks.iter().map(Block::snapshot).collect::<Value>());
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
        Some(Value::Object(message))
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
            // Some servers repeat the whole signature.
            "signature_delta" if self.fields.get("signature").and_then(Value::as_str) != text("signature") => {
                self.append("signature", text("signature"));
            }
            "input_json_delta" => self.arguments.push_str(text("partial_json").unwrap_or_default()),
            "citations_delta" => {
                let citation = delta.get("citation").cloned().unwrap_or_default();
                match self.fields.get_mut("citations") {
                    Some(Value::Array(list)) => list.push(citation),
                    _ => self.fields.set("citations", json!([citation])),
                }
            }
            _ => {}
        }
    }

    fn append(&mut self, name: &str, more: Option<&str>) {
        let Some(more) = more else { return };
        match self.fields.get_mut(name) {
            Some(Value::String(text)) => text.push_str(more),
            _ => drop(self.fields.insert(name.to_owned(), more.into())),
        }
    }

    fn snapshot(&self) -> Value {
        let mut fields = self.fields.clone();
        if !self.arguments.is_empty() {
            match value::parse(&self.arguments) {
                Ok(input) => fields.set("input", input),
                // Unfinished, or invalid as the model wrote it: kept as text, for whoever can make something of it.
                Err(_) => fields.set("partial_json", self.arguments.clone()),
            }
        }
        Value::Object(fields)
    }
}
