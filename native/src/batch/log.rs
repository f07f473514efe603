//! The log: its lock, its lines, and syncing them.
//!
//! Invariant: the file consists of whole lines whenever no write is in progress; a write that fails is taken back. After a failed sync nothing
//! is written anymore, since the system may have dropped what it could not write.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;
use trilogue_core::batch::{Index, Logged, Outcome, RowState, Summary, parse_log_line};
use trilogue_core::{Error, ErrorKind};

use super::{SyncMode, file_error, line_error};

const BUFFER: usize = 256 << 10;
const SECOND: Duration = Duration::from_secs(1);

/// A locked log.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    /// The length of its whole lines.
    length: u64,
}

impl Log {
    /// Opens and locks a log, or creates it.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let is_new = !path.exists();
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = file.map_err(|why| file_error(path, "opened", &why))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "{} is in use by another run; wait for its end, or give this run a log of its own",
                    path.display()
                );
                return Err(Error::new(ErrorKind::Api, message));
            }
            Err(TryLockError::Error(why)) => return Err(file_error(path, "locked", &why)),
        }
        if is_new {
            sync_folder(path);
        }
        Ok(Self { path: path.to_owned(), file, length: 0 })
    }

    /// Reads all lines: marks their rows in the index, and adds them to the summary. Removes a torn line at the end.
    pub(super) fn read(&mut self, index: &mut Index, summary: &mut Summary, input: &Path) -> Result<(), Error> {
        let mut reader = BufReader::with_capacity(BUFFER, &self.file);
        let (mut line, mut number, mut known) = (Vec::new(), 0, false);
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(|why| file_error(&self.path, "read", &why))?;
            if read == 0 {
                break;
            }
            number += 1;
            let Some((b'\n', text)) = line.split_last() else {
                if number == 1 && !Logged::may_begin(&line) {
                    return Err(self.foreign(number));
                }
                self.file.set_len(self.length).map_err(|why| file_error(&self.path, "written", &why))?;
                summary.torn_bytes = read as u64;
                break;
            };
            let logged = match parse_log_line(text) {
                Ok(logged) => logged,
                Err(_) if number == 1 && !Logged::may_begin(text) => return Err(self.foreign(number)),
                Err(why) => {
                    let message = format!(
                        "this line of the log is broken ({why}); remove it, and run again: its row is sent again"
                    );
                    return Err(line_error(&self.path, number, &message));
                }
            };
            self.length += read as u64;
            summary.add_usage(&logged);
            let Some((position, content)) = index.find(logged.key.id) else { continue };
            known = true;
            if content != logged.key.content {
                let message = format!(
                    "this row, or the template, was changed in {} after it was sent; give a changed input a new log, or a changed row a new custom_id",
                    input.display()
                );
                return Err(line_error(&self.path, number, &message));
            }
            let state = match logged.outcome {
                Outcome::Answered => RowState::Answered,
                Outcome::Failed => RowState::Failed,
            };
            index.set(position, state);
        }
        if self.length > 0 && !known && !index.is_empty() {
            let message = format!(
                "{} is the log of another input: it has no row of {}; choose another log",
                self.path.display(),
                input.display()
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(())
    }

    fn foreign(&self, number: u64) -> Error {
        line_error(&self.path, number, "the file is not the log of a batch; choose another name for the log")
    }

    /// Appends lines.
    fn append(&mut self, lines: &[u8]) -> Result<(), Error> {
        if let Err(why) = self.file.write_all(lines) {
            // A part of the lines may be in the file. If it can't be removed either, the next run does it.
            let _torn = self.file.set_len(self.length);
            let message = format!(
                "{} can't be written: {why}; the rows until now are in it; run again to continue once there is space",
                self.path.display()
            );
            return Err(Error::new(ErrorKind::Api, message));
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the line at an offset, which has this length.
    pub(super) fn line_at(&mut self, offset: u64, length: usize, line: &mut Vec<u8>) -> std::io::Result<()> {
        line.resize(length, 0);
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(line)
    }

    /// Reads the log from its beginning.
    pub(super) fn reader(&mut self) -> std::io::Result<BufReader<&File>> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(BUFFER, &self.file))
    }
}

/// Syncs the folder of a new file, so that its name is kept. Not all systems can, and no line depends on it while the system runs.
pub(super) fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _synced = folder.sync_all();
    }
}

/// Writes lines, and syncs them in a thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    sync: SyncMode,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// Wakes the thread.
    work: Condvar,
    /// Wakes calls that wait for their lines to be synced.
    synced: Notify,
}

struct State {
    log: Log,
    /// Lines that are not written yet.
    lines: Vec<u8>,
    /// How many lines were added, written and synced.
    added: u64,
    written: u64,
    synced: u64,
    is_ending: bool,
    error: Option<Error>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn flush(&mut self) -> Result<(), Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if self.lines.is_empty() {
            return Ok(());
        }
        let outcome = self.log.append(&self.lines);
        self.lines.clear();
        match outcome {
            Ok(()) => self.written = self.added,
            Err(error) => {
                self.error = Some(error.clone());
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Writer {
    pub(super) fn new(log: Log, sync: SyncMode) -> Result<Self, Error> {
        let path = log.path.clone();
        let file = log.file.try_clone().map_err(|why| file_error(&path, "opened", &why))?;
        let state = State { log, lines: Vec::new(), added: 0, written: 0, synced: 0, is_ending: false, error: None };
        let shared = Arc::new(Shared { state: Mutex::new(state), work: Condvar::new(), synced: Notify::new() });
        let thread = (sync != SyncMode::None).then(|| {
            let shared = Arc::clone(&shared);
            let name = "trilogue-sync".to_owned();
            std::thread::Builder::new().name(name).spawn(move || sync_lines(&shared, &file, &path, sync))
        });
        let thread = thread.transpose();
        let thread = thread.map_err(|why| Error::new(ErrorKind::Api, format!("no thread can be started: {why}")))?;
        Ok(Self { shared, sync, thread })
    }

    /// Adds a line, and returns once it is written, and with [`SyncMode::Row`] synced. Lines of one turn of the loop are written together.
    pub(super) async fn add(&self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        let number = {
            let mut state = self.shared.state();
            write(&mut state.lines);
            state.added += 1;
            state.added
        };
        // Other calls whose answers have arrived add their lines meanwhile. The first one of them writes all.
        tokio::task::yield_now().await;
        {
            let mut state = self.shared.state();
            if state.written < number {
                state.flush()?;
            }
        }
        if self.sync == SyncMode::Row {
            self.shared.work.notify_one();
            self.wait_for_sync(number).await?;
        }
        Ok(())
    }

    async fn wait_for_sync(&self, number: u64) -> Result<(), Error> {
        loop {
            let synced = self.shared.synced.notified();
            {
                let state = self.shared.state();
                if let Some(error) = &state.error {
                    return Err(error.clone());
                }
                if state.synced >= number {
                    return Ok(());
                }
            }
            synced.await;
        }
    }

    /// Writes and syncs all lines, and returns the log.
    pub(super) fn finish(mut self) -> Result<Log, Error> {
        let flushed = self.shared.state().flush();
        self.end();
        flushed?;
        let mut state = self.shared.state();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        let log = Log {
            path: state.log.path.clone(),
            file: state.log.file.try_clone().map_err(|why| file_error(&state.log.path, "opened", &why))?,
            length: state.log.length,
        };
        drop(state);
        Ok(log)
    }

    fn end(&mut self) {
        self.shared.state().is_ending = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic was reported when it happened.
            let _panicked = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // A run that was stopped at once: the lines of answers that have arrived are kept.
        let _unwritten = self.shared.state().flush();
        self.end();
    }
}

/// Syncs lines until the writer ends.
fn sync_lines(shared: &Shared, file: &File, path: &Path, sync: SyncMode) {
    let mut state = shared.state();
    loop {
        let is_ending = state.is_ending;
        if state.written > state.synced && state.error.is_none() {
            let written = state.written;
            drop(state);
            let outcome = file.sync_data();
            state = shared.state();
            match outcome {
                Ok(()) => state.synced = written,
                Err(why) => {
                    let message = format!(
                        "{} can't be synced: {why}; lines of the last second may be lost; check the disk, then run again",
                        path.display()
                    );
                    state.error = Some(Error::new(ErrorKind::Api, message));
                }
            }
            shared.synced.notify_waiters();
        }
        if is_ending {
            return;
        }
        let has_work = |state: &State| {
            state.is_ending || (sync == SyncMode::Row && state.written > state.synced && state.error.is_none())
        };
        state = if sync == SyncMode::Row {
            shared.work.wait_while(state, |state| !has_work(state)).unwrap_or_else(PoisonError::into_inner)
        } else {
            let waited = shared.work.wait_timeout_while(state, SECOND, |state| !state.is_ending);
            waited.unwrap_or_else(PoisonError::into_inner).0
        };
    }
}
