//! JSON Schemas as types of TypeScript, as openai-harmony writes them.
//!
//! Invariant: the text is openai-harmony's, with its order of comments and its white space.

use core::fmt::Write as _;

use crate::prelude::*;
use crate::value::{Value, items};

/// Appends a comment.
pub(super) fn comment(out: &mut String, indent: &str, text: &str) {
    let _ = writeln!(out, "{indent}// {text}");
}

/// Appends the type of a schema. Lines after the first one begin with `indent`.
pub(super) fn write(out: &mut String, schema: &Value, indent: &str) {
    if let Some(Value::Array(variants)) = schema.get("oneOf") {
        for variant in variants {
            let _ = write!(out, "\n{indent} | ");
            write_nullable(out, variant, &format!("{indent}   "));
            // Here, and only here, the default of an enumeration is JSON.
            let default = variant.get("default").map(|default| format!("default: {default}"));
            let default = if is_enumeration(variant) { default } else { default_of(variant) };
            trailing_comment(out, text(variant, "description"), default.as_deref());
        }
        return;
    }
    if let Some(Value::Array(types)) = schema.get("type") {
        let names: Vec<_> = types.iter().filter_map(Value::as_str).map(name_of).collect();
        if !names.is_empty() {
            out.push_str(&names.join(" | "));
            return;
        }
    }
    match text(schema, "type") {
        Some("object") => object(out, schema, indent),
        Some("string") => {
            let values: Vec<_> = items(schema.get("enum"))
                .iter()
                .filter_map(Value::as_str)
                .map(|value| format!("\"{value}\""))
                .collect();
            out.push_str(&if values.is_empty() { "string".to_owned() } else { values.join(" | ") });
        }
        Some("number" | "integer") => out.push_str("number"),
        Some("boolean") => out.push_str("boolean"),
        Some("array") => match schema.get("items") {
            Some(schema) => {
                write(out, schema, indent);
                out.push_str("[]");
            }
            None => out.push_str("Array<any>"),
        },
        _ => out.push_str("any"),
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn name_of(name: &str) -> &str {
    if name == "integer" { "number" } else { name }
}

fn object(out: &mut String, schema: &Value, indent: &str) {
    if let Some(description) = text(schema, "description") {
        comment(out, indent, description);
    }
    out.push_str("{\n");
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let required = items(schema.get("required"));
        for (name, property) in properties {
            let mark = if required.iter().any(|required| required == name.as_str()) { "" } else { "?" };
            if let Some(title) = text(property, "title") {
                let _ = write!(out, "{indent}// {title}\n{indent}//\n");
            }
            if let Some(description) = text(property, "description").filter(|_| property.get("oneOf").is_none()) {
                comment(out, indent, description);
            }
            examples(out, property, indent);
            if let Some(Value::Array(variants)) = property.get("oneOf") {
                union(out, (name, mark), property, variants, indent);
                continue;
            }
            let _ = write!(out, "{indent}{name}{mark}: ");
            write_nullable(out, property, &format!("{indent}    "));
            out.push(',');
            if let Some(default) = default_of(property).filter(|_| property.get("oneOf").is_none()) {
                let _ = write!(out, " // {default}");
            }
            out.push('\n');
        }
    }
    out.push_str(indent);
    out.push('}');
}

fn examples(out: &mut String, property: &Value, indent: &str) {
    let examples = items(property.get("examples"));
    if examples.is_empty() {
        return;
    }
    comment(out, indent, "Examples:");
    for example in examples.iter().filter_map(Value::as_str) {
        comment(out, indent, &format!("- \"{example}\""));
    }
}

/// Appends a property with `oneOf`: a variant each line.
fn union(out: &mut String, (name, mark): (&str, &str), property: &Value, variants: &[Value], indent: &str) {
    let description = text(property, "description");
    let of_first = variants.first().and_then(|first| text(first, "description"));
    let is_above = description.is_some() && description != of_first;
    if let Some(description) = description.filter(|_| is_above) {
        comment(out, indent, description);
    }
    if let Some(default) = default_of(property) {
        comment(out, indent, &default);
    }
    let _ = writeln!(out, "{indent}{name}{mark}:");
    for (index, variant) in variants.iter().enumerate() {
        let _ = write!(out, "{indent} | ");
        write_nullable(out, variant, &format!("{indent}   "));
        let own = text(variant, "description").filter(|own| !(index == 0 && is_above) && Some(*own) != description);
        trailing_comment(out, own, default_of(variant).as_deref());
        out.push('\n');
    }
    let _ = writeln!(out, "{indent},");
}

/// Appends the type of a schema, with `null` if it is `nullable`.
fn write_nullable(out: &mut String, schema: &Value, indent: &str) {
    let start = out.len();
    write(out, schema, indent);
    let is_nullable = schema.get("nullable") == Some(&Value::Bool(true));
    if is_nullable && !out.get(start..).is_some_and(|written| written.contains("null")) {
        out.push_str(" | null");
    }
}

/// Appends the comment after a variant: its description, and its default.
fn trailing_comment(out: &mut String, description: Option<&str>, default: Option<&str>) {
    let comments: Vec<_> = description.into_iter().chain(default).collect();
    if !comments.is_empty() {
        let _ = write!(out, " // {}", comments.join(" "));
    }
}

fn is_enumeration(schema: &Value) -> bool {
    !items(schema.get("enum")).is_empty()
}

/// The default of a schema, as a comment. That of an enumeration has no quotes.
fn default_of(schema: &Value) -> Option<String> {
    let default = schema.get("default")?;
    Some(match default.as_str() {
        Some(text) if !is_enumeration(schema) => format!("default: \"{text}\""),
        Some(text) => format!("default: {text}"),
        None => format!("default: {default}"),
    })
}
