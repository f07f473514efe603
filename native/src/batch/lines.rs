//! The lines of an input file: JSON lines, or with the ending `.csv` comma-separated values, which become JSON lines.
//!
//! Invariant: one row is in memory. Line breaks are `\n` or `\r\n`; empty lines count, and are skipped.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use trilogue_core::Error;
use trilogue_core::batch::{CsvHeader, leaves_quote_open};

use super::{file_error, line_error};

const BUFFER: usize = 256 << 10;
/// The longest record of comma-separated values: a quote that is not closed does not take the whole file into memory.
const MAX_RECORD: usize = 64 << 20;
/// The mark that some editors write at the beginning of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of an input.
pub(super) struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    line: Vec<u8>,
    /// The number of the last line that was read.
    number: u64,
    /// The header of comma-separated values, and the present row as JSON.
    csv: Option<(CsvHeader, Vec<u8>)>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|why| file_error(path, "opened", &why))?;
        let metadata = file.metadata().map_err(|why| file_error(path, "opened", &why))?;
        if !metadata.is_file() {
            let why = std::io::Error::other("it is not a file; an input is read twice, first to check it");
            return Err(file_error(path, "read", &why));
        }
        let file = BufReader::with_capacity(BUFFER, file);
        let mut lines = Self { path: path.to_owned(), file, line: Vec::new(), number: 0, csv: None };
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
            && let Some(number) = lines.read(true)?
        {
            let header = CsvHeader::parse(lines.text(number)?);
            lines.csv = Some((header.map_err(|message| line_error(path, number, &message))?, Vec::new()));
        }
        Ok(lines)
    }

    /// Returns the next line that is not empty, without whitespace around it, and its number.
    pub(super) fn next(&mut self) -> Result<Option<(&str, u64)>, Error> {
        let Some(number) = self.read(self.csv.is_some())? else { return Ok(None) };
        let Some((header, mut row)) = self.csv.take() else {
            return Ok(Some((self.text(number)?.trim_ascii(), number)));
        };
        row.clear();
        header.write_row(self.text(number)?, &mut row).map_err(|message| line_error(&self.path, number, &message))?;
        let (_, row) = self.csv.insert((header, row));
        Ok(Some((utf8(row, &self.path, number)?, number)))
    }

    /// Reads the next line that is not empty, and returns its number. A record of comma-separated values may have several lines.
    fn read(&mut self, is_record: bool) -> Result<Option<u64>, Error> {
        loop {
            self.line.clear();
            if !self.read_line()? {
                return Ok(None);
            }
            if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let first = self.number;
        let mut is_open = is_record && leaves_quote_open(&self.line, false);
        while is_open {
            let before = self.line.len();
            if !self.read_line()? || self.line.len() > MAX_RECORD {
                return Err(line_error(&self.path, first, "a quote is not closed"));
            }
            is_open = leaves_quote_open(self.line.get(before..).unwrap_or_default(), true);
        }
        Ok(Some(first))
    }

    fn read_line(&mut self) -> Result<bool, Error> {
        let read = self.file.read_until(b'\n', &mut self.line).map_err(|why| file_error(&self.path, "read", &why))?;
        self.number += u64::from(read > 0);
        Ok(read > 0)
    }

    /// The line that was read, without its line break.
    fn text(&self, number: u64) -> Result<&str, Error> {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        utf8(line.strip_suffix(b"\r").unwrap_or(line), &self.path, number)
    }
}

fn utf8<'l>(line: &'l [u8], path: &Path, number: u64) -> Result<&'l str, Error> {
    std::str::from_utf8(line).map_err(|_| line_error(path, number, "the line is not valid UTF-8"))
}
