//! Converts a JSON Schema to the form that strict modes accept (OpenAI's structured outputs; Anthropic's are similar).
//!
//! Invariant: the strict schema allows nothing that the user's schema forbids, except for bounds that strict modes can't express. Those become part
//! of the description, and are validated in the answer. A schema whose meaning would change is an error that names its path.

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value};

use super::nulls::allows_null;
use crate::error::{Error, ErrorKind};
use crate::text::{dialect, list_contains};

/// Keywords that strict modes support.
const KNOWN: &str = "$defs definitions $ref type properties required additionalProperties items anyOf enum const title description \
    pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems";
/// Keywords of bounds, which are validated in the answer instead.
const BOUNDS: &str =
    "minLength maxLength uniqueItems minProperties maxProperties minContains maxContains contentEncoding";
/// Keywords that don't affect the value's shape.
const ANNOTATIONS: &str =
    "default examples $schema $id $comment readOnly writeOnly deprecated contentMediaType discriminator";

/// Returns the strict form of a schema: each member is required, optional ones are nullable, and no other members are allowed.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for a schema whose meaning strict mode can't express.
pub fn strict(schema: &Value) -> Result<Value, Error> {
    convert(schema, "#", schema)
}

fn refused(path: &str, what: &str) -> Error {
    let off = dialect::disabled("strict");
    let message =
        format!("the schema can't be made strict: {path} {what}; set {off}, or mode \"tool\" or \"json_object\"");
    Error::new(ErrorKind::InvalidRequest, message)
}

fn convert(schema: &Value, path: &str, root: &Value) -> Result<Value, Error> {
    let Value::Object(fields) = schema else { return Err(refused(path, "allows any value")) };
    let mut out = Map::new();
    let mut bounds = Vec::new();
    for (name, value) in fields {
        match name.as_str() {
            "properties" | "required" | "additionalProperties" => {}
            "oneOf" | "anyOf" => {
                let mut converted = Vec::new();
                for (index, branch) in value.as_array().into_iter().flatten().enumerate() {
                    converted.push(convert(branch, &format!("{path}/{name}/{index}"), root)?);
                }
                out.set("anyOf", converted);
            }
            "allOf" => match value.as_array().map(Vec::as_slice) {
                Some([only]) => {
                    if let Value::Object(inner) = convert(only, &format!("{path}/allOf/0"), root)? {
                        out.extend(inner);
                    }
                }
                _ => return Err(refused(&format!("{path}/allOf"), "combines schemas")),
            },
            "items" => drop(out.insert(name.clone(), convert(value, &format!("{path}/items"), root)?)),
            "$defs" | "definitions" => {
                let mut converted = Map::new();
                for (key, value) in value.as_object().into_iter().flatten() {
                    converted.set(key, convert(value, &format!("{path}/{name}/{key}"), root)?);
                }
                out.set(name, converted);
            }
            _ if list_contains(KNOWN, name) => drop(out.insert(name.clone(), value.clone())),
            _ if list_contains(BOUNDS, name) => bounds.push(format!("{name}: {value}")),
            _ if list_contains(ANNOTATIONS, name) || name.starts_with("x-") => {}
            _ => return Err(refused(&format!("{path}/{name}"), "is a keyword that strict mode doesn't support")),
        }
    }
    if is_object(fields) {
        members(fields, path, root, &mut out)?;
    }
    check(&out, path)?;
    if !bounds.is_empty() {
        let text = out.get("description").and_then(Value::as_str).unwrap_or_default();
        let separator = if text.is_empty() { "" } else { " " };
        out.set("description", format!("{text}{separator}({})", bounds.join(", ")));
    }
    // A reference has no siblings.
    match out.shift_remove("$ref") {
        Some(reference) if out.is_empty() || path == "#" => {
            out.set("$ref", reference);
        }
        Some(reference) => {
            out.shift_remove("title");
            out.set("anyOf", json!([{ "$ref": reference }]));
        }
        None => {}
    }
    Ok(out.into())
}

fn is_object(fields: &Map<String, Value>) -> bool {
    match fields.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        Some(kind) => kind == "object",
        None => fields.contains_key("properties"),
    }
}

fn members(fields: &Map<String, Value>, path: &str, root: &Value, out: &mut Map<String, Value>) -> Result<(), Error> {
    match fields.get("additionalProperties") {
        None | Some(Value::Bool(false)) => {}
        Some(_) => return Err(refused(path, "allows members of any name")),
    }
    let properties = fields.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty());
    let Some(properties) = properties else {
        return Err(refused(path, "is an object of any members"));
    };
    let required = fields.get("required").and_then(Value::as_array);
    let mut converted = Map::new();
    for (name, property) in properties {
        let strict = convert(property, &format!("{path}/properties/{name}"), root)?;
        let is_required = required.is_some_and(|names| names.iter().any(|other| other == name));
        let strict = if is_required || allows_null(property, root) { strict } else { nullable(strict) };
        converted.insert(name.clone(), strict);
    }
    let names: Value = converted.keys().map(|name| Value::from(name.as_str())).collect();
    out.set("properties", converted);
    out.set("required", names);
    out.set("additionalProperties", false);
    Ok(())
}

/// Checks that a schema states the kind of its values.
fn check(out: &Map<String, Value>, path: &str) -> Result<(), Error> {
    let has_kind = ["type", "$ref", "anyOf", "enum", "const"].into_iter().any(|name| out.contains_key(name));
    let array = out.get("type").is_some_and(|kind| kind == "array");
    match (has_kind, array && !out.contains_key("items")) {
        (false, _) => Err(refused(path, "allows any value")),
        (_, true) => Err(refused(path, "is an array of any items")),
        _ => Ok(()),
    }
}

/// Makes a schema nullable.
fn nullable(schema: Value) -> Value {
    match schema {
        Value::Object(mut fields)
            if fields.get("type").is_some_and(Value::is_string)
                && !fields.contains_key("enum")
                && !fields.contains_key("const") =>
        {
            let kind = fields.get("type").cloned().unwrap_or_default();
            fields.set("type", json!([kind, "null"]));
            fields.into()
        }
        Value::Object(mut fields) if fields.contains_key("anyOf") => {
            if let Some(Value::Array(branches)) = fields.get_mut("anyOf") {
                branches.push(json!({"type": "null"}));
            }
            fields.into()
        }
        schema => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}
