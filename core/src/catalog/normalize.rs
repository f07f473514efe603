//! Converts models of other lists, such as those of providers, to the catalogue's field names.
//!
//! Invariant: a converted model has an id and a name, and its prices are exact decimal texts in dollars per million tokens.

use crate::cost::{Dollars, Prices};
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::value::{Map, Members, Value};

/// Field names of other lists that the catalogue's names replace.
const FOREIGN: [&str; 9] = [
    "prices",
    "display_name",
    "context_length",
    "max_model_len",
    "max_input_tokens",
    "max_completion_tokens",
    "top_provider",
    "pricing",
    "object",
];

/// Converts a model of any list.
///
/// # Errors
///
/// [`ErrorKind::Configuration`] for a model without an id, or with invalid prices.
#[inline(never)]
pub fn normalize(entry: &Value) -> Result<Map<String, Value>, Error> {
    let refused = |what: String| Error::new(ErrorKind::Configuration, format!("a model of the catalog {what}"));
    let Value::Object(fields) = entry else { return Err(refused("must be an object".to_owned())) };
    let Some(id) = entry.get("id").and_then(Value::as_str) else { return Err(refused("has no id".to_owned())) };
    let mut model = Map::new();
    for (name, value) in fields {
        if !value.is_null() && !FOREIGN.contains(&name.as_str()) {
            model.set(name, value.clone());
        }
    }
    let first = |names: &[&str]| names.iter().find_map(|name| entry.get(*name).filter(|value| !value.is_null()));
    model.set("name", first(&["name", "display_name"]).cloned().unwrap_or_else(|| id.into()));
    // OpenRouter and Together; vLLM; Anthropic.
    if let Some(tokens) = first(&["context_window", "context_length", "max_model_len", "max_input_tokens"]) {
        model.set("context_window", tokens.clone());
    }
    let provider = entry.get("top_provider").and_then(|provider| provider.get("max_completion_tokens"));
    let longest = first(&["max_output_tokens", "max_completion_tokens"]).or(provider);
    if let Some(tokens) = longest.filter(|tokens| tokens.as_u64().is_some()) {
        model.set("max_output_tokens", tokens.clone());
    }
    let prices = match first(&["prices"]) {
        Some(prices) => Some(Prices::read(prices).map_err(|why| refused(format!("({id}): {why}")))?),
        None => entry.get("pricing").and_then(listed_prices),
    };
    if let Some(prices) = prices {
        model.set("prices", prices.to_value());
    }
    Ok(model)
}

/// The prices of a list: per token (OpenRouter: prompt, completion), or per million tokens (Together: input, output).
fn listed_prices(pricing: &Value) -> Option<Prices> {
    let read = |names: [&str; 4], price: fn(&Value) -> Option<Dollars>| {
        let [input, output, cache_read, cache_write] = names.map(|name| pricing.get(name).and_then(price));
        Some(Prices { input: input?, output: output?, cache_read, cache_write })
    };
    read(["prompt", "completion", "input_cache_read", "input_cache_write"], Dollars::of_value)
        .or_else(|| read(["input", "output", "cached_input", ""], Dollars::of_a_million_value))
}
