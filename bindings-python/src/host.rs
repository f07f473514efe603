//! Requests that a Python function sends: the option `transport`.
//!
//! The core makes each decision, such as retries and timeouts. The package's module `_transport` calls the function, in a thread or an event
//! loop, and passes its response to an [`Exchange`].

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};
use trilogue_native::{Demand, Error, Failure, Head, HostTransport, Request};

use crate::exit::{self, Inside};
use crate::waiting::{Mailbox, lock, raise};

/// Starts the requests of one call.
pub(crate) struct PythonTransport {
    /// Called with an [`Exchange`], and the method, URL, headers and body of a request. `None` for a transport without a call.
    start: Option<Py<PyAny>>,
    exception: HostException,
}

impl PythonTransport {
    /// The transport of a client, whose calls have transports of their own.
    pub(crate) fn unbound() -> Self {
        Self { start: None, exception: HostException::default() }
    }

    /// The transport of a call.
    pub(crate) fn bound(start: Py<PyAny>, exception: HostException) -> Self {
        Self { start: Some(start), exception }
    }

    fn call(&self, py: Python<'_>, request: &Request, exchange: Arc<trilogue_native::Exchange>) -> PyResult<()> {
        let Some(start) = &self.start else {
            return Err(PyRuntimeError::new_err("this call has no transport"));
        };
        let headers = PyDict::new(py);
        for (name, value) in &request.headers {
            headers.set_item(name, value)?;
        }
        let exchange = Exchange { exchange, exception: self.exception.clone() };
        start.call1(py, (exchange, request.method, &request.url, headers, PyBytes::new(py, &request.body)))?;
        Ok(())
    }
}

impl HostTransport for PythonTransport {
    fn start(&self, request: &Request, exchange: Arc<trilogue_native::Exchange>) {
        self.exception.clear();
        // In the thread that drives the call: the caller's, or the runtime's. Nothing is called while the interpreter shuts down.
        let started = Python::try_attach(|py| {
            self.call(py, request, Arc::clone(&exchange)).map_err(|error| {
                let failure = Failure::Connection(error.to_string());
                self.exception.set(Raised::Cause(error.into_value(py).into_any()));
                failure
            })
        });
        if let Err(failure) = started.unwrap_or(Err(Failure::Closed)) {
            exchange.fail(failure);
        }
    }
}

/// The exception of the last attempt of a call, if the function raised one.
#[derive(Clone, Default)]
pub(crate) struct HostException(Arc<Mutex<Option<Raised>>>);

enum Raised {
    /// The cause of the core's error.
    Cause(Py<PyAny>),
    /// The function broke its contract: raised instead of the core's error.
    Misuse(Py<PyAny>),
}

impl HostException {
    fn set(&self, raised: Raised) {
        *lock(&self.0) = Some(raised);
    }

    fn clear(&self) {
        *lock(&self.0) = None;
    }

    /// Returns the Python exception of an error of the core.
    pub(crate) fn raise(&self, py: Python<'_>, error: &Error) -> PyErr {
        let raised = lock(&self.0).take();
        match raised {
            None => raise(py, error),
            Some(Raised::Misuse(exception)) => PyErr::from_value(exception.into_bound(py)),
            Some(Raised::Cause(exception)) => {
                let error = raise(py, error);
                error.set_cause(py, Some(PyErr::from_value(exception.into_bound(py))));
                error
            }
        }
    }
}

/// A request that the function sends, and its response.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Exchange {
    exchange: Arc<trilogue_native::Exchange>,
    exception: HostException,
}

#[pymethods]
impl Exchange {
    /// Reports the status and the headers of the response.
    fn respond(&self, status: u16, headers: Vec<(String, String)>) {
        self.exchange.respond(Head { status, headers: headers.into() });
    }

    /// Adds the chunk that was wanted.
    fn send(&self, chunk: PyBackedBytes) {
        self.exchange.send(Bytes::from_owner(chunk));
    }

    /// Ends the body.
    fn end(&self) {
        self.exchange.end();
    }

    /// Ends the request, or its response, with an exception of the function.
    fn fail(&self, text: String, exception: Py<PyAny>) {
        self.set(Failure::Connection(text), Raised::Cause(exception));
    }

    /// Ends the request, or its response, with the error of a response of the wrong shape.
    fn reject(&self, text: String, exception: Py<PyAny>) {
        // Neither of them is retried.
        let failure = if self.exchange.has_head() { Failure::Undecodable(text) } else { Failure::Refused(text) };
        self.set(failure, Raised::Misuse(exception));
    }

    /// Waits until a chunk is wanted. Returns false if the response is complete or cancelled.
    fn wait_for_demand(&self, py: Python<'_>) -> bool {
        let _inside = Inside::enter(py);
        py.detach(|| {
            let is_wanted = self.exchange.wait_for_demand();
            exit::park_if_exiting();
            is_wanted
        })
    }

    /// Returns whether a chunk is wanted; `None` if the response is complete or cancelled.
    fn is_wanted(&self) -> Option<bool> {
        match self.exchange.demand() {
            Demand::None => Some(false),
            Demand::Chunk => Some(true),
            Demand::Closed => None,
        }
    }

    /// Posts `number` once `is_wanted` is no longer false.
    fn watch_demand(&self, mailbox: &Bound<'_, Mailbox>, number: u64) -> PyResult<()> {
        self.exchange.watch_demand(mailbox.get().waker(number)?);
        Ok(())
    }

    /// Posts `number` once the response is complete or cancelled.
    fn watch_close(&self, mailbox: &Bound<'_, Mailbox>, number: u64) -> PyResult<()> {
        self.exchange.watch_close(mailbox.get().waker(number)?);
        Ok(())
    }
}

impl Exchange {
    fn set(&self, failure: Failure, raised: Raised) {
        // An exception after a cancel has no caller.
        if self.exchange.demand() != Demand::Closed {
            self.exception.set(raised);
            self.exchange.fail(failure);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.exchange.abandon();
    }
}
