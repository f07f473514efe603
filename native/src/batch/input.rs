//! The rows of a file, in a thread that reads ahead.
//!
//! Invariant: one line is in memory. Line breaks are `\n` or `\r\n`; empty lines count, and are skipped. The file is read twice: nothing is sent before
//! each line was checked, and a file that changes meanwhile is an error.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use trilogue_core::batch::{Index, RowReader, RowState};
use trilogue_core::{Error, ErrorKind};

use super::queue::RowQueue;
use super::{file_error, line_error};

const BUFFER: usize = 256 << 10;
/// The mark that some editors write at the beginning of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of an input.
pub(super) struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|why| file_error(path, "opened", &why))?;
        let metadata = file.metadata().map_err(|why| file_error(path, "opened", &why))?;
        if !metadata.is_file() {
            let why = std::io::Error::other("it is not a file; an input is read twice, first to check it");
            return Err(file_error(path, "read", &why));
        }
        Ok(Self { path: path.to_owned(), file: BufReader::with_capacity(BUFFER, file), line: Vec::new(), number: 0 })
    }

    /// Returns the next line that is not empty, without whitespace around it, and its number.
    pub(super) fn next(&mut self) -> Result<Option<(&str, u64)>, Error> {
        let mut start = 0;
        loop {
            self.line.clear();
            let length =
                self.file.read_until(b'\n', &mut self.line).map_err(|why| file_error(&self.path, "read", &why))?;
            if length == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                start = BYTE_ORDER_MARK.len();
            }
            if !self.line.get(start..).unwrap_or_default().trim_ascii().is_empty() {
                break;
            }
            start = 0;
        }
        let line = self.line.get(start..).unwrap_or_default().trim_ascii();
        let text = std::str::from_utf8(line)
            .map_err(|_| line_error(&self.path, self.number, "the line is not valid UTF-8"))?;
        Ok(Some((text, self.number)))
    }
}

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
                if !queue.push_or_wait(row, line.len()) {
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
