//! The tokenizer of the gpt-oss models, `o200k_harmony`: offline, exact, and in time linear in the length of the text.
//!
//! Invariant: the ids are those of tiktoken, for every text. The vocabulary is an argument, so that a program without it stays small: the
//! crate `trilogue-o200k`, the wheel of the same name and the npm package contain it as `o200k.pairs.gz`, which the host decompresses.
//!
//! 1. `pairs` reads the file, and `tables` indexes its tokens.
//! 2. `split` splits a text into pieces by the classes of its characters (`classes`); no token crosses the end of a piece.
//! 3. `merge` encodes a piece; `special` finds the special tokens.

mod classes;
mod merge;
mod pairs;
mod special;
mod split;
mod tables;

use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::shortened;

use classes::Classes;
use merge::Encoder;
use tables::Tables;

pub use special::SpecialTokens;

/// The vocabulary of the gpt-oss models, ready to encode: about 9 MB. It can be shared between threads.
///
/// ```
/// use trilogue_core::tokens::{SpecialTokens, Vocabulary};
///
/// let vocabulary = Vocabulary::load(&trilogue_o200k::pairs())?;
/// assert_eq!(vocabulary.encode("Hello, world!", SpecialTokens::Text), [13225, 11, 2375, 0]);
/// assert_eq!(vocabulary.count("Hello, world!", SpecialTokens::Text), 4);
/// assert_eq!(vocabulary.decode(&[13225, 11, 2375, 0])?, b"Hello, world!");
/// # Ok::<(), trilogue_core::Error>(())
/// ```
pub struct Vocabulary {
    classes: Classes,
    tables: Tables,
}

impl Vocabulary {
    /// Loads the decompressed contents of `o200k.pairs.gz`, in about 10 ms. The data is not kept.
    ///
    /// # Errors
    /// `ConfigurationError` if the data is not a file of pairs, or is damaged.
    pub fn load(data: &[u8]) -> Result<Self, Error> {
        let pairs = pairs::read(data).ok_or_else(|| {
            let message = "the data of the tokenizer is damaged, or of another version; reinstall trilogue-o200k";
            Error::new(ErrorKind::Configuration, message)
        })?;
        Ok(Self { classes: Classes::new(), tables: Tables::new(pairs) })
    }

    /// Returns the number of tokens of a text.
    pub fn count(&self, text: &str, special: SpecialTokens) -> usize {
        self.count_up_to(text, usize::MAX, special).unwrap_or(usize::MAX)
    }

    /// Returns the number of tokens of a text, or `None` as soon as it is known to exceed the limit: the rest of the text is not read.
    ///
    /// ```
    /// # use trilogue_core::tokens::{SpecialTokens, Vocabulary};
    /// # let vocabulary = Vocabulary::load(&trilogue_o200k::pairs())?;
    /// let text = "one two ".repeat(1_000_000);
    /// assert_eq!(vocabulary.count_up_to(&text, 100, SpecialTokens::Text), None);
    /// # Ok::<(), trilogue_core::Error>(())
    /// ```
    pub fn count_up_to(&self, text: &str, limit: usize, special: SpecialTokens) -> Option<usize> {
        let mut encoder = Encoder::new(&self.classes, &self.tables, text);
        let mut count = 0usize;
        for (part, token) in special::parts(text, special) {
            count += encoder.count(part, limit - count)? + usize::from(token.is_some());
            if count > limit {
                return None;
            }
        }
        Some(count)
    }

    /// Returns the tokens of a text.
    pub fn encode(&self, text: &str, special: SpecialTokens) -> Vec<u32> {
        let mut encoder = Encoder::new(&self.classes, &self.tables, text);
        // A token of English has 4 to 5 bytes.
        let mut tokens = Vec::with_capacity(text.len() / 4 + 1);
        for (part, token) in special::parts(text, special) {
            encoder.encode(part, &mut tokens);
            tokens.extend(token);
        }
        tokens
    }

    /// Returns the bytes of tokens. They are UTF-8 if the tokens are those of a whole text: a token may end within a character.
    ///
    /// # Errors
    /// `InvalidRequestError` if a number is not a token.
    pub fn decode(&self, tokens: &[u32]) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(tokens.len().saturating_mul(5));
        for &token in tokens {
            if let Some(token) = self.tables.bytes_of(token) {
                bytes.extend_from_slice(token);
            } else if let Some(name) = special::name(token) {
                bytes.extend_from_slice(name.as_bytes());
            } else {
                return Err(not_a_token(&token.to_string()));
            }
        }
        Ok(bytes)
    }
}

/// Returns the error of a value that is not a token, for bindings whose numbers can be other than `u32`. `written` is the value as the caller
/// writes it.
pub fn not_a_token(written: &str) -> Error {
    let message = format!(
        "{} is not a token: tokens of o200k_harmony are whole numbers from 0 to {}",
        shortened(written),
        special::LAST
    );
    Error::new(ErrorKind::InvalidRequest, message)
}
