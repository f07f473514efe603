//! The module that pages load with what a client has no need of.
//!
//! Law: texts in, texts out, nothing asynchronous. What is added here costs a page nothing that doesn't use it.

use alloc::string::String;

use trilogue_core::conversation::Conversation;
use trilogue_core::{Error, ffi};
use wasm_bindgen::prelude::*;

/// Executes an operation of the group `extra`, from JSON text to JSON text.
#[wasm_bindgen]
pub fn operation(name: &str, input: &str) -> String {
    text(ffi::operations::extra::operation(name, input))
}

/// One of the core's operations beside those of a client, from text to text.
#[wasm_bindgen]
pub fn kit(operation: &str, input: &str) -> String {
    text(ffi::legacy::kit(operation, input))
}

/// A conversation, empty until its operation `make`.
#[wasm_bindgen]
#[derive(Default)]
pub struct NativeConversation(Conversation);

#[wasm_bindgen]
impl NativeConversation {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Executes an operation on it, from JSON text to JSON text.
    pub fn operation(&mut self, name: &str, input: &str) -> String {
        text(ffi::operations::conversation::operation(&mut self.0, name, input))
    }

    /// One of its operations, from text to text.
    pub fn assist(&mut self, operation: &str, input: &str) -> String {
        text(ffi::legacy::conversation(&mut self.0, operation, input))
    }
}

fn text(outcome: Result<String, Error>) -> String {
    outcome.unwrap_or_else(|error| ffi::error_text(&error))
}
