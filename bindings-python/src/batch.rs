//! The items of one network read, as an iterator.
//!
//! A Python object is created when it is read. Items and texts are two iterations over one batch with a shared position.

use std::sync::{Arc, Mutex, MutexGuard};
use std::vec::IntoIter;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use trilogue_native::Item;
use trilogue_native::delta::DeltaField;
use trilogue_native::events::helper::{Delta, HelperEvent};
use trilogue_native::events::live;

use crate::convert::{object_to_python, to_python};
use crate::exit::Inside;
use crate::lazy::{Lazy, Part};
use crate::live::{LiveValue, TextKey, Values};
use crate::waiting::lock;

/// An iterator over the items or events of a read.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Batch {
    /// Creates an item or an event from a dict.
    make: Py<PyAny>,
    rest: Mutex<Rest>,
    /// The number of items or events.
    #[pyo3(get)]
    count: usize,
    /// Whether the stream ends with this batch.
    #[pyo3(get)]
    done: bool,
}

enum Rest {
    Items(IntoIter<Item>),
    /// The events, the second event of an item with two, and their live values.
    Events(IntoIter<HelperEvent>, Option<Lazy>, Values),
}

/// The next object of a batch.
enum Next {
    Lazy(Lazy),
    /// An object to create from fields, with its JSON text.
    Item(Item),
    Event(serde_json::Value, Option<LiveValue>),
}

impl Batch {
    pub(crate) fn of_items(make: Py<PyAny>, items: Vec<Item>, done: bool) -> Self {
        Self { make, count: items.len(), rest: Mutex::new(Rest::Items(items.into_iter())), done }
    }

    pub(crate) fn of_events(make: Py<PyAny>, events: Vec<HelperEvent>, values: Values, done: bool) -> Self {
        // A delta may have two events: one of the item and one of its text.
        let count =
            events.iter().map(|event| if matches!(event, HelperEvent::Delta(_, Some(_))) { 2 } else { 1 }).sum();
        Self { make, count, rest: Mutex::new(Rest::Events(events.into_iter(), None, values)), done }
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        lock(&self.rest)
    }

    /// Returns the next text that is not empty.
    pub(crate) fn next_text<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.rest().next_text(py)
    }

    /// Returns the next item or event.
    pub(crate) fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let next = self.rest().next();
        let create = |fields: Bound<'py, PyAny>| {
            let _inside = Inside::enter(py);
            self.make.bind(py).call1((fields,))
        };
        let set = |object: &Bound<'py, PyAny>, name: &Bound<'py, PyString>, value: Bound<'py, PyAny>| {
            object.getattr(intern!(py, "__dict__"))?.cast::<PyDict>()?.set_item(name, value)
        };
        Ok(match next {
            None => None,
            Some(Next::Lazy(lazy)) => Some(Bound::new(py, lazy)?.into_any()),
            Some(Next::Item(item)) => {
                let object = create(object_to_python(py, &item.fields())?.into_any())?;
                if let Some(raw) = item.raw() {
                    set(&object, intern!(py, "_raw"), PyString::new(py, raw).into_any())?;
                }
                Some(object)
            }
            Some(Next::Event(event, live)) => {
                let object = create(to_python(py, &event)?)?;
                if let Some(live) = live {
                    set(&object, intern!(py, "_live"), Bound::new(py, live)?.into_any())?;
                }
                Some(object)
            }
        })
    }
}

impl Rest {
    fn next(&mut self) -> Option<Next> {
        match self {
            Self::Items(items) => items.next().map(|item| {
                let is_lazy = item.as_delta().is_some() && item.raw().is_none();
                if is_lazy { Next::Lazy(Lazy::new(&Arc::new(item), Part::Item)) } else { Next::Item(item) }
            }),
            Self::Events(events, second, values) => {
                if let Some(second) = second.take() {
                    return Some(Next::Lazy(second));
                }
                Some(match events.next()? {
                    HelperEvent::Event(event) => {
                        let live = text_of_event(&event).map(|text| LiveValue::new(values, None, Some(text)));
                        Next::Event(event, live)
                    }
                    HelperEvent::Live(event, location, ops) => {
                        let live = LiveValue::new(values, Some((location, Some(ops))), text_of_event(&event));
                        Next::Event(event, Some(live))
                    }
                    HelperEvent::Done(event, location) => {
                        Next::Event(event, Some(LiveValue::new(values, Some((location, None)), None)))
                    }
                    HelperEvent::Delta(item, delta) => {
                        let item = Arc::new(item);
                        *second = delta.map(|Delta { tool, live }| {
                            let live = live.map(|(location, ops)| (location, Some(ops)));
                            let live = LiveValue::new(values, live, text_of_item(&item));
                            Lazy::new(&item, Part::TextEvent(Delta { tool, live: None }, live))
                        });
                        Next::Lazy(Lazy::new(&item, Part::ItemEvent))
                    }
                })
            }
        }
    }

    /// Returns the next text that is not empty.
    fn next_text<'py>(&mut self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        let python = |text: &str| (!text.is_empty()).then(|| PyString::new(py, text));
        match self {
            Self::Items(items) => items.find_map(|item| python(item.text())),
            Self::Events(events, second, values) => {
                if let Some(text) = second.take().and_then(|event| python(event.added_text())) {
                    return Some(text);
                }
                events.find_map(|event| {
                    let text = python(event.text());
                    // Later events need the texts of the skipped ones.
                    let _end = values.append(match &event {
                        HelperEvent::Event(event) | HelperEvent::Live(event, ..) => text_of_event(event),
                        HelperEvent::Delta(item, Some(_)) => text_of_item(item),
                        _ => None,
                    });
                    // Later events need the operations of the skipped ones.
                    if let Some((location, ops)) = operations(event) {
                        values.add(location, Some(ops));
                    }
                    text
                })
            }
        }
    }
}

fn operations(event: HelperEvent) -> Option<(live::TextLocation, trilogue_native::events::helper::Ops)> {
    match event {
        HelperEvent::Live(_, location, ops) => Some((location, ops)),
        HelperEvent::Delta(_, Some(delta)) => delta.live,
        _ => None,
    }
}

/// The text of an event of an item that differs from the previous one only in its text.
fn text_of_item(item: &Item) -> Option<(TextKey, &str)> {
    let (template, text) = item.as_delta()?;
    Some(((template.field().event()?, template.index, template.tool_call), text))
}

/// The text of another event with a delta. The events of one text may have both forms.
fn text_of_event(event: &serde_json::Value) -> Option<(TextKey, &str)> {
    const FIELDS: [DeltaField; 5] =
        [DeltaField::Content, DeltaField::Arguments, DeltaField::Text, DeltaField::Thinking, DeltaField::PartialJson];
    let (kind, field) = match event.get("type")?.as_str()? {
        // No item consists only of this text.
        "refusal.delta" => ("refusal.delta", "delta"),
        kind => FIELDS
            .into_iter()
            .find_map(|field| Some((field.event().filter(|name| *name == kind)?, field.event_field())))?,
    };
    let number = |name: &str| event.get(name).and_then(serde_json::Value::as_u64);
    let key = match number("choice") {
        Some(choice) => (kind, choice, number("index").and_then(|index| usize::try_from(index).ok()).unwrap_or(0)),
        None => (kind, number("index").unwrap_or(0), 0),
    };
    Some((key, event.get(field)?.as_str()?))
}

#[pymethods]
impl Batch {
    fn __iter__(batch: Py<Self>) -> Py<Self> {
        batch
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.next(py)
    }

    /// Returns an iterator over the texts of the first choice or the message.
    fn texts(batch: Py<Self>) -> Texts {
        Texts { batch }
    }
}

/// An iterator over the texts of a batch.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct Texts {
    batch: Py<Batch>,
}

#[pymethods]
impl Texts {
    fn __iter__(texts: Py<Self>) -> Py<Self> {
        texts
    }

    fn __next__<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.batch.get().next_text(py)
    }
}
