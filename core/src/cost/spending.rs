//! A client's costs so far, and the reservations of its running calls.
//!
//! Invariant: a call with a budget reserves its highest possible cost before it is sent, and returns the unused part however it ends. So running
//! calls never exceed the budget together. Amounts change under one lock, which is held briefly and with no `await`.

use core::ops::DerefMut;

use crate::json::json;
use crate::prelude::*;
use crate::value::Value;

use super::dollars::Dollars;
use super::estimate::{Estimate, RequestBounds};
use super::prices::{ModelTable, Prices};
use super::usage::{Priced, ReplyUsage};
use crate::error::{Error, ErrorKind};
use crate::sync::{Lock, Shared};

/// Output tokens that the server may already have sent when a stream is stopped.
pub(crate) const MARGIN: u64 = 32;

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
    models: ModelTable,
    limit: Option<Dollars>,
    account: Lock<Account>,
}

#[derive(Debug, Default)]
struct Account {
    total: Dollars,
    /// In the order of [`super::usage::PARTS`].
    parts: [Dollars; 5],
    calls: u64,
    unknown: u64,
    charged: Dollars,
    reserved: Dollars,
}

impl Spending {
    pub(crate) fn new(models: ModelTable, limit: Option<Dollars>) -> Self {
        Self { models, limit, account: Lock::default() }
    }

    fn account(&self) -> impl DerefMut<Target = Account> {
        self.account.lock()
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
        own.is_some() || self.limit.is_some()
    }

    /// Reserves the highest possible cost of a call. Fails if its budget cannot cover the reservation.
    pub(crate) fn open(
        self: &Shared<Self>,
        bounds: RequestBounds,
        own: Option<Dollars>,
    ) -> Result<Shared<Reservation>, Error> {
        let mut state = ReservationState { limit: own, ..ReservationState::default() };
        if self.is_limited(own) {
            state.terms = Some(self.reserve(&bounds, &mut state)?);
        }
        state.model = bounds.model;
        Ok(Shared::new(Reservation { spending: Shared::clone(self), state: Lock::new(state) }))
    }

    fn reserve(&self, bounds: &RequestBounds, state: &mut ReservationState) -> Result<BudgetTerms, Error> {
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
        let worst = output.map(|tokens| input + prices.of_output(tokens));
        let mut account = self.account();
        let own = state.own_rest();
        let left = self.left(&account, own);
        // A stream without a limit of tokens can be stopped: it reserves the rest of the budget, and its cost is monitored.
        let can_stop = bounds.is_stream && bounds.max_output_tokens.is_none();
        let least = input + prices.of_output(MARGIN + 1);
        let (reserved, max_output_tokens) = match worst {
            Some(worst) if worst <= left => (worst, output),
            _ if can_stop && least <= left => (left, None),
            _ if can_stop => return Err(self.exceeded(&account, own, least)),
            None => {
                return refused(format!(
                    "a budget can't be kept because the length of the answer of {} has no limit; set max_tokens, or request a stream",
                    bounds.model
                ));
            }
            Some(worst) => return Err(self.exceeded(&account, own, worst)),
        };
        account.reserved += reserved;
        state.reserved += reserved;
        Ok(BudgetTerms { prices, input, max_output_tokens })
    }

    /// The rest of the budget for a further call.
    fn left(&self, account: &Account, own: Option<Dollars>) -> Dollars {
        let client = self.limit.map(|limit| limit.less(account.charged).less(account.reserved));
        [client, own].into_iter().flatten().min().unwrap_or_default()
    }

    fn exceeded(&self, account: &Account, own: Option<Dollars>, needed: Dollars) -> Error {
        let left = self.left(account, own);
        let of_client = self.limit.map_or_else(String::new, |limit| {
            let Account { charged, reserved, .. } = account;
            format!(" (${charged} of the client's ${limit} is spent, and running calls have reserved ${reserved})")
        });
        let message = format!(
            "the request can cost ${needed}, and its budget has ${left} left{of_client}; lower max_tokens, shorten the prompt, or raise the budget"
        );
        Error::new(ErrorKind::BudgetExceeded, message)
    }
}

/// The reservation of one call. The first `settle` or `close` counts; dropping it closes it.
#[derive(Debug)]
pub struct Reservation {
    spending: Shared<Spending>,
    state: Lock<ReservationState>,
}

/// The terms of a request with a budget, fixed when it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BudgetTerms {
    pub(crate) prices: Prices,
    /// The highest possible cost of the prompt.
    pub(crate) input: Dollars,
    /// The most tokens of all answers, if their cost is reserved.
    pub(crate) max_output_tokens: Option<u64>,
}

#[derive(Debug, Default)]
struct ReservationState {
    /// The call's own budget.
    limit: Option<Dollars>,
    /// The model of the request.
    model: String,
    /// `None` without a budget.
    terms: Option<BudgetTerms>,
    /// The cost of the call's earlier requests, which brought a part of the answer.
    earlier: Priced,
    /// The reserved part of the budget, the cost of earlier requests included.
    reserved: Dollars,
    /// The estimated cost so far, that of earlier requests included.
    running: Dollars,
    is_closed: bool,
}

impl ReservationState {
    /// The rest of the call's own budget.
    fn own_rest(&self) -> Option<Dollars> {
        self.limit.map(|limit| limit.less(self.reserved))
    }
}

impl Reservation {
    fn state(&self) -> impl DerefMut<Target = ReservationState> {
        self.state.lock()
    }

    /// Whether the call has a budget.
    pub(crate) fn is_limited(&self) -> bool {
        self.terms().is_some()
    }

    /// The terms of the present request; `None` without a budget.
    pub(crate) fn terms(&self) -> Option<BudgetTerms> {
        self.state().terms
    }

    /// The cost of a reply, and of the call's earlier requests.
    pub(crate) fn cost(&self, reply: &ReplyUsage<'_>) -> Priced {
        let state = self.state();
        Priced::of(&self.spending.models, &state.model, reply).plus(&state.earlier)
    }

    /// The cost of the present request alone: that of a reply if it is known, else the estimate so far.
    pub(crate) fn own_cost(&self, reply: &ReplyUsage<'_>) -> Priced {
        let state = self.state();
        let cost = Priced::of(&self.spending.models, &state.model, reply);
        let running = state.running.less(state.earlier.total.unwrap_or_default());
        if cost.total.is_none() && running > Dollars::ZERO { Priced::estimated(running) } else { cost }
    }

    /// Replaces the present request of the call by another one. `cost`: that of the present one if it brought a part of the answer. Fails if the
    /// budget can't cover both.
    #[cfg(feature = "fallback")]
    pub(crate) fn renew(&self, bounds: RequestBounds, cost: Option<Priced>) -> Result<(), Error> {
        let mut state = self.state();
        if let Some(cost) = cost {
            state.earlier = cost.plus(&state.earlier);
        }
        let earlier = state.earlier.total.unwrap_or_default();
        state.running = earlier;
        if state.terms.is_some() && !state.is_closed {
            let mut account = self.spending.account();
            account.reserved = account.reserved.less(state.reserved) + earlier;
            drop(account);
            state.reserved = earlier;
            let terms = self.spending.reserve(&bounds, &mut state)?;
            state.terms = Some(terms);
        }
        state.model = bounds.model;
        Ok(())
    }

    /// Records the estimated cost of the present request so far, and raises the reservation to `needed`. Returns false if the budget cannot cover that.
    pub(crate) fn try_raise(&self, running: Dollars, needed: Dollars) -> bool {
        let mut state = self.state();
        let earlier = state.earlier.total.unwrap_or_default();
        let needed = earlier + needed;
        state.running = earlier + running;
        if needed <= state.reserved || state.is_closed {
            return true;
        }
        let more = needed.less(state.reserved);
        let mut account = self.spending.account();
        if more > self.spending.left(&account, state.own_rest()) {
            return false;
        }
        account.reserved += more;
        state.reserved = needed;
        true
    }

    /// Ends the call with an answer of this cost. An unknown cost is charged as the reservation if the answer is complete, else as the estimate so far.
    pub(crate) fn settle(&self, cost: &Priced, is_complete: bool) {
        let mut state = self.state();
        if core::mem::replace(&mut state.is_closed, true) {
            return;
        }
        let guess = if is_complete { state.reserved } else { state.running };
        let mut account = self.spending.account();
        account.charge(&state, cost.total.unwrap_or(guess));
        account.calls += 1;
        account.unknown += u64::from(cost.total.is_none());
        account.total += cost.total.unwrap_or_default();
        for (sum, part) in account.parts.iter_mut().zip(cost.parts.into_iter().flatten()) {
            *sum += part;
        }
    }

    /// Ends the call without a further answer: charges the estimate so far and returns the rest. No effect after the end.
    pub fn close(&self) {
        let mut state = self.state();
        if !core::mem::replace(&mut state.is_closed, true) {
            self.spending.account().charge(&state, state.running);
        }
    }
}

impl Account {
    fn charge(&mut self, state: &ReservationState, charged: Dollars) {
        self.reserved = self.reserved.less(state.reserved);
        self.charged += charged;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;
    use proptest::prelude::*;

    fn bounds(max_tokens: u64, is_stream: bool) -> RequestBounds {
        let Value::Object(mut body) = json!({"model": "m", "messages": []}) else { return unknown() };
        if max_tokens > 0 {
            body.insert("max_tokens".to_owned(), max_tokens.into());
        }
        RequestBounds::from_body(&body, &Map::new(), is_stream, true).with_body_size(100)
    }

    fn unknown() -> RequestBounds {
        RequestBounds::from_body(&Map::new(), &Map::new(), false, true)
    }

    fn spending(limit: Dollars) -> Shared<Spending> {
        let prices = json!({"m": {"input": "1", "output": "2"}});
        Shared::new(Spending::new(ModelTable::new(prices, Value::Null, None).unwrap_or_default(), Some(limit)))
    }

    proptest! {
        /// Calls that cost no more than their reservation keep the budget in any order, and leave nothing reserved.
        #[test]
        fn calls_never_exceed_their_budget_together(
            steps in prop::collection::vec((0_u64..2000, any::<bool>(), 0_u8..5, 0_u64..3000), 1..60),
            limit in 0_u64..10_000,
        ) {
            let limit = Dollars::of_a_million("1").unwrap_or_default().times(limit);
            let spending = spending(limit);
            let token = Dollars::of_a_million("2").unwrap_or_default();
            let mut open: Vec<Shared<Reservation>> = Vec::new();
            for (max_tokens, is_stream, action, used) in steps {
                if let Ok(reservation) = spending.open(bounds(max_tokens, is_stream), None) {
                    open.push(reservation);
                }
                if action < 4 && !open.is_empty() {
                    let reservation = open.swap_remove(usize::from(action) % open.len());
                    let cost = token.times(used);
                    match action {
                        0 => reservation.close(),
                        1 if reservation.try_raise(Dollars::ZERO, cost) => {
                            reservation.try_raise(cost, cost);
                            reservation.settle(&Priced::default(), false);
                        }
                        2 => reservation.settle(&Priced::default(), true),
                        3 if reservation.try_raise(Dollars::ZERO, cost) => {
                            reservation.settle(&Priced { total: Some(cost), ..Priced::default() }, true);
                            reservation.settle(&Priced { total: Some(limit), ..Priced::default() }, true);
                        }
                        _ => {}
                    }
                }
                let state = spending.spent().budget.unwrap_or_default();
                prop_assert!(state.spent + state.reserved <= limit);
                prop_assert_eq!(state.spent + state.reserved + state.left, limit);
            }
            drop(open);
            prop_assert_eq!(spending.spent().budget.map(|state| state.reserved), Some(Dollars::ZERO));
        }
    }
}
