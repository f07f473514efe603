//! Values against JSON Schemas, which natively the `jsonschema` crate decides.
//!
//! Law: adds `validate` to the core's operations on requests and replies, and nothing else.

use serde_json::json;
use trilogue_core::{Error, ErrorKind, catalog, ffi};

/// One of [`ffi::assist`]'s operations, one of [`catalog::assist`]'s, or `validate`: `{schema, value}` to `{errors: [{path, message}]}`.
///
/// # Errors
///
/// Those of the operation; a schema that is none.
pub fn assist(operation: &str, input: &str) -> Result<String, Error> {
    match operation {
        "validate" => {}
        "catalog" | "search" | "related" | "merge" => return catalog::assist(operation, input),
        _ => return ffi::assist(operation, input),
    }
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
