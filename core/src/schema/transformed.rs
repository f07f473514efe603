//! Schemas in the form that Anthropic's API accepts: keywords that it does not support become part of the description.
//!
//! Invariant: a schema that the API accepts stays as it is, except for `additionalProperties`, which is false in every object. The rules are those
//! of `transform_schema` in anthropic-sdk-python.

use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::list_contains;
use crate::value::{Map, Members, Value, to_text};

/// The formats of strings that the API supports.
const FORMATS: &str = "date-time time date duration email hostname uri ipv4 ipv6 uuid";

/// Returns the schema in the form that Anthropic's API accepts.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for a schema without a type.
pub fn transformed(schema: &Value) -> Result<Value, Error> {
    let Value::Object(fields) = schema else { return Err(untyped()) };
    let mut rest = fields.clone();
    let mut out = Map::new();
    if let Some(Value::Object(definitions)) = rest.shift_remove("$defs") {
        out.set("$defs", each_member(&definitions)?);
    }
    if let Some(reference) = rest.shift_remove("$ref") {
        out.set("$ref", reference);
        return Ok(out.into());
    }
    let kind = rest.shift_remove("type");
    let branches = ["anyOf", "oneOf", "allOf"].map(|name| (name, rest.shift_remove(name)));
    for name in ["enum", "const"] {
        let is_literal = match rest.get(name) {
            Some(Value::Array(values)) => name == "enum" && !values.is_empty() && values.iter().all(is_primitive),
            Some(value) => name == "const" && is_primitive(value),
            None => false,
        };
        if let Some(value) = rest.shift_remove(name).filter(|_| is_literal) {
            out.set(name, value);
        }
    }
    let has_literals = out.contains_key("enum") || out.contains_key("const");
    let kind = kind.filter(|_| !has_literals);
    if let Some((name, Value::Array(schemas))) =
        branches.into_iter().find_map(|(name, value)| value.map(|value| (name, value)))
    {
        let converted = schemas.iter().map(transformed).collect::<Result<Vec<_>, _>>()?;
        out.set(if name == "oneOf" { "anyOf" } else { name }, converted);
    } else if !has_literals {
        out.set("type", kind.clone().ok_or_else(untyped)?);
    }
    for name in ["description", "title"] {
        if let Some(text) = rest.shift_remove(name) {
            out.set(name, text);
        }
    }
    match kind.as_ref().and_then(Value::as_str) {
        Some("object") => object_members(&mut rest, &mut out)?,
        Some("string") => {
            let format = rest.get("format").and_then(Value::as_str);
            if format.is_some_and(|format| list_contains(FORMATS, format)) {
                out.extend(rest.shift_remove_entry("format"));
            }
        }
        Some("array") => {
            if let Some(items) = rest.shift_remove("items") {
                out.set("items", transformed(&items)?);
            }
            if rest.get("minItems").and_then(Value::as_u64).is_some_and(|least| least < 2) {
                out.extend(rest.shift_remove_entry("minItems"));
            }
        }
        _ => {}
    }
    describe(&rest, &mut out);
    Ok(out.into())
}

fn object_members(rest: &mut Map<String, Value>, out: &mut Map<String, Value>) -> Result<(), Error> {
    let properties = rest.shift_remove("properties");
    let properties = properties.as_ref().and_then(Value::as_object).map(each_member).transpose()?;
    out.set("properties", properties.unwrap_or_default());
    rest.shift_remove("additionalProperties");
    out.set("additionalProperties", false);
    out.extend(rest.shift_remove_entry("required"));
    Ok(())
}

fn each_member(schemas: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    schemas.iter().map(|(name, schema)| Ok((name.clone(), transformed(schema)?))).collect()
}

/// Adds keywords that the API does not support to the description, so that the model may follow them.
fn describe(rest: &Map<String, Value>, out: &mut Map<String, Value>) {
    if rest.is_empty() {
        return;
    }
    let keywords: Vec<_> = rest.iter().map(|(name, value)| format!("{name}: {}", to_text(value))).collect();
    let before = match out.get("description").and_then(Value::as_str) {
        Some(description) => format!("{description}\n\n"),
        None => String::new(),
    };
    out.set("description", format!("{before}{{{}}}", keywords.join(", ")));
}

fn is_primitive(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn untyped() -> Error {
    let message = "the schema must have a type, anyOf, oneOf, allOf, or a const or enum of simple values";
    Error::new(ErrorKind::InvalidRequest, message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn unsupported_keywords_are_described() {
        let schema = json!({"type": "integer", "minimum": 1, "maximum": 10, "description": "A number"});
        let wanted = json!({"type": "integer", "description": "A number\n\n{minimum: 1, maximum: 10}"});
        assert_eq!(transformed(&schema).unwrap(), wanted);
        let schema = json!({"type": "string", "format": "email", "default": "a"});
        assert_eq!(
            transformed(&schema).unwrap(),
            json!({"type": "string", "format": "email", "description": "{default: a}"})
        );
    }

    #[test]
    fn objects_are_closed_and_definitions_are_kept() {
        let schema = json!({
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"type": "array", "items": {"enum": ["x", null]}, "minItems": 2}},
            "required": ["a"],
            "$defs": {"A": {"oneOf": [{"type": "null"}, {"type": "string", "format": "phone"}]}},
        });
        let wanted = json!({
            "$defs": {"A": {"anyOf": [{"type": "null"}, {"type": "string", "description": "{format: phone}"}]}},
            "type": "object",
            "properties": {
                "a": {"$ref": "#/$defs/A"},
                "b": {"type": "array", "items": {"enum": ["x", null]}, "description": "{minItems: 2}"},
            },
            "additionalProperties": false,
            "required": ["a"],
        });
        assert_eq!(transformed(&schema).unwrap(), wanted);
        assert!(transformed(&json!({"description": "any"})).is_err());
    }
}
