//! Fast path for frames that differ from the previous one only in one text and its padding.
//!
//! Invariant: produces the same items as the full parser. A pattern is learned from a parsed frame, and applies to later frames only if
//! every byte outside the text and the padding is equal. All other frames are parsed.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::ops::Range;

use crate::prelude::*;
use crate::text;
use crate::text::escape::plain_length;
use crate::value::{self, Members, Value};

use super::{DeltaField, DeltaTemplate, PADDING, Texts};
use crate::wire::Item;

/// Consecutive misses before learning pauses: in some streams, each frame differs in more than its text.
const MAX_MISSES: u32 = 8;
/// Number of frames between attempts while learning is paused.
const RETRY_INTERVAL: u32 = 64;

/// The pattern of the last frame, if it can be reused.
#[derive(Debug, Default)]
pub(in crate::wire) struct FastPath {
    pattern: Option<FramePattern>,
    /// Frames that were parsed since the last match.
    misses: u32,
}

#[derive(Debug)]
struct FramePattern {
    prefix: String,
    suffix: String,
    /// The bytes between the text and the padding, if the padding differs too.
    between: Option<Between>,
    template: Arc<DeltaTemplate>,
}

/// The constant bytes between the text and the padding.
#[derive(Debug)]
struct Between {
    text: String,
    padding_first: bool,
}

impl FramePattern {
    /// Derives the pattern of a frame from its data and the parsed item.
    fn from_frame(data: &str, item: &Item, field: DeltaField, index: u64, call: usize) -> Option<Self> {
        let mut fields = item.fields().into_owned();
        let Value::String(text) = core::mem::replace(field.value_mut(&mut fields)?, "".into()) else { return None };
        let text = find_inside(data, field.sent_names(), &text)?;
        let padding =
            fields.get(PADDING).and_then(Value::as_str).and_then(|padding| find_inside(data, &[PADDING], padding));
        let (mut range, mut between) = (text.clone(), None);
        if let Some(padding) = padding {
            let padding_first = padding.start < text.start;
            let (first, last) = if padding_first { (padding, text) } else { (text, padding) };
            between = Some(Between { text: data.get(first.end..last.start)?.to_owned(), padding_first });
            range = first.start..last.end;
            fields.set(PADDING, "");
        }
        Some(Self {
            prefix: data.get(..range.start)?.to_owned(),
            suffix: data.get(range.end..)?.to_owned(),
            template: Arc::new(DeltaTemplate { fields, field, is_padded: between.is_some(), index, tool_call: call }),
            between,
        })
    }

    /// Returns the texts of a frame that matches the pattern.
    fn read(&self, data: &str) -> Option<Texts> {
        let inside = strip_end(strip_start(data, &self.prefix)?, &self.suffix)?;
        let (text, padding) = match &self.between {
            Some(between) => between.split(inside)?,
            None => (inside, ""),
        };
        Some(Texts::new(&unescape(text)?, padding))
    }
}

impl Between {
    /// Splits the data into text and padding. The padding is quoted and contains no quotes.
    fn split<'d>(&self, inside: &'d str) -> Option<(&'d str, &'d str)> {
        let is_quote = |byte: u8| byte == b'"';
        let (text, padding) = if self.padding_first {
            let (padding, rest) = inside.split_at_checked(inside.bytes().position(is_quote)?)?;
            (strip_start(rest, &self.text)?, padding)
        } else {
            let (rest, padding) = inside.split_at_checked(inside.bytes().rposition(is_quote)? + 1)?;
            (strip_end(rest, &self.text)?, padding)
        };
        is_plain(padding).then_some((text, padding))
    }
}

impl FastPath {
    /// Matches a frame's data; returns its template and texts.
    pub(in crate::wire) fn read(&mut self, data: &str) -> Option<(Arc<DeltaTemplate>, Texts)> {
        let pattern = self.pattern.as_ref()?;
        let texts = pattern.read(data)?;
        self.misses = 0;
        Some((Arc::clone(&pattern.template), texts))
    }

    /// Returns the template of the current pattern.
    pub(in crate::wire) fn template(&self) -> Option<&DeltaTemplate> {
        self.pattern.as_ref().map(|pattern| &*pattern.template)
    }

    /// Discards the pattern.
    pub(in crate::wire) fn forget(&mut self) {
        self.pattern = None;
    }

    /// Records a miss. Returns whether the next pattern should be learned.
    pub(in crate::wire) fn should_learn(&mut self) -> bool {
        self.pattern = None;
        self.misses = self.misses.saturating_add(1);
        self.misses <= MAX_MISSES || self.misses.is_multiple_of(RETRY_INTERVAL)
    }

    /// Learns the pattern of a frame that produced exactly one item, in which only `field` and the padding may differ.
    pub(in crate::wire) fn learn(&mut self, data: &str, item: &Item, field: DeltaField, index: u64, call: usize) {
        self.pattern = FramePattern::from_frame(data, item, field, index, call);
    }
}

/// Removes a prefix; `None` if the text doesn't start with it.
fn strip_start<'d>(data: &'d str, head: &str) -> Option<&'d str> {
    let (start, rest) = data.split_at_checked(head.len())?;
    equal(start, head).then_some(rest)
}

/// Removes a suffix; `None` if the text doesn't end with it.
fn strip_end<'d>(data: &'d str, tail: &str) -> Option<&'d str> {
    let (rest, end) = data.split_at_checked(data.len().checked_sub(tail.len())?)?;
    equal(end, tail).then_some(rest)
}

/// Compares two strings of equal length by words of eight bytes. WebAssembly has no fast `memcmp`, and this comparison is most of the
/// cost of a frame there.
fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes().chunks_exact(8), right.as_bytes().chunks_exact(8));
    let rest = left.remainder() == right.remainder();
    let word = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
    rest && left.zip(right).all(|(left, right)| word(left) == word(right))
}

/// Returns the range of the only JSON string with one of these names, if its value is `text`.
fn find_inside(data: &str, names: &[&str], text: &str) -> Option<Range<usize>> {
    let mut found = None;
    for name in names {
        // Quotes inside strings are escaped, so a match is the end of a name or a complete string.
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
    let position = start..start + string_length(value)?;
    (unescape(data.get(position.clone())?)? == text).then_some(position)
}

/// Returns the number of bytes before the closing quote.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Returns whether the inside of a JSON string contains no escapes.
fn is_plain(inside: &str) -> bool {
    plain_length(inside.as_bytes()) == inside.len()
}

/// Decodes the inside of a JSON string; `None` if it is invalid.
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
            // Rare escapes are left to the parser.
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

    /// Returns the item's fields if the frame takes the fast path.
    fn read(fast_path: &mut FastPath, data: &str) -> Option<Value> {
        fast_path.read(data).map(|(template, texts)| Value::Object(template.filled(&texts)))
    }

    #[test]
    fn frame_with_another_text_takes_the_fast_path() {
        let mut fast_path = FastPath::default();
        let first = item(json!({"delta": {"text": "a\n\"text\""}, "text": 1}));
        fast_path.learn(r#"{"delta":{ "text" : "a\n\"text\""}, "n": 1}"#, &first, DeltaField::Text, 0, 0);
        let of = |text: &str| Some(json!({"delta": {"text": text}, "text": 1}));
        let with = |inside: &str| format!(r#"{{"delta":{{ "text" : "{inside}"}}, "n": 1}}"#);
        assert_eq!(read(&mut fast_path, &with("b")), of("b"));
        assert_eq!(read(&mut fast_path, &with(r"\u00e9\\")), of("é\\"));
        assert_eq!(read(&mut fast_path, &with("")), of(""));
        // The text is followed by another member.
        assert_eq!(read(&mut fast_path, &with(r#"b","x":"c"#)), None);
        assert_eq!(read(&mut fast_path, &with(r"b\")), None);
        assert_eq!(read(&mut fast_path, &with("\u{1}")), None);
        assert_eq!(read(&mut fast_path, r#"{"delta":{"text":"b"},"n":1}"#), None);
    }

    #[test]
    fn frame_with_another_padding_takes_the_fast_path() {
        type With = fn(&str, &str) -> String;
        let after: With = |text, padding| format!(r#"{{"delta":{{"text":"{text}"}}, "obfuscation" : "{padding}"}}"#);
        let before: With = |text, padding| format!(r#"{{"obfuscation":"{padding}","delta":{{"text":"{text}"}} }}"#);
        for with in [after, before] {
            let mut fast_path = FastPath::default();
            let of = |text: &str, padding: &str| json!({"delta": {"text": text}, "obfuscation": padding});
            fast_path.learn(&with("a", r"\u0061"), &item(of("a", "a")), DeltaField::Text, 0, 0);
            for (text, padding) in [("b", "xyz"), ("", "x"), ("b", ""), ("a much longer text", "é")] {
                assert_eq!(read(&mut fast_path, &with(text, padding)), Some(of(text, padding)));
            }
            assert_eq!(read(&mut fast_path, &with(r#"\"\\"#, "x")), Some(of("\"\\", "x")));
            // Padding with escapes, additional members, and an unterminated string.
            for (text, padding) in [
                ("b", r"\n"),
                ("b", r#"x\""#),
                ("b", r"x\"),
                ("b", "\u{1}"),
                ("b", r#"x","y":"z"#),
                (r#"b","y":"z"#, "x"),
                (r"b\", "x"),
            ] {
                assert_eq!(read(&mut fast_path, &with(text, padding)), None, "{text} {padding}");
            }
            assert_eq!(read(&mut fast_path, r#"{"delta":{"text":"b"}}"#), None);
        }
    }

    #[test]
    fn ambiguous_padding_is_not_learned() {
        let data = |text: &str, padding: &str| {
            format!(r#"{{"delta":{{"text":"{text}"}},"n":{{"obfuscation":1}},"obfuscation":"{padding}"}}"#)
        };
        let mut fast_path = FastPath::default();
        fast_path.learn(
            &data("a", "x"),
            &item(json!({"delta": {"text": "a"}, "obfuscation": "x"})),
            DeltaField::Text,
            0,
            0,
        );
        let equal = json!({"delta": {"text": "b"}, "obfuscation": "x"});
        assert_eq!(read(&mut fast_path, &data("b", "x")), Some(equal));
        assert_eq!(read(&mut fast_path, &data("b", "y")), None);
    }

    #[test]
    fn ambiguous_text_is_not_learned() {
        for data in [
            r#"{"text":"a","delta":{"text":"a"}}"#,
            r#"{"delta":{"text":"b"}}"#,
            r#"{"delta":{"text":1}}"#,
            r#"{"kind":"text","delta":{"text":"a"}}"#,
        ] {
            let mut fast_path = FastPath::default();
            fast_path.learn(data, &item(json!({"delta": {"text": "a"}})), DeltaField::Text, 0, 0);
            assert!(fast_path.pattern.is_none(), "{data}");
        }
    }
}
