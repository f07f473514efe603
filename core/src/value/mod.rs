//! JSON values, and their reading and writing.
//!
//! Invariant: with the default feature `serde-json`, values are those of `serde_json`. Without it, they are the core's own (`own`), with the
//! same names and a tenth of the size in a wasm module. All other modules use this one and don't depend on the choice.
//!
//! A lone surrogate escape becomes U+FFFD in both, because it is no reason to lose the rest of a text.

use crate::prelude::*;

pub mod fields;
#[cfg(not(feature = "serde-json"))]
mod map;
#[cfg(not(feature = "serde-json"))]
pub(crate) mod own;
pub mod shape;
pub(crate) mod write;

#[cfg(feature = "serde-json")]
pub use serde_json::{Map, Number, Value};
#[cfg(not(feature = "serde-json"))]
pub use {
    map::Map,
    own::{Number, ToValue, Value},
};

#[cfg(not(feature = "serde-json"))]
pub(crate) use own::{number, seconds};
#[cfg(feature = "serde-json")]
pub(crate) use with_serde::{number, seconds};

/// Returns a non-negative integer, which servers may also send as a string or with a decimal point.
pub(crate) fn integer(value: &Value) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and not negative")]
    let from_float = |number: f64| (number >= 0.0 && number % 1.0 == 0.0).then_some(number as u64);
    match value {
        Value::Number(number) => number.as_u64().or_else(|| from_float(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Helpers for JSON objects. They are functions instead of inlined code, because they have many callers in a wasm module.
pub(crate) trait Members {
    /// Sets a member.
    fn set(&mut self, name: &str, value: impl Into<Value>);
    /// Sets all members of `others`.
    fn copy(&mut self, others: &Self);
}

impl Members for Map<String, Value> {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        set(self, name, value.into());
    }

    fn copy(&mut self, others: &Self) {
        for (name, value) in others {
            set(self, name, value.clone());
        }
    }
}

#[inline(never)]
fn set(members: &mut Map<String, Value>, name: &str, value: Value) {
    members.insert(name.to_owned(), value);
}

/// Creates an object.
pub(crate) fn object<const N: usize>(mut members: [(&str, Value); N]) -> Map<String, Value> {
    object_of(&mut members)
}

fn object_of(members: &mut [(&str, Value)]) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in members {
        set(&mut object, name, value.take());
    }
    object
}

/// Converts a string value to text.
pub(crate) fn into_text(value: Value) -> Option<String> {
    match value {
        #[cfg(feature = "serde-json")]
        Value::String(text) => Some(text),
        #[cfg(not(feature = "serde-json"))]
        Value::String(text) => Some(*text),
        _ => None,
    }
}

/// Returns the value at a JSON pointer; null if there is none.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    const NONE: &Value = &Value::Null;
    value.pointer(pointer).unwrap_or(NONE)
}

/// Returns the items of a list; empty for other values.
#[inline(never)]
pub(crate) fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    }
}

/// Returns an index; 0 if it is missing.
#[inline(never)]
pub(crate) fn index(value: Option<&Value>) -> u64 {
    value.and_then(Value::as_u64).unwrap_or(0)
}

/// Converts a list value to its items.
pub(crate) fn into_list(value: Value) -> Option<Vec<Value>> {
    match value {
        #[cfg(feature = "serde-json")]
        Value::Array(items) => Some(items),
        #[cfg(not(feature = "serde-json"))]
        Value::Array(items) => Some(*items),
        _ => None,
    }
}

/// The members of a request that may name its model. The first one that a request has counts.
pub const MODEL_FIELDS: [&str; 2] = ["model", "model_id"];

/// Returns the model of a request. `member`: returns the member of a name.
pub fn model_of<'v>(member: impl FnMut(&str) -> Option<&'v Value>) -> Option<&'v str> {
    MODEL_FIELDS.into_iter().find_map(member).and_then(Value::as_str)
}

/// Returns a string itself, and any other value as JSON.
pub(crate) fn to_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Converts name-value pairs to a list of two-item lists.
pub(crate) fn pairs(pairs: &[(String, String)]) -> Value {
    pairs.iter().map(|(name, value)| Value::from(vec![Value::from(name.as_str()), value.as_str().into()])).collect()
}

#[cfg(feature = "serde-json")]
mod with_serde {
    use core::time::Duration;

    use super::{Number, Value};

    /// Parses a JSON number; `None` if it exceeds the range of a double.
    pub(crate) fn number(text: &str) -> Option<Number> {
        text.parse().ok()
    }

    /// Converts a duration to seconds.
    pub(crate) fn seconds(duration: Duration) -> Value {
        duration.as_secs_f64().into()
    }
}
