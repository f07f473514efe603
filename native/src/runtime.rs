//! The runtime that the bindings share: one per process.
//!
//! Law: safe after `fork`: a child has none of its parent's threads, so it gets a runtime of its own and leaves the parent's
//! untouched. `shutdown` ends it before the host's interpreter does, since a thread that outlives the interpreter aborts it.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;

use crate::process::PerProcess;

struct Slot {
    runtime: Runtime,
    /// Tells the threads that wait in [`block_on`], each of which holds a receiver, that the runtime ends.
    ending: watch::Sender<()>,
}

static SLOT: PerProcess<Slot> = PerProcess::new();

/// A new runtime, for a host that keeps it itself.
///
/// One thread reads sockets: decoding takes so little that a second one would only pass work to and fro.
pub fn build() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).thread_name("trilogue").enable_io().enable_time().build()
}

/// A handle of this process's runtime, which is started where it isn't running.
pub fn handle() -> std::io::Result<Handle> {
    within(|slot| slot.runtime.handle().clone())
}

/// The outcome of `future`, waited for in this thread; `None` where [`shutdown`] comes first. Then nothing of `future` may be touched but
/// to forget it: its timers have no runtime any more.
pub fn block_on<R>(future: impl Future<Output = R>) -> std::io::Result<Option<R>> {
    let (handle, mut ending) = within(|slot| (slot.runtime.handle().clone(), slot.ending.subscribe()))?;
    Ok(handle.block_on(async {
        tokio::select! {
            biased;
            _ = ending.changed() => None,
            outcome = future => Some(outcome),
        }
    }))
}

fn within<R>(work: impl FnOnce(&Slot) -> R) -> std::io::Result<R> {
    let mut slot = SLOT.lock();
    if let Some(slot) = slot.as_ref() {
        return Ok(work(slot));
    }
    let (ending, _) = watch::channel(());
    Ok(work(slot.insert(Slot { runtime: build()?, ending })))
}

/// Ends the runtime and closes its connections; waits at most `limit`. A later [`handle`] starts a new one.
pub fn shutdown(limit: Duration) {
    let slot = SLOT.lock().take();
    if let Some(Slot { runtime, ending }) = slot {
        ending.send_replace(());
        // A thread that waits must be out of the runtime before it ends.
        let _left = runtime.block_on(async { tokio::time::timeout(limit, ending.closed()).await });
        runtime.shutdown_timeout(limit);
    }
}
