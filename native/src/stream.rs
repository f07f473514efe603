//! A stream that another language holds: shared, cancellable from anywhere, one batch a call.
//!
//! Law: adds locking and cancellation to the core's stream, and nothing else. Calls that overlap wait for each other in turn.

use serde_json::Value;
use tokio::sync::{Mutex, Notify};
use trilogue_core::helper::Told;
use trilogue_core::transport::Head;
use trilogue_core::{Batch, Error, View};

use crate::Events;

/// A shared stream.
#[derive(Debug)]
pub struct Stream {
    head: Head,
    retries_taken: u32,
    events: Mutex<Events>,
    cancelled: Notify,
}

impl Stream {
    /// Shares `events`.
    pub fn new(events: Events) -> Self {
        Self {
            head: events.head().clone(),
            retries_taken: events.retries_taken(),
            events: Mutex::new(events),
            cancelled: Notify::new(),
        }
    }

    /// Status and headers of the answer.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How often the request was sent again before the stream opened.
    pub fn retries_taken(&self) -> u32 {
        self.retries_taken
    }

    /// The next batch, or `None` after the end or a cancel.
    pub async fn next_batch(&self) -> Result<Option<Batch>, Error> {
        let mut events = self.events.lock().await;
        tokio::select! {
            biased;
            () = self.cancelled.notified() => {
                events.close();
                Ok(None)
            }
            batch = events.next_batch() => batch,
        }
    }

    /// The events of the next batch, and whether they are the last; `None` after the end or a cancel.
    pub async fn next_events(&self, view: View) -> Result<Option<(Vec<Told>, bool)>, Error> {
        let mut events = self.events.lock().await;
        tokio::select! {
            biased;
            () = self.cancelled.notified() => {
                events.close();
                Ok(None)
            }
            next = events.next_events(view) => next,
        }
    }

    /// Closes the connection; a call that waits for a batch gets `None`.
    pub fn cancel(&self) {
        match self.events.try_lock() {
            Ok(mut events) => events.close(),
            Err(_) => self.cancelled.notify_one(),
        }
    }

    /// What was accumulated so far.
    pub async fn snapshot(&self) -> Option<Value> {
        self.events.lock().await.snapshot()
    }
}
