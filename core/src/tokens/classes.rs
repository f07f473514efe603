//! The classes of characters that the pattern of o200k distinguishes.
//!
//! Invariant: the classes are those of Unicode 16, as in tiktoken and openai-harmony. They don't depend on the version of Rust.

mod runs;

use crate::prelude::*;

/// Code points in a block.
const BLOCK: usize = 128;
/// Number of code points.
const CODE_POINTS: usize = 0x11_0000;

/// A class of characters, or the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Punctuation, symbols, control characters and unassigned code points.
    Other,
    /// Letters in upper and title case.
    Upper,
    /// Letters in lower case.
    Lower,
    /// Letters without case, and modifier letters.
    Uncased,
    /// Combining marks.
    Mark,
    /// Digits and other numbers.
    Number,
    /// White space other than line breaks.
    Space,
    /// `\r` and `\n`.
    Newline,
    /// The end of the text.
    End,
}

impl Class {
    fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Upper,
            2 => Self::Lower,
            3 => Self::Uncased,
            4 => Self::Mark,
            5 => Self::Number,
            6 => Self::Space,
            7 => Self::Newline,
            _ => Self::Other,
        }
    }
}

/// The class of each code point, in blocks that equal stretches share.
pub(super) struct Classes {
    ascii: [Class; 128],
    /// Start of each block in `members`.
    blocks: Vec<u32>,
    members: Vec<Class>,
}

impl Classes {
    /// Expands the runs: 60 KB.
    pub(super) fn new() -> Self {
        let mut blocks = Vec::with_capacity(CODE_POINTS / BLOCK);
        let mut members: Vec<Class> = Vec::new();
        // Starts of the blocks with a single class, by class.
        let mut uniform = [None; 8];
        let mut runs = runs::RUNS.iter().map(|run| (run >> 3, run & 7));
        let (mut left, mut number) = (0, 0);
        while blocks.len() < CODE_POINTS / BLOCK {
            let start = u32::try_from(members.len()).unwrap_or_default();
            if left >= 128 {
                left -= 128;
                let Some(shared) = uniform.get_mut(number as usize) else { break };
                if shared.is_none() {
                    members.resize(members.len() + BLOCK, Class::from_number(number));
                }
                blocks.push(*shared.get_or_insert(start));
                continue;
            }
            for _ in 0..BLOCK {
                while left == 0 {
                    (left, number) = runs.next().unwrap_or((u32::MAX, 0));
                }
                left -= 1;
                members.push(Class::from_number(number));
            }
            blocks.push(start);
        }
        let mut ascii = [Class::Other; 128];
        for (ascii, class) in ascii.iter_mut().zip(&members) {
            *ascii = *class;
        }
        Self { ascii, blocks, members }
    }

    /// The class of the character that begins at this byte, and its length in bytes; 0 at the end.
    #[inline]
    pub(super) fn at(&self, text: &[u8], at: usize) -> (Class, usize) {
        match text.get(at) {
            None => (Class::End, 0),
            Some(&byte) => match self.ascii.get(usize::from(byte)) {
                Some(&class) => (class, 1),
                None => self.decode(text, at, byte),
            },
        }
    }

    fn decode(&self, text: &[u8], at: usize, lead: u8) -> (Class, usize) {
        let next = |offset: usize| u32::from(text.get(at + offset).copied().unwrap_or_default() & 0x3F);
        let lead = u32::from(lead);
        let (code, length) = match lead {
            0..0xE0 => ((lead & 0x1F) << 6 | next(1), 2),
            0xE0..0xF0 => ((lead & 0x0F) << 12 | next(1) << 6 | next(2), 3),
            _ => ((lead & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4),
        };
        let code = code as usize;
        let block = self.blocks.get(code / BLOCK).copied().unwrap_or_default() as usize;
        (self.members.get(block + code % BLOCK).copied().unwrap_or(Class::Other), length)
    }
}
