//! The tokenizer. `trilogue/tokens` finds its data.
//!
//! Invariant: an error is returned as JSON text, from which TypeScript creates the error class.

use napi::bindgen_prelude::{Either, Float64Array, Uint8Array, Uint32Array};
use napi_derive::napi;
use trilogue_native::ffi::prompt;
use trilogue_native::tokens::{SpecialTokens, Vocabulary, not_a_token};
use trilogue_native::{Error, ffi};

/// A vocabulary; empty until `load`.
#[napi(js_name = "NativeVocabulary")]
#[derive(Default)]
pub struct NativeVocabulary {
    vocabulary: Option<Vocabulary>,
}

#[napi]
impl NativeVocabulary {
    /// Creates an empty vocabulary.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads the decompressed data. Returns an error as JSON text, or `None`.
    #[napi]
    pub fn load(&mut self, data: &[u8]) -> Option<String> {
        match Vocabulary::load(data) {
            Ok(vocabulary) => {
                self.vocabulary = Some(vocabulary);
                None
            }
            Err(error) => Some(ffi::error_text(&error)),
        }
    }

    /// Returns the number of tokens, or -1 if it exceeds the limit.
    #[napi]
    pub fn count(&self, text: String, special: bool, limit: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as is meant")]
        let limit = limit as usize;
        let count =
            self.vocabulary.as_ref().and_then(|loaded| loaded.count_up_to(&text, limit, special_tokens(special)));
        #[expect(clippy::cast_precision_loss, reason = "a text has less than 2^53 tokens")]
        count.map_or(-1.0, |count| count as f64)
    }

    /// Returns the tokens.
    #[napi]
    pub fn encode(&self, text: String, special: bool) -> Uint32Array {
        let tokens = self.vocabulary.as_ref().map(|loaded| loaded.encode(&text, special_tokens(special)));
        Uint32Array::new(tokens.unwrap_or_default())
    }

    /// Counts the tokens of a request's prompt: its members, or an error, as JSON text.
    #[napi(js_name = "countPrompt")]
    pub fn count_prompt(&self, input: String) -> String {
        let Some(vocabulary) = &self.vocabulary else { return String::new() };
        prompt::count_text(vocabulary, &input).unwrap_or_else(|error| ffi::error_text(&error))
    }

    /// Returns the tokens of a request's prompt, or an error as JSON text.
    #[napi(js_name = "encodePrompt")]
    pub fn encode_prompt(&self, input: String) -> Either<Uint32Array, String> {
        let Some(vocabulary) = &self.vocabulary else { return Either::A(Uint32Array::new(Vec::new())) };
        match prompt::encode(vocabulary, &input) {
            Ok(tokens) => Either::A(Uint32Array::new(tokens)),
            Err(error) => Either::B(ffi::error_text(&error)),
        }
    }

    /// Returns the bytes of tokens, or an error as JSON text. The numbers are those of JavaScript: a typed array of integers would wrap others
    /// around.
    #[napi]
    pub fn decode(&self, numbers: Float64Array) -> Either<Uint8Array, String> {
        let Some(vocabulary) = &self.vocabulary else { return Either::A(Uint8Array::new(Vec::new())) };
        let tokens: Result<Vec<u32>, _> = numbers.iter().map(|number| token(*number)).collect();
        match tokens.and_then(|tokens| vocabulary.decode(&tokens)) {
            Ok(bytes) => Either::A(Uint8Array::new(bytes)),
            Err(error) => Either::B(ffi::error_text(&error)),
        }
    }
}

/// Reads a token.
fn token(number: f64) -> Result<u32, Error> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the number")]
    let token = number as u32;
    #[expect(clippy::float_cmp, reason = "equal if the number is a token")]
    let is_token = f64::from(token) == number;
    // Rust writes infinity in another form than JavaScript.
    if is_token { Ok(token) } else { Err(not_a_token(&number.to_string().replace("inf", "Infinity"))) }
}

fn special_tokens(special: bool) -> SpecialTokens {
    if special { SpecialTokens::Tokens } else { SpecialTokens::Text }
}
