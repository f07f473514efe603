//! Pieces of an answer as events of a message.
//!
//! Invariant: one block is open at a time, with rising indexes. A call's block stays open until its arguments are complete; what arrives in
//! between waits in a queue, so that nothing is lost and each piece is moved at most twice.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};
use crate::wire::anthropic::Accumulator;
use crate::wire::delta::{DeltaField, DeltaTemplate, Texts};
use crate::wire::tool_calls::arguments::Arguments;
use crate::wire::{Format, Item};

use super::codec::{Accumulate, Writer, push_delta};
use super::content::tool_id;
use super::pieces::Piece;
use super::usage;

/// Writes events.
#[derive(Debug, Default)]
pub(super) struct MessagesWriter {
    accumulator: Accumulator,
    template: Option<Arc<DeltaTemplate>>,
    is_started: bool,
    next_index: u64,
    /// The index and the kind of the open block.
    open: Option<(u64, Kind)>,
    calls: Vec<Call>,
    /// Pieces that wait for the end of the open call, or for the first arguments of a call.
    queue: VecDeque<Queued>,
    stop_reason: Value,
    stop_sequence: Value,
    has_refusal: bool,
    usage: Value,
    is_done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Call(usize),
}

#[derive(Debug, Default)]
struct Call {
    id: String,
    name: String,
    /// The index of its block, once that is open.
    index: Option<u64>,
    is_queued: bool,
    /// The arguments before its block is open.
    held: String,
    arguments: Arguments,
    has_ended: bool,
}

impl Call {
    /// Returns whether its name is complete, as far as its arguments show. Some servers send arguments before the name.
    fn can_open(&self) -> bool {
        self.has_ended || !self.name.is_empty() && !self.held.is_empty()
    }

    fn is_complete(&self) -> bool {
        self.has_ended || self.arguments.is_complete()
    }
}

#[derive(Debug)]
enum Queued {
    /// Text or thinking.
    Text(Kind, String),
    Call(usize),
}

impl MessagesWriter {
    /// Creates a writer that adds to a message, whose block with the index `open` is not closed yet.
    pub(super) fn after(message: &Map<String, Value>, open: Option<u64>) -> Self {
        let mut writer = Self { is_started: true, ..Self::default() };
        let mut start = message.clone();
        // The answer goes on.
        start.shift_remove("stop_reason");
        let blocks = start.shift_remove("content").and_then(value::into_list).unwrap_or_default();
        writer.accumulator.apply(&value::object([("type", "message_start".into()), ("message", start.into())]));
        let count = blocks.len();
        for (position, block) in blocks.into_iter().enumerate() {
            let index = open.filter(|_| position + 1 == count).unwrap_or(position as u64);
            let kind = if block.get("type").is_some_and(|kind| *kind == "text") { Kind::Text } else { Kind::Thinking };
            writer.open = Some((index, kind)).filter(|_| open == Some(index));
            writer.next_index = index.saturating_add(1);
            let start = [("type", "content_block_start".into()), ("index", index.into()), ("content_block", block)];
            writer.accumulator.apply(&value::object(start));
        }
        writer
    }

    fn push(&mut self, event: Value, items: &mut Vec<Item>) {
        if let Value::Object(event) = event {
            self.accumulator.apply(&event);
            items.push(Item::new(event));
        }
    }

    fn push_text(&mut self, index: u64, kind: Kind, text: Texts, items: &mut Vec<Item>) {
        let field = match kind {
            Kind::Text => DeltaField::Text,
            Kind::Thinking => DeltaField::Thinking,
            Kind::Call(_) => DeltaField::PartialJson,
        };
        let event = |text: &str| {
            let kind = field.delta_type().unwrap_or_default();
            let delta = value::object([("type", kind.into()), (field.name(), text.into())]);
            value::object([("type", "content_block_delta".into()), ("index", index.into()), ("delta", delta.into())])
        };
        push_delta(&mut self.template, &mut self.accumulator, (field, index, 0), text, items, event);
    }

    /// Closes the open block.
    fn close(&mut self, items: &mut Vec<Item>) {
        if let Some((index, _)) = self.open.take() {
            self.push(json!({"type": "content_block_stop", "index": index}), items);
        }
    }

    /// Returns the end of the message.
    fn delta(&self) -> Value {
        json!({"stop_reason": self.stop_reason, "stop_sequence": self.stop_sequence})
    }

    /// Returns the index of the open block of a kind; opens one if another is open.
    fn open(&mut self, kind: Kind, items: &mut Vec<Item>) -> u64 {
        if let Some((index, _)) = self.open.filter(|(_, open)| *open == kind) {
            return index;
        }
        self.close(items);
        let index = self.next_index;
        self.next_index = index.saturating_add(1);
        let block = match kind {
            Kind::Text => json!({"type": "text", "text": ""}),
            Kind::Thinking => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Kind::Call(number) => self.start_call(number, index),
        };
        let start = [("type", "content_block_start".into()), ("index", index.into()), ("content_block", block)];
        self.push(value::object(start).into(), items);
        self.open = Some((index, kind));
        index
    }

    fn start_call(&mut self, number: usize, index: u64) -> Value {
        let Some(call) = self.calls.get_mut(number) else { return Value::Null };
        call.index = Some(index);
        let mut id = tool_id(&call.id);
        // The result of the call refers to the id.
        if id.is_empty() || self.accumulator.has_id(&id) {
            id = format!("toolu_{index}");
        }
        json!({"type": "tool_use", "id": id, "name": call.name, "input": {}})
    }

    /// Returns whether the open block is a call whose arguments are incomplete.
    fn is_blocked(&self) -> bool {
        let Some((_, Kind::Call(number))) = self.open else { return false };
        self.calls.get(number).is_some_and(|call| !call.is_complete())
    }

    fn add_text(&mut self, kind: Kind, text: Texts, items: &mut Vec<Item>) {
        if text.text().is_empty() {
            return;
        }
        if self.queue.is_empty() && !self.is_blocked() {
            let index = self.open(kind, items);
            self.push_text(index, kind, text, items);
            return;
        }
        match self.queue.back_mut() {
            Some(Queued::Text(last, queued)) if *last == kind => queued.push_str(text.text()),
            _ => self.queue.push_back(Queued::Text(kind, text.text().to_owned())),
        }
        self.advance(false, items);
    }

    /// Returns a call that has begun. It waits for its first arguments, since its name may not be complete.
    fn call(&mut self, number: usize) -> Option<&mut Call> {
        if number >= self.calls.len() {
            self.calls.resize_with(number + 1, Call::default);
        }
        let call = self.calls.get_mut(number)?;
        if !core::mem::replace(&mut call.is_queued, true) {
            self.queue.push_back(Queued::Call(number));
        }
        Some(call)
    }

    fn add_arguments(&mut self, number: usize, text: Texts, items: &mut Vec<Item>) {
        let Some(call) = self.call(number) else { return };
        // Only the end of the arguments is of interest: the server's decoder has normalised them.
        let _normalised = call.arguments.push(text.text());
        match call.index {
            Some(index) => self.push_text(index, Kind::Call(number), text, items),
            None => call.held.push_str(text.text()),
        }
        self.advance(false, items);
    }

    /// Writes the queue until a call blocks it; if `is_last`, all of it.
    fn advance(&mut self, is_last: bool, items: &mut Vec<Item>) {
        while is_last || !self.is_blocked() {
            if let Some(Queued::Call(number)) = self.queue.front()
                && !is_last
                && self.calls.get(*number).is_some_and(|call| !call.can_open())
            {
                return;
            }
            match self.queue.pop_front() {
                None => return,
                Some(Queued::Text(kind, text)) => {
                    let index = self.open(kind, items);
                    self.push_text(index, kind, Texts::new(&text, ""), items);
                }
                Some(Queued::Call(number)) => {
                    let index = self.open(Kind::Call(number), items);
                    let held = self.calls.get_mut(number).map(|call| core::mem::take(&mut call.held));
                    self.push_text(index, Kind::Call(number), Texts::new(&held.unwrap_or_default(), ""), items);
                }
            }
        }
    }
}

impl Accumulate for Accumulator {
    fn apply(&mut self, fields: &Map<String, Value>) {
        self.apply(fields);
    }

    fn append(&mut self, template: &DeltaTemplate, text: &str) {
        self.append(template, text);
    }
}

impl Writer for MessagesWriter {
    fn start(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>) {
        if core::mem::replace(&mut self.is_started, true) {
            return;
        }
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        let message = json!({
            "id": text("id"),
            "type": "message",
            "role": "assistant",
            "model": text("model"),
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        });
        self.push(json!({"type": "message_start", "message": message}), items);
    }

    fn write(&mut self, piece: Piece, items: &mut Vec<Item>) {
        match piece {
            Piece::Text(text) => self.add_text(Kind::Text, text, items),
            Piece::Reasoning(text) => self.add_text(Kind::Thinking, text, items),
            Piece::Refusal(text) => {
                self.has_refusal = true;
                self.add_text(Kind::Text, text, items);
            }
            Piece::Call { call, id, name } => {
                if let Some(call) = self.call(call) {
                    call.id.push_str(&id);
                    call.name.push_str(&name);
                }
            }
            Piece::Arguments { call, text } => self.add_arguments(call, text, items),
            Piece::CallEnd(call) => {
                if let Some(call) = self.call(call) {
                    call.has_ended = true;
                }
                self.advance(false, items);
            }
            Piece::Finish { reason, sequence } => {
                self.advance(true, items);
                self.close(items);
                let reason = usage::reason(&reason, Format::Messages);
                let is_refusal = self.has_refusal && reason == "end_turn";
                self.stop_reason = if is_refusal { "refusal" } else { reason }.into();
                self.stop_sequence = sequence;
                // The event follows at the end, with the usage.
                let event = value::object([("type", "message_delta".into()), ("delta", self.delta())]);
                self.accumulator.apply(&event);
            }
            Piece::Start | Piece::Usage => {}
        }
    }

    fn set_usage(&mut self, usage: Value) {
        if usage.is_null() {
            return;
        }
        self.accumulator.apply(&value::object([("usage", usage.clone())]));
        self.usage = usage;
    }

    fn drain(&mut self, items: &mut Vec<Item>) {
        self.advance(true, items);
    }

    fn end(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>) {
        self.start(metadata, items);
        self.drain(items);
        if core::mem::replace(&mut self.is_done, true) {
            return;
        }
        self.close(items);
        let delta = self.delta();
        let usage = if self.usage.is_object() { self.usage.clone() } else { json!({"output_tokens": 0}) };
        let mut event = value::object([("type", "message_delta".into()), ("delta", delta), ("usage", usage)]);
        // Some servers send the id and the model at the end.
        let known = self.accumulator.metadata();
        for name in ["id", "model", "cost"] {
            if let Some(value) = metadata.get(name).filter(|_| known.get(name).is_none_or(|known| *known == "")) {
                event.set(name, value.clone());
            }
        }
        self.push(event.into(), items);
        self.push(json!({"type": "message_stop"}), items);
    }

    fn snapshot(&self) -> Option<Value> {
        self.accumulator.snapshot()
    }

    fn size(&self) -> usize {
        let held = self.calls.iter().map(|call| call.held.len()).sum::<usize>();
        let queued = self.queue.iter().map(|queued| if let Queued::Text(_, text) = queued { text.len() } else { 0 });
        self.accumulator.size() + held + queued.sum::<usize>()
    }

    fn metadata(&self) -> &Map<String, Value> {
        self.accumulator.metadata()
    }

    fn open_block(&self) -> Option<u64> {
        self.open.map(|(index, _)| index)
    }
}
