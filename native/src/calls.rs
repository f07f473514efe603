//! Calls that another language may cancel.
//!
//! Invariant: the caller numbers its calls. A call can be cancelled from `begin` until its outcome is known; then its number is removed, and
//! a cancel has no effect.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use trilogue_core::Error;

/// Calls that have not ended.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    pending: Arc<Mutex<HashMap<u32, Arc<Notify>>>>,
}

impl Calls {
    /// Registers a call, which `cancel` can end from now on, also before it runs.
    pub fn begin(&self, number: u32) -> PendingCall {
        let cancelled = Arc::<Notify>::default();
        self.pending().insert(number, Arc::clone(&cancelled));
        PendingCall { calls: self.clone(), number, cancelled }
    }

    /// Ends a call with `APIUserAbortError`.
    pub fn cancel(&self, number: u32) {
        if let Some(cancelled) = self.pending().get(&number) {
            cancelled.notify_one();
        }
    }

    /// Ends all calls.
    pub fn cancel_all(&self) {
        self.pending().values().for_each(|cancelled| cancelled.notify_one());
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<u32, Arc<Notify>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has not ended. Dropping it forgets its number.
#[derive(Debug)]
pub struct PendingCall {
    calls: Calls,
    number: u32,
    cancelled: Arc<Notify>,
}

impl PendingCall {
    /// Returns the outcome of `work`, or the error of a cancel.
    pub async fn run<R>(self, work: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
        tokio::select! {
            biased;
            () = self.cancelled.notified() => Err(Error::cancelled()),
            outcome = work => outcome,
        }
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.calls.pending().remove(&self.number);
    }
}
