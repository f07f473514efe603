//! What a parser tells, written down for another language: codes, and one text.
//!
//! Law: as few bytes as say it. Lengths count UTF-16 code units, since JavaScript cuts strings by them.

use super::{Literal, Sink};
use crate::prelude::*;

/// An object opens at the current position.
pub const OBJECT: u32 = 0;
/// An array opens at the current position.
pub const ARRAY: u32 = 1;
/// The name of the next member; its length follows.
pub const KEY: u32 = 2;
/// A string stands at the current position, empty.
pub const STRING: u32 = 3;
/// More of that string.
pub const TEXT: u32 = 4;
/// The string is complete.
pub const STRING_END: u32 = 5;
/// A number, as it was written.
pub const NUMBER: u32 = 6;
/// `null`
pub const NULL: u32 = 7;
/// `true`
pub const TRUE: u32 = 8;
/// `false`
pub const FALSE: u32 = 9;
/// The innermost container closes.
pub const CLOSE: u32 = 10;

/// A code's kind.
const KIND_MASK: u32 = 0xf;
/// The longest piece that a code tells the length of.
const MAX_LENGTH: u32 = u32::MAX >> 4;

/// Records operations. A code is its kind, one of this module's constants, and its length shifted left by four. The pieces of text
/// that keys, texts and numbers have stand one after the other in `text`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ops {
    codes: Vec<u32>,
    text: String,
}

impl Ops {
    /// What was recorded since the last time.
    pub fn take(&mut self) -> (Vec<u32>, String) {
        (core::mem::take(&mut self.codes), core::mem::take(&mut self.text))
    }

    /// The codes since the last time.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The pieces of text since the last time.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Forgets what was recorded, as [`Ops::take`] does, and keeps the room.
    pub fn clear(&mut self) {
        self.codes.clear();
        self.text.clear();
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    fn piece(&mut self, kind: u32, piece: &str) {
        // What a parser reads by default has no longer piece.
        let length = units(piece).min(MAX_LENGTH);
        self.text.push_str(piece);
        self.codes.push(kind | (length << 4));
    }
}

/// The length in UTF-16 code units.
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
        // Two texts in a row are of the same string.
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
