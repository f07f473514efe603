//! Events of `.stream()` as Python objects.
//!
//! Law: converts; decides nothing.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;
use trilogue_native::helper::{Delta, Told};

use crate::convert::to_python;
use crate::lazy::{Lazy, Part};
use crate::live::{LiveValue, Values};

/// Appends an event to a list: a dict; `(dict, LiveValue)` where it changes or completes a live value; or the one or two [`Lazy`] events
/// of an item that is as the one before but for its text.
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
            list.append(Lazy::new(&item, Part::ItemEvent))?;
            let Some(Delta { tool, live }) = delta else { return Ok(()) };
            let live = live.map(|(place, ops)| LiveValue::new(values, place, Some(ops)));
            list.append(Lazy::new(&item, Part::TextEvent(Delta { tool, live: None }, live)))
        }
    }
}
