//! Validation of values against JSON Schemas with the `jsonschema` crate.
//!
//! Adds `validate` to the core's operations.

use serde_json::json;
use trilogue_core::ffi::{self, operations};
use trilogue_core::{Error, ErrorKind};

/// Runs one of the core's operations (see [`operations`]), or `validate`, which takes `{schema, value}` and returns `{errors: [{path, message}]}`.
///
/// # Errors
///
/// Those of the operation, and [`ErrorKind::InvalidRequest`] for an invalid schema.
pub fn operation(name: &str, input: &str) -> Result<String, Error> {
    if name == "validate" { validate(input) } else { operations::operation(name, input) }
}

fn validate(input: &str) -> Result<String, Error> {
    let mut input = ffi::body(input)?;
    let mut take = |name: &str| input.shift_remove(name).unwrap_or_default();
    let (schema, value) = (take("schema"), take("value"));
    // A schema that refers to another document is refused, because documents are not fetched.
    let validator = jsonschema::draft202012::options().build(&schema).map_err(|why| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("the JSON Schema is invalid at {:?}: {why}", why.instance_path().to_string()),
        )
    })?;
    let errors: Vec<_> = validator
        .iter_errors(&value)
        .map(|why| json!({"path": why.instance_path().to_string(), "message": why.to_string()}))
        .collect();
    Ok(json!({ "errors": errors }).to_string())
}
