//! The runtime that the bindings share: one per process.
//!
//! Law: whoever waits in a thread of its own drives the runtime there, so that a read wakes one thread and not two, each on another
//! processor. A keeper drives it where somebody else needs that, and where nobody has waited for a moment. Safe after `fork`: a child has none
//! of its parent's threads, so it gets a runtime of its own and leaves the parent's untouched. `shutdown` ends it before the host's
//! interpreter does, since a thread that outlives the interpreter aborts it.

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

/// How long nobody may wait before the keeper drives. Nothing that goes on without a reader is in a greater hurry: it reads ahead, answers pings
/// of HTTP/2, and closes what is idle.
const REST: Duration = Duration::from_millis(50);

struct Slot {
    shared: Arc<Shared>,
    /// Tells those who are in the runtime, each of whom holds a receiver, that it ends.
    ending: watch::Sender<bool>,
    keeper: JoinHandle<()>,
}

struct Shared {
    runtime: Runtime,
    need: Arc<Need>,
}

/// Who needs the runtime to be driven.
#[derive(Default)]
struct Need {
    /// Threads that wait, one of which drives.
    waiting: AtomicUsize,
    /// [`Hold`]s.
    held: AtomicUsize,
    /// Somebody waited since the keeper looked last.
    used: AtomicBool,
    /// The keeper drives, or is about to.
    kept: AtomicBool,
    /// Asks the keeper to let another drive.
    aside: Notify,
    keeper: OnceLock<Thread>,
}

static SLOT: PerProcess<Slot> = PerProcess::new();

/// The outcome of `future`, waited for in this thread; `None` where [`shutdown`] comes first. Then nothing of `future` may be touched but
/// to forget it: its timers have no runtime any more.
pub fn block_on<R>(future: impl Future<Output = R>) -> std::io::Result<Option<R>> {
    let (waiting, mut ending) = within(|slot| (Waiting::new(&slot.shared), slot.ending.subscribe()))?;
    let outcome = waiting.0.runtime.block_on(async {
        tokio::select! {
            biased;
            _ = ending.wait_for(|ends| *ends) => None,
            outcome = future => Some(outcome),
        }
    });
    // Whoever ends the runtime waits for the receivers: the last one is gone when nobody else has it.
    drop(waiting);
    Ok(outcome)
}

/// Starts `future` in this process's runtime. Whoever wants to hear of its end [`hold`]s the runtime.
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> std::io::Result<AbortHandle> {
    within(|slot| slot.shared.runtime.spawn(future).abort_handle())
}

/// Lets connections notice what happened to them while nobody drove: to be awaited before one is used.
pub async fn catch_up() {
    // The first turn hears of it, and the second one acts.
    yield_now().await;
    yield_now().await;
}

/// Lets what was woken have its turn now, where nobody drives: a connection that was given up is closed at once.
pub fn nudge() {
    // Within the runtime its turn comes.
    if Handle::try_current().is_err() {
        let shared = SLOT.lock().as_ref().map(|slot| (Arc::clone(&slot.shared), slot.ending.subscribe()));
        if let Some((shared, ending)) = shared {
            // Where another drives this doesn't wait.
            shared.runtime.block_on(catch_up());
            drop(shared);
            drop(ending);
        }
    }
}

/// While there is one, the runtime is driven, though nobody waits in a thread.
#[derive(Debug)]
pub struct Hold(Arc<Need>);

impl std::fmt::Debug for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Need").finish_non_exhaustive()
    }
}

/// A hold on this process's runtime, which is started where it isn't running.
pub fn hold() -> std::io::Result<Hold> {
    within(|slot| {
        let need = &slot.shared.need;
        need.held.fetch_add(1, SeqCst);
        if !need.kept.load(SeqCst)
            && let Some(keeper) = need.keeper.get()
        {
            keeper.unpark();
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
        if need.held.load(SeqCst) == 0 && need.kept.load(SeqCst) {
            need.aside.notify_one();
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
    /// Whether the keeper has to drive.
    fn wants_keeper(&self) -> bool {
        self.held.load(SeqCst) > 0 || self.waiting.load(SeqCst) == 0
    }
}

/// Drives when nobody else does.
fn keep(shared: Arc<Shared>, mut ending: watch::Receiver<bool>) {
    let need = &shared.need;
    let _first = need.keeper.set(thread::current());
    while !*ending.borrow() {
        let is_quiet = !need.used.swap(false, SeqCst);
        if need.held.load(SeqCst) > 0 || (is_quiet && need.wants_keeper()) {
            need.kept.store(true, SeqCst);
            // Whoever came meanwhile may not have seen it.
            if need.wants_keeper() {
                shared.runtime.block_on(async {
                    let (ending, aside) = (pin!(ending.wait_for(|ends| *ends)), pin!(need.aside.notified()));
                    tokio::select! { _ = ending => {}, () = aside => {} }
                });
            }
            need.kept.store(false, SeqCst);
            // Whoever asked goes on here.
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
    let keeper = thread::Builder::new().name("trilogue".to_owned()).spawn({
        let shared = Arc::clone(&shared);
        move || keep(shared, receiver)
    })?;
    Ok(work(slot.insert(Slot { shared, ending, keeper })))
}

/// Ends the runtime and closes its connections; waits at most `limit`. What comes later starts a new one.
pub fn shutdown(limit: Duration) {
    let slot = SLOT.lock().take();
    if let Some(Slot { shared, ending, keeper }) = slot {
        ending.send_replace(true);
        keeper.thread().unpark();
        // A thread that waits must be out of the runtime before it ends.
        let left = shared.runtime.block_on(async { tokio::time::timeout(limit, ending.closed()).await });
        match Arc::try_unwrap(shared) {
            Ok(shared) => shared.runtime.shutdown_timeout(limit),
            // Somebody is still in it: it stays until the process is gone.
            Err(shared) => std::mem::forget(shared),
        }
        if left.is_ok() {
            // A panic of it was told when it came.
            let _panicked = keeper.join();
        }
    }
}
