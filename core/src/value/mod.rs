//! JSON values, and the way from text to them and back.
//!
//! Law: with the feature `serde`, the default, values are those of `serde_json`, which Rust programs know. Without it they are the
//! core's own ([`own`]): the same names, as far as the core uses them, at a tenth of the size in a wasm module. All else of the core
//! is written against this module, and can't tell the difference.
//!
//! Half a character, the escape of a surrogate without its other half, which no text can hold, is read as U+FFFD in both: it is no reason
//! to lose the rest, whoever wrote it.

use crate::prelude::*;

pub mod fields;
#[cfg(not(feature = "serde"))]
mod map;
#[cfg(not(feature = "serde"))]
pub(crate) mod own;
pub mod shape;
pub(crate) mod write;

#[cfg(feature = "serde")]
pub use serde_json::{Map, Number, Value};
#[cfg(not(feature = "serde"))]
pub use {
    map::Map,
    own::{Number, ToValue, Value},
};

#[cfg(not(feature = "serde"))]
pub(crate) use own::{number, seconds};
#[cfg(feature = "serde")]
pub(crate) use with_serde::{number, seconds};

/// A whole number that isn't negative; servers also send it as a text or with a decimal point.
pub(crate) fn integer(value: &Value) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and not negative")]
    let from_float = |number: f64| (number >= 0.0 && number % 1.0 == 0.0).then_some(number as u64);
    match value {
        Value::Number(number) => number.as_u64().or_else(|| from_float(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// What every object is asked for. A function that is called is much shorter than one that is written out at each of its many callers.
pub(crate) trait Members {
    /// Sets a member.
    fn set(&mut self, name: &str, value: impl Into<Value>);
    /// Sets all members that `others` has.
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

/// An object of these members.
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

/// The text that a value is.
pub(crate) fn into_text(value: Value) -> Option<String> {
    match value {
        #[cfg(feature = "serde")]
        Value::String(text) => Some(text),
        #[cfg(not(feature = "serde"))]
        Value::String(text) => Some(*text),
        _ => None,
    }
}

/// The items of a list; none of anything else.
#[inline(never)]
pub(crate) fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    }
}

/// A number such as an index, which is 0 where it is missing.
#[inline(never)]
pub(crate) fn index(value: Option<&Value>) -> u64 {
    value.and_then(Value::as_u64).unwrap_or(0)
}

/// The list that a value is.
pub(crate) fn into_list(value: Value) -> Option<Vec<Value>> {
    match value {
        #[cfg(feature = "serde")]
        Value::Array(items) => Some(items),
        #[cfg(not(feature = "serde"))]
        Value::Array(items) => Some(*items),
        _ => None,
    }
}

/// Names and values as a list of lists of two.
pub(crate) fn pairs(pairs: &[(String, String)]) -> Value {
    pairs.iter().map(|(name, value)| Value::from(vec![Value::from(name.as_str()), value.as_str().into()])).collect()
}

#[cfg(feature = "serde")]
mod with_serde {
    use core::time::Duration;

    use super::{Number, Value};

    /// A number of JSON's grammar, unless it is beyond what a double holds.
    pub(crate) fn number(text: &str) -> Option<Number> {
        text.parse().ok()
    }

    /// A duration in seconds.
    pub(crate) fn seconds(duration: Duration) -> Value {
        duration.as_secs_f64().into()
    }
}
