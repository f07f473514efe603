//! Parsing with `serde_json`.

use crate::json::object_length;
use crate::prelude::*;
use crate::value::{Map, Value};

/// Parses a value. The error is a message.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let parsed = serde_json::from_str(text).or_else(|reason| match replace_lone_surrogates(text) {
        Some(repaired) => serde_json::from_str(&repaired),
        None => Err(reason),
    });
    parsed.map_err(|reason| reason.to_string())
}

/// Parses the object at the start of a text; returns the number of bytes consumed.
pub(crate) fn first_object(text: &str) -> Option<(Map<String, Value>, usize)> {
    let read = |text: &str| {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
        let object = values.next()?.ok()?;
        Some((object, values.byte_offset()))
    };
    // The replaced escape has the same length. The text after the object is skipped, because it may be long and contain many objects.
    read(text).or_else(|| read(&replace_lone_surrogates(text.get(..object_length(text.as_bytes())?)?)?))
}

/// Replaces escapes of lone surrogates by U+FFFD; `None` if there are none.
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

/// Parses `uXXXX`.
fn code_unit(escape: &str) -> Option<u32> {
    u32::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()
}

/// Returns whether a text is a JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
