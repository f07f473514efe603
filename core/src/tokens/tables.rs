//! Indexes of the tokens: by their bytes, by their halves, and by the lengths that tokens with the same beginning have.
//!
//! Invariant: a lookup returns exactly what the vocabulary contains; hashes only select candidates, which are compared.

use crate::prelude::*;

use super::pairs::{MAX_LENGTH, Pairs, SINGLES_END};

/// No token.
pub(super) const NONE: u32 = u32::MAX;

/// Slots of a table, as a power of 2: at most 200,000 of 524,288 are used.
const SLOT_BITS: u32 = 19;
/// Bits of a slot that hold a token plus 1; the others hold bits of the hash.
const TOKEN_BITS: u32 = 18;
const TOKEN_MASK: u32 = (1 << TOKEN_BITS) - 1;
/// An odd constant with well distributed bits: 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// An index of tokens by a hash, with open addressing: 2 MB.
struct Slots(Vec<u32>);

impl Slots {
    fn new() -> Self {
        Self(vec![0; 1 << SLOT_BITS])
    }

    fn insert(&mut self, hash: u64, token: u32) {
        let mut index = (hash >> (64 - SLOT_BITS)) as usize;
        while let Some(slot) = self.0.get_mut(index) {
            if *slot == 0 {
                *slot = tag(hash) | (token + 1);
                return;
            }
            index = (index + 1) & ((1 << SLOT_BITS) - 1);
        }
    }

    /// The token with this hash for which `is_it` holds.
    #[inline]
    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> u32 {
        let tag = tag(hash);
        let mut index = (hash >> (64 - SLOT_BITS)) as usize;
        loop {
            let slot = self.0.get(index).copied().unwrap_or_default();
            if slot == 0 {
                return NONE;
            }
            if slot & !TOKEN_MASK == tag && is_it((slot & TOKEN_MASK) - 1) {
                return (slot & TOKEN_MASK) - 1;
            }
            index = (index + 1) & ((1 << SLOT_BITS) - 1);
        }
    }
}

/// Bits of the hash that don't select the slot.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "bits of a hash")]
fn tag(hash: u64) -> u32 {
    (hash >> 8) as u32 & !TOKEN_MASK
}

/// The tokens and their indexes.
pub(super) struct Tables {
    pairs: Pairs,
    by_bytes: Slots,
    by_halves: Slots,
    /// A bit for each hash of halves that may be in `by_halves`. Most lookups find nothing, and 256 KB stay in a cache where 2 MB don't.
    known_halves: Vec<u64>,
    /// The tokens of two bytes, by their bytes.
    two: Vec<u32>,
    /// The lengths 3 to 6 of the tokens with the same first 3 bytes, as bit `length - 3`, and [`LONGER`]. Beginnings with the same hash share
    /// an element.
    short: Vec<u8>,
    /// The lengths 7 to 16 with the same first 6 bytes, as bit `length - 7`, and [`EVEN_LONGER`].
    medium: Vec<u16>,
    /// The lengths 17 to 128 with the same first 16 bytes, as bit `length - 17`.
    long: Vec<u128>,
}

/// In `short`: tokens of more than 6 bytes begin so.
const LONGER: u8 = 1 << 7;
/// In `medium`: tokens of more than 16 bytes begin so.
const EVEN_LONGER: u16 = 1 << 15;
/// Bits of a hash that select a bit of `known_halves`.
const KNOWN_BITS: u32 = 21;

impl Tables {
    pub(super) fn new(pairs: Pairs) -> Self {
        let mut tables = Self {
            pairs,
            by_bytes: Slots::new(),
            by_halves: Slots::new(),
            known_halves: vec![0; 1 << (KNOWN_BITS - 6)],
            two: vec![NONE; 1 << 16],
            short: vec![0; 1 << SHORT_BITS],
            medium: vec![0; 1 << MEDIUM_BITS],
            long: vec![0; 1 << LONG_BITS],
        };
        for (token, &[left, right]) in (0..).zip(&tables.pairs.halves) {
            if token >= SINGLES_END {
                let hash = hash_pair(left, right);
                tables.by_halves.insert(hash, token);
                let bit = known_bit(hash);
                if let Some(bits) = tables.known_halves.get_mut(bit / 64) {
                    *bits |= 1 << (bit % 64);
                }
            }
            let bytes = tables.pairs.bytes_of(token).unwrap_or_default();
            tables.by_bytes.insert(hash(bytes), token);
            if let &[first, second] = bytes
                && let Some(two) = tables.two.get_mut(usize::from(u16::from_le_bytes([first, second])))
            {
                *two = token;
            }
            let length = bytes.len();
            if let Some(lengths) = short_slot(bytes).and_then(|slot| tables.short.get_mut(slot)) {
                *lengths |= if length > 6 { LONGER } else { 1 << (length - 3) };
            }
            if length > 6
                && let Some(lengths) = medium_slot(bytes).and_then(|slot| tables.medium.get_mut(slot))
            {
                *lengths |= if length > 16 { EVEN_LONGER } else { 1 << (length - 7) };
            }
            if length > 16
                && let Some(lengths) = long_slot(bytes).and_then(|slot| tables.long.get_mut(slot))
            {
                *lengths |= 1 << (length - 17);
            }
        }
        tables
    }

    /// The bytes of a token that is not special.
    #[inline]
    pub(super) fn bytes_of(&self, token: u32) -> Option<&[u8]> {
        self.pairs.bytes_of(token)
    }

    /// The two tokens that merge into this one; a single byte twice.
    #[inline]
    pub(super) fn halves(&self, token: u32) -> [u32; 2] {
        self.pairs.halves.get(token as usize).copied().unwrap_or_default()
    }

    /// The token with these bytes, or `NONE`.
    #[inline]
    pub(super) fn token(&self, bytes: &[u8]) -> u32 {
        self.token_with_hash(bytes, hash(bytes))
    }

    /// The same for bytes whose [`hash`] is known.
    #[inline]
    pub(super) fn token_with_hash(&self, bytes: &[u8], hash: u64) -> u32 {
        self.by_bytes.find(hash, |token| self.bytes_of(token) == Some(bytes))
    }

    /// The token into which two tokens merge, or `NONE`.
    #[inline]
    pub(super) fn merged(&self, left: u32, right: u32) -> u32 {
        let hash = hash_pair(left, right);
        let bit = known_bit(hash);
        if self.known_halves.get(bit / 64).is_none_or(|bits| bits >> (bit % 64) & 1 == 0) {
            return NONE;
        }
        self.by_halves.find(hash, |token| self.halves(token) == [left, right])
    }

    /// The longest token of at most `most` bytes with which a text begins, and its length; `NONE` and 0 if the text is empty.
    #[inline]
    pub(super) fn longest(&self, text: &[u8], most: usize) -> (u32, usize) {
        let most = most.min(text.len()).min(MAX_LENGTH);
        let text = text.get(..most).unwrap_or_default();
        let mut lengths = short_slot(text).and_then(|slot| self.short.get(slot)).copied().unwrap_or_default();
        if lengths & LONGER != 0
            && let Some(found) = self.longest_above_6(text)
        {
            return found;
        }
        lengths &= !LONGER;
        if let Some(found) = self.try_lengths(text, u128::from(lengths), 3) {
            return found;
        }
        match *text {
            [] => (NONE, 0),
            [first, second, ..] if self.token_of_two(first, second) != NONE => (self.token_of_two(first, second), 2),
            [first, ..] => (self.token(&[first]), 1),
        }
    }

    fn longest_above_6(&self, text: &[u8]) -> Option<(u32, usize)> {
        let lengths = *self.medium.get(medium_slot(text)?)?;
        if lengths & EVEN_LONGER != 0
            && let Some(lengths) = long_slot(text).and_then(|slot| self.long.get(slot))
            && let Some(found) = self.try_lengths(text, *lengths, 17)
        {
            return Some(found);
        }
        self.try_lengths(text, u128::from(lengths & !EVEN_LONGER), 7)
    }

    /// The longest token with which a text begins, of the lengths whose bits are set: bit 0 is the length `first`.
    #[inline]
    fn try_lengths(&self, text: &[u8], mut lengths: u128, first: usize) -> Option<(u32, usize)> {
        while lengths != 0 {
            let bit = 127 - lengths.leading_zeros() as usize;
            if let Some(bytes) = text.get(..first + bit) {
                let token = self.token(bytes);
                if token != NONE {
                    return Some((token, first + bit));
                }
            }
            lengths &= !(1 << bit);
        }
        None
    }

    #[inline]
    fn token_of_two(&self, first: u8, second: u8) -> u32 {
        self.two.get(usize::from(u16::from_le_bytes([first, second]))).copied().unwrap_or(NONE)
    }
}

impl Pairs {
    #[inline]
    fn bytes_of(&self, token: u32) -> Option<&[u8]> {
        let token = token as usize;
        let (start, end) = (self.starts.get(token)?, self.starts.get(token + 1)?);
        self.bytes.get(*start as usize..*end as usize)
    }
}

/// A hash of bytes, of which the highest bits are the best.
#[inline]
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        hash = (hash ^ u64::from_le_bytes(*eight)).wrapping_mul(MULTIPLIER);
        hash ^= hash >> 29;
        rest = after;
    }
    // Up to 7 bytes, in at most 3 reads.
    let mut last = 0;
    if let Some((four, after)) = rest.split_first_chunk::<4>() {
        last = u64::from(u32::from_le_bytes(*four));
        rest = after;
    }
    if let Some((two, after)) = rest.split_first_chunk::<2>() {
        last = last << 16 | u64::from(u16::from_le_bytes(*two));
        rest = after;
    }
    if let Some(byte) = rest.first() {
        last = last << 8 | u64::from(*byte);
    }
    hash = (hash ^ last).wrapping_mul(MULTIPLIER);
    (hash ^ hash >> 32).wrapping_mul(MULTIPLIER)
}

#[inline]
fn hash_pair(left: u32, right: u32) -> u64 {
    let hash = (u64::from(left) << 32 | u64::from(right)).wrapping_mul(MULTIPLIER);
    (hash ^ hash >> 32).wrapping_mul(MULTIPLIER)
}

#[inline]
fn known_bit(hash: u64) -> usize {
    (hash >> (64 - KNOWN_BITS)) as usize
}

/// Elements of the tables of lengths, as powers of 2.
const SHORT_BITS: u32 = 16;
const MEDIUM_BITS: u32 = 17;
const LONG_BITS: u32 = 13;

/// The element of `short` for the first 3 bytes; `None` if there are fewer.
#[inline]
fn short_slot(text: &[u8]) -> Option<usize> {
    let &[first, second, third, ..] = text else { return None };
    Some(slot(u64::from(u32::from_le_bytes([first, second, third, 0])), SHORT_BITS))
}

/// The element of `medium` for the first 6 bytes; `None` if no seventh follows.
#[inline]
fn medium_slot(text: &[u8]) -> Option<usize> {
    let (four, rest) = text.split_first_chunk::<4>()?;
    let (two, rest) = rest.split_first_chunk::<2>()?;
    let bytes = u64::from(u32::from_le_bytes(*four)) << 16 | u64::from(u16::from_le_bytes(*two));
    (!rest.is_empty()).then(|| slot(bytes, MEDIUM_BITS))
}

/// The element of `long` for the first 16 bytes; `None` if no more follow.
#[inline]
fn long_slot(text: &[u8]) -> Option<usize> {
    text.get(..16).filter(|_| text.len() > 16).map(|start| (hash(start) >> (64 - LONG_BITS)) as usize)
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "bits of a hash")]
fn slot(bytes: u64, bits: u32) -> usize {
    (bytes.wrapping_mul(MULTIPLIER) >> (64 - bits)) as usize
}
