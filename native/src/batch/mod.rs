//! Batches: rows of a file are sent, and their answers are written to a log.
//!
//! Invariant: a row is done once its line is in the log and, with [`SyncMode::Row`] or [`SyncMode::Second`], the line was synced. A killed run loses at most
//! the rows in flight, and the same command continues it. Nothing is sent before each line of the input was checked.
//!
//! - `input`: lines of the input.
//! - `log`: the log: its lock, its lines, and syncing them.
//! - `rewrite`: the log in the order of the input, or without replaced lines.
//! - `run`: the calls in flight.

mod input;
mod log;
mod rewrite;
mod run;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::Notify;
use trilogue_core::batch::{End, EqualRows, RowReader, Summary, Template};
use trilogue_core::config::RequestOptions;
use trilogue_core::cost::Dollars;
use trilogue_core::text::dialect::Name;
use trilogue_core::{Client, Error, ErrorKind};

use crate::AnyTransport;

/// The default number of calls in flight.
const IN_FLIGHT: usize = 128;

/// When lines of the log are synced to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncMode {
    /// Each line before its row counts, those of all calls in flight together.
    Row,
    /// Once in a second. After a loss of power, the rows of the last second are sent again.
    #[default]
    Second,
    /// By the operating system. A killed process loses nothing; a loss of power may lose lines.
    None,
}

/// The options of a batch.
#[derive(Debug, Clone, Default)]
pub struct BatchOptions {
    /// A text or a request that names columns of the rows: `Summarize {text}`. Default none: each row has its request.
    pub template: Value,
    /// The model of the template.
    pub model: Option<String>,
    /// The most calls in flight. Default 128.
    pub in_flight: Option<usize>,
    /// When lines are synced. Default: once in a second.
    pub sync: SyncMode,
    /// Whether equal rows without a `custom_id` are sent once or each. Default: each.
    pub equal_rows: EqualRows,
    /// Whether rows that have failed are sent again.
    pub retry_failed: bool,
    /// Whether the log gets the order of the input at the end.
    pub order: bool,
    /// The most that all rows of the log may cost, in dollars, those of earlier runs included. Default: the client's budget.
    pub budget: Option<Dollars>,
    /// The options of each request.
    pub request: RequestOptions,
}

impl BatchOptions {
    /// Reads the options of another language: `template`, `model`, `in_flight`, `sync`, `equal_rows`, `retry_failed`, `order` and `budget`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for an unknown or a wrong option.
    pub fn from_value(options: &Value) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in options.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            let wrong = |wanted: &str| configuration(format!("{} must be {wanted}, not {value}", Name(name)));
            let flag = || value.as_bool().ok_or_else(|| wrong("true or false"));
            match name.as_str() {
                "template" => read.template = value.clone(),
                "model" => read.model = Some(value.as_str().ok_or_else(|| wrong("a text"))?.to_owned()),
                "in_flight" => {
                    let count = value.as_u64().filter(|count| *count > 0).and_then(|count| usize::try_from(count).ok());
                    read.in_flight = Some(count.ok_or_else(|| wrong("a number above 0"))?);
                }
                "sync" => {
                    read.sync = match value.as_str() {
                        Some("row") => SyncMode::Row,
                        Some("1s") => SyncMode::Second,
                        Some("none") => SyncMode::None,
                        _ => return Err(wrong("\"row\", \"1s\" or \"none\"")),
                    }
                }
                "equal_rows" => {
                    read.equal_rows = match value.as_str() {
                        Some("each") => EqualRows::Each,
                        Some("once") => EqualRows::Once,
                        _ => return Err(wrong("\"each\" or \"once\"")),
                    }
                }
                "retry_failed" => read.retry_failed = flag()?,
                "order" => read.order = flag()?,
                "budget" => {
                    let amount = Dollars::of_value(value);
                    read.budget = Some(amount.ok_or_else(|| wrong("an amount of dollars such as \"0.05\""))?);
                }
                _ => return Err(configuration(format!("unknown option of a batch: {}", Name(name)))),
            }
        }
        Ok(read)
    }

    fn reader(&self) -> Result<RowReader, Error> {
        let template = match &self.template {
            Value::Null => None,
            template => Some(Template::new(template, self.model.as_deref()).map_err(configuration)?),
        };
        if template.is_none() && self.model.is_some() {
            let (model, template) = (Name("model"), Name("template"));
            return Err(configuration(format!("{model} has no effect without {template}: each row names its model")));
        }
        Ok(RowReader::new(template, self.equal_rows))
    }

    fn in_flight(&self) -> usize {
        self.in_flight.unwrap_or(IN_FLIGHT).max(1)
    }
}

/// A run in progress, seen from outside. Clones are the same run.
#[derive(Debug, Clone, Default)]
pub struct BatchControl(Arc<ControlState>);

#[derive(Debug, Default)]
struct ControlState {
    summary: Mutex<Summary>,
    started: OnceLock<Instant>,
    is_stopping: AtomicBool,
    stopping: Notify,
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

    /// Sends no further rows. The run ends when those in flight are done. To end it at once, drop it: the log stays valid.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::SeqCst);
        self.0.stopping.notify_waiters();
    }

    fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::SeqCst)
    }

    fn state(&self) -> MutexGuard<'_, Summary> {
        self.0.summary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the rows of `input` that the log `output` has no line of, and writes their lines. Run in a runtime of tokio.
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
    run::run(client, input.to_owned(), output.to_owned(), options, control).await
}

fn configuration(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

/// The error of a line of a file.
fn line_error(path: &Path, number: u64, message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("{}, line {number}: {message}", path.display()))
}

/// The error of a file.
fn file_error(path: &Path, doing: &str, why: &std::io::Error) -> Error {
    Error::new(ErrorKind::Api, format!("{} can't be {doing}: {why}", path.display()))
}

/// A path beside another one, for a new version of the file.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}
