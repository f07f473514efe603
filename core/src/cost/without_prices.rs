//! Prices in a build without the feature `prices`: there are none.
//!
//! Invariant: no value of [`Prices`] exists, so the compiler removes the code that computes with prices. The options are accepted unchecked, since a
//! page checks them again in the module that it loads for them; a call of a client with them fails.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "as in `prices`")]

use crate::prelude::*;
use crate::value::{Map, Value};

use super::dollars::Dollars;
use super::usage::Tokens;
use crate::error::{Error, ErrorKind};

/// The prices of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prices {}

impl Prices {
    /// The cost of output of this many tokens.
    pub(crate) fn of_output(&self, _: u64) -> Dollars {
        match *self {}
    }

    pub(super) fn cost(&self, _: &Tokens) -> Dollars {
        match *self {}
    }

    pub(super) fn parts(&self, _: &Tokens) -> [Dollars; 5] {
        match *self {}
    }

    pub(super) fn highest_input(&self) -> Dollars {
        match *self {}
    }
}

/// Finds the entry of a model in the package's own catalogue.
pub(crate) type Lookup = fn(&str) -> Option<&'static Value>;

/// Whether a client has prices or a catalogue.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelTable(bool);

/// The data about one model.
pub(super) struct KnownModel {
    pub(super) prices: Option<Prices>,
    pub(super) source: &'static str,
    pub(super) max_output_tokens: Option<u64>,
}

impl ModelTable {
    #[expect(clippy::unnecessary_wraps, reason = "as in `prices`")]
    pub(crate) fn new(prices: Value, catalog: Value, _: Option<Lookup>) -> Result<Self, Error> {
        Ok(Self(!prices.is_null() || !catalog.is_null()))
    }

    /// Fails if the client needs another module.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.0 {
            let message = "the loaded module has no prices: load the module that this client's options need";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "as in `prices`")]
    pub(crate) fn parameters(&self, _: &str) -> Option<&Map<String, Value>> {
        None
    }

    #[expect(clippy::unused_self, reason = "as in `prices`")]
    pub(super) fn find(&self, _: &str) -> KnownModel {
        KnownModel { prices: None, source: "", max_output_tokens: None }
    }
}
