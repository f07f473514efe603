//! What a client spent, and what its calls may still spend.
//!
//! Law: a call with a budget reserves what it can cost at most before it is sent, and gives back what it didn't use, however it ends: so
//! calls under way never pass the budget together. Amounts change under one lock, for a moment and with no `await`.

use core::ops::DerefMut;

use crate::json::json;
use crate::prelude::*;
use crate::value::Value;

use super::dollars::Dollars;
use super::estimate::{Asked, Estimate};
use super::lock::{Lock, Shared};
use super::prices::{Book, Prices};
use super::usage::{Priced, Reply};
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
pub(crate) struct Ledger {
    book: Book,
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

impl Ledger {
    pub(crate) fn new(book: Book, limit: Option<Dollars>) -> Self {
        Self { book, limit, account: Lock::default() }
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
    pub(crate) fn estimate(&self, asked: &Asked) -> Estimate {
        asked.estimate(&self.book.find(&asked.model))
    }

    /// Whether a call with this budget of its own has to be watched.
    pub(crate) fn limits(&self, own: Option<Dollars>) -> bool {
        own.is_some() || self.limit.is_some()
    }

    /// Opens the account of a call, and reserves what it can cost.
    pub(crate) fn open(self: &Shared<Self>, asked: Asked, own: Option<Dollars>) -> Result<Shared<Tab>, Error> {
        let mut state = State { limit: own, ..State::default() };
        let terms = if self.limits(own) { Some(self.reserve(&asked, &mut state)?) } else { None };
        Ok(Shared::new(Tab { ledger: Shared::clone(self), model: asked.model, terms, state: Lock::new(state) }))
    }

    fn reserve(&self, asked: &Asked, state: &mut State) -> Result<Terms, Error> {
        let known = self.book.find(&asked.model);
        let refused = |message: String| Err(Error::new(ErrorKind::InvalidRequest, message));
        let Some(prices) = known.prices else {
            return refused(format!(
                "a budget can't be kept: no price is known of {}; give prices, or a catalog that has it",
                asked.model
            ));
        };
        let input = asked.input_cost(&prices);
        let output = asked.output(&known);
        let worst = output.map(|tokens| input + prices.output.times(tokens));
        let mut account = self.account();
        let left = self.left(&account, state.limit);
        // A stream that nobody gave a length can be stopped: it gets all that is left, and is watched.
        let can_stop = asked.is_stream && asked.longest.is_none();
        let least = input + prices.output.times(MARGIN + 1);
        let (reserved, longest) = match worst {
            Some(worst) if worst <= left => (worst, output),
            _ if can_stop && least <= left => (left, None),
            _ if can_stop => return Err(self.too_little(&account, state.limit, least)),
            None => {
                return refused(format!(
                    "a budget can't be kept: nothing bounds the answer of {}; give max_tokens, or ask for a stream",
                    asked.model
                ));
            }
            Some(worst) => return Err(self.too_little(&account, state.limit, worst)),
        };
        account.reserved += reserved;
        state.reserved = reserved;
        Ok(Terms { prices, input, longest })
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
pub struct Tab {
    ledger: Shared<Ledger>,
    model: String,
    /// What was agreed; none without a budget.
    pub(crate) terms: Option<Terms>,
    state: Lock<State>,
}

/// What was agreed when a call with a budget began.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) prices: Prices,
    /// What the prompt costs at most.
    pub(crate) input: Dollars,
    /// The most tokens of all answers, where what they cost is reserved.
    pub(crate) longest: Option<u64>,
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

impl Tab {
    fn state(&self) -> impl DerefMut<Target = State> {
        self.state.lock()
    }

    /// Whether the call has a budget.
    pub(crate) fn is_limited(&self) -> bool {
        self.terms.is_some()
    }

    /// What a reply costs.
    pub(crate) fn cost(&self, reply: &Reply<'_>) -> Priced {
        Priced::of(&self.ledger.book, &self.model, reply)
    }

    /// Notes what came of a stream costs about so much, and makes sure of `needed`. False where the budget doesn't have that.
    pub(crate) fn run_up(&self, running: Dollars, needed: Dollars) -> bool {
        let mut state = self.state();
        state.running = running;
        if needed <= state.reserved || state.is_closed {
            return true;
        }
        let more = needed.less(state.reserved);
        let own = state.limit.map(|limit| limit.less(state.reserved));
        let mut account = self.ledger.account();
        if more > self.ledger.left(&account, own) {
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
        let mut account = self.ledger.account();
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
            self.ledger.account().charge(&state, state.running);
        }
    }
}

impl Account {
    fn charge(&mut self, state: &State, charged: Dollars) {
        self.reserved = self.reserved.less(state.reserved);
        self.charged += charged;
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;
    use proptest::prelude::*;

    fn asked(max_tokens: u64, is_stream: bool) -> Asked {
        let Value::Object(mut body) = json!({"model": "m", "messages": []}) else { return unknown() };
        if max_tokens > 0 {
            body.insert("max_tokens".to_owned(), max_tokens.into());
        }
        Asked::of(&body, &Map::new(), is_stream, true).sent(100)
    }

    fn unknown() -> Asked {
        Asked::of(&Map::new(), &Map::new(), false, true)
    }

    fn ledger(limit: Dollars) -> Shared<Ledger> {
        let prices = json!({"m": {"input": "1", "output": "2"}});
        Shared::new(Ledger::new(Book::new(prices, Value::Null, None).unwrap_or_default(), Some(limit)))
    }

    proptest! {
        /// Whatever calls do that cost no more than they reserved, the budget is kept, and nothing stays reserved.
        #[test]
        fn calls_never_pass_their_budget_together(
            steps in prop::collection::vec((0_u64..2000, any::<bool>(), 0_u8..5, 0_u64..3000), 1..60),
            limit in 0_u64..10_000,
        ) {
            let limit = Dollars::of_a_million("1").unwrap_or_default().times(limit);
            let ledger = ledger(limit);
            let token = Dollars::of_a_million("2").unwrap_or_default();
            let mut open: Vec<Shared<Tab>> = Vec::new();
            for (max_tokens, is_stream, what, used) in steps {
                if let Ok(tab) = ledger.open(asked(max_tokens, is_stream), None) {
                    open.push(tab);
                }
                if what < 4 && !open.is_empty() {
                    let tab = open.swap_remove(usize::from(what) % open.len());
                    let cost = token.times(used);
                    match what {
                        0 => tab.close(),
                        1 if tab.run_up(Dollars::ZERO, cost) => {
                            tab.run_up(cost, cost);
                            tab.settle(&Priced::default(), false);
                        }
                        2 => tab.settle(&Priced::default(), true),
                        3 if tab.run_up(Dollars::ZERO, cost) => {
                            tab.settle(&Priced { total: Some(cost), ..Priced::default() }, true);
                            tab.settle(&Priced { total: Some(limit), ..Priced::default() }, true);
                        }
                        _ => {}
                    }
                }
                let state = ledger.spent().budget.unwrap_or_default();
                prop_assert!(state.spent + state.reserved <= limit);
                prop_assert_eq!(state.spent + state.reserved + state.left, limit);
            }
            drop(open);
            prop_assert_eq!(ledger.spent().budget.map(|state| state.reserved), Some(Dollars::ZERO));
        }
    }
}
