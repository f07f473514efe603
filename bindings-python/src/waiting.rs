//! Waiting for Rust futures from Python: in the calling thread, or in an event loop.
//!
//! Law: never waits with the GIL held, and takes it in no thread but Python's, save where a loop can watch no file ([`Wakeup::Call`]). An
//! event loop has one [`Mailbox`].

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use tokio::task::AbortHandle;
use trilogue_native::{Error, runtime};

use crate::IntoPython;
use crate::convert::to_python;
use crate::exit::{self, Inside};
use crate::wakeup::Wakeup;

/// What a wait says that ends with the runtime.
const GIVEN_UP: &str = "the request was given up: trilogue's runtime was shut down";
/// How long Ctrl-C may go unnoticed in a wait.
const SIGNAL_CHECK: Duration = Duration::from_millis(100);
/// How long the interpreter's exit waits for running requests to be given up.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// The outcome of a request, waited for in this thread.
pub(crate) fn wait_for_answer<R: Send>(
    py: Python<'_>,
    answer: impl Future<Output = Result<R, Error>> + Send,
) -> PyResult<R> {
    let outcome = wait(py, answer);
    if outcome.is_err() {
        // What Ctrl-C gave up has a connection to close.
        runtime::nudge();
    }
    outcome
}

/// The outcome of `future`, waited for in this thread.
pub(crate) fn wait<R: Send>(py: Python<'_>, future: impl Future<Output = Result<R, Error>> + Send) -> PyResult<R> {
    let _inside = Inside::enter(py);
    let mut future = pin!(future);
    loop {
        let outcome = py.detach(|| {
            let outcome = runtime::block_on(async { tokio::time::timeout(SIGNAL_CHECK, future.as_mut()).await });
            exit::stay_if_left_behind();
            outcome
        });
        match outcome.map_err(|why| os_error(&why))? {
            Some(Ok(outcome)) => return outcome.map_err(|error| raise(py, &error)),
            // Still waiting: a signal may have come. Its exception drops the future, which gives the request up.
            Some(Err(_)) => py.check_signals()?,
            None => return Err(PyRuntimeError::new_err(GIVEN_UP)),
        }
    }
}

/// Where an event loop hears what is ready: numbers that it gave itself.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Mailbox(Arc<trilogue_native::Mailbox<u64, Wakeup>>);

#[pymethods]
impl Mailbox {
    /// A mailbox whose `fileno` becomes readable when there is something to take; or one that calls `ring()`, from another thread,
    /// for loops that can watch no file.
    #[new]
    #[pyo3(signature = (ring=None))]
    fn new(ring: Option<Py<PyAny>>) -> PyResult<Self> {
        let wakeup = ring.map_or_else(Wakeup::file, |ring| Ok(Wakeup::Call(ring))).map_err(|why| os_error(&why))?;
        Ok(Self(Arc::new(trilogue_native::Mailbox::new(wakeup))))
    }

    fn fileno(&self) -> PyResult<i32> {
        self.0.wakeup().fileno().ok_or_else(|| PyRuntimeError::new_err("this mailbox calls, and has no file"))
    }

    /// The numbers of what became ready since the last time.
    fn take(&self) -> Vec<u64> {
        self.0.wakeup().silence();
        self.0.take()
    }
}

impl Mailbox {
    /// What posts this number.
    pub(crate) fn waker(&self, number: u64) -> PyResult<Waker> {
        self.0.waker(move || number).map_err(|why| os_error(&why))
    }
}

/// Work that goes on in the runtime's thread.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Task {
    handle: AbortHandle,
    outcome: Arc<Mutex<Slot>>,
}

/// Holds what work ended with until somebody takes it.
#[derive(Default)]
struct Slot {
    outcome: Option<Outcome>,
    given_up: bool,
}

/// What work ended with; it is made into Python objects in Python's thread.
type Outcome = Result<Box<dyn IntoPython>, Error>;

#[pymethods]
impl Task {
    /// Gives the work up. A stream that was opened meanwhile is closed: a traceback may hold this task for long.
    fn cancel(&self) {
        self.handle.abort();
        let outcome = {
            let mut slot = lock(&self.outcome);
            slot.given_up = true;
            slot.outcome.take()
        };
        drop(outcome);
    }

    /// What the work ended with, once, after its number was posted. Raises its error.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let outcome = lock(&self.outcome).outcome.take();
        match outcome {
            Some(Ok(value)) => value.into_python(py),
            Some(Err(error)) => Err(raise(py, &error)),
            None => Err(PyRuntimeError::new_err(GIVEN_UP)),
        }
    }
}

/// Starts `future`, and posts `number` when it has ended, however it ended.
pub(crate) fn spawn<R: IntoPython>(
    future: impl Future<Output = Result<R, Error>> + Send + 'static,
    mailbox: &Mailbox,
    number: u64,
) -> PyResult<Task> {
    let outcome = Arc::new(Mutex::new(Slot::default()));
    let end = End { outcome: Arc::clone(&outcome), waker: mailbox.waker(number)? };
    let work = runtime::spawn(async move {
        let value = future.await.map(|value| Box::new(value) as Box<dyn IntoPython>);
        let mut slot = lock(&end.outcome);
        if !slot.given_up {
            slot.outcome = Some(value);
        }
        drop(slot);
        drop(end);
    });
    Ok(Task { handle: work.map_err(|why| os_error(&why))?, outcome })
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Ends the runtime: registered with `atexit`, since a thread that outlives the interpreter aborts the process.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    py.detach(|| {
        exit::begin();
        runtime::shutdown(SHUTDOWN_WAIT);
        exit::wait_for_others(SHUTDOWN_WAIT);
    });
}

fn os_error(why: &std::io::Error) -> PyErr {
    PyOSError::new_err(why.to_string())
}

/// The Python exception of an error.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let _inside = Inside::enter(py);
    let made = py
        .import("trilogue._generated.errors")
        .and_then(|module| module.call_method1("from_parts", (to_python(py, &error.fields().to_value())?,)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}
