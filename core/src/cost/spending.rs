//! A client's costs so far, and its budget.
//!
//! Invariant: what is charged and reserved together never exceeds the budget. Amounts change under one lock, which is held briefly and with no
//! `await`.

use core::ops::DerefMut;

use crate::json::json;
use crate::prelude::*;
use crate::value::Value;

use super::account::{Account, Accounts, Replaced};
use super::dollars::Dollars;
use super::estimate::{Estimate, RequestBounds};
use super::prices::ModelTable;
use super::reservation::{BudgetTerms, MARGIN};
#[cfg(feature = "serde-json")]
use super::usage::{Priced, ReplyUsage};
use crate::error::{Error, ErrorKind};
use crate::sync::{Lock, Shared};

/// A client's costs so far, in dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spent {
    /// The sum of all known costs.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub total: Dollars,
    /// Input that was not cached. As the other parts, without the answers whose provider reported only a total.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub input: Dollars,
    /// Input that was read from a cache.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub cache_read: Dollars,
    /// Input that was written to a cache.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub cache_write: Dollars,
    /// Output, reasoning included.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub output: Dollars,
    /// The part of the output's cost that is reasoning.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub reasoning: Dollars,
    /// The number of answers, including partial ones.
    pub calls: u64,
    /// The number of answers with an unknown cost.
    pub unknown: u64,
    /// The client's budget, if it has one.
    pub budget: Option<BudgetState>,
}

impl Spent {
    /// The costs as a JSON object.
    pub fn to_value(&self) -> Value {
        let budget = self.budget.map(|budget| {
            let BudgetState { limit, spent, reserved, left } = budget;
            json!({"limit": limit, "spent": spent, "reserved": reserved, "left": left})
        });
        json!({
            "total": self.total,
            "input": self.input,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
            "output": self.output,
            "reasoning": self.reasoning,
            "calls": self.calls,
            "unknown": self.unknown,
            "budget": budget,
        })
    }
}

/// The state of a budget, in dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde-json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BudgetState {
    /// The budget.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub limit: Dollars,
    /// The charges so far: costs, or the highest possible cost of answers with an unknown one.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub spent: Dollars,
    /// The reservations of running calls.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub reserved: Dollars,
    /// The rest, which further calls may reserve.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub left: Dollars,
}

/// The account of a client, which its calls share.
#[derive(Debug)]
pub(crate) struct Spending {
    pub(super) models: ModelTable,
    limit: Option<Dollars>,
    account: Lock<Account>,
    /// The account that these calls also count for: that of the client of a batch.
    whole: Option<Shared<Self>>,
}

impl Spending {
    pub(crate) fn new(models: ModelTable, limit: Option<Dollars>) -> Self {
        Self { models, limit, account: Lock::default(), whole: None }
    }

    /// Creates a budget within that of `whole`: a call needs both, and counts for both.
    pub(crate) fn within(whole: &Shared<Self>, limit: Option<Dollars>) -> Self {
        // A part of a part counts for the same whole, so that at most two accounts are locked, always in this order.
        let root = whole.whole.as_ref().unwrap_or(whole);
        Self { whole: Some(Shared::clone(root)), ..Self::new(root.models.clone(), limit) }
    }

    fn account(&self) -> impl DerefMut<Target = Account> {
        self.account.lock()
    }

    /// Locks the accounts that calls count for: this one, and that of the whole.
    pub(super) fn accounts(&self) -> Accounts<impl DerefMut<Target = Account>> {
        let own = (self.limit, self.account());
        Accounts { own, whole: self.whole.as_ref().map(|whole| (whole.limit, whole.account())) }
    }

    /// The costs so far.
    pub(crate) fn spent(&self) -> Spent {
        let account = self.account();
        let budget = self.limit.map(|limit| BudgetState {
            limit,
            spent: account.charged,
            reserved: account.reserved,
            left: limit.less(account.charged).less(account.reserved),
        });
        let [input, cache_read, cache_write, output, reasoning] = account.parts;
        let Account { total, calls, unknown, .. } = *account;
        Spent { total, input, cache_read, cache_write, output, reasoning, calls, unknown, budget }
    }

    /// The highest possible cost of a request.
    pub(crate) fn estimate(&self, bounds: &RequestBounds) -> Estimate {
        bounds.estimate(&self.models.find(&bounds.model))
    }

    /// Whether a call with this budget of its own has any limit.
    pub(crate) fn is_limited(&self, own: Option<Dollars>) -> bool {
        own.is_some() || self.limit.is_some() || self.whole.as_ref().is_some_and(|whole| whole.limit.is_some())
    }

    /// The rest of the budget, and of the whole; `None` without a budget.
    #[cfg(feature = "serde-json")]
    pub(crate) fn rest(&self) -> Option<Dollars> {
        self.accounts().rest()
    }

    /// Charges an answer of a provider's batch, which no call has reserved. A budget is charged the highest possible cost, `most`, if the cost is unknown.
    #[cfg(feature = "serde-json")]
    pub(crate) fn charge_batched(
        &self,
        model: &str,
        reply: &ReplyUsage<'_>,
        max_cost: impl FnOnce() -> Dollars,
    ) -> Priced {
        let cost = Priced::of(&self.models, model, reply).batched();
        let charge = match cost.total {
            Some(total) => total,
            None if self.is_limited(None) => max_cost(),
            None => Dollars::ZERO,
        };
        self.accounts().change(|account| {
            account.charge(Dollars::ZERO, charge);
            account.count(&cost);
        });
        cost
    }

    /// Decides how much a request reserves: its highest possible cost, or the rest of the budget for a stream that can be stopped. `own`: the rest of
    /// the call's own budget; `replaced`: what the request replaces.
    ///
    /// # Errors
    ///
    /// A budget that can't cover the request, or a cost that has no bound.
    pub(super) fn terms(
        &self,
        accounts: &Accounts<impl DerefMut<Target = Account>>,
        bounds: &RequestBounds,
        own: Option<Dollars>,
        replaced: Replaced,
    ) -> Result<(BudgetTerms, Dollars), Error> {
        let known = self.models.find(&bounds.model);
        let refused = |message: String| Err(Error::new(ErrorKind::InvalidRequest, message));
        let Some(prices) = known.prices else {
            return refused(format!(
                "a budget can't be kept because the price of {} is unknown; set prices, or a catalog with this model",
                bounds.model
            ));
        };
        let input = bounds.input_cost(&prices);
        let output = bounds.output(&known);
        let worst = output.map(|tokens| input + prices.output.times(tokens));
        let left = accounts.left(own, replaced);
        // A stream without a limit of tokens can be stopped: it reserves the rest of the budget, and its cost is monitored.
        let can_stop = bounds.is_stream && bounds.max_output_tokens.is_none();
        let least = input + prices.output.times(MARGIN + 1);
        let (amount, max_output_tokens) = match worst {
            Some(worst) if worst <= left => (worst, output),
            _ if can_stop && least <= left => (left, None),
            _ if can_stop => return Err(accounts.exceeded(left, replaced, least)),
            None => {
                return refused(format!(
                    "a budget can't be kept because the length of the answer of {} has no limit; set max_tokens, or request a stream",
                    bounds.model
                ));
            }
            Some(worst) => return Err(accounts.exceeded(left, replaced, worst)),
        };
        Ok((BudgetTerms { prices, input, max_output_tokens }, amount))
    }
}
