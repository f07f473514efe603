//! What a client spent, and what its calls may still spend.
//!
//! Law: a call with a budget reserves what it can cost at most before it is sent, and gives back what it didn't use, however it ends: so
//! calls under way never pass the budget together. Amounts change under one lock, for a moment and with no `await`.

use core::ops::DerefMut;

use crate::json::json;
use crate::prelude::*;
use crate::value::Value;

use super::dollars::Dollars;
use super::estimate::{Estimate, RequestBounds};
use super::lock::{Lock, Shared};
use super::prices::{ModelTable, Prices};
use super::usage::{Priced, ReplyUsage};
use crate::error::{Error, ErrorKind};

/// Output tokens that may be under way when a stream is stopped.
pub(crate) const MARGIN: u64 = 32;

/// What a client spent so far, in dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spent {
    /// All costs that are known.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub total: Dollars,
    /// Input that no cache knew; without the answers whose provider told a total alone, as the other parts.
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
    /// The part of the output's that was thought.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub reasoning: Dollars,
    /// Answers, partial ones included.
    pub calls: u64,
    /// Those of them whose cost isn't known.
    pub unknown: u64,
    /// The client's budget, if it has one.
    pub budget: Option<BudgetState>,
}

impl Spent {
    /// As JSON, for other languages.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BudgetState {
    /// The budget.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub limit: Dollars,
    /// What it was charged: costs, and where an answer's isn't known what it can be.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub spent: Dollars,
    /// What calls under way have reserved.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub reserved: Dollars,
    /// What further calls may reserve.
    #[cfg_attr(feature = "schema", schemars(with = "super::usage::Amount"))]
    pub left: Dollars,
}

/// The account of a client.
#[derive(Debug)]
pub(crate) struct Spending {
    models: ModelTable,
    limit: Option<Dollars>,
    account: Lock<Account>,
}

#[derive(Debug, Default)]
struct Account {
    total: Dollars,
    /// By [`super::usage::PARTS`].
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

    /// What was spent so far.
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

    /// What a request can cost at most.
    pub(crate) fn estimate(&self, bounds: &RequestBounds) -> Estimate {
        bounds.estimate(&self.models.find(&bounds.model))
    }

    /// Whether a call with this budget of its own has to be watched.
    pub(crate) fn limits(&self, own: Option<Dollars>) -> bool {
        own.is_some() || self.limit.is_some()
    }

    /// Opens the account of a call, and reserves what it can cost.
    pub(crate) fn open(
        self: &Shared<Self>,
        bounds: RequestBounds,
        own: Option<Dollars>,
    ) -> Result<Shared<Reservation>, Error> {
        let mut state = State { limit: own, ..State::default() };
        let terms = if self.limits(own) { Some(self.reserve(&bounds, &mut state)?) } else { None };
        Ok(Shared::new(Reservation {
            spending: Shared::clone(self),
            model: bounds.model,
            terms,
            state: Lock::new(state),
        }))
    }

    fn reserve(&self, bounds: &RequestBounds, state: &mut State) -> Result<BudgetTerms, Error> {
        let known = self.models.find(&bounds.model);
        let refused = |message: String| Err(Error::new(ErrorKind::InvalidRequest, message));
        let Some(prices) = known.prices else {
            return refused(format!(
                "a budget can't be kept: no price is known of {}; give prices, or a catalog that has it",
                bounds.model
            ));
        };
        let input = bounds.input_cost(&prices);
        let output = bounds.output(&known);
        let worst = output.map(|tokens| input + prices.output.times(tokens));
        let mut account = self.account();
        let left = self.left(&account, state.limit);
        // A stream that nobody gave a length can be stopped: it gets all that is left, and is watched.
        let can_stop = bounds.is_stream && bounds.max_output_tokens.is_none();
        let least = input + prices.output.times(MARGIN + 1);
        let (reserved, max_output_tokens) = match worst {
            Some(worst) if worst <= left => (worst, output),
            _ if can_stop && least <= left => (left, None),
            _ if can_stop => return Err(self.too_little(&account, state.limit, least)),
            None => {
                return refused(format!(
                    "a budget can't be kept: nothing bounds the answer of {}; give max_tokens, or ask for a stream",
                    bounds.model
                ));
            }
            Some(worst) => return Err(self.too_little(&account, state.limit, worst)),
        };
        account.reserved += reserved;
        state.reserved = reserved;
        Ok(BudgetTerms { prices, input, max_output_tokens })
    }

    /// What is left for a further call.
    fn left(&self, account: &Account, own: Option<Dollars>) -> Dollars {
        let client = self.limit.map(|limit| limit.less(account.charged).less(account.reserved));
        [client, own].into_iter().flatten().min().unwrap_or_default()
    }

    fn too_little(&self, account: &Account, own: Option<Dollars>, needed: Dollars) -> Error {
        let left = self.left(account, own);
        let of_client = self.limit.map_or_else(String::new, |limit| {
            let Account { charged, reserved, .. } = account;
            format!(" (${charged} of the client's ${limit} are spent, ${reserved} reserved by calls under way)")
        });
        let message = format!(
            "the request can cost ${needed}, and its budget has ${left} left{of_client}: give a lower max_tokens or a shorter prompt, or raise the budget"
        );
        Error::new(ErrorKind::BudgetExceeded, message)
    }
}

/// The account of one call. Whoever closes it first decides; one that is dropped is closed.
#[derive(Debug)]
pub struct Reservation {
    spending: Shared<Spending>,
    model: String,
    /// What was agreed; none without a budget.
    pub(crate) terms: Option<BudgetTerms>,
    state: Lock<State>,
}

/// What was agreed when a call with a budget began.
#[derive(Debug)]
pub(crate) struct BudgetTerms {
    pub(crate) prices: Prices,
    /// What the prompt costs at most.
    pub(crate) input: Dollars,
    /// The most tokens of all answers, where what they cost is reserved.
    pub(crate) max_output_tokens: Option<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// The call's own budget.
    limit: Option<Dollars>,
    reserved: Dollars,
    /// What came of a stream costs about so much.
    running: Dollars,
    is_closed: bool,
}

impl Reservation {
    fn state(&self) -> impl DerefMut<Target = State> {
        self.state.lock()
    }

    /// Whether the call has a budget.
    pub(crate) fn is_limited(&self) -> bool {
        self.terms.is_some()
    }

    /// What a reply costs.
    pub(crate) fn cost(&self, reply: &ReplyUsage<'_>) -> Priced {
        Priced::of(&self.spending.models, &self.model, reply)
    }

    /// Notes what came of a stream costs about so much, and makes sure of `needed`. False where the budget doesn't have that.
    pub(crate) fn try_raise(&self, running: Dollars, needed: Dollars) -> bool {
        let mut state = self.state();
        state.running = running;
        if needed <= state.reserved || state.is_closed {
            return true;
        }
        let more = needed.less(state.reserved);
        let own = state.limit.map(|limit| limit.less(state.reserved));
        let mut account = self.spending.account();
        if more > self.spending.left(&account, own) {
            return false;
        }
        account.reserved += more;
        state.reserved = needed;
        true
    }

    /// Ends with an answer of this cost. One that isn't known is charged as what came of it, or, of a whole answer, as what was reserved.
    pub(crate) fn settle(&self, cost: &Priced, is_whole: bool) {
        let mut state = self.state();
        if core::mem::replace(&mut state.is_closed, true) {
            return;
        }
        let guess = if is_whole { state.reserved } else { state.running };
        let mut account = self.spending.account();
        account.charge(&state, cost.total.unwrap_or(guess));
        account.calls += 1;
        account.unknown += u64::from(cost.total.is_none());
        account.total += cost.total.unwrap_or_default();
        for (sum, part) in account.parts.iter_mut().zip(cost.parts.into_iter().flatten()) {
            *sum += part;
        }
    }

    /// Ends with no further answer: what came is charged, the rest given back. Nothing happens where it has ended.
    pub fn close(&self) {
        let mut state = self.state();
        if !core::mem::replace(&mut state.is_closed, true) {
            self.spending.account().charge(&state, state.running);
        }
    }
}

impl Account {
    fn charge(&mut self, state: &State, charged: Dollars) {
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
        /// Whatever calls do that cost no more than they reserved, the budget is kept, and nothing stays reserved.
        #[test]
        fn calls_never_pass_their_budget_together(
            steps in prop::collection::vec((0_u64..2000, any::<bool>(), 0_u8..5, 0_u64..3000), 1..60),
            limit in 0_u64..10_000,
        ) {
            let limit = Dollars::of_a_million("1").unwrap_or_default().times(limit);
            let spending = spending(limit);
            let token = Dollars::of_a_million("2").unwrap_or_default();
            let mut open: Vec<Shared<Reservation>> = Vec::new();
            for (max_tokens, is_stream, what, used) in steps {
                if let Ok(reservation) = spending.open(bounds(max_tokens, is_stream), None) {
                    open.push(reservation);
                }
                if what < 4 && !open.is_empty() {
                    let reservation = open.swap_remove(usize::from(what) % open.len());
                    let cost = token.times(used);
                    match what {
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
