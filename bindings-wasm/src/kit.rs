//! `kit.wasm`: conversations and snippets, which a page loads only if it uses them.
//!
//! JSON text in, JSON text out; nothing is asynchronous.

use alloc::string::String;

use trilogue_core::conversation::Conversation;
use trilogue_core::{Error, ffi};
use wasm_bindgen::prelude::*;

/// Runs an operation of the group `extra`, from JSON text to JSON text.
#[wasm_bindgen]
pub fn operation(name: &str, input: &str) -> String {
    text(ffi::operations::extra::operation(name, input))
}

/// A conversation; empty until its operation `make` is called.
#[wasm_bindgen]
#[derive(Default)]
pub struct NativeConversation(Conversation);

#[wasm_bindgen]
impl NativeConversation {
    /// Creates an empty conversation.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs an operation on it, from JSON text to JSON text.
    pub fn operation(&mut self, name: &str, input: &str) -> String {
        text(ffi::operations::conversation::operation(&mut self.0, name, input))
    }
}

fn text(outcome: Result<String, Error>) -> String {
    outcome.unwrap_or_else(|error| ffi::error_text(&error))
}
