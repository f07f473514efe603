//! Repair of one choice of a chunk.
//!
//! Invariant: text that was emitted is never taken back. The state of a choice is what the repair of later chunks needs.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use super::accumulate::Accumulator;
use super::harmony::{self, Output};
use super::quirks;
use super::tool_calls::ToolCalls;
use super::{REASONING, REASONING_FIELD};
use crate::error::Error;
use crate::text;

/// The state of a choice.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) index: u64,
    /// Whether a `delta` had content. A later `message` then repeats it.
    has_deltas: bool,
    pub(super) tool_calls: ToolCalls,
    pub(super) text: harmony::Reader,
    /// The number of tool calls found in the text.
    leaked_calls: usize,
    has_named_reasoning: bool,
}

/// Finish reasons of truncated answers.
const INCOMPLETE_REASONS: &str = "length content_filter error abort cancelled insufficient_system_resource";

impl Choice {
    /// Creates the state of a choice without chunks.
    pub(super) fn new(index: u64) -> Self {
        Self { index, ..Self::default() }
    }

    /// Repairs a choice of a chunk. `accumulator` contains the earlier chunks.
    pub(super) fn repair(
        &mut self,
        choice: &mut Map<String, Value>,
        calls: &mut usize,
        accumulator: &Accumulator,
    ) -> Result<(), Error> {
        let is_last =
            choice.get("finish_reason").is_some_and(|reason| !reason.is_null() && reason != "" && reason != "null");
        quirks::text(choice);
        let message = choice.shift_remove("message").and_then(quirks::into_object);
        let delta = choice.get_mut("delta").map(Value::take);
        let mut delta = delta.and_then(quirks::into_object).unwrap_or_default();
        self.has_deltas |= quirks::has_content(&delta);
        match message {
            Some(message) if self.has_deltas => {
                // Emit all text that is held back before comparing it with the message.
                self.repair_delta(&mut delta, true, calls, accumulator)?;
                self.add_message(&mut delta, message, calls, accumulator)?;
            }
            message => {
                // In a stream without deltas, a message takes the role of a delta.
                delta.extend(message.unwrap_or_default());
                self.repair_delta(&mut delta, is_last, calls, accumulator)?;
            }
        }
        choice.set("delta", delta);
        quirks::finish_reason(choice, self.tool_calls.has_calls());
        if is_last {
            let is_truncated = choice
                .get("finish_reason")
                .and_then(Value::as_str)
                .is_some_and(|reason| text::list_contains(INCOMPLETE_REASONS, reason));
            if let Some(Value::Object(delta)) = choice.get_mut("delta") {
                self.tool_calls.end(delta, is_truncated);
            }
        }
        Ok(())
    }

    /// Repairs the fields of a delta.
    fn repair_delta(
        &mut self,
        delta: &mut Map<String, Value>,
        is_last: bool,
        calls: &mut usize,
        accumulator: &Accumulator,
    ) -> Result<(), Error> {
        quirks::content(delta);
        self.name_reasoning(quirks::reasoning(delta), delta);
        self.repair_text(delta, is_last);
        let index = self.index;
        self.tool_calls.repair(delta, calls, &|call| accumulator.arguments(index, call))
    }

    /// Adds the new parts of a `message` sent with or after deltas to a delta. Some servers end a stream with the complete message
    /// (MiniMax).
    fn add_message(
        &mut self,
        delta: &mut Map<String, Value>,
        mut message: Map<String, Value>,
        calls: &mut usize,
        accumulator: &Accumulator,
    ) -> Result<(), Error> {
        let so_far = accumulator.message(self.index);
        // Only calls that no delta contained are new. They are identified by position.
        let all = message.shift_remove("tool_calls").and_then(value::into_list).unwrap_or_default();
        let new: Vec<_> = all.into_iter().skip(self.tool_calls.len()).collect();
        if !new.is_empty() {
            let mut new = value::object([("tool_calls", new.into())]);
            self.tool_calls.repair(&mut new, calls, &|_| None)?;
            append(delta, "tool_calls", new.shift_remove("tool_calls").and_then(value::into_list).unwrap_or_default());
        }
        Self::default().repair_delta(&mut message, true, &mut 0, &Accumulator::default())?;
        if self.tool_calls.has_calls() {
            // Tool calls that leaked into the text, which the deltas contained too.
            message.shift_remove("tool_calls");
        }
        for (name, value) in message {
            let before = so_far.and_then(|so_far| so_far.get(&name));
            match (name.as_str(), value) {
                ("content" | "reasoning" | "refusal", Value::String(text)) => {
                    let text_in = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
                    let mut new = text_in(delta.get(&name));
                    let earlier = before.and_then(Value::as_str).unwrap_or_default();
                    let more = if earlier.trim().len() < text.len() {
                        quirks::remainder(&(earlier.to_owned() + &new), &text)
                    } else if is_known(earlier, &new, text.trim()) {
                        ""
                    } else {
                        &text
                    };
                    new.push_str(more);
                    if !new.is_empty() {
                        delta.set(&name, new);
                    }
                }
                (_, value) if before.is_none_or(Value::is_null) => drop(delta.entry(name).or_insert(value)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Records the server's name of the reasoning field in the first delta with reasoning. Requests send reasoning back with that name.
    fn name_reasoning(&mut self, name: Option<&str>, delta: &mut Map<String, Value>) {
        if let Some(name) = name
            && !core::mem::replace(&mut self.has_named_reasoning, true)
            && name != REASONING
        {
            delta.set(REASONING_FIELD, name);
        }
    }

    /// Converts harmony in the text to reasoning, content and tool calls.
    pub(super) fn repair_text(&mut self, delta: &mut Map<String, Value>, is_last: bool) {
        let text = delta.get("content").and_then(Value::as_str);
        let mut parts = Vec::new();
        if let Some(text) = text {
            self.text.read(text, &mut parts);
        }
        if is_last {
            self.text.finish(&mut parts);
        }
        if text.is_none_or(str::is_empty) && parts.is_empty() {
            return;
        }
        let (mut content, mut reasoning_text, mut calls) = (String::new(), String::new(), Vec::new());
        for part in parts {
            match part {
                Output::Content(text) => content.push_str(&text),
                Output::Reasoning(text) => reasoning_text.push_str(&text),
                Output::ToolName(name) => {
                    let id = format!("call_{}", self.leaked_calls);
                    self.leaked_calls += 1;
                    calls.push(json!({"id": id, "type": "function", "function": {"name": name, "arguments": ""}}));
                }
                Output::ToolArguments(arguments) => calls.push(json!({"function": {"arguments": arguments}})),
            }
        }
        let nothing_new = content.is_empty() && text.is_none();
        if !nothing_new {
            delta.set("content", content);
        }
        if !reasoning_text.is_empty() {
            let mut reasoning = delta.get("reasoning").and_then(Value::as_str).unwrap_or_default().to_owned();
            reasoning.push_str(&reasoning_text);
            delta.set("reasoning", reasoning);
        }
        append(delta, "tool_calls", calls);
    }
}

/// Appends items to a list field, if there are any.
fn append(fields: &mut Map<String, Value>, name: &str, mut items: Vec<Value>) {
    match fields.get_mut(name) {
        Some(Value::Array(list)) => list.append(&mut items),
        _ if items.is_empty() => {}
        _ => fields.set(name, items),
    }
}

/// Returns whether `text` is a prefix or suffix of the text `earlier + new`. Reads no more of it than the length of `text`.
fn is_known(earlier: &str, new: &str, text: &str) -> bool {
    let earlier = if new.trim().is_empty() { earlier.trim() } else { earlier.trim_start() };
    let first = earlier.len().saturating_sub(text.len());
    let end = (0..=first).rev().find_map(|start| earlier.get(start..)).unwrap_or_default();
    earlier.starts_with(text) || (end.to_owned() + new).trim_end().ends_with(text)
}
