//! Messages on the wire: a reply or the frames of a stream to repaired events.
//!
//! Law: pure. What compatible servers leave out is filled in, so that a reader can rely on the order of events: a message starts, each
//! block opens before its deltas. Unknown events and deltas are passed on.

use serde_json::{Map, Value, json};

use super::accumulate::Accumulator;
use crate::error::{Error, ErrorKind};
use crate::sse::Frame;
use crate::transport::Head;
use crate::wire::frames::{self, Part};
use crate::wire::{Item, Step, StreamCodec, cut, errors};

/// Checks a request's body, an object with at least `messages` and, for an answer, `max_tokens`.
pub fn check(body: &Map<String, Value>, answers: bool) -> Result<(), Error> {
    let refused = |message: &str| Err(Error::new(ErrorKind::InvalidRequest, message));
    match body.get("messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => {}
        Some(Value::Array(_)) => return refused("messages is empty: give at least one message"),
        _ => return refused("messages must be a list of objects such as {\"role\": \"user\", \"content\": \"Hi\"}"),
    }
    if answers && !body.get("max_tokens").is_some_and(Value::is_number) {
        return refused("max_tokens is missing: this format needs to know how long an answer may be");
    }
    Ok(())
}

/// A stream of events.
#[derive(Debug, Default)]
pub struct Codec {
    head: Head,
    accumulator: Accumulator,
    /// Blocks that are open.
    open: Vec<u64>,
    done: bool,
}

impl Codec {
    /// A codec for the body of the response that `head` began.
    pub fn new(head: Head) -> Self {
        Self { head, ..Self::default() }
    }

    fn event(&mut self, mut event: Map<String, Value>, name: &str, items: &mut Vec<Item>) -> Result<Step, Error> {
        // The event's own type counts; its frame's name serves where it has none.
        let kind = event.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty()).unwrap_or(name).to_owned();
        if kind == "error" || event.contains_key("error") || event.get("status").is_some_and(Value::is_string) {
            event.insert("type".to_owned(), kind.as_str().into());
            if let Some(error) = errors::in_success(&event, &self.head) {
                return Err(error);
            }
        }
        if kind == "ping" {
            return Ok(Step::Silence);
        }
        if !event.get("type").is_some_and(Value::is_string) {
            event.shift_insert(0, "type".to_owned(), kind.as_str().into());
        }
        match kind.as_str() {
            "message_start" => start(&mut event),
            "content_block_start" => self.block_start(&mut event, items),
            "content_block_delta" => self.block_delta(&mut event, items),
            "content_block_stop" => {
                let index = self.index(&mut event);
                self.open.retain(|open| *open != index);
            }
            "message_delta" => stop_reason(&mut event),
            "message_stop" => {
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

    /// A message that was never started is started.
    fn ensure_started(&mut self, items: &mut Vec<Item>) {
        if !self.accumulator.has_started() {
            let mut event =
                Map::from_iter([("type".to_owned(), "message_start".into()), ("message".to_owned(), json!({}))]);
            start(&mut event);
            self.push(event, items);
        }
    }

    fn block_start(&mut self, event: &mut Map<String, Value>, items: &mut Vec<Item>) {
        self.ensure_started(items);
        let next = self.accumulator.last_index().map_or(0, |last| last + 1);
        let index = event.get("index").and_then(Value::as_u64).unwrap_or(next);
        event.insert("index".to_owned(), index.into());
        if !event.get("content_block").is_some_and(Value::is_object) {
            event.insert("content_block".to_owned(), json!({"type": "text", "text": ""}));
        }
        self.open.push(index);
    }

    /// A delta of a block that was never opened opens it; arguments may be an object or null.
    fn block_delta(&mut self, event: &mut Map<String, Value>, items: &mut Vec<Item>) {
        self.ensure_started(items);
        let index = self.index(event);
        let Some(Value::Object(delta)) = event.get_mut("delta") else { return };
        if !delta.get("type").is_some_and(Value::is_string) {
            let names = [
                ("text", "text_delta"),
                ("partial_json", "input_json_delta"),
                ("thinking", "thinking_delta"),
                ("signature", "signature_delta"),
            ];
            if let Some((_, kind)) = names.into_iter().find(|(name, _)| delta.contains_key(*name)) {
                delta.insert("type".to_owned(), kind.into());
            }
        }
        match delta.get_mut("partial_json") {
            Some(Value::String(_)) | None => {}
            Some(json @ Value::Null) => *json = "".into(),
            Some(json) => *json = json.to_string().into(),
        }
        if !self.accumulator.has_block(index) {
            let block = match delta.get("type").and_then(Value::as_str) {
                Some("thinking_delta" | "signature_delta") => {
                    json!({"type": "thinking", "thinking": "", "signature": ""})
                }
                Some("input_json_delta") => {
                    json!({"type": "tool_use", "id": format!("toolu_{index}"), "name": "", "input": {}})
                }
                _ => json!({"type": "text", "text": ""}),
            };
            self.open.push(index);
            self.push_value(json!({"type": "content_block_start", "index": index, "content_block": block}), items);
        }
    }

    /// The index of an event's block; where it is missing, that of the last one opened.
    fn index(&self, event: &mut Map<String, Value>) -> u64 {
        let given = event.get("index").and_then(Value::as_u64);
        let index = given.or(self.open.last().copied()).or(self.accumulator.last_index()).unwrap_or(0);
        event.insert("index".to_owned(), index.into());
        index
    }
}

/// What a message lacks at its start.
fn start(event: &mut Map<String, Value>) {
    let message = event.entry("message").or_insert_with(|| json!({}));
    if !message.is_object() {
        *message = json!({});
    }
    let Value::Object(message) = message else { return };
    let defaults = [
        ("id", json!("")),
        ("type", json!("message")),
        ("role", json!("assistant")),
        ("model", json!("")),
        ("content", json!([])),
        ("stop_reason", Value::Null),
        ("stop_sequence", Value::Null),
        ("usage", json!({"input_tokens": 0, "output_tokens": 0})),
    ];
    for (name, default) in defaults {
        let value = message.entry(name).or_insert(Value::Null);
        match value {
            Value::Null => *value = default,
            Value::Number(number) if name == "id" => *value = number.to_string().into(),
            _ => {}
        }
    }
}

/// An integer as the reason; an empty one is none.
fn stop_reason(event: &mut Map<String, Value>) {
    let Some(Value::Object(delta)) = event.get_mut("delta") else { return };
    match delta.get_mut("stop_reason") {
        Some(reason @ Value::Number(_)) => *reason = reason.to_string().into(),
        Some(reason) if reason == "" || reason == "null" => *reason = Value::Null,
        _ => {}
    }
}

impl StreamCodec for Codec {
    fn frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let mut step = Step::Silence;
        for part in frames::parts(frame, &self.head)? {
            match part {
                Part::Object(event) => match self.event(event, frame.event, items)? {
                    Step::Done => return Ok(Step::Done),
                    Step::Progress => step = Step::Progress,
                    Step::Silence => {}
                },
                // OpenAI's end marker, from a server that speaks both.
                Part::Done => {
                    self.done = true;
                    return Ok(Step::Done);
                }
            }
        }
        Ok(step)
    }

    fn whole(&mut self, mut reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        if let Some(error) = errors::in_success(&reply, &self.head) {
            return Err(error);
        }
        let Some(Value::Array(blocks)) = reply.get_mut("content").map(Value::take) else {
            return Err(errors::not_json(&self.head, Value::Object(reply).to_string().as_bytes()));
        };
        let ended = ["stop_reason", "stop_sequence"]
            .map(|name| (name.to_owned(), reply.shift_remove(name).unwrap_or_default()));
        let usage = reply.get("usage").cloned().unwrap_or_default();
        self.event(
            Map::from_iter([("type".to_owned(), "message_start".into()), ("message".to_owned(), Value::Object(reply))]),
            "",
            items,
        )?;
        for (index, block) in blocks.into_iter().enumerate() {
            self.push_value(json!({"type": "content_block_start", "index": index, "content_block": block}), items);
            self.push_value(json!({"type": "content_block_stop", "index": index}), items);
        }
        let mut delta = Map::from_iter([
            ("type".to_owned(), "message_delta".into()),
            ("delta".to_owned(), Value::Object(Map::from_iter(ended))),
        ]);
        if usage.is_object() {
            delta.insert("usage".to_owned(), usage);
        }
        stop_reason(&mut delta);
        self.push(delta, items);
        self.push_value(json!({"type": "message_stop"}), items);
        self.done = true;
        Ok(())
    }

    fn flush(&mut self, _items: &mut Vec<Item>) {}

    fn end(&self) -> Result<(), Error> {
        if self.done || self.accumulator.has_stop_reason() {
            Ok(())
        } else {
            Err(cut("neither a stop_reason nor message_stop"))
        }
    }

    fn snapshot(&self) -> Option<Value> {
        self.accumulator.snapshot()
    }
}
