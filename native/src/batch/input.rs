//! Lines of a file, one at a time.
//!
//! Invariant: one line is in memory. Line breaks are `\n` or `\r\n`; empty lines count, and are skipped.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use trilogue_core::Error;
use trilogue_core::batch::{Index, RowReader};

use super::{file_error, line_error};

const BUFFER: usize = 256 << 10;

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
        loop {
            self.line.clear();
            let length =
                self.file.read_until(b'\n', &mut self.line).map_err(|why| file_error(&self.path, "read", &why))?;
            if length == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let text = std::str::from_utf8(self.line.trim_ascii())
            .map_err(|_| line_error(&self.path, self.number, "the line is not valid UTF-8"))?;
        Ok(Some((text, self.number)))
    }

    /// The error of a line.
    pub(super) fn error(&self, number: u64, message: &str) -> Error {
        line_error(&self.path, number, message)
    }
}

/// Checks each line of an input, and returns its rows and the number of repetitions.
pub(super) fn index(path: &Path, reader: &RowReader) -> Result<(Index, u64), Error> {
    let mut lines = Lines::open(path)?;
    let mut index = Index::default();
    while let Some((line, number)) = lines.next()? {
        match reader.key(line, number) {
            Ok(key) => index.add(key),
            Err(message) => return Err(line_error(path, number, &message)),
        }
    }
    let repetition = index.finish();
    if repetition.is_some() && (!reader.skips_equal_rows() || has_repeated_id(path, reader, &index)?) {
        return Err(repeated(path, reader, repetition)?);
    }
    let repeated = index.remove_equal();
    Ok((index, repeated as u64))
}

/// Whether a `custom_id` of the input is repeated. Rows without one may be.
fn has_repeated_id(path: &Path, reader: &RowReader, index: &Index) -> Result<bool, Error> {
    let mut seen = Index::default();
    let mut lines = Lines::open(path)?;
    while let Some((line, number)) = lines.next()? {
        if reader.has_custom_id(line)
            && let Ok(key) = reader.key(line, number)
            && index.find(key.id).is_some()
        {
            seen.add(key);
        }
    }
    Ok(seen.finish().is_some())
}

/// The error of a row whose `custom_id` is repeated, with both of its lines.
fn repeated(path: &Path, reader: &RowReader, id: Option<u64>) -> Result<Error, Error> {
    let mut lines = Lines::open(path)?;
    let mut first = None;
    while let Some((line, number)) = lines.next()? {
        if reader.key(line, number).ok().map(|key| key.id) != id {
            continue;
        }
        let name = reader.name(line, number);
        match first {
            None => first = Some(number),
            Some(first) => {
                let message = format!("the custom_id \"{name}\" is also that of line {first}; give each row its own");
                return Ok(line_error(path, number, &message));
            }
        }
    }
    Ok(line_error(path, 1, "the input changed while it was read"))
}
