//! Writes and syncs lines in a thread, so that no call waits for the disk.
//!
//! Invariant: lines that are added while the thread writes are written together, next. After a failed write or sync nothing is written anymore, since
//! the system may have dropped the pages that it could not write; each later line is refused with that error.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use trilogue_core::batch::SyncMode;
use trilogue_core::{Error, ErrorKind};

use super::Log;

const SECOND: Duration = Duration::from_secs(1);

/// Writes lines to a log.
pub(in crate::batch) struct Writer {
    shared: Arc<Shared>,
    progress: watch::Receiver<WriteProgress>,
    thread: Option<JoinHandle<Log>>,
}

#[derive(Default)]
struct Shared {
    lines: Mutex<UnwrittenLines>,
    /// Wakes the thread.
    work: Condvar,
}

/// Lines that are not written yet.
#[derive(Default)]
struct UnwrittenLines {
    bytes: Vec<u8>,
    /// How many lines were added, those that are written included.
    added: u64,
    is_ending: bool,
}

#[derive(Default)]
struct WriteProgress {
    /// How many lines count: they are written, and with [`SyncMode::Row`] synced.
    done: u64,
    error: Option<Error>,
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, UnwrittenLines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    pub(in crate::batch) fn new(log: Log, sync: SyncMode) -> Result<Self, Error> {
        let shared = Arc::<Shared>::default();
        let (progress, receiver) = watch::channel(WriteProgress::default());
        let thread = std::thread::Builder::new().name("trilogue-log".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || write_lines(&shared, log, sync, &progress)
        });
        let thread = thread.map_err(|why| Error::new(ErrorKind::Api, format!("no thread can be started: {why}")))?;
        Ok(Self { shared, progress: receiver, thread: Some(thread) })
    }

    /// Adds a line, and returns once it counts.
    pub(in crate::batch) async fn add(&self, line: &[u8]) -> Result<(), Error> {
        let (number, is_first) = {
            let mut lines = self.shared.lines();
            let is_first = lines.bytes.is_empty();
            lines.bytes.extend_from_slice(line);
            lines.added += 1;
            (lines.added, is_first)
        };
        if is_first {
            // Other calls whose answers have arrived add their lines meanwhile, so that the thread wakes once for all of them.
            tokio::task::yield_now().await;
            self.shared.work.notify_one();
        }
        let mut progress = self.progress.clone();
        match progress.wait_for(|progress| progress.done >= number || progress.error.is_some()).await.as_deref() {
            Ok(WriteProgress { done, .. }) if *done >= number => Ok(()),
            Ok(WriteProgress { error: Some(error), .. }) => Err(error.clone()),
            _ => Err(panicked()),
        }
    }

    /// Writes and syncs all lines, and returns the log. Blocks.
    pub(in crate::batch) fn finish(mut self) -> Result<Log, Error> {
        let log = self.end().ok_or_else(panicked)?;
        match &self.progress.borrow().error {
            Some(error) => Err(error.clone()),
            None => Ok(log),
        }
    }

    fn end(&mut self) -> Option<Log> {
        self.shared.lines().is_ending = true;
        self.shared.work.notify_one();
        // A panic was reported when it happened.
        self.thread.take()?.join().ok()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // A run that was dropped: the lines of answers that have arrived are kept, and the log is unlocked.
        drop(self.end());
    }
}

/// Writes lines until the writer ends.
fn write_lines(shared: &Shared, mut log: Log, sync: SyncMode, progress: &watch::Sender<WriteProgress>) -> Log {
    let mut taken = Vec::new();
    let mut written = 0;
    // The time of the oldest line that is not synced.
    let mut unsynced: Option<Instant> = None;
    loop {
        let is_ending = {
            let mut lines = shared.lines();
            while lines.bytes.is_empty() && !lines.is_ending {
                let waited = match unsynced {
                    None => shared.work.wait(lines).unwrap_or_else(PoisonError::into_inner),
                    Some(since) => {
                        let left = SECOND.saturating_sub(since.elapsed());
                        if left == Duration::ZERO {
                            break;
                        }
                        shared.work.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0
                    }
                };
                lines = waited;
            }
            taken.clear();
            std::mem::swap(&mut taken, &mut lines.bytes);
            written = if taken.is_empty() { written } else { lines.added };
            lines.is_ending && taken.is_empty()
        };
        if progress.borrow().error.is_none() {
            let mut outcome = if taken.is_empty() { Ok(()) } else { log.append(&taken) };
            if !taken.is_empty() && sync != SyncMode::None {
                unsynced.get_or_insert_with(Instant::now);
            }
            let is_due = |since: Instant| sync == SyncMode::Row || is_ending || since.elapsed() >= SECOND;
            if outcome.is_ok() && unsynced.is_some_and(is_due) {
                unsynced = None;
                outcome = log.sync();
            }
            progress.send_if_modified(|progress| {
                let is_news = outcome.is_err() || progress.done < written;
                match outcome {
                    Ok(()) => progress.done = written,
                    Err(error) => progress.error = Some(error),
                }
                is_news
            });
        } else {
            unsynced = None;
        }
        if is_ending {
            return log;
        }
    }
}

fn panicked() -> Error {
    Error::new(ErrorKind::Api, "the thread that writes the log panicked; please report this")
}
