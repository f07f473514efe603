//! The runtime that all clients of a process share.
//!
//! Invariant: a thread that waits drives the runtime itself, so that a read wakes one thread instead of two on different processors. A driver
//! thread drives it for event loops, and if no thread has waited for [`IDLE_TIME`]. After `fork`, a child has none of its parent's threads: it gets
//! its own runtime and leaves the parent's unchanged. `shutdown` ends the runtime before the host's interpreter ends, since a thread that outlives
//! the interpreter aborts it.

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

/// The time without a waiting thread after which the driver thread drives. Work without a reader can wait that long: reading ahead, answers to
/// HTTP/2 pings, and closing idle connections.
const IDLE_TIME: Duration = Duration::from_millis(50);

struct Slot {
    shared: Arc<Shared>,
    /// Signals the end of the runtime. Each thread in the runtime has a receiver.
    ending: watch::Sender<bool>,
    driver: JoinHandle<()>,
}

struct Shared {
    runtime: Runtime,
    demand: Arc<Demand>,
}

/// The present demand for driving the runtime.
#[derive(Default)]
struct Demand {
    /// The number of waiting threads, one of which drives.
    waiting: AtomicUsize,
    /// The number of [`Hold`]s.
    holds: AtomicUsize,
    /// Whether a thread has waited since the driver thread checked last.
    recently_used: AtomicBool,
    /// Whether the driver thread drives, or is about to.
    is_driving: AtomicBool,
    /// Requests that the driver thread lets another thread drive.
    yield_requested: Notify,
    driver: OnceLock<Thread>,
}

static SLOT: PerProcess<Slot> = PerProcess::new();

/// Waits for the outcome of `future` in this thread. Returns `None` if [`shutdown`] comes first. Then `future` must be forgotten, not dropped: its
/// timers have no runtime any more.
pub fn block_on<R>(future: impl Future<Output = R>) -> std::io::Result<Option<R>> {
    let (waiting, mut ending) = with_slot(|slot| (WaitingThread::new(&slot.shared), slot.ending.subscribe()))?;
    let outcome = waiting.0.runtime.block_on(async {
        tokio::select! {
            biased;
            _ = ending.wait_for(|ends| *ends) => None,
            outcome = future => Some(outcome),
        }
    });
    // `shutdown` waits until all receivers are dropped, and then expects to be the only owner of the runtime.
    drop(waiting);
    Ok(outcome)
}

/// Spawns `future` in this process's runtime. A caller that waits for its end outside the runtime needs a [`hold`].
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> std::io::Result<AbortHandle> {
    with_slot(|slot| slot.shared.runtime.spawn(future).abort_handle())
}

/// Lets connections process the events since the runtime was driven last. Must be awaited before a connection is used.
pub async fn catch_up() {
    // Tasks receive the events in the first turn, and react in the second.
    yield_now().await;
    yield_now().await;
}

/// Runs the woken tasks now if no thread drives, so that a dropped connection closes at once.
pub fn nudge() {
    // Within the runtime they run anyway.
    if Handle::try_current().is_err() {
        let shared = SLOT.lock().as_ref().map(|slot| (Arc::clone(&slot.shared), slot.ending.subscribe()));
        if let Some((shared, ending)) = shared {
            // Does not wait if another thread drives.
            shared.runtime.block_on(catch_up());
            drop(shared);
            drop(ending);
        }
    }
}

/// Keeps the runtime driven without a waiting thread.
#[derive(Debug)]
pub struct Hold(Arc<Demand>);

impl std::fmt::Debug for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demand").finish_non_exhaustive()
    }
}

/// Holds this process's runtime. Starts it if it isn't running.
pub fn hold() -> std::io::Result<Hold> {
    with_slot(|slot| {
        let demand = &slot.shared.demand;
        demand.holds.fetch_add(1, SeqCst);
        if !demand.is_driving.load(SeqCst)
            && let Some(driver) = demand.driver.get()
        {
            driver.unpark();
        }
        Hold(Arc::clone(demand))
    })
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, SeqCst);
    }
}

/// A waiting thread.
struct WaitingThread(Arc<Shared>);

impl WaitingThread {
    fn new(shared: &Arc<Shared>) -> Self {
        let demand = &shared.demand;
        demand.waiting.fetch_add(1, SeqCst);
        if demand.holds.load(SeqCst) == 0 && demand.is_driving.load(SeqCst) {
            demand.yield_requested.notify_one();
        }
        Self(Arc::clone(shared))
    }
}

impl Drop for WaitingThread {
    fn drop(&mut self) {
        self.0.demand.recently_used.store(true, SeqCst);
        self.0.demand.waiting.fetch_sub(1, SeqCst);
    }
}

impl Demand {
    /// Whether the driver thread has to drive.
    fn needs_driver(&self) -> bool {
        self.holds.load(SeqCst) > 0 || self.waiting.load(SeqCst) == 0
    }
}

/// The driver thread: drives the runtime if there are holds, or if no thread waits.
fn drive_on_demand(shared: Arc<Shared>, mut ending: watch::Receiver<bool>) {
    let demand = &shared.demand;
    let _first = demand.driver.set(thread::current());
    while !*ending.borrow() {
        let is_quiet = !demand.recently_used.swap(false, SeqCst);
        if demand.holds.load(SeqCst) > 0 || (is_quiet && demand.needs_driver()) {
            demand.is_driving.store(true, SeqCst);
            // A thread that began to wait meanwhile may not have seen `is_driving`.
            if demand.needs_driver() {
                shared.runtime.block_on(async {
                    let (ending, yield_requested) =
                        (pin!(ending.wait_for(|ends| *ends)), pin!(demand.yield_requested.notified()));
                    tokio::select! { _ = ending => {}, () = yield_requested => {} }
                });
            }
            demand.is_driving.store(false, SeqCst);
            // The requesting thread drives now; check again later.
            demand.recently_used.store(true, SeqCst);
        } else {
            thread::park_timeout(IDLE_TIME);
        }
    }
    // As in `block_on`.
    drop(shared);
    drop(ending);
}

fn with_slot<R>(work: impl FnOnce(&Slot) -> R) -> std::io::Result<R> {
    let mut slot = SLOT.lock();
    if let Some(slot) = slot.as_ref() {
        return Ok(work(slot));
    }
    let (ending, receiver) = watch::channel(false);
    let runtime = Builder::new_current_thread().enable_io().enable_time().thread_name("trilogue").build()?;
    let demand = Demand { recently_used: AtomicBool::new(true), ..Demand::default() };
    let shared = Arc::new(Shared { runtime, demand: Arc::new(demand) });
    let driver = thread::Builder::new().name("trilogue".to_owned()).spawn({
        let shared = Arc::clone(&shared);
        move || drive_on_demand(shared, receiver)
    })?;
    Ok(work(slot.insert(Slot { shared, ending, driver })))
}

/// Ends the runtime and closes its connections. Waits at most `limit`. Later calls start a new runtime.
pub fn shutdown(limit: Duration) {
    let slot = SLOT.lock().take();
    if let Some(Slot { shared, ending, driver }) = slot {
        ending.send_replace(true);
        driver.thread().unpark();
        // Waiting threads must leave the runtime before it ends.
        let left = shared.runtime.block_on(async { tokio::time::timeout(limit, ending.closed()).await });
        match Arc::try_unwrap(shared) {
            Ok(shared) => shared.runtime.shutdown_timeout(limit),
            // A thread is still in it, so it stays until the process ends.
            Err(shared) => std::mem::forget(shared),
        }
        if left.is_ok() {
            // A panic of the driver thread was reported when it occurred.
            let _panicked = driver.join();
        }
    }
}
