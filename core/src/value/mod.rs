//! JSON values, and the way from text to them and back.
//!
//! Law: with the feature `serde`, the default, values are those of `serde_json`, which Rust programs know. Without it they are the
//! core's own ([`own`]): the same names, as far as the core uses them, at a tenth of the size in a wasm module. All else of the core
//! is written against this module, and can't tell the difference.
//!
//! Half a character, the escape of a surrogate without its other half, which no text can hold, is read as U+FFFD in both: it is no reason
//! to lose the rest, whoever wrote it.

use crate::prelude::*;

#[cfg(not(feature = "serde"))]
mod map;
mod number;
#[cfg(not(feature = "serde"))]
pub(crate) mod own;
pub(crate) mod write;

pub(crate) use number::{decimal, shown, tenths, whole};
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
    use crate::json::object_length;
    use crate::prelude::*;

    /// Reads a value; else says why there is none.
    pub(crate) fn parse(text: &str) -> Result<Value, String> {
        let parsed = serde_json::from_str(text).or_else(|why| match whole_characters(text) {
            Some(mended) => serde_json::from_str(&mended),
            None => Err(why),
        });
        parsed.map_err(|why| why.to_string())
    }

    /// Reads the object that the text begins with, and tells how many bytes it took.
    pub(crate) fn first_object(text: &str) -> Option<(Map<String, Value>, usize)> {
        let read = |text: &str| {
            let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
            let object = values.next()?.ok()?;
            Some((object, values.byte_offset()))
        };
        // An escape is as long as the one that takes its place. What follows the object is not looked at: it may be long, and hold many more.
        read(text).or_else(|| read(&whole_characters(text.get(..object_length(text.as_bytes())?)?)?))
    }

    /// JSON text whose escapes of surrogates without their other half are those of U+FFFD; `None` where there are none.
    fn whole_characters(json: &str) -> Option<String> {
        let mut mended = String::with_capacity(json.len());
        let mut found = false;
        let mut rest = json;
        while let Some((before, escape)) = rest.split_once('\\') {
            mended.push_str(before);
            let second = escape.get(5..).and_then(|tail| tail.strip_prefix('\\')).and_then(code_unit);
            let length = match (code_unit(escape), second) {
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 11,
                (Some(0xd800..=0xdfff), _) => {
                    found = true;
                    mended.push_str("\\ufffd");
                    rest = escape.get(5..).unwrap_or_default();
                    continue;
                }
                _ => escape.chars().next().map_or(0, char::len_utf8),
            };
            let (escape, tail) = escape.split_at_checked(length).unwrap_or((escape, ""));
            mended.push('\\');
            mended.push_str(escape);
            rest = tail;
        }
        mended.push_str(rest);
        found.then_some(mended)
    }

    /// The number in `uXXXX`.
    fn code_unit(escape: &str) -> Option<u32> {
        u32::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_characters_are_replaced() {
        for (given, wanted) in [
            ("\\ud83e\\udd80", "🦀"),
            ("\\ud83e", "\u{fffd}"),
            ("\\udd80\\ud83e", "\u{fffd}\u{fffd}"),
            ("\\\\ud83e \\ud83e", "\\ud83e \u{fffd}"),
            ("\\ud83e\\ud83e\\udd80\\n", "\u{fffd}🦀\n"),
            ("\\ud83eé", "\u{fffd}é"),
        ] {
            let text = format!("{{\"{given}\":\"{given}\"}}");
            let read = parse_object(&text).unwrap();
            assert_eq!(read.get(wanted).and_then(Value::as_str), Some(wanted), "{given}");
            assert_eq!(first_object(&format!("{text}{{")), Some((read, text.len())), "{given}");
        }
        for cut in ["\"\\ud83e", "\"\\ud83e\\", "\"\\ud83\"", "\"é\\"] {
            assert!(parse(cut).is_err(), "{cut}");
        }
    }
}
