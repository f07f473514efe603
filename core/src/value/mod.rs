//! JSON values, and the way from text to them and back.
//!
//! Law: with the feature `serde`, the default, values are those of `serde_json`, which Rust programs know. Without it they are the
//! core's own ([`own`]): the same names, as far as the core uses them, at a tenth of the size in a wasm module. All else of the core
//! is written against this module, and can't tell the difference.

use crate::prelude::*;

#[cfg(not(feature = "serde"))]
mod map;
mod number;
#[cfg(not(feature = "serde"))]
pub(crate) mod own;
pub(crate) mod write;

pub(crate) use number::{decimal, shown, tenths};
#[cfg(feature = "serde")]
pub use serde_json::{Map, Number, Value};
#[cfg(not(feature = "serde"))]
pub use {
    map::Map,
    own::{Number, ToValue, Value},
};

#[cfg(not(feature = "serde"))]
pub(crate) use own::json;
#[cfg(feature = "serde")]
pub(crate) use serde_json::json;

#[cfg(not(feature = "serde"))]
pub(crate) use own::{first_object, is_json, number, parse, seconds};
#[cfg(feature = "serde")]
pub(crate) use with_serde::{first_object, is_json, number, parse, seconds};

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

/// Reads an object.
pub(crate) fn parse_object(text: &str) -> Result<Map<String, Value>, String> {
    match parse(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("it is JSON, but no object".to_owned()),
        Err(why) => Err(why),
    }
}

#[cfg(feature = "serde")]
mod with_serde {
    use core::time::Duration;

    use super::{Map, Number, Value};

    /// Reads a value; else says why there is none.
    pub(crate) fn parse(text: &str) -> Result<Value, String> {
        serde_json::from_str(text).map_err(|why| why.to_string())
    }

    /// Reads the object that the text begins with, and tells how many bytes it took.
    pub(crate) fn first_object(text: &str) -> Option<(Map<String, Value>, usize)> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
        let object = values.next()?.ok()?;
        Some((object, values.byte_offset()))
    }

    /// Whether a text is one JSON value.
    pub(crate) fn is_json(text: &str) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    }

    /// A number of JSON's grammar, unless it is beyond what a double holds.
    pub(crate) fn number(text: &str) -> Option<Number> {
        text.parse().ok()
    }

    /// A duration in seconds.
    pub(crate) fn seconds(duration: Duration) -> Value {
        duration.as_secs_f64().into()
    }
}
