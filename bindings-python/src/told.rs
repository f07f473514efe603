//! Events of `.stream()` as Python objects.
//!
//! Law: builds what is asked for when it is asked for: most readers look at an event's text and never at its chunk.

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use trilogue_native::helper::Told;
use trilogue_native::{Item, border, helper};

use crate::convert::to_python;
use crate::live::{LiveValue, Values};

/// An event: a dict; `(dict, LiveValue)` where it changes or completes a live value; or a [`Delta`].
pub(crate) fn event<'py>(py: Python<'py>, told: Told, values: &Values) -> PyResult<Bound<'py, PyAny>> {
    match told {
        Told::Event(event) => to_python(py, &event),
        Told::Live(event, place, ops) => {
            (to_python(py, &event)?, LiveValue::new(values, place, Some(ops))).into_bound_py_any(py)
        }
        Told::Done(event, place) => (to_python(py, &event)?, LiveValue::new(values, place, None)).into_bound_py_any(py),
        Told::Delta(item, delta) => {
            let (delta, live) = match delta {
                Some(helper::Delta { tool, live }) => {
                    let live = live.map(|(place, ops)| LiveValue::new(values, place, Some(ops)));
                    (Some(helper::Delta { tool, live: None }), live)
                }
                None => (None, None),
            };
            Delta { item, told: delta, live }.into_bound_py_any(py)
        }
    }
}

/// The events of an item that is as the one before but for its text.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Delta {
    item: Item,
    told: Option<helper::Delta>,
    live: Option<LiveValue>,
}

#[pymethods]
impl Delta {
    /// The type of the item's own event.
    #[getter]
    fn item_type(&self) -> &'static str {
        if self.item.as_delta().is_some_and(|(template, _)| template.hole().is_chat()) {
            "chunk"
        } else {
            "content_block_delta"
        }
    }

    /// The item's own event, as a dict.
    fn item<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &border::item_event(self.item.clone()))
    }

    /// The type of the event of its text, and the text; `None` where there is no such event.
    #[getter]
    fn told(&self) -> Option<(&'static str, &str)> {
        let (template, text) = self.item.as_delta().filter(|_| self.told.is_some())?;
        Some((template.hole().event()?, text))
    }

    /// The event of its text, as a dict.
    fn event<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = self.item.as_delta().and_then(|(template, text)| self.told.as_ref()?.value(template, text));
        to_python(py, &value.unwrap_or_default())
    }

    /// The live value as it is after the event, or later; `None` where the text is no JSON.
    fn get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.live.as_ref().map_or_else(|| Ok(py.None()), |live| live.get(py))
    }
}
