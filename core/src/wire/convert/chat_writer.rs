//! Pieces of an answer as chunks of a chat completion.
//!
//! Invariant: the role comes first, a call has its id and its name before its arguments, and the usage comes last, in a chunk without choices.

use alloc::sync::Arc;

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};
use crate::wire::delta::{DeltaField, DeltaTemplate, Texts};
use crate::wire::openai::Accumulator;
use crate::wire::{Format, Item};

use super::codec::{Accumulate, Writer, push_delta};
use super::pieces::Piece;
use super::usage;

/// Writes chunks.
#[derive(Debug, Default)]
pub(super) struct ChatWriter {
    accumulator: Accumulator,
    /// The fields of each chunk.
    envelope: Map<String, Value>,
    template: Option<Arc<DeltaTemplate>>,
    /// Whether the chunk with the usage is an item too. The result always contains the usage.
    shows_usage: bool,
    usage: Value,
    /// The time of the answer in Unix seconds, for servers that send none.
    created: u64,
    calls: usize,
    finish_reason: String,
    is_done: bool,
}

impl ChatWriter {
    pub(super) fn new(shows_usage: bool, created: u64) -> Self {
        Self { shows_usage, created, ..Self::default() }
    }

    /// Creates a writer that adds to a completion.
    pub(super) fn after(completion: &Map<String, Value>) -> Self {
        let mut writer = Self::default();
        writer.begin(completion);
        let choices = value::items(completion.get("choices")).iter().filter_map(Value::as_object).map(|choice| {
            let mut choice = choice.clone();
            let message = choice.shift_remove("message").unwrap_or_default();
            choice.set("delta", message);
            // The answer goes on.
            choice.set("finish_reason", Value::Null);
            Value::Object(choice)
        });
        let choices: Value = choices.collect();
        let mut chunk = completion.clone();
        chunk.set("choices", choices);
        writer.accumulator.apply(&chunk);
        writer
    }

    fn begin(&mut self, metadata: &Map<String, Value>) {
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        let created = metadata.get("created").filter(|created| created.is_number()).cloned();
        self.envelope.set("id", text("id"));
        self.envelope.set("object", "chat.completion.chunk");
        self.envelope.set("created", created.unwrap_or_else(|| self.created.into()));
        self.envelope.set("model", text("model"));
    }

    fn push(&mut self, chunk: Map<String, Value>, items: &mut Vec<Item>) {
        self.accumulator.apply(&chunk);
        items.push(Item::new(chunk));
    }

    fn push_delta(&mut self, delta: Value, finish_reason: Value, items: &mut Vec<Item>) {
        self.push(chunk_of(&self.envelope, delta, finish_reason), items);
    }

    fn push_text(&mut self, field: DeltaField, call: usize, text: Texts, items: &mut Vec<Item>) {
        let envelope = &self.envelope;
        let chunk = |text: &str| {
            let delta = match field {
                DeltaField::Arguments => {
                    json!({"tool_calls": [{"index": call, "function": {"arguments": text}}]})
                }
                field => value::object([(field.name(), text.into())]).into(),
            };
            chunk_of(envelope, delta, Value::Null)
        };
        push_delta(&mut self.template, &mut self.accumulator, (field, 0, call), text, items, chunk);
    }
}

/// Creates a chunk that adds to the choice.
fn chunk_of(envelope: &Map<String, Value>, delta: Value, finish_reason: Value) -> Map<String, Value> {
    let choice = value::object([("index", 0_u64.into()), ("delta", delta), ("finish_reason", finish_reason)]);
    let mut chunk = envelope.clone();
    chunk.set("choices", vec![Value::Object(choice)]);
    chunk
}

impl Accumulate for Accumulator {
    fn apply(&mut self, fields: &Map<String, Value>) {
        self.apply(fields);
    }

    fn append(&mut self, template: &DeltaTemplate, text: &str) {
        self.append(template, text);
    }
}

impl Writer for ChatWriter {
    fn start(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>) {
        if self.envelope.is_empty() {
            self.begin(metadata);
            self.push_delta(json!({"role": "assistant"}), Value::Null, items);
        }
    }

    fn write(&mut self, piece: Piece, items: &mut Vec<Item>) {
        match piece {
            Piece::Text(text) => self.push_text(DeltaField::Content, 0, text, items),
            Piece::Reasoning(text) => self.push_text(DeltaField::Reasoning, 0, text, items),
            Piece::Arguments { call, text } => self.push_text(DeltaField::Arguments, call, text, items),
            Piece::Refusal(text) => {
                let delta = value::object([("refusal", text.text().into())]);
                self.push_delta(delta.into(), Value::Null, items);
            }
            Piece::Call { call, id, name } => {
                let mut entry = value::object([("index", call.into())]);
                if !id.is_empty() {
                    entry.set("id", id);
                }
                if call >= self.calls {
                    self.calls = call + 1;
                    entry.set("type", "function");
                }
                let mut function = value::object([("arguments", "".into())]);
                if !name.is_empty() {
                    function.shift_insert(0, "name".to_owned(), name.into());
                }
                entry.set("function", function);
                self.push_delta(json!({"tool_calls": [entry]}), Value::Null, items);
            }
            Piece::Finish { reason, .. } => {
                let reason = usage::reason(&reason, Format::Chat);
                if self.finish_reason != reason {
                    reason.clone_into(&mut self.finish_reason);
                    self.push_delta(json!({}), reason.into(), items);
                }
            }
            // The server's stream has a chunk with the usage too.
            Piece::Usage => self.shows_usage = true,
            Piece::Start | Piece::CallEnd(_) => {}
        }
    }

    fn set_usage(&mut self, usage: Value) {
        if usage.is_null() {
            return;
        }
        self.accumulator.apply(&value::object([("usage", usage.clone())]));
        self.usage = usage;
    }

    fn drain(&mut self, _: &mut Vec<Item>) {}

    fn end(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>) {
        self.start(metadata, items);
        if core::mem::replace(&mut self.is_done, true) {
            return;
        }
        // Some servers send the id and the model at the end.
        let (id, model) = (self.envelope.get("id").cloned(), self.envelope.get("model").cloned());
        let mut late = Map::new();
        for (name, known) in [("id", id), ("model", model), ("cost", None)] {
            if let Some(value) = metadata.get(name).filter(|_| known.is_none_or(|known| known == "")) {
                late.set(name, value.clone());
            }
        }
        self.accumulator.apply(&late);
        late.shift_remove("cost");
        self.envelope.copy(&late);
        if self.shows_usage && self.usage.is_object() {
            let mut chunk = self.envelope.clone();
            chunk.set("choices", json!([]));
            chunk.set("usage", self.usage.clone());
            items.push(Item::new(chunk));
        }
    }

    fn snapshot(&self) -> Option<Value> {
        self.accumulator.snapshot()
    }

    fn size(&self) -> usize {
        self.accumulator.size()
    }

    fn metadata(&self) -> &Map<String, Value> {
        self.accumulator.metadata()
    }

    fn open_block(&self) -> Option<u64> {
        None
    }
}
