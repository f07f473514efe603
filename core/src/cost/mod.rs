//! What answers cost, and budgets.
//!
//! Law: exact amounts ([`Dollars`]), prices that somebody gave, tokens that the endpoint told. Nothing is guessed where it is shown as a
//! cost: a cost that isn't known has a reason instead. What is guessed, for budgets, is guessed upwards, by the rules in `estimate` and
//! `watch`.
//!
//! `prices`: what a token costs · `usage`: a reply's tokens and their cost · `estimate`: what a request can cost at most · `spending`: what a
//! client spent, and what its calls may still spend · `watch`: a stream against its budget.

mod dollars;
mod estimate;
mod lock;
mod prices;
mod spending;
mod usage;

pub use dollars::Dollars;
pub use estimate::Estimate;
pub use prices::Prices;
pub use spending::{BudgetState, Reservation, Spent};
#[cfg(feature = "serde")]
pub use usage::Cost;
pub use usage::{Counts, Tokens};

pub(crate) use estimate::RequestBounds;
pub(crate) use lock::Shared;
pub(crate) use prices::{Lookup, ModelTable};
pub(crate) use spending::{MARGIN, Spending};
#[cfg(feature = "schema")]
pub(crate) use usage::Amount;
pub(crate) use usage::ReplyUsage;
