//! Items that are as the one before but for a text and its padding.
//!
//! Law: what such items share, once, and the texts of each. They come from frames that weren't parsed (see [`super::learner`]); to a user
//! they are the items that parsing would have made.

use crate::prelude::*;
use crate::value::{Map, Members, Value};

/// A field of a chunk that OpenAI fills with characters, so that a frame's length doesn't tell that of its text.
pub(super) const PADDING: &str = "obfuscation";

/// Which text of an item differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaField {
    /// `choices[0].delta.content`.
    Content,
    /// `choices[0].delta.reasoning`.
    Reasoning,
    /// `choices[0].delta.tool_calls[0].function.arguments`.
    Arguments,
    /// `delta.text` of a message's event.
    Text,
    /// `delta.thinking` of a message's event.
    Thinking,
    /// `delta.partial_json` of a message's event.
    PartialJson,
}

impl DeltaField {
    /// The text's name within its object.
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

    /// Whether it is a text of a chat completion's chunk.
    pub fn is_chat(self) -> bool {
        matches!(self, Self::Content | Self::Reasoning | Self::Arguments)
    }

    /// Whether it is the answer's text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Content | Self::Text)
    }

    /// The type of a message's delta that brings the text.
    pub fn delta_type(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("text_delta"),
            Self::Thinking => Some("thinking_delta"),
            Self::PartialJson => Some("input_json_delta"),
            Self::Content | Self::Reasoning | Self::Arguments => None,
        }
    }

    /// The type of the event that tells of the text, in the events of [`crate::events::helper`].
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

    /// What that event calls the text.
    pub fn event_field(self) -> &'static str {
        match self {
            Self::Content | Self::Reasoning => "delta",
            Self::Arguments => "arguments_delta",
            Self::Text | Self::Thinking | Self::PartialJson => self.name(),
        }
    }

    /// The names that the text may have in what a server sends.
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

    /// Its place among an item's fields.
    pub(super) fn place(self, fields: &mut Map<String, Value>) -> Option<&mut Value> {
        let delta = match self {
            Self::Text | Self::Thinking | Self::PartialJson => fields.get_mut("delta")?,
            Self::Content | Self::Reasoning | Self::Arguments => {
                fields.get_mut("choices")?.get_mut(0)?.get_mut("delta")?
            }
        };
        match self {
            Self::Arguments => delta.get_mut("tool_calls")?.get_mut(0)?.get_mut("function")?.get_mut("arguments"),
            _ => delta.get_mut(self.name()),
        }
    }
}

/// An item without the texts that differ.
#[derive(Debug, PartialEq)]
pub struct DeltaTemplate {
    pub(super) fields: Map<String, Value>,
    pub(super) field: DeltaField,
    /// Whether the padding differs too.
    pub(super) is_padded: bool,
    /// The number of the choice, or of the block.
    pub index: u64,
    /// The place of the tool call, if the text is its arguments.
    pub tool_call: usize,
}

impl DeltaTemplate {
    /// Which text differs.
    pub fn field(&self) -> DeltaField {
        self.field
    }

    /// Whether the text that differs is the first choice's, or the message's.
    pub fn adds_text(&self) -> bool {
        self.field == DeltaField::Text || self.field == DeltaField::Content && self.index == 0
    }

    /// The item's fields; the texts that differ are empty in them.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The fields of the item with these texts.
    pub(super) fn filled(&self, texts: &Texts) -> Map<String, Value> {
        let mut fields = self.fields.clone();
        if let Some(place) = self.field.place(&mut fields) {
            *place = texts.text().into();
        }
        if let Some(padding) = self.padding(texts) {
            fields.set(PADDING, padding);
        }
        fields
    }

    /// The padding among these texts, if it differs.
    pub(super) fn padding<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        self.is_padded.then(|| texts.padding())
    }
}

/// The texts of one item, which its template lacks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Texts {
    /// The text, and after it the padding: one allocation.
    both: String,
    /// Where the padding begins.
    end: usize,
}

impl Texts {
    pub(super) fn new(text: &str, padding: &str) -> Self {
        let mut both = String::with_capacity(text.len() + padding.len());
        both.push_str(text);
        both.push_str(padding);
        Self { both, end: text.len() }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        self.both.get(..self.end).unwrap_or_default()
    }

    fn padding(&self) -> &str {
        self.both.get(self.end..).unwrap_or_default()
    }
}
