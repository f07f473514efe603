//! The sums of a client, and the budgets that a call must fit into.
//!
//! Invariant: the calls of a batch count for the batch and for its client. Both accounts are locked together, always in this order, so that a change
//! affects both or none.

use core::ops::DerefMut;

use crate::error::{Error, ErrorKind};
use crate::prelude::*;

use super::dollars::Dollars;
use super::usage::{PARTS, Priced};

/// The sums of a client.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) total: Dollars,
    /// In the order of [`PARTS`].
    pub(super) parts: [Dollars; PARTS.len()],
    pub(super) calls: u64,
    pub(super) unknown: u64,
    pub(super) charged: Dollars,
    pub(super) reserved: Dollars,
}

impl Account {
    /// Replaces a reservation by a charge.
    pub(super) fn charge(&mut self, reserved: Dollars, charged: Dollars) {
        self.reserved = self.reserved.less(reserved);
        self.charged += charged;
    }

    /// Counts an answer.
    pub(super) fn count(&mut self, cost: &Priced) {
        self.calls += 1;
        self.unknown += u64::from(cost.total.is_none());
        self.total += cost.total.unwrap_or_default();
        for (sum, part) in self.parts.iter_mut().zip(cost.parts.into_iter().flatten()) {
            *sum += part;
        }
    }
}

/// The reservation that a request replaces: that of the request before it in the same call. The charge for earlier requests stays.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Replaced {
    pub(super) reserved: Dollars,
    pub(super) charge: Dollars,
}

impl Replaced {
    /// The reservations of an account without the replaced part.
    pub(super) fn without(self, account: &Account) -> Dollars {
        account.reserved.less(self.reserved) + self.charge
    }
}

/// The locked accounts that a call counts for, each with its budget.
pub(super) struct Accounts<G> {
    pub(super) own: (Option<Dollars>, G),
    /// The account of the client that a batch belongs to.
    pub(super) whole: Option<(Option<Dollars>, G)>,
}

impl<G: DerefMut<Target = Account>> Accounts<G> {
    /// Changes the accounts.
    pub(super) fn change(&mut self, mut change: impl FnMut(&mut Account)) {
        change(&mut self.own.1);
        if let Some((_, whole)) = &mut self.whole {
            change(whole);
        }
    }

    /// The amount that all budgets leave for a request, beside the reservations of other requests. `own`: the rest of the call's own budget.
    pub(super) fn left(&self, own: Option<Dollars>, replaced: Replaced) -> Dollars {
        self.rests(replaced).chain(own).min().unwrap_or_default()
    }

    /// The rest of the budgets; `None` without one.
    #[cfg(feature = "serde-json")]
    pub(super) fn rest(&self) -> Option<Dollars> {
        self.rests(Replaced::default()).min()
    }

    fn rests(&self, replaced: Replaced) -> impl Iterator<Item = Dollars> {
        self.budgets().map(move |(limit, account)| limit.less(account.charged).less(replaced.without(account)))
    }

    /// The error of a request that can cost more than is left.
    pub(super) fn exceeded(&self, left: Dollars, replaced: Replaced, needed: Dollars) -> Error {
        let limiting = self.budgets().min_by_key(|(limit, account)| limit.less(account.charged).less(account.reserved));
        let of_client = limiting.map_or_else(String::new, |(limit, account)| {
            let (charged, reserved) = (account.charged, replaced.without(account));
            format!(" (${charged} of the client's ${limit} is spent, and running calls have reserved ${reserved})")
        });
        let message = format!(
            "the request can cost ${needed}, and its budget has ${left} left{of_client}; lower max_tokens, shorten the prompt, or raise the budget"
        );
        Error::new(ErrorKind::BudgetExceeded, message)
    }

    /// The accounts that have a budget.
    fn budgets(&self) -> impl Iterator<Item = (Dollars, &Account)> {
        let all = [Some(&self.own), self.whole.as_ref()].into_iter().flatten();
        all.filter_map(|(limit, account)| limit.map(|limit| (limit, &**account)))
    }
}
