//! The identity of a row: a hash of its `custom_id`, and one of its content.
//!
//! Invariant: keys are part of the log's format. The same row has the same key on every machine and in every version.

use core::fmt;

use crate::prelude::*;

/// The length of a key in a log: 24 hexadecimal digits.
pub(super) const KEY_LENGTH: usize = 24;
/// Odd numbers without a pattern: the fractional parts of the square roots of 2, 3 and 5.
const MULTIPLIERS: [u64; 3] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b];

/// The identity of a row. Two of a million different `custom_id`s have the same hash with a probability of 3·10⁻⁸; they are then reported as
/// duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The hash of the `custom_id`.
    pub id: u64,
    /// The hash of the line and of the template. It differs if the row was changed.
    pub content: u32,
}

impl RowKey {
    /// Returns the key of a row. `seed`: the hash of the template.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash")]
    pub(super) fn new(custom_id: &str, line: &str, seed: u64) -> Self {
        Self { id: hash(0, custom_id.as_bytes()), content: hash(seed, line.as_bytes()) as u32 }
    }

    /// A number whose sum over many rows differs if a row was added, removed or changed, or if two rows have exchanged their names.
    #[expect(clippy::cast_possible_truncation, reason = "half of a hash")]
    pub fn checksum(self) -> u32 {
        hash(u64::from(self.content), &self.id.to_le_bytes()) as u32
    }

    /// Parses the digits of a key, as a log line has them.
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let (id, content) = core::str::from_utf8(digits).ok()?.split_at_checked(16)?;
        let is_lower = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (is_lower && digits.len() == KEY_LENGTH).then_some(())?;
        Some(Self { id: u64::from_str_radix(id, 16).ok()?, content: u32::from_str_radix(content, 16).ok()? })
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:08x}", self.id, self.content)
    }
}

/// Hashes bytes, 16 at a time. Not for keys that an attacker chooses: a collision is reported, and does no harm.
pub(super) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let [first, second, last] = MULTIPLIERS;
    let mut state = mix(seed ^ first, second);
    let mut chunks = bytes.chunks_exact(16);
    for chunk in &mut chunks {
        state = absorb(state, chunk);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let padded: Vec<u8> = rest.iter().copied().chain(core::iter::repeat(0)).take(16).collect();
        state = absorb(state, &padded);
    }
    mix(mix(state ^ bytes.len() as u64, last), first)
}

fn absorb(state: u64, chunk: &[u8]) -> u64 {
    let word = |bytes: Option<&[u8]>| {
        let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        u64::from_le_bytes(bytes.unwrap_or_default())
    };
    let [first, second, last] = MULTIPLIERS;
    let mixed = mix(word(chunk.get(..8)) ^ state ^ first, word(chunk.get(8..)) ^ second);
    mixed ^ state.rotate_left(29).wrapping_mul(last)
}

/// Both halves of a product of 128 bits.
#[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stable_and_readable() {
        let key = RowKey::new("row-1", "{}", 0);
        let text = key.to_string();
        assert_eq!(text, "8496583143b92220349e1a75", "a changed hash makes every log unreadable");
        assert_eq!(RowKey::parse(text.as_bytes()), Some(key));
        assert_eq!(RowKey::parse(b"2D1C"), None);
        assert_eq!(RowKey::parse(text.to_uppercase().as_bytes()), None);
    }

    #[test]
    fn hashes_differ_for_similar_texts() {
        let mut seen: Vec<u64> = (0..200_000).map(|n| hash(0, format!("row-{n}").as_bytes())).collect();
        seen.extend((0..64).map(|length| hash(0, &vec![0; length])));
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
        // The bits of a hash are even: each is set in about half of the hashes.
        for bit in 0..64 {
            let set = seen.iter().filter(|hash| **hash >> bit & 1 == 1).count();
            assert!((90_000..110_000).contains(&set), "bit {bit} is set in {set}");
        }
    }
}
