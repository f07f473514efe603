//! A batch that runs in the runtime's thread, or in a thread that waits for it.
//!
//! Rows and answers never become Python objects: the input and the log are files.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use trilogue_native::batch::{self, BatchControl, BatchOptions};
use trilogue_native::{Error, runtime};

use crate::convert::to_python;
use crate::exit::{self, Inside};
use crate::waiting::{lock, os_error, raise};

/// A batch in progress.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct BatchRun {
    control: BatchControl,
    handle: AbortHandle,
    outcome: Arc<Mutex<Option<Result<serde_json::Value, Error>>>>,
    /// Whether the work has ended; closed if it was aborted.
    ended: watch::Receiver<bool>,
    /// Drives the runtime while no thread waits.
    _hold: runtime::Hold,
}

impl BatchRun {
    /// Starts a batch.
    pub(crate) fn start(
        client: trilogue_native::Client,
        input: PathBuf,
        log: PathBuf,
        options: BatchOptions,
    ) -> PyResult<Self> {
        let (control, outcome) = (BatchControl::default(), Arc::new(Mutex::new(None)));
        let (ending, ended) = watch::channel(false);
        let hold = runtime::hold().map_err(|why| os_error(&why))?;
        let work = {
            let (control, outcome) = (control.clone(), Arc::clone(&outcome));
            async move {
                let summary = batch::run(&client, &input, &log, options, &control).await;
                *lock(&outcome) = Some(summary.map(|summary| summary.to_value()));
                ending.send_replace(true);
            }
        };
        let handle = runtime::spawn(work).map_err(|why| os_error(&why))?;
        Ok(Self { control, handle, outcome, ended, _hold: hold })
    }
}

#[pymethods]
impl BatchRun {
    /// Waits, at most this many seconds, and returns whether the run has ended.
    fn wait(&self, py: Python<'_>, seconds: f64) -> PyResult<bool> {
        let _inside = Inside::enter(py);
        let limit = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO);
        let mut ended = self.ended.clone();
        let waited = py.detach(|| {
            let ended = async { tokio::time::timeout(limit, ended.wait_for(|ended| *ended)).await.is_ok() };
            let waited = runtime::block_on(ended);
            exit::park_if_exiting();
            waited
        });
        // A runtime that was shut down has dropped the run.
        Ok(waited.map_err(|why| os_error(&why))?.unwrap_or(true))
    }

    /// Whether the run has ended.
    #[getter]
    fn is_done(&self) -> bool {
        *self.ended.borrow() || self.ended.has_changed().is_err()
    }

    /// The counts so far.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.control.summary().to_value())
    }

    /// Sends no further rows. The run ends when those in flight are done.
    fn stop(&self) {
        self.control.stop();
    }

    /// Ends the run at once: rows in flight are cancelled.
    fn abort(&self) {
        self.handle.abort();
        runtime::nudge();
    }

    /// Returns the summary of a run that has ended, once, or raises its error.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let outcome = lock(&self.outcome).take();
        match outcome {
            Some(Ok(summary)) => to_python(py, &summary),
            Some(Err(error)) => Err(raise(py, &error)),
            None => Err(PyRuntimeError::new_err("the batch was stopped before its end")),
        }
    }
}
