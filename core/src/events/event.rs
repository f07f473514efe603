//! One event type for the streams of every format, for callers that support several.
//!
//! Invariant: events are derived from repaired items alone. An item without an event of its own is [`Event::Raw`].

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Value};

use crate::wire::Item;
use crate::wire::delta::{DeltaField, DeltaTemplate};

/// An event of a stream.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize), serde(tag = "type", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Event {
    /// More text of the answer.
    Text {
        /// Index of the choice.
        choice: u64,
        /// The new text.
        text: String,
    },
    /// More reasoning, before the answer.
    Reasoning {
        /// Index of the choice.
        choice: u64,
        /// The new text.
        text: String,
    },
    /// More text of a refusal.
    Refusal {
        /// Index of the choice.
        choice: u64,
        /// The new text.
        text: String,
    },
    /// A tool call begins.
    ToolCallStart {
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The call's id; empty if the provider has not sent it yet.
        id: String,
        /// The tool's name, or the received part of it.
        name: String,
    },
    /// More of a tool call's arguments.
    ToolCallArguments {
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The new piece of JSON text.
        delta: String,
    },
    /// A tool call is complete.
    ToolCallDone {
        /// Index of the choice.
        choice: u64,
        /// Index of the call within the choice.
        index: u64,
        /// The call's id.
        id: String,
        /// The tool's name.
        name: String,
        /// The complete JSON text of its arguments.
        arguments: String,
    },
    /// The tokens used so far. Replaces earlier usage events.
    Usage {
        /// Tokens of the prompt.
        input_tokens: u64,
        /// Tokens of the answer.
        output_tokens: u64,
    },
    /// A choice is complete.
    Finish {
        /// Index of the choice.
        choice: u64,
        /// The finish reason.
        reason: String,
    },
    /// An item without another event.
    Raw {
        /// The item, in its format's shape.
        item: Map<String, Value>,
    },
}

impl Event {
    /// The event as a JSON object.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text { choice, text } => json!({"type": "text", "choice": choice, "text": text}),
            Self::Reasoning { choice, text } => json!({"type": "reasoning", "choice": choice, "text": text}),
            Self::Refusal { choice, text } => json!({"type": "refusal", "choice": choice, "text": text}),
            Self::ToolCallStart { choice, index, id, name } => {
                json!({"type": "tool_call_start", "choice": choice, "index": index, "id": id, "name": name})
            }
            Self::ToolCallArguments { choice, index, delta } => {
                json!({"type": "tool_call_arguments", "choice": choice, "index": index, "delta": delta})
            }
            Self::ToolCallDone { choice, index, id, name, arguments } => json!({
                "type": "tool_call_done",
                "choice": choice,
                "index": index,
                "id": id,
                "name": name,
                "arguments": arguments,
            }),
            Self::Usage { input_tokens, output_tokens } => {
                json!({"type": "usage", "input_tokens": input_tokens, "output_tokens": output_tokens})
            }
            Self::Finish { choice, reason } => json!({"type": "finish", "choice": choice, "reason": reason}),
            Self::Raw { item } => json!({"type": "raw", "item": item}),
        }
    }
}

/// Converts the items of a stream into events.
#[derive(Debug, Default)]
pub struct EventReader {
    calls: Vec<OpenCall>,
    /// Input and output tokens of a message, whose events report them in parts.
    tokens: [u64; 2],
}

#[derive(Debug)]
struct OpenCall {
    choice: u64,
    index: u64,
    id: String,
    name: String,
    arguments: String,
    /// Whether the arguments are those of the block's start, which later deltas replace.
    is_initial: bool,
    done: bool,
}

impl OpenCall {
    fn push(&mut self, delta: &str) {
        if core::mem::take(&mut self.is_initial) {
            self.arguments.clear();
        }
        self.arguments.push_str(delta);
    }
}

impl EventReader {
    /// Appends the events of an item of either format.
    pub fn read(&mut self, item: &Item, events: &mut Vec<Event>) {
        if let Some((template, text)) = item.as_delta().filter(|(_, text)| !text.is_empty()) {
            self.read_text_delta(template, text, events);
        } else if item.fields().contains_key("choices") {
            self.read_chunk(item, events);
        } else {
            self.read_message_event(item, events);
        }
    }

    /// Appends the event of an item that differs from the previous one only in its text.
    fn read_text_delta(&mut self, template: &DeltaTemplate, text: &str, events: &mut Vec<Event>) {
        let (choice, text) = (template.index, text.to_owned());
        events.push(match template.field() {
            DeltaField::Content => Event::Text { choice, text },
            DeltaField::Reasoning => Event::Reasoning { choice, text },
            DeltaField::Text => Event::Text { choice: 0, text },
            DeltaField::Thinking => Event::Reasoning { choice: 0, text },
            field @ (DeltaField::Arguments | DeltaField::PartialJson) => {
                let (choice, index) = if field == DeltaField::PartialJson {
                    (0, template.index)
                } else {
                    (choice, template.tool_call as u64)
                };
                let call = self.calls.iter_mut().rfind(|call| (call.choice, call.index) == (choice, index));
                if let Some(call) = call {
                    call.push(&text);
                }
                Event::ToolCallArguments { choice, index, delta: text }
            }
        });
    }

    /// Appends the events of an Anthropic event. Blocks are numbered within the message, and its only choice is 0.
    fn read_message_event(&mut self, item: &Item, events: &mut Vec<Event>) {
        let before = events.len();
        let fields = item.fields();
        let index = value::index(fields.get("index"));
        match fields.get("type").and_then(Value::as_str).unwrap_or_default() {
            "message_start" => {
                let usage = fields.get("message").and_then(|message| message.get("usage"));
                events.extend(usage.and_then(|usage| self.usage(usage)));
            }
            "content_block_start" => self.read_block(index, fields.get("content_block"), events),
            "content_block_delta" => self.read_block_delta(index, fields.get("delta"), events),
            "content_block_stop" => self.close(0, Some(index), events),
            "message_delta" => {
                let reason = fields.get("delta").and_then(|delta| delta.get("stop_reason")?.as_str());
                if let Some(reason) = reason {
                    self.close(0, None, events);
                    events.push(Event::Finish { choice: 0, reason: reason.to_owned() });
                }
                events.extend(fields.get("usage").and_then(|usage| self.usage(usage)));
            }
            // The end of the stream has no event.
            "message_stop" => return,
            _ => {}
        }
        if events.len() == before
            && !matches!(fields.get("type").and_then(Value::as_str), Some("content_block_start" | "content_block_stop"))
        {
            events.push(Event::Raw { item: fields.into_owned() });
        }
    }

    fn read_block(&mut self, index: u64, block: Option<&Value>, events: &mut Vec<Event>) {
        let Some(block) = block else { return };
        let text =
            |name: &str| block.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        if block.get("type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("tool_use")) {
            let (id, name) = (text("id").unwrap_or_default(), text("name").unwrap_or_default());
            // A block that is complete at its start has its arguments.
            let complete = block.get("input").filter(|input| input.as_object().is_some_and(|input| !input.is_empty()));
            let arguments = complete.map(Value::to_string).unwrap_or_default();
            events.push(Event::ToolCallStart { choice: 0, index, id: id.clone(), name: name.clone() });
            let is_initial = !arguments.is_empty();
            self.calls.push(OpenCall { choice: 0, index, id, name, arguments, is_initial, done: false });
        }
        events.extend(text("thinking").map(|text| Event::Reasoning { choice: 0, text }));
        events.extend(text("text").map(|text| Event::Text { choice: 0, text }));
    }

    fn read_block_delta(&mut self, index: u64, delta: Option<&Value>, events: &mut Vec<Event>) {
        let text = |name: &str| {
            delta.and_then(|delta| delta.get(name)?.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        events.extend(text("text").map(|text| Event::Text { choice: 0, text }));
        events.extend(text("thinking").map(|text| Event::Reasoning { choice: 0, text }));
        if let Some(delta) = text("partial_json") {
            if let Some(call) = self.calls.iter_mut().rfind(|call| call.index == index) {
                call.push(&delta);
            }
            events.push(Event::ToolCallArguments { choice: 0, index, delta });
        }
    }

    /// Appends the events of a chat completion chunk.
    fn read_chunk(&mut self, item: &Item, events: &mut Vec<Event>) {
        let before = events.len();
        for choice in value::items(item.fields().get("choices")) {
            let number = value::index(choice.get("index"));
            if let Some(delta) = choice.get("delta") {
                self.read_delta(number, delta, events);
            }
            if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
                self.close(number, None, events);
                events.push(Event::Finish { choice: number, reason: reason.to_owned() });
            }
        }
        if let Some(Value::Object(usage)) = item.fields().get("usage") {
            let count = |name| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
            events
                .push(Event::Usage { input_tokens: count("prompt_tokens"), output_tokens: count("completion_tokens") });
        }
        if events.len() == before {
            events.push(Event::Raw { item: item.fields().into_owned() });
        }
    }

    fn read_delta(&mut self, choice: u64, delta: &Value, events: &mut Vec<Event>) {
        let text = |name| delta.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        events.extend(text("reasoning").map(|text| Event::Reasoning { choice, text }));
        events.extend(text("content").map(|text| Event::Text { choice, text }));
        events.extend(text("refusal").map(|text| Event::Refusal { choice, text }));
        for call in value::items(delta.get("tool_calls")) {
            self.read_tool_call(choice, call, events);
        }
    }

    fn read_tool_call(&mut self, choice: u64, delta: &Value, events: &mut Vec<Event>) {
        let index = value::index(delta.get("index"));
        let field = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let function = delta.get("function");
        let id = field(delta.get("id"));
        let name = field(function.and_then(|function| function.get("name")));
        let arguments = field(function.and_then(|function| function.get("arguments")));
        let known = self.calls.iter().position(|call| (call.choice, call.index) == (choice, index));
        let position = known.unwrap_or_else(|| {
            events.push(Event::ToolCallStart { choice, index, id: id.clone(), name: name.clone() });
            self.calls.push(OpenCall {
                choice,
                index,
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
                is_initial: false,
                done: false,
            });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(position) else { return };
        call.id.push_str(&id);
        call.name.push_str(&name);
        call.arguments.push_str(&arguments);
        if !arguments.is_empty() {
            events.push(Event::ToolCallArguments { choice, index, delta: arguments });
        }
    }

    /// Completes the open calls of a choice, or the call of one block. In chat completions calls end with their choice, since providers may
    /// interleave the arguments of parallel calls.
    fn close(&mut self, choice: u64, index: Option<u64>, events: &mut Vec<Event>) {
        let open =
            |call: &&mut OpenCall| call.choice == choice && !call.done && index.is_none_or(|index| call.index == index);
        for call in self.calls.iter_mut().filter(open) {
            call.done = true;
            events.push(Event::ToolCallDone {
                choice,
                index: call.index,
                id: call.id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            });
        }
    }

    /// The tokens of a message so far. A missing figure or a zero keeps the earlier one.
    fn usage(&mut self, usage: &Value) -> Option<Event> {
        for (count, name) in self.tokens.iter_mut().zip(["input_tokens", "output_tokens"]) {
            *count = usage.get(name).and_then(Value::as_u64).filter(|count| *count > 0).unwrap_or(*count);
        }
        let [input_tokens, output_tokens] = self.tokens;
        usage.is_object().then_some(Event::Usage { input_tokens, output_tokens })
    }
}
