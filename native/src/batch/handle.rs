//! A run in the runtime of this process, for a host program of another language.
//!
//! Invariant: the program is woken for lines, for progress, and for the end, and takes them in its own thread. After the end the log is unlocked.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use trilogue_core::batch::{BatchOptions, Summary};
use trilogue_core::{Error, ErrorKind};

use super::outbox::{FinishedRow, Outbox};
use super::row_run::RowExchange;
use super::{BatchControl, blocking, file_run};
use crate::{Client, runtime};

/// The interval of reports of the progress.
const REPORTS: Duration = Duration::from_millis(100);

/// A run. Dropping the handle ends it at once.
#[derive(Debug)]
pub struct BatchHandle {
    control: BatchControl,
    outbox: Arc<Outbox>,
    /// `None` for a run from a file to a file.
    rows: Option<Arc<RowExchange>>,
    /// Drives the runtime while no thread waits.
    _hold: runtime::Hold,
}

impl BatchHandle {
    /// Starts a run of the rows of the file `input`, or without one of rows that are handed over with [`BatchHandle::push`]. `log`: the output of a file;
    /// optional for other rows. Blocks while the log is read. `has_reports`: whether the program reports the progress.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for a wrong option; for rows, the errors of the log. Other errors are the run's outcome.
    pub fn start(
        client: &Client,
        input: Option<PathBuf>,
        log: Option<PathBuf>,
        options: BatchOptions,
        has_reports: bool,
    ) -> Result<Self, Error> {
        options.reader()?;
        let (control, outbox) = (BatchControl::default(), Arc::new(Outbox::new(options.order)));
        let client = client.clone();
        let handle = |rows| -> Result<Self, Error> {
            Ok(Self { control: control.clone(), outbox: Arc::clone(&outbox), rows, _hold: hold()? })
        };
        match (input, log) {
            (Some(input), Some(log)) => {
                let (handle, control) = (handle(None)?, control.clone());
                handle
                    .spawn(has_reports, async move { file_run::run(&client, input, log, options, &control).await })?;
                Ok(handle)
            }
            (Some(input), None) => {
                let message = format!("a batch of a file needs a log, which is its output: {}", input.display());
                Err(Error::new(ErrorKind::Configuration, message))
            }
            (None, log) => {
                let (rows, log) = RowExchange::open(log.as_deref(), &options, &control, Arc::clone(&outbox))?;
                let rows = Arc::new(rows);
                let (handle, control) = (handle(Some(Arc::clone(&rows)))?, control.clone());
                handle.spawn(has_reports, async move { rows.run(&client, log, &options, &control).await })?;
                Ok(handle)
            }
        }
    }

    /// As [`BatchHandle::start`], in another thread.
    ///
    /// # Errors
    ///
    /// As [`BatchHandle::start`].
    pub async fn open(
        client: Client,
        input: Option<PathBuf>,
        log: Option<PathBuf>,
        options: BatchOptions,
        has_reports: bool,
    ) -> Result<Self, Error> {
        blocking(move || Self::start(&client, input, log, options, has_reports)).await
    }

    fn spawn(
        &self,
        has_reports: bool,
        run: impl Future<Output = Result<Summary, Error>> + Send + 'static,
    ) -> Result<(), Error> {
        let completion = Completion(Arc::clone(&self.outbox));
        let work = async move {
            let mut interval = tokio::time::interval(REPORTS);
            let mut run = std::pin::pin!(run);
            let outcome = loop {
                tokio::select! {
                    outcome = &mut run => break outcome,
                    _ = interval.tick(), if has_reports => completion.0.report(),
                }
            };
            completion.0.complete(outcome);
        };
        runtime::spawn(work).map(drop).map_err(|why| runtime_error(&why))
    }

    /// Hands a row over, as a JSON text. Returns whether a further row may be handed over now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] for a broken or repeated row, and for one that was changed after it was sent.
    pub fn push(&self, row: &str) -> Result<bool, Error> {
        self.rows.as_ref().map_or(Ok(false), |rows| rows.push(row, &self.control))
    }

    /// Whether a further row may be handed over now.
    pub fn has_space(&self) -> bool {
        self.rows.as_ref().is_some_and(|rows| rows.has_space())
    }

    /// No row follows.
    pub fn end_rows(&self) {
        if let Some(rows) = &self.rows {
            rows.end();
        }
    }

    /// Takes the rows that have finished.
    pub fn take(&self) -> Vec<FinishedRow> {
        self.rows.as_ref().map_or_else(Vec::new, |rows| rows.take())
    }

    /// Whether there are rows to take, progress to report, or the run has ended. If not, the waker is woken then.
    pub fn is_ready(&self, waker: &Waker) -> bool {
        self.outbox.is_ready(waker)
    }

    /// Whether progress is to be reported, once for each report.
    pub fn take_report(&self) -> bool {
        self.outbox.take_due()
    }

    /// The counts so far.
    pub fn summary(&self) -> Summary {
        self.control.summary()
    }

    /// Sends no further rows. The run ends when those in flight are done.
    pub fn stop(&self) {
        self.control.stop();
        runtime::nudge();
    }

    /// Ends the run at once: rows in flight are cancelled.
    pub fn abort(&self) {
        self.control.abort();
        runtime::nudge();
    }

    /// Whether the run has ended.
    pub fn has_ended(&self) -> bool {
        self.outbox.has_ended()
    }

    /// Takes the outcome of a run that has ended.
    ///
    /// # Errors
    ///
    /// Those of the run.
    pub fn outcome(&self) -> Result<Summary, Error> {
        self.outbox.outcome().unwrap_or_else(|| Ok(self.control.summary()))
    }
}

impl Drop for BatchHandle {
    fn drop(&mut self) {
        self.control.abort();
    }
}

/// Ends the run, also if the runtime drops its task.
struct Completion(Arc<Outbox>);

impl Drop for Completion {
    fn drop(&mut self) {
        if !self.0.has_ended() {
            let message = "the batch ended early, since trilogue's runtime was shut down";
            self.0.complete(Err(Error::new(ErrorKind::UserAbort, message)));
        }
    }
}

fn hold() -> Result<runtime::Hold, Error> {
    runtime::hold().map_err(|why| runtime_error(&why))
}

fn runtime_error(why: &std::io::Error) -> Error {
    Error::new(ErrorKind::Api, format!("the runtime can't be started: {why}"))
}
