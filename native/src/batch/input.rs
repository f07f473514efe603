//! The rows of a file, in a thread that reads ahead.
//!
//! Invariant: the file is read twice: nothing is sent before each line was checked, and a file that changes meanwhile is an error.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use trilogue_core::batch::{Index, RowReader, RowState};
use trilogue_core::{Error, ErrorKind};

use super::line_error;
use super::lines::Lines;
use super::queue::RowQueue;

/// Checks each line of an input, and returns its rows and the number of repetitions.
pub(super) fn index(path: &Path, reader: &RowReader) -> Result<(Index, u64), Error> {
    let mut lines = Lines::open(path)?;
    let mut index = Index::default();
    // The rows with a `custom_id`, which may not repeat. Without the option, no row may.
    let mut named = Index::default();
    while let Some((line, number)) = lines.next()? {
        let head = reader.check(line, number).map_err(|message| line_error(path, number, &message))?;
        index.add(head.key);
        if reader.skips_equal_rows() && head.has_custom_id {
            named.add(head.key);
        }
    }
    let repetition = index.finish();
    let forbidden = if reader.skips_equal_rows() { named.finish() } else { repetition };
    if let Some(id) = forbidden {
        return Err(repeated(path, reader, id)?);
    }
    let repeated = index.remove_equal();
    Ok((index, repeated as u64))
}

/// The error of a row whose `custom_id` is repeated, with both of its lines.
fn repeated(path: &Path, reader: &RowReader, id: u64) -> Result<Error, Error> {
    let mut lines = Lines::open(path)?;
    let mut first = None;
    while let Some((line, number)) = lines.next()? {
        let Ok(head) = reader.check(line, number) else { continue };
        if head.key.id != id {
            continue;
        }
        match first {
            None => first = Some(number),
            Some(first) => {
                let name = head.custom_id;
                let message = format!("the custom_id \"{name}\" is also that of line {first}; give each row its own");
                return Ok(line_error(path, number, &message));
            }
        }
    }
    Ok(changed(path))
}

pub(super) fn changed(path: &Path) -> Error {
    let message = format!("{} was changed during the run; repeat the run", path.display());
    Error::new(ErrorKind::InvalidRequest, message)
}

/// The second pass over an input: puts its open rows into a queue.
pub(super) struct RowThread(JoinHandle<Index>);

/// What the second pass needs.
pub(super) struct OpenRows {
    pub(super) path: PathBuf,
    pub(super) reader: RowReader,
    pub(super) index: Index,
    pub(super) retry_failed: bool,
}

impl RowThread {
    pub(super) fn start(mut rows: OpenRows, queue: Arc<RowQueue>) -> Result<Self, Error> {
        let thread = std::thread::Builder::new().name("trilogue-rows".to_owned()).spawn(move || {
            match rows.read(&queue) {
                Ok(()) => queue.end(),
                Err(error) => queue.fail(error),
            }
            rows.index
        });
        thread.map(Self).map_err(|why| Error::new(ErrorKind::Api, format!("no thread can be started: {why}")))
    }

    /// Waits for the end of the thread, whose queue is closed or empty, and returns the states of the rows.
    pub(super) fn finish(self) -> Result<Index, Error> {
        let panicked = |_| Error::new(ErrorKind::Api, "the thread that reads the rows panicked; please report this");
        self.0.join().map_err(panicked)
    }
}

impl OpenRows {
    fn read(&mut self, queue: &RowQueue) -> Result<(), Error> {
        let mut lines = Lines::open(&self.path)?;
        while let Some((line, number)) = lines.next()? {
            if queue.is_closed() {
                return Ok(());
            }
            let wrong = |message: String| line_error(&self.path, number, &message);
            let head = self.reader.check(line, number).map_err(wrong)?;
            let Some((position, content)) = self.index.find(head.key.id) else { return Err(changed(&self.path)) };
            if content != head.key.content {
                return Err(changed(&self.path));
            }
            let is_open = match self.index.state(position) {
                RowState::Open => true,
                RowState::Failed => self.retry_failed,
                RowState::Answered | RowState::Taken => false,
            };
            if is_open {
                let row = self.reader.read(head, line).map_err(wrong)?;
                if !queue.push_or_wait(row) {
                    return Ok(());
                }
                self.index.set(position, RowState::Taken);
            }
        }
        let unread =
            self.index.count(RowState::Open) + if self.retry_failed { self.index.count(RowState::Failed) } else { 0 };
        if unread > 0 { Err(changed(&self.path)) } else { Ok(()) }
    }
}
