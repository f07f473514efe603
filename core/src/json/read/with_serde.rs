//! Reading with `serde_json`.

use crate::json::object_length;
use crate::prelude::*;
use crate::value::{Map, Value};

/// Reads a value; else says why there is none.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let parsed = serde_json::from_str(text).or_else(|why| match replace_lone_surrogates(text) {
        Some(repaired) => serde_json::from_str(&repaired),
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
    // An escape is as long as the one that takes its position. What follows the object is not looked at: it may be long, and hold many more.
    read(text).or_else(|| read(&replace_lone_surrogates(text.get(..object_length(text.as_bytes())?)?)?))
}

/// JSON text whose escapes of surrogates without their other half are those of U+FFFD; `None` where there are none.
fn replace_lone_surrogates(json: &str) -> Option<String> {
    let mut repaired = String::with_capacity(json.len());
    let mut found = false;
    let mut rest = json;
    while let Some((before, escape)) = rest.split_once('\\') {
        repaired.push_str(before);
        let second = escape.get(5..).and_then(|tail| tail.strip_prefix('\\')).and_then(code_unit);
        let length = match (code_unit(escape), second) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 11,
            (Some(0xd800..=0xdfff), _) => {
                found = true;
                repaired.push_str("\\ufffd");
                rest = escape.get(5..).unwrap_or_default();
                continue;
            }
            _ => escape.chars().next().map_or(0, char::len_utf8),
        };
        let (escape, tail) = escape.split_at_checked(length).unwrap_or((escape, ""));
        repaired.push('\\');
        repaired.push_str(escape);
        rest = tail;
    }
    repaired.push_str(rest);
    found.then_some(repaired)
}

/// The number in `uXXXX`.
fn code_unit(escape: &str) -> Option<u32> {
    u32::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()
}

/// Whether a text is one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
