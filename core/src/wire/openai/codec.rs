//! Decoder of chat completions: replies and stream frames to repaired chunks.
//!
//! Invariant: no I/O. Complete replies take the same path as streams, as a stream of one chunk.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use super::accumulate::Accumulator;
use super::choice::Choice;
use super::quirks::{self, Envelope};
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::wire::delta::{DeltaField, FastPath};
use crate::wire::frames::{self, Part};
use crate::wire::request::check_lists;
use crate::wire::sse::Frame;
use crate::wire::{Item, Step, StreamCodec, check_part_count, errors, incomplete, position_of};

/// Checks a request body: `messages` is required.
pub fn check(body: &Map<String, Value>) -> Result<(), Error> {
    check_lists(body)
}

/// Decodes a stream of chunks.
#[derive(Debug, Default)]
pub struct Codec {
    head: Head,
    envelope: Envelope,
    choices: Vec<Choice>,
    /// The number of tool calls in all choices.
    calls: usize,
    accumulator: Accumulator,
    fast_path: FastPath,
    /// The error for the first object that was neither part of the answer nor a known error.
    unexplained: Option<Error>,
    /// The part of the answer in a chunk with an error. It is emitted only if the answer goes on.
    rest: Option<Map<String, Value>>,
    /// Whether the input is a complete reply, in which each choice is independent.
    is_reply: bool,
    done: bool,
}

impl Codec {
    /// Creates a decoder for the body of the response with this head.
    pub fn new(head: Head) -> Self {
        Self { head, ..Self::default() }
    }

    fn chunk(&mut self, fields: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        let mut fields = errors::remove_wrapper(fields, quirks::has_choices);
        let error = errors::find_in_success(&fields, &self.head);
        if self.unexplained.is_none() && error.is_none() && !quirks::is_chunk(&fields) && !quirks::is_ping(&fields) {
            self.unexplained = Some(errors::from_unknown_object(&fields, &self.head));
        }
        self.repair(&mut fields)?;
        if let Some(error) = error.or_else(|| self.choice_error(&fields)) {
            // A chunk with an error may also contain a part of the answer.
            if fields.get("choices").is_some_and(has_new_text) {
                self.accumulator.apply(&fields);
                self.rest = Some(without_error(fields));
            }
            return Err(error);
        }
        self.accumulator.apply(&fields);
        items.push(Item::new(fields));
        Ok(())
    }

    /// Returns the error of a choice, or of its finish reason.
    fn choice_error(&self, fields: &Map<String, Value>) -> Option<Error> {
        let choices = || value::items(fields.get("choices")).iter();
        let mut reasons = choices().filter_map(|choice| choice.get("finish_reason")?.as_str());
        let failed = || reasons.find_map(|reason| errors::from_finish_reason("finish_reason", reason, &self.head));
        errors::find_in_choices(fields, &self.head).or_else(failed)
    }

    /// Fails if the stream lacks a `finish_reason` and contained an unexplained object.
    fn check_explained(&self) -> Result<(), Error> {
        match &self.unexplained {
            Some(error) if !self.accumulator.has_finish_reason() => {
                // Only the shape of an object without a message is known. Next to an answer, such an object may be anything.
                let has_no_message = error.kind() == ErrorKind::ResponseValidation;
                if has_no_message && self.accumulator.has_choices() { Ok(()) } else { Err(error.clone()) }
            }
            _ => Ok(()),
        }
    }

    /// Parses a frame that doesn't take the fast path.
    fn parse_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        self.catch_up();
        let mut step = Step::KeepAlive;
        for part in frames::parts(frame, &self.head, !self.choices.is_empty())? {
            match part {
                Part::Object(fields) => {
                    self.chunk(fields, items)?;
                    step = Step::Progress;
                }
                Part::Done => {
                    self.done = true;
                    self.flush(items);
                    self.check_explained()?;
                    // llama-cpp-python interrupts a stream this way when the next request arrives.
                    if self.accumulator.is_empty_answer() {
                        return Err(incomplete("[DONE] before any part of an answer"));
                    }
                    return Ok(Step::Done);
                }
            }
        }
        Ok(step)
    }

    /// Accounts for arguments that took the fast path.
    fn catch_up(&mut self) {
        let Some(template) = self.fast_path.template().filter(|template| template.field() == DeltaField::Arguments)
        else {
            return;
        };
        let choice = self.choices.iter_mut().find(|choice| choice.index == template.index);
        if let (Some(choice), Some(text)) = (choice, self.accumulator.arguments(template.index, template.tool_call)) {
            choice.tool_calls.catch_up(template.tool_call, text);
        }
    }

    /// Learns the pattern of a frame with a single chunk and a single text.
    fn learn(&mut self, data: &str, item: &Item) {
        let fields = item.fields();
        let has_usage = fields.get("usage").is_some_and(|usage| !usage.is_null());
        let Some(Value::Array(choices)) = fields.get("choices").filter(|_| !has_usage) else { return };
        let [Value::Object(choice)] = choices.as_slice() else { return };
        let is_idle = |(name, value): (&String, &Value)| matches!(name.as_str(), "index" | "delta") || value.is_null();
        let Some(delta) = choice.get("delta").and_then(Value::as_object).filter(|_| choice.iter().all(is_idle)) else {
            return;
        };
        let mut texts = delta.iter().filter(|(name, value)| *name != "role" && !value.is_null() && *value != "");
        let Some((name, value)) = texts.next().filter(|_| texts.next().is_none()) else { return };
        let index = value::index(choice.get("index"));
        let state = self.choices.iter().find(|choice| choice.index == index);
        let (field, call) = match (name.as_str(), value) {
            // Text can bypass the harmony reader once it is known to contain no markers.
            ("content", Value::String(_)) if state.is_some_and(|state| state.text.is_plain()) => {
                (DeltaField::Content, 0)
            }
            ("reasoning", Value::String(_)) => (DeltaField::Reasoning, 0),
            ("tool_calls", Value::Array(calls)) => {
                let [Value::Object(call)] = calls.as_slice() else { return };
                let known = |name: &String| matches!(name.as_str(), "index" | "function");
                let function = call.get("function").and_then(Value::as_object).filter(|function| function.len() == 1);
                let position =
                    call.get("index").and_then(Value::as_u64).and_then(|position| usize::try_from(position).ok());
                match (function.is_some() && call.keys().all(known), position) {
                    // Arguments can bypass normalisation once they are known to pass unchanged.
                    (true, Some(position)) if state.is_some_and(|state| state.tool_calls.is_plain(position)) => {
                        (DeltaField::Arguments, position)
                    }
                    _ => return,
                }
            }
            _ => return,
        };
        self.fast_path.learn(data, item, field, index, call);
    }

    fn repair(&mut self, fields: &mut Map<String, Value>) -> Result<(), Error> {
        self.envelope.repair(fields);
        quirks::nested_usage(fields);
        quirks::usage(fields);
        let mut choices = quirks::take_choices(fields);
        if self.is_reply {
            quirks::number_choices(&mut choices);
        }
        for choice in &mut choices {
            let index = value::index(choice.get("index"));
            let known = position_of(&self.choices, index, |choice| choice.index == index);
            let position = if let Some(known) = known {
                known
            } else {
                check_part_count(self.choices.len() + 1, "choices")?;
                self.choices.push(Choice::new(index));
                self.choices.len() - 1
            };
            if let Some(state) = self.choices.get_mut(position) {
                state.repair(choice, &mut self.calls, &self.accumulator)?;
            }
        }
        fields.set("choices", choices.into_iter().map(Value::Object).collect::<Value>());
        Ok(())
    }
}

fn has_new_text(choices: &Value) -> bool {
    let deltas = value::items(Some(choices)).iter().filter_map(|choice| choice.get("delta")?.as_object());
    deltas.flat_map(Map::values).any(|value| value.as_str().is_some_and(|text| !text.is_empty()) || value.is_array())
}

/// Removes an error and its finish reasons from a chunk.
fn without_error(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.shift_remove("error");
    if let Some(Value::Array(choices)) = fields.get_mut("choices") {
        for choice in choices.iter_mut().filter_map(Value::as_object_mut) {
            choice.shift_remove("error");
            choice.set("finish_reason", Value::Null);
        }
    }
    fields
}

impl StreamCodec for Codec {
    fn read_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        if let Some((template, texts)) = self.fast_path.read(&frame.data).filter(|_| frame.event.is_empty()) {
            self.accumulator.append(&template, texts.text());
            items.push(Item::delta(template, texts));
            return Ok(Step::Progress);
        }
        let before = items.len();
        let step = self.parse_frame(frame, items)?;
        let worth = self.fast_path.should_learn() && frame.event.is_empty();
        if let (true, Some([item])) = (worth, items.get(before..)) {
            self.learn(&frame.data, item);
        }
        Ok(step)
    }

    fn flush(&mut self, items: &mut Vec<Item>) {
        self.fast_path.forget();
        items.extend(self.rest.take().map(Item::new));
        let mut choices = Vec::new();
        for choice in &mut self.choices {
            let mut delta = Map::new();
            choice.repair_text(&mut delta, true);
            let (index, accumulator) = (choice.index, &self.accumulator);
            if choice
                .tool_calls
                .repair(&mut delta, &mut self.calls, &|call| accumulator.arguments(index, call))
                .is_err()
            {
                // The tool call limit was exceeded by a call in the text.
                continue;
            }
            choice.tool_calls.end(&mut delta, !self.done);
            if !delta.is_empty() {
                choices.push(json!({"index": choice.index, "delta": delta, "finish_reason": null}));
            }
        }
        if !choices.is_empty() {
            let mut fields = Map::new();
            self.envelope.repair(&mut fields);
            fields.set("choices", choices);
            self.accumulator.apply(&fields);
            items.push(Item::new(fields));
        }
    }

    fn read_reply(&mut self, reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        let reply = errors::remove_wrapper(reply, quirks::has_choices);
        if !quirks::has_choices(&reply) {
            let error = errors::find_in_success(&reply, &self.head);
            return Err(error.unwrap_or_else(|| errors::from_unknown_object(&reply, &self.head)));
        }
        self.is_reply = true;
        self.accumulator = Accumulator::for_reply();
        self.chunk(reply, items)?;
        self.done = true;
        self.flush(items);
        Ok(())
    }

    fn end(&self) -> Result<(), Error> {
        if self.done || self.accumulator.has_finish_reason() {
            return Ok(());
        }
        self.check_explained()?;
        Err(incomplete("neither a finish_reason nor [DONE]"))
    }

    fn has_finish_reason(&self) -> bool {
        self.accumulator.has_finish_reason()
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
