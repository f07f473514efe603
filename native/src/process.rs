//! Values of one process: a child of `fork` must not use its parent's threads and connections, nor wait for its locks.
//!
//! Invariant: each process has a lock of its own. A lock that another thread held during the fork is never released in the child, so the child
//! does not touch it. Its value is leaked, since dropping it would wake threads that do not exist.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// At most one value for each process that shares this variable through forks.
pub(crate) struct PerProcess<T> {
    first: Link<T>,
}

/// A link of a list with one node for each generation of forks.
type Link<T> = OnceLock<Box<Node<T>>>;

struct Node<T> {
    process: u32,
    value: Mutex<Option<T>>,
    next: Link<T>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { first: OnceLock::new() }
    }

    /// This process's value.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<T>> {
        let process = std::process::id();
        let mut link = &self.first;
        loop {
            let node = link.get_or_init(|| Box::new(Node { process, value: Mutex::new(None), next: OnceLock::new() }));
            if node.process == process {
                return node.value.lock().unwrap_or_else(PoisonError::into_inner);
            }
            link = &node.next;
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
