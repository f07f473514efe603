//! JSON Schemas, as far as requests need them.
//!
//! Law: rewrites schemas for what endpoints accept, and values back. Whether a value fits a schema is not decided here: validators
//! are a matter of each runtime.

mod nulls;
mod strict;

pub use nulls::{remove_added_nulls, remove_added_nulls_at};
pub use strict::strict;

use crate::prelude::*;
use crate::value::{Members, Value, object};

/// The schema that a `$ref` within `root` names (`#`, `#/$defs/Name`); the schema itself where it is none.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A chain of references that is longer is a circle.
    for _ in 0..16 {
        let Some(pointer) = schema.get("$ref").and_then(Value::as_str) else { break };
        let Some(target) = pointer.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else { break };
        schema = target;
    }
    schema
}

/// Whether values of this schema are objects, and nothing else.
pub fn is_object(schema: &Value) -> bool {
    let target = resolve(schema, schema);
    target.get("type").is_some_and(|kind| kind == "object")
        || (target.get("type").is_none() && target.get("properties").is_some())
}

/// Whether values of this schema are arrays, and nothing else.
pub fn is_array(schema: &Value) -> bool {
    resolve(schema, schema).get("type").is_some_and(|kind| kind == "array")
}

/// The schema with its root in place: one whose root only names a definition is that definition, since endpoints want to see an object.
pub fn with_root(schema: &Value) -> Value {
    let (Value::Object(fields), Value::Object(target)) = (schema, resolve(schema, schema)) else {
        return schema.clone();
    };
    if !fields.contains_key("$ref") || fields.get("$ref").is_some_and(|pointer| pointer == "#") {
        return schema.clone();
    }
    let mut whole = target.clone();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "$ref") {
        whole.entry(name.as_str()).or_insert_with(|| value.clone());
    }
    whole.into()
}

/// A schema of an object whose member `value` is what `schema` describes: endpoints want an object at the root.
pub fn wrap(schema: &Value) -> Value {
    let mut inner = schema.clone();
    let mut outer = object([("type", "object".into())]);
    if let Value::Object(fields) = &mut inner {
        // References name places from the root on.
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

/// References to the root follow it to its new place.
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
