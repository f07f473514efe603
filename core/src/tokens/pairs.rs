//! The file of the vocabulary: for each token beyond the single bytes, the two tokens that merge into it.
//!
//! Invariant: a token is made of tokens of lower rank, no token is longer than [`MAX_LENGTH`], there are no more than [`MAX_PAIRS`] pairs, and
//! each byte is one token; other data is refused.
//!
//! The format, which `bench/tokens/src/generate.rs` writes: 16 bytes of header; the number of pairs, 4 bytes, little-endian; the 256 single
//! bytes in the order of their ranks; all left halves; all right halves. Halves are stored as planes, which compress better: the first bytes of
//! all, then the second bytes, then the third. A first byte below 0x80 is the number itself; 0x80 to 0xBF begin a number of two bytes, and 0xC0
//! to 0xFF one of three, from which the numbers with fewer bytes are subtracted.

use crate::prelude::*;

/// The greatest length of a token, in bytes.
pub(super) const MAX_LENGTH: usize = 128;
/// Number of the tokens that are single bytes.
const SINGLES: usize = 256;
/// The first token that is not a single byte.
pub(super) const SINGLES_END: u32 = 256;
/// The greatest number of pairs: the next numbers are those of special tokens.
const MAX_PAIRS: usize = 199_742;
const HEADER: &[u8] = b"trilogue pairs 1";
/// The first number of two bytes, and the first of three.
const TWO: u32 = 1 << 7;
const THREE: u32 = TWO + (1 << 14);

/// All tokens, in the order of their ranks.
pub(super) struct Pairs {
    /// The left and the right half of each token; a single byte is its own halves.
    pub(super) halves: Vec<[u32; 2]>,
    /// Where each token begins in `bytes`, and the end of the last.
    pub(super) starts: Vec<u32>,
    pub(super) bytes: Vec<u8>,
}

/// Reads the file; `None` if it is not one.
pub(super) fn read(data: &[u8]) -> Option<Pairs> {
    let data = data.strip_prefix(HEADER)?;
    let (count, data) = data.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    let (singles, data) = data.split_at_checked(SINGLES)?;
    let is_complete = (0..=u8::MAX).all(|byte| singles.contains(&byte));
    if count > MAX_PAIRS || !is_complete {
        return None;
    }
    let (left, data) = read_planes(data, count)?;
    let (right, data) = read_planes(data, count)?;
    if !data.is_empty() {
        return None;
    }
    let mut halves: Vec<[u32; 2]> = (0..256).map(|single| [single, single]).collect();
    halves.extend(left.into_iter().zip(right).map(|(left, right)| [left, right]));
    let mut starts: Vec<u32> = Vec::with_capacity(halves.len() + 1);
    starts.extend(0..=256);
    let mut bytes = Vec::with_capacity(count.saturating_mul(7));
    bytes.extend_from_slice(singles);
    for pair in halves.get(SINGLES..)? {
        for &half in pair {
            // A later half would have no bytes yet, which `get` refuses.
            let start = *starts.get(half as usize)? as usize;
            let end = *starts.get(half as usize + 1)? as usize;
            if end - start > MAX_LENGTH {
                return None;
            }
            bytes.extend_from_within(start..end);
        }
        let end = u32::try_from(bytes.len()).ok()?;
        if (end - starts.last()?) as usize > MAX_LENGTH {
            return None;
        }
        starts.push(end);
    }
    Some(Pairs { halves, starts, bytes })
}

/// Reads `count` numbers, and returns the data after them.
fn read_planes(data: &[u8], count: usize) -> Option<(Vec<u32>, &[u8])> {
    let (firsts, data) = data.split_at_checked(count)?;
    let (mut two, mut three) = (0, 0);
    for first in firsts {
        two += usize::from(*first >= 0x80);
        three += usize::from(*first >= 0xC0);
    }
    let (seconds, data) = data.split_at_checked(two)?;
    let (thirds, data) = data.split_at_checked(three)?;
    let (mut seconds, mut thirds) = (seconds.iter(), thirds.iter());
    let mut numbers = Vec::with_capacity(count);
    for &first in firsts {
        let number = u32::from(first);
        numbers.push(match first {
            0..0x80 => number,
            0x80..0xC0 => TWO + ((number & 0x3F) << 8 | u32::from(*seconds.next()?)),
            0xC0.. => THREE + ((number & 0x3F) << 16 | u32::from(*seconds.next()?) << 8 | u32::from(*thirds.next()?)),
        });
    }
    Some((numbers, data))
}
