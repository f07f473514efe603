//! Delta items: items that differ from the previous one only in a text and its padding.
//!
//! Invariant: a [`DeltaTemplate`] and its `Texts` expand to exactly the item that parsing the frame would have produced.
//! `fast_path` creates them from frames that were not parsed.

mod fast_path;

pub(super) use fast_path::FastPath;

use crate::prelude::*;
use crate::value::{Map, Members, Value};

/// A chunk field that OpenAI fills with random characters to hide the length of the text.
pub(super) const PADDING: &str = "obfuscation";

/// The field whose text differs between items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaField {
    /// `choices[0].delta.content`.
    Content,
    /// `choices[0].delta.reasoning`.
    Reasoning,
    /// `choices[0].delta.tool_calls[0].function.arguments`.
    Arguments,
    /// `delta.text` of an event in a message stream.
    Text,
    /// `delta.thinking` of an event in a message stream.
    Thinking,
    /// `delta.partial_json` of an event in a message stream.
    PartialJson,
}

impl DeltaField {
    /// Returns the field's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Reasoning => "reasoning",
            Self::Arguments => "arguments",
            Self::Text => "text",
            Self::Thinking => "thinking",
            Self::PartialJson => "partial_json",
        }
    }

    /// Returns whether the field belongs to a chat completion chunk.
    pub fn is_chat(self) -> bool {
        matches!(self, Self::Content | Self::Reasoning | Self::Arguments)
    }

    /// Returns whether the field contains the answer's text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Content | Self::Text)
    }

    /// Returns the `type` of the message delta with this field; `None` for chat completions.
    pub fn delta_type(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("text_delta"),
            Self::Thinking => Some("thinking_delta"),
            Self::PartialJson => Some("input_json_delta"),
            Self::Content | Self::Reasoning | Self::Arguments => None,
        }
    }

    /// Returns the `type` of the [`crate::events::helper`] event for this field, if there is one.
    pub fn event(self) -> Option<&'static str> {
        match self {
            Self::Content => Some("content.delta"),
            Self::Reasoning => None,
            Self::Arguments => Some("tool_calls.function.arguments.delta"),
            Self::Text => Some("text"),
            Self::Thinking => Some("thinking"),
            Self::PartialJson => Some("input_json"),
        }
    }

    /// Returns the name of the text field in that event.
    pub fn event_field(self) -> &'static str {
        match self {
            Self::Content | Self::Reasoning => "delta",
            Self::Arguments => "arguments_delta",
            Self::Text | Self::Thinking | Self::PartialJson => self.name(),
        }
    }

    /// Returns the names that servers use for the field.
    pub(super) fn sent_names(self) -> &'static [&'static str] {
        match self {
            Self::Reasoning => &["reasoning", "reasoning_content", "thinking"],
            Self::Content => &["content"],
            Self::Arguments => &["arguments"],
            Self::Text => &["text"],
            Self::Thinking => &["thinking"],
            Self::PartialJson => &["partial_json"],
        }
    }

    /// Returns the names on the way to the field's value within an item. A list is followed to its first element.
    pub fn path(self) -> &'static [&'static str] {
        match self {
            Self::Content => &["choices", "delta", "content"],
            Self::Reasoning => &["choices", "delta", "reasoning"],
            Self::Arguments => &["choices", "delta", "tool_calls", "function", "arguments"],
            Self::Text => &["delta", "text"],
            Self::Thinking => &["delta", "thinking"],
            Self::PartialJson => &["delta", "partial_json"],
        }
    }

    /// Returns the field's value within an item.
    pub(super) fn value_mut(self, fields: &mut Map<String, Value>) -> Option<&mut Value> {
        let (first, rest) = self.path().split_first()?;
        let mut value = fields.get_mut(*first)?;
        for name in rest {
            if value.is_array() {
                value = value.get_mut(0)?;
            }
            value = value.get_mut(*name)?;
        }
        Some(value)
    }
}

/// The fields that consecutive delta items share.
#[derive(Debug, PartialEq)]
pub struct DeltaTemplate {
    pub(super) fields: Map<String, Value>,
    pub(super) field: DeltaField,
    /// Whether the padding differs too.
    pub(super) is_padded: bool,
    /// The index of the choice or of the content block.
    pub index: u64,
    /// The position of the tool call, for arguments; otherwise 0.
    pub tool_call: usize,
}

impl DeltaTemplate {
    /// Returns the field that differs.
    pub fn field(&self) -> DeltaField {
        self.field
    }

    /// Returns whether the field is the text of the first choice or of the message.
    pub fn adds_text(&self) -> bool {
        self.field == DeltaField::Text || self.field == DeltaField::Content && self.index == 0
    }

    /// Returns the shared fields. The fields that differ are empty strings.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Returns the fields of the item with these texts.
    pub(super) fn filled(&self, texts: &Texts) -> Map<String, Value> {
        let mut fields = self.fields.clone();
        if let Some(value) = self.field.value_mut(&mut fields) {
            *value = texts.text().into();
        }
        if let Some(padding) = self.padding(texts) {
            fields.set(PADDING, padding);
        }
        fields
    }

    /// Returns the padding, if it differs between items.
    pub(super) fn padding<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        self.is_padded.then(|| texts.padding())
    }
}

/// The texts of one delta item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Texts {
    /// The text followed by the padding, to save an allocation.
    buffer: String,
    /// The length of the text, in bytes.
    text_length: usize,
}

impl Texts {
    pub(super) fn new(text: &str, padding: &str) -> Self {
        let mut buffer = String::with_capacity(text.len() + padding.len());
        buffer.push_str(text);
        buffer.push_str(padding);
        Self { buffer, text_length: text.len() }
    }

    pub(super) fn text(&self) -> &str {
        self.buffer.get(..self.text_length).unwrap_or_default()
    }

    fn padding(&self) -> &str {
        self.buffer.get(self.text_length..).unwrap_or_default()
    }

    /// Removes the padding.
    #[cfg(feature = "fallback")]
    pub(super) fn without_padding(mut self) -> Self {
        self.buffer.truncate(self.text_length);
        self
    }
}
