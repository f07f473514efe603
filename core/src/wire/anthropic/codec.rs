//! Decoder of Anthropic messages: replies and stream frames to repaired events.
//!
//! Invariant: no I/O. Events have a reliable order even if the server omits some: the message starts, each block starts before its deltas
//! and stops before the message ends, blocks receive only deltas of their kind, and all text is in deltas. Unknown events and deltas are
//! passed on.

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value, object};

mod reply;

use super::accumulate::Accumulator;
use super::blocks::{Blocks, Kind, arguments_delta, complete, take_text};
use super::quirks;
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::wire::delta::{DeltaField, FastPath};
use crate::wire::frames::{self, Part};
use crate::wire::request::check_lists;
use crate::wire::sse::Frame;
use crate::wire::{Item, Step, StreamCodec, check_part_count, errors, incomplete};

/// Checks a request body: `messages` is required, and `max_tokens` for endpoints that generate an answer.
pub fn check(body: &Map<String, Value>, needs_max_tokens: bool) -> Result<(), Error> {
    check_lists(body)?;
    if needs_max_tokens && !body.get("max_tokens").is_some_and(Value::is_number) {
        let message = "max_tokens is missing; messages require it";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    Ok(())
}

/// The first event of a stream, besides pings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StreamStart {
    /// `message_start`.
    Message,
    /// The start of block 0. llama.cpp omits `message_start` if the first token is only a part of a character, such as an emoji. Only
    /// pings can occur between the two events, so no content is missing.
    FirstBlock,
    /// Another event. The events before it are missing.
    Other,
}

/// Decodes a stream of events.
#[derive(Debug, Default)]
pub struct Codec {
    head: Head,
    accumulator: Accumulator,
    blocks: Blocks,
    fast_path: FastPath,
    /// The first event; `None` before it.
    stream_start: Option<StreamStart>,
    /// Whether the server sent `message_stop`.
    is_stopped: bool,
    done: bool,
}

impl Codec {
    /// Creates a decoder for the body of the response with this head.
    pub fn new(head: Head) -> Self {
        Self { head, ..Self::default() }
    }

    fn event(&mut self, mut event: Map<String, Value>, name: &str, items: &mut Vec<Item>) -> Result<Step, Error> {
        // The `type` in the data takes precedence over the frame's event name.
        event = errors::remove_wrapper(event, |event| event.get("type").is_some_and(Value::is_string));
        let own_kind = event.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
        let kind = own_kind.unwrap_or(name).to_owned();
        let is_known = ["message_", "content_block_", "ping"].iter().any(|known| kind.starts_with(known));
        let is_marked = ["error", "base_resp", "status"].iter().any(|name| event.contains_key(*name));
        if own_kind.is_none() || !is_known || is_marked {
            if kind == "error" {
                event.set("type", kind.as_str());
            }
            if let Some(error) = errors::find_in_success(&event, &self.head) {
                return Err(error);
            }
        }
        if kind == "ping" {
            return Ok(Step::KeepAlive);
        }
        if kind.is_empty() && event.contains_key("choices") {
            // A chat completion chunk is an error: as an unknown event, its text would be lost silently.
            return Err(errors::invalid_body(&self.head, Value::Object(event).to_string().as_bytes()));
        }
        if !event.get("type").is_some_and(Value::is_string) {
            event.shift_insert(0, "type".to_owned(), kind.as_str().into());
        }
        quirks::usage(&mut event);
        self.stream_start.get_or_insert_with(|| match kind.as_str() {
            "message_start" => StreamStart::Message,
            "content_block_start" if quirks::sent_index(&event) == Some(0) => StreamStart::FirstBlock,
            _ => StreamStart::Other,
        });
        match kind.as_str() {
            "message_start" => {
                self.stream_start = Some(StreamStart::Message);
                quirks::start(&mut event);
                self.blocks.add_all(event.get("message").and_then(|message| message.get("content")));
            }
            "content_block_start" => {
                let text = self.block_start(&mut event, items);
                self.push(event, items);
                if let Some(delta) = text {
                    self.push_value(delta, items);
                }
                return Ok(Step::Progress);
            }
            "content_block_delta" => {
                let has_content = self.block_delta(&mut event, items);
                if !has_content {
                    return Ok(Step::Progress);
                }
            }
            "content_block_stop" => {
                // The event is dropped if no block with its index is open.
                self.block_stop(&event, items);
                return Ok(Step::Progress);
            }
            "message_delta" => {
                let reason = event.get("delta").and_then(|delta| delta.get("stop_reason")?.as_str());
                if let Some(error) =
                    reason.and_then(|reason| errors::from_finish_reason("stop_reason", reason, &self.head))
                {
                    return Err(error);
                }
                self.message_delta(&mut event, items);
            }
            "message_stop" => {
                self.is_stopped = true;
                self.check_started()?;
                self.close_blocks(items);
                self.done = true;
                self.push(event, items);
                return Ok(Step::Done);
            }
            _ => {}
        }
        self.push(event, items);
        Ok(Step::Progress)
    }

    fn push(&mut self, event: Map<String, Value>, items: &mut Vec<Item>) {
        self.accumulator.apply(&event);
        items.push(Item::new(event));
    }

    fn push_value(&mut self, event: Value, items: &mut Vec<Item>) {
        if let Value::Object(event) = event {
            self.push(event, items);
        }
    }

    /// Emits a `message_start` if there was none.
    fn ensure_started(&mut self, items: &mut Vec<Item>) {
        if !self.accumulator.has_started() {
            let mut event = object([("type", "message_start".into()), ("message", json!({}))]);
            quirks::start(&mut event);
            self.push(event, items);
        }
    }

    /// Repairs a `message_delta`. A stop reason closes all blocks.
    fn message_delta(&mut self, event: &mut Map<String, Value>, items: &mut Vec<Item>) {
        self.ensure_started(items);
        let Some(Value::Object(delta)) = event.get_mut("delta") else { return };
        quirks::stop_reason(delta);
        if delta.get("stop_reason").is_some_and(Value::is_string) {
            self.close_blocks(items);
        }
    }

    /// Closes all open blocks.
    fn close_blocks(&mut self, items: &mut Vec<Item>) {
        while let Some((index, rest)) = self.blocks.close_next() {
            self.push_arguments(index, &rest, items);
            self.push_value(json!({"type": "content_block_stop", "index": index}), items);
        }
    }

    /// Emits arguments that were held back.
    fn push_arguments(&mut self, index: u64, rest: &str, items: &mut Vec<Item>) {
        if !rest.is_empty() {
            self.push_value(arguments_delta(index, rest), items);
        }
    }

    /// Fails at the end of a message without `message_start`, because a part of the answer may be missing. The only exception is a stream
    /// that starts with block 0 and ends completely.
    fn check_started(&self) -> Result<(), Error> {
        let is_complete = match self.stream_start {
            Some(StreamStart::Message) => true,
            Some(StreamStart::FirstBlock) => self.is_stopped && self.accumulator.has_stop_reason(),
            Some(StreamStart::Other) | None => false,
        };
        if is_complete { Ok(()) } else { Err(incomplete("no message_start before its end")) }
    }

    /// Ends the message if the server sent no `message_stop`.
    fn stop(&mut self, items: &mut Vec<Item>) {
        if !self.done {
            self.close_blocks(items);
            self.push_value(json!({"type": "message_stop"}), items);
        }
        self.done = true;
    }

    /// Repairs a block start. Returns its text, or its unparsed arguments, as a delta.
    fn block_start(&mut self, event: &mut Map<String, Value>, items: &mut Vec<Item>) -> Option<Value> {
        self.ensure_started(items);
        let sent = self.blocks.sent_index_of_new(quirks::sent_index(event));
        let index = self.blocks.index_of_new(sent);
        event.set("index", index);
        match event.get_mut("content_block") {
            Some(Value::Object(_)) => {}
            Some(text @ Value::String(_)) => *text = json!({"type": "text", "text": text.take()}),
            _ => event.set("content_block", json!({"type": "text", "text": ""})),
        }
        let Some(Value::Object(block)) = event.get_mut("content_block") else { return None };
        let invalid = complete(block, index, self.blocks.len(), |id| self.accumulator.has_id(id));
        self.blocks.open(index, sent, block, false);
        match invalid {
            Some(arguments) => Some(arguments_delta(index, &self.blocks.read_arguments(index, &arguments))),
            None => take_text(block, index),
        }
    }

    /// Repairs a delta; returns whether it has content. A delta that doesn't fit its block, or whose block doesn't exist, opens a new
    /// block. Text in a thinking block, for example, must neither be lost nor become part of the signed block.
    fn block_delta(&mut self, event: &mut Map<String, Value>, items: &mut Vec<Item>) -> bool {
        self.ensure_started(items);
        let sent = self.blocks.sent_index_of(quirks::sent_index(event));
        match event.get_mut("delta") {
            Some(Value::Object(_)) => {}
            Some(text @ Value::String(_)) => *text = json!({"type": "text_delta", "text": text.take()}),
            _ => {
                event.set("index", self.blocks.index_of(sent));
                return true;
            }
        }
        let Some(Value::Object(delta)) = event.get_mut("delta") else { return true };
        quirks::delta_type(delta);
        match delta.get_mut("partial_json") {
            Some(Value::String(_)) | None => {}
            Some(json @ Value::Null) => *json = "".into(),
            Some(json) => *json = json.to_string().into(),
        }
        let kind = delta.get("type").and_then(Value::as_str).and_then(Kind::of_delta);
        let index = match self.blocks.find_for_delta(sent, kind) {
            Some(index) => index,
            None if self.blocks.has(sent) && quirks::is_empty(delta) => return false,
            None => {
                let is_extra = self.blocks.has(sent);
                let index = self.blocks.index_of_extra(sent);
                let block = kind.unwrap_or(Kind::Text).new_block(index);
                self.blocks.open(index, sent, &block, is_extra);
                let start = object([
                    ("type", "content_block_start".into()),
                    ("index", index.into()),
                    ("content_block", block.into()),
                ]);
                self.push(start, items);
                index
            }
        };
        if let Some(Value::Object(delta)) = event.get_mut("delta")
            && let Some(piece) = delta.get("partial_json").and_then(Value::as_str)
        {
            let piece = self.blocks.read_arguments(index, piece);
            delta.set("partial_json", piece);
        }
        event.set("index", index);
        true
    }

    /// Closes the block with the event's index and the extra blocks opened for it.
    fn block_stop(&mut self, event: &Map<String, Value>, items: &mut Vec<Item>) {
        let sent = self.blocks.sent_index_of(quirks::sent_index(event));
        while let Some((index, rest)) = self.blocks.close(sent) {
            self.push_arguments(index, &rest, items);
            let mut event = event.clone();
            event.set("index", index);
            self.push(event, items);
        }
    }

    /// Parses a frame that doesn't take the fast path.
    fn parse_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let mut step = Step::KeepAlive;
        for part in frames::parts(frame, &self.head, self.stream_start.is_some())? {
            match part {
                Part::Object(message) if self.is_message(&message, frame.event) => {
                    self.read_reply(message, items)?;
                    return Ok(Step::Done);
                }
                Part::Object(event) => {
                    let outcome = self.event(event, frame.event, items)?;
                    check_part_count(self.blocks.len(), "content blocks")?;
                    match outcome {
                        Step::Done => return Ok(Step::Done),
                        Step::Progress => step = Step::Progress,
                        Step::KeepAlive => {}
                    }
                }
                // OpenAI's end marker, from a server that supports both formats.
                Part::Done => {
                    self.check_started()?;
                    self.stop(items);
                    return Ok(Step::Done);
                }
            }
        }
        Ok(step)
    }

    /// Learns the pattern of a frame with a single delta and a single text.
    fn learn(&mut self, data: &str, item: &Item) {
        let fields = item.fields();
        let (Some(index), Some(Value::Object(delta))) =
            (fields.get("index").and_then(Value::as_u64), fields.get("delta"))
        else {
            return;
        };
        let known = |name: &String| matches!(name.as_str(), "type" | "index" | "delta");
        let field = match delta.get("type").and_then(Value::as_str) {
            Some("text_delta") => DeltaField::Text,
            Some("thinking_delta") => DeltaField::Thinking,
            Some("input_json_delta") if self.blocks.is_plain(index) => DeltaField::PartialJson,
            _ => return,
        };
        // Exactly two fields, so that the text's name can't occur elsewhere in the delta.
        if fields.get("type").is_some_and(|kind| kind == "content_block_delta")
            && fields.keys().all(known)
            && delta.len() == 2
        {
            self.fast_path.learn(data, item, field, index, 0);
        }
    }
}

impl StreamCodec for Codec {
    fn read_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let is_delta = matches!(frame.event, "" | "content_block_delta");
        if let Some((template, texts)) = self.fast_path.read(&frame.data).filter(|_| is_delta) {
            self.accumulator.append(&template, texts.text());
            items.push(Item::delta(template, texts));
            return Ok(Step::Progress);
        }
        let before = items.len();
        let step = self.parse_frame(frame, items)?;
        if let (true, Some([item])) = (self.fast_path.should_learn() && is_delta, items.get(before..)) {
            self.learn(&frame.data, item);
        }
        Ok(step)
    }

    fn read_reply(&mut self, reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        self.expand_reply(reply, items)
    }

    fn flush(&mut self, items: &mut Vec<Item>) {
        self.fast_path.forget();
        for (index, rest) in self.blocks.finish_open() {
            self.push_arguments(index, &rest, items);
        }
        if self.accumulator.has_stop_reason() {
            self.stop(items);
        }
    }

    fn end(&self) -> Result<(), Error> {
        if self.done || self.accumulator.has_stop_reason() {
            self.check_started()
        } else {
            Err(incomplete("neither a stop_reason nor message_stop"))
        }
    }

    fn has_finish_reason(&self) -> bool {
        self.accumulator.has_stop_reason()
    }

    fn has_start(&self) -> bool {
        self.stream_start == Some(StreamStart::Message)
    }

    #[cfg(feature = "fallback")]
    fn open_block(&self) -> Option<u64> {
        self.blocks.last_open()
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
}
