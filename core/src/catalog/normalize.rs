//! Converts models of other lists, such as those of providers, to the catalogue's field names.
//!
//! Invariant: a converted model has an id and a name, and its prices are exact decimal texts in dollars per million tokens.

use crate::cost::{Dollars, Prices};
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::value::{Map, Members, Value, object};

/// Fields of the catalogue, each with the names that lists use for it: OpenRouter and Together, vLLM, Anthropic.
const NAMES: [(&str, &[&str]); 3] = [
    ("name", &["name", "display_name"]),
    ("context_window", &["context_window", "context_length", "max_model_len", "max_input_tokens"]),
    ("max_output_tokens", &["max_output_tokens", "max_completion_tokens"]),
];
/// Fields of lists that the catalogue does not have.
const FOREIGN: [&str; 3] = ["top_provider", "pricing", "object"];

/// Converts a model of any list.
///
/// # Errors
///
/// [`ErrorKind::Configuration`] for a model without an id, or with invalid prices.
pub fn normalize(entry: &Value) -> Result<Map<String, Value>, Error> {
    let Value::Object(fields) = entry else { return Err(refused("must be an object")) };
    let Some(id) = entry.get("id").and_then(Value::as_str) else { return Err(refused("has no id")) };
    let mut model = object([("id", id.into()), ("name", id.into())]);
    for (own, names) in NAMES {
        if let Some(value) = names.iter().find_map(|name| present(entry, name)) {
            model.set(own, value.clone());
        }
    }
    let provider = present(entry, "top_provider").and_then(|provider| provider.get("max_completion_tokens"));
    if let (Some(tokens), false) = (provider, model.contains_key("max_output_tokens")) {
        model.set("max_output_tokens", tokens.clone());
    }
    if model.get("max_output_tokens").is_some_and(|tokens| tokens.as_u64().is_none()) {
        model.shift_remove("max_output_tokens");
    }
    for (name, value) in fields {
        let is_known =
            FOREIGN.contains(&name.as_str()) || NAMES.iter().any(|(_, names)| names.contains(&name.as_str()));
        if !is_known && !value.is_null() {
            model.set(name, value.clone());
        }
    }
    let prices = match present(entry, "prices") {
        Some(prices) => Some(Prices::read(prices).map_err(|why| refused(&["(", id, "): ", &why].concat()))?),
        None => present(entry, "pricing").and_then(listed_prices),
    };
    if let Some(prices) = prices {
        model.set("prices", prices.to_value());
    }
    Ok(model)
}

#[inline(never)]
fn refused(what: &str) -> Error {
    Error::new(ErrorKind::Configuration, ["a model of the catalog ", what].concat())
}

/// A member that is not null.
#[inline(never)]
fn present<'v>(entry: &'v Value, name: &str) -> Option<&'v Value> {
    entry.get(name).filter(|value| !value.is_null())
}

/// The prices of a list: per token (OpenRouter: prompt, completion), or per million tokens (Together: input, output).
fn listed_prices(pricing: &Value) -> Option<Prices> {
    let read = |names: [&str; 4], price: fn(&Value) -> Option<Dollars>| {
        let [input, output, cache_read, cache_write] = names.map(|name| present(pricing, name).and_then(price));
        Some(Prices { input: input?, output: output?, cache_read, cache_write })
    };
    read(["prompt", "completion", "input_cache_read", "input_cache_write"], Dollars::of_value)
        .or_else(|| read(["input", "output", "cached_input", ""], Dollars::of_a_million_value))
}
