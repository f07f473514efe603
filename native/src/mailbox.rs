//! Where an event loop of another language hears of what became ready.
//!
//! Law: a loop has one mailbox, whatever number of its tasks wait: what became ready meanwhile is told in one wake-up, and taken at once.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::runtime::{self, Hold};

/// What wakes the loop, from any thread.
pub trait Wakeup: Send + Sync + 'static {
    /// Rings once for all that became ready.
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
    /// An empty one.
    pub fn new(wakeup: B) -> Self {
        Self { messages: Mutex::new(Messages { list: Vec::new(), is_closed: false }), wakeup }
    }

    /// What rings where there is something to take.
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
        // Whoever comes to fetch one takes all.
        let is_first = messages.list.len() == 1;
        drop(messages);
        if is_first {
            self.wakeup.wake();
        }
    }

    /// The messages that came since the last time.
    pub fn take(&self) -> Vec<M> {
        std::mem::take(&mut self.messages().list)
    }

    /// Drops all messages, now and later: the loop has ended.
    pub fn close(&self) {
        self.messages().is_closed = true;
        drop(self.take());
    }

    /// What posts this message; until then the runtime is driven, since whoever waits in a loop drives nothing.
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
