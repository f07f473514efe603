//! The rows of a file, in a thread that reads ahead.
//!
//! Invariant: a run of calls reads the file twice: nothing is sent before each line was checked, and a file that changes meanwhile is an error.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use trilogue_core::batch::{Index, Row, RowHead, RowReader, RowState};
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

fn changed(path: &Path) -> Error {
    let message = format!("{} was changed during the run; repeat the run", path.display());
    Error::new(ErrorKind::InvalidRequest, message)
}

/// An input whose lines were checked, with the states of its rows.
pub(super) struct CheckedInput {
    pub(super) path: PathBuf,
    pub(super) reader: RowReader,
    pub(super) index: Index,
}

impl CheckedInput {
    /// Checks a line again, and returns its head and the position of its row. A row that the input did not have is an error.
    pub(super) fn check<'l>(&self, line: &'l str, number: u64) -> Result<(RowHead<'l>, usize), Error> {
        let head = self.reader.check(line, number).map_err(|message| self.error(number, &message))?;
        match self.index.find(head.key.id) {
            Some((position, content)) if content == head.key.content => Ok((head, position)),
            _ => Err(changed(&self.path)),
        }
    }

    /// Reads a line that was checked.
    pub(super) fn read(&self, head: RowHead<'_>, line: &str, number: u64) -> Result<Row, Error> {
        self.reader.read(head, line).map_err(|message| self.error(number, &message))
    }

    /// The error of a line.
    pub(super) fn error(&self, number: u64, message: &str) -> Error {
        line_error(&self.path, number, message)
    }
}

/// The second pass over an input: puts its open rows into a queue.
pub(super) struct RowThread(JoinHandle<Index>);

/// The input of the second pass.
pub(super) struct OpenRows {
    pub(super) input: CheckedInput,
    pub(super) retry_failed: bool,
}

impl RowThread {
    pub(super) fn start(mut rows: OpenRows, queue: Arc<RowQueue>) -> Result<Self, Error> {
        let thread = std::thread::Builder::new().name("trilogue-rows".to_owned()).spawn(move || {
            match rows.read(&queue) {
                Ok(()) => queue.end(),
                Err(error) => queue.fail(error),
            }
            rows.input.index
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
        let mut lines = Lines::open(&self.input.path)?;
        while let Some((line, number)) = lines.next()? {
            if queue.is_closed() {
                return Ok(());
            }
            let (head, position) = self.input.check(line, number)?;
            if self.input.index.state(position).is_open(self.retry_failed) {
                let row = self.input.read(head, line, number)?;
                if !queue.push_or_wait(row) {
                    return Ok(());
                }
                self.input.index.set(position, RowState::Taken);
            }
        }
        if self.input.index.has_open(self.retry_failed) { Err(changed(&self.input.path)) } else { Ok(()) }
    }
}
