//! Events of `.stream()` as Python objects.
//!
//! Law: builds what is asked for when it is asked for: most readers look at an event's type and text, and never at its chunk. To a
//! user such an event is a `StreamEvent`, and what this file doesn't answer that class does.

use std::sync::Arc;

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyType};
use trilogue_native::helper::{Delta, Told};
use trilogue_native::{Item, border};

use crate::convert::to_python;
use crate::live::{LiveValue, Values};

/// Appends an event to a list: a dict; `(dict, LiveValue)` where it changes or completes a live value; or the one or two
/// [`NativeEvent`]s of an item that is as the one before but for its text.
pub(crate) fn add(list: &Bound<'_, PyList>, told: Told, values: &Values) -> PyResult<()> {
    let py = list.py();
    match told {
        Told::Event(event) => list.append(to_python(py, &event)?),
        Told::Live(event, place, ops) => {
            list.append((to_python(py, &event)?, LiveValue::new(values, place, Some(ops))))
        }
        Told::Done(event, place) => list.append((to_python(py, &event)?, LiveValue::new(values, place, None))),
        Told::Delta(item, delta) => {
            let item = Arc::new(item);
            let event = |delta, live| NativeEvent { item: Arc::clone(&item), delta, live, plain: PyOnceLock::new() };
            list.append(event(None, None).into_bound_py_any(py)?)?;
            let Some(Delta { tool, live }) = delta else { return Ok(()) };
            let live = live.map(|(place, ops)| LiveValue::new(values, place, Some(ops)));
            list.append(event(Some(Delta { tool, live: None }), live).into_bound_py_any(py)?)
        }
    }
}

/// An event of an item that is as the one before but for its text: the item's own event, or that of its text.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct NativeEvent {
    item: Arc<Item>,
    /// The event of the text.
    delta: Option<Delta>,
    live: Option<LiveValue>,
    /// The same as a `StreamEvent`, for all that is seldom asked for.
    plain: PyOnceLock<Py<PyAny>>,
}

impl NativeEvent {
    fn plain<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let make = || {
            let value = match (&self.delta, self.item.as_delta()) {
                (Some(delta), Some((template, text))) => delta.value(template, text).unwrap_or_default(),
                _ => border::item_event(Item::clone(&self.item)),
            };
            class(py)?.call1((to_python(py, &value)?,)).map(Bound::unbind)
        };
        self.plain.get_or_try_init(py, make).map(|plain| plain.bind(py))
    }

    /// The text, where the event calls it so; else what the plain event has under that name.
    fn named<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match (&self.delta, self.item.as_delta()) {
            (Some(_), Some((template, text))) if template.hole().event_field() == name => {
                Ok(PyString::new(py, text).into_any())
            }
            _ => self.plain(py)?.getattr(name),
        }
    }
}

/// `trilogue._streaming.StreamEvent`.
fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "trilogue._streaming", "StreamEvent")
}

#[pymethods]
impl NativeEvent {
    /// To `isinstance` it is a `StreamEvent`.
    #[getter(__class__)]
    #[expect(clippy::unused_self, reason = "a getter's form")]
    fn class<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyType>> {
        class(py).cloned()
    }

    #[getter]
    fn r#type(&self) -> &'static str {
        match (&self.delta, self.item.as_delta()) {
            (Some(_), Some((template, _))) => template.hole().event().unwrap_or_default(),
            (_, Some((template, _))) if !template.hole().is_chat() => "content_block_delta",
            _ => "chunk",
        }
    }

    #[getter]
    fn parsed(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.live.as_ref().map_or_else(|| Ok(py.None()), |live| live.get(py))
    }

    #[getter]
    fn text_delta(&self) -> &str {
        match (&self.delta, self.item.as_delta()) {
            (Some(_), Some((template, text))) if template.hole().is_text() => text,
            _ => "",
        }
    }

    #[getter]
    fn delta<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.named(py, "delta")
    }

    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.named(py, "text")
    }

    #[getter]
    fn thinking<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.named(py, "thinking")
    }

    #[getter]
    fn partial_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.named(py, "partial_json")
    }

    #[getter]
    fn arguments_delta<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.named(py, "arguments_delta")
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)?.getattr(name)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)?.get_item(name)
    }

    fn __contains__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<bool> {
        self.plain(py)?.contains(name)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)?.try_iter()?.into_bound_py_any(py)
    }

    fn __eq__<'py>(&self, py: Python<'py>, other: &Bound<'py, PyAny>) -> PyResult<bool> {
        match other.cast::<Self>() {
            Ok(other) => self.plain(py)?.eq(other.get().plain(py)?),
            Err(_) => self.plain(py)?.eq(other),
        }
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.plain(py)?.repr()
    }

    fn __dir__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)?.call_method0("__dir__")
    }

    fn __copy__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)?.call_method0("__copy__")
    }

    fn __deepcopy__<'py>(&self, py: Python<'py>, memo: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)?.call_method1("__deepcopy__", (memo,))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.plain(py)?.call_method0("__reduce__")
    }
}
