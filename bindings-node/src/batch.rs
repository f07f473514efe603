//! A batch in progress. JavaScript hands rows over and takes finished ones as JSON text, many at once.
//!
//! Invariant: no method blocks. The results of starting a run and of waiting for rows are posted to the mailbox.

use std::path::PathBuf;
use std::sync::Arc;

use napi_derive::napi;
use trilogue_native::batch::{BatchHandle, BatchOptions};
use trilogue_native::{Client, Error, RequestOptions, ffi};

use crate::environment::Environment;
use crate::mailbox::{Message, Outcome};

/// A batch in progress. It ends at once when the object is collected.
#[napi(js_name = "NativeBatch")]
pub struct NativeBatch {
    handle: BatchHandle,
    environment: Arc<Environment>,
}

/// The arguments of a new batch, as JavaScript passes them.
pub(crate) struct BatchStart {
    pub(crate) input: Option<String>,
    pub(crate) log: Option<String>,
    pub(crate) options: String,
    pub(crate) request: String,
    pub(crate) has_reports: bool,
}

impl NativeBatch {
    /// Opens the log and starts the run.
    pub(crate) async fn start(client: Client, start: BatchStart, environment: Arc<Environment>) -> Outcome {
        match start.open(client).await {
            Ok(handle) => Outcome::Batch(Self { handle, environment }),
            Err(error) => Err(error).into(),
        }
    }
}

impl BatchStart {
    async fn open(self, client: Client) -> Result<BatchHandle, Error> {
        let options = BatchOptions::from_value(&ffi::body(&self.options)?.into())?;
        let options = BatchOptions { request: ffi::options::<RequestOptions>(&self.request)?, ..options };
        let (input, log) = (self.input.map(PathBuf::from), self.log.map(PathBuf::from));
        BatchHandle::open(client, input, log, options, self.has_reports).await
    }
}

#[napi]
impl NativeBatch {
    /// Hands a row over, as a JSON text. Returns an error as JSON text, or `None`.
    #[napi]
    pub fn push(&self, row: String) -> Option<String> {
        self.handle.push(&row).err().map(|error| ffi::error_text(&error))
    }

    /// Whether a further row may be handed over now.
    #[napi(getter)]
    pub fn has_space(&self) -> bool {
        self.handle.has_space()
    }

    /// Marks the end of the input.
    #[napi]
    pub fn end_rows(&self) {
        self.handle.end_rows();
    }

    /// Takes the rows that have finished, as a JSON list: the number of each, from 1, and its line.
    #[napi]
    pub fn take(&self) -> String {
        let mut text = String::from("[");
        for row in self.handle.take() {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&row.number.to_string());
            text.push(',');
            text.push_str(&String::from_utf8_lossy(&row.line));
        }
        text.push(']');
        text
    }

    /// Posts to `number` when there are rows to take or progress to report, or the run has ended.
    #[napi]
    pub fn wait(&self, number: u32) {
        let posted = move || Message::Ended(number, Outcome::Nothing);
        // Without a waker there is no runtime, and the run has ended.
        let is_ready = self.environment.mailbox.waker(posted).map(|waker| self.handle.is_ready(&waker));
        if is_ready.unwrap_or(true) {
            self.environment.post(posted());
        }
    }

    /// Whether progress is to be reported, once for each report.
    #[napi]
    pub fn take_report(&self) -> bool {
        self.handle.take_report()
    }

    /// Whether the run has ended.
    #[napi(getter)]
    pub fn has_ended(&self) -> bool {
        self.handle.has_ended()
    }

    /// The counts so far, as JSON text.
    #[napi]
    pub fn summary(&self) -> String {
        self.handle.summary().to_value().to_string()
    }

    /// Sends no further rows. The run ends when those in flight are done.
    #[napi]
    pub fn stop(&self) {
        self.handle.stop();
    }

    /// Ends the run at once: rows in flight are cancelled.
    #[napi]
    pub fn abort(&self) {
        self.handle.abort();
    }

    /// The summary of a run that has ended, or its error, once, as JSON text.
    #[napi]
    pub fn outcome(&self) -> String {
        self.handle.outcome().map_or_else(|error| ffi::error_text(&error), |summary| summary.to_value().to_string())
    }
}
