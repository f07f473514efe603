//! Waiting for Rust futures from Python: in the calling thread, or with a call back.
//!
//! Law: never waits with the GIL held; never touches an interpreter that is shutting down.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use tokio::task::AbortHandle;
use trilogue_native::{Error, runtime};

use crate::IntoPython;
use crate::convert::to_python;

/// How long Ctrl-C may go unnoticed in a wait.
const SIGNAL_CHECK: Duration = Duration::from_millis(100);
/// How long the interpreter's exit waits for running requests to be given up.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// The outcome of `future`, waited for in this thread.
pub(crate) fn wait<R: Send>(py: Python<'_>, future: impl Future<Output = Result<R, Error>> + Send) -> PyResult<R> {
    let mut future = pin!(future);
    loop {
        let outcome =
            py.detach(|| runtime::block_on(async { tokio::time::timeout(SIGNAL_CHECK, future.as_mut()).await }));
        match outcome.map_err(|why| PyOSError::new_err(why.to_string()))? {
            Some(Ok(outcome)) => return outcome.map_err(|error| raise(py, &error)),
            // Still waiting: a signal may have come. Its exception drops the future, which gives the request up.
            Some(Err(_)) => py.check_signals()?,
            // The interpreter exits, and doesn't wait for this daemon thread: an exception would only be noise.
            None => py.detach(|| {
                loop {
                    std::thread::park();
                }
            }),
        }
    }
}

/// Work that goes on in the runtime's thread.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Task {
    handle: AbortHandle,
}

#[pymethods]
impl Task {
    /// Gives the work up; nothing will be delivered that was not yet.
    fn cancel(&self) {
        self.handle.abort();
    }
}

/// Starts `future`, and calls `deliver(result, None)` or `deliver(None, error)` with its outcome.
pub(crate) fn spawn<R: IntoPython>(
    future: impl Future<Output = Result<R, Error>> + Send + 'static,
    deliver: Py<PyAny>,
) -> PyResult<Task> {
    let runtime = runtime::handle().map_err(|why| PyOSError::new_err(why.to_string()))?;
    let work = runtime.spawn(async move {
        let outcome = future.await;
        Python::try_attach(|py| {
            let result = outcome.map_err(|error| raise(py, &error)).and_then(|value| value.into_python(py));
            let delivered = match result {
                Ok(value) => deliver.call1(py, (value, py.None())),
                Err(error) => deliver.call1(py, (py.None(), error.into_value(py))),
            };
            // The loop that waited may be closed: then nobody is left to be told.
            if let Err(error) = delivered.map(drop)
                && !error.is_instance_of::<PyRuntimeError>(py)
            {
                error.write_unraisable(py, None);
            }
            drop(deliver);
        });
    });
    Ok(Task { handle: work.abort_handle() })
}

/// Ends the runtime: registered with `atexit`, since a thread that outlives the interpreter aborts the process.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    py.detach(|| runtime::shutdown(SHUTDOWN_WAIT));
}

/// The Python exception of an error.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let made = py.import("trilogue._errors").and_then(|module| {
        let parts = serde_json::to_value(error.parts()).unwrap_or_default();
        module.call_method1("from_parts", (to_python(py, &parts)?,))
    });
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}
