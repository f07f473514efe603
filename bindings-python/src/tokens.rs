//! The tokenizer. `trilogue.tokens` finds its data.
//!
//! Invariant: the GIL is released while a text is encoded, since a text may be megabytes. The interpreter's exit waits for such a call.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use trilogue_native::ErrorKind;
use trilogue_native::ffi::prompt;
use trilogue_native::tokens::{SpecialTokens, Vocabulary, not_a_token};

use crate::convert::to_value;
use crate::exit::{self, Inside};
use crate::waiting::raise;

/// A loaded vocabulary.
#[pyclass(frozen, module = "trilogue._native")]
pub(crate) struct NativeVocabulary(Vocabulary);

#[pymethods]
impl NativeVocabulary {
    /// Loads the decompressed data.
    #[new]
    fn new(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        without_gil(py, || Vocabulary::load(data)).map(Self).map_err(|error| raise(py, &error))
    }

    /// Returns the number of tokens, or `None` if it exceeds the limit.
    #[pyo3(signature = (text, special, limit=None))]
    fn count(&self, py: Python<'_>, text: &str, special: bool, limit: Option<usize>) -> Option<usize> {
        without_gil(py, || self.0.count_up_to(text, limit.unwrap_or(usize::MAX), special_tokens(special)))
    }

    /// Returns the tokens.
    fn encode(&self, py: Python<'_>, text: &str, special: bool) -> Vec<u32> {
        without_gil(py, || self.0.encode(text, special_tokens(special)))
    }

    /// Counts the tokens of a request's prompt. Takes a dict and returns JSON text.
    fn count_prompt(&self, py: Python<'_>, input: &Bound<'_, PyDict>) -> PyResult<String> {
        let input = to_value(input, ErrorKind::InvalidRequest)?.to_string();
        without_gil(py, || prompt::count_text(&self.0, &input)).map_err(|error| raise(py, &error))
    }

    /// Returns the tokens of a request's prompt.
    fn encode_prompt(&self, py: Python<'_>, input: &Bound<'_, PyDict>) -> PyResult<Vec<u32>> {
        let input = to_value(input, ErrorKind::InvalidRequest)?.to_string();
        without_gil(py, || prompt::encode(&self.0, &input)).map_err(|error| raise(py, &error))
    }

    /// Returns the bytes of tokens.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 makes the list")]
    fn decode<'py>(&self, py: Python<'py>, tokens: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyBytes>> {
        let tokens = tokens.iter().map(token).collect::<PyResult<Vec<u32>>>()?;
        let bytes = without_gil(py, || self.0.decode(&tokens)).map_err(|error| raise(py, &error))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// Reads a token.
fn token(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    match value.extract() {
        Ok(token) => Ok(token),
        Err(_) => Err(raise(value.py(), &not_a_token(&value.repr()?.to_cow()?))),
    }
}

/// Works without the GIL.
fn without_gil<R: Send>(py: Python<'_>, work: impl FnOnce() -> R + Send) -> R {
    let _inside = Inside::enter(py);
    py.detach(|| {
        let result = work();
        exit::park_if_exiting();
        result
    })
}

fn special_tokens(special: bool) -> SpecialTokens {
    if special { SpecialTokens::Tokens } else { SpecialTokens::Text }
}
