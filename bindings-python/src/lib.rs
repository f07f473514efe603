//! The extension module `trilogue._native`.
//!
//! It converts values and waits; the core makes the decisions. The language border is crossed once per network read. The GIL is released during
//! waits, and Ctrl-C ends a wait in the main thread. The Python package builds the public API on these functions.

mod batch;
mod batch_run;
mod convert;
mod exit;
mod host;
mod lazy;
mod live;
mod loops;
mod rows;
mod stream;
mod tokens;
mod waiting;
mod wakeup;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use trilogue_native::batch::{BatchHandle, BatchOptions};
use trilogue_native::conversation::Conversation;
use trilogue_native::{Dialect, Endpoint, Error, ErrorKind, Options, Recording, RequestOptions, ffi, runtime};

use convert::{to_python, to_value};
use host::{HostException, PythonTransport};
use stream::NativeStream;
use waiting::{Mailbox, Task, lock, raise, spawn, wait_for_answer};

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    refuse_subinterpreters(module.py())?;
    Dialect::Python.choose();
    module.add_class::<NativeClient>()?;
    module.add_class::<NativeStream>()?;
    module.add_class::<NativeConversation>()?;
    module.add_class::<tokens::NativeVocabulary>()?;
    module.add_class::<Task>()?;
    module.add_class::<Mailbox>()?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<batch_run::BatchRun>()?;
    module.add_class::<batch::Texts>()?;
    module.add_class::<rows::LineIndex>()?;
    module.add_class::<rows::RowKeys>()?;
    module.add_class::<host::Exchange>()?;
    module.add_class::<live::LiveValue>()?;
    module.add_class::<loops::Loop>()?;
    module.add_class::<loops::LoopGuard>()?;
    module.add_class::<lazy::Lazy>()?;
    module.add_function(wrap_pyfunction!(operation, module)?)?;
    module.add_function(wrap_pyfunction!(snippet, module)?)?;
    module.add_function(wrap_pyfunction!(copy_json, module)?)?;
    module.add_function(wrap_pyfunction!(waiting::shutdown, module)?)?;
    module.add_function(wrap_pyfunction!(exit::forked, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}

/// The classes would be shared between interpreters, whose objects must not be mixed, and a thread of the runtime could outlive one.
fn refuse_subinterpreters(_py: Python<'_>) -> PyResult<()> {
    #[expect(unsafe_code, reason = "there is no safe function for the id of an interpreter")]
    // SAFETY: the GIL is held, so there is a current interpreter.
    let number = unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) };
    if number == 0 {
        return Ok(());
    }
    let message = "trilogue can't be imported in a subinterpreter; import it in the main interpreter, or use processes";
    Err(pyo3::exceptions::PyImportError::new_err(message))
}

/// Executes an operation of the core. Takes a dict and returns JSON text.
#[pyfunction]
fn operation(py: Python<'_>, name: &str, input: &Bound<'_, PyDict>) -> PyResult<String> {
    let input = to_value(input, ErrorKind::InvalidRequest)?.to_string();
    trilogue_native::operation(name, &input).map_err(|error| raise(py, &error))
}

/// Returns a program that sends a request.
#[pyfunction]
fn snippet(py: Python<'_>, endpoint: &str, request: &Bound<'_, PyAny>, options: &Bound<'_, PyAny>) -> PyResult<String> {
    let (request, options) =
        (to_value(request, ErrorKind::InvalidRequest)?, to_value(options, ErrorKind::Configuration)?);
    let (serde_json::Value::Object(request), serde_json::Value::Object(options)) = (request, options) else {
        return Err(pyo3::exceptions::PyTypeError::new_err("the request must be a dict"));
    };
    trilogue_native::snippets::written(endpoint, request, options).map_err(|error| raise(py, &error))
}

/// Returns a copy of a part of a request, with dicts, lists and plain values in place of other objects.
#[pyfunction]
fn copy_json<'py>(py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    to_python(py, &to_value(value, ErrorKind::InvalidRequest)?)
}

/// A conversation, empty until its operation `make`.
#[pyclass(frozen, module = "trilogue._native")]
#[derive(Default)]
struct NativeConversation(Mutex<Conversation>);

#[pymethods]
impl NativeConversation {
    /// Creates an empty conversation.
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Executes an operation on the conversation. Takes a dict and returns JSON text.
    fn operation(&self, py: Python<'_>, name: &str, input: &Bound<'_, PyDict>) -> PyResult<String> {
        let input = to_value(input, ErrorKind::InvalidRequest)?.to_string();
        // Held briefly, and never while waiting for the GIL.
        let mut conversation = lock(&self.0);
        let outcome = ffi::operations::conversation::operation(&mut conversation, name, &input);
        drop(conversation);
        outcome.map_err(|error| raise(py, &error))
    }
}

/// A client, for both the synchronous and the asynchronous Python class.
#[pyclass(frozen, module = "trilogue._native")]
struct NativeClient {
    client: trilogue_native::Client,
    /// Called for each call of a client whose requests a function sends; returns what starts them.
    transport: Option<Py<PyAny>>,
}

#[pymethods]
impl NativeClient {
    /// Creates a client with options. `transport()`, if given, is called for each call, and returns what starts its requests.
    #[new]
    #[pyo3(signature = (options, transport=None))]
    fn new(py: Python<'_>, options: &Bound<'_, PyAny>, transport: Option<Py<PyAny>>) -> PyResult<Self> {
        let options = to_value(options, ErrorKind::Configuration)?.to_string();
        let client = ffi::options::<Options>(&options).and_then(|options| match &transport {
            None => trilogue_native::Client::new(options),
            Some(_) => trilogue_native::Client::over(Arc::new(PythonTransport::unbound()), options),
        });
        client.map(|client| Self { client, transport }).map_err(|error| raise(py, &error))
    }

    #[getter]
    fn base_url(&self) -> &str {
        &self.client.config().base_url
    }

    /// The key: the option, or that of the environment.
    #[getter]
    fn api_key(&self) -> Option<&str> {
        let key = self.client.config().api_key.as_ref()?;
        Some(key.expose())
    }

    /// The cost of the client's answers so far.
    fn spent<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.client.spent().to_value())
    }

    /// The state of the rate limits.
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.client.limits().to_value())
    }

    /// Replaces the limits per minute of a client with limits; `None` for no limit, and 0 to hold all calls back.
    fn set_rates(&self, requests: Option<f64>, tokens: Option<f64>) {
        self.client.set_rates(requests, tokens);
        // A waiting call decides again now.
        runtime::nudge();
    }

    /// The highest possible cost of a request.
    fn estimate<'py>(
        &self,
        py: Python<'py>,
        endpoint: &str,
        body: &Bound<'py, PyAny>,
        options: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = self.prepare(py, endpoint, body, options)?;
        let estimate = call.client.estimate(&call.endpoint, call.body, &call.options);
        to_python(py, &estimate.map_err(|error| raise(py, &error))?.to_value())
    }

    /// The parameters of a request that are out of range.
    fn findings<'py>(
        &self,
        py: Python<'py>,
        endpoint: &str,
        body: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<(String, String)>> {
        let call = self.prepare(py, endpoint, body, PyDict::new(py).as_any())?;
        let findings = call.client.findings(&call.endpoint, &call.body);
        Ok(findings.into_iter().map(|found| (found.parameter, found.message)).collect())
    }

    /// Calls `observer(number, notice)` for each notice of a call; `number` is the call's option `notice_id`. A second observer is ignored.
    fn observe(&self, observer: Py<PyAny>) {
        self.client.observe(Arc::new(move |number, notice| {
            // In the thread that drives the call: the caller's, or the runtime's. Nothing is called while the interpreter shuts down.
            Python::try_attach(|py| {
                let called = to_python(py, &notice.to_json()).and_then(|notice| observer.call1(py, (number, notice)));
                if let Err(error) = called {
                    error.write_unraisable(py, None);
                }
            });
        }));
    }

    /// Reports the record of a call that failed before it reached this client: with the class and the message of its exception.
    #[pyo3(signature = (number, endpoint, model, *, streamed, error, message))]
    fn record_failure(
        &self,
        number: u32,
        endpoint: &str,
        model: Option<&str>,
        streamed: bool,
        error: &str,
        message: &str,
    ) {
        if let Ok(endpoint) = Endpoint::parse(endpoint) {
            self.client.record_failure(number, &endpoint, model, streamed, (error, message));
        }
    }

    /// Closes the connections. Calls and streams in progress, in any thread, end with an error.
    fn close(&self) {
        self.client.close();
        runtime::nudge();
    }

    /// Starts a batch: of the rows of the file `input`, or without one of rows that are handed over.
    #[pyo3(signature = (input, log, options, request, *, has_reports))]
    fn batch(
        &self,
        py: Python<'_>,
        input: Option<PathBuf>,
        log: Option<PathBuf>,
        options: &Bound<'_, PyAny>,
        request: &Bound<'_, PyAny>,
        has_reports: bool,
    ) -> PyResult<batch_run::BatchRun> {
        let _inside = exit::Inside::enter(py);
        if self.transport.is_some() {
            let message =
                "a batch needs this package's own connections; use a client without transport and http_client";
            return Err(raise(py, &Error::new(ErrorKind::Configuration, message)));
        }
        let options = to_value(options, ErrorKind::Configuration)?;
        let request = to_value(request, ErrorKind::InvalidRequest)?.to_string();
        let options = BatchOptions::from_value(&options)
            .and_then(|options| Ok(BatchOptions { request: ffi::options(&request)?, ..options }));
        let options = options.map_err(|error| raise(py, &error))?;
        let started = py.detach(|| {
            let started = BatchHandle::start(&self.client, input, log, options, has_reports);
            exit::park_if_exiting();
            started
        });
        started.map(batch_run::BatchRun::new).map_err(|error| raise(py, &error))
    }

    /// Sends a request and returns the reply: `(dict, status, headers, retries_taken)`.
    fn call<'py>(
        &self,
        py: Python<'py>,
        endpoint: &str,
        body: &Bound<'py, PyAny>,
        options: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, exception) = self.begin(py, endpoint, body, options)?;
        let recording = call.record(false);
        Box::new(wait_for_answer(py, call.complete(recording), &exception)?).into_python(py)
    }

    /// Starts a `call`. The task has the result once `number` is in the mailbox.
    fn call_async(
        &self,
        py: Python<'_>,
        endpoint: &str,
        body: &Bound<'_, PyAny>,
        options: &Bound<'_, PyAny>,
        mailbox: &Bound<'_, Mailbox>,
        number: u64,
    ) -> PyResult<Task> {
        let (call, exception) = self.begin(py, endpoint, body, options)?;
        let recording = call.record(false);
        let record = recording.handle();
        spawn(call.complete(recording), record, exception, mailbox.get(), number)
    }

    /// Opens a stream.
    fn stream<'py>(
        &self,
        py: Python<'py>,
        endpoint: &str,
        body: &Bound<'py, PyAny>,
        options: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (call, exception) = self.begin(py, endpoint, body, options)?;
        let recording = call.record(true);
        wait_for_answer(py, call.open(recording, exception.clone()), &exception)?.into_bound_py_any(py)
    }

    /// Starts a `stream`. The task has the result once `number` is in the mailbox.
    fn stream_async(
        &self,
        py: Python<'_>,
        endpoint: &str,
        body: &Bound<'_, PyAny>,
        options: &Bound<'_, PyAny>,
        mailbox: &Bound<'_, Mailbox>,
        number: u64,
    ) -> PyResult<Task> {
        let (call, exception) = self.begin(py, endpoint, body, options)?;
        let recording = call.record(true);
        let record = recording.handle();
        spawn(call.open(recording, exception.clone()), record, exception, mailbox.get(), number)
    }
}

/// A request that is ready to be sent.
struct PreparedCall {
    client: trilogue_native::Client,
    endpoint: Endpoint,
    body: serde_json::Map<String, serde_json::Value>,
    options: RequestOptions,
}

impl NativeClient {
    fn prepare(
        &self,
        py: Python<'_>,
        endpoint: &str,
        body: &Bound<'_, PyAny>,
        options: &Bound<'_, PyAny>,
    ) -> PyResult<PreparedCall> {
        let _inside = exit::Inside::enter(py);
        let serde_json::Value::Object(body) = to_value(body, ErrorKind::InvalidRequest)? else {
            return Err(pyo3::exceptions::PyTypeError::new_err("the request must be a dict"));
        };
        // Most calls have no options.
        let options = if options.is_truthy()? {
            to_value(options, ErrorKind::InvalidRequest)?.to_string()
        } else {
            "{}".to_owned()
        };
        let parsed = Endpoint::parse(endpoint).and_then(|endpoint| Ok((endpoint, ffi::options(&options)?)));
        let (endpoint, options) = parsed.map_err(|error| raise(py, &error))?;
        Ok(PreparedCall { client: self.client.clone(), endpoint, body, options })
    }

    /// Prepares a call, with a transport of its own if a function sends its requests.
    fn begin(
        &self,
        py: Python<'_>,
        endpoint: &str,
        body: &Bound<'_, PyAny>,
        options: &Bound<'_, PyAny>,
    ) -> PyResult<(PreparedCall, HostException)> {
        let mut call = self.prepare(py, endpoint, body, options)?;
        let exception = HostException::default();
        if let Some(transport) = &self.transport {
            let _inside = exit::Inside::enter(py);
            let bound = PythonTransport::bound(transport.call0(py)?, exception.clone());
            call.client = call.client.with_host(Arc::new(bound));
        }
        Ok((call, exception))
    }
}

impl PreparedCall {
    /// Begins the record of the call.
    fn record(&self, is_stream: bool) -> Recording {
        self.client.record(&self.endpoint, &self.body, is_stream, &self.options)
    }

    async fn complete(self, recording: Recording) -> Result<Completed, Error> {
        self.client.call_recorded(recording, &self.endpoint, self.body, &self.options).await.map(Completed)
    }

    async fn open(self, recording: Recording, exception: HostException) -> Result<NativeStream, Error> {
        // Boxed in the thread that runs it: allocations of the calling thread for hundreds of calls would fragment its heap.
        let stream = self.client.stream_recorded(recording, self.endpoint, self.body, &self.options);
        let events = Box::pin(stream).await?;
        Ok(NativeStream::new(events, exception))
    }
}

/// The result of a wait, which is converted to Python objects once the GIL is held again.
trait IntoPython: Send + 'static {
    fn into_python(self: Box<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

struct Completed(trilogue_native::Completed);

impl IntoPython for Completed {
    fn into_python(self: Box<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let headers = PyDict::new(py);
        for (name, value) in self.0.head.headers.iter() {
            headers.set_item(name, value)?;
        }
        (to_python(py, &self.0.value)?, self.0.head.status, headers, self.0.retries_taken).into_bound_py_any(py)
    }
}

impl IntoPython for NativeStream {
    fn into_python(self: Box<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        (*self).into_bound_py_any(py)
    }
}
