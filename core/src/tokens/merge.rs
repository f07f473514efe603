//! Encodes text: the tokens of each piece.
//!
//! Invariant: the tokens are those of byte pair encoding, which merges the pair of lowest rank first and, of equal pairs, the leftmost.
//!
//! The merges are not performed. Tokens are those of byte pair encoding if and only if this holds for every two neighbours alone, which
//! [`Encoder::stay_apart`] decides from the vocabulary. So the encoder takes the longest token that stays apart from the one before, and goes
//! back if none does. Positions that lead nowhere are marked, so each position fails at most once and the time is linear. The method is that of
//! the crate `bpe` (<https://github.com/github/rust-gems/tree/main/crates/bpe>), which has the proof.

use core::ops::Range;

use crate::prelude::*;

use super::classes::Classes;
use super::pairs::{MAX_LENGTH, SINGLES_END};
use super::split::piece_end;
use super::tables::{NONE, Tables, hash};

/// Elements of each memo, a power of 2: 128 KB.
const MEMO: usize = 1 << 12;
/// The shortest text for which memos are worth their allocation, in bytes.
const MEMO_TEXT: usize = 8192;
/// The longest piece in the memo of short pieces and in that of long ones, in bytes.
const SHORT_PIECE: usize = 15;
const LONG_PIECE: usize = 96;

/// The state of encoding one text.
pub(super) struct Encoder<'a> {
    classes: &'a Classes,
    tables: &'a Tables,
    text: &'a [u8],
    /// The tokens of the current piece.
    tokens: Vec<u32>,
    /// A bit for each position in the piece from which it can't be completed.
    dead: Vec<u64>,
    /// Earlier pieces by their hash; both are empty for short texts. The short ones are compared without reading the text or the vocabulary.
    short: Vec<(u128, Encoded)>,
    /// Earlier pieces of more than one token, as ranges of the text.
    long: Vec<(usize, usize, Encoded)>,
}

/// The encoding of an earlier piece.
#[derive(Clone, Copy, Default)]
struct Encoded {
    count: u32,
    /// The token if there is one, or else where the tokens are in the output.
    token_or_start: usize,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(classes: &'a Classes, tables: &'a Tables, text: &'a str) -> Self {
        let elements = if text.len() < MEMO_TEXT { 0 } else { MEMO };
        let (short, long) = (vec![Default::default(); elements], vec![Default::default(); elements]);
        Self { classes, tables, text: text.as_bytes(), tokens: Vec::new(), dead: Vec::new(), short, long }
    }

    /// Returns the number of tokens of a part of the text, or `None` if it exceeds the limit.
    pub(super) fn count(&mut self, part: Range<usize>, limit: usize) -> Option<usize> {
        let text = self.text.get(..part.end).unwrap_or_default();
        let (mut start, mut count) = (part.start, 0usize);
        while let (end, Some(piece)) = self.piece(text, start) {
            count += self.encode_piece(piece, start, 0).count as usize;
            if count > limit {
                return None;
            }
            start = end;
        }
        Some(count)
    }

    /// Appends the tokens of a part of the text. `output` must be the same for all parts.
    pub(super) fn encode(&mut self, part: Range<usize>, output: &mut Vec<u32>) {
        let text = self.text.get(..part.end).unwrap_or_default();
        let mut start = part.start;
        while let (end, Some(piece)) = self.piece(text, start) {
            let Encoded { count, token_or_start } = self.encode_piece(piece, start, output.len());
            if count == 1 {
                output.push(u32::try_from(token_or_start).unwrap_or(NONE));
            } else if token_or_start == output.len() {
                output.extend_from_slice(&self.tokens);
            } else {
                output.extend_from_within(token_or_start..token_or_start + count as usize);
            }
            start = end;
        }
    }

    /// Encodes the piece at `start`. If it has several tokens and is not in a memo, they are in `self.tokens`, and will begin at `output`.
    #[inline]
    fn encode_piece(&mut self, piece: &[u8], start: usize, output: usize) -> Encoded {
        if self.short.is_empty() || piece.len() > SHORT_PIECE {
            return self.encode_long(piece, start, output);
        }
        let key = self.short_key(piece, start);
        let index = short_index(key);
        if let Some((known, encoded)) = self.short.get(index)
            && *known == key
        {
            return *encoded;
        }
        let encoded = self.encode_new(piece, hash(piece), output);
        if let Some(element) = self.short.get_mut(index) {
            *element = (key, encoded);
        }
        encoded
    }

    fn encode_long(&mut self, piece: &[u8], start: usize, output: usize) -> Encoded {
        let hash = hash(piece);
        // The highest bits select the slot of the vocabulary.
        let index = (hash >> 16) as usize & (MEMO - 1);
        if let Some(&(known, length, encoded)) = self.long.get(index)
            && self.text.get(known..known + length) == Some(piece)
        {
            return encoded;
        }
        let encoded = self.encode_new(piece, hash, output);
        if piece.len() <= LONG_PIECE
            && let Some(element) = self.long.get_mut(index)
        {
            *element = (start, piece.len(), encoded);
        }
        encoded
    }

    fn encode_new(&mut self, piece: &[u8], hash: u64, output: usize) -> Encoded {
        let token = self.tables.token_with_hash(piece, hash);
        if token != NONE {
            return Encoded { count: 1, token_or_start: token as usize };
        }
        self.merge(piece);
        match *self.tokens {
            [token] => Encoded { count: 1, token_or_start: token as usize },
            _ => Encoded { count: u32::try_from(self.tokens.len()).unwrap_or(u32::MAX), token_or_start: output },
        }
    }

    /// A number that only this piece has: its bytes, and its length in the highest byte.
    #[inline]
    fn short_key(&self, piece: &[u8], start: usize) -> u128 {
        let bytes = match self.text.get(start..).and_then(|text| text.first_chunk::<16>()) {
            Some(window) => u128::from_le_bytes(*window),
            None => piece.iter().rev().fold(0, |bytes, byte| bytes << 8 | u128::from(*byte)),
        };
        let length = piece.len();
        bytes & ((1 << (8 * length)) - 1) | (length as u128) << 120
    }

    /// The piece that begins at `start` and its end; `None` at the end of the text.
    #[inline]
    fn piece(&self, text: &'a [u8], start: usize) -> (usize, Option<&'a [u8]>) {
        let end = piece_end(self.classes, text, start);
        (end, text.get(start..end).filter(|piece| !piece.is_empty()))
    }

    /// Sets `tokens` to those of a piece.
    fn merge(&mut self, piece: &[u8]) {
        self.tokens.clear();
        self.dead.clear();
        self.dead.resize(piece.len() / 64 + 1, 0);
        let mut start = 0;
        let mut most = MAX_LENGTH;
        while start < piece.len() {
            let rest = piece.get(start..).unwrap_or_default();
            if let Some((token, length)) = self.next_token(rest, start, most) {
                self.tokens.push(token);
                start += length;
                most = MAX_LENGTH;
            } else if let Some(last) = self.tokens.pop() {
                // Go back, and take a shorter token in place of the last.
                if let Some(bits) = self.dead.get_mut(start / 64) {
                    *bits |= 1 << (start % 64);
                }
                let length = self.tables.bytes_of(last).map_or(0, <[u8]>::len);
                start -= length;
                most = length - 1;
            } else {
                // Only a vocabulary in which a token is not the encoding of its bytes has pieces without an encoding.
                let single = rest.get(..1).unwrap_or_default();
                self.tokens.push(self.tables.token(single));
                start += 1;
                most = MAX_LENGTH;
            }
        }
    }

    /// The longest token of at most `most` bytes that stays apart from the last one and leads to a position that isn't dead.
    #[inline]
    fn next_token(&self, rest: &[u8], start: usize, mut most: usize) -> Option<(u32, usize)> {
        while most > 0 {
            let (token, length) = self.tables.longest(rest, most);
            let end = start + length;
            let is_dead = self.dead.get(end / 64).is_some_and(|bits| bits >> (end % 64) & 1 == 1);
            if !is_dead && self.tokens.last().is_none_or(|&last| self.stay_apart(last, token)) {
                return Some((token, length));
            }
            most = length.saturating_sub(1);
        }
        None
    }

    /// Whether two neighbours are the encoding of their bytes.
    ///
    /// Undoes the merges of both in the reverse order of their ranks. At each step the two parts at the border may merge with each other,
    /// unless the merge that was undone last came before: if it lies on the left, also at the same rank.
    #[inline]
    fn stay_apart(&self, mut left: u32, mut right: u32) -> bool {
        let mut limit = NONE;
        loop {
            if self.tables.merged(left, right) < limit {
                return false;
            }
            if left.max(right) < SINGLES_END {
                return true;
            }
            if left > right {
                limit = left;
                [_, left] = self.tables.halves(left);
            } else {
                limit = right + 1;
                [right, _] = self.tables.halves(right);
            }
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "bits of a hash")]
fn short_index(key: u128) -> usize {
    let hash = key as u64 ^ ((key >> 64) as u64).rotate_left(29);
    (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize & (MEMO - 1)
}
