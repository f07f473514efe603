//! JSON Schemas as types of TypeScript, as the template of the gpt-oss models writes them.
//!
//! Invariant: the text is the template's, with its white space and what it leaves out.

use crate::prelude::*;
use crate::value::{Map, Value, items, to_text, write};

/// The longest type of a list's items. A longer one is `any`.
const MAX_ITEM_LENGTH: usize = 50;

/// Appends the parameters of a function.
pub(super) fn parameters(out: &mut String, schema: Option<&Value>) {
    let Some((schema, properties)) = schema.and_then(|schema| Some((schema, properties(schema)?))) else {
        out.push_str("()");
        return;
    };
    out.push_str("(_: {\n");
    for (name, property) in properties {
        if let Some(description) = text(property, "description") {
            out.push_str("// ");
            out.push_str(description);
            out.push('\n');
        }
        key(out, name, schema);
        type_of(out, property);
        if let Some(default) = property.get("default") {
            if !items(property.get("enum")).is_empty() {
                out.push_str(", // default: ");
                out.push_str(&to_text(default));
            } else if !items(property.get("oneOf")).is_empty() {
                out.push_str("// default: ");
                out.push_str(&to_text(default));
            } else {
                out.push_str(", // default: ");
                json(out, default);
            }
        }
        out.push_str(",\n");
    }
    out.push_str("})");
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    match schema.get("properties") {
        Some(Value::Object(properties)) if !properties.is_empty() => Some(properties),
        _ => None,
    }
}

/// A text that is not empty.
fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn key(out: &mut String, name: &str, schema: &Value) {
    out.push_str(name);
    if !items(schema.get("required")).iter().any(|required| required == name) {
        out.push('?');
    }
    out.push_str(": ");
}

fn type_of(out: &mut String, schema: &Value) {
    let kind = schema.get("type").and_then(Value::as_str);
    let variants = items(schema.get("oneOf"));
    if kind == Some("array") {
        list(out, schema);
    } else if let Some(Value::Array(kinds)) = schema.get("type").filter(|kinds| !items(Some(kinds)).is_empty()) {
        out.push_str(&kinds.iter().map(to_text).collect::<Vec<_>>().join(" | "));
    } else if !variants.is_empty() {
        union(out, variants);
    } else {
        match kind {
            Some("string") => string(out, schema),
            Some("number" | "integer") => out.push_str("number"),
            Some("boolean") => out.push_str("boolean"),
            Some("object") => object(out, schema),
            _ => out.push_str("any"),
        }
    }
}

fn list(out: &mut String, schema: &Value) {
    let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    let mut inner = String::new();
    match schema.get("items").filter(|items| !is_empty(items)) {
        None => inner.push_str("any"),
        Some(items) => match items.get("type").and_then(Value::as_str) {
            Some("string") => inner.push_str("string"),
            Some("number" | "integer") => inner.push_str("number"),
            Some("boolean") => inner.push_str("boolean"),
            _ => {
                type_of(&mut inner, items);
                if inner == "object | object" || inner.chars().count() > MAX_ITEM_LENGTH {
                    "any".clone_into(&mut inner);
                }
            }
        },
    }
    out.push_str(&inner);
    out.push_str("[]");
    null(out, schema);
}

fn null(out: &mut String, schema: &Value) {
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        out.push_str(" | null");
    }
}

fn union(out: &mut String, variants: &[Value]) {
    for (index, variant) in variants.iter().enumerate() {
        type_of(out, variant);
        if let Some(description) = text(variant, "description") {
            out.push_str("// ");
            out.push_str(description);
        }
        if let Some(default) = variant.get("default") {
            // The template's own indentation is in the prompt.
            out.push_str("                    // default: ");
            json(out, default);
        }
        if index + 1 < variants.len() {
            out.push_str(" | \n");
        }
    }
}

fn string(out: &mut String, schema: &Value) {
    let values = items(schema.get("enum"));
    if values.is_empty() {
        out.push_str("string");
        null(out, schema);
    } else {
        out.push('"');
        out.push_str(&values.iter().map(to_text).collect::<Vec<_>>().join("\" | \""));
        out.push('"');
    }
}

fn object(out: &mut String, schema: &Value) {
    let Some(properties) = properties(schema) else {
        out.push_str("object");
        return;
    };
    out.push_str("{\n");
    for (index, (name, property)) in properties.into_iter().enumerate() {
        key(out, name, schema);
        // The template's own indentation is in the prompt.
        out.push_str("\n                ");
        type_of(out, property);
        if index + 1 < properties.len() {
            out.push_str(", ");
        }
    }
    out.push('}');
}

/// Appends JSON with a space after each comma and colon, as Python writes it.
fn json(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                json(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                json_text(out, name);
                out.push_str(": ");
                json(out, member);
            }
            out.push('}');
        }
        value => out.push_str(&value.to_string()),
    }
}

fn json_text(out: &mut String, text: &str) {
    let mut written = Vec::new();
    write::string(&mut written, text);
    out.push_str(&write::text(written));
}
