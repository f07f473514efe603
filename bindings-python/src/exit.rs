//! Threads that are within this module when the interpreter exits.
//!
//! Law: Python unwinds a daemon thread by force where it takes the GIL during the exit, and a process aborts where that meets frames of
//! Rust. So none may be on a thread's stack by then: the exit waits for calls that may give up the GIL, and whoever is left behind in one,
//! or enters one later, stays in it without the GIL until the process is gone. An exception would only be noise.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// The thread that ends the interpreter, once it does.
static ENDING: OnceLock<ThreadId> = OnceLock::new();
/// Threads within calls that may give up the GIL.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// How many such calls this thread is within: a call may run Python code that makes another.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// A call that may give up the GIL, since it waits or runs Python code.
pub(crate) struct Inside(());

impl Inside {
    pub(crate) fn enter(py: Python<'_>) -> Self {
        let depth = DEPTH.get();
        DEPTH.set(depth + 1);
        if depth == 0 {
            // Counted before the look: either the exit sees this call, or this call sees the exit.
            INSIDE.fetch_add(1, Ordering::SeqCst);
        }
        if is_left_behind() {
            py.detach(stay_if_left_behind);
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
    // A child of `fork` has forgotten the call that forked.
    let _none = INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
}

fn is_left_behind() -> bool {
    ENDING.get().is_some_and(|thread| *thread != std::thread::current().id())
}

/// Stays here where the interpreter is exiting in another thread. For calls that are [`Inside`] and have given up the GIL.
pub(crate) fn stay_if_left_behind() {
    if is_left_behind() {
        leave();
        loop {
            std::thread::park();
        }
    }
}

/// Says that this thread ends the interpreter.
pub(crate) fn begin() {
    // Python calls its exit handlers once.
    let _again = ENDING.set(std::thread::current().id());
}

/// Waits, without the GIL, until no other thread is within a call.
pub(crate) fn wait_for_others(limit: Duration) {
    let deadline = Instant::now() + limit;
    while INSIDE.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Forgets the calls of threads that a child of `fork` doesn't have.
#[pyfunction]
pub(crate) fn forked() {
    INSIDE.store(usize::from(DEPTH.get() > 0), Ordering::SeqCst);
}
