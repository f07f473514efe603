//! Frames that differ from the one before in a single text, and in their padding.
//!
//! Law: a shortcut that can't be told from the long way. Most frames of a stream are the last one with another text in it; what a frame
//! meant is learned from reading it whole, and holds for the next as long as all but that text and the padding is the same, byte by byte.
//! Anything else is read whole again.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::ops::Range;

use crate::prelude::*;
use crate::text;
use crate::text::escape::plain_length;
use crate::value::{self, Members, Value};

use super::Item;
use super::delta::{DeltaField, DeltaTemplate, PADDING, Texts};

/// Frames that are read whole before learning is given up for a while: in some streams each frame differs in more than its text.
const PATIENCE: u32 = 8;
/// Every how many frames it is tried again then.
const RETRY: u32 = 64;

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
    /// Between the text and the padding, where that differs too.
    between: Option<Between>,
    template: Arc<DeltaTemplate>,
}

/// What stands between the text and the padding.
#[derive(Debug)]
struct Between {
    same: String,
    padding_first: bool,
}

impl Learned {
    /// What can be learned from a frame's data, which became this item.
    fn of(data: &str, item: &Item, field: DeltaField, index: u64, call: usize) -> Option<Self> {
        let mut fields = item.fields().into_owned();
        let Value::String(text) = core::mem::replace(field.place(&mut fields)?, "".into()) else { return None };
        let text = place_of(data, field.sent_names(), &text)?;
        let padding =
            fields.get(PADDING).and_then(Value::as_str).and_then(|padding| place_of(data, &[PADDING], padding));
        let (mut whole, mut between) = (text.clone(), None);
        if let Some(padding) = padding {
            let padding_first = padding.start < text.start;
            let (first, last) = if padding_first { (padding, text) } else { (text, padding) };
            between = Some(Between { same: data.get(first.end..last.start)?.to_owned(), padding_first });
            whole = first.start..last.end;
            fields.set(PADDING, "");
        }
        Some(Self {
            prefix: data.get(..whole.start)?.to_owned(),
            suffix: data.get(whole.end..)?.to_owned(),
            template: Arc::new(DeltaTemplate { fields, field, is_padded: between.is_some(), index, tool_call: call }),
            between,
        })
    }

    /// The texts of a frame's data, if all else is the same.
    fn read(&self, data: &str) -> Option<Texts> {
        let inside = without_tail(without_head(data, &self.prefix)?, &self.suffix)?;
        let (text, padding) = match &self.between {
            Some(between) => between.split(inside)?,
            None => (inside, ""),
        };
        Some(Texts::new(&unescape(text)?, padding))
    }
}

impl Between {
    /// The insides of text and padding. There are quotes around the padding, and none in it.
    fn split<'d>(&self, both: &'d str) -> Option<(&'d str, &'d str)> {
        let is_quote = |byte: u8| byte == b'"';
        let (text, padding) = if self.padding_first {
            let (padding, rest) = both.split_at_checked(both.bytes().position(is_quote)?)?;
            (without_head(rest, &self.same)?, padding)
        } else {
            let (rest, padding) = both.split_at_checked(both.bytes().rposition(is_quote)? + 1)?;
            (without_tail(rest, &self.same)?, padding)
        };
        is_plain(padding).then_some((text, padding))
    }
}

impl Learner {
    /// The template that a frame's data fits, and its texts.
    pub(super) fn read(&mut self, data: &str) -> Option<(Arc<DeltaTemplate>, Texts)> {
        let learned = self.learned.as_ref()?;
        let texts = learned.read(data)?;
        self.misses = 0;
        Some((Arc::clone(&learned.template), texts))
    }

    /// What the last frames were read with, if they were read the short way.
    pub(super) fn template(&self) -> Option<&DeltaTemplate> {
        self.learned.as_ref().map(|learned| &*learned.template)
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

    /// Learns from a frame that was the whole of one item, in which nothing but the text of `field` and the padding may differ.
    pub(super) fn learn(&mut self, data: &str, item: &Item, field: DeltaField, index: u64, call: usize) {
        self.learned = Learned::of(data, item, field, index, call);
    }
}

/// The text after this one.
fn without_head<'d>(data: &'d str, head: &str) -> Option<&'d str> {
    let (start, rest) = data.split_at_checked(head.len())?;
    same(start, head).then_some(rest)
}

/// The text before this one.
fn without_tail<'d>(data: &'d str, tail: &str) -> Option<&'d str> {
    let (rest, end) = data.split_at_checked(data.len().checked_sub(tail.len())?)?;
    same(end, tail).then_some(rest)
}

/// Whether two texts of one length are the same. Eight bytes at a time: where there is no fast way to compare, as in wasm, this is most of
/// what a frame costs.
fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes().chunks_exact(8), other.as_bytes().chunks_exact(8));
    let rest = one.remainder() == other.remainder();
    let word = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
    rest && one.zip(other).all(|(one, other)| word(one) == word(other))
}

/// Where the inside of the one text of these names is, which must be `text`.
fn place_of(data: &str, names: &[&str], text: &str) -> Option<Range<usize>> {
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
    let place = start..start + string_length(value)?;
    (unescape(data.get(place.clone())?)? == text).then_some(place)
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

/// Whether a JSON string's inside is its text.
fn is_plain(inside: &str) -> bool {
    plain_length(inside.as_bytes()) == inside.len()
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
            _ => return crate::json::parse(&format!("\"{inside}\"")).ok().and_then(value::into_text).map(Cow::Owned),
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

    /// The item's fields, if the frame is read the short way.
    fn read(learner: &mut Learner, data: &str) -> Option<Value> {
        learner.read(data).map(|(template, texts)| Value::Object(template.filled(&texts)))
    }

    #[test]
    fn the_same_frame_with_another_text_is_read_the_short_way() {
        let mut learner = Learner::default();
        let first = item(json!({"delta": {"text": "a\n\"text\""}, "text": 1}));
        learner.learn(r#"{"delta":{ "text" : "a\n\"text\""}, "n": 1}"#, &first, DeltaField::Text, 0, 0);
        let of = |text: &str| Some(json!({"delta": {"text": text}, "text": 1}));
        let with = |inside: &str| format!(r#"{{"delta":{{ "text" : "{inside}"}}, "n": 1}}"#);
        assert_eq!(read(&mut learner, &with("b")), of("b"));
        assert_eq!(read(&mut learner, &with(r"\u00e9\\")), of("é\\"));
        assert_eq!(read(&mut learner, &with("")), of(""));
        // Not one text: the rest of the object may be anything.
        assert_eq!(read(&mut learner, &with(r#"b","x":"c"#)), None);
        assert_eq!(read(&mut learner, &with(r"b\")), None);
        assert_eq!(read(&mut learner, &with("\u{1}")), None);
        assert_eq!(read(&mut learner, r#"{"delta":{"text":"b"},"n":1}"#), None);
    }

    #[test]
    fn the_same_frame_with_another_padding_too_is_read_the_short_way() {
        type With = fn(&str, &str) -> String;
        let after: With = |text, padding| format!(r#"{{"delta":{{"text":"{text}"}}, "obfuscation" : "{padding}"}}"#);
        let before: With = |text, padding| format!(r#"{{"obfuscation":"{padding}","delta":{{"text":"{text}"}} }}"#);
        for with in [after, before] {
            let mut learner = Learner::default();
            let of = |text: &str, padding: &str| json!({"delta": {"text": text}, "obfuscation": padding});
            learner.learn(&with("a", r"\u0061"), &item(of("a", "a")), DeltaField::Text, 0, 0);
            for (text, padding) in [("b", "xyz"), ("", "x"), ("b", ""), ("a much longer text", "é")] {
                assert_eq!(read(&mut learner, &with(text, padding)), Some(of(text, padding)));
            }
            assert_eq!(read(&mut learner, &with(r#"\"\\"#, "x")), Some(of("\"\\", "x")));
            // Padding that is not plain, other members, and a text without an end.
            for (text, padding) in [
                ("b", r"\n"),
                ("b", r#"x\""#),
                ("b", r"x\"),
                ("b", "\u{1}"),
                ("b", r#"x","y":"z"#),
                (r#"b","y":"z"#, "x"),
                (r"b\", "x"),
            ] {
                assert_eq!(read(&mut learner, &with(text, padding)), None, "{text} {padding}");
            }
            assert_eq!(read(&mut learner, r#"{"delta":{"text":"b"}}"#), None);
        }
    }

    #[test]
    fn padding_that_may_be_another_text_is_not_learned() {
        let data = |text: &str, padding: &str| {
            format!(r#"{{"delta":{{"text":"{text}"}},"n":{{"obfuscation":1}},"obfuscation":"{padding}"}}"#)
        };
        let mut learner = Learner::default();
        learner.learn(
            &data("a", "x"),
            &item(json!({"delta": {"text": "a"}, "obfuscation": "x"})),
            DeltaField::Text,
            0,
            0,
        );
        let same = json!({"delta": {"text": "b"}, "obfuscation": "x"});
        assert_eq!(read(&mut learner, &data("b", "x")), Some(same));
        assert_eq!(read(&mut learner, &data("b", "y")), None);
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
            learner.learn(data, &item(json!({"delta": {"text": "a"}})), DeltaField::Text, 0, 0);
            assert!(learner.learned.is_none(), "{data}");
        }
    }
}
