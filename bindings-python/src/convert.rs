//! Python objects to JSON values and back.
//!
//! Lossless for everything that JSON knows. A number that it has no form for, and a value that contains itself, are errors of this package
//! that name the path; an object of another type is a `TypeError` that does. Results of this package are taken as what they hold, so that
//! what was received can be sent back.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value};
use trilogue_native::{Error, ErrorKind};

use crate::waiting::raise;

/// Deeper values are taken for a reference to themselves.
const DEEPEST: usize = 128;
/// The most characters of a path that an error quotes.
const LONGEST_PATH: usize = 200;

/// A Python object as JSON. `kind` is the error of numbers that JSON does not have: that of a request, or of a client's options.
pub(crate) fn to_value(object: &Bound<'_, PyAny>, kind: ErrorKind) -> PyResult<Value> {
    convert(object, &Place { parent: None, step: Step::Root(kind), depth: 0 })
}

/// Where in a request an object stands, for the error that names it.
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
}

enum Step<'a> {
    Root(ErrorKind),
    Field(&'a str),
    Item(usize),
    /// What a result of this package holds.
    Same,
}

impl Place<'_> {
    fn inside<'a>(&'a self, step: Step<'a>) -> Place<'a> {
        Place { parent: Some(self), step, depth: self.depth + 1 }
    }

    fn check_depth(&self, py: Python<'_>) -> PyResult<()> {
        if self.depth < DEEPEST { Ok(()) } else { Err(self.refused(py, "is nested too deeply, or contains itself")) }
    }

    /// Writes the path until it is long enough for an error.
    fn write_path(&self, path: &mut String) {
        if let Some(parent) = self.parent {
            parent.write_path(path);
        }
        if path.len() > LONGEST_PATH {
            return;
        }
        match self.step {
            Step::Root(_) | Step::Same => {}
            Step::Field(name) => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(name);
            }
            Step::Item(index) => path.extend(["[", &index.to_string(), "]"]),
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        self.write_path(&mut path);
        if path.is_empty() { "the request".to_owned() } else { shortened(&path) }
    }

    fn refused(&self, py: Python<'_>, why: &str) -> PyErr {
        let path = self.path();
        let mut error = Error::new(self.kind(), format!("{path} {why}"));
        error.fields_mut().param = Some(path);
        raise(py, &error)
    }

    fn kind(&self) -> ErrorKind {
        match (self.parent, &self.step) {
            (Some(parent), _) => parent.kind(),
            (None, Step::Root(kind)) => *kind,
            (None, _) => ErrorKind::InvalidRequest,
        }
    }
}

/// At most 200 characters of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_PATH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn convert(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
    place.check_depth(object.py())?;
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(whole(text)?));
    }
    // Before int: bool is one of its subclasses.
    if let Ok(truth) = object.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        let number = object.extract::<i64>().map(Number::from).or_else(|_| object.extract::<u64>().map(Number::from));
        return number.map(Value::Number).map_err(|_| {
            place.refused(object.py(), "is an int of more than 64 bits, which most JSON readers can't hold")
        });
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        let number = Number::from_f64(float.value());
        return number
            .map(Value::Number)
            .ok_or_else(|| place.refused(object.py(), &format!("is {}: give a finite number", float.value())));
    }
    if let Ok(list) = object.cast::<PyList>() {
        return list.iter().enumerate().map(|(index, item)| convert(&item, &place.inside(Step::Item(index)))).collect();
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return tuple
            .iter()
            .enumerate()
            .map(|(index, item)| convert(&item, &place.inside(Step::Item(index))))
            .collect();
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        return fields(dict.iter(), place);
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        let dict = PyDict::new(object.py());
        dict.update(mapping)?;
        return fields(dict.iter(), place);
    }
    // A result of this package, or a pydantic model.
    for method in ["to_dict", "model_dump"] {
        if let Ok(made) = object.getattr(method)
            && !object.is_instance_of::<pyo3::types::PyType>()
        {
            return convert(&made.call0()?, &place.inside(Step::Same));
        }
    }
    let kind = object.get_type().qualname()?;
    let kind = shortened(&kind.to_string());
    Err(PyTypeError::new_err(format!("{} is of type {kind}, which JSON has no form for", place.path())))
}

/// A text in whole characters: half of one (a lone surrogate), which Python's can hold, becomes U+FFFD, as in JSON text that the core reads.
fn whole(text: &Bound<'_, PyString>) -> PyResult<String> {
    if let Ok(text) = text.to_str() {
        return Ok(text.to_owned());
    }
    let bytes = text.call_method1("encode", ("utf-16-le", "surrogatepass"))?;
    let bytes = bytes.cast::<PyBytes>()?.as_bytes();
    let units = bytes.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit));
    Ok(char::decode_utf16(units).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn fields<'py>(
    items: impl Iterator<Item = (Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    place: &Place<'_>,
) -> PyResult<Value> {
    let mut fields = Map::new();
    for (key, value) in items {
        let Ok(name) = key.cast::<PyString>() else {
            let key = shortened(&key.to_string());
            return Err(PyTypeError::new_err(format!("{} has a key that is not a str: {key}", place.path())));
        };
        let name = whole(name)?;
        let value = convert(&value, &place.inside(Step::Field(&name)))?;
        fields.insert(name, value);
    }
    Ok(Value::Object(fields))
}

/// A JSON value as Python objects.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(fields) => object_to_python(py, fields)?.into_any(),
    })
}

/// A JSON object as a dict.
pub(crate) fn object_to_python<'py>(py: Python<'py>, fields: &Map<String, Value>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in fields {
        // Field names repeat from chunk to chunk.
        dict.set_item(PyString::intern(py, name), to_python(py, value)?)?;
    }
    Ok(dict)
}
