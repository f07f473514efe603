//! The operations of a client: costs.

use super::operations;
use crate::catalog;
use crate::cost::{Prices, Tokens};
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::value::fields::Reader;
use crate::value::{Map, Value};

operations! {
    /// Executes an operation of this group.
    fn operation();

    inputs {
        /// Prices in dollars a million tokens: `{input, output, cache_read?, cache_write?}`.
        prices: Value,
        /// Counts of tokens: `{input_tokens?, output_tokens?, cache_read_tokens?, cache_write_tokens?}`.
        tokens: Value,
        /// An entry of the catalogue.
        model: Value,
    }

    /// The price of tokens, as a decimal text in dollars.
    price_tokens(prices, tokens) -> { total: String } {
        let refused = |why: String| Error::new(ErrorKind::InvalidRequest, why);
        let prices = Prices::read(&prices).map_err(refused)?;
        let tokens = Tokens::given(&tokens).map_err(refused)?;
        (prices.cost(&tokens).to_string(),)
    }

    /// The settings with which the provider's own page uses a model of the catalogue.
    preset(model) -> { preset: Map<String, Value> } {
        (catalog::preset(&model),)
    }
}
