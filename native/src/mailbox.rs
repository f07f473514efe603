//! The mailbox of an event loop of another language: messages from tasks of the runtime.
//!
//! Invariant: a loop has one mailbox, regardless of the number of its waiting tasks. It is woken once for all messages that are posted until it
//! takes them.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::runtime::{self, Hold};

/// Wakes the loop, from any thread.
pub trait Wakeup: Send + Sync + 'static {
    /// Wakes the loop. Called once for all messages until they are taken.
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
    /// Makes an empty mailbox.
    pub fn new(wakeup: B) -> Self {
        Self { messages: Mutex::new(Messages { list: Vec::new(), is_closed: false }), wakeup }
    }

    /// The wakeup of the loop.
    pub fn wakeup(&self) -> &B {
        &self.wakeup
    }

    /// Adds a message.
    pub fn post(&self, message: M) {
        let mut messages = self.messages();
        if messages.is_closed {
            // Without the lock, since its drop may post another.
            drop(messages);
            drop(message);
            return;
        }
        messages.list.push(message);
        // The loop takes all messages at once.
        let is_first = messages.list.len() == 1;
        drop(messages);
        if is_first {
            self.wakeup.wake();
        }
    }

    /// Takes the messages that were posted since the last call.
    pub fn take(&self) -> Vec<M> {
        std::mem::take(&mut self.messages().list)
    }

    /// Drops all messages, now and later: the loop has ended.
    pub fn close(&self) {
        self.messages().is_closed = true;
        drop(self.take());
    }

    /// Returns a waker that posts this message. The runtime is driven while the waker exists, since a thread that waits in a loop does not drive it.
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
