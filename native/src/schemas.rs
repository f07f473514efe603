//! Values against JSON Schemas, which the `jsonschema` crate checks natively.
//!
//! Adds `validate` to the core's operations, and nothing else.

use serde_json::json;
use trilogue_core::ffi::{self, operations};
use trilogue_core::{Error, ErrorKind};

/// One of the core's operations (see [`operations`]), or `validate`: `{schema, value}` to `{errors: [{path, message}]}`.
///
/// # Errors
///
/// Those of the operation; a schema that is not a JSON Schema.
pub fn operation(name: &str, input: &str) -> Result<String, Error> {
    if name == "validate" { validate(input) } else { operations::operation(name, input) }
}

fn validate(input: &str) -> Result<String, Error> {
    let mut input = ffi::body(input)?;
    let mut given = |name: &str| input.shift_remove(name).unwrap_or_default();
    let (schema, value) = (given("schema"), given("value"));
    // Nothing is fetched: a schema that refers to another document is refused.
    let validator = jsonschema::draft202012::options().build(&schema).map_err(|why| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("the JSON Schema is wrong at {:?}: {why}", why.instance_path().to_string()),
        )
    })?;
    let errors: Vec<_> = validator
        .iter_errors(&value)
        .map(|why| json!({"path": why.instance_path().to_string(), "message": why.to_string()}))
        .collect();
    Ok(json!({ "errors": errors }).to_string())
}
