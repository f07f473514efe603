//! The operations that a client does not need: checks, snippets, counts.
//!
//! In a page they are in a module of its own, which is loaded when they are used.

use super::operations;
use crate::error::Error;
use crate::prelude::*;
use crate::request::parameters::{self, Finding};
use crate::snippets;
use crate::value::fields::Reader;
use crate::value::{Map, Value};
use crate::wire::Endpoint;

operations! {
    /// Executes an operation of this group.
    fn operation();

    inputs {
        /// The endpoint of the request.
        endpoint: String,
        /// The members of a request.
        request: Map<String, Value>,
        /// The parameters of the model, as the catalogue has them.
        known: Option<Map<String, Value>>,
        /// Options of a snippet.
        options: Map<String, Value>,
    }

    /// The parameters that are out of range: `{parameter, message}` for each.
    check_parameters(endpoint, request; known) -> { findings: Vec<Finding> } {
        (parameters::findings(&Endpoint::parse(&endpoint)?, &request, known.as_ref(), true),)
    }

    /// A program that sends the request.
    write_snippet(endpoint, request, options) -> { code: String } {
        (snippets::written(&endpoint, request, options)?,)
    }
}
