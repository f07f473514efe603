//! The extension module `trilogue._native`.
//!
//! Law: converts and waits; decides nothing. One crossing a network read. The GIL is released while waiting, and a wait in the main
//! thread ends at Ctrl-C. The Python package around it gives these few calls the surface that users know.

mod convert;
mod lazy;
mod live;
mod told;
mod waiting;

use std::sync::Arc;

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use trilogue_native::helper::Told;
use trilogue_native::{Batch, Endpoint, Error, Options, RequestOptions, Stream, border};

use convert::{to_python, to_value};
use lazy::{Lazy, Part};
use live::Values;
use waiting::{Task, raise, spawn, wait};

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<NativeClient>()?;
    module.add_class::<NativeStream>()?;
    module.add_class::<Task>()?;
    module.add_class::<live::LiveValue>()?;
    module.add_class::<lazy::Lazy>()?;
    module.add_function(wrap_pyfunction!(assist, module)?)?;
    module.add_function(wrap_pyfunction!(waiting::shutdown, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}

/// One of the core's operations on requests and replies, from JSON text to JSON text.
#[pyfunction]
fn assist(py: Python<'_>, operation: &str, text: &str) -> PyResult<String> {
    trilogue_native::assist(operation, text).map_err(|error| raise(py, &error))
}

/// A client, for both the synchronous and the asynchronous Python class.
#[pyclass(frozen, module = "trilogue._native")]
struct NativeClient {
    client: trilogue_native::Client,
}

#[pymethods]
impl NativeClient {
    /// A client with options.
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyAny>) -> PyResult<Self> {
        let options = to_value(options, "options")?.to_string();
        let client = border::options::<Options>(&options).and_then(trilogue_native::Client::new);
        client.map(|client| Self { client }).map_err(|error| raise(py, &error))
    }

    #[getter]
    fn base_url(&self) -> &str {
        &self.client.config().base_url
    }

    /// A whole reply of an endpoint: `(dict, status, headers, retries_taken)`.
    fn call<'py>(
        &self,
        py: Python<'py>,
        endpoint: &str,
        body: &Bound<'py, PyAny>,
        options: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = self.prepare(py, endpoint, body, options)?;
        wait(py, call.complete())?.into_python(py)
    }

    /// As `call`; `deliver(result, error)` is called from another thread.
    fn call_async(
        &self,
        py: Python<'_>,
        endpoint: &str,
        body: &Bound<'_, PyAny>,
        options: &Bound<'_, PyAny>,
        deliver: Py<PyAny>,
    ) -> PyResult<Task> {
        let call = self.prepare(py, endpoint, body, options)?;
        spawn(call.complete(), deliver)
    }

    /// Opens a stream.
    fn stream<'py>(
        &self,
        py: Python<'py>,
        endpoint: &str,
        body: &Bound<'py, PyAny>,
        options: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = self.prepare(py, endpoint, body, options)?;
        wait(py, call.open())?.into_python(py)
    }

    /// As `stream`; `deliver(result, error)` is called from another thread.
    fn stream_async(
        &self,
        py: Python<'_>,
        endpoint: &str,
        body: &Bound<'_, PyAny>,
        options: &Bound<'_, PyAny>,
        deliver: Py<PyAny>,
    ) -> PyResult<Task> {
        let call = self.prepare(py, endpoint, body, options)?;
        spawn(call.open(), deliver)
    }
}

/// A request on its way.
struct Call {
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
    ) -> PyResult<Call> {
        let serde_json::Value::Object(body) = to_value(body, "request")? else {
            return Err(pyo3::exceptions::PyTypeError::new_err("the request must be a dict"));
        };
        // Most calls have none.
        let options = if options.is_truthy()? { to_value(options, "options")?.to_string() } else { "{}".to_owned() };
        let parsed = Endpoint::parse(endpoint).and_then(|endpoint| Ok((endpoint, border::options(&options)?)));
        let (endpoint, options) = parsed.map_err(|error| raise(py, &error))?;
        Ok(Call { client: self.client.clone(), endpoint, body, options })
    }
}

impl Call {
    async fn complete(self) -> Result<Completed, Error> {
        self.client.call_json(&self.endpoint, self.body, &self.options).await.map(Completed)
    }

    async fn open(self) -> Result<NativeStream, Error> {
        let events = self.client.stream_json(self.endpoint, self.body, &self.options).await?;
        Ok(NativeStream { stream: Arc::new(Stream::new(events)), values: Values::default() })
    }
}

/// What a wait ends with, made into Python objects once the GIL is held again.
trait IntoPython: Send + 'static {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

struct Completed(trilogue_native::Completed);

impl IntoPython for Completed {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let headers = PyDict::new(py);
        for (name, value) in &self.0.head.headers {
            headers.set_item(name, value)?;
        }
        (to_python(py, &self.0.value)?, self.0.head.status, headers, self.0.retries_taken).into_bound_py_any(py)
    }
}

impl IntoPython for NativeStream {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.into_bound_py_any(py)
    }
}

impl IntoPython for Option<Batch> {
    /// `None` after the end, else `([item, …], done)`: a dict, `(dict, str)` where its text is kept, or a [`Lazy`] chunk or event.
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let Some(batch) = self else { return Ok(py.None().into_bound(py)) };
        let items = PyList::empty(py);
        for item in batch.items {
            if item.as_delta().is_some() && item.raw().is_none() {
                items.append(Lazy::new(&Arc::new(item), Part::Item))?;
                continue;
            }
            let fields = convert::object_to_python(py, &item.fields())?;
            match item.raw() {
                Some(raw) => items.append((fields, raw))?,
                None => items.append(fields)?,
            }
        }
        (items, batch.done).into_bound_py_any(py)
    }
}

/// The events of a batch, with the live values that they change.
struct Events(Option<(Vec<Told>, bool)>, Values);

impl IntoPython for Events {
    /// `None` after the end, else `([event, …], done)`; see [`told::add`].
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let Some((events, done)) = self.0 else { return Ok(py.None().into_bound(py)) };
        let list = PyList::empty(py);
        for event in events {
            told::add(&list, event, &self.1)?;
        }
        (list, done).into_bound_py_any(py)
    }
}

impl IntoPython for Option<serde_json::Value> {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.map_or_else(|| Ok(py.None().into_bound(py)), |value| to_python(py, &value))
    }
}

/// An open stream. Collecting it closes its connection.
#[pyclass(frozen, module = "trilogue._native")]
struct NativeStream {
    stream: Arc<Stream>,
    values: Values,
}

#[pymethods]
impl NativeStream {
    #[getter]
    fn status(&self) -> u16 {
        self.stream.head().status
    }

    #[getter]
    fn headers(&self) -> Vec<(String, String)> {
        self.stream.head().headers.clone()
    }

    #[getter]
    fn retries_taken(&self) -> u32 {
        self.stream.retries_taken()
    }

    /// What was read already, as `next_batch`; `False` where nothing was.
    fn try_batch<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.stream.try_batch() {
            Some(batch) => batch.map_err(|error| raise(py, &error))?.into_python(py),
            None => false.into_bound_py_any(py),
        }
    }

    /// What was read already, as `next_events`; `False` where nothing was.
    fn try_events<'py>(&self, py: Python<'py>, view: &str) -> PyResult<Bound<'py, PyAny>> {
        match self.stream.try_events(border::view(view)) {
            Some(events) => Events(events.map_err(|error| raise(py, &error))?, self.values.clone()).into_python(py),
            None => false.into_bound_py_any(py),
        }
    }

    fn next_batch<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stream = Arc::clone(&self.stream);
        wait(py, async move { stream.next_batch().await })?.into_python(py)
    }

    fn next_batch_async(&self, deliver: Py<PyAny>) -> PyResult<Task> {
        let stream = Arc::clone(&self.stream);
        spawn(async move { stream.next_batch().await }, deliver)
    }

    fn next_events<'py>(&self, py: Python<'py>, view: &str) -> PyResult<Bound<'py, PyAny>> {
        let stream = Arc::clone(&self.stream);
        let (view, values) = (border::view(view), self.values.clone());
        wait(py, async move { Ok(Events(stream.next_events(view).await?, values)) })?.into_python(py)
    }

    fn next_events_async(&self, view: &str, deliver: Py<PyAny>) -> PyResult<Task> {
        let stream = Arc::clone(&self.stream);
        let (view, values) = (border::view(view), self.values.clone());
        spawn(async move { Ok(Events(stream.next_events(view).await?, values)) }, deliver)
    }

    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stream = Arc::clone(&self.stream);
        wait(py, async move { Ok(stream.snapshot().await) })?.into_python(py)
    }

    fn cancel(&self) {
        self.stream.cancel();
    }
}
