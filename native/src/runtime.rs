//! The runtime that the bindings share: one per process.
//!
//! Invariant: at most one thread drives the runtime. A waiting thread drives it itself, so that a read wakes one thread and not two on
//! different processors; a driver thread does while a [`Hold`] exists and no thread waits, or after a pause. Safe after `fork`: a child has none
//! of its parent's threads, so it gets a runtime of its own and leaves the parent's untouched. `shutdown` ends the runtime before the host's
//! interpreter ends, since a thread that outlives the interpreter aborts it.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, yield_now};

use crate::process::PerProcess;

/// How long the runtime may be without a waiting thread before the driver thread drives it. Work without a reader is not urgent: reading ahead,
/// answering pings of HTTP/2, and closing idle connections.
const REST: Duration = Duration::from_millis(50);

struct Slot {
    shared: Arc<Shared>,
    /// Notifies the threads in the runtime, each of which holds a receiver, that it ends.
    ending: watch::Sender<bool>,
    driver: JoinHandle<()>,
}

struct Shared {
    runtime: Runtime,
    need: Arc<Need>,
}

/// Counts who needs the runtime to be driven.
#[derive(Default)]
struct Need {
    /// Threads that wait, one of which drives.
    waiting: AtomicUsize,
    /// [`Hold`]s.
    held: AtomicUsize,
    /// A thread has waited since the driver thread last checked.
    used: AtomicBool,
    /// The driver thread drives, or is about to.
    is_driven: AtomicBool,
    /// Requests that the driver thread lets another thread drive.
    yield_request: Notify,
    driver: OnceLock<Thread>,
}

static SLOT: PerProcess<Slot> = PerProcess::new();

/// Waits in this thread for the outcome of `future`; `None` if [`shutdown`] comes first. Then `future` may only be forgotten: its timers no longer
/// have a runtime.
pub fn block_on<R>(future: impl Future<Output = R>) -> std::io::Result<Option<R>> {
    let (waiting, mut ending) = within(|slot| (Waiting::new(&slot.shared), slot.ending.subscribe()))?;
    let outcome = waiting.0.runtime.block_on(async {
        tokio::select! {
            biased;
            _ = ending.wait_for(|ends| *ends) => None,
            outcome = future => Some(outcome),
        }
    });
    // `shutdown` waits for the receivers: the last one is dropped after the last use of the runtime.
    drop(waiting);
    Ok(outcome)
}

/// Starts `future` in this process's runtime. A caller that waits for its end outside the runtime needs a [`hold`].
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> std::io::Result<AbortHandle> {
    within(|slot| slot.shared.runtime.spawn(future).abort_handle())
}

/// Lets connections process events that arrived while the runtime was not driven. Await it before a connection is used.
pub async fn catch_up() {
    // The first turn receives the events, the second one acts on them.
    yield_now().await;
    yield_now().await;
}

/// Drives the runtime for a moment if no thread drives it, so that woken tasks run now: an abandoned connection is closed at once.
pub fn nudge() {
    // Within the runtime the tasks get their turn anyway.
    if Handle::try_current().is_err() {
        let shared = SLOT.lock().as_ref().map(|slot| (Arc::clone(&slot.shared), slot.ending.subscribe()));
        if let Some((shared, ending)) = shared {
            // If another thread drives, this does not wait.
            shared.runtime.block_on(catch_up());
            drop(shared);
            drop(ending);
        }
    }
}

/// Keeps the runtime driven while no thread waits.
#[derive(Debug)]
pub struct Hold(Arc<Need>);

impl std::fmt::Debug for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Need").finish_non_exhaustive()
    }
}

/// Returns a hold on this process's runtime, which is started if it isn't running.
pub fn hold() -> std::io::Result<Hold> {
    within(|slot| {
        let need = &slot.shared.need;
        need.held.fetch_add(1, SeqCst);
        if !need.is_driven.load(SeqCst)
            && let Some(driver) = need.driver.get()
        {
            driver.unpark();
        }
        Hold(Arc::clone(need))
    })
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, SeqCst);
    }
}

/// A thread that waits.
struct Waiting(Arc<Shared>);

impl Waiting {
    fn new(shared: &Arc<Shared>) -> Self {
        let need = &shared.need;
        need.waiting.fetch_add(1, SeqCst);
        if need.held.load(SeqCst) == 0 && need.is_driven.load(SeqCst) {
            need.yield_request.notify_one();
        }
        Self(Arc::clone(shared))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.need.used.store(true, SeqCst);
        self.0.need.waiting.fetch_sub(1, SeqCst);
    }
}

impl Need {
    /// Whether the driver thread has to drive.
    fn needs_driver(&self) -> bool {
        self.held.load(SeqCst) > 0 || self.waiting.load(SeqCst) == 0
    }
}

/// Drives the runtime while no other thread does.
fn drive(shared: Arc<Shared>, mut ending: watch::Receiver<bool>) {
    let need = &shared.need;
    let _first = need.driver.set(thread::current());
    while !*ending.borrow() {
        let is_quiet = !need.used.swap(false, SeqCst);
        if need.held.load(SeqCst) > 0 || (is_quiet && need.needs_driver()) {
            need.is_driven.store(true, SeqCst);
            // A thread that started to wait meanwhile may not have seen it.
            if need.needs_driver() {
                shared.runtime.block_on(async {
                    let (ending, request) = (pin!(ending.wait_for(|ends| *ends)), pin!(need.yield_request.notified()));
                    tokio::select! { _ = ending => {}, () = request => {} }
                });
            }
            need.is_driven.store(false, SeqCst);
            // The thread that requested it continues.
            need.used.store(true, SeqCst);
        } else {
            thread::park_timeout(REST);
        }
    }
    // As in `block_on`.
    drop(shared);
    drop(ending);
}

fn within<R>(work: impl FnOnce(&Slot) -> R) -> std::io::Result<R> {
    let mut slot = SLOT.lock();
    if let Some(slot) = slot.as_ref() {
        return Ok(work(slot));
    }
    let (ending, receiver) = watch::channel(false);
    let runtime = Builder::new_current_thread().enable_io().enable_time().thread_name("trilogue").build()?;
    let need = Need { used: AtomicBool::new(true), ..Need::default() };
    let shared = Arc::new(Shared { runtime, need: Arc::new(need) });
    let driver = thread::Builder::new().name("trilogue".to_owned()).spawn({
        let shared = Arc::clone(&shared);
        move || drive(shared, receiver)
    })?;
    Ok(work(slot.insert(Slot { shared, ending, driver })))
}

/// Ends the runtime and closes its connections; waits at most `limit`. A later call starts a new one.
pub fn shutdown(limit: Duration) {
    let slot = SLOT.lock().take();
    if let Some(Slot { shared, ending, driver }) = slot {
        ending.send_replace(true);
        driver.thread().unpark();
        // A thread that waits must be out of the runtime before it ends.
        let left = shared.runtime.block_on(async { tokio::time::timeout(limit, ending.closed()).await });
        match Arc::try_unwrap(shared) {
            Ok(shared) => shared.runtime.shutdown_timeout(limit),
            // A thread is still in it: it stays until the process ends.
            Err(shared) => std::mem::forget(shared),
        }
        if left.is_ok() {
            // A panic was reported when it happened.
            let _panicked = driver.join();
        }
    }
}
