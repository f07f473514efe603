//! The iterators of `for` loops over streams.
//!
//! An exception that leaves a loop closes its stream, since a traceback may keep the stream alive for long; `break` leaves the stream open.
//! CPython drops a loop's iterator while the exception is being raised, so that the iterator can distinguish the two.

use std::sync::Mutex;

use pyo3::exceptions::{PyGeneratorExit, PyStopAsyncIteration, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use crate::batch::Batch;
use crate::exit::Inside;
use crate::waiting::lock;

/// Calls `_exit_loop(exception)` of its reader if it is dropped while an exception is raised. For iterators that are written in Python.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct LoopGuard {
    reader: Py<PyAny>,
}

#[pymethods]
impl LoopGuard {
    #[new]
    fn new(reader: Py<PyAny>) -> Self {
        Self { reader }
    }
}

impl LoopGuard {
    /// Passes the exception that has left the loop to the reader.
    fn leave(&self, py: Python<'_>, error: &PyErr) {
        // `break`, or the end of `any(…)`, closes a generator with these.
        if error.is_instance_of::<PyGeneratorExit>(py)
            || error.is_instance_of::<PyStopIteration>(py)
            || error.is_instance_of::<PyStopAsyncIteration>(py)
        {
            return;
        }
        let _inside = Inside::enter(py);
        if let Err(failure) = self.reader.call_method1(py, intern!(py, "_exit_loop"), (error.value(py),)) {
            failure.write_unraisable(py, None);
        }
    }
}

impl Drop for LoopGuard {
    fn drop(&mut self) {
        Python::try_attach(|py| {
            if let Some(error) = PyErr::occurred(py).then(|| PyErr::take(py)).flatten() {
                self.leave(py, &error);
                error.restore(py);
            }
        });
    }
}

/// The iterator of a loop over a stream or a generator.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Loop {
    guard: LoopGuard,
    /// The current source of items.
    items: Mutex<Py<PyAny>>,
    /// Whether `reader._more(items)` is called when `items` has ended.
    continues: bool,
    /// Returns the text of an item that is in no [`Batch`], if texts are wanted.
    text_of: Option<Py<PyAny>>,
}

#[pymethods]
impl Loop {
    /// Iterates over `items`. With `continues`, over the result of `reader._more(items)` next, until it is `None`. With `text_of`, over texts.
    #[new]
    #[pyo3(signature = (reader, items, *, continues=false, text_of=None))]
    fn new(reader: Py<PyAny>, items: Py<PyAny>, continues: bool, text_of: Option<Py<PyAny>>) -> Self {
        Self { guard: LoopGuard { reader }, items: Mutex::new(items), continues, text_of }
    }

    /// Returns an iterator to which only the loop has a reference, even if a variable refers to this one.
    fn __iter__(&self, py: Python<'_>) -> Self {
        Self {
            guard: LoopGuard { reader: self.guard.reader.clone_ref(py) },
            items: Mutex::new(self.items(py)),
            continues: self.continues,
            text_of: self.text_of.as_ref().map(|function| function.clone_ref(py)),
        }
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.step(py).inspect_err(|error| self.guard.leave(py, error))
    }
}

impl Loop {
    fn items(&self, py: Python<'_>) -> Py<PyAny> {
        lock(&self.items).clone_ref(py)
    }

    fn step<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            // The lock is never held while Python code runs.
            let items = self.items(py).into_bound(py);
            let next = self.next_of(&items)?;
            if next.is_some() || !self.continues {
                return Ok(next);
            }
            let _inside = Inside::enter(py);
            let more = self.guard.reader.bind(py).call_method1(intern!(py, "_more"), (items,))?;
            if more.is_none() {
                return Ok(None);
            }
            *lock(&self.items) = more.unbind();
        }
    }

    fn next_of<'py>(&self, items: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = items.py();
        if let Ok(batch) = items.cast_exact::<Batch>() {
            let batch = batch.get();
            return if self.text_of.is_none() { batch.next(py) } else { Ok(batch.next_text(py).map(Bound::into_any)) };
        }
        let _inside = Inside::enter(py);
        for item in items.cast::<PyIterator>()?.clone() {
            let Some(text_of) = &self.text_of else { return item.map(Some) };
            let text = text_of.bind(py).call1((item?,))?;
            if text.is_truthy()? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }
}
