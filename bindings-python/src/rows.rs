//! What a worker of a cluster needs to keep the log of its rows itself: the keys of rows, and the index of lines.
//!
//! The core decides which rows are the same, and which line of a row counts; this file converts.

use pyo3::prelude::*;
use trilogue_native::batch::{BatchOptions, LoggedRows, Outcome, RowKey, RowReader, broken_line, parse_log_line};
use trilogue_native::cost::Dollars;
use trilogue_native::{Error, ErrorKind};

use crate::convert::to_value;
use crate::waiting::raise;

/// Reads rows as a batch with these options does.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct RowKeys(RowReader);

/// The keys of rows, and the errors of those that are wrong.
type Keys<'py> = (Vec<String>, Vec<Option<Bound<'py, PyAny>>>);

#[pymethods]
impl RowKeys {
    #[new]
    fn new(options: &Bound<'_, PyAny>) -> PyResult<Self> {
        let value = to_value(options, ErrorKind::Configuration)?;
        let reader = BatchOptions::from_value(&value).and_then(|options| options.reader());
        reader.map(Self).map_err(|error| raise(options.py(), &error))
    }

    /// The columns that the template names; `None` without a template.
    #[getter]
    fn columns(&self) -> Option<Vec<String>> {
        self.0.columns().map(<[String]>::to_vec)
    }

    /// Returns the key of each row, which is empty for a wrong row, and the error of each wrong row.
    fn of<'py>(&self, py: Python<'py>, rows: Vec<Bound<'py, PyAny>>) -> PyResult<Keys<'py>> {
        let (mut keys, mut errors) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let key = to_value(&row, ErrorKind::InvalidRequest).and_then(|row| {
                // A name that is made of the number would be another one in another group.
                let head = self.0.check(&row.to_string(), 1).map(|head| head.key);
                head.map_err(|why| raise(py, &Error::new(ErrorKind::InvalidRequest, why)))
            });
            match key {
                Ok(key) => {
                    keys.push(key.to_string());
                    errors.push(None);
                }
                // Not an error of the row: Ctrl-C, for example.
                Err(error) if !error.is_instance_of::<pyo3::exceptions::PyException>(py) => return Err(error),
                Err(error) => {
                    keys.push(String::new());
                    errors.push(Some(error.into_value(py).into_bound(py).into_any()));
                }
            }
        }
        Ok((keys, errors))
    }
}

/// Where the line of each row is, in the segments of a log.
#[pyclass(module = "trilogue._native")]
#[derive(Default)]
pub(crate) struct LineIndex(LoggedRows);

#[pymethods]
impl LineIndex {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Adds whole lines of a segment, whose first one is at this position of all segments. `number`: the lines of the segment before. Returns the
    /// number of lines, and their cost in dollars.
    fn add(&mut self, py: Python<'_>, lines: &[u8], position: u64, path: &str, number: u64) -> PyResult<(u64, String)> {
        let (mut cost, mut offset, mut count) = (Dollars::default(), position, 0);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            count += 1;
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let logged = parse_log_line(text).map_err(|why| {
                let number = number + count;
                let message = format!("{path}, line {number}: {}", broken_line(why));
                raise(py, &Error::new(ErrorKind::InvalidRequest, message))
            })?;
            self.0.add(&logged, offset, text.len());
            cost += logged.cost.unwrap_or_default();
            offset += line.len() as u64;
        }
        Ok((count, cost.to_string()))
    }

    /// Completes the index.
    fn finish(&mut self) {
        self.0.finish();
    }

    /// Returns the lines of rows: the index of the key, the position and the length. With `answered_only`, not those of errors.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 makes the list")]
    #[pyo3(signature = (keys, *, answered_only=false))]
    fn find(&self, keys: Vec<String>, answered_only: bool) -> Vec<(usize, u64, usize)> {
        let line_of = |key: &str| {
            let line = self.0.find_unchanged(RowKey::parse(key.as_bytes())?)?;
            (!answered_only || line.outcome() == Outcome::Answered).then(|| (line.offset(), line.length()))
        };
        let found =
            keys.iter().enumerate().filter_map(|(index, key)| line_of(key).map(|(at, length)| (index, at, length)));
        found.collect()
    }
}
