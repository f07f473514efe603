//! The events of `.stream()`, as users of the official clients know them.
//!
//! Law: derived from repaired items alone. Deltas carry what is new; what was said so far is the stream's snapshot and is not copied
//! into each event, which would make a stream's cost grow with the square of its length.

use serde_json::{Map, Value, json};

use crate::wire::Item;
use crate::wire::anthropic::Accumulator;

/// Makes events of items, of either format.
#[derive(Debug, Default)]
pub struct Helper {
    choices: Vec<Choice>,
    message: Accumulator,
}

/// What a choice of a chat completion said so far.
#[derive(Debug, Default)]
struct Choice {
    index: u64,
    content: String,
    refusal: String,
    calls: Vec<Call>,
    done: bool,
}

#[derive(Debug, Default)]
struct Call {
    name: String,
    arguments: String,
}

impl Helper {
    /// Appends the events of an item.
    ///
    /// Chat completions: `chunk`, `content.delta`, `content.done`, `refusal.delta`, `refusal.done`,
    /// `tool_calls.function.arguments.delta`, `tool_calls.function.arguments.done`. Messages: the raw events, `text`, `thinking`,
    /// `signature`, `input_json`, `citation`, and `content_block_stop` and `message_stop` with what they complete.
    pub fn read(&mut self, item: Item, events: &mut Vec<Value>) {
        if item.fields().contains_key("choices") {
            self.read_chunk(item, events);
        } else {
            self.read_message_event(item.into_fields(), events);
        }
    }

    fn read_chunk(&mut self, item: Item, events: &mut Vec<Value>) {
        let choices = item.fields().get("choices").and_then(Value::as_array).cloned().unwrap_or_default();
        events.push(json!({"type": "chunk", "chunk": item.into_fields()}));
        for fields in &choices {
            let index = fields.get("index").and_then(Value::as_u64).unwrap_or(0);
            let place = self.choices.iter().position(|choice| choice.index == index).unwrap_or_else(|| {
                self.choices.push(Choice { index, ..Choice::default() });
                self.choices.len() - 1
            });
            let Some(choice) = self.choices.get_mut(place) else { continue };
            choice.add(fields.get("delta"), events);
            if fields.get("finish_reason").is_some_and(Value::is_string) {
                choice.finish(events);
            }
        }
    }

    fn read_message_event(&mut self, mut event: Map<String, Value>, events: &mut Vec<Value>) {
        self.message.apply(&event);
        let index = event.get("index").and_then(Value::as_u64).unwrap_or(0);
        match event.get("type").and_then(Value::as_str).unwrap_or_default() {
            "content_block_stop" => {
                event.insert("content_block".to_owned(), self.message.block(index).unwrap_or_default());
            }
            "message_stop" => {
                event.insert("message".to_owned(), self.message.snapshot().unwrap_or_default());
            }
            _ => {}
        }
        let delta =
            event.get("delta").filter(|_| event.get("type").is_some_and(|kind| kind == "content_block_delta")).cloned();
        events.push(Value::Object(event));
        let names = [
            ("text", "text"),
            ("thinking", "thinking"),
            ("signature", "signature"),
            ("partial_json", "input_json"),
            ("citation", "citation"),
        ];
        for (field, kind) in names {
            if let Some(value) = delta.as_ref().and_then(|delta| delta.get(field)) {
                events.push(json!({"type": kind, "index": index, field: value}));
            }
        }
    }
}

impl Choice {
    fn add(&mut self, delta: Option<&Value>, events: &mut Vec<Value>) {
        let Some(delta) = delta else { return };
        let text = |name: &str| delta.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(text) = text("content") {
            self.content.push_str(text);
            events.push(json!({"type": "content.delta", "choice": self.index, "delta": text}));
        }
        if let Some(text) = text("refusal") {
            self.refusal.push_str(text);
            events.push(json!({"type": "refusal.delta", "choice": self.index, "delta": text}));
        }
        for call in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.add_call(call, events);
        }
    }

    fn add_call(&mut self, delta: &Value, events: &mut Vec<Value>) {
        let place =
            delta.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        if place == self.calls.len() {
            self.calls.push(Call::default());
        }
        let Some(call) = self.calls.get_mut(place) else { return };
        let text =
            |name: &str| delta.get("function").and_then(|function| function.get(name)?.as_str()).unwrap_or_default();
        call.name.push_str(text("name"));
        call.arguments.push_str(text("arguments"));
        if !text("arguments").is_empty() {
            events.push(json!({
                "type": "tool_calls.function.arguments.delta",
                "choice": self.index,
                "index": place,
                "name": call.name,
                "arguments_delta": text("arguments"),
            }));
        }
    }

    fn finish(&mut self, events: &mut Vec<Value>) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        if !self.content.is_empty() {
            events.push(json!({"type": "content.done", "choice": self.index, "content": self.content}));
        }
        if !self.refusal.is_empty() {
            events.push(json!({"type": "refusal.done", "choice": self.index, "refusal": self.refusal}));
        }
        for (place, call) in self.calls.iter().enumerate() {
            events.push(json!({
                "type": "tool_calls.function.arguments.done",
                "choice": self.index,
                "index": place,
                "name": call.name,
                "arguments": call.arguments,
            }));
        }
    }
}
