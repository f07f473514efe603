//! Requests on their way that another language may give up.
//!
//! Law: a call has a number that its caller chose; a cancel ends it with `APIUserAbortError`, also where it comes before the call
//! has begun to run.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use trilogue_core::{Error, ErrorKind};

/// The calls of one client.
#[derive(Debug, Default)]
pub struct Calls {
    running: Mutex<HashMap<u32, Arc<Notify>>>,
}

impl Calls {
    /// The outcome of `work`, or the error of a cancel.
    pub async fn run<R>(&self, number: u32, work: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
        let cancelled = self.entry(number);
        let outcome = tokio::select! {
            biased;
            () = cancelled.notified() => Err(Error::new(ErrorKind::UserAbort, "the request was cancelled")),
            outcome = work => outcome,
        };
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        outcome
    }

    /// Gives a call up.
    pub fn cancel(&self, number: u32) {
        self.entry(number).notify_one();
    }

    fn entry(&self, number: u32) -> Arc<Notify> {
        Arc::clone(self.running.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_default())
    }
}
