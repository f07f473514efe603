//! Resumable JSON parser: text in pieces to calls of a [`Sink`].
//!
//! Invariant: one pass, no recursion, and no copy of the text. Slices of the input are passed on directly; only keys and numbers split
//! across pushes, and half a surrogate pair, are buffered. The calls and the errors don't depend on how the text is split.

use super::scan::Number;
use super::{Fault, JsonError, Limits, Literal, Sink};
use crate::prelude::*;

/// The expected input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Value,
    /// A value, or the end of an empty array.
    FirstItem,
    Key,
    /// A key, or the end of an empty object.
    FirstKey,
    Colon,
    /// A comma, or the end of the container.
    After,
    /// The rest of a string or key.
    Text,
    /// The character after a backslash.
    Escape,
    /// The digits of `\u`: their number, and their value.
    Hex(u8, u16),
    Number(Number),
    /// The rest of a literal, and the number of bytes read.
    Literal(Literal, u8),
    /// Nothing.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// A resumable JSON parser.
#[derive(Debug, Clone)]
pub struct Parser {
    limits: Limits,
    pub(super) state: State,
    open: Vec<Container>,
    /// Whether the current string is a key.
    pub(super) in_key: bool,
    /// The first half of a surrogate pair, or 0.
    pub(super) half: u16,
    /// The start of a key or number that was split by a push or an escape.
    pub(super) partial: String,
    pub(super) consumed: usize,
    pub(super) skipped: usize,
    error: Option<JsonError>,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Parser {
    /// Creates a parser for one value.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Value,
            open: Vec::new(),
            in_key: false,
            half: 0,
            partial: String::new(),
            consumed: 0,
            skipped: 0,
            error: None,
        }
    }

    /// Parses more text.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON or exceeds a limit. After an error, each push returns the same error.
    pub fn push(&mut self, text: &str, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        let mut taken = self.read(text, sink)?;
        // Only whitespace may follow the value.
        while let Some(rest) = text.get(taken..).filter(|rest| !rest.is_empty()) {
            if !is_space(rest.as_bytes().first().copied().unwrap_or_default()) {
                return self.fail(self.expected(rest, 0, "nothing more"));
            }
            self.count(1)?;
            taken += 1;
        }
        Ok(())
    }

    /// Ends the text, which completes a number at the root.
    ///
    /// # Errors
    ///
    /// Fails if the value is incomplete.
    pub fn finish(&mut self, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if let (State::Number(number), true) = (self.state, self.open.is_empty())
            && number.is_complete()
            && let Err(error) = self.number_end("", sink)
        {
            return self.fail(error);
        }
        let context = match (self.state, self.open.last()) {
            (State::Done, _) => return Ok(()),
            (State::Text | State::Escape | State::Hex(..), _) if self.in_key => "inside a key",
            (State::Text | State::Escape | State::Hex(..), _) => "inside a string",
            (State::Number(_), _) => "inside a number",
            (State::Literal(..), _) => "inside a literal",
            (_, Some(Container::Object)) => "inside an object",
            (_, Some(Container::Array)) => "inside an array",
            (_, None) => "before a value",
        };
        self.fail(JsonError { offset: self.skipped + self.consumed, fault: Fault::Ended(context) })
    }

    /// Returns whether the value is complete. A number at the root is complete after whitespace or [`Parser::finish`].
    pub fn is_complete(&self) -> bool {
        self.state == State::Done
    }

    /// Returns the number of open containers.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Returns the number of bytes parsed.
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// Counts text that is not passed to the parser, so that errors report positions in the entire text.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.skipped += bytes;
    }

    /// Reverts [`Parser::skip`] for text that is passed to the parser after all.
    pub(super) fn unskip(&mut self, bytes: usize) {
        self.skipped = self.skipped.saturating_sub(bytes);
    }

    /// Parses up to the end of the value; returns the number of bytes consumed.
    pub(crate) fn read(&mut self, text: &str, sink: &mut (impl Sink + ?Sized)) -> Result<usize, JsonError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let remaining = self.limits.bytes.saturating_sub(self.consumed);
        let allowed = if text.len() > remaining { text.floor_char_boundary(remaining) } else { text.len() };
        match self.run(text.get(..allowed).unwrap_or_default(), sink) {
            Ok(taken) => {
                self.count(taken)?;
                // The limit must not lie within the value.
                if allowed < text.len() && taken == allowed && self.state != State::Done {
                    return self.fail(self.too_long());
                }
                Ok(taken)
            }
            Err(error) => self.fail(error),
        }
    }

    /// Counts parsed bytes.
    fn count(&mut self, bytes: usize) -> Result<(), JsonError> {
        if bytes > self.limits.bytes - self.consumed {
            return self.fail(self.too_long());
        }
        self.consumed += bytes;
        Ok(())
    }

    fn too_long(&self) -> JsonError {
        JsonError { offset: self.skipped + self.limits.bytes, fault: Fault::Bytes(self.limits.bytes) }
    }

    fn fail<T>(&mut self, error: JsonError) -> Result<T, JsonError> {
        self.error = Some(error);
        Err(error)
    }

    /// Returns the error for an unexpected character at `at` in this push.
    pub(super) fn expected(&self, text: &str, at: usize, wanted: &'static str) -> JsonError {
        let found = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        JsonError { offset: self.skipped + self.consumed + at, fault: Fault::Expected { wanted, found } }
    }

    fn run(&mut self, text: &str, sink: &mut (impl Sink + ?Sized)) -> Result<usize, JsonError> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.state {
                State::Done => break,
                State::Text => at = self.text(text, at, sink)?,
                State::Number(number) => at = self.number(number, text, at, sink)?,
                State::Escape => {
                    self.escape(byte, sink).ok_or_else(|| self.expected(text, at, "an escape after `\\`"))?;
                    at += 1;
                }
                State::Hex(count, code) => {
                    let digit = char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
                    let digit = digit.ok_or_else(|| self.expected(text, at, "four hexadecimal digits after `\\u`"))?;
                    self.hex(count + 1, (code << 4) | digit, sink);
                    at += 1;
                }
                State::Literal(literal, count) => {
                    let word = word(literal);
                    if word.as_bytes().get(usize::from(count)) != Some(&byte) {
                        return Err(self.expected(text, at, wanted(literal)));
                    }
                    self.state = State::Literal(literal, count + 1);
                    if usize::from(count) + 1 == word.len() {
                        sink.literal(literal);
                        self.end();
                    }
                    at += 1;
                }
                _ if is_space(byte) => at += 1,
                State::Colon => {
                    if byte != b':' {
                        return Err(self.expected(text, at, "a colon"));
                    }
                    self.state = State::Value;
                    at += 1;
                }
                State::After => {
                    self.after(byte, text, at, sink)?;
                    at += 1;
                }
                State::Key | State::FirstKey => {
                    match byte {
                        b'"' => {
                            self.in_key = true;
                            self.state = State::Text;
                        }
                        b'}' if self.state == State::FirstKey => self.close(sink),
                        _ if self.state == State::Key => return Err(self.expected(text, at, "a key")),
                        _ => return Err(self.expected(text, at, "a key or `}`")),
                    }
                    at += 1;
                }
                State::Value | State::FirstItem => {
                    self.value(byte, text, at, sink)?;
                    at += 1;
                }
            }
        }
        Ok(at)
    }

    /// Parses the first byte of a value. The rest of a number is parsed by the caller's next iteration.
    fn value(&mut self, byte: u8, text: &str, at: usize, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        match byte {
            b'"' => {
                sink.string();
                self.in_key = false;
                self.state = State::Text;
            }
            b'{' | b'[' => {
                if self.open.len() >= self.limits.depth {
                    let offset = self.skipped + self.consumed + at;
                    return Err(JsonError { offset, fault: Fault::Depth(self.limits.depth) });
                }
                if byte == b'{' {
                    sink.object();
                    self.open.push(Container::Object);
                    self.state = State::FirstKey;
                } else {
                    sink.array();
                    self.open.push(Container::Array);
                    self.state = State::FirstItem;
                }
            }
            b']' if self.state == State::FirstItem => self.close(sink),
            b'n' => self.state = State::Literal(Literal::Null, 1),
            b't' => self.state = State::Literal(Literal::True, 1),
            b'f' => self.state = State::Literal(Literal::False, 1),
            _ => match Number::begin(byte) {
                Some(number) => {
                    self.partial.push(char::from(byte));
                    self.state = State::Number(number);
                }
                None if self.state == State::FirstItem => return Err(self.expected(text, at, "a value or `]`")),
                None => return Err(self.expected(text, at, "a value")),
            },
        }
        Ok(())
    }

    fn after(&mut self, byte: u8, text: &str, at: usize, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        match (byte, self.open.last()) {
            (b',', Some(Container::Object)) => self.state = State::Key,
            (b',', _) => self.state = State::Value,
            (b'}', Some(Container::Object)) | (b']', Some(Container::Array)) => self.close(sink),
            (_, Some(Container::Object)) => return Err(self.expected(text, at, "a comma or `}`")),
            _ => return Err(self.expected(text, at, "a comma or `]`")),
        }
        Ok(())
    }

    fn close(&mut self, sink: &mut (impl Sink + ?Sized)) {
        self.open.pop();
        sink.close();
        self.end();
    }

    /// Ends a value.
    pub(super) fn end(&mut self) {
        self.state = if self.open.is_empty() { State::Done } else { State::After };
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn word(literal: Literal) -> &'static str {
    match literal {
        Literal::Null => "null",
        Literal::True => "true",
        Literal::False => "false",
    }
}

fn wanted(literal: Literal) -> &'static str {
    match literal {
        Literal::Null => "`null`",
        Literal::True => "`true`",
        Literal::False => "`false`",
    }
}
