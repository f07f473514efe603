//! The tokenizer of the gpt-oss models, with its vocabulary.
//!
//! Invariant: the vocabulary is loaded once for the process, at its first use.

use std::sync::OnceLock;

pub use trilogue_core::tokens::{SpecialTokens, Vocabulary};

use crate::Error;

static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();

/// Returns the vocabulary. The first call decompresses and loads it, in about 20 ms.
///
/// ```
/// use trilogue::tokens::{SpecialTokens, vocabulary};
///
/// let tokens = vocabulary()?.encode("Hello, world!", SpecialTokens::Text);
/// assert_eq!(tokens, [13225, 11, 2375, 0]);
/// # Ok::<(), trilogue::Error>(())
/// ```
///
/// # Errors
/// `ConfigurationError` if the data of the crate `trilogue-o200k` is of another version.
pub fn vocabulary() -> Result<&'static Vocabulary, Error> {
    if let Some(vocabulary) = VOCABULARY.get() {
        return Ok(vocabulary);
    }
    // Two threads may load at once; the first to finish is kept.
    let vocabulary = Vocabulary::load(&trilogue_o200k::pairs())?;
    Ok(VOCABULARY.get_or_init(|| vocabulary))
}
