//! Pieces of an answer: what the items of either format add, without the format's shape.
//!
//! Invariant: the pieces come in the order of the items. Of a chat completion, only the choice with index 0 is read.

use crate::prelude::*;
use crate::value::{self, Map, Value, at};
use crate::wire::delta::{DeltaField, DeltaTemplate, Texts};
use crate::wire::{Format, Item, Repr};

use super::content::text;

/// An addition to an answer. Texts may be empty.
#[derive(Debug)]
pub(super) enum Piece {
    /// The answer has begun: its id and its model are known, as far as the server sends them.
    Start,
    Text(Texts),
    Reasoning(Texts),
    Refusal(Texts),
    /// A call begins, or more of its id or its name has arrived. Calls are numbered from 0.
    Call {
        call: usize,
        id: String,
        name: String,
    },
    Arguments {
        call: usize,
        text: Texts,
    },
    /// The arguments of a call are complete.
    CallEnd(usize),
    Finish {
        reason: String,
        /// The stop sequence that ended a message.
        sequence: Value,
    },
    /// The usage has changed.
    Usage,
}

/// Reads the items of one format.
#[derive(Debug)]
pub(super) enum Reader {
    Chat(ChatReader),
    Messages(MessagesReader),
}

impl Reader {
    pub(super) fn new(format: Format) -> Self {
        match format {
            Format::Chat => Self::Chat(ChatReader::default()),
            Format::Messages => Self::Messages(MessagesReader::default()),
        }
    }

    /// Appends the pieces of an item.
    pub(super) fn read(&mut self, item: Item, pieces: &mut Vec<Piece>) {
        match (self, item.repr) {
            (Self::Chat(reader), Repr::Full(fields)) => reader.read(&fields, pieces),
            (Self::Messages(reader), Repr::Full(fields)) => reader.read(&fields, pieces),
            (reader, Repr::Delta(template, texts)) => reader.read_delta(&template, texts.without_padding(), pieces),
        }
    }

    fn read_delta(&mut self, template: &DeltaTemplate, text: Texts, pieces: &mut Vec<Piece>) {
        match (template.field(), self) {
            (DeltaField::Text | DeltaField::Content, _) if template.adds_text() => pieces.push(Piece::Text(text)),
            (DeltaField::Thinking, _) => pieces.push(Piece::Reasoning(text)),
            (DeltaField::Reasoning, _) if template.index == 0 => pieces.push(Piece::Reasoning(text)),
            (DeltaField::Arguments, _) if template.index == 0 => {
                pieces.push(Piece::Arguments { call: template.tool_call, text });
            }
            (DeltaField::PartialJson, Self::Messages(reader)) => reader.arguments(template.index, text, pieces),
            _ => {}
        }
    }
}

fn texts(text: &str) -> Texts {
    Texts::new(text, "")
}

/// Reads chunks.
#[derive(Debug, Default)]
pub(super) struct ChatReader {
    has_started: bool,
}

impl ChatReader {
    fn read(&mut self, chunk: &Map<String, Value>, pieces: &mut Vec<Piece>) {
        let choices = value::items(chunk.get("choices"));
        // The first chunk of some servers has neither an id nor a choice.
        if !choices.is_empty() && !core::mem::replace(&mut self.has_started, true) {
            pieces.push(Piece::Start);
        }
        if let Some(choice) = choices.iter().find(|choice| value::index(choice.get("index")) == 0) {
            read_choice(choice, pieces);
        }
        if chunk.get("usage").is_some_and(Value::is_object) {
            pieces.push(Piece::Usage);
        }
    }
}

fn read_choice(choice: &Value, pieces: &mut Vec<Piece>) {
    let delta = at(choice, "/delta");
    let of = |name: &str| delta.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(texts);
    pieces.extend(of("reasoning").map(Piece::Reasoning));
    pieces.extend(of("content").map(Piece::Text));
    pieces.extend(of("refusal").map(Piece::Refusal));
    for (position, call) in value::items(delta.get("tool_calls")).iter().enumerate() {
        let index = call.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let number = index.unwrap_or(position);
        let (id, name) = (text(call, "/id"), text(call, "/function/name"));
        if !id.is_empty() || !name.is_empty() {
            pieces.push(Piece::Call { call: number, id: id.to_owned(), name: name.to_owned() });
        }
        let arguments = text(call, "/function/arguments");
        if !arguments.is_empty() {
            pieces.push(Piece::Arguments { call: number, text: texts(arguments) });
        }
    }
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
        pieces.push(Piece::Finish { reason: reason.to_owned(), sequence: Value::Null });
    }
}

/// Reads events of messages. Blocks other than texts, thinking and calls of the caller's tools are skipped.
#[derive(Debug, Default)]
pub(super) struct MessagesReader {
    /// The index of each block, and the number of its call.
    blocks: Vec<(u64, Option<usize>)>,
    /// For each call the input in the start of its block, which deltas replace.
    inputs: Vec<Option<Value>>,
}

impl MessagesReader {
    fn read(&mut self, event: &Map<String, Value>, pieces: &mut Vec<Piece>) {
        let index = value::index(event.get("index"));
        let part = |name: &str| event.get(name).unwrap_or(&Value::Null);
        match event.get("type").and_then(Value::as_str).unwrap_or_default() {
            "message_start" => {
                pieces.push(Piece::Start);
                for (index, block) in (0..).zip(value::items(part("message").get("content"))) {
                    self.start(index, block, pieces);
                    self.stop(index, pieces);
                }
            }
            "content_block_start" => self.start(index, part("content_block"), pieces),
            "content_block_delta" => {
                let delta = part("delta");
                match text(delta, "/type") {
                    "text_delta" => pieces.push(Piece::Text(texts(text(delta, "/text")))),
                    "thinking_delta" => pieces.push(Piece::Reasoning(texts(text(delta, "/thinking")))),
                    "input_json_delta" => self.arguments(index, texts(text(delta, "/partial_json")), pieces),
                    _ => {}
                }
            }
            "content_block_stop" => self.stop(index, pieces),
            "message_delta" => {
                if let Some(reason) = at(part("delta"), "/stop_reason").as_str() {
                    let sequence = at(part("delta"), "/stop_sequence").clone();
                    pieces.push(Piece::Finish { reason: reason.to_owned(), sequence });
                }
            }
            _ => {}
        }
        let has_usage = |object: &Value| object.get("usage").is_some_and(Value::is_object);
        if part("usage").is_object() || has_usage(part("message")) || has_usage(part("delta")) {
            pieces.push(Piece::Usage);
        }
    }

    fn start(&mut self, index: u64, block: &Value, pieces: &mut Vec<Piece>) {
        let mut call = None;
        match text(block, "/type") {
            "text" => pieces.push(Piece::Text(texts(text(block, "/text")))),
            "thinking" => pieces.push(Piece::Reasoning(texts(text(block, "/thinking")))),
            "tool_use" => {
                let number = self.inputs.len();
                self.inputs.push(Some(at(block, "/input").clone()));
                let (id, name) = (text(block, "/id").to_owned(), text(block, "/name").to_owned());
                pieces.push(Piece::Call { call: number, id, name });
                call = Some(number);
            }
            _ => {}
        }
        self.blocks.push((index, call));
    }

    fn arguments(&mut self, index: u64, text: Texts, pieces: &mut Vec<Piece>) {
        if let Some(call) = self.call(index)
            && !text.text().is_empty()
        {
            if let Some(input) = self.inputs.get_mut(call) {
                *input = None;
            }
            pieces.push(Piece::Arguments { call, text });
        }
    }

    fn stop(&mut self, index: u64, pieces: &mut Vec<Piece>) {
        let Some(call) = self.call(index) else { return };
        if let Some(input) = self.inputs.get_mut(call).and_then(Option::take) {
            let input = if input.is_object() { input.to_string() } else { "{}".to_owned() };
            pieces.push(Piece::Arguments { call, text: texts(&input) });
        }
        pieces.push(Piece::CallEnd(call));
    }

    /// Returns the number of the call of a block.
    fn call(&self, index: u64) -> Option<usize> {
        self.blocks.iter().rfind(|(known, _)| *known == index)?.1
    }
}
