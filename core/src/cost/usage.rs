//! The tokens that a reply reports, and their cost.
//!
//! Invariant: usage of both formats is read in one place. A provider's own figure takes precedence and is named as the source; an unknown cost
//! is none, with the reason.

use crate::prelude::*;
use crate::value::{Map, Members, Value};

use super::dollars::Dollars;
use super::prices::ModelTable;

/// The tokens of a reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Input that was not cached.
    pub input: u64,
    /// Input that was read from the provider's cache.
    pub cache_read: u64,
    /// Input that was written to the provider's cache.
    pub cache_write: u64,
    /// Output, reasoning included.
    pub output: u64,
    /// The part of the output that is reasoning.
    pub reasoning: u64,
}

impl Tokens {
    /// Reads `{input_tokens?, output_tokens?, cache_read_tokens?, cache_write_tokens?}`, the form that users write.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong.
    pub fn given(tokens: &Value) -> Result<Self, String> {
        let mut read = Self::default();
        for (name, value) in tokens.as_object().into_iter().flatten() {
            let count = match name.as_str() {
                "input_tokens" => &mut read.input,
                "cache_read_tokens" => &mut read.cache_read,
                "cache_write_tokens" => &mut read.cache_write,
                "output_tokens" => &mut read.output,
                _ => {
                    return Err(format!(
                        "unknown count of tokens {name}; the counts are input_tokens, cache_read_tokens, cache_write_tokens and output_tokens"
                    ));
                }
            };
            *count =
                value.as_u64().ok_or_else(|| format!("{name} must be an integer that is not negative, not {value}"))?;
        }
        Ok(read)
    }

    /// Reads a usage object of either format. Returns `None` if it reports no tokens.
    pub fn of(usage: &Value) -> Option<Self> {
        let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
        let detail =
            |part: &str, name: &str| usage.get(part).and_then(|details| details.get(name)?.as_u64()).unwrap_or(0);
        let tokens = if usage.get("prompt_tokens").or(usage.get("completion_tokens")).is_some() {
            // In this format the prompt's tokens include those of the cache.
            let prompt = count("prompt_tokens");
            let cache_read = detail("prompt_tokens_details", "cached_tokens").min(prompt);
            let cache_write = detail("prompt_tokens_details", "cache_write_tokens").min(prompt - cache_read);
            Self {
                input: prompt - cache_read - cache_write,
                cache_read,
                cache_write,
                // Some providers count reasoning only in the total (Gemini, xAI).
                output: count("completion_tokens").max(count("total_tokens").saturating_sub(prompt)),
                reasoning: detail("completion_tokens_details", "reasoning_tokens"),
            }
        } else {
            Self {
                input: count("input_tokens"),
                cache_read: count("cache_read_input_tokens"),
                cache_write: count("cache_creation_input_tokens"),
                output: count("output_tokens"),
                reasoning: detail("output_tokens_details", "reasoning_tokens"),
            }
        };
        // Every answer has tokens: zeros stand for a missing report.
        let is_reported = Self { reasoning: 0, ..tokens } != Self::default();
        is_reported.then_some(Self { reasoning: tokens.reasoning.min(tokens.output), ..tokens })
    }
}

/// The tokens of a reply as its usage reports them, for logs and traces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Input, cached or not.
    pub read: Option<u64>,
    /// Output.
    pub written: Option<u64>,
    /// The part of the input that was read from the provider's cache.
    pub cache_read: Option<u64>,
    /// The part of the input that was written to the provider's cache.
    pub cache_write: Option<u64>,
    /// The part of the output that is reasoning.
    pub reasoning: Option<u64>,
}

impl Counts {
    /// Reads a usage of either format.
    pub fn of(usage: &Value) -> Self {
        let count = |name: &str| usage.get(name).and_then(Value::as_u64);
        let detail = |part: &str, name: &str| usage.get(part).and_then(|details| details.get(name)?.as_u64());
        if usage.get("prompt_tokens").or(usage.get("completion_tokens")).is_some() {
            return Self {
                read: count("prompt_tokens"),
                written: count("completion_tokens"),
                cache_read: detail("prompt_tokens_details", "cached_tokens"),
                cache_write: detail("prompt_tokens_details", "cache_write_tokens"),
                reasoning: detail("completion_tokens_details", "reasoning_tokens"),
            };
        }
        let mut read = None;
        for name in ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] {
            if let Some(count) = count(name) {
                read = Some(count.saturating_add(read.unwrap_or(0)));
            }
        }
        Self {
            read,
            written: count("output_tokens"),
            cache_read: count("cache_read_input_tokens"),
            cache_write: count("cache_creation_input_tokens"),
            reasoning: detail("output_tokens_details", "reasoning_tokens"),
        }
    }

    /// Adds the counts of an earlier part of the reply. A count that only one of them has is kept as it is.
    #[cfg(all(feature = "fallback", feature = "records"))]
    pub(crate) fn plus(self, earlier: &Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self {
            read: sum(self.read, earlier.read),
            written: sum(self.written, earlier.written),
            cache_read: sum(self.cache_read, earlier.cache_read),
            cache_write: sum(self.cache_write, earlier.cache_write),
            reasoning: sum(self.reasoning, earlier.reasoning),
        }
    }
}

/// The cost of an answer, in dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg(feature = "serde-json")]
pub struct Cost {
    /// The sum; none if it is unknown, for the `reason` given.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub total: Option<Dollars>,
    /// Input that was not cached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub input: Option<Dollars>,
    /// Input that was read from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub cache_read: Option<Dollars>,
    /// Input that was written to the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub cache_write: Option<Dollars>,
    /// Output, reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub output: Option<Dollars>,
    /// The part of the output's cost that is reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub reasoning: Option<Dollars>,
    /// The origin of the figures: `catalog` or `prices` for the prices, or `provider` for the total, which then has no parts; `mixed` for an answer
    /// that was continued, if the origins of its parts differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why the total is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The server's own field `cost`, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Value>,
}

/// The schema of an amount in other languages.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(inline, extend("format" = "decimal"))]
pub(crate) struct Amount(#[expect(dead_code, reason = "only its schema is used")] String);

/// A cost, as it is computed and summed up. [`Cost`] is its form in a reply.
#[derive(Debug, Clone, Default)]
pub(crate) struct Priced {
    pub(crate) total: Option<Dollars>,
    /// In the order of [`PARTS`].
    pub(super) parts: Option<[Dollars; 5]>,
    pub(super) source: &'static str,
    pub(super) reason: Option<String>,
}

/// The source of a provider's own figure.
const PROVIDER: &str = "provider";
/// The names of a cost's parts.
pub(super) const PARTS: [&str; 5] = ["input", "cache_read", "cache_write", "output", "reasoning"];

impl Priced {
    /// Computes the cost of a reply, by the prices of the requested model, or of the model that answered.
    pub(crate) fn of(models: &ModelTable, requested: &str, reply: &ReplyUsage<'_>) -> Self {
        let usage = reply.usage.unwrap_or(&Value::Null);
        let reported = usage.get("cost").map(|cost| cost.get("total_cost").unwrap_or(cost)).or(reply.cost);
        if let Some(total) = reported.and_then(Dollars::rounded) {
            return Self { total: Some(total), source: PROVIDER, ..Self::default() };
        }
        let unknown = |reason: String| Self { reason: Some(reason), ..Self::default() };
        let answered = reply.model.filter(|model| *model != requested);
        let known = [Some(requested), answered].into_iter().flatten().map(|model| models.find(model));
        let Some((prices, source)) = known.into_iter().find_map(|known| Some((known.prices?, known.source))) else {
            return unknown(format!("the price of {requested} is unknown; set prices, or a catalog with this model"));
        };
        let Some(tokens) = Tokens::of(usage) else {
            return unknown(
                "the endpoint reported no usage; streamed chat completions report it only with stream_options: {\"include_usage\": true}"
                    .to_owned(),
            );
        };
        let parts = prices.parts(&tokens);
        Self { total: Some(prices.cost(&tokens)), parts: Some(parts), source, reason: None }
    }

    /// The cost of the same answer in a provider's batch: half, unless it is the provider's own figure.
    #[cfg(feature = "serde-json")]
    pub(super) fn batched(mut self) -> Self {
        if self.source != PROVIDER {
            self.total = self.total.map(Dollars::half);
            self.parts = self.parts.map(|parts| parts.map(Dollars::half));
        }
        self
    }

    /// The sum of this cost and that of an earlier request for the same answer; unknown if one of them is.
    #[cfg(feature = "fallback")]
    pub(super) fn plus(self, earlier: &Self) -> Self {
        let (Some(total), Some(more)) = (self.total, earlier.total) else {
            let reason = self.reason.or_else(|| Some(format!("a part of the answer: {}", earlier.reason.as_deref()?)));
            return Self { reason, ..Self::default() };
        };
        let parts = self.parts.zip(earlier.parts).map(|(mut parts, more)| {
            for (part, more) in parts.iter_mut().zip(more) {
                *part += more;
            }
            parts
        });
        let source = if self.source == earlier.source { self.source } else { "mixed" };
        Self { total: Some(total + more), parts, source, reason: None }
    }

    /// Writes the cost into a reply.
    pub(crate) fn write(&self, reply: &mut Map<String, Value>) {
        let mut fields = Map::new();
        fields.set("total", self.total.map_or(Value::Null, Dollars::into_value));
        for (name, part) in PARTS.into_iter().zip(self.parts.into_iter().flatten()) {
            if part != Dollars::ZERO || matches!(name, "input" | "output") {
                fields.set(name, part.into_value());
            }
        }
        let source = self.total.map(|_| Value::from(self.source));
        let reported = reply.shift_remove("cost").filter(|cost| !cost.is_null());
        for (name, value) in
            [("source", source), ("reason", self.reason.as_deref().map(Value::from)), ("reported", reported)]
        {
            if let Some(value) = value {
                fields.set(name, value);
            }
        }
        reply.set("cost", fields);
    }
}

/// The fields of a reply that determine its cost.
#[derive(Default)]
pub(crate) struct ReplyUsage<'a> {
    pub(crate) model: Option<&'a str>,
    pub(crate) usage: Option<&'a Value>,
    /// The provider's own figure next to the usage.
    pub(crate) cost: Option<&'a Value>,
}

impl<'a> ReplyUsage<'a> {
    /// Reads a completion or a message.
    pub(crate) fn from_fields(fields: &'a Map<String, Value>) -> Self {
        Self {
            model: fields.get("model").and_then(Value::as_str),
            usage: fields.get("usage"),
            cost: fields.get("cost"),
        }
    }
}
