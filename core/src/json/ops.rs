//! Recording of parse events for another language, as codes and one text.
//!
//! Invariant: lengths count UTF-16 code units, because JavaScript slices strings by them. `typescript/src` has the reader.

use super::{Literal, Sink};
use crate::prelude::*;

/// An object starts.
pub const OBJECT: u32 = 0;
/// An array starts.
pub const ARRAY: u32 = 1;
/// The name of the next member, with its length.
pub const KEY: u32 = 2;
/// A string starts, empty.
pub const STRING: u32 = 3;
/// Text to append to the string, with its length.
pub const TEXT: u32 = 4;
/// The string ends.
pub const STRING_END: u32 = 5;
/// A number as written, with its length.
pub const NUMBER: u32 = 6;
/// `null`
pub const NULL: u32 = 7;
/// `true`
pub const TRUE: u32 = 8;
/// `false`
pub const FALSE: u32 = 9;
/// The innermost container ends.
pub const CLOSE: u32 = 10;

/// The bits of a code that contain its kind.
const KIND_MASK: u32 = 0xf;
/// Maximum length in a code.
const MAX_LENGTH: u32 = u32::MAX >> 4;

/// Records parse events. A code is one of this module's constants, plus a length shifted left by four bits. The texts of keys, strings
/// and numbers are concatenated in `text`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ops {
    codes: Vec<u32>,
    text: String,
}

impl Ops {
    /// Takes the codes and the text recorded since the last call.
    pub fn take(&mut self) -> (Vec<u32>, String) {
        (core::mem::take(&mut self.codes), core::mem::take(&mut self.text))
    }

    /// Returns the text recorded so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Clears the recording and keeps its capacity.
    pub fn clear(&mut self) {
        self.codes.clear();
        self.text.clear();
    }

    /// Returns whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    fn piece(&mut self, kind: u32, piece: &str) {
        // Longer pieces exceed the parser's default limit.
        let length = units(piece).min(MAX_LENGTH);
        self.text.push_str(piece);
        self.codes.push(kind | (length << 4));
    }
}

/// Returns the length in UTF-16 code units.
pub(crate) fn units(text: &str) -> u32 {
    text.bytes().map(|byte| u32::from(byte & 0xc0 != 0x80) + u32::from(byte >= 0xf0)).sum()
}

impl Sink for Ops {
    fn object(&mut self) {
        self.codes.push(OBJECT);
    }

    fn array(&mut self) {
        self.codes.push(ARRAY);
    }

    fn key(&mut self, name: &str) {
        self.piece(KEY, name);
    }

    fn string(&mut self) {
        self.codes.push(STRING);
    }

    fn text(&mut self, more: &str) {
        // Consecutive texts belong to the same string.
        if let Some(last) = self.codes.last_mut()
            && *last & KIND_MASK == TEXT
            && let Some(length) = units(more).checked_mul(1 << 4)
            && let Some(sum) = last.checked_add(length)
        {
            *last = sum;
            self.text.push_str(more);
        } else {
            self.piece(TEXT, more);
        }
    }

    fn string_end(&mut self) {
        self.codes.push(STRING_END);
    }

    fn number(&mut self, text: &str) {
        self.piece(NUMBER, text);
    }

    fn literal(&mut self, literal: Literal) {
        self.codes.push(match literal {
            Literal::Null => NULL,
            Literal::True => TRUE,
            Literal::False => FALSE,
        });
    }

    fn close(&mut self) {
        self.codes.push(CLOSE);
    }
}
