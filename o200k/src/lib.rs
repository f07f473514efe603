//! The vocabulary of the gpt-oss models, `o200k_base`, as data for the tokenizer of the crate `trilogue-core`.
//!
//! Invariant: `cargo xtask tokens` generates the data from the published vocabulary, whose hash it checks.

use std::io::Read as _;

/// The pairs as a gzip file: 698 KB.
pub const COMPRESSED: &[u8] = include_bytes!("../data/o200k.pairs.gz");

/// Returns the decompressed pairs: 832 KB, for `trilogue_core::tokens::Vocabulary::load`.
///
/// ```
/// assert!(trilogue_o200k::pairs().starts_with(b"trilogue pairs 1"));
/// ```
pub fn pairs() -> Vec<u8> {
    let mut pairs = Vec::with_capacity(1 << 20);
    // The data is a constant, and the test below decompresses it: `load` refuses what an error would leave out.
    drop(flate2::read::GzDecoder::new(COMPRESSED).read_to_end(&mut pairs));
    pairs
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_data_is_complete() {
        assert_eq!(super::pairs().len(), 831_628);
    }
}
