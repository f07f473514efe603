//! Threads that are within this module when the interpreter exits.
//!
//! During the exit, Python forcibly unwinds a daemon thread that takes the GIL, and the process aborts if its stack has frames of Rust. So the exit
//! waits for calls that may release the GIL. A thread that is still in such a call after that, or enters one later, parks without the GIL until
//! the process ends; raising an exception there would only print a traceback.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// The thread that ends the interpreter, once it does.
static ENDING: OnceLock<ThreadId> = OnceLock::new();
/// The number of threads in calls that may release the GIL.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number of nested calls of this thread: a call may run Python code that makes another one.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// A call that may release the GIL, since it waits or runs Python code.
pub(crate) struct Inside(());

impl Inside {
    pub(crate) fn enter(py: Python<'_>) -> Self {
        let depth = DEPTH.get();
        DEPTH.set(depth + 1);
        if depth == 0 {
            // Counted before the check: either the exit sees this call, or this call sees the exit.
            INSIDE.fetch_add(1, Ordering::SeqCst);
        }
        if is_exiting_elsewhere() {
            py.detach(park_if_exiting);
        }
        Self(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let depth = DEPTH.get().saturating_sub(1);
        DEPTH.set(depth);
        if depth == 0 {
            leave();
        }
    }
}

fn leave() {
    // A child of `fork` has reset the count.
    let _none = INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
}

fn is_exiting_elsewhere() -> bool {
    ENDING.get().is_some_and(|thread| *thread != std::thread::current().id())
}

/// Parks this thread if the interpreter is exiting in another one. For calls that are [`Inside`] and have released the GIL.
pub(crate) fn park_if_exiting() {
    if is_exiting_elsewhere() {
        leave();
        loop {
            std::thread::park();
        }
    }
}

/// Records that this thread ends the interpreter.
pub(crate) fn begin() {
    // Python calls exit handlers once.
    let _again = ENDING.set(std::thread::current().id());
}

/// Waits, without the GIL, until no other thread is in a call.
pub(crate) fn wait_for_others(limit: Duration) {
    let deadline = Instant::now() + limit;
    while INSIDE.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Resets the count in a child of `fork`, which has only this thread.
#[pyfunction]
pub(crate) fn forked() {
    INSIDE.store(usize::from(DEPTH.get() > 0), Ordering::SeqCst);
}
