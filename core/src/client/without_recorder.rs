//! Records of calls, for pages whose clients log no calls: there are none.
//!
//! Invariant: the same functions as `recorder`. No value of [`Recorder`] or [`OpenRecord`] exists, so the compiler removes the code that uses one.

use core::marker::PhantomData;
use core::time::Duration;

use crate::client::Client;
use crate::config::RequestOptions;
use crate::cost::Reservation;
use crate::error::Error;
use crate::prelude::*;
use crate::record::Attempt;
use crate::sync::Shared;
use crate::text::secrets::Secrets;
use crate::transport::{Head, Transport};
use crate::value::{Map, Value};
use crate::wire::Endpoint;

/// The record of a call in progress.
pub(super) enum Recorder {}

impl Recorder {
    pub(super) fn set_reservation(&self, _: &Shared<Reservation>) {
        match *self {}
    }

    pub(super) fn wait(&self, _: &str, _: Option<&str>, _: &Secrets, _: Duration) {
        match *self {}
    }

    pub(super) fn sent(&self, _: Duration, _: Duration) {
        match *self {}
    }

    pub(super) fn answered(&self, _: &Head) {
        match *self {}
    }

    #[cfg(feature = "fallback")]
    pub(super) fn continues(&self) {
        match *self {}
    }

    pub(super) fn attempt_failed(&self, _: &Attempt) {
        match *self {}
    }
}

/// The record of a call in progress, for a host that cancels the call from another thread.
#[derive(Debug)]
pub struct OpenRecord<T>(PhantomData<T>, Never);

#[derive(Debug)]
enum Never {}

impl<T: Transport> OpenRecord<T> {
    /// Ends the record.
    pub fn end(&self) {
        match self.1 {}
    }
}

/// Keeps the record of a call: there is none.
#[derive(Debug)]
pub struct Recording<T: Transport>(PhantomData<T>);

impl<T: Transport> Recording<T> {
    /// A handle to the record: `None`.
    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub fn handle(&self) -> Option<OpenRecord<T>> {
        None
    }

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn recorder(&self) -> Option<Shared<Recorder>> {
        None
    }

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn is_on(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn open(&self) {}

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn count(&self, _: usize, _: Duration) {}

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn reply(&self, _: &Map<String, Value>) {}

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn complete(&mut self, _: Option<&Value>) {}

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn fail(&mut self, error: Error) -> Error {
        error
    }

    #[expect(clippy::unused_self, reason = "as in `recorder`")]
    pub(super) fn close(&mut self) {}
}

impl<T: Transport> Client<T> {
    /// Begins no record.
    pub fn record(&self, _: &Endpoint, _: &Map<String, Value>, _: bool, _: &RequestOptions) -> Recording<T> {
        Recording(PhantomData)
    }

    /// Sends no record.
    pub fn record_failure(&self, _: u32, _: &Endpoint, _: Option<&str>, _: bool, _: (&str, &str)) {}
}
