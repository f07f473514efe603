//! The parser's methods for strings, keys and numbers.
//!
//! Invariant: a character or a number is emitted only once it is final.

use super::parser::{Parser, State};
use super::scan::{Number, is_in_range};
use super::{Fault, JsonError, Sink};
use crate::text::escape::plain_length;

impl Parser {
    /// Parses the next part of a string or key; returns the position after it.
    pub(super) fn text(
        &mut self,
        text: &str,
        from: usize,
        sink: &mut (impl Sink + ?Sized),
    ) -> Result<usize, JsonError> {
        let rest = text.get(from..).unwrap_or_default();
        let length = plain_length(rest.as_bytes());
        let plain = rest.get(..length).unwrap_or_default();
        let stop = rest.as_bytes().get(length);
        // The second half can only be an escape that follows directly.
        if self.half != 0 && (length > 0 || stop == Some(&b'"')) {
            self.half = 0;
            self.emit("\u{fffd}", sink);
        }
        if self.in_key && stop == Some(&b'"') && self.partial.is_empty() {
            sink.key(plain);
        } else if length > 0 {
            self.emit(plain, sink);
        }
        match stop {
            None => return Ok(text.len()),
            Some(b'\\') => self.state = State::Escape,
            Some(b'"') if self.in_key => {
                if !self.partial.is_empty() {
                    sink.key(&self.partial);
                    self.partial.clear();
                }
                self.state = State::Colon;
            }
            Some(b'"') => {
                sink.string_end();
                self.end();
            }
            Some(_) => return Err(self.expected(text, from + length, "an escape instead of a control character")),
        }
        Ok(from + length + 1)
    }

    /// Emits text of a string, or buffers text of a key.
    fn emit(&mut self, more: &str, sink: &mut (impl Sink + ?Sized)) {
        if self.in_key {
            self.partial.push_str(more);
        } else {
            sink.text(more);
        }
    }

    /// Parses the character after a backslash; `None` if it is invalid.
    pub(super) fn escape(&mut self, byte: u8, sink: &mut (impl Sink + ?Sized)) -> Option<()> {
        let character = match byte {
            b'"' => "\"",
            b'\\' => "\\",
            b'/' => "/",
            b'b' => "\u{8}",
            b'f' => "\u{c}",
            b'n' => "\n",
            b'r' => "\r",
            b't' => "\t",
            b'u' => {
                self.state = State::Hex(0, 0);
                return Some(());
            }
            _ => return None,
        };
        if core::mem::take(&mut self.half) != 0 {
            self.emit("\u{fffd}", sink);
        }
        self.emit(character, sink);
        self.state = State::Text;
        Some(())
    }

    /// Parses a digit of `\u`.
    pub(super) fn hex(&mut self, count: u8, code: u16, sink: &mut (impl Sink + ?Sized)) {
        if count < 4 {
            self.state = State::Hex(count, code);
            return;
        }
        self.state = State::Text;
        let half = core::mem::take(&mut self.half);
        let mut buffer = [0; 4];
        if half != 0 {
            if let Some(Ok(character)) = char::decode_utf16([half, code]).next() {
                return self.emit(character.encode_utf8(&mut buffer), sink);
            }
            self.emit("\u{fffd}", sink);
        }
        match char::from_u32(code.into()) {
            Some(character) => self.emit(character.encode_utf8(&mut buffer), sink),
            None if code < 0xdc00 => self.half = code,
            None => self.emit("\u{fffd}", sink),
        }
    }

    /// Parses the next part of a number; returns the position after it.
    pub(super) fn number(
        &mut self,
        mut number: Number,
        text: &str,
        from: usize,
        sink: &mut (impl Sink + ?Sized),
    ) -> Result<usize, JsonError> {
        let mut at = from;
        while let Some(&byte) = text.as_bytes().get(at) {
            let Some(next) = number.next(byte) else {
                if !number.is_complete() {
                    return Err(self.expected(text, at, "a digit"));
                }
                if number == Number::Zero && byte.is_ascii_digit() {
                    return Err(self.expected(text, at, "no digit after a leading zero"));
                }
                // The number is emitted before an error about the text after it.
                self.consumed += at;
                let ended = self.number_end(text.get(from..at).unwrap_or_default(), sink);
                self.consumed -= at;
                return ended.map(|()| at);
            };
            number = next;
            at += 1;
        }
        self.partial.push_str(text.get(from..).unwrap_or_default());
        self.state = State::Number(number);
        Ok(at)
    }

    /// Ends a number before the next byte.
    pub(super) fn number_end(&mut self, rest: &str, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        self.partial.push_str(rest);
        if !is_in_range(&self.partial) {
            return Err(JsonError { offset: self.skipped + self.consumed - self.partial.len(), fault: Fault::Range });
        }
        sink.number(&self.partial);
        self.partial.clear();
        self.end();
        Ok(())
    }
}
