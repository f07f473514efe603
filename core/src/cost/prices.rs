//! The price of a token, by model.
//!
//! Invariant: prices are exact, in dollars per million tokens. A user's own come first, then the catalogue's. Model ids are compared exactly: the
//! same model has other ids and other prices at other providers.

use crate::prelude::*;
use crate::value::{Map, Value, into_list};

use super::dollars::Dollars;
use super::usage::Tokens;
use crate::error::{Error, ErrorKind};
use crate::text::quoted;

/// The prices of one model, for one token each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// Input that was not cached.
    pub input: Dollars,
    /// Output, reasoning included.
    pub output: Dollars,
    /// Input that was read from the provider's cache; if unknown, the price of other input.
    pub cache_read: Option<Dollars>,
    /// Input that was written to the provider's cache; if unknown, the price of other input.
    pub cache_write: Option<Dollars>,
}

impl Prices {
    /// Reads `{input, output, cache_read?, cache_write?}` in dollars per million tokens, each a text or a number.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong.
    pub fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(fields) = value else {
            return Err("prices must be an object such as {\"input\": \"0.039\", \"output\": \"0.19\"}".to_owned());
        };
        let mut prices = [None; 4];
        for (name, value) in fields {
            let index = NAMES.iter().position(|known| known == name);
            let Some(price) = index.and_then(|index| prices.get_mut(index)) else {
                return Err(format!("there is no price {}; the prices are {}", quoted(name), NAMES.join(", ")));
            };
            if !value.is_null() {
                *price = Dollars::of_a_million_value(value);
                if price.is_none() {
                    return Err(format!("the price {name} is {value}; {EXPECTED}, with at most 12 decimals"));
                }
            }
        }
        match prices {
            [Some(input), Some(output), cache_read, cache_write] => Ok(Self { input, output, cache_read, cache_write }),
            [input, ..] => {
                Err(format!("the price {} is missing; {EXPECTED}", if input.is_none() { "input" } else { "output" }))
            }
        }
    }

    /// The cost of these tokens.
    pub fn cost(&self, tokens: &Tokens) -> Dollars {
        // Reasoning, the last part, is included in the output.
        self.parts(tokens).into_iter().take(4).fold(Dollars::ZERO, core::ops::Add::add)
    }

    /// The cost of each part of these tokens: input, cache read, cache write, output, and reasoning, which is part of the output.
    pub(super) fn parts(&self, tokens: &Tokens) -> [Dollars; 5] {
        let (read, write) = (self.cache_read.unwrap_or(self.input), self.cache_write.unwrap_or(self.input));
        let Tokens { input, cache_read, cache_write, output, reasoning } = *tokens;
        [(self.input, input), (read, cache_read), (write, cache_write), (self.output, output), (self.output, reasoning)]
            .map(|(price, count)| price.times(count))
    }

    /// The highest price of a token of input.
    pub(super) fn highest_input(&self) -> Dollars {
        let others = [self.cache_read, self.cache_write];
        others.into_iter().flatten().fold(self.input, core::cmp::Ord::max)
    }
}

const EXPECTED: &str = "set dollars per million tokens, such as \"0.039\"";
const NAMES: [&str; 4] = ["input", "output", "cache_read", "cache_write"];

/// Finds the entry of a model, by its id, in the package's own catalogue.
pub(crate) type Lookup = fn(&str) -> Option<&'static Value>;

/// The models that a client has data about.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelTable {
    /// A user's own prices, by id.
    prices: Map<String, Value>,
    /// The user's catalogue, by id; `None` if the package's own is used.
    catalog: Option<Map<String, Value>>,
    /// Looks a model up in the package's own catalogue, if it is linked.
    builtin: Option<Lookup>,
}

/// The data about one model.
pub(super) struct KnownModel {
    pub(super) prices: Option<Prices>,
    /// The origin of the prices: `prices` or `catalog`.
    pub(super) source: &'static str,
    /// The most tokens that an answer can have.
    pub(super) max_output_tokens: Option<u64>,
}

impl ModelTable {
    /// Checks the options `prices` (prices by id) and `catalog` (`{models: […]}`).
    pub(crate) fn new(prices: Value, mut catalog: Value, builtin: Option<Lookup>) -> Result<Self, Error> {
        let refused = |message: String| Error::new(ErrorKind::Configuration, message);
        let prices = match prices {
            Value::Null => Map::new(),
            Value::Object(prices) => prices,
            _ => return Err(refused("prices must be an object with the prices of each model by its id".to_owned())),
        };
        for (model, prices) in &prices {
            Prices::read(prices).map_err(|why| refused(format!("prices of {model}: {why}")))?;
        }
        if catalog.is_null() {
            return Ok(Self { prices, catalog: None, builtin });
        }
        let Some(models) = catalog.get_mut("models").map(Value::take).and_then(into_list) else {
            let message = "catalog must be an object with a list of models: {\"models\": [{\"id\": …}]}";
            return Err(refused(message.to_owned()));
        };
        let mut by_id = Map::new();
        for model in models {
            let Some(id) = model.get("id").and_then(Value::as_str) else {
                return Err(refused("each model of the catalog must have an id".to_owned()));
            };
            if let Some(prices) = model.get("prices").filter(|prices| !prices.is_null()) {
                Prices::read(prices).map_err(|why| refused(format!("catalog: {id}: {why}")))?;
            }
            by_id.insert(id.to_owned(), model);
        }
        Ok(Self { prices, catalog: Some(by_id), builtin })
    }

    /// A model's entry in the catalogue.
    fn entry(&self, id: &str) -> Option<&Value> {
        match &self.catalog {
            Some(catalog) => catalog.get(id),
            None => self.builtin?(id),
        }
    }

    /// The ranges of a model's parameters, by name.
    pub(crate) fn parameters(&self, id: &str) -> Option<&Map<String, Value>> {
        self.entry(id)?.get("parameters")?.as_object()
    }

    /// Finds the data about a model.
    pub(super) fn find(&self, id: &str) -> KnownModel {
        let model = self.entry(id);
        let number = |name: &str| model.and_then(|model| model.get(name)?.as_u64());
        let max_output_tokens = number("max_output_tokens").or_else(|| number("context_window"));
        let (prices, source) = match self.prices.get(id) {
            Some(prices) => (Some(prices), "prices"),
            None => (model.and_then(|model| model.get("prices")), "catalog"),
        };
        KnownModel { prices: prices.and_then(|prices| Prices::read(prices).ok()), source, max_output_tokens }
    }
}
