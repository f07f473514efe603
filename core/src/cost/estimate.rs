//! What a request can cost at most, before it is sent.
//!
//! Law: a bound and no guess. Every tokenizer in use makes at most one token of a byte, so a prompt has at most as many tokens as its JSON
//! has bytes; what a model's template adds to a message is shorter than the JSON around it, and what it adds to a request is less than
//! [`TEMPLATE`]. An answer has at most as many tokens as the request allows, or as the model can give. Exact counts may take the bound's
//! place later: `basis` tells which it was.

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Value};

use super::dollars::Dollars;
use super::prices::{KnownModel, Prices};

/// Tokens that a model's template adds to a request: system text, dates, channels.
const TEMPLATE: u64 = 256;
/// Tokens of a part that the request only names: an image, a document, a sound that lies elsewhere.
const ELSEWHERE: u64 = 16_384;

/// What a request can cost at most, in dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Estimate {
    /// All of it; none where it isn't known, for the `reason` given.
    #[cfg_attr(feature = "schema", schemars(with = "Option<super::usage::Amount>"))]
    pub total: Option<Dollars>,
    /// The prompt's part; none where no price is known.
    #[cfg_attr(feature = "schema", schemars(with = "Option<super::usage::Amount>"))]
    pub input: Option<Dollars>,
    /// The answer's part; none where no price is known, or nothing bounds the answer.
    #[cfg_attr(feature = "schema", schemars(with = "Option<super::usage::Amount>"))]
    pub output: Option<Dollars>,
    /// The most tokens that the prompt can have.
    pub input_tokens: u64,
    /// The most tokens that the answers can have together; none where nothing bounds them.
    pub output_tokens: Option<u64>,
    /// How the prompt's tokens were counted: `bytes`, at most one token a byte.
    pub basis: String,
    /// Why the total isn't known.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub reason: Option<String>,
}

impl Estimate {
    /// As JSON, for other languages.
    pub fn to_value(&self) -> Value {
        json!({
            "total": self.total,
            "input": self.input,
            "output": self.output,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "basis": self.basis,
            "reason": self.reason,
        })
    }
}

/// What of a request matters for what it can cost.
#[derive(Debug, Clone)]
pub(crate) struct RequestBounds {
    /// The model that is asked for.
    pub(crate) model: String,
    /// The most tokens of the prompt.
    pub(super) input: u64,
    /// The most tokens of one answer, where the request tells it.
    pub(super) max_output_tokens: Option<u64>,
    /// How many answers.
    pub(super) answers: u64,
    pub(super) is_stream: bool,
}

impl RequestBounds {
    /// Of a request's body with the `extra` fields that are put into it last. Without `bounds`, the model alone.
    pub(crate) fn from_body(
        body: &Map<String, Value>,
        extra: &Map<String, Value>,
        is_stream: bool,
        bounds: bool,
    ) -> Self {
        let field = |name: &str| extra.get(name).or(body.get(name));
        let number = |name: &str| field(name).and_then(Value::as_u64);
        let model = field("model").or(field("model_id")).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            model,
            input: field("messages").filter(|_| bounds).map_or(0, elsewhere),
            max_output_tokens: number("max_tokens").max(number("max_completion_tokens")),
            answers: number("n").unwrap_or(1).max(1),
            is_stream,
        }
    }

    /// With a body of so many bytes.
    pub(crate) fn with_body_size(mut self, bytes: usize) -> Self {
        self.input = self.input.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)).saturating_add(TEMPLATE);
        self
    }

    /// The most tokens of all answers.
    pub(super) fn output(&self, known: &KnownModel) -> Option<u64> {
        self.max_output_tokens
            .or(known.max_output_tokens)
            .map(|max_output_tokens| max_output_tokens.saturating_mul(self.answers))
    }

    /// What the prompt costs at most.
    pub(super) fn input_cost(&self, prices: &Prices) -> Dollars {
        prices.highest_input().times(self.input)
    }

    /// What it costs at most.
    pub(super) fn estimate(&self, known: &KnownModel) -> Estimate {
        let tokens = self.output(known);
        let input = known.prices.map(|prices| self.input_cost(&prices));
        let output = known.prices.and_then(|prices| Some(prices.output.times(tokens?)));
        let reason = match (known.prices, tokens) {
            (None, _) => Some(format!("no price is known of {}: give prices, or a catalog that has it", self.model)),
            (_, None) => Some("nothing bounds the answer: give max_tokens".to_owned()),
            _ => None,
        };
        Estimate {
            total: input.zip(output).map(|(input, output)| input + output),
            input,
            output,
            input_tokens: self.input,
            output_tokens: tokens,
            basis: "bytes".to_owned(),
            reason,
        }
    }
}

/// Tokens of the parts that messages only name: those with the address or the id of something.
fn elsewhere(messages: &Value) -> u64 {
    let mut tokens = 0_u64;
    match messages {
        Value::Array(items) => items.iter().for_each(|item| tokens += elsewhere(item)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_named = match name.as_str() {
                    "url" => value.as_str().is_some_and(|url| !url.starts_with("data:")),
                    "file_id" => value.is_string(),
                    _ => false,
                };
                tokens += if is_named { ELSEWHERE } else { elsewhere(value) };
            }
        }
        _ => {}
    }
    tokens
}
