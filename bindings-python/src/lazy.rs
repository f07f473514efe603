//! Items that differ from the previous one only in their text, as Python objects: chunks, their choice and its delta, and events.
//!
//! Python objects are created when they are read: most programs only read the text. To a user such an object is an instance of one of the
//! package's classes. Members that this file doesn't implement are those of a full object, which is created from the same item; after that the
//! full object serves all reads, so that changed fields are seen.

use std::sync::Arc;

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyType};
use trilogue_native::delta::{DeltaField, DeltaTemplate};
use trilogue_native::events::helper;
use trilogue_native::{Item, ffi};

use crate::convert::{object_to_python, to_python};
use crate::live::LiveValue;

/// The part of an item that an object represents.
pub(crate) enum Part {
    /// The item: a chunk, or an event of a message.
    Item,
    /// The choice of a chunk.
    Choice,
    /// The delta of the choice, or of the event of a message.
    Delta,
    /// The item's own event of `.stream()`.
    ItemEvent,
    /// The event of its text.
    TextEvent(helper::Delta, LiveValue),
}

/// A part of an item of which only the text is new.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Lazy {
    item: Arc<Item>,
    part: Part,
    full: PyOnceLock<Py<PyAny>>,
}

impl Lazy {
    /// Creates a part of an item, which must be a delta.
    pub(crate) fn new(item: &Arc<Item>, part: Part) -> Self {
        Self { item: Arc::clone(item), part, full: PyOnceLock::new() }
    }

    /// The text that the item adds to the first choice, or to the message.
    pub(crate) fn added_text(&self) -> &str {
        self.item.text()
    }

    fn delta(&self) -> Option<(&Arc<DeltaTemplate>, &str)> {
        self.item.as_delta()
    }

    /// Returns the full object.
    fn full<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let make = || {
            let event = |value: &serde_json::Value| event_class(py)?.call1((to_python(py, value)?,));
            let whole = || self.item_class(py)?.call1((object_to_python(py, &self.item.fields())?,));
            let choice = || whole()?.getattr("choices")?.get_item(0);
            Ok::<_, PyErr>(
                match (&self.part, self.delta()) {
                    (Part::Item, _) => whole()?,
                    (Part::Choice, _) => choice()?,
                    (Part::Delta, Some((template, _))) if template.field().is_chat() => choice()?.getattr("delta")?,
                    (Part::Delta, _) => whole()?.getattr("delta")?,
                    (Part::TextEvent(delta, live), Some((template, text))) => {
                        let object = event(&delta.value(template, text).unwrap_or_default())?;
                        object.getattr("__dict__")?.set_item("_live", live.clone())?;
                        object
                    }
                    _ => event(&ffi::item_event(Item::clone(&self.item)))?,
                }
                .unbind(),
            )
        };
        self.full.get_or_try_init(py, make).map(|full| full.bind(py))
    }

    /// Returns the text, if the item's text is that of `field` and there is no full object, which could have been changed; otherwise the full
    /// object's `name`.
    fn text_of<'py>(
        &self,
        py: Python<'py>,
        field: impl Fn(DeltaField) -> bool,
        name: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.delta() {
            Some((template, text)) if field(template.field()) && self.full.get(py).is_none() => {
                Ok(PyString::new(py, text).into_any())
            }
            _ => self.full(py)?.getattr(name),
        }
    }

    /// Returns the text of the event or the delta, if its field is `name`.
    fn named<'py>(&self, py: Python<'py>, name: &'static str) -> PyResult<Bound<'py, PyAny>> {
        match self.part {
            Part::TextEvent(..) => self.text_of(py, |field| field.event_field() == name, name),
            Part::Delta => self.text_of(py, |field| field != DeltaField::Arguments && field.name() == name, name),
            _ => self.full(py)?.getattr(name),
        }
    }

    fn item_class<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        static CHUNK: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        static EVENT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        if self.is_chat() {
            CHUNK.import(py, "trilogue._generated.types", "ChatCompletionChunk")
        } else {
            EVENT.import(py, "trilogue._generated.types", "MessageEvent")
        }
    }

    fn class<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyType>> {
        static CHOICE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        static CHOICE_DELTA: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        static EVENT_DELTA: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        // The base class has the classes by `type`.
        let base = match self.part {
            Part::Item if self.is_chat() => return self.item_class(py).cloned(),
            Part::Choice => return CHOICE.import(py, "trilogue._generated.types", "ChunkChoice").cloned(),
            Part::Delta if self.is_chat() => {
                return CHOICE_DELTA.import(py, "trilogue._generated.types", "ChoiceDelta").cloned();
            }
            Part::Item => self.item_class(py)?,
            Part::Delta => EVENT_DELTA.import(py, "trilogue._generated.types", "EventDelta")?,
            Part::ItemEvent | Part::TextEvent(..) => {
                return kind_of(event_kinds(py)?, self.kind().unwrap_or_default(), event_class(py)?);
            }
        };
        kind_of(base.getattr("_kinds")?.cast()?, self.kind().unwrap_or_default(), base)
    }

    /// Returns the `type` of the part; `None` for a part without one, such as a chunk.
    fn kind(&self) -> Option<&'static str> {
        let field = self.delta()?.0.field();
        match self.part {
            Part::TextEvent(..) => field.event(),
            Part::ItemEvent if field.is_chat() => Some("chunk"),
            Part::Item | Part::ItemEvent if !field.is_chat() => Some("content_block_delta"),
            Part::Delta => field.delta_type(),
            _ => None,
        }
    }

    fn is_chat(&self) -> bool {
        self.delta().is_some_and(|(template, _)| template.field().is_chat())
    }

    fn child<'py>(&self, py: Python<'py>, part: Part) -> PyResult<Bound<'py, PyAny>> {
        Self::new(&self.item, part).into_bound_py_any(py)
    }
}

/// Returns the base class of events.
fn event_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static STREAM_EVENT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    STREAM_EVENT.import(py, "trilogue._objects.kinds", "StreamEvent")
}

/// Returns the classes of events by their types; `isinstance` needs them for each event.
fn event_kinds(py: Python<'_>) -> PyResult<&Bound<'_, PyDict>> {
    static KINDS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let load = || {
        // The generated types fill the table.
        py.import("trilogue._generated.types")?;
        Ok::<_, PyErr>(event_class(py)?.getattr("_kinds")?.cast_into::<PyDict>()?.unbind())
    };
    KINDS.get_or_try_init(py, load).map(|kinds| kinds.bind(py))
}

/// Returns the class of a type, or the base class for an unknown type.
fn kind_of<'py>(
    kinds: &Bound<'py, PyDict>,
    kind: &'static str,
    base: &Bound<'py, PyType>,
) -> PyResult<Bound<'py, PyType>> {
    match kinds.get_item(PyString::intern(kinds.py(), kind))? {
        Some(class) => Ok(class.cast_into()?),
        None => Ok(base.clone()),
    }
}

#[pymethods]
impl Lazy {
    /// The class for `isinstance`.
    #[getter(__class__)]
    fn class_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyType>> {
        self.class(py)
    }

    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.kind().filter(|_| self.full.get(py).is_none()) {
            Some(kind) => Ok(PyString::intern(py, kind).into_any()),
            None => self.full(py)?.getattr("type"),
        }
    }

    #[getter]
    fn choices<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if matches!(self.part, Part::Item) && self.is_chat() && self.full.get(py).is_none() {
            return Ok(PyList::new(py, [self.child(py, Part::Choice)?])?.into_any());
        }
        self.full(py)?.getattr("choices")
    }

    #[getter(delta)]
    fn delta_field<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.part {
            Part::Choice if self.full.get(py).is_none() => self.child(py, Part::Delta),
            Part::Item if !self.is_chat() && self.full.get(py).is_none() => self.child(py, Part::Delta),
            _ => self.named(py, "delta"),
        }
    }

    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.named(py, "content")
    }

    #[getter]
    fn reasoning<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.named(py, "reasoning")
    }

    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match (&self.part, self.delta()) {
            // A chunk's text is that of its first choice.
            (Part::Item, Some(_)) if self.full.get(py).is_none() => Ok(PyString::new(py, self.added_text()).into_any()),
            _ => self.named(py, "text"),
        }
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

    #[getter]
    fn parsed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.part {
            Part::TextEvent(_, live) => live.get(py).map(|value| value.into_bound(py)),
            Part::ItemEvent => Ok(py.None().into_bound(py)),
            _ => self.full(py)?.getattr("parsed"),
        }
    }

    #[getter]
    fn text_delta<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.part {
            Part::TextEvent(..) if self.delta().is_some_and(|(template, _)| template.field().is_text()) => {
                self.text_of(py, DeltaField::is_text, "text_delta")
            }
            _ => self.full(py)?.getattr("text_delta"),
        }
    }

    /// Returns the text of an item that differs from `prototype` only in its text; `None` for any other item.
    #[pyo3(name = "_text_like")]
    fn text_like(&self, prototype: &Bound<'_, Self>) -> Option<&str> {
        let (template, text) = self.delta()?;
        let (other, _) = prototype.get().delta()?;
        Arc::ptr_eq(template, other).then_some(text)
    }

    /// Returns the characters that hide the length of the text, if the server sends such.
    #[getter]
    fn _obfuscation(&self) -> Option<&str> {
        self.item.padding()
    }

    /// Returns the names on the path from the item to its text. Lists on the path have one member.
    #[getter(_path)]
    fn path(&self) -> &'static [&'static str] {
        self.delta().map_or(&[], |(template, _)| template.field().path())
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.full(py)?.getattr(name)
    }

    fn __setattr__<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyString>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        self.full(py)?.setattr(name, value)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.full(py)?.get_item(name)
    }

    fn __contains__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<bool> {
        self.full(py)?.contains(name)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.full(py)?.try_iter()?.into_bound_py_any(py)
    }

    fn __eq__<'py>(&self, py: Python<'py>, other: &Bound<'py, PyAny>) -> PyResult<bool> {
        match other.cast::<Self>() {
            Ok(other) => self.full(py)?.eq(other.get().full(py)?),
            Err(_) => self.full(py)?.eq(other),
        }
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.full(py)?.repr()
    }

    fn __dir__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.full(py)?.call_method0("__dir__")
    }

    fn __copy__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.full(py)?.call_method0("__copy__")
    }

    fn __deepcopy__<'py>(&self, py: Python<'py>, memo: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.full(py)?.call_method1("__deepcopy__", (memo,))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.full(py)?.call_method0("__reduce__")
    }
}
