//! The tokens of texts from standard input, for comparison with other tokenizers. Texts are a length of 4 bytes and UTF-8; so are their tokens.

use std::io::{Read as _, Write as _};

use trilogue_core::tokens::{SpecialTokens, Vocabulary};

/// Encodes all texts.
pub(crate) fn run(vocabulary: &Vocabulary) {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("standard input can be read");
    let mut rest = &input[..];
    let mut output = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (text, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        let text = std::str::from_utf8(text).expect("a text is UTF-8");
        let tokens = vocabulary.encode(text, SpecialTokens::Text);
        assert_eq!(vocabulary.count(text, SpecialTokens::Text), tokens.len(), "count differs from encode for {text:?}");
        assert_eq!(vocabulary.decode(&tokens).as_deref(), Ok(text.as_bytes()), "decode differs for {text:?}");
        output.extend(u32::try_from(tokens.len()).expect("fits").to_le_bytes());
        output.extend(tokens.iter().flat_map(|token| token.to_le_bytes()));
        rest = after;
    }
    std::io::stdout().write_all(&output).expect("standard output can be written");
}
