//! The highest possible cost of a request, before it is sent.
//!
//! Invariant: an estimate is an upper bound. Every tokenizer in use makes at most one token of a byte, so a prompt has at most as many tokens as
//! its JSON has bytes. A model's template adds less to a message than the JSON around it, and less to a request than [`TEMPLATE`]. An answer has at
//! most as many tokens as the request allows, or as the model can generate. `basis` names the method, so that exact counts may be added later.

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Value, model_of};

use super::dollars::Dollars;
use super::prices::{KnownModel, Prices};

/// Tokens that a model's template adds to a request: system text, dates, channels.
const TEMPLATE: u64 = 256;
/// Bytes of a request for each token, on average.
const BYTES_PER_TOKEN: u64 = 4;
/// Tokens of an answer without a limit, on average.
const EXPECTED_OUTPUT: u64 = 1024;
/// Tokens of a part that the request only references: an image, a document or a sound.
const REFERENCE: u64 = 16_384;

/// The highest possible cost of a request, in dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Estimate {
    /// The sum; none if it is unknown, for the `reason` given.
    #[cfg_attr(feature = "schema", schemars(with = "Option<super::usage::Amount>"))]
    pub total: Option<Dollars>,
    /// The cost of the prompt; none if its price is unknown.
    #[cfg_attr(feature = "schema", schemars(with = "Option<super::usage::Amount>"))]
    pub input: Option<Dollars>,
    /// The cost of the answers; none if their price or their length is unknown.
    #[cfg_attr(feature = "schema", schemars(with = "Option<super::usage::Amount>"))]
    pub output: Option<Dollars>,
    /// The most tokens that the prompt can have.
    pub input_tokens: u64,
    /// The most tokens that all answers can have together; none without a limit.
    pub output_tokens: Option<u64>,
    /// How the prompt's tokens were counted: `bytes`, at most one token per byte.
    pub basis: String,
    /// Why the total is unknown.
    #[cfg_attr(feature = "serde-json", serde(default, skip_serializing_if = "Option::is_none"))]
    pub reason: Option<String>,
}

impl Estimate {
    /// The estimate as a JSON object.
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

/// The properties of a request that bound its cost.
#[derive(Debug, Clone)]
pub(crate) struct RequestBounds {
    /// The requested model.
    pub(crate) model: String,
    /// The most tokens of the prompt.
    pub(super) input_tokens: u64,
    /// The most tokens of one answer, if the request limits them.
    pub(super) max_output_tokens: Option<u64>,
    /// The number of answers.
    pub(super) answers: u64,
    pub(super) is_stream: bool,
}

impl RequestBounds {
    /// Reads a request's body with the `extra` fields that replace its own. Without `bounds`, references in messages are not counted.
    pub(crate) fn from_body(
        body: &Map<String, Value>,
        extra: &Map<String, Value>,
        is_stream: bool,
        bounds: bool,
    ) -> Self {
        let field = |name: &str| extra.get(name).or(body.get(name));
        let number = |name: &str| field(name).and_then(Value::as_u64);
        let model = model_of(field).unwrap_or_default().to_owned();
        Self {
            model,
            input_tokens: field("messages").filter(|_| bounds).map_or(0, reference_tokens),
            max_output_tokens: number("max_tokens").max(number("max_completion_tokens")),
            answers: number("n").unwrap_or(1).max(1),
            is_stream,
        }
    }

    /// Adds the tokens of a body of this many bytes.
    pub(crate) fn with_body_size(mut self, bytes: usize) -> Self {
        self.input_tokens =
            self.input_tokens.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)).saturating_add(TEMPLATE);
        self
    }

    /// The number of tokens that a limit per minute counts for the request until its usage is known. Like most providers: a token for four bytes of
    /// the request, and the output limit.
    pub(crate) fn expected_tokens(&self) -> u64 {
        let output = self.max_output_tokens.unwrap_or(EXPECTED_OUTPUT).saturating_mul(self.answers);
        (self.input_tokens / BYTES_PER_TOKEN).saturating_add(output)
    }

    /// The most tokens of all answers.
    pub(super) fn output(&self, known: &KnownModel) -> Option<u64> {
        self.max_output_tokens
            .or(known.max_output_tokens)
            .map(|max_output_tokens| max_output_tokens.saturating_mul(self.answers))
    }

    /// The highest possible cost of the prompt.
    pub(super) fn input_cost(&self, prices: &Prices) -> Dollars {
        prices.highest_input().times(self.input_tokens)
    }

    /// The highest possible cost.
    pub(super) fn estimate(&self, known: &KnownModel) -> Estimate {
        let tokens = self.output(known);
        let input = known.prices.map(|prices| self.input_cost(&prices));
        let output = known.prices.and_then(|prices| Some(prices.output.times(tokens?)));
        let reason = match (known.prices, tokens) {
            (None, _) => {
                Some(format!("the price of {} is unknown; set prices, or a catalog with this model", self.model))
            }
            (_, None) => Some("the length of the answer has no limit; set max_tokens".to_owned()),
            _ => None,
        };
        Estimate {
            total: input.zip(output).map(|(input, output)| input + output),
            input,
            output,
            input_tokens: self.input_tokens,
            output_tokens: tokens,
            basis: "bytes".to_owned(),
            reason,
        }
    }
}

/// Tokens of the parts that messages only reference, by a URL or a file's id.
fn reference_tokens(messages: &Value) -> u64 {
    let mut tokens = 0_u64;
    match messages {
        Value::Array(items) => items.iter().for_each(|item| tokens += reference_tokens(item)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_reference = match name.as_str() {
                    "url" => value.as_str().is_some_and(|url| !url.starts_with("data:")),
                    "file_id" => value.is_string(),
                    _ => false,
                };
                tokens += if is_reference { REFERENCE } else { reference_tokens(value) };
            }
        }
        _ => {}
    }
    tokens
}
