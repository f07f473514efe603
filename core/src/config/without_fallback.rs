//! Options of a client without fallbacks, for pages that load no module with them.
//!
//! Invariant: the same functions as `fallback`. The options are accepted unchecked, since a page checks them again in the module that it loads for
//! them; a call of a client with them fails.

use crate::config::keys::KeyOwners;
use crate::config::{Config, Env, Options};
use crate::error::Error;

/// Whether the options need another module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fallbacks(pub(crate) bool);

/// Whether the options need another module.
pub(super) fn given(options: &Options) -> Fallbacks {
    Fallbacks(!options.fallbacks.is_null() || options.on_cut.is_some() || !options.fallback_on.is_empty())
}

/// Returns whether the options need another module.
#[expect(clippy::unnecessary_wraps, reason = "as in `fallback`")]
pub(super) fn read(
    given: Fallbacks,
    _client: &Config,
    _env: Env<'_>,
    _configure: impl Fn(Options, KeyOwners<'_>) -> Result<Config, Error>,
) -> Result<Fallbacks, Error> {
    Ok(given)
}
