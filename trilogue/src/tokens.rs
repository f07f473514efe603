//! The tokenizer of the gpt-oss models, with its vocabulary, and their prompts.
//!
//! Invariant: the vocabulary is loaded once for the process, at its first use.

use std::sync::OnceLock;

pub use trilogue_core::prompt::{Profile, Prompt, PromptTokens};
pub use trilogue_core::tokens::{SpecialTokens, Vocabulary};

use crate::request::body;
use crate::{Error, Request};

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

/// Counts the tokens of a request's prompt: of its messages, its tools and what the model's format adds.
///
/// ```
/// use trilogue::tokens::{Profile, count_prompt};
/// use trilogue::{ChatRequest, Message};
///
/// let request = ChatRequest::new("openai-gpt-oss-120b", [Message::user("Hi")]);
/// let counted = count_prompt(&request, Profile::Harmony)?;
/// assert_eq!((counted.tokens, counted.basis.as_str()), (68, "exact"));
/// # Ok::<(), trilogue::Error>(())
/// ```
///
/// # Errors
/// `InvalidRequestError` for a message that the profile cannot render, such as one with an image.
pub fn count_prompt<R: Request>(request: &R, profile: Profile) -> Result<PromptTokens, Error> {
    PromptTokens::count(R::FORMAT, &body(request)?, profile, vocabulary()?)
}

/// Renders the prompt of a request. `date` is the current date at the endpoint, as `2026-12-31`; its value changes no count.
///
/// # Errors
/// Those of [`count_prompt`].
pub fn prompt<R: Request>(request: &R, profile: Profile, date: Option<&str>) -> Result<Prompt, Error> {
    Prompt::render(R::FORMAT, &body(request)?, profile, date)
}
