//! JSON Schemas of requests.
//!
//! Invariant: this module converts schemas to the form that endpoints accept, and values back. It does not validate values: each runtime has its
//! own validator.

mod nulls;
mod strict;
#[cfg(feature = "catalog")]
mod transformed;

pub use nulls::{remove_added_nulls, remove_added_nulls_at};
pub use strict::strict;
#[cfg(feature = "catalog")]
pub use transformed::transformed;

use crate::prelude::*;
use crate::value::{Members, Value, object};

/// Resolves a `$ref` within `root` (`#`, `#/$defs/Name`). Returns a schema without one unchanged.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A longer chain of references is a cycle.
    for _ in 0..16 {
        let Some(pointer) = schema.get("$ref").and_then(Value::as_str) else { break };
        let Some(target) = pointer.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else { break };
        schema = target;
    }
    schema
}

/// Whether all values of this schema are objects.
pub fn is_object(schema: &Value) -> bool {
    let target = resolve(schema, schema);
    target.get("type").is_some_and(|kind| kind == "object")
        || (target.get("type").is_none() && target.get("properties").is_some())
}

/// Whether all values of this schema are arrays.
pub fn is_array(schema: &Value) -> bool {
    resolve(schema, schema).get("type").is_some_and(|kind| kind == "array")
}

/// Replaces a reference at the root by its definition, since endpoints require an object there.
pub fn with_root(schema: &Value) -> Value {
    let (Value::Object(fields), Value::Object(target)) = (schema, resolve(schema, schema)) else {
        return schema.clone();
    };
    if !fields.contains_key("$ref") || fields.get("$ref").is_some_and(|pointer| pointer == "#") {
        return schema.clone();
    }
    let mut root = target.clone();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "$ref") {
        root.entry(name.as_str()).or_insert_with(|| value.clone());
    }
    root.into()
}

/// Wraps a schema in that of an object with the member `value`, since endpoints require an object at the root.
pub fn wrap(schema: &Value) -> Value {
    let mut inner = schema.clone();
    let mut outer = object([("type", "object".into())]);
    if let Value::Object(fields) = &mut inner {
        // References are paths from the root.
        for name in ["$defs", "definitions"] {
            if let Some(definitions) = fields.shift_remove(name) {
                outer.insert(name.to_owned(), definitions);
            }
        }
        fields.shift_remove("$schema");
    }
    move_root(&mut inner);
    outer.set("properties", object([("value", inner)]));
    outer.set("required", vec![Value::from("value")]);
    outer.set("additionalProperties", false);
    outer.into()
}

/// Updates references to the root after it was moved to the member `value`.
fn move_root(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("$ref").is_some_and(|pointer| pointer == "#") {
                fields.set("$ref", "#/properties/value");
            }
            fields.values_mut().for_each(move_root);
        }
        Value::Array(items) => items.iter_mut().for_each(move_root),
        _ => {}
    }
}
