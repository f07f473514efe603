//! Messages on the wire: a reply or the frames of a stream to repaired events.
//!
//! Law: pure. What compatible servers leave out is filled in, so that a reader can rely on the order of events: a message starts, each
//! block opens before its deltas and closes before the message ends, all text comes as deltas. Unknown events and deltas are passed on.

use crate::prelude::*;
use crate::value::{Map, Members, Value, into_list, json, object};

use super::accumulate::Accumulator;
use crate::error::{Error, ErrorKind};
use crate::sse::Frame;
use crate::transport::Head;
use crate::wire::frames::{self, Part};
use crate::wire::learner::Learner;
use crate::wire::template::Hole;
use crate::wire::{Item, Step, StreamCodec, cut, errors, within_limit};

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
    learner: Learner,
    done: bool,
}

impl Codec {
    /// A codec for the body of the response that `head` began.
    pub fn new(head: Head) -> Self {
        Self { head, ..Self::default() }
    }

    fn event(&mut self, mut event: Map<String, Value>, name: &str, items: &mut Vec<Item>) -> Result<Step, Error> {
        // The event's own type counts; its frame's name serves where it has none.
        event = errors::unwrapped(event, |event| event.get("type").is_some_and(Value::is_string));
        let own_kind = event.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
        let kind = own_kind.unwrap_or(name).to_owned();
        let is_known = ["message_", "content_block_", "ping"].iter().any(|known| kind.starts_with(known));
        let is_marked = ["error", "base_resp", "status"].iter().any(|name| event.contains_key(*name));
        if own_kind.is_none() || !is_known || is_marked {
            if kind == "error" {
                event.set("type", kind.as_str());
            }
            if let Some(error) = errors::in_success(&event, &self.head) {
                return Err(error);
            }
        }
        if kind == "ping" {
            return Ok(Step::Silence);
        }
        if kind.is_empty() && event.contains_key("choices") {
            // A chunk of a chat completion: passed on as an unknown event, its text would be lost without a word.
            return Err(errors::not_json(&self.head, Value::Object(event).to_string().as_bytes()));
        }
        if !event.get("type").is_some_and(Value::is_string) {
            event.shift_insert(0, "type".to_owned(), kind.as_str().into());
        }
        match kind.as_str() {
            "message_start" => start(&mut event),
            "content_block_start" => {
                let said = self.block_start(&mut event, items);
                self.push(event, items);
                if let Some(delta) = said {
                    self.push_value(delta, items);
                }
                return Ok(Step::Progress);
            }
            "content_block_delta" => self.block_delta(&mut event, items),
            "content_block_stop" => {
                let index = self.index(&mut event);
                if !self.open.contains(&index) {
                    // It closes nothing, or what was closed already.
                    return Ok(Step::Progress);
                }
                self.open.retain(|open| *open != index);
            }
            "message_delta" => {
                let reason = event.get("delta").and_then(|delta| delta.get("stop_reason")?.as_str());
                if let Some(error) = reason.and_then(|reason| errors::failed("stop_reason", reason, &self.head)) {
                    return Err(error);
                }
                self.message_delta(&mut event, items);
            }
            "message_stop" => {
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

    /// A block of a reply that wasn't streamed, as a stream would bring it. It is accumulated as it came, so that nothing is read twice.
    fn whole_block(&mut self, mut block: Map<String, Value>, index: u64, items: &mut Vec<Item>) {
        complete(&mut block);
        let opened = json!({"type": "content_block_start", "index": index, "content_block": block.clone()});
        let deltas = [take_text(&mut block, index), take_input(&mut block, index)];
        if let Value::Object(opened) = opened {
            self.accumulator.apply(&opened);
        }
        let start = json!({"type": "content_block_start", "index": index, "content_block": block});
        let stop = json!({"type": "content_block_stop", "index": index});
        let events = [Some(start)].into_iter().chain(deltas).chain([Some(stop)]).flatten();
        items.extend(events.filter_map(|event| match event {
            Value::Object(event) => Some(Item::new(event)),
            _ => None,
        }));
    }

    /// A message that was never started is started.
    fn ensure_started(&mut self, items: &mut Vec<Item>) {
        if !self.accumulator.has_started() {
            let mut event = object([("type", "message_start".into()), ("message", json!({}))]);
            start(&mut event);
            self.push(event, items);
        }
    }

    /// What is known of the end. With its reason the last block is complete.
    fn message_delta(&mut self, event: &mut Map<String, Value>, items: &mut Vec<Item>) {
        self.ensure_started(items);
        let Some(Value::Object(delta)) = event.get_mut("delta") else { return };
        stop_reason(delta);
        if delta.get("stop_reason").is_some_and(Value::is_string) {
            self.close_blocks(items);
        }
    }

    /// Blocks that were never closed are closed.
    fn close_blocks(&mut self, items: &mut Vec<Item>) {
        for index in core::mem::take(&mut self.open) {
            self.push_value(json!({"type": "content_block_stop", "index": index}), items);
        }
    }

    /// An end with nothing before it is no answer.
    fn check_started(&self) -> Result<(), Error> {
        if self.accumulator.has_started() { Ok(()) } else { Err(cut("no message before its end")) }
    }

    /// The end of a message that was never told.
    fn stop(&mut self, items: &mut Vec<Item>) {
        if !self.done {
            self.close_blocks(items);
            self.push_value(json!({"type": "message_stop"}), items);
        }
        self.done = true;
    }

    /// Completes a block's start, and gives the text that it brought as a delta to come after it.
    fn block_start(&mut self, event: &mut Map<String, Value>, items: &mut Vec<Item>) -> Option<Value> {
        self.ensure_started(items);
        let next = self.accumulator.last_index().map_or(0, |last| last + 1);
        let index = event.get("index").and_then(Value::as_u64).unwrap_or(next);
        event.set("index", index);
        if !event.get("content_block").is_some_and(Value::is_object) {
            event.set("content_block", json!({"type": "text", "text": ""}));
        }
        self.open.push(index);
        let Some(Value::Object(block)) = event.get_mut("content_block") else { return None };
        complete(block);
        take_text(block, index)
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
            if let Some((_, kind)) = names.into_iter().find(|&(name, _)| delta.contains_key(name)) {
                delta.set("type", kind);
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

    /// A frame that is read whole.
    fn whole_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let mut step = Step::Silence;
        for part in frames::parts(frame, &self.head)? {
            match part {
                Part::Object(event) => {
                    let outcome = self.event(event, frame.event, items)?;
                    within_limit(self.accumulator.blocks(), "content blocks")?;
                    match outcome {
                        Step::Done => return Ok(Step::Done),
                        Step::Progress => step = Step::Progress,
                        Step::Silence => {}
                    }
                }
                // OpenAI's end marker, from a server that speaks both.
                Part::Done => {
                    self.check_started()?;
                    self.stop(items);
                    return Ok(Step::Done);
                }
            }
        }
        Ok(step)
    }

    /// Learns from a frame that was one delta with one text.
    fn learn(&mut self, data: &str, item: &Item) {
        let fields = item.fields();
        let (Some(index), Some(Value::Object(delta))) =
            (fields.get("index").and_then(Value::as_u64), fields.get("delta"))
        else {
            return;
        };
        let known = |name: &String| matches!(name.as_str(), "type" | "index" | "delta");
        let hole = match delta.get("type").and_then(Value::as_str) {
            Some("text_delta") => Hole::Text,
            Some("thinking_delta") => Hole::Thinking,
            Some("input_json_delta") => Hole::PartialJson,
            _ => return,
        };
        // A type within the delta that repeats the text's name would be taken for it; no delta has more than these two.
        if fields.get("type").is_some_and(|kind| kind == "content_block_delta")
            && fields.keys().all(known)
            && delta.len() == 2
        {
            self.learner.learn(data, item, hole, index, 0);
        }
    }

    /// The index of an event's block; where it is missing, that of the last one opened.
    fn index(&self, event: &mut Map<String, Value>) -> u64 {
        let given = event.get("index").and_then(Value::as_u64);
        let index = given.or(self.open.last().copied()).or(self.accumulator.last_index()).unwrap_or(0);
        event.set("index", index);
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
    stop_reason(message);
}

/// What a block lacks.
fn complete(block: &mut Map<String, Value>) {
    let (name, default) = match block.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => ("text", json!("")),
        "thinking" => ("thinking", json!("")),
        "tool_use" | "server_tool_use" => ("input", json!({})),
        _ => return,
    };
    if block.get(name).is_none_or(Value::is_null) {
        block.insert(name.to_owned(), default);
    }
}

/// The text with which a block starts, as a delta: most readers look for text there alone.
fn take_text(block: &mut Map<String, Value>, index: u64) -> Option<Value> {
    let (name, kind) = match block.get("type").and_then(Value::as_str)? {
        "text" => ("text", "text_delta"),
        "thinking" => ("thinking", "thinking_delta"),
        _ => return None,
    };
    let text = block.get_mut(name).filter(|text| text.as_str().is_some_and(|text| !text.is_empty()))?;
    let text = core::mem::replace(text, "".into());
    Some(json!({"type": "content_block_delta", "index": index, "delta": object([("type", kind.into()), (name, text)])}))
}

/// The arguments with which a tool's block starts, as a delta.
fn take_input(block: &mut Map<String, Value>, index: u64) -> Option<Value> {
    let input = block.get_mut("input").filter(|input| input.as_object().is_some_and(|input| !input.is_empty()))?;
    let json = core::mem::replace(input, json!({})).to_string();
    let delta = json!({"type": "input_json_delta", "partial_json": json});
    Some(json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

/// An integer as the reason; an empty one is none.
fn stop_reason(fields: &mut Map<String, Value>) {
    match fields.get_mut("stop_reason") {
        Some(reason @ Value::Number(_)) => *reason = reason.to_string().into(),
        Some(reason) if reason == "" || reason == "null" => *reason = Value::Null,
        _ => {}
    }
}

impl StreamCodec for Codec {
    fn frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let is_delta = matches!(frame.event, "" | "content_block_delta");
        if let Some((template, texts)) = self.learner.read(&frame.data).filter(|_| is_delta) {
            self.accumulator.append(&template, texts.text());
            items.push(Item::delta(template, texts));
            return Ok(Step::Progress);
        }
        let before = items.len();
        let step = self.whole_frame(frame, items)?;
        if let (true, Some([item])) = (self.learner.wants() && is_delta, items.get(before..)) {
            self.learn(&frame.data, item);
        }
        Ok(step)
    }

    fn whole(&mut self, mut reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        reply = errors::unwrapped(reply, |reply| reply.get("content").is_some_and(Value::is_array));
        if let Some(error) = errors::in_success(&reply, &self.head) {
            return Err(error);
        }
        // Checked before it is taken out: the error shows what was sent.
        if !reply.get("content").is_some_and(Value::is_array) {
            return Err(errors::unexplained(&reply, &self.head));
        }
        let blocks = reply.get_mut("content").map(Value::take).and_then(into_list).unwrap_or_default();
        within_limit(blocks.len(), "content blocks")?;
        let mut ended = Map::from_iter(
            ["stop_reason", "stop_sequence"]
                .map(|name| (name.to_owned(), reply.shift_remove(name).unwrap_or_default())),
        );
        let reason = ended.get("stop_reason").and_then(Value::as_str);
        let failed = reason.and_then(|reason| errors::failed("stop_reason", reason, &self.head));
        stop_reason(&mut ended);
        let usage = reply.get("usage").cloned().unwrap_or_default();
        self.event(object([("type", "message_start".into()), ("message", Value::Object(reply))]), "", items)?;
        for (index, block) in (0..).zip(blocks) {
            if let Value::Object(block) = block {
                self.whole_block(block, index, items);
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let mut delta = object([("type", "message_delta".into()), ("delta", Value::Object(ended))]);
        if usage.is_object() {
            delta.set("usage", usage);
        }
        self.push(delta, items);
        self.stop(items);
        Ok(())
    }

    fn flush(&mut self, items: &mut Vec<Item>) {
        self.learner.forget();
        if self.accumulator.has_stop_reason() {
            self.stop(items);
        }
    }

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

    fn told(&self) -> &Map<String, Value> {
        self.accumulator.told()
    }
}
