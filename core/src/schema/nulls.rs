//! Removes nulls that stand for missing optional members.
//!
//! Invariant: a null is removed only if the user's schema makes the member optional and doesn't allow null. Strict mode has no optional members,
//! so `strict` made them nullable.

use crate::value::Value;

use super::resolve;

/// Removes the members of `value` that are null because `schema` was made strict.
pub fn remove_added_nulls(value: &mut Value, schema: &Value) {
    remove(value, schema, schema);
}

/// Removes such members from an element of an answer at a path (`items.*`, `items.0`), if `root` has a schema for it.
pub fn remove_added_nulls_at(value: &mut Value, path: &str, root: &Value) {
    let mut schema = Some(root);
    for name in path.split('.').filter(|name| !name.is_empty()) {
        schema = schema.and_then(|schema| step(schema, name, root));
    }
    // The path of an array selects its items.
    let items = schema.filter(|_| !path.ends_with('*')).and_then(|schema| step(schema, "*", root));
    if let Some(schema) = items.or(schema) {
        remove(value, schema, root);
    }
}

/// The schema of a member, or of an array's items.
fn step<'a>(schema: &'a Value, name: &str, root: &'a Value) -> Option<&'a Value> {
    let schema = resolve(schema, root);
    let member = schema.get("properties").and_then(|members| members.get(name));
    let is_index = name == "*" || name.parse::<usize>().is_ok();
    let branches = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| schema.get(name)?.as_array());
    member
        .or_else(|| schema.get("items").filter(|_| is_index))
        .or_else(|| branches.flatten().find_map(|branch| step(branch, name, root)))
}

fn remove(value: &mut Value, schema: &Value, root: &Value) {
    let schema = resolve(schema, root);
    for name in ["anyOf", "oneOf", "allOf"] {
        for branch in schema.get(name).and_then(Value::as_array).into_iter().flatten() {
            if fits(value, resolve(branch, root)) {
                remove(value, branch, root);
            }
        }
    }
    match value {
        Value::Object(members) => {
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
            let required = |name: &str| {
                schema
                    .get("required")
                    .and_then(Value::as_array)
                    .is_some_and(|names| names.iter().any(|other| other == name))
            };
            members.retain(|name, value| {
                let Some(property) = properties.get(name) else { return true };
                !value.is_null() || required(name) || allows_null(property, root)
            });
            for (name, property) in properties {
                if let Some(value) = members.get_mut(name) {
                    remove(value, property, root);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for item in items.iter_mut() {
                    remove(item, schema, root);
                }
            }
        }
        _ => {}
    }
}

/// Whether a value may belong to a branch: the branch has all members of an object.
fn fits(value: &Value, branch: &Value) -> bool {
    match (value, branch.get("properties").and_then(Value::as_object)) {
        (Value::Object(members), Some(properties)) => members.iter().all(|(name, value)| {
            let property = properties.get(name);
            // A tag distinguishes branches.
            let tag = property.and_then(|property| property.get("const"));
            property.is_some() && tag.is_none_or(|tag| tag == value)
        }),
        (Value::Array(_), _) => branch.get("items").is_some(),
        _ => false,
    }
}

/// Whether a schema allows null.
pub(super) fn allows_null(schema: &Value, root: &Value) -> bool {
    let schema = resolve(schema, root);
    let Value::Object(fields) = schema else { return schema == &Value::Bool(true) };
    let null = |value: &Value| value == "null";
    let listed = match fields.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(null),
        Some(kind) => null(kind),
        None => match (fields.get("enum"), fields.get("const")) {
            (Some(Value::Array(values)), _) => values.contains(&Value::Null),
            (_, Some(constant)) => constant.is_null(),
            _ => !["anyOf", "oneOf", "allOf", "properties", "items"].into_iter().any(|name| fields.contains_key(name)),
        },
    };
    let branches = ["anyOf", "oneOf"].into_iter().filter_map(|name| fields.get(name)?.as_array());
    listed || branches.flatten().any(|branch| allows_null(branch, root))
}
