//! The events of `.stream()`, with the names that the official clients use.
//!
//! Invariant: events are derived from repaired items alone, and work per byte is constant. Deltas carry only new text: a snapshot in each event
//! would make a stream's cost quadratic. Growing JSON values are described by operations on a value that the host keeps. A large value, such as
//! a citation, is in the event that brought it and in the event derived from it; nothing else copies it before the end of its block.

use alloc::sync::Arc;

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, object};

use crate::config::Structured;
use crate::events::live::{LiveTexts, TextLocation};
use crate::wire::Item;
use crate::wire::anthropic::Accumulator;
use crate::wire::delta::{DeltaField, DeltaTemplate};

/// Operations on a live value: codes, and the text that they refer to (see [`crate::json::Ops`]).
pub type Ops = (Vec<u32>, String);

/// An event in the form that every host completes.
#[derive(Debug)]
pub enum HelperEvent {
    /// A complete event.
    Event(Value),
    /// An event with operations on the live value of a text.
    Live(Value, TextLocation, Ops),
    /// An event that completes the live value of a text.
    Done(Value, TextLocation),
    /// The events of an item that differs from the previous one only in its text: the item itself (`chunk`), and the delta, if any, whose
    /// event is [`Delta::value`].
    Delta(Item, Option<Delta>),
}

impl HelperEvent {
    /// The text that the event adds to the first choice or to the message. Empty if there is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Delta(item, Some(_)) => item.text(),
            Self::Delta(_, None) => "",
            Self::Event(event) | Self::Live(event, ..) | Self::Done(event, _) => {
                event_text(event).and_then(Value::as_str).unwrap_or_default()
            }
        }
    }
}

fn event_text(event: &Value) -> Option<&Value> {
    match event.get("type")?.as_str()? {
        "content.delta" if event.get("choice")?.as_u64() == Some(0) => event.get("delta"),
        "text" if event.get("choice").is_none_or(|choice| choice.as_u64() == Some(0)) => event.get("text"),
        _ => None,
    }
}

/// The event of new text, in addition to the event of its item.
#[derive(Debug)]
pub struct Delta {
    /// The name of the called tool, if the text belongs to its arguments.
    pub tool: Option<Arc<str>>,
    /// Operations on a live value.
    pub live: Option<(TextLocation, Ops)>,
}

impl Delta {
    /// The event as a JSON object, for an item with this template and text.
    pub fn value(&self, template: &DeltaTemplate, text: &str) -> Option<Value> {
        let index = template.index;
        let kind = template.field().event()?;
        Some(match template.field() {
            DeltaField::Content | DeltaField::Reasoning => json!({"type": kind, "choice": index, "delta": text}),
            DeltaField::Arguments => {
                let (call, name) = (template.tool_call, &self.tool);
                json!({"type": kind, "choice": index, "index": call, "name": name.as_deref(), "arguments_delta": text})
            }
            field => {
                let name = field.event_field();
                object([("type", kind.into()), ("index", index.into()), (name, text.into())]).into()
            }
        })
    }
}

/// Converts items of either format into events.
#[derive(Debug, Default)]
pub struct HelperReader {
    choices: Vec<ChoiceText>,
    message: Accumulator,
    live: LiveTexts,
}

/// The text of a chat completion's choice so far.
#[derive(Debug, Default)]
struct ChoiceText {
    index: u64,
    content: String,
    refusal: String,
    calls: Vec<CallText>,
    done: bool,
}

#[derive(Debug, Default)]
struct CallText {
    name: String,
    arguments: String,
    /// The name, for the events of deltas. It is complete before the first of them.
    shared_name: Option<Arc<str>>,
}

impl HelperReader {
    /// Creates a reader. `structured` is set if the answer is JSON.
    pub fn new(structured: Option<Structured>) -> Self {
        Self { live: LiveTexts::new(structured), ..Self::default() }
    }

    /// Appends the events of an item.
    ///
    /// Chat completions: `chunk`, `content.delta`, `content.done`, `refusal.delta`, `refusal.done`,
    /// `tool_calls.function.arguments.delta`, `tool_calls.function.arguments.done`. Messages: the raw events, `text`, `thinking`,
    /// `signature`, `input_json`, `citation`, and `content_block_stop` and `message_stop` with what they complete.
    pub fn read(&mut self, item: Item, events: &mut Vec<HelperEvent>) {
        if let Some((template, text)) = item.as_delta() {
            let delta = self.read_delta(template, text);
            events.push(HelperEvent::Delta(item, delta));
        } else if item.fields().contains_key("choices") {
            self.read_chunk(item, events);
        } else {
            self.read_message_event(item.into_fields(), events);
        }
    }

    fn read_delta(&mut self, template: &DeltaTemplate, text: &str) -> Option<Delta> {
        if text.is_empty() {
            return None;
        }
        let index = template.index;
        let choice = self.choices.iter_mut().find(|choice| choice.index == index);
        let mut tool = None;
        let field = template.field();
        let location = match field {
            DeltaField::Content => {
                choice?.content.push_str(text);
                TextLocation::Content(index)
            }
            DeltaField::Arguments => {
                let call = choice?.calls.get_mut(template.tool_call)?;
                call.arguments.push_str(text);
                tool = Some(Arc::clone(call.shared_name.get_or_insert_with(|| call.name.as_str().into())));
                TextLocation::Call(index, template.tool_call)
            }
            DeltaField::Text | DeltaField::Thinking | DeltaField::PartialJson => {
                self.message.append(template, text);
                if field == DeltaField::Thinking {
                    return Some(Delta { tool, live: None });
                }
                TextLocation::Block(index)
            }
            DeltaField::Reasoning => return None,
        };
        let is_arguments = matches!(field, DeltaField::Arguments | DeltaField::PartialJson);
        Some(Delta { tool, live: self.live.read(location, is_arguments, text) })
    }

    fn read_chunk(&mut self, item: Item, events: &mut Vec<HelperEvent>) {
        let fields = item.into_fields();
        let mut more = Vec::new();
        for fields in value::items(fields.get("choices")) {
            let index = value::index(fields.get("index"));
            let position = self.choices.iter().position(|choice| choice.index == index).unwrap_or_else(|| {
                self.choices.push(ChoiceText { index, ..ChoiceText::default() });
                self.choices.len() - 1
            });
            let Some(choice) = self.choices.get_mut(position) else { continue };
            choice.add(fields.get("delta"), &mut self.live, &mut more);
            if fields.get("finish_reason").is_some_and(Value::is_string) {
                choice.finish(&mut more);
            }
        }
        let chunk = object([("type", "chunk".into()), ("chunk", fields.into())]);
        events.push(HelperEvent::Event(chunk.into()));
        events.append(&mut more);
    }

    fn read_message_event(&mut self, mut event: Map<String, Value>, events: &mut Vec<HelperEvent>) {
        self.message.apply(&event);
        let index = value::index(event.get("index"));
        match event.get("type").and_then(Value::as_str).unwrap_or_default() {
            "content_block_stop" => {
                event.set("content_block", self.message.block(index).unwrap_or_default());
                events.push(HelperEvent::Done(Value::Object(event), TextLocation::Block(index)));
                return;
            }
            "message_stop" => {
                event.set("message", self.message.take().unwrap_or_default());
            }
            _ => {}
        }
        let is_delta = event.get("type").is_some_and(|kind| kind == "content_block_delta");
        let delta = event.get("delta").filter(|_| is_delta);
        let mut more = Vec::new();
        let names = [
            ("text", "text"),
            ("thinking", "thinking"),
            ("signature", "signature"),
            ("partial_json", "input_json"),
            ("citation", "citation"),
        ];
        for (field, kind) in names {
            let Some(value) = delta.and_then(|delta| delta.get(field)) else { continue };
            let derived = object([("type", kind.into()), ("index", index.into()), (field, value.clone())]).into();
            let live = match (kind, value.as_str()) {
                ("text" | "input_json", Some(text)) => {
                    self.live.read(TextLocation::Block(index), kind == "input_json", text)
                }
                _ => None,
            };
            more.push(with_live(derived, live));
        }
        events.push(HelperEvent::Event(Value::Object(event)));
        events.append(&mut more);
    }
}

fn with_live(event: Value, live: Option<(TextLocation, Ops)>) -> HelperEvent {
    match live {
        Some((location, ops)) => HelperEvent::Live(event, location, ops),
        None => HelperEvent::Event(event),
    }
}

impl ChoiceText {
    fn add(&mut self, delta: Option<&Value>, live: &mut LiveTexts, events: &mut Vec<HelperEvent>) {
        let Some(delta) = delta else { return };
        let text = |name: &str| delta.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(text) = text("content") {
            self.content.push_str(text);
            let event = json!({"type": "content.delta", "choice": self.index, "delta": text});
            events.push(with_live(event, live.read(TextLocation::Content(self.index), false, text)));
        }
        if let Some(text) = text("refusal") {
            self.refusal.push_str(text);
            events.push(HelperEvent::Event(json!({"type": "refusal.delta", "choice": self.index, "delta": text})));
        }
        for call in value::items(delta.get("tool_calls")) {
            self.add_call(call, live, events);
        }
    }

    fn add_call(&mut self, delta: &Value, live: &mut LiveTexts, events: &mut Vec<HelperEvent>) {
        let index =
            delta.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        if index == self.calls.len() {
            self.calls.push(CallText::default());
        }
        let Some(call) = self.calls.get_mut(index) else { return };
        let text =
            |name: &str| delta.get("function").and_then(|function| function.get(name)?.as_str()).unwrap_or_default();
        call.name.push_str(text("name"));
        call.shared_name = None;
        call.arguments.push_str(text("arguments"));
        if !text("arguments").is_empty() {
            let event = json!({
                "type": "tool_calls.function.arguments.delta",
                "choice": self.index,
                "index": index,
                "name": call.name,
                "arguments_delta": text("arguments"),
            });
            events.push(with_live(event, live.read(TextLocation::Call(self.index, index), true, text("arguments"))));
        }
    }

    fn finish(&mut self, events: &mut Vec<HelperEvent>) {
        if core::mem::replace(&mut self.done, true) {
            return;
        }
        if !self.content.is_empty() {
            let event = json!({"type": "content.done", "choice": self.index, "content": self.content});
            events.push(HelperEvent::Done(event, TextLocation::Content(self.index)));
        }
        if !self.refusal.is_empty() {
            events.push(HelperEvent::Event(
                json!({"type": "refusal.done", "choice": self.index, "refusal": self.refusal}),
            ));
        }
        for (index, call) in self.calls.iter().enumerate() {
            let event = json!({
                "type": "tool_calls.function.arguments.done",
                "choice": self.index,
                "index": index,
                "name": call.name,
                "arguments": call.arguments,
            });
            events.push(HelperEvent::Done(event, TextLocation::Call(self.index, index)));
        }
    }
}
