//! What belongs to one process: a child of `fork` must not use its parent's threads and connections, nor wait for its locks.
//!
//! Law: each process has a lock of its own. A lock that another thread held at the moment of the fork is never given back in the child, so
//! the child doesn't look at it; what it guards is left as it is, since dropping it would wake threads that aren't there.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// At most one value for each process that shares this place through forks.
pub(crate) struct PerProcess<T> {
    first: Place<T>,
}

/// A link of a chain that has one node for each generation of forks.
type Place<T> = OnceLock<Box<Node<T>>>;

struct Node<T> {
    process: u32,
    value: Mutex<Option<T>>,
    next: Place<T>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { first: OnceLock::new() }
    }

    /// This process's value.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<T>> {
        let process = std::process::id();
        let mut place = &self.first;
        loop {
            let node = place.get_or_init(|| Box::new(Node { process, value: Mutex::new(None), next: OnceLock::new() }));
            if node.process == process {
                return node.value.lock().unwrap_or_else(PoisonError::into_inner);
            }
            place = &node.next;
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let process = std::process::id();
        let mut node = self.first.take();
        while let Some(mut this) = node {
            node = this.next.take();
            if this.process != process {
                std::mem::forget(this);
            }
        }
    }
}
