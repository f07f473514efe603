//! Live values: Python objects that grow as a JSON text streams, and the texts that events have streamed so far.
//!
//! The core parses the JSON; this file applies its operations, each in constant time. A value is one object from its first operation to its last,
//! so reading it is free. A text is stored once; an event has its length, and the text is copied only if a program reads it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use pyo3::IntoPyObjectExt as _;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use trilogue_native::events::helper::Ops;
use trilogue_native::events::live::TextLocation;
use trilogue_native::json;

use crate::waiting::lock;

/// The live values of a stream.
#[derive(Clone, Default)]
pub(crate) struct Values(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lives: Vec<(TextLocation, Live)>,
    /// The texts of events, by the events' type and location.
    texts: Vec<(TextKey, String)>,
}

/// The text that an event belongs to: the type of the event, the index of the choice or the block, and the index of the tool call.
pub(crate) type TextKey = (&'static str, u64, usize);

/// A text up to the end of an event: its position in the list of texts, and its length.
#[derive(Clone, Copy)]
pub(crate) struct TextEnd {
    position: usize,
    length: usize,
}

/// Returns the live value of a text. There are few: one of the answer's text, and one of each tool call.
fn live_of(values: &mut Vec<(TextLocation, Live)>, location: TextLocation) -> &mut Live {
    let known = values.iter().rposition(|(other, _)| *other == location);
    let known = known.unwrap_or_else(|| {
        values.push((location, Live::default()));
        values.len() - 1
    });
    &mut values[known].1
}

/// A live value, and the operations that are applied when it is read.
#[derive(Default)]
struct Live {
    growing: Growing,
    pending: VecDeque<Ops>,
    applied: u64,
}

impl Values {
    /// Adds operations of a text, if there are any. Returns the number of operations up to which an event's value is applied.
    pub(crate) fn add(&self, location: TextLocation, ops: Option<Ops>) -> u64 {
        let mut state = self.state();
        let live = live_of(&mut state.lives, location);
        live.pending.extend(ops);
        live.applied + live.pending.len() as u64
    }

    /// Appends the text of an event, if there is one. Returns the end of the text.
    pub(crate) fn append(&self, text: Option<(TextKey, &str)>) -> Option<TextEnd> {
        let (key, text) = text?;
        let texts = &mut self.state().texts;
        let position = texts.iter().rposition(|(other, _)| *other == key).unwrap_or_else(|| {
            texts.push((key, String::new()));
            texts.len() - 1
        });
        let whole = &mut texts[position].1;
        whole.push_str(text);
        Some(TextEnd { position, length: whole.len() })
    }

    /// Reads a text up to this end.
    fn with_text<R>(&self, end: TextEnd, read: impl FnOnce(&str) -> R) -> Option<R> {
        let state = self.state();
        let (_, text) = state.texts.get(end.position)?;
        text.get(..end.length).map(read)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Returns the value of a text after this number of operations, or after more if they were applied already; `None` before the first one.
    fn value(&self, py: Python<'_>, location: TextLocation, number: u64) -> PyResult<Py<PyAny>> {
        let mut state = self.state();
        let live = live_of(&mut state.lives, location);
        while live.applied < number {
            let Some((codes, text)) = live.pending.pop_front() else { break };
            live.applied += 1;
            live.growing.apply(py, &codes, &text)?;
        }
        Ok(live.growing.value(py))
    }
}

/// A growing value.
#[derive(Default)]
struct Growing {
    root: Option<Py<PyAny>>,
    open: Vec<Open>,
    key: Option<Py<PyString>>,
    /// The string at the current position, while it grows.
    string: Option<Py<PyString>>,
}

enum Open {
    Object(Py<PyDict>),
    Array(Py<PyList>),
}

impl Growing {
    fn value(&self, py: Python<'_>) -> Py<PyAny> {
        self.root.as_ref().map_or_else(|| py.None(), |root| root.clone_ref(py))
    }

    fn apply(&mut self, py: Python<'_>, codes: &[u32], text: &str) -> PyResult<()> {
        let mut rest = text;
        for code in codes {
            let mut piece = || take(&mut rest, code >> 4);
            match code & 15 {
                0 => {
                    let dict = PyDict::new(py);
                    self.set(py, dict.as_any())?;
                    self.open.push(Open::Object(dict.unbind()));
                }
                1 => {
                    let list = PyList::empty(py);
                    self.set(py, list.as_any())?;
                    self.open.push(Open::Array(list.unbind()));
                }
                // The names repeat in the objects of an array.
                2 => self.key = Some(PyString::intern(py, piece()).unbind()),
                3 => {
                    let empty = PyString::new(py, "");
                    self.set(py, empty.as_any())?;
                    self.string = Some(empty.unbind());
                }
                4 => self.append(py, piece())?,
                5 => {
                    self.string = None;
                    self.key = None;
                }
                6 => self.set(py, &number(py, piece())?)?,
                7 => self.set(py, py.None().bind(py))?,
                8 => self.set(py, &PyBool::new(py, true).to_owned().into_any())?,
                9 => self.set(py, &PyBool::new(py, false).to_owned().into_any())?,
                _ => drop(self.open.pop()),
            }
        }
        Ok(())
    }

    /// Sets the value at the current position.
    fn set(&mut self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match self.open.last() {
            None => self.root = Some(value.clone().unbind()),
            Some(Open::Array(list)) => list.bind(py).append(value)?,
            Some(Open::Object(dict)) => {
                if let Some(key) = &self.key {
                    dict.bind(py).set_item(key.bind(py), value)?;
                }
            }
        }
        Ok(())
    }

    /// Appends to the string at the current position. Its container releases it meanwhile: a string with a single reference grows in place, so that
    /// a long one takes linear time.
    fn append(&mut self, py: Python<'_>, more: &str) -> PyResult<()> {
        let Some(string) = self.string.take() else { return Ok(()) };
        let none = py.None();
        match self.open.last() {
            None => self.root = None,
            Some(Open::Array(list)) => {
                let list = list.bind(py);
                list.set_item(list.len().saturating_sub(1), &none)?;
            }
            Some(Open::Object(dict)) => {
                if let Some(key) = &self.key {
                    dict.bind(py).set_item(key.bind(py), &none)?;
                }
            }
        }
        let string = joined(py, string, &PyString::new(py, more))?;
        let value = string.bind(py).as_any();
        match self.open.last() {
            Some(Open::Array(list)) => {
                let list = list.bind(py);
                list.set_item(list.len().saturating_sub(1), value)?;
            }
            _ => self.set(py, value)?,
        }
        self.string = Some(string);
        Ok(())
    }
}

/// Returns `left + right`, in place if nothing else refers to `left`.
#[expect(
    unsafe_code,
    reason = "the safe interface has no append in place; copying for each piece would take quadratic time"
)]
fn joined(py: Python<'_>, left: Py<PyString>, right: &Bound<'_, PyString>) -> PyResult<Py<PyString>> {
    let mut string = left.into_ptr();
    // SAFETY: `string` owns a reference, which the call takes and replaces by one to the joined string, or by null with an exception set.
    let joined = unsafe {
        pyo3::ffi::PyUnicode_Append(&raw mut string, right.as_ptr());
        Bound::from_owned_ptr_or_err(py, string)?
    };
    Ok(joined.cast_into::<PyString>()?.unbind())
}

/// Takes the next `length` UTF-16 code units.
fn take<'t>(rest: &mut &'t str, length: u32) -> &'t str {
    let length = length as usize;
    let bytes = match rest.get(..length) {
        Some(piece) if piece.is_ascii() => length,
        _ => {
            let mut units = 0;
            let end = rest.char_indices().find(|(_, c)| {
                let full = units >= length;
                units += c.len_utf16();
                full
            });
            end.map_or(rest.len(), |(at, _)| at)
        }
    };
    let (piece, tail) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
    *rest = tail;
    piece
}

/// Returns a number, with the type that `json.loads` chooses.
fn number<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    if !text.contains(['.', 'e', 'E']) {
        return match text.parse::<i64>() {
            Ok(number) => number.into_bound_py_any(py),
            // Python's integers are unbounded.
            Err(_) => py.get_type::<PyInt>().call1((text,)),
        };
    }
    let number = text.parse::<f64>().map_err(|why| PyValueError::new_err(why.to_string()))?;
    Ok(PyFloat::new(py, number).into_any())
}

/// The live value of an event, and the text up to the event.
#[pyclass(frozen, module = "trilogue._native")]
#[derive(Clone)]
pub(crate) struct LiveValue {
    values: Values,
    /// The value's location, and the number of operations that the event has seen; `None` for a text that is not JSON.
    value: Option<(TextLocation, u64)>,
    text: Option<TextEnd>,
}

impl LiveValue {
    /// Adds the operations and the text of an event.
    pub(crate) fn new(
        values: &Values,
        live: Option<(TextLocation, Option<Ops>)>,
        text: Option<(TextKey, &str)>,
    ) -> Self {
        Self {
            values: values.clone(),
            value: live.map(|(location, ops)| (location, values.add(location, ops))),
            text: values.append(text),
        }
    }
}

#[pymethods]
impl LiveValue {
    /// Returns the value after the event, or after a later one; `None` before the first part, and if the text is not JSON.
    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.value {
            Some((location, number)) => self.values.value(py, location, number),
            None => Ok(py.None()),
        }
    }

    /// Returns a new value of the JSON text up to the end of the event; `None` if the text has no value.
    fn parse(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let Some(end) = self.text else { return Ok(py.None()) };
        let (mut parser, mut ops) = (json::Parser::default(), json::Ops::default());
        // What precedes a mistake is the value.
        let mut finder = json::Finder::new(json::Root::Any);
        let _mistake = self.values.with_text(end, |text| finder.push(text, &mut parser, &mut ops));
        let mut growing = Growing::default();
        let (codes, text) = ops.take();
        growing.apply(py, &codes, &text)?;
        Ok(growing.value(py))
    }

    /// Returns the text from its beginning to the end of the event; `None` for an event without text.
    fn text<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.values.with_text(self.text?, |text| PyString::new(py, text))
    }
}
