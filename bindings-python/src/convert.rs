//! Python objects to JSON values and back.
//!
//! The conversion loses nothing that JSON can express. A number without a JSON form, and a value that contains itself, are errors of this
//! package; an object of another type is a `TypeError`. All of them name the path. Results of this package are converted to their data, so that
//! they can be sent back.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value};
use trilogue_native::{Error, ErrorKind};

use crate::waiting::raise;

/// Values with more levels are treated as values that contain themselves.
const MAX_DEPTH: usize = 128;
/// The number of characters of a path that an error quotes.
const MAX_PATH: usize = 200;

/// Converts a Python object to JSON. `kind` is the kind of errors: of a request, or of a client's options.
pub(crate) fn to_value(object: &Bound<'_, PyAny>, kind: ErrorKind) -> PyResult<Value> {
    convert(object, &Path { parent: None, step: Step::Root(kind), depth: 0 })
}

/// The path of an object in a request, for errors.
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
    depth: usize,
}

enum Step<'a> {
    Root(ErrorKind),
    Field(&'a str),
    Item(usize),
    /// The data of a result of this package.
    Data,
}

impl Path<'_> {
    fn inside<'a>(&'a self, step: Step<'a>) -> Path<'a> {
        Path { parent: Some(self), step, depth: self.depth + 1 }
    }

    fn check_depth(&self, py: Python<'_>) -> PyResult<()> {
        if self.depth < MAX_DEPTH { Ok(()) } else { Err(self.error(py, "is nested too deeply, or contains itself")) }
    }

    /// Writes the path, up to the length that an error quotes.
    fn write(&self, path: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(path);
        }
        if path.len() > MAX_PATH {
            return;
        }
        match self.step {
            Step::Root(_) | Step::Data => {}
            Step::Field(name) => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(name);
            }
            Step::Item(index) => path.extend(["[", &index.to_string(), "]"]),
        }
    }

    fn text(&self) -> String {
        let mut path = String::new();
        self.write(&mut path);
        if path.is_empty() { "the request".to_owned() } else { shorten(&path) }
    }

    fn error(&self, py: Python<'_>, why: &str) -> PyErr {
        let path = self.text();
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

/// Returns at most 200 characters of a text.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_PATH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn convert(object: &Bound<'_, PyAny>, path: &Path<'_>) -> PyResult<Value> {
    path.check_depth(object.py())?;
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(to_text(text)?));
    }
    // Before int, of which bool is a subclass.
    if let Ok(truth) = object.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        let number = object.extract::<i64>().map(Number::from).or_else(|_| object.extract::<u64>().map(Number::from));
        return number
            .map(Value::Number)
            .map_err(|_| path.error(object.py(), "is an int that does not fit in 64 bits; pass it as a str"));
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        let number = Number::from_f64(float.value());
        return number
            .map(Value::Number)
            .ok_or_else(|| path.error(object.py(), &format!("is {}; pass a finite number", float.value())));
    }
    if let Ok(list) = object.cast::<PyList>() {
        return list.iter().enumerate().map(|(index, item)| convert(&item, &path.inside(Step::Item(index)))).collect();
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return tuple.iter().enumerate().map(|(index, item)| convert(&item, &path.inside(Step::Item(index)))).collect();
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        return fields(dict.iter(), path);
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        let dict = PyDict::new(object.py());
        dict.update(mapping)?;
        return fields(dict.iter(), path);
    }
    // A result of this package, or a pydantic model.
    for method in ["to_dict", "model_dump"] {
        if let Ok(dump) = object.getattr(method)
            && !object.is_instance_of::<pyo3::types::PyType>()
        {
            return convert(&dump.call0()?, &path.inside(Step::Data));
        }
    }
    let kind = object.get_type().qualname()?;
    let kind = shorten(&kind.to_string());
    Err(PyTypeError::new_err(format!("{} is of type {kind}, which has no JSON form", path.text())))
}

/// Converts a text. A lone surrogate, which a `str` can contain, becomes U+FFFD, as in JSON text that the core reads.
fn to_text(text: &Bound<'_, PyString>) -> PyResult<String> {
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
    path: &Path<'_>,
) -> PyResult<Value> {
    let mut fields = Map::new();
    for (key, value) in items {
        if is_not_given(&value)? {
            continue;
        }
        let Ok(name) = key.cast::<PyString>() else {
            let key = shorten(&key.to_string());
            return Err(PyTypeError::new_err(format!("{} has a key that is not a str: {key}", path.text())));
        };
        let name = to_text(name)?;
        let inside = path.inside(Step::Field(&name));
        let value = match base64_of(&value, &name)? {
            Some(text) => Value::String(text),
            None => convert(&value, &inside)?,
        };
        fields.insert(name, value);
    }
    Ok(Value::Object(fields))
}

/// Returns whether a value stands for a field that is not given: `NOT_GIVEN` or `omit`, of this package or of another client.
fn is_not_given(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_none() || value.is_instance_of::<PyString>() || value.is_instance_of::<PyDict>() {
        return Ok(false);
    }
    let name = value.get_type().name()?;
    Ok(name == "NotGiven" || name == "Omit")
}

/// Returns a file's content as base64: of a path, a binary file, or bytes that are the `data` of an image or a document.
fn base64_of(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<String>> {
    if name != "data" || value.is_none() || value.is_instance_of::<PyString>() || value.is_instance_of::<PyDict>() {
        return Ok(None);
    }
    let py = value.py();
    let bytes = if value.hasattr("__fspath__")? {
        let file = py.import("builtins")?.call_method1("open", (value, "rb"))?;
        let bytes = file.call_method0("read");
        file.call_method0("close")?;
        bytes?
    } else if value.hasattr("read")? {
        value.call_method0("read")?
    } else if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        value.clone()
    } else {
        return Ok(None);
    };
    let bytes = if bytes.is_instance_of::<PyString>() { bytes.call_method0("encode")? } else { bytes };
    let text = py.import("base64")?.call_method1("b64encode", (bytes,))?.call_method0("decode")?;
    text.extract().map(Some)
}

/// Converts a JSON value to Python objects.
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

/// Converts a JSON object to a dict.
pub(crate) fn object_to_python<'py>(py: Python<'py>, fields: &Map<String, Value>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in fields {
        // The names repeat in each chunk.
        dict.set_item(PyString::intern(py, name), to_python(py, value)?)?;
    }
    Ok(dict)
}
