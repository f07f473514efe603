//! The operations of a client: costs and log lines.

use super::operations;
use crate::catalog;
use crate::cost::{Prices, Tokens};
use crate::error::{Error, ErrorKind};
use crate::ffi::summary::CallSummary;
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
        /// Since a call began, in milliseconds.
        elapsed: Option<f64>,
        /// When the first chunk or event was returned, in milliseconds since the call began.
        first: Option<f64>,
        /// How many chunks or events a stream returned.
        items: Option<u32>,
        /// The unit of `items`: `chunks` or `events`.
        unit: Option<String>,
        /// Whether the caller closed the stream before its end.
        is_closed: Option<bool>,
        /// The name of the error that ended the call.
        error: Option<String>,
        /// The message of that error.
        message: Option<String>,
        /// The usage of a reply.
        usage: Value,
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

    /// The log line of a call's end, without the call's number.
    describe_end(elapsed; first, items, unit, is_closed, error, message, usage) -> { text: String } {
        let elapsed = elapsed.unwrap_or_default();
        let is_closed = is_closed.unwrap_or_default();
        (CallSummary { elapsed, first, items, unit, is_closed, error, message, usage }.line(),)
    }
}
