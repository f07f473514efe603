//! Waits for Rust futures from Python: in the calling thread, or in an event loop.
//!
//! No wait holds the GIL. Only Python's threads take it, except if a loop can't watch files ([`Wakeup::Call`]). An event loop has one
//! [`Mailbox`].

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use tokio::task::AbortHandle;
use trilogue_native::{Error, OpenRecord, runtime};

use crate::IntoPython;
use crate::convert::to_python;
use crate::exit::{self, Inside};
use crate::host::HostException;
use crate::wakeup::Wakeup;

/// The message of a wait that ends with the runtime.
const SHUT_DOWN: &str = "the request was cancelled: trilogue's runtime was shut down";
/// The interval of checks for Ctrl-C during a wait.
const SIGNAL_CHECK: Duration = Duration::from_millis(100);
/// How long the interpreter's exit waits for the end of cancelled requests.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// Waits for the outcome of a request in this thread.
pub(crate) fn wait_for_answer<R: Send>(
    py: Python<'_>,
    answer: impl Future<Output = Result<R, Error>> + Send,
    exception: &HostException,
) -> PyResult<R> {
    let outcome = wait(py, answer);
    let outcome = outcome.and_then(|outcome| outcome.map_err(|error| exception.raise(py, &error)));
    if outcome.is_err() {
        // A request that Ctrl-C cancelled has a connection to close.
        runtime::nudge();
    }
    outcome
}

/// Waits for the outcome of `future` in this thread.
pub(crate) fn wait<R: Send>(py: Python<'_>, future: impl Future<Output = R> + Send) -> PyResult<R> {
    let _inside = Inside::enter(py);
    let mut future = pin!(future);
    loop {
        let outcome = py.detach(|| {
            let outcome = runtime::block_on(async { tokio::time::timeout(SIGNAL_CHECK, future.as_mut()).await });
            exit::park_if_exiting();
            outcome
        });
        match outcome.map_err(|why| os_error(&why))? {
            Some(Ok(outcome)) => return Ok(outcome),
            // A signal may have arrived. Its exception drops the future, which cancels the request.
            Some(Err(_)) => py.check_signals()?,
            None => return Err(PyRuntimeError::new_err(SHUT_DOWN)),
        }
    }
}

/// The numbers of finished work, for an event loop. The loop chooses the numbers.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Mailbox(Arc<trilogue_native::Mailbox<u64, Wakeup>>);

#[pymethods]
impl Mailbox {
    /// Creates a mailbox whose `fileno` becomes readable when it has numbers. For loops that can't watch files: one that calls `wake()` from
    /// another thread.
    #[new]
    #[pyo3(signature = (wake=None))]
    fn new(wake: Option<Py<PyAny>>) -> PyResult<Self> {
        let wakeup = wake.map_or_else(Wakeup::file, |wake| Ok(Wakeup::Call(wake))).map_err(|why| os_error(&why))?;
        Ok(Self(Arc::new(trilogue_native::Mailbox::new(wakeup))))
    }

    fn fileno(&self) -> PyResult<i32> {
        self.0
            .wakeup()
            .fileno()
            .ok_or_else(|| PyRuntimeError::new_err("this mailbox calls a function, and has no file"))
    }

    /// Returns the numbers since the last call.
    fn take(&self) -> Vec<u64> {
        self.0.wakeup().reset();
        self.0.take()
    }
}

impl Mailbox {
    /// Returns a waker that posts this number.
    pub(crate) fn waker(&self, number: u64) -> PyResult<Waker> {
        self.0.waker(move || number).map_err(|why| os_error(&why))
    }
}

/// Work in the runtime's thread.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Task {
    handle: AbortHandle,
    outcome: Arc<Mutex<Slot>>,
    /// The record of the call. A cancel ends it at once, before the runtime's thread drops the work.
    record: Option<OpenRecord>,
    exception: HostException,
}

/// Keeps the outcome of work until it is taken.
#[derive(Default)]
struct Slot {
    outcome: Option<Outcome>,
    is_cancelled: bool,
}

/// The outcome of work, which is converted to Python objects in Python's thread.
type Outcome = Result<Box<dyn IntoPython>, Error>;

#[pymethods]
impl Task {
    /// Cancels the work. A stream that was opened meanwhile is closed, since a traceback may keep this task alive for long.
    fn cancel(&self) {
        if let Some(record) = &self.record {
            record.end();
        }
        self.handle.abort();
        let outcome = {
            let mut slot = lock(&self.outcome);
            slot.is_cancelled = true;
            slot.outcome.take()
        };
        drop(outcome);
    }

    /// Returns the result, once, after the number was posted. Raises the error of the work.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let outcome = lock(&self.outcome).outcome.take();
        match outcome {
            Some(Ok(value)) => value.into_python(py),
            Some(Err(error)) => Err(self.exception.raise(py, &error)),
            None => Err(PyRuntimeError::new_err(SHUT_DOWN)),
        }
    }
}

/// Starts `future`, and posts `number` when it ends, in any way.
pub(crate) fn spawn<R: IntoPython>(
    future: impl Future<Output = Result<R, Error>> + Send + 'static,
    record: Option<OpenRecord>,
    exception: HostException,
    mailbox: &Mailbox,
    number: u64,
) -> PyResult<Task> {
    let outcome = Arc::new(Mutex::new(Slot::default()));
    let end = End { outcome: Arc::clone(&outcome), waker: mailbox.waker(number)? };
    let work = runtime::spawn(async move {
        let value = future.await.map(|value| Box::new(value) as Box<dyn IntoPython>);
        let mut slot = lock(&end.outcome);
        if !slot.is_cancelled {
            slot.outcome = Some(value);
        }
        drop(slot);
        drop(end);
    });
    Ok(Task { handle: work.map_err(|why| os_error(&why))?, outcome, record, exception })
}

/// Locks a value. A thread that panicked while it held the lock left it whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct End {
    outcome: Arc<Mutex<Slot>>,
    waker: Waker,
}

impl Drop for End {
    fn drop(&mut self) {
        self.waker.wake_by_ref();
    }
}

/// Shuts the runtime down. Registered with `atexit`, since a thread that outlives the interpreter aborts the process.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    py.detach(|| {
        exit::begin();
        runtime::shutdown(SHUTDOWN_WAIT);
        exit::wait_for_others(SHUTDOWN_WAIT);
    });
}

pub(crate) fn os_error(why: &std::io::Error) -> PyErr {
    PyOSError::new_err(why.to_string())
}

/// Returns the Python exception of an error.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let _inside = Inside::enter(py);
    let exception = py
        .import("trilogue._generated.errors")
        .and_then(|module| module.call_method1("from_parts", (to_python(py, &error.fields().to_value())?,)));
    match exception {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}
