//! An open stream, as Python reads it.
//!
//! One call takes all items that were read. A reader that has to wait releases the GIL.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use trilogue_native::{Error, ErrorKind, Events, Stream, View, runtime};

use crate::batch::Batch;
use crate::convert::to_python;
use crate::host::HostException;
use crate::live::Values;
use crate::waiting::{Mailbox, raise, wait};

/// An open stream. Garbage collection closes its connection.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct NativeStream {
    stream: Stream,
    values: Values,
    /// Why further reads fail, after [`NativeStream::abandon`].
    abandoned: OnceLock<String>,
    /// The stream has ended with an error of its own.
    failed: AtomicBool,
    /// The exception of a transport in Python.
    exception: HostException,
}

#[pymethods]
impl NativeStream {
    #[getter]
    fn status(&self) -> u16 {
        self.stream.head().status
    }

    #[getter]
    fn headers(&self) -> Vec<(String, String)> {
        self.stream.head().headers.to_vec()
    }

    #[getter]
    fn retries_taken(&self) -> u32 {
        self.stream.retries_taken()
    }

    /// Takes the items that were read, without waiting: a [`Batch`], `None` after the end, `False` if there are none. It has items, or with a
    /// view events; `make` creates one from a dict.
    fn try_take<'py>(&self, py: Python<'py>, make: Py<PyAny>, view: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        match self.stream.try_batch() {
            Some(batch) => self.batch_of(py, batch, make, view)?.into_bound_py_any(py),
            None => false.into_bound_py_any(py),
        }
    }

    /// Takes the items, and waits for some if there are none.
    fn take(&self, py: Python<'_>, make: Py<PyAny>, view: Option<&str>) -> PyResult<Option<Batch>> {
        let batch = match self.stream.try_batch() {
            Some(batch) => batch,
            None => wait(py, self.stream.next_batch())?,
        };
        self.batch_of(py, batch, make, view)
    }

    /// Returns whether there are items, or the end. If not, `number` is posted as soon as there are.
    fn watch(&self, py: Python<'_>, mailbox: &Bound<'_, Mailbox>, number: u64) -> PyResult<bool> {
        self.stream.watch(&mailbox.get().waker(number)?).map_err(|error| raise(py, &error))
    }

    /// Returns the accumulated result; `None` before the first item.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let snapshot = wait(py, self.stream.snapshot())?;
        snapshot.map_or_else(|| Ok(py.None().into_bound(py)), |value| to_python(py, &value))
    }

    fn cancel(&self) {
        if self.stream.cancel() {
            runtime::nudge();
        }
    }

    /// Cancels the stream. Each later read fails with this message.
    fn abandon(&self, message: String) {
        if !self.failed.load(Ordering::Relaxed) {
            // The first message stays.
            let _first = self.abandoned.set(message);
            self.cancel();
        }
    }
}

impl NativeStream {
    /// Creates the stream of these events, inside the runtime.
    pub(crate) fn new(events: Events, exception: HostException) -> Self {
        Self {
            stream: Stream::new(events),
            values: Values::default(),
            abandoned: OnceLock::new(),
            failed: AtomicBool::new(false),
            exception,
        }
    }

    fn batch_of(
        &self,
        py: Python<'_>,
        batch: Result<Option<trilogue_native::Batch>, Error>,
        make: Py<PyAny>,
        view: Option<&str>,
    ) -> PyResult<Option<Batch>> {
        let batch = batch.map_err(|error| {
            self.failed.store(true, Ordering::Relaxed);
            self.exception.raise(py, &error)
        })?;
        if let (None, Some(message)) = (&batch, self.abandoned.get()) {
            let partial = wait(py, self.stream.snapshot())?;
            return Err(raise(py, &Error::new(ErrorKind::UserAbort, message.clone()).with_partial(partial)));
        }
        Ok(batch.map(|batch| {
            let done = batch.done;
            match view {
                None => Batch::of_items(make, batch.items, done),
                Some(view) => {
                    let events = self.stream.encode(batch, View::from_name(view));
                    Batch::of_events(make, events, self.values.clone(), done)
                }
            }
        }))
    }
}

impl Drop for NativeStream {
    fn drop(&mut self) {
        self.cancel();
    }
}
