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
fn tag(hash: u64) -> u32 {
    (hash >> 8) as u32 & !TOKEN_MASK
}

/// The tokens and their indexes.
pub(super) struct Tables {
    pairs: Pairs,
    by_bytes: Slots,
    by_halves: Slots,
    /// The lengths 3 to 6 of the tokens with the same first 3 bytes: bit `length - 3`. Beginnings with the same hash share an element.
    short: Vec<u8>,
    /// The lengths 7 to 16 with the same first 6 bytes: bit `length - 7`.
    medium: Vec<u16>,
    /// The lengths 17 to 128 with the same first 16 bytes: bit `length - 17`.
    long: Vec<u128>,
}

impl Tables {
    pub(super) fn new(pairs: Pairs) -> Self {
        let mut tables = Self {
            pairs,
            by_bytes: Slots::new(),
            by_halves: Slots::new(),
            short: vec![0; 1 << 16],
            medium: vec![0; 1 << 17],
            long: vec![0; 1 << 13],
        };
        for (token, &[left, right]) in (0..).zip(&tables.pairs.halves) {
            if token >= SINGLES_END {
                tables.by_halves.insert(hash_pair(left, right), token);
            }
            let bytes = tables.pairs.bytes_of(token).unwrap_or_default();
            tables.by_bytes.insert(hash(bytes), token);
            let length = bytes.len();
            if length > 16
                && let Some(lengths) = tables.long.get_mut(slot_of::<16>(bytes, 13))
            {
                *lengths |= 1 << (length - 17);
            } else if length > 6
                && let Some(lengths) = tables.medium.get_mut(slot_of::<6>(bytes, 17))
            {
                *lengths |= 1 << (length - 7);
            } else if length > 2
                && let Some(lengths) = tables.short.get_mut(slot_of::<3>(bytes, 16))
            {
                *lengths |= 1 << (length - 3);
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
        self.by_halves.find(hash_pair(left, right), |token| self.halves(token) == [left, right])
    }

    /// The longest token of at most `most` bytes with which a text begins, and its length; `NONE` and 0 if the text is empty.
    #[inline]
    pub(super) fn longest(&self, text: &[u8], most: usize) -> (u32, usize) {
        let most = most.min(text.len()).min(MAX_LENGTH);
        // The highest bit of `lengths` is the greatest length to try.
        let try_lengths = |mut lengths: u128, first: usize| {
            while lengths != 0 {
                let bit = 127 - lengths.leading_zeros() as usize;
                let token = text.get(..first + bit).map_or(NONE, |bytes| self.token(bytes));
                if token != NONE {
                    return Some((token, first + bit));
                }
                lengths &= !(1 << bit);
            }
            None
        };
        let up_to = |bits: usize| u128::MAX >> (127 - bits);
        if most > 16 {
            let lengths = self.long.get(slot_of::<16>(text, 13)).copied().unwrap_or_default();
            if let Some(found) = try_lengths(lengths & up_to(most - 17), 17) {
                return found;
            }
        }
        if most > 6 {
            let lengths = u128::from(self.medium.get(slot_of::<6>(text, 17)).copied().unwrap_or_default());
            if let Some(found) = try_lengths(lengths & up_to((most - 7).min(15)), 7) {
                return found;
            }
        }
        if most > 2 {
            let lengths = u128::from(self.short.get(slot_of::<3>(text, 16)).copied().unwrap_or_default());
            if let Some(found) = try_lengths(lengths & up_to((most - 3).min(7)), 3) {
                return found;
            }
        }
        try_lengths(up_to(most.min(2)) & 0b110, 0).unwrap_or((NONE, 0))
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

/// The element of a table with `1 << bits` elements for the first `N` bytes.
#[inline]
fn slot_of<const N: usize>(bytes: &[u8], bits: u32) -> usize {
    let hash = bytes.get(..N).map_or(0, hash);
    (hash >> (64 - bits)) as usize
}
