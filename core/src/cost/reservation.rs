//! The reservation of a running call, and its cost in the end.
//!
//! Invariant: a call with a budget reserves its highest possible cost before it is sent, and returns the unused part however it ends. So running
//! calls never exceed the budget together. A change takes effect completely or, with an error, not at all. A request whose answer another one
//! continues is charged once.

use core::ops::DerefMut;

use crate::prelude::*;

use super::account::Replaced;
use super::dollars::Dollars;
use super::estimate::RequestBounds;
use super::prices::Prices;
use super::spending::Spending;
use super::usage::{Priced, ReplyUsage};
use crate::error::Error;
use crate::sync::{Lock, Shared};

/// Output tokens that the server may already have sent when a stream is stopped.
pub(crate) const MARGIN: u64 = 32;

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
    /// The model of the present request.
    model: String,
    /// `None` without a budget.
    terms: Option<BudgetTerms>,
    /// `None` unless the present request continues an answer.
    earlier: Option<EarlierRequests>,
    /// The reserved part of the budget, the charge of earlier requests included.
    reserved: Dollars,
    /// The estimated cost of the present request so far.
    running: Dollars,
    is_closed: bool,
}

/// The requests that brought the beginning of an answer.
#[cfg(feature = "fallback")]
#[derive(Debug, Clone)]
struct EarlierRequests {
    cost: Priced,
    /// The charge to the budget: the cost, or its estimate if it is unknown.
    charge: Dollars,
}

#[cfg(feature = "fallback")]
impl EarlierRequests {
    fn charge(&self) -> Dollars {
        self.charge
    }

    fn cost(&self) -> Priced {
        self.cost.clone()
    }

    /// Adds the cost of the request that continues their answer.
    fn cost_with(&self, own: Priced) -> Priced {
        own.plus(&self.cost)
    }
}

/// Without fallbacks, no answer is continued.
#[cfg(not(feature = "fallback"))]
#[derive(Debug)]
enum EarlierRequests {}

#[cfg(not(feature = "fallback"))]
impl EarlierRequests {
    fn charge(&self) -> Dollars {
        match *self {}
    }

    fn cost(&self) -> Priced {
        match *self {}
    }

    fn cost_with(&self, _: Priced) -> Priced {
        match *self {}
    }
}

impl ReservationState {
    fn earlier_charge(&self) -> Dollars {
        self.earlier.as_ref().map_or(Dollars::ZERO, EarlierRequests::charge)
    }

    /// The cost of the present request.
    fn own_cost(&self, spending: &Spending, reply: &ReplyUsage<'_>) -> Priced {
        Priced::of(&spending.models, &self.model, reply)
    }

    /// The sum of a cost of the present request and those of earlier ones.
    fn with_earlier(&self, own: Priced) -> Priced {
        match &self.earlier {
            Some(earlier) => earlier.cost_with(own),
            None => own,
        }
    }
}

impl Spending {
    /// Reserves the highest possible cost of a call. Fails if its budget cannot cover the reservation.
    pub(crate) fn open(
        self: &Shared<Self>,
        bounds: RequestBounds,
        own: Option<Dollars>,
    ) -> Result<Shared<Reservation>, Error> {
        let mut state = ReservationState { limit: own, ..ReservationState::default() };
        if self.is_limited(own) {
            let mut accounts = self.accounts();
            let (terms, amount) = self.terms(&accounts, &bounds, own, Replaced::default())?;
            accounts.change(|account| account.reserved += amount);
            (state.terms, state.reserved) = (Some(terms), amount);
        }
        state.model = bounds.model;
        Ok(Shared::new(Reservation { spending: Shared::clone(self), state: Lock::new(state) }))
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

    /// The cost of a reply to the present request, and of the earlier requests whose answer it continues. `None`: it has brought nothing yet.
    pub(crate) fn cost(&self, reply: Option<&ReplyUsage<'_>>) -> Priced {
        let state = self.state();
        match (reply, &state.earlier) {
            (None, Some(earlier)) => earlier.cost(),
            (reply, _) => state.with_earlier(state.own_cost(&self.spending, reply.unwrap_or(&ReplyUsage::default()))),
        }
    }

    /// The cost of a reply to the present request alone.
    pub(crate) fn own_cost(&self, reply: &ReplyUsage<'_>) -> Priced {
        self.state().own_cost(&self.spending, reply)
    }

    /// Replaces the present request of the call by another one. `part`: the usage of the present one, if it brought a part of the answer.
    ///
    /// # Errors
    ///
    /// A budget that can't cover both. The present request then stays.
    #[cfg(feature = "fallback")]
    pub(crate) fn renew(&self, bounds: RequestBounds, part: Option<&ReplyUsage<'_>>) -> Result<(), Error> {
        let mut state = self.state();
        let earlier = match part {
            Some(part) => {
                let own = state.own_cost(&self.spending, part);
                let charge = state.earlier_charge() + own.total.unwrap_or(state.running);
                Some(EarlierRequests { cost: state.with_earlier(own), charge })
            }
            None => state.earlier.clone(),
        };
        let charge = earlier.as_ref().map_or(Dollars::ZERO, |earlier| earlier.charge);
        if state.terms.is_some() && !state.is_closed {
            let mut accounts = self.spending.accounts();
            let replaced = Replaced { reserved: state.reserved, charge };
            let own = state.limit.map(|limit| limit.less(charge));
            let (terms, amount) = self.spending.terms(&accounts, &bounds, own, replaced)?;
            accounts.change(|account| account.reserved = replaced.without(account) + amount);
            (state.terms, state.reserved) = (Some(terms), charge + amount);
        }
        state.earlier = earlier;
        state.model = bounds.model;
        state.running = Dollars::ZERO;
        Ok(())
    }

    /// Records the estimated cost of the present request so far, and raises its reservation to `needed`. Returns false if the budget cannot cover
    /// that.
    pub(crate) fn try_raise(&self, running: Dollars, needed: Dollars) -> bool {
        let mut state = self.state();
        state.running = running;
        let needed = state.earlier_charge() + needed;
        if needed <= state.reserved || state.is_closed {
            return true;
        }
        let more = needed.less(state.reserved);
        let mut accounts = self.spending.accounts();
        let own = state.limit.map(|limit| limit.less(state.reserved));
        if more > accounts.left(own, Replaced::default()) {
            return false;
        }
        accounts.change(|account| account.reserved += more);
        state.reserved = needed;
        true
    }

    /// Ends the call with a reply to its present request, or without one, and returns the cost. If that of the present request is unknown, the
    /// budget is charged its reservation if the answer is complete, else the estimate so far. No effect after the end.
    pub(crate) fn settle(&self, reply: Option<&ReplyUsage<'_>>, is_complete: bool) -> Priced {
        let mut state = self.state();
        let own = reply.map(|reply| state.own_cost(&self.spending, reply));
        let earlier = state.earlier_charge();
        let guess = if is_complete { state.reserved.less(earlier) } else { state.running };
        let charge = earlier + own.as_ref().and_then(|own| own.total).unwrap_or(guess);
        let cost = match (own, &state.earlier) {
            (Some(own), _) => Some(state.with_earlier(own)),
            (None, earlier) => earlier.as_ref().map(EarlierRequests::cost),
        };
        if !core::mem::replace(&mut state.is_closed, true) {
            self.spending.accounts().change(|account| {
                account.charge(state.reserved, charge);
                if let Some(cost) = &cost {
                    account.count(cost);
                }
            });
        }
        cost.unwrap_or_default()
    }

    /// Ends the call without a further answer: charges the estimate so far and returns the rest. No effect after the end.
    pub fn close(&self) {
        self.settle(None, false);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::super::prices::ModelTable;
    use super::*;
    use crate::json::json;
    use crate::value::{Map, Value};
    use proptest::prelude::*;

    fn bounds(max_tokens: u64, is_stream: bool) -> RequestBounds {
        let Value::Object(mut body) = json!({"model": "m", "messages": []}) else { panic!("an object") };
        if max_tokens > 0 {
            body.insert("max_tokens".to_owned(), max_tokens.into());
        }
        RequestBounds::from_body(&body, &Map::new(), is_stream, true).with_body_size(100)
    }

    fn spending(limit: Option<Dollars>) -> Shared<Spending> {
        let prices = json!({"m": {"input": "1", "output": "2"}});
        Shared::new(Spending::new(ModelTable::new(prices, Value::Null, None).unwrap_or_default(), limit))
    }

    /// The price of this many output tokens.
    fn output(tokens: u64) -> Dollars {
        Dollars::of_a_million("2").unwrap_or_default().times(tokens)
    }

    /// A usage of this many output tokens.
    fn usage(tokens: u64) -> Value {
        json!({"completion_tokens": tokens, "prompt_tokens": 0})
    }

    fn reply(usage: &Value) -> ReplyUsage<'_> {
        ReplyUsage { usage: Some(usage), ..ReplyUsage::default() }
    }

    proptest! {
        /// Calls that cost no more than their reservation keep the budget in any order, and leave nothing reserved.
        #[test]
        fn calls_never_exceed_their_budget_together(
            steps in prop::collection::vec((0_u64..2000, any::<bool>(), 0_u8..7, 0_u64..3000), 1..60),
            limit in 0_u64..10_000,
        ) {
            let limit = Dollars::of_a_million("1").unwrap_or_default().times(limit);
            let spending = spending(Some(limit));
            let mut open: Vec<Shared<Reservation>> = Vec::new();
            for (max_tokens, is_stream, action, used) in steps {
                if let Ok(reservation) = spending.open(bounds(max_tokens, is_stream), None) {
                    open.push(reservation);
                }
                if action < 6 && !open.is_empty() {
                    let reservation = open.swap_remove(usize::from(action) % open.len());
                    let (cost, tokens) = (output(used), usage(used));
                    match action {
                        0 => reservation.close(),
                        1 if reservation.try_raise(Dollars::ZERO, cost) => {
                            reservation.try_raise(cost, cost);
                            reservation.settle(Some(&ReplyUsage::default()), false);
                        }
                        2 => {
                            reservation.settle(Some(&ReplyUsage::default()), true);
                        }
                        3 if reservation.try_raise(Dollars::ZERO, cost) => {
                            reservation.settle(Some(&reply(&tokens)), true);
                            reservation.settle(Some(&reply(&usage(u64::from(u32::MAX)))), true);
                        }
                        4 | 5 if reservation.try_raise(Dollars::ZERO, cost) => {
                            reservation.try_raise(cost, cost);
                            let part = reply(&tokens);
                            let _refused = reservation.renew(bounds(max_tokens, is_stream), (action == 4).then_some(&part));
                            open.push(reservation);
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

    #[test]
    fn a_request_that_the_budget_does_not_cover_changes_nothing() {
        let spending = spending(Some(output(1000)));
        let reservation = spending.open(bounds(100, true), None).unwrap();
        assert!(reservation.try_raise(output(50), output(60)));
        let before = spending.spent();
        let cut = usage(50);
        assert!(reservation.renew(bounds(10_000, true), Some(&reply(&cut))).is_err());
        assert_eq!(spending.spent(), before);
        assert_eq!(reservation.settle(Some(&reply(&cut)), false).total, Some(output(50)));
        let after = spending.spent();
        assert_eq!((after.total, after.budget.unwrap().spent), (output(50), output(50)));
    }

    #[test]
    fn the_parts_of_a_continued_answer_are_charged_once() {
        let (first, second) = (usage(50), usage(7));
        // What the continuing request has brought in the end: an answer, nothing, or nothing with a usage.
        for (last, total) in [(Some(&second), Some(57)), (None, Some(50)), (Some(&Value::Null), None)] {
            for limit in [None, Some(output(1000))] {
                let spending = spending(limit);
                let reservation = spending.open(bounds(100, true), None).unwrap();
                reservation.renew(bounds(100, true), Some(&reply(&first))).unwrap();
                // A further endpoint, after the first one that should continue has failed.
                reservation.renew(bounds(100, true), None).unwrap();
                let last = last.map(reply);
                assert_eq!(reservation.cost(last.as_ref()).total, total.map(output));
                assert_eq!(reservation.settle(last.as_ref(), false).total, total.map(output));
                drop(reservation);
                let spent = spending.spent();
                assert_eq!((spent.total, spent.calls), (output(total.unwrap_or(0)), 1));
                assert_eq!(spent.unknown, u64::from(total.is_none()));
                let charged = output(total.unwrap_or(50));
                assert_eq!(
                    spent.budget.map(|budget| (budget.spent, budget.reserved)),
                    limit.map(|_| (charged, Dollars::ZERO))
                );
            }
        }
    }

    #[test]
    fn an_unknown_part_makes_the_cost_unknown() {
        let spending = spending(Some(output(1000)));
        let reservation = spending.open(bounds(100, true), None).unwrap();
        assert!(reservation.try_raise(output(40), output(60)));
        reservation.renew(bounds(100, true), Some(&ReplyUsage::default())).unwrap();
        let second = usage(7);
        let cost = reservation.settle(Some(&reply(&second)), true);
        assert_eq!(cost.total, None);
        assert!(cost.reason.unwrap().contains("reported no usage"));
        let spent = spending.spent();
        // The budget is charged the estimate of the part.
        assert_eq!((spent.total, spent.unknown, spent.budget.unwrap().spent), (Dollars::ZERO, 1, output(47)));
    }
}
