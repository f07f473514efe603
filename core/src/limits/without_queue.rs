//! The queue in a build without the feature `limits`: there is none.
//!
//! Invariant: no value of these types exists, so the compiler removes the code that uses a queue.

use core::time::Duration;

use super::{LimitOptions, LimitsState};
use crate::error::Error;
use crate::transport::{Head, Transport};

/// The queue of a client with limits.
#[derive(Debug)]
pub(super) enum Queue {}

/// The place of a call in flight.
#[derive(Debug)]
pub(super) enum Admission {}

/// The reserved tokens of a call.
#[derive(Debug, Clone)]
pub(crate) enum TokenHold {}

impl Queue {
    pub(super) fn new(_: &LimitOptions) -> Option<Self> {
        None
    }

    #[expect(clippy::unused_async, reason = "as the queue with limits")]
    pub(super) async fn acquire<T: Transport>(&self, _: &T, _: u64, _: bool) -> Result<Admission, Error> {
        match *self {}
    }

    pub(super) fn refused_for(&self, _: Duration) -> Duration {
        match *self {}
    }

    pub(super) fn may_retry(&self) -> bool {
        match *self {}
    }

    pub(super) fn count_retry(&self) {
        match *self {}
    }

    pub(super) fn set_rates(&self, _: Option<f64>, _: Option<f64>, _: Duration) {
        match *self {}
    }

    pub(super) fn state(&self, _: Duration) -> LimitsState {
        match *self {}
    }

    pub(super) fn grant<T: Transport>(&self, _: &mut Admission, _: &T, _: &Head) {
        match *self {}
    }

    pub(super) fn refuse<T: Transport>(&self, _: &Admission, _: &T, _: Option<&Head>, _: Option<Duration>) {
        match *self {}
    }

    pub(super) fn overloaded<T: Transport>(&self, _: &T, _: Option<Duration>) {
        match *self {}
    }

    pub(super) fn token_hold(&self, _: &Admission) -> TokenHold {
        match *self {}
    }

    pub(super) fn release(&self) {
        match *self {}
    }
}

impl TokenHold {
    pub(crate) fn settle(&self, _: u64) {
        match *self {}
    }
}
