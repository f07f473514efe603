//! Options of a client without fallbacks, for pages that load no module with them.
//!
//! Invariant: the same functions as `fallback`.

use crate::config::{Config, OnCut, Options, refused};
use crate::error::Error;
use crate::prelude::*;

/// There are none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fallbacks;

/// Fails if the options need another module, which a page loads for them.
pub(super) fn read(
    options: &Options,
    _configure: impl Fn(Options) -> Result<Config, Error>,
) -> Result<Fallbacks, Error> {
    if options.fallbacks.is_null() && options.on_cut != Some(OnCut::Continue) {
        return Ok(Fallbacks);
    }
    Err(refused("the loaded module has no fallbacks: load the module that this client's options need".to_owned()))
}
