//! The mailbox through which the runtime reports results to an event loop of another language.
//!
//! Invariant: a loop has one mailbox for all its tasks. It is woken once for all messages since the last `take`, and takes them together.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::runtime::{self, Hold};

/// Wakes an event loop from any thread.
pub trait Wakeup: Send + Sync + 'static {
    /// Wakes the loop once for all messages in its mailbox.
    fn wake(&self);
}

/// The mailbox of a loop.
#[derive(Debug)]
pub struct Mailbox<M, B> {
    messages: Mutex<Messages<M>>,
    wakeup: B,
}

#[derive(Debug)]
struct Messages<M> {
    list: Vec<M>,
    is_closed: bool,
}

impl<M: Send + 'static, B: Wakeup> Mailbox<M, B> {
    /// Creates an empty mailbox.
    pub fn new(wakeup: B) -> Self {
        Self { messages: Mutex::new(Messages { list: Vec::new(), is_closed: false }), wakeup }
    }

    /// The loop's wakeup.
    pub fn wakeup(&self) -> &B {
        &self.wakeup
    }

    /// Adds a message, and wakes the loop if it is the first one.
    pub fn post(&self, message: M) {
        let mut messages = self.messages();
        if messages.is_closed {
            // Dropped without the lock, since its drop may post another message.
            drop(messages);
            drop(message);
            return;
        }
        messages.list.push(message);
        // The loop takes all messages at once, so the first one wakes it.
        let is_first = messages.list.len() == 1;
        drop(messages);
        if is_first {
            self.wakeup.wake();
        }
    }

    /// Takes all messages.
    pub fn take(&self) -> Vec<M> {
        std::mem::take(&mut self.messages().list)
    }

    /// Drops all present and later messages, because the loop has ended.
    pub fn close(&self) {
        self.messages().is_closed = true;
        drop(self.take());
    }

    /// Creates a waker that posts this message. It holds the runtime, because a loop does not drive it while it waits.
    pub fn waker(self: &Arc<Self>, message: impl Fn() -> M + Send + Sync + 'static) -> io::Result<Waker> {
        let hold = runtime::hold()?;
        Ok(Waker::from(Arc::new(PostOnWake { mailbox: Arc::clone(self), message, _hold: hold })))
    }

    fn messages(&self) -> MutexGuard<'_, Messages<M>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct PostOnWake<M, B, F> {
    mailbox: Arc<Mailbox<M, B>>,
    message: F,
    _hold: Hold,
}

impl<M, B, F> Wake for PostOnWake<M, B, F>
where
    M: Send + 'static,
    B: Wakeup,
    F: Fn() -> M + Send + Sync + 'static,
{
    fn wake(self: Arc<Self>) {
        self.mailbox.post((self.message)());
    }
}
