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

/// Elements of the memo, a power of 2.
const MEMO: usize = 1 << 12;
/// The shortest text for which a memo is worth its allocation, in bytes.
const MEMO_TEXT: usize = 4096;
/// The longest piece in the memo, in bytes.
const MEMO_PIECE: usize = 96;

/// The state of encoding one text.
pub(super) struct Encoder<'a> {
    classes: &'a Classes,
    tables: &'a Tables,
    text: &'a [u8],
    /// The tokens of the current piece.
    tokens: Vec<u32>,
    /// A bit for each position in the piece from which it can't be completed.
    dead: Vec<u64>,
    /// Earlier pieces of more than one token, by their hash; empty for short texts.
    memo: Vec<Seen>,
}

/// An earlier piece. `length` 0 is none.
#[derive(Clone, Copy, Default)]
struct Seen {
    start: usize,
    length: usize,
    /// Number of its tokens, and where they are in the output.
    count: usize,
    output: usize,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(classes: &'a Classes, tables: &'a Tables, text: &'a str) -> Self {
        let memo = if text.len() < MEMO_TEXT { Vec::new() } else { vec![Seen::default(); MEMO] };
        Self { classes, tables, text: text.as_bytes(), tokens: Vec::new(), dead: Vec::new(), memo }
    }

    /// Returns the number of tokens of a part of the text, or `None` if it exceeds the limit.
    pub(super) fn count(&mut self, part: Range<usize>, limit: usize) -> Option<usize> {
        let text = self.text.get(..part.end).unwrap_or_default();
        let (mut start, mut count) = (part.start, 0usize);
        while let (end, Some(piece)) = self.piece(text, start) {
            let hash = hash(piece);
            count += if self.tables.token_with_hash(piece, hash) != NONE {
                1
            } else if let Some(seen) = self.seen(piece, hash) {
                seen.count
            } else {
                self.merge(piece);
                self.remember(hash, Seen { start, length: piece.len(), count: self.tokens.len(), output: 0 });
                self.tokens.len()
            };
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
            let hash = hash(piece);
            let token = self.tables.token_with_hash(piece, hash);
            if token != NONE {
                output.push(token);
            } else if let Some(seen) = self.seen(piece, hash) {
                output.extend_from_within(seen.output..seen.output + seen.count);
            } else {
                self.merge(piece);
                let count = self.tokens.len();
                self.remember(hash, Seen { start, length: piece.len(), count, output: output.len() });
                output.extend_from_slice(&self.tokens);
            }
            start = end;
        }
    }

    /// The piece that begins at `start` and its end; `None` at the end of the text.
    #[inline]
    fn piece(&self, text: &'a [u8], start: usize) -> (usize, Option<&'a [u8]>) {
        let end = piece_end(self.classes, text, start);
        (end, text.get(start..end).filter(|piece| !piece.is_empty()))
    }

    #[inline]
    fn seen(&self, piece: &[u8], hash: u64) -> Option<Seen> {
        let seen = *self.memo.get(memo_index(hash))?;
        (self.text.get(seen.start..seen.start + seen.length) == Some(piece)).then_some(seen)
    }

    #[inline]
    fn remember(&mut self, hash: u64, piece: Seen) {
        if piece.length <= MEMO_PIECE
            && let Some(seen) = self.memo.get_mut(memo_index(hash))
        {
            *seen = piece;
        }
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
fn memo_index(hash: u64) -> usize {
    (hash >> 32) as usize & (MEMO - 1)
}
