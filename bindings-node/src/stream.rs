//! An open stream, as Node reads it.
//!
//! One call from JavaScript takes everything that was read, as JSON text.

use std::sync::{Arc, Mutex, OnceLock};

use napi_derive::napi;
use trilogue_native::{Error, ErrorKind, Events, Stream, View, ffi};

use crate::environment::Environment;
use crate::lock;
use crate::mailbox::{Message, Outcome, begin};

/// What a read returns: the items of the stream, or the events of a view.
pub(crate) type Read = Option<View>;

/// An open stream, shared by its JavaScript object and its pending reads.
pub(crate) struct Open {
    stream: Stream,
    sent: Mutex<ffi::Sent>,
    environment: Arc<Environment>,
    /// Its key in the environment.
    key: OnceLock<u64>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(key) = self.key.get() {
            self.environment.remove(*key);
        }
    }
}

impl Open {
    /// Closes the connection and ends pending reads.
    pub(crate) fn close(&self) {
        self.stream.cancel();
    }

    /// Takes what was read ahead, or the end of the stream; `None` if nothing was read.
    fn take(&self, read: Read) -> Option<Outcome> {
        let text = match read {
            None => {
                let taken = self.stream.try_batch()?;
                taken.map(|batch| batch.map(|batch| ffi::batch_text(&batch, &mut lock(&self.sent))))
            }
            Some(view) => {
                let taken = self.stream.try_events(view)?;
                taken.map(|events| events.map(|events| ffi::events_text(events, &mut lock(&self.sent))))
            }
        };
        Some(text.map_or_else(|error| Err(error).into(), Outcome::from))
    }

    /// As `take`; if nothing was read, `None`, and `number` is posted as soon as something is.
    pub(crate) fn take_or_wait(self: &Arc<Self>, number: u32, read: Read) -> Option<Outcome> {
        if let Some(outcome) = self.take(read) {
            return Some(outcome);
        }
        let open = Arc::clone(self);
        let waker = self.environment.mailbox.waker(move || Message::Ready(number, Arc::clone(&open), read));
        let waker = waker.map_err(|why| Error::new(ErrorKind::Connection, why.to_string()));
        match waker.and_then(|waker| self.stream.watch(&waker)) {
            Ok(true) => self.take(read),
            Ok(false) => None,
            Err(error) => Some(Err(error).into()),
        }
    }
}

/// An open stream. Its connection is closed when the object is collected.
#[napi(js_name = "NativeStream")]
pub struct NativeStream(Arc<Open>);

impl NativeStream {
    /// Creates the stream of these events. Must be called within the runtime.
    pub(crate) fn new(events: Events, environment: Arc<Environment>) -> Self {
        let open = Open { stream: Stream::new(events), sent: Mutex::default(), environment, key: OnceLock::new() };
        let open = Arc::new(open);
        let key = open.environment.add(&open);
        open.key.get_or_init(|| key);
        Self(open)
    }
}

#[napi]
impl NativeStream {
    /// Status, headers and number of retries, as JSON text.
    #[napi]
    pub fn head(&self) -> String {
        ffi::head_text(self.0.stream.head(), self.0.stream.retries_taken())
    }

    /// Takes what was read ahead, as JSON text; empty if nothing was read, `None` after the end. `view` is 0 for items, 1 for normal events and 2
    /// for those of `.stream()`.
    #[napi]
    pub fn try_next(&self, view: u32) -> Option<String> {
        text(self.0.take(View::from_number(view)))
    }

    /// Posts the next batch to `number`, in a view as for `try_next`.
    #[napi]
    pub fn next(&self, number: u32, view: u32) {
        if let Some(outcome) = self.0.take_or_wait(number, View::from_number(view)) {
            self.0.environment.post(Message::Ended(number, outcome));
        }
    }

    /// Posts the reply accumulated so far to `number`.
    #[napi]
    pub fn snapshot(&self, number: u32) {
        let open = Arc::clone(&self.0);
        let snapshot = async move { open.stream.snapshot().await.map(|value| value.to_string()).into() };
        begin(&self.0.environment, number, snapshot);
    }

    /// Closes the connection.
    #[napi]
    pub fn cancel(&self) {
        self.0.close();
    }
}

fn text(taken: Option<Outcome>) -> Option<String> {
    match taken {
        Some(Outcome::Text(text)) => Some(text),
        Some(_) => None,
        None => Some(String::new()),
    }
}
