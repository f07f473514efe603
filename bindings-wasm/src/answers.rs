//! Operations of typed answers and of runs of tools: in `trilogue.wasm`, and alone in `answers.wasm`.
//!
//! JSON text in, JSON text out; nothing is asynchronous.

use alloc::string::String;

use trilogue_core::ffi;
use wasm_bindgen::prelude::*;

/// Runs an operation of the group `answers`, from JSON text to JSON text.
#[wasm_bindgen(js_name = answerOperation)]
pub fn answer_operation(name: &str, input: &str) -> String {
    ffi::operations::answers::operation(name, input).unwrap_or_else(|error| ffi::error_text(&error))
}
