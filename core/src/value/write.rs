//! Serialization of values to JSON text.
//!
//! Strings are scanned by words of eight bytes and copied in pieces.

use super::{Map, Value};
use crate::prelude::*;
pub(crate) use crate::text::escape::{string, text};

/// Appends an integer.
pub(crate) fn integer(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut left = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or_default();
        used += 1;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// Appends a list.
pub(crate) fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item);
    }
    out.push(b']');
}

/// Appends an object.
pub(crate) fn map(out: &mut Vec<u8>, members: &Map<String, Value>) {
    out.push(b'{');
    for (index, (name, member)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(out, name);
        out.push(b':');
        value(out, member);
    }
    out.push(b'}');
}

/// Appends a value.
pub(crate) fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::String(text) => string(out, text),
        Value::Number(number) => match number.as_u64() {
            Some(number) => integer(out, number),
            None => out.extend_from_slice(number.to_string().as_bytes()),
        },
        Value::Array(items) => list(out, items.iter(), self::value),
        Value::Object(members) => map(out, members),
    }
}
