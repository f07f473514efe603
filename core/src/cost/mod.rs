//! The cost of answers, and budgets.
//!
//! Invariant: amounts are exact ([`Dollars`]). A cost is computed from given prices and reported tokens, never estimated; an unknown cost has a
//! reason instead. Budgets use estimates, which are high rather than low.
//!
//! `prices`: the price of a token. `usage`: a reply's tokens and their cost. `estimate`: the highest possible cost of a request. `spending`: a
//! client's costs and its budget. `account`: the sums of a client, and the budgets that a call must fit into. `reservation`: the part of a running call. A stream compares its running cost with its budget in `client::stream::budget`.

mod account;
mod dollars;
mod estimate;
mod prices;
mod reservation;
mod spending;
mod usage;

pub use dollars::Dollars;
pub use estimate::Estimate;
pub use prices::Prices;
pub use reservation::Reservation;
pub use spending::{BudgetState, Spent};
#[cfg(feature = "serde-json")]
pub use usage::Cost;
pub use usage::{Counts, Tokens};

pub(crate) use estimate::RequestBounds;
pub(crate) use prices::{Lookup, ModelTable};
pub(crate) use reservation::MARGIN;
pub(crate) use spending::Spending;
#[cfg(feature = "schema")]
pub(crate) use usage::Amount;
pub(crate) use usage::{Priced, ReplyUsage};
