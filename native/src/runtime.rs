//! The runtime that the bindings share: one per process.
//!
//! Law: safe after `fork`: a child has none of its parent's threads, so it gets a runtime of its own and leaves the parent's
//! untouched. `shutdown` ends it before the host's interpreter does, since a thread that outlives the interpreter aborts it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

struct Slot {
    process: u32,
    runtime: Runtime,
}

static SLOT: Mutex<Option<Slot>> = Mutex::new(None);

/// A new runtime, for a host that keeps it itself.
///
/// One thread reads sockets: decoding takes so little that a second one would only pass work to and fro.
pub fn build() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).thread_name("trilogue").enable_io().enable_time().build()
}

/// A handle of this process's runtime, which is started where it isn't running.
pub fn handle() -> std::io::Result<Handle> {
    let mut slot = SLOT.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some(slot) = slot.as_ref().filter(|slot| slot.process == process) {
        return Ok(slot.runtime.handle().clone());
    }
    // Dropping a runtime joins its threads, which a child of `fork` doesn't have.
    std::mem::forget(slot.take());
    // One thread reads sockets: decoding takes so little that a second one would only pass work to and fro.
    let runtime =
        Builder::new_multi_thread().worker_threads(1).thread_name("trilogue").enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    *slot = Some(Slot { process, runtime });
    Ok(handle)
}

/// Ends the runtime and closes its connections; waits at most `limit`. A later [`handle`] starts a new one.
pub fn shutdown(limit: Duration) {
    let slot = SLOT.lock().unwrap_or_else(PoisonError::into_inner).take();
    match slot {
        Some(slot) if slot.process == std::process::id() => slot.runtime.shutdown_timeout(limit),
        slot => std::mem::forget(slot),
    }
}
