//! Python objects to JSON values and back.
//!
//! Law: lossless for everything that JSON knows; anything else is a `TypeError` that names the place. Results of this package are
//! taken as what they hold, so that what was received can be sent back.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value};

/// Deeper values are taken for a reference to themselves.
const DEEPEST: usize = 128;

/// A Python object as JSON; `name` is what errors call it.
pub(crate) fn to_value(object: &Bound<'_, PyAny>, name: &str) -> PyResult<Value> {
    convert(object, &Place { parent: None, step: Step::Field(name), depth: 0 })
}

/// Where in a request an object stands, for the error that names it.
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
}

enum Step<'a> {
    Field(&'a str),
    Item(usize),
    /// What a result of this package holds.
    Same,
}

impl Place<'_> {
    fn inside<'a>(&'a self, step: Step<'a>) -> PyResult<Place<'a>> {
        if self.depth >= DEEPEST {
            return Err(PyValueError::new_err(format!("{} is nested too deeply", self.path())));
        }
        Ok(Place { parent: Some(self), step, depth: self.depth + 1 })
    }

    fn path(&self) -> String {
        let parent = self.parent.map(Place::path).unwrap_or_default();
        match self.step {
            Step::Field(name) if parent.is_empty() => name.to_owned(),
            Step::Field(name) => format!("{parent}.{name}"),
            Step::Item(index) => format!("{parent}[{index}]"),
            Step::Same => parent,
        }
    }
}

fn convert(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
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
        return number
            .map(Value::Number)
            .map_err(|_| PyValueError::new_err(format!("{} is too large an int", place.path())));
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        let number = Number::from_f64(float.value());
        return number
            .map(Value::Number)
            .ok_or_else(|| PyValueError::new_err(format!("{} is not a finite number", place.path())));
    }
    if let Ok(list) = object.cast::<PyList>() {
        return list
            .iter()
            .enumerate()
            .map(|(index, item)| convert(&item, &place.inside(Step::Item(index))?))
            .collect();
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return tuple
            .iter()
            .enumerate()
            .map(|(index, item)| convert(&item, &place.inside(Step::Item(index))?))
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
            return convert(&made.call0()?, &place.inside(Step::Same)?);
        }
    }
    let kind = object.get_type().qualname()?;
    Err(PyTypeError::new_err(format!("{} is a {kind}, which JSON has no form for", place.path())))
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
            return Err(PyTypeError::new_err(format!("{} has a key that is no str: {key}", place.path())));
        };
        let name = whole(name)?;
        let value = convert(&value, &place.inside(Step::Field(&name))?)?;
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
