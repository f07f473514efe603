//! Decoders that read one format and yield the other, and decoders that continue an answer.
//!
//! Invariant: the server's own decoder repairs the stream and decides whether it is complete; its items are only converted, each exactly
//! once. Deltas of text take the fast path of `wire::delta` in both halves.
//!
//! Dropped are what the caller's format has no place for: choices after the first, log probabilities, annotations and citations, signatures,
//! encrypted thinking, and blocks and results of tools that the provider runs.

use alloc::sync::Arc;

#[cfg(test)]
pub(super) mod tests;

use crate::error::Error;
use crate::http::Head;
use crate::prelude::*;
use crate::text::time;
use crate::value::{Map, Value, at};
use crate::wire::delta::{DeltaField, DeltaTemplate, Texts};
use crate::wire::sse::Frame;
use crate::wire::{Format, Item, Step, StreamCodec};

use super::chat_writer::ChatWriter;
use super::continuation::Earlier;
use super::messages_writer::MessagesWriter;
use super::pieces::{Piece, Reader};
use super::usage;

/// Creates a decoder of the server's format that yields the items and the result of the caller's format.
///
/// `head` is that of the response. A chat completion ends with a chunk that has the usage and no choices: see [`codec_for`].
pub fn codec(server: Format, caller: Format, head: Head) -> Box<dyn StreamCodec + Send> {
    new(server, caller, head, true)
}

/// Creates such a decoder for the caller's request: chat completions have a chunk with the usage only if `body` requests it by
/// `stream_options.include_usage`. Programs that did not ask for it may not expect a chunk without choices.
pub fn codec_for(server: Format, caller: Format, head: Head, body: &Map<String, Value>) -> Box<dyn StreamCodec + Send> {
    let options = body.get("stream_options").unwrap_or(&Value::Null);
    new(server, caller, head, *at(options, "/include_usage") == Value::Bool(true))
}

fn new(server: Format, caller: Format, head: Head, shows_usage: bool) -> Box<dyn StreamCodec + Send> {
    if server == caller {
        return server.endpoint().codec(head);
    }
    let writer: Box<dyn Writer> = match caller {
        Format::Chat => {
            let date = head.header("date").and_then(time::http_date).unwrap_or_default();
            Box::new(ChatWriter::new(shows_usage, date.as_secs()))
        }
        Format::Messages => Box::new(MessagesWriter::default()),
    };
    Box::new(Converter::new(server.endpoint().codec(head), server, writer, None))
}

/// Writes pieces in a format, and accumulates the result.
pub(super) trait Writer: Send {
    /// Begins the answer, unless it has begun. `metadata` contains its id and its model.
    fn start(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>);

    /// Writes a piece.
    fn write(&mut self, piece: Piece, items: &mut Vec<Item>);

    /// Replaces the usage so far, in the writer's format.
    fn set_usage(&mut self, usage: Value);

    /// Writes what was held back, after a cut.
    fn drain(&mut self, items: &mut Vec<Item>);

    /// Ends the answer, unless it has ended.
    fn end(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>);

    /// See [`StreamCodec::snapshot`].
    fn snapshot(&self) -> Option<Value>;

    /// See [`StreamCodec::size`].
    fn size(&self) -> usize;

    /// See [`StreamCodec::metadata`].
    fn metadata(&self) -> &Map<String, Value>;

    /// See [`StreamCodec::open_block`].
    fn open_block(&self) -> Option<u64>;
}

/// An accumulator of either format.
pub(super) trait Accumulate {
    /// Adds an item.
    fn apply(&mut self, fields: &Map<String, Value>);
    /// Adds an item that differs from the previous one only in its text.
    fn append(&mut self, template: &DeltaTemplate, text: &str);
}

/// Adds a text to an answer, at a field with an index and the number of a call. `template` is that of the last text, and `make` creates the item of
/// another one.
pub(super) fn push_delta(
    template: &mut Option<Arc<DeltaTemplate>>,
    accumulator: &mut dyn Accumulate,
    (field, index, tool_call): (DeltaField, u64, usize),
    text: Texts,
    items: &mut Vec<Item>,
    make: impl FnOnce(&str) -> Map<String, Value>,
) {
    if text.text().is_empty() {
        return;
    }
    let is_same =
        |known: &&Arc<DeltaTemplate>| known.field == field && known.index == index && known.tool_call == tool_call;
    if let Some(template) = template.as_ref().filter(is_same) {
        accumulator.append(template, text.text());
        items.push(Item::delta(Arc::clone(template), text));
        return;
    }
    let mut fields = make(text.text());
    accumulator.apply(&fields);
    items.push(Item::new(fields.clone()));
    if let Some(value) = field.value_mut(&mut fields) {
        *value = "".into();
        *template = Some(Arc::new(DeltaTemplate { fields, field, is_padded: false, index, tool_call }));
    }
}

/// Decodes a stream and writes it anew: in another format, or after an earlier part of the answer.
pub(super) struct Converter {
    server: Box<dyn StreamCodec + Send>,
    /// The format of the server's items.
    from: Format,
    reader: Reader,
    writer: Box<dyn Writer>,
    /// The answer that the stream continues.
    earlier: Option<Earlier>,
    /// Whether the server's decoder has failed: then the answer has no end, even if it has a finish reason, which can be that of the failure.
    has_failed: bool,
    /// Items and pieces that are being converted; empty between calls.
    decoded: Vec<Item>,
    pieces: Vec<Piece>,
}

impl Converter {
    pub(super) fn new(
        server: Box<dyn StreamCodec + Send>,
        from: Format,
        writer: Box<dyn Writer>,
        earlier: Option<Earlier>,
    ) -> Self {
        let reader = Reader::new(from);
        Self { server, from, reader, writer, earlier, has_failed: false, decoded: Vec::new(), pieces: Vec::new() }
    }

    /// Writes the decoded items.
    fn convert(&mut self, items: &mut Vec<Item>) {
        if let Some(earlier) = &mut self.earlier {
            items.append(&mut earlier.items);
        }
        for item in self.decoded.drain(..) {
            self.reader.read(item, &mut self.pieces);
        }
        for piece in self.pieces.drain(..) {
            let piece = match (piece, &mut self.earlier) {
                (Piece::Start, _) => {
                    self.writer.start(self.server.metadata(), items);
                    continue;
                }
                (Piece::Usage, None) => {
                    let usage = self.server.metadata().get("usage").unwrap_or(&Value::Null);
                    self.writer.set_usage(usage::converted(usage, other(self.from)));
                    continue;
                }
                (piece, Some(earlier)) => {
                    if let Some(text) = earlier.text_before(&piece) {
                        self.writer.write(Piece::Text(text), items);
                    }
                    let Some(piece) = earlier.filter(piece) else { continue };
                    piece
                }
                (piece, None) => piece,
            };
            self.writer.write(piece, items);
        }
        if let Some(earlier) = &mut self.earlier {
            // A decoder that converts can know the usage before an item has it.
            let usage = self.server.metadata().get("usage").unwrap_or(&Value::Null);
            if *usage != earlier.last_usage {
                earlier.last_usage.clone_from(usage);
                self.writer.set_usage(usage::sum(&earlier.usage, usage));
            }
        }
    }

    /// Ends an answer that is complete.
    fn end_answer(&mut self, items: &mut Vec<Item>) {
        if let Some(text) = self.earlier.as_mut().and_then(Earlier::text_at_end) {
            self.writer.write(Piece::Text(text), items);
        }
        self.writer.end(self.server.metadata(), items);
    }
}

fn other(format: Format) -> Format {
    match format {
        Format::Chat => Format::Messages,
        Format::Messages => Format::Chat,
    }
}

impl StreamCodec for Converter {
    fn read_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let outcome = self.server.read_frame(frame, &mut self.decoded);
        self.convert(items);
        self.has_failed |= outcome.is_err();
        if matches!(outcome, Ok(Step::Done)) {
            self.end_answer(items);
        }
        outcome
    }

    fn read_reply(&mut self, reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        let outcome = self.server.read_reply(reply, &mut self.decoded);
        self.convert(items);
        self.has_failed |= outcome.is_err();
        if outcome.is_ok() {
            self.end_answer(items);
        }
        outcome
    }

    fn flush(&mut self, items: &mut Vec<Item>) {
        self.server.flush(&mut self.decoded);
        self.convert(items);
        if self.has_failed || self.server.end().is_err() {
            self.writer.drain(items);
        } else {
            self.end_answer(items);
        }
    }

    fn end(&self) -> Result<(), Error> {
        self.server.end()
    }

    fn has_finish_reason(&self) -> bool {
        self.server.has_finish_reason()
    }

    fn has_start(&self) -> bool {
        self.earlier.is_some() || self.server.has_start()
    }

    fn snapshot(&self) -> Option<Value> {
        self.writer.snapshot()
    }

    fn size(&self) -> usize {
        self.server.size().saturating_add(self.writer.size())
    }

    fn metadata(&self) -> &Map<String, Value> {
        if self.earlier.is_some() { self.server.metadata() } else { self.writer.metadata() }
    }

    fn open_block(&self) -> Option<u64> {
        self.writer.open_block()
    }
}
