//! The log: its lock and its lines.
//!
//! Invariant: the file consists of whole lines whenever no write is in progress; a write that fails is taken back. The locked file is the one under
//! the log's name, since another run may have renamed a new one there meanwhile.

mod rewrite;
mod writer;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use trilogue_core::batch::provider::{Job, JobState};
use trilogue_core::batch::{Logged, Summary, broken_line, may_begin_line, parse_log_line};
use trilogue_core::text::dialect::Name;
use trilogue_core::{Error, ErrorKind};

pub(super) use self::rewrite::rewrite;
pub(super) use self::writer::Writer;
use super::{file_error, line_error};

const BUFFER: usize = 256 << 10;

/// A locked log.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    /// The length of its whole lines.
    length: u64,
    /// The batches at a provider that it names.
    jobs: Vec<Job>,
}

impl Log {
    /// Opens and locks a log, or creates it.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        loop {
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
            if is_under(path, &file) {
                return Ok(Self { path: path.to_owned(), file, length: 0, jobs: Vec::new() });
            }
        }
    }

    /// Reads all lines: adds them to the summary, and calls `take` with each, its number, its offset and its length. Removes a torn line at the end.
    pub(super) fn read(
        &mut self,
        summary: &mut Summary,
        mut take: impl FnMut(&Logged, u64, u64, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut reader = BufReader::with_capacity(BUFFER, &self.file);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(|why| file_error(&self.path, "read", &why))?;
            if read == 0 {
                return Ok(());
            }
            number += 1;
            let (text, is_whole) = line.strip_suffix(b"\n").map_or((&line[..], false), |text| (text, true));
            let parsed = match Job::parse(text) {
                Some(job) => job.map(Line::Job),
                None => parse_log_line(text).map(Line::Row),
            };
            let logged = match parsed {
                Ok(Line::Row(logged)) => Some(logged),
                Ok(Line::Job(job)) => {
                    job.record(&mut self.jobs);
                    None
                }
                Err(_) if number == 1 && !may_begin_line(text) => {
                    return Err(self.foreign(number));
                }
                Err(_) if !is_whole => {
                    self.file.set_len(self.length).map_err(|why| file_error(&self.path, "written", &why))?;
                    summary.torn_bytes = read as u64;
                    return Ok(());
                }
                Err(why) => {
                    return Err(line_error(&self.path, number, &broken_line(why)));
                }
            };
            if let Some(logged) = logged {
                summary.add_usage(&logged);
                take(&logged, number, self.length, text.len())?;
            }
            self.length += text.len() as u64 + 1;
            if !is_whole {
                // The answer is complete, and only its line break is missing.
                (&self.file).write_all(b"\n").map_err(|why| file_error(&self.path, "written", &why))?;
            }
        }
    }

    /// Takes the batches at a provider that the log names.
    pub(super) fn take_jobs(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.jobs)
    }

    /// Fails if rows of the log are in a batch at a provider: a call of them would be paid twice.
    pub(super) fn refuse_open_jobs(&self) -> Result<(), Error> {
        let Some(job) = self.jobs.iter().find(|job| job.state == JobState::Open) else { return Ok(()) };
        let batch = job.batch.as_deref().unwrap_or("that is being created");
        let message = format!(
            "{} has the batch {batch} of {} rows at the provider; fetch its results by the same run with {} \"provider\"",
            self.path.display(),
            job.rows,
            Name("via")
        );
        Err(Error::new(ErrorKind::InvalidRequest, message))
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
                "{} can't be written: {why}; it has the rows until now, and the same run continues once there is space",
                self.path.display()
            );
            return Err(Error::new(ErrorKind::Api, message));
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        self.file.sync_data().map_err(|why| {
            let message = format!(
                "{} can't be synced: {why}; lines of the last second may be lost; check the disk, then repeat the run",
                self.path.display()
            );
            Error::new(ErrorKind::Api, message)
        })
    }

    /// Returns a second handle of the file, to read lines while others are written.
    pub(super) fn line_reader(&self) -> Result<LineReader, Error> {
        // A duplicate handle would share the position.
        let file = File::open(&self.path).map_err(|why| file_error(&self.path, "opened", &why))?;
        Ok(LineReader { path: self.path.clone(), file })
    }
}

/// A line of a log.
enum Line {
    Row(Logged),
    Job(Job),
}

/// Reads single lines of a log.
#[derive(Debug)]
pub(super) struct LineReader {
    path: PathBuf,
    file: File,
}

impl LineReader {
    /// Reads the line at an offset, which has this length.
    pub(super) fn read(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let mut line = vec![0; length];
        let read = self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.read_exact(&mut line));
        read.map_err(|why| file_error(&self.path, "read", &why))?;
        Ok(line)
    }
}

/// Whether an open file is the one under its name.
#[cfg(unix)]
fn is_under(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (std::fs::metadata(path), file.metadata()) {
        (Ok(named), Ok(open)) => identity(named) == identity(open),
        _ => false,
    }
}

/// Windows renames no file over one that is open.
#[cfg(not(unix))]
fn is_under(_path: &Path, _file: &File) -> bool {
    true
}

/// Syncs the folder of a new file, so that its name is kept. Not all systems can, and no line depends on it while the system runs.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _synced = folder.sync_all();
    }
}
