//! Normalisation of tool call arguments and names, for streams and complete replies of both formats.
//!
//! Invariant: emitted text is never taken back, and each character is read once. A fragment is held back while it may be a placeholder
//! (`{}`, `[]` or `null` before the real arguments) or the start of a doubly encoded object. All other text passes unchanged, even if it
//! is invalid JSON.

use alloc::borrow::Cow;
use core::mem::take;

use crate::prelude::*;
use crate::text;
use crate::value::{self, Value};

/// The arguments of one tool call. The fragments returned by [`Arguments::push`] and [`Arguments::finish`] add up to the normalised
/// arguments.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    state: State,
    /// The text that is held back. The text of a doubly encoded object is stored decoded.
    held: String,
    encoded: Option<Encoded>,
    scanner: Scanner,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Only whitespace so far.
    #[default]
    Start,
    /// The first characters of `null`; the number of them.
    Null(usize),
    /// An opening bracket; this character would close it.
    Open(char),
    /// A placeholder: `{}`, `[]`, `null` or an empty JSON string.
    Empty,
    /// All text passes unchanged.
    Plain,
}

/// A JSON string that may contain an object.
#[derive(Debug, Default)]
struct Encoded {
    decoder: Decoder,
    /// The undecoded text, until an object is found in it.
    raw: String,
    /// Whether the string contains an object.
    is_object: bool,
}

const NULL: &str = "null";

impl Arguments {
    /// Adds a fragment; returns the text that can be emitted.
    pub(crate) fn push<'t>(&mut self, fragment: &'t str) -> Cow<'t, str> {
        let out = if self.is_plain() { Cow::Borrowed(fragment) } else { Cow::Owned(self.read(fragment)) };
        self.scanner.push(&out);
        out
    }

    /// Ends the arguments; returns the remaining text. Missing arguments become an empty object, except in a truncated reply (`is_cut`),
    /// for which nothing is invented.
    pub(crate) fn finish(&mut self, is_cut: bool) -> String {
        let held = take(&mut self.held);
        let rest = match (self.encoded.take(), self.state) {
            (Some(encoded), _) => encoded.raw,
            (None, State::Start | State::Empty) if is_cut => String::new(),
            (None, State::Start | State::Empty) => "{}".to_owned(),
            (None, State::Null(_) | State::Open(_) | State::Plain) => held,
        };
        self.state = State::Plain;
        self.scanner.push(&rest);
        rest
    }

    /// Returns whether all further fragments pass unchanged.
    pub(crate) fn is_plain(&self) -> bool {
        self.state == State::Plain && self.encoded.is_none()
    }

    /// Returns whether anything but whitespace was received.
    pub(crate) fn has_begun(&self) -> bool {
        self.state != State::Start || self.encoded.is_some()
    }

    /// Returns whether the arguments may be a placeholder.
    pub(crate) fn is_placeholder(&self) -> bool {
        self.state == State::Empty && self.encoded.is_none()
    }

    /// Returns whether the arguments are a complete object or list.
    pub(crate) fn is_complete(&self) -> bool {
        self.scanner.is_complete || self.is_placeholder()
    }

    /// Accounts for fragments that bypassed [`Arguments::push`]; `all` is the complete text so far.
    pub(crate) fn catch_up(&mut self, all: &str) {
        let new = all.get(self.scanner.length..).unwrap_or_default();
        self.scanner.push(new);
    }

    fn read(&mut self, fragment: &str) -> String {
        let mut out = String::new();
        let mut rest = fragment;
        while !rest.is_empty() {
            rest = match self.encoded.take() {
                Some(encoded) => self.read_encoded(encoded, rest, &mut out),
                None => self.read_direct(rest, &mut out),
            };
        }
        out
    }

    /// Reads text outside a JSON string; returns the rest at the start of a string.
    fn read_direct<'t>(&mut self, text: &'t str, out: &mut String) -> &'t str {
        let mut chars = text.chars();
        while self.state != State::Plain {
            let Some(char) = chars.next() else { return "" };
            if char == '"' && matches!(self.state, State::Start | State::Empty) {
                let mut raw = take(&mut self.held);
                raw.push(char);
                self.state = State::Start;
                self.encoded = Some(Encoded { raw, ..Encoded::default() });
                return chars.as_str();
            }
            self.step(char);
        }
        out.push_str(&take(&mut self.held));
        out.push_str(chars.as_str());
        ""
    }

    /// Reads text inside a JSON string; returns the text after it.
    fn read_encoded<'t>(&mut self, mut encoded: Encoded, text: &'t str, out: &mut String) -> &'t str {
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            if !encoded.is_object {
                encoded.raw.push(char);
            }
            let decoded = match encoded.decoder.push(char) {
                Decoded::Pending => continue,
                Decoded::Chars(chars) => chars,
                Decoded::End => {
                    if self.state == State::Start || self.state == State::Empty {
                        self.state = State::Empty;
                        self.held = encoded.raw;
                    } else {
                        self.state = State::Plain;
                        self.held.clear();
                        out.push_str(&encoded.raw);
                    }
                    return chars.as_str();
                }
            };
            for char in decoded.into_iter().flatten() {
                if encoded.is_object {
                    out.push(char);
                    continue;
                }
                let was_open = self.state == State::Open('}');
                self.step(char);
                if self.state == State::Plain {
                    if !(was_open && char == '"') {
                        // Ordinary text, not a doubly encoded object.
                        self.held.clear();
                        out.push_str(&encoded.raw);
                        return chars.as_str();
                    }
                    encoded = Encoded { decoder: encoded.decoder, raw: String::new(), is_object: true };
                    out.push_str(&take(&mut self.held));
                }
            }
        }
        self.encoded = Some(encoded);
        ""
    }

    /// Adds one character to the held text and updates the state.
    fn step(&mut self, char: char) {
        let state = self.state;
        self.state = match (state, char) {
            (State::Start | State::Open(_) | State::Empty, ' ' | '\n' | '\r' | '\t') => state,
            (State::Start | State::Empty, '{') => {
                // The text before it was a placeholder.
                self.held.clear();
                State::Open('}')
            }
            (State::Start | State::Empty, '[') => State::Open(']'),
            (State::Start | State::Empty, 'n') => State::Null(1),
            (State::Null(length), _) if NULL.get(length..).is_some_and(|rest| rest.starts_with(char)) => {
                if length + 1 == NULL.len() { State::Empty } else { State::Null(length + 1) }
            }
            (State::Open(close), _) if char == close => State::Empty,
            _ => State::Plain,
        };
        self.held.push(char);
    }
}

/// Decodes the inside of a JSON string, one character at a time.
#[derive(Debug, Default)]
struct Decoder {
    escape: Escape,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

#[derive(Debug, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    /// The value of the `\u` digits so far, and their number.
    Unicode(u32, u8),
}

enum Decoded {
    Pending,
    Chars([Option<char>; 2]),
    /// The closing quote.
    End,
}

impl Decoder {
    fn push(&mut self, char: char) -> Decoded {
        match take(&mut self.escape) {
            Escape::None => match char {
                '"' => Decoded::End,
                '\\' => {
                    self.escape = Escape::Backslash;
                    Decoded::Pending
                }
                _ => self.chars(char),
            },
            Escape::Backslash => match char {
                'u' => {
                    self.escape = Escape::Unicode(0, 0);
                    Decoded::Pending
                }
                'n' => self.chars('\n'),
                't' => self.chars('\t'),
                'r' => self.chars('\r'),
                'b' => self.chars('\u{8}'),
                'f' => self.chars('\u{c}'),
                '"' | '\\' | '/' => self.chars(char),
                // An invalid escape; both characters are kept.
                _ => Decoded::Chars([Some('\\'), Some(char)]),
            },
            Escape::Unicode(value, digits) => {
                let Some(digit) = char.to_digit(16) else { return Decoded::Chars([Some(REPLACEMENT), Some(char)]) };
                let value = value * 16 + digit;
                if digits < 3 {
                    self.escape = Escape::Unicode(value, digits + 1);
                    return Decoded::Pending;
                }
                self.code_unit(value)
            }
        }
    }

    /// Joins surrogate pairs. A lone surrogate becomes U+FFFD.
    fn code_unit(&mut self, unit: u32) -> Decoded {
        match (self.high, unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                self.high = None;
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
                Decoded::Chars([char::from_u32(code), None])
            }
            (before, 0xd800..=0xdbff) => {
                self.high = Some(unit);
                Decoded::Chars([before.map(|_| REPLACEMENT), None])
            }
            _ => self.chars(char::from_u32(unit).unwrap_or(REPLACEMENT)),
        }
    }

    fn chars(&mut self, char: char) -> Decoded {
        match self.high.take() {
            Some(_) => Decoded::Chars([Some(REPLACEMENT), Some(char)]),
            None => Decoded::Chars([Some(char), None]),
        }
    }
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Finds the end of the first object or list in fragments of text.
#[derive(Debug, Default)]
struct Scanner {
    /// Bytes read.
    length: usize,
    depth: usize,
    is_string: bool,
    is_escaped: bool,
    is_complete: bool,
}

impl Scanner {
    fn push(&mut self, text: &str) {
        self.length += text.len();
        if self.is_complete {
            return;
        }
        for byte in text.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_string => self.is_escaped = true,
                b'"' => self.is_string = !self.is_string,
                _ if self.is_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.is_complete = self.depth == 0;
                }
                _ => {}
            }
        }
    }
}

/// Converts arguments, which may be any JSON value, to text.
pub(crate) fn to_text(arguments: Value) -> String {
    match arguments {
        Value::Null => String::new(),
        Value::String(_) => value::into_text(arguments).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// Normalises the arguments of a complete call to an object. Arguments that can't be read as an object are returned unchanged.
pub(crate) fn normalize(arguments: Value) -> Value {
    if arguments.is_object() {
        return arguments;
    }
    let text = to_text(arguments.clone());
    let mut reader = Arguments::default();
    let mut normal = reader.push(&text).into_owned();
    normal.push_str(&reader.finish(false));
    crate::json::parse_object(&normal).map_or(arguments, Value::Object)
}

/// Names longer than this are not searched for markers; no API accepts them.
pub(crate) const MAX_NAME_LENGTH: usize = 256;
const NAMESPACE: &str = "functions.";

/// Returns a tool's name without the text that servers add: whitespace, quotes, the namespace `functions.`, the call's number
/// (`functions.get_weather:0`, Kimi) and gpt-oss markers (`<|channel|>commentary to=functions.get_weather`, vllm-project/vllm#32587).
pub(crate) fn name(raw: &str) -> &str {
    if raw.len() > MAX_NAME_LENGTH {
        return raw;
    }
    if let Some((name, _)) = certain_name(raw) {
        return name;
    }
    // The text consists of markers and separators.
    let mut rest = raw;
    while let Some((_, after)) = text::split(rest, "|>").filter(|(_, after)| !after.is_empty()) {
        rest = after;
    }
    rest.split('<').next().unwrap_or_default().trim_matches(is_around_name)
}

/// Returns the name at the start of a text, and the text after it; `None` while more text could change where the name begins.
pub(crate) fn certain_name(raw: &str) -> Option<(&str, &str)> {
    let trimmed = raw.trim_matches(is_around_name);
    let (text, least) = match text::split(trimmed, "to=") {
        Some((_, recipient)) => (recipient, 0),
        // A name as short as `f` is complete at once.
        None => (trimmed, "function".len()),
    };
    let end = text.find(|char: char| char == '<' || least == 0 && char.is_whitespace()).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let name = name.trim_end_matches(is_around_name);
    if rest.is_empty() && name.len() >= least && NAMESPACE.starts_with(name) {
        return None;
    }
    let name = match name.strip_prefix(NAMESPACE) {
        Some(local) => local.rsplit_once(':').filter(|(_, number)| is_number(number)).map_or(local, |(local, _)| local),
        None => name,
    };
    (!name.is_empty()).then_some((name, rest))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_around_name(char: char) -> bool {
    char.is_whitespace() || matches!(char, '"' | '\'' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns the arguments of a text that is pushed in pieces of `size` characters.
    fn read(text: &str, size: usize) -> String {
        let mut arguments = Arguments::default();
        let characters: Vec<_> = text.chars().collect();
        let mut out = String::new();
        for piece in characters.chunks(size) {
            out.push_str(&arguments.push(&piece.iter().collect::<String>()));
        }
        out.push_str(&arguments.finish(false));
        out
    }

    #[test]
    fn arguments_are_the_same_in_any_split() {
        let object = r#"{"city":"Os\"lo\\","n":{"a":[1,{}]}}"#;
        let twice = serde_json::to_string(object).unwrap();
        for (input, wanted) in [
            (object, object),
            (&twice, object),
            (&format!("{{}}{object}"), object),
            (&format!("{{ }}\n{{}} {object}"), object),
            (&format!("null{object}"), object),
            (&format!("[]{object}"), object),
            (&format!("{{}}{twice}"), object),
            (&format!("{object}\n"), &format!("{object}\n")),
            ("{ \"a\": 1}", "{ \"a\": 1}"),
            (r#""{\"a\":\"\ud83e\udd80\u00e9\\n\"}""#, "{\"a\":\"🦀é\\n\"}"),
            (r#""{\"a\":\"\ud83e\"}""#, "{\"a\":\"\u{fffd}\"}"),
            ("", "{}"),
            (" \n", "{}"),
            ("null", "{}"),
            ("[]", "{}"),
            ("{}", "{}"),
            ("{ }", "{}"),
            ("{}{}", "{}"),
            ("\"\"", "{}"),
            ("\"{}\"", "{}"),
            ("\"null\"", "{}"),
        ] {
            for size in [1, 2, 3, 7, 1000] {
                assert_eq!(read(input, size), wanted, "{input} by {size}");
            }
        }
    }

    #[test]
    fn text_that_is_not_an_object_is_unchanged() {
        for input in [
            "nul",
            "nulls",
            "[1,2]",
            "[",
            "{",
            "{a: 1}",
            "\"Oslo\"",
            "\"Os",
            "\"{",
            "\"{city}\"",
            "\"{\"a\":1}\"",
            "12",
            "true",
            "{}x",
            "[]1",
            "None",
            "\"[1]\"",
        ] {
            for size in [1, 2, 3, 1000] {
                assert_eq!(read(input, size), input, "{input} by {size}");
            }
        }
    }

    #[test]
    fn truncated_reply_gets_no_invented_arguments() {
        for (input, wanted) in [("", ""), ("{}", ""), ("null", ""), ("{", "{"), ("{\"a\"", "{\"a\"")] {
            let mut arguments = Arguments::default();
            let mut out = arguments.push(input).into_owned();
            out.push_str(&arguments.finish(true));
            assert_eq!(out, wanted);
        }
    }

    #[test]
    fn completeness_is_detected_in_any_split() {
        let text = r#"{"a":"}\"]","b":[{}]}"#;
        let mut arguments = Arguments::default();
        for (at, char) in text.char_indices() {
            assert!(!arguments.is_complete(), "{at}");
            arguments.push(char.encode_utf8(&mut [0; 4]));
        }
        assert!(arguments.is_complete());
        let mut arguments = Arguments::default();
        arguments.push("{\"a\"");
        arguments.catch_up("{\"a\":1}");
        assert!(arguments.is_complete());
    }

    #[test]
    fn complete_arguments_become_objects() {
        for input in [json!({"a": 1}), json!("{\"a\":1}"), json!("\"{\\\"a\\\":1}\"")] {
            assert_eq!(normalize(input), json!({"a": 1}));
        }
        for input in [json!(null), json!(""), json!([]), json!("null")] {
            assert_eq!(normalize(input), json!({}));
        }
        for input in [json!("{a"), json!([1]), json!(1)] {
            assert_eq!(normalize(input.clone()), input);
        }
    }

    #[test]
    fn names_are_stripped_of_surrounding_text() {
        for (input, wanted) in [
            ("plain", "plain"),
            ("f", "f"),
            ("function", "function"),
            ("query_dataset<|channel|>commentary", "query_dataset"),
            ("<|channel|>commentary to=functions.get_weather", "get_weather"),
            ("<|start|>assistant<|channel|>commentary to=get_weather <|constrain|>json", "get_weather"),
            ("<|constrain|>get_weather", "get_weather"),
            ("get_weather <|constrain|>json", "get_weather"),
            ("functions.get_weather", "get_weather"),
            ("functions.get_weather:0", "get_weather"),
            ("functions.a:b", "a:b"),
            ("server:tool:0", "server:tool:0"),
            (" \"get_weather\"\n", "get_weather"),
            ("", ""),
        ] {
            assert_eq!(name(input), wanted, "{input}");
        }
    }
}
