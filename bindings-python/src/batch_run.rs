//! A batch that runs in the runtime's thread. Python hands rows over and takes finished ones; a run from a file to a file makes no Python objects.
//!
//! Invariant: no wait holds the GIL, and a blocking wait checks for Ctrl-C.

use std::future::poll_fn;
use std::task::Poll;

use pyo3::prelude::*;
use pyo3::types::PyString;
use trilogue_native::batch::{BatchHandle, FinishedRow};
use trilogue_native::{Error, ErrorKind};

use crate::convert::{to_python, to_value};
use crate::exit::Inside;
use crate::waiting::{Mailbox, raise, wait};

/// A batch in progress. Garbage collection ends it at once.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct BatchRun(BatchHandle);

impl BatchRun {
    pub(crate) fn new(handle: BatchHandle) -> Self {
        Self(handle)
    }
}

#[pymethods]
impl BatchRun {
    /// Hands a row over. Returns whether a further one may be handed over now.
    fn push(&self, py: Python<'_>, row: &Bound<'_, PyAny>) -> PyResult<bool> {
        let _inside = Inside::enter(py);
        let row = to_value(row, ErrorKind::InvalidRequest)?.to_string();
        self.0.push(&row).map_err(|error| raise(py, &error))
    }

    /// Whether a further row may be handed over now.
    #[getter]
    fn has_space(&self) -> bool {
        self.0.has_space()
    }

    /// No row follows.
    fn end_rows(&self) {
        self.0.end_rows();
    }

    /// Takes the rows that have finished: the number of each, from 1, and its line.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Vec<(u64, Bound<'py, PyString>)>> {
        let text = |FinishedRow { number, line }: FinishedRow| {
            let invalid = |_| raise(py, &Error::new(ErrorKind::Api, "a line of the log is not valid UTF-8"));
            Ok((number, PyString::new(py, std::str::from_utf8(&line).map_err(invalid)?)))
        };
        self.0.take().into_iter().map(text).collect()
    }

    /// Waits until there are rows to take, progress to report, or the run has ended.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        let is_ready =
            poll_fn(|context| if self.0.is_ready(context.waker()) { Poll::Ready(()) } else { Poll::Pending });
        wait(py, is_ready)
    }

    /// Returns whether there is something as for `wait`. If not, `number` is posted as soon as there is.
    fn watch(&self, mailbox: &Bound<'_, Mailbox>, number: u64) -> PyResult<bool> {
        Ok(self.0.is_ready(&mailbox.get().waker(number)?))
    }

    /// Returns whether progress is to be reported, once for each report.
    fn take_report(&self) -> bool {
        self.0.take_report()
    }

    /// Whether the run has ended.
    #[getter]
    fn has_ended(&self) -> bool {
        self.0.has_ended()
    }

    /// The counts so far.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.summary().to_value())
    }

    /// Sends no further rows. The run ends when those in flight are done.
    fn stop(&self) {
        self.0.stop();
    }

    /// Ends the run at once: rows in flight are cancelled.
    fn abort(&self) {
        self.0.abort();
    }

    /// Returns the summary of a run that has ended, or raises its error, once.
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::enter(py);
        match self.0.outcome() {
            Ok(summary) => to_python(py, &summary.to_value()),
            Err(error) => Err(raise(py, &error)),
        }
    }
}
