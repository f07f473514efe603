//! Normalisation of tool call arguments, for streams and complete replies of both formats.
//!
//! Invariant: emitted text is never taken back, and each character is read once. A fragment is held back while it may be a placeholder
//! (`{}`, `[]` or `null` before the real arguments) or the start of a doubly encoded object. All other text passes unchanged, even if it
//! is invalid JSON.

use alloc::borrow::Cow;
use core::mem::take;

use super::string::{Decoded, Decoder};
use crate::prelude::*;
use crate::value::{self, Map, Value};

/// The arguments of one tool call. The fragments returned by [`Arguments::push`] and [`Arguments::finish`] add up to the normalised
/// arguments.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    state: State,
    /// The text that is held back. The text of a doubly encoded object is stored decoded.
    pending: String,
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

    /// Ends the arguments; returns the remaining text. Missing arguments become an empty object, except in a truncated reply (`is_truncated`),
    /// for which nothing is invented.
    pub(crate) fn finish(&mut self, is_truncated: bool) -> String {
        let pending = take(&mut self.pending);
        let rest = match (self.encoded.take(), self.state) {
            (Some(encoded), _) => encoded.raw,
            (None, State::Start | State::Empty) if is_truncated => String::new(),
            (None, State::Start | State::Empty) => "{}".to_owned(),
            (None, State::Null(_) | State::Open(_) | State::Plain) => pending,
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
                let mut raw = take(&mut self.pending);
                raw.push(char);
                self.state = State::Start;
                self.encoded = Some(Encoded { raw, ..Encoded::default() });
                return chars.as_str();
            }
            self.step(char);
        }
        out.push_str(&take(&mut self.pending));
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
                        self.pending = encoded.raw;
                    } else {
                        self.state = State::Plain;
                        self.pending.clear();
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
                        self.pending.clear();
                        out.push_str(&encoded.raw);
                        return chars.as_str();
                    }
                    encoded = Encoded { decoder: encoded.decoder, raw: String::new(), is_object: true };
                    out.push_str(&take(&mut self.pending));
                }
            }
        }
        self.encoded = Some(encoded);
        ""
    }

    /// Adds one character to the pending text and updates the state.
    fn step(&mut self, char: char) {
        let state = self.state;
        self.state = match (state, char) {
            (State::Start | State::Open(_) | State::Empty, ' ' | '\n' | '\r' | '\t') => state,
            (State::Start | State::Empty, '{') => {
                // The text before it was a placeholder.
                self.pending.clear();
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
        self.pending.push(char);
    }
}

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

/// Reads arguments that a model wrote. A tool without parameters is often called without arguments.
pub(crate) fn read(written: &str) -> Result<Map<String, Value>, String> {
    if let Value::Object(arguments) = normalize(written.into()) {
        return Ok(arguments);
    }
    match crate::json::parse_object(written) {
        Ok(arguments) => Ok(arguments),
        Err(_) if written.trim().is_empty() => Ok(Map::new()),
        Err(why) => Err(why),
    }
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
}
