//! The log in the order of the input, or without lines that others replace.
//!
//! Invariant: a new file is written, synced and renamed, so that at each time one of the two is whole under the log's name. Each row keeps one line:
//! an answer before an error, and then the last one. Lines of rows that the input lacks are all kept.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use trilogue_core::batch::provider::Job;
use trilogue_core::batch::{Index, Logged, Outcome, RowReader, may_begin_line, parse_log_line};
use trilogue_core::{Error, ErrorKind};

use super::{BUFFER, Log, sync_folder};
use crate::batch::file_error;
use crate::batch::lines::Lines;

/// A line of the log: its offset, and its length with the line break.
type Position = (u64, u64);

/// Writes the log again. With `order`, its rows have the order of the input; lines of rows that the input lacks come last. `keeps_jobs`: whether it keeps
/// the lines of batches at a provider, which are not needed once all are done.
pub(in crate::batch) fn rewrite(
    mut log: Log,
    input: &Path,
    reader: &RowReader,
    index: &Index,
    order: bool,
    keeps_jobs: bool,
) -> Result<(), Error> {
    // A link stays one.
    let path = log.path.canonicalize().unwrap_or_else(|_| log.path.clone());
    let failed = |why: &std::io::Error| file_error(&path, "written in its new order", why);
    let (lines, others) = positions(&mut log, index, keeps_jobs).map_err(|why| failed(&why))?;
    let (new, file) = create(&path)?;
    let outcome = (|| {
        let mut copy = Copy { log, writer: BufWriter::with_capacity(BUFFER, file), line: Vec::new() };
        if order {
            copy.in_order(lines, input, reader, index, &failed)?;
            copy.all(others).map_err(|why| failed(&why))?;
        } else {
            let mut kept: Vec<_> = lines.into_iter().filter(|(_, length)| *length > 0).chain(others).collect();
            kept.sort_unstable();
            copy.all(kept).map_err(|why| failed(&why))?;
        }
        // The lock of the old file is held until the new one has its name.
        let _log = copy.finish(&path).map_err(|why| failed(&why))?;
        std::fs::rename(&new, &path).map_err(|why| failed(&why))
    })();
    if outcome.is_err() {
        // The log is unchanged.
        let _removed = std::fs::remove_file(&new);
    }
    outcome?;
    sync_folder(&path);
    Ok(())
}

/// Returns the line of each row of the index, and the other lines.
fn positions(log: &mut Log, index: &Index, keeps_jobs: bool) -> std::io::Result<(Vec<Position>, Vec<Position>)> {
    let (mut lines, mut others) = (vec![(0, 0); index.len()], Vec::new());
    let mut answered = vec![false; index.len()];
    log.file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(BUFFER, &log.file);
    let (mut line, mut offset) = (Vec::new(), 0);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            return Ok((lines, others));
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if !keeps_jobs && Job::parse(text).is_some() {
            offset += length;
            continue;
        }
        let logged = parse_log_line(text).ok();
        let row = |logged: &Logged| index.find(logged.key.id).map(|(position, _)| position);
        let slots = logged.as_ref().and_then(row).and_then(|at| Some((lines.get_mut(at)?, answered.get_mut(at)?)));
        match slots {
            Some((position, is_answered)) => {
                let answers = logged.is_some_and(|logged| logged.outcome == Outcome::Answered);
                if answers || !*is_answered {
                    *position = (offset, length);
                    *is_answered = answers;
                }
            }
            None => others.push((offset, length)),
        }
        offset += length;
    }
}

/// Creates the new file beside the log. The log is locked, so a file of this name is one that a killed run has left, or not this program's.
fn create(path: &Path) -> Result<(PathBuf, File), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".rewrite.tmp");
    let new = path.with_file_name(name);
    let mut start = Vec::new();
    let is_left = |start: &mut Vec<u8>| -> std::io::Result<bool> {
        File::open(&new)?.take(64).read_to_end(start)?;
        Ok(may_begin_line(start))
    };
    if new.exists() {
        if !is_left(&mut start).map_err(|why| file_error(&new, "read", &why))? {
            let message = format!("{} is needed for the new log, but it has other content; remove it", new.display());
            return Err(Error::new(ErrorKind::Api, message));
        }
        std::fs::remove_file(&new).map_err(|why| file_error(&new, "removed", &why))?;
    }
    let file = OpenOptions::new().write(true).create_new(true).open(&new);
    file.map(|file| (new.clone(), file)).map_err(|why| file_error(&new, "created", &why))
}

/// Copies lines of the log to the new file.
struct Copy {
    log: Log,
    writer: BufWriter<File>,
    line: Vec<u8>,
}

impl Copy {
    fn in_order(
        &mut self,
        mut lines: Vec<Position>,
        input: &Path,
        reader: &RowReader,
        index: &Index,
        failed: &impl Fn(&std::io::Error) -> Error,
    ) -> Result<(), Error> {
        let mut input = Lines::open(input)?;
        while let Some((line, number)) = input.next()? {
            let position = reader.check(line, number).ok().and_then(|head| index.find(head.key.id));
            let line = position.and_then(|(position, _)| lines.get_mut(position)).map(std::mem::take);
            // A repetition finds the line taken.
            if let Some(position @ (_, 1..)) = line {
                self.copy(position).map_err(|why| failed(&why))?;
            }
        }
        // The input was changed meanwhile: no line is lost.
        let left: Vec<_> = lines.into_iter().filter(|(_, length)| *length > 0).collect();
        self.all(left).map_err(|why| failed(&why))
    }

    fn all(&mut self, lines: impl IntoIterator<Item = Position>) -> std::io::Result<()> {
        lines.into_iter().try_for_each(|position| self.copy(position))
    }

    fn copy(&mut self, (offset, length): Position) -> std::io::Result<()> {
        self.line.resize(usize::try_from(length).map_err(std::io::Error::other)?, 0);
        self.log.file.seek(SeekFrom::Start(offset))?;
        self.log.file.read_exact(&mut self.line)?;
        self.writer.write_all(&self.line)
    }

    /// Syncs the new file, which gets the permissions of the log.
    fn finish(self, path: &Path) -> std::io::Result<Log> {
        let file = self.writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        let metadata = std::fs::metadata(path)?;
        file.set_permissions(metadata.permissions())?;
        keep_owner(&file, &metadata);
        file.sync_all()?;
        Ok(self.log)
    }
}

/// Gives the new file the owner of the log, if this process may.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &std::fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let _kept = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _metadata: &std::fs::Metadata) {}
