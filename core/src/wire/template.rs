//! Frames that differ from the one before in a single text.
//!
//! Law: a shortcut that can't be told from the long way. Most frames of a stream are the last one with another text in it; what a frame
//! meant is learned from reading it whole, and holds for the next as long as all but that text is the same, byte by byte. Anything else
//! is read whole again.

use alloc::borrow::Cow;
use alloc::sync::Arc;

use crate::prelude::*;
use crate::value::{self, Map, Value};

use super::Item;
use crate::json::plain_length;
use crate::text;

/// Frames that are read whole before learning is given up for a while: in some streams each frame differs in more than its text.
const PATIENCE: u32 = 8;
/// Every how many frames it is tried again then.
const RETRY: u32 = 64;

/// Which text of an item differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
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

impl Hole {
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

    /// The type of the event that tells of the text, in the events of [`crate::helper`].
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
    fn sent_names(self) -> &'static [&'static str] {
        match self {
            Self::Reasoning => &["reasoning", "reasoning_content", "thinking"],
            Self::Content => &["content"],
            Self::Arguments => &["arguments"],
            Self::Text => &["text"],
            Self::Thinking => &["thinking"],
            Self::PartialJson => &["partial_json"],
        }
    }

    fn place(self, fields: &mut Map<String, Value>) -> Option<&mut Value> {
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

/// An item without the text that differs.
#[derive(Debug, PartialEq)]
pub struct Template {
    fields: Map<String, Value>,
    hole: Hole,
    /// The number of the choice, or of the block.
    pub index: u64,
    /// The place of the tool call, if the text is its arguments.
    pub call: usize,
}

impl Template {
    /// Which text differs.
    pub fn hole(&self) -> Hole {
        self.hole
    }

    /// Whether the text that differs is the first choice's, or the message's.
    pub fn adds_text(&self) -> bool {
        self.hole == Hole::Text || self.hole == Hole::Content && self.index == 0
    }

    /// The item's fields; the text that differs is empty in them.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The fields of the item with this text.
    pub fn filled(&self, text: &str) -> Map<String, Value> {
        let mut fields = self.fields.clone();
        if let Some(place) = self.hole.place(&mut fields) {
            *place = text.into();
        }
        fields
    }
}

/// What was learned from the last frames.
#[derive(Debug, Default)]
pub(super) struct Learner {
    learned: Option<Learned>,
    /// Frames that were read whole since one was not.
    misses: u32,
}

#[derive(Debug)]
struct Learned {
    prefix: String,
    suffix: String,
    template: Arc<Template>,
}

impl Learner {
    /// The template that a frame's data fits, and its text.
    pub(super) fn read<'d>(&mut self, data: &'d str) -> Option<(Arc<Template>, Cow<'d, str>)> {
        let learned = self.learned.as_ref()?;
        let (prefix, suffix) = (learned.prefix.len(), learned.suffix.len());
        let end = data.len().checked_sub(suffix).filter(|end| *end >= prefix)?;
        let (head, tail) = (data.get(..prefix)?, data.get(end..)?);
        if !same(head, &learned.prefix) || !same(tail, &learned.suffix) {
            return None;
        }
        let middle = data.get(prefix..end)?;
        let text = unescape(middle)?;
        self.misses = 0;
        Some((Arc::clone(&learned.template), text))
    }

    /// What was learned holds no longer.
    pub(super) fn forget(&mut self) {
        self.learned = None;
    }

    /// Whether it is worth to learn from a frame that had to be read whole.
    pub(super) fn wants(&mut self) -> bool {
        self.learned = None;
        self.misses = self.misses.saturating_add(1);
        self.misses <= PATIENCE || self.misses.is_multiple_of(RETRY)
    }

    /// Learns from a frame that was the whole of one item, in which nothing but the text of `hole` may differ.
    pub(super) fn learn(&mut self, data: &str, item: &Item, hole: Hole, index: u64, call: usize) {
        let mut fields = item.fields().into_owned();
        let Some(place) = hole.place(&mut fields) else { return };
        let Value::String(text) = core::mem::replace(place, "".into()) else { return };
        let Some((prefix, suffix)) = surroundings(data, hole.sent_names(), &text) else { return };
        let (prefix, suffix) = (prefix.to_owned(), suffix.to_owned());
        self.learned = Some(Learned { prefix, suffix, template: Arc::new(Template { fields, hole, index, call }) });
    }
}

/// Whether two texts of one length are the same. Eight bytes at a time: where there is no fast way to compare, as in wasm, this is most of
/// what a frame costs.
fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes().chunks_exact(8), other.as_bytes().chunks_exact(8));
    let rest = one.remainder() == other.remainder();
    let word = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
    rest && one.zip(other).all(|(one, other)| word(one) == word(other))
}

/// What stands before and after the one text of these names, which must be `text`.
fn surroundings<'d>(data: &'d str, names: &[&str], text: &str) -> Option<(&'d str, &'d str)> {
    let mut found = None;
    for name in names {
        // A quote within a text is escaped, so that this is the end of a name or a whole text.
        let mut from = 0;
        while let Some(at) = text::find(data.get(from..)?, name) {
            let (start, end) = (from + at, from + at + name.len());
            if data.get(..start)?.ends_with('"') && data.get(end..)?.starts_with('"') {
                if found.is_some() {
                    return None;
                }
                found = Some(end + 1);
            }
            from = end;
        }
    }
    let rest = data.get(found?..)?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let start = data.len() - value.len();
    let length = string_length(value)?;
    let (middle, suffix) = value.split_at_checked(length)?;
    (unescape(middle)? == text).then_some((data.get(..start)?, suffix))
}

/// The bytes of a string's inside, up to its closing quote.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The text of a JSON string's inside; none where it isn't one.
fn unescape(inside: &str) -> Option<Cow<'_, str>> {
    let plain = plain_length(inside.as_bytes());
    if plain == inside.len() {
        return Some(Cow::Borrowed(inside));
    }
    let mut text = String::with_capacity(inside.len());
    let (mut done, mut rest) = inside.split_at_checked(plain)?;
    loop {
        text.push_str(done);
        let Some(escaped) = rest.strip_prefix('\\') else {
            // A quote or a control character would end the string.
            return rest.is_empty().then_some(Cow::Owned(text));
        };
        text.push(match escaped.as_bytes().first()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            // Rarer, and not short.
            _ => return value::parse(&format!("\"{inside}\"")).ok().and_then(value::into_text).map(Cow::Owned),
        });
        rest = escaped.get(1..)?;
        (done, rest) = rest.split_at_checked(plain_length(rest.as_bytes()))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(value: Value) -> Item {
        let Value::Object(fields) = value else { panic!("no object") };
        Item::new(fields)
    }

    #[test]
    fn the_same_frame_with_another_text_is_read_the_short_way() {
        let mut learner = Learner::default();
        let first = item(json!({"delta": {"text": "a\n\"text\""}, "text": 1}));
        learner.learn(r#"{"delta":{ "text" : "a\n\"text\""}, "n": 1}"#, &first, Hole::Text, 0, 0);
        let text = |learner: &mut Learner, data: &str| learner.read(data).map(|(_, text)| text.into_owned());
        let with = |inside: &str| format!(r#"{{"delta":{{ "text" : "{inside}"}}, "n": 1}}"#);
        assert_eq!(text(&mut learner, &with("b")), Some("b".to_owned()));
        assert_eq!(text(&mut learner, &with(r"\u00e9\\")), Some("é\\".to_owned()));
        assert_eq!(text(&mut learner, &with("")), Some(String::new()));
        // Not one text: the rest of the object may be anything.
        assert_eq!(text(&mut learner, &with(r#"b","x":"c"#)), None);
        assert_eq!(text(&mut learner, &with(r"b\")), None);
        assert_eq!(text(&mut learner, &with("\u{1}")), None);
        assert_eq!(text(&mut learner, r#"{"delta":{"text":"b"},"n":1}"#), None);
        let (template, _) = learner.read(&with("b")).unwrap();
        assert_eq!(Value::Object(template.filled("b")), json!({"delta": {"text": "b"}, "text": 1}));
    }

    #[test]
    fn a_text_that_may_be_another_is_not_learned() {
        for data in [
            r#"{"text":"a","delta":{"text":"a"}}"#,
            r#"{"delta":{"text":"b"}}"#,
            r#"{"delta":{"text":1}}"#,
            r#"{"kind":"text","delta":{"text":"a"}}"#,
        ] {
            let mut learner = Learner::default();
            learner.learn(data, &item(json!({"delta": {"text": "a"}})), Hole::Text, 0, 0);
            assert!(learner.learned.is_none(), "{data}");
        }
    }
}
