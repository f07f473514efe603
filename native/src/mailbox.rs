//! Where an event loop of another language hears of what became ready.
//!
//! Law: a loop has one mailbox, whatever number of its tasks wait: what became ready meanwhile is told in one wake-up, and taken at once.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::runtime::{self, Hold};

/// What wakes the loop, from any thread.
pub trait Bell: Send + Sync + 'static {
    /// Rings once for all that became ready.
    fn ring(&self);
}

/// The mailbox of a loop.
#[derive(Debug)]
pub struct Mailbox<L, B> {
    letters: Mutex<Letters<L>>,
    bell: B,
}

#[derive(Debug)]
struct Letters<L> {
    list: Vec<L>,
    is_closed: bool,
}

impl<L: Send + 'static, B: Bell> Mailbox<L, B> {
    /// An empty one.
    pub fn new(bell: B) -> Self {
        Self { letters: Mutex::new(Letters { list: Vec::new(), is_closed: false }), bell }
    }

    /// What rings where there is something to take.
    pub fn bell(&self) -> &B {
        &self.bell
    }

    /// Adds a letter.
    pub fn post(&self, letter: L) {
        let mut letters = self.letters();
        if letters.is_closed {
            // Without the lock, since its drop may post another.
            drop(letters);
            drop(letter);
            return;
        }
        letters.list.push(letter);
        // Whoever comes to fetch one takes all.
        let is_first = letters.list.len() == 1;
        drop(letters);
        if is_first {
            self.bell.ring();
        }
    }

    /// The letters that came since the last time.
    pub fn take(&self) -> Vec<L> {
        std::mem::take(&mut self.letters().list)
    }

    /// Drops all letters, now and later: the loop has ended.
    pub fn close(&self) {
        self.letters().is_closed = true;
        drop(self.take());
    }

    /// What posts this letter; until then the runtime is driven, since whoever waits in a loop drives nothing.
    pub fn waker(self: &Arc<Self>, letter: impl Fn() -> L + Send + Sync + 'static) -> io::Result<Waker> {
        let hold = runtime::hold()?;
        Ok(Waker::from(Arc::new(Stamped { mailbox: Arc::clone(self), letter, _hold: hold })))
    }

    fn letters(&self) -> MutexGuard<'_, Letters<L>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Stamped<L, B, F> {
    mailbox: Arc<Mailbox<L, B>>,
    letter: F,
    _hold: Hold,
}

impl<L, B, F> Wake for Stamped<L, B, F>
where
    L: Send + 'static,
    B: Bell,
    F: Fn() -> L + Send + Sync + 'static,
{
    fn wake(self: Arc<Self>) {
        self.mailbox.post((self.letter)());
    }
}
