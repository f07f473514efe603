//! The parser: text in any pieces to the calls of a [`Sink`].
//!
//! Law: one pass, no recursion, no buffer of the text. Slices of the input go out as they are; only a key or a number that a push
//! cut, and the half of a surrogate pair, are held back. What it tells and what it refuses never depend on where a push ends.

use super::scan::Number;
use super::{Fault, JsonError, Limits, Literal, Sink};
use crate::prelude::*;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Value,
    /// A value, or the end of an array that has none.
    FirstItem,
    Key,
    /// A key, or the end of an object that has none.
    FirstKey,
    Colon,
    /// A comma or the end of the container.
    After,
    /// More of a string or a key.
    Text,
    /// What follows a backslash.
    Escape,
    /// The digits of `\u`: how many came, and what they say.
    Hex(u8, u16),
    Number(Number),
    /// The literal, and how many of its bytes came.
    Literal(Literal, u8),
    /// Nothing more.
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
    /// The string that is read is a key.
    pub(super) in_key: bool,
    /// The first half of a surrogate pair, or 0.
    pub(super) half: u16,
    /// The beginning of a key or a number that a push, or an escape, cut.
    pub(super) held: String,
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
    /// A parser of one value.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Value,
            open: Vec::new(),
            in_key: false,
            half: 0,
            held: String::new(),
            consumed: 0,
            skipped: 0,
            error: None,
        }
    }

    /// Reads more of the text. After an error, each push returns the same one.
    pub fn push(&mut self, text: &str, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        let mut taken = self.read(text, sink)?;
        // Only white space may follow the value.
        while let Some(rest) = text.get(taken..).filter(|rest| !rest.is_empty()) {
            if !is_space(rest.as_bytes().first().copied().unwrap_or_default()) {
                return self.fail(self.expected(rest, 0, "nothing more"));
            }
            self.count(1)?;
            taken += 1;
        }
        Ok(())
    }

    /// The end of the text: completes a number that is the whole text, or says what is missing.
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

    /// Whether the value has ended. A number that is the whole text ends with white space, or with [`Parser::finish`].
    pub fn is_complete(&self) -> bool {
        self.state == State::Done
    }

    /// How many containers are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// How many bytes were read.
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// Counts bytes of the text that were not for the parser, so that errors tell positions in the whole text.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.skipped += bytes;
    }

    /// Takes back that these were not.
    pub(super) fn unskip(&mut self, bytes: usize) {
        self.skipped = self.skipped.saturating_sub(bytes);
    }

    /// Reads up to the end of the value; how many bytes it took.
    pub(crate) fn read(&mut self, text: &str, sink: &mut (impl Sink + ?Sized)) -> Result<usize, JsonError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let room = self.limits.bytes.saturating_sub(self.consumed);
        let allowed = if text.len() > room { text.floor_char_boundary(room) } else { text.len() };
        match self.run(text.get(..allowed).unwrap_or_default(), sink) {
            Ok(taken) => {
                self.count(taken)?;
                // Nothing of the value itself may lie beyond the limit.
                if allowed < text.len() && taken == allowed && self.state != State::Done {
                    return self.fail(self.too_long());
                }
                Ok(taken)
            }
            Err(error) => self.fail(error),
        }
    }

    /// Counts bytes that were read.
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

    /// That something else had to stand at `at` in this push.
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

    /// The first byte of a value. That of a number is held with the rest of it, by the caller's next turn.
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
                    self.held.push(char::from(byte));
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

    /// A value has ended.
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
