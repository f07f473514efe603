//! Batches: many rows are sent, and their answers are written to a log.
//!
//! Invariant: a row is done once its line is in the log and, with [`SyncMode::Row`], synced. A killed run loses at most the rows in flight, and the
//! same run continues it.
//!
//! - `file_run`: a run from a file to a file. `input`, `lines`: the rows of a file.
//! - `row_run`: a run of rows that a host program hands over one by one.
//! - `handle`, `outbox`: a run of either kind in this process's runtime, and its output for a host program.
//! - `queue`: rows that are not sent yet. `calls`: the calls in flight.
//! - `provider`: a run from a file to a file whose rows the provider answers in batches of its own.
//! - `log`: the log: its lock, its lines, syncing them, and its order.

mod calls;
mod file_run;
mod handle;
mod input;
mod lines;
mod log;
mod outbox;
mod provider;
mod queue;
mod row_run;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
pub use trilogue_core::batch::{
    BatchOptions, End, EqualRows, LoggedRows, Outcome, RowKey, RowReader, Summary, SyncMode, Via, broken_line,
    parse_log_line,
};
use trilogue_core::{Client, Error, ErrorKind};

pub use self::handle::BatchHandle;
pub use self::outbox::FinishedRow;
use crate::AnyTransport;

/// A run in progress, seen from outside. Clones are the same run.
#[derive(Debug, Clone, Default)]
pub struct BatchControl(Arc<ControlState>);

#[derive(Debug, Default)]
struct ControlState {
    summary: Mutex<Summary>,
    started: OnceLock<Instant>,
    phase: watch::Sender<Phase>,
}

/// How far a run goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd)]
enum Phase {
    #[default]
    Running,
    /// To the end of the rows in flight.
    Stopping,
    /// No further.
    Aborting,
}

impl BatchControl {
    /// The counts so far.
    pub fn summary(&self) -> Summary {
        let mut summary = self.state().clone();
        if summary.end == End::Running {
            summary.elapsed_ms = self.elapsed_ms();
        }
        summary
    }

    /// Milliseconds since the start of the run.
    fn elapsed_ms(&self) -> u64 {
        let elapsed = self.0.started.get().map(Instant::elapsed).unwrap_or_default();
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }

    fn start(&self) {
        self.0.started.get_or_init(Instant::now);
    }

    /// Sends no further rows. The run ends when those in flight are done.
    pub fn stop(&self) {
        self.advance(Phase::Stopping);
    }

    /// Ends the run at once: the calls in flight are cancelled. The log stays valid.
    pub fn abort(&self) {
        self.advance(Phase::Aborting);
    }

    fn advance(&self, to: Phase) {
        self.0.phase.send_if_modified(|phase| {
            let is_further = *phase < to;
            if is_further {
                *phase = to;
            }
            is_further
        });
    }

    fn state(&self) -> MutexGuard<'_, Summary> {
        self.0.summary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the rows of `input` that the log `output` has no line of, and writes their lines. Run in a runtime of tokio. Dropping the future ends the
/// run at once, as [`BatchControl::abort`] does.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for a broken or repeated row of the input, a changed one, and a log that is none; [`ErrorKind::Api`] for a file that
/// can't be read, locked, written or synced; and an error of a call that each row would have, such as a wrong key. In each case the log is valid,
/// and a further run continues.
pub async fn run(
    client: &Client<AnyTransport>,
    input: &Path,
    output: &Path,
    options: BatchOptions,
    control: &BatchControl,
) -> Result<Summary, Error> {
    file_run::run(client, input.to_owned(), output.to_owned(), options, control).await
}

/// Runs work that waits for a disk in another thread.
async fn blocking<R: Send + 'static>(work: impl FnOnce() -> Result<R, Error> + Send + 'static) -> Result<R, Error> {
    let panicked = |_| Err(Error::new(ErrorKind::Api, "the batch panicked, or its runtime has ended"));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(panicked)
}

/// The error of a line of a file.
fn line_error(path: &Path, number: u64, message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("{}, line {number}: {message}", path.display()))
}

/// The error of a file.
fn file_error(path: &Path, doing: &str, why: &std::io::Error) -> Error {
    Error::new(ErrorKind::Api, format!("{} can't be {doing}: {why}", path.display()))
}
