//! The number of a prompt's tokens, and whether it is exact.
//!
//! Invariant: a count is called exact only for a profile of the gpt-oss models.

use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::tokens::Vocabulary;
use crate::value::fields::words;
use crate::value::{Map, Value, model_of};
use crate::wire::Format;

use super::{Profile, Prompt, invalid};

/// A part of the names of the models whose vocabulary and renderers are known.
const KNOWN: &str = "gpt-oss";

words! {
    /// Whether a count is exact.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Basis {
        /// The number for an endpoint that renders prompts by the profile.
        Exact = "exact",
        /// The number for another model, by the vocabulary and the renderer of gpt-oss: other tokenizers make up to a third more or fewer.
        Estimate = "estimate",
    }
    "exact or estimate"
}

impl Basis {
    /// Returns the basis of counts for a model.
    fn of(model: &str) -> Self {
        if model.to_ascii_lowercase().contains(KNOWN) { Self::Exact } else { Self::Estimate }
    }
}

/// The number of tokens of a request's prompt, counted offline.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PromptTokens {
    /// The number.
    pub tokens: u64,
    /// Its basis: `exact` for an endpoint with the profile's renderer, or an `estimate` for a model whose tokenizer is not here.
    pub basis: String,
    /// The renderer: `harmony` or `jinja`.
    pub profile: String,
}

impl PromptTokens {
    /// Counts the tokens of a request's prompt.
    ///
    /// # Errors
    /// Those of [`Prompt::render`]; `InvalidRequestError` without a model.
    pub fn count(
        format: Format,
        request: &Map<String, Value>,
        profile: Profile,
        vocabulary: &Vocabulary,
    ) -> Result<Self, Error> {
        let model = model_of(|name| request.get(name));
        let basis = Basis::of(model.ok_or_else(|| invalid("model is missing: counts are exact only for some models"))?);
        let tokens = Prompt::render(format, request, profile, None)?.count(vocabulary);
        let tokens = u64::try_from(tokens).unwrap_or(u64::MAX);
        Ok(Self { tokens, basis: basis.word().to_owned(), profile: profile.word().to_owned() })
    }

    /// The count as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({"tokens": self.tokens, "basis": self.basis, "profile": self.profile})
    }
}
