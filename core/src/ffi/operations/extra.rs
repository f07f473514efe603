//! The operations that a client does not need: snippets.
//!
//! In a page they are in a module of its own, which is loaded when they are used.

use super::operations;
use crate::error::Error;
use crate::prelude::*;
use crate::snippets;
use crate::value::fields::Reader;
use crate::value::{Map, Value};

operations! {
    /// Executes an operation of this group.
    fn operation();

    inputs {
        /// The endpoint of the request.
        endpoint: String,
        /// The members of a request.
        request: Map<String, Value>,
        /// Options of a snippet.
        options: Map<String, Value>,
    }

    /// A program that sends the request.
    write_snippet(endpoint, request, options) -> { code: String } {
        (snippets::written(&endpoint, request, options)?,)
    }
}
