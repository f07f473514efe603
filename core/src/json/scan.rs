//! Scanners for JSON text: the length of an object, the memory of its values, and the syntax of numbers.
//!
//! Invariant: pure functions without a parser. They return only positions next to ASCII bytes, at which UTF-8 text may be split.

use core::mem::size_of;

use crate::prelude::*;
use crate::text::escape::plain_length;
use crate::value::{Map, Value};

/// Returns the length of the JSON object at the start of a text; `None` if it has no end. Only quotes and brackets are examined.
pub(crate) fn object_length(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&b'{') {
        return None;
    }
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at + 1)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Returns the position after the closing quote of the string whose content starts at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += plain_length(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Estimates the memory of the values of a JSON text, in bytes. Stops above `limit`.
///
/// With `serde_json`, a list item needs 72 bytes for two bytes of text. Small lists and objects have capacity for four and three members,
/// so `[[0],[0]]` needs 90 times its length.
pub(crate) fn parsed_size(text: &str, limit: usize) -> usize {
    struct Open {
        slot: usize,
        used: usize,
        capacity: usize,
    }
    let bytes = text.as_bytes();
    let (mut open, mut size, mut at) = (Vec::<Open>::new(), bytes.len(), 0);
    let mut is_fresh = true;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b':' => continue,
            b',' => {
                is_fresh = true;
                continue;
            }
            b']' | b'}' => {
                open.pop();
                is_fresh = false;
                continue;
            }
            _ => {}
        }
        if is_fresh && let Some(container) = open.last_mut() {
            if container.used == container.capacity {
                let capacity = if container.capacity == 0 { 4 } else { container.capacity * 2 };
                size += (capacity - container.capacity) * container.slot;
                container.capacity = capacity;
            }
            container.used += 1;
        }
        is_fresh = false;
        match byte {
            b'"' => {
                size += TEXT_SIZE;
                at = string_end(bytes, at).unwrap_or(bytes.len());
            }
            b'[' | b'{' => {
                let is_object = byte == b'{';
                size += if is_object { OBJECT_SIZE } else { 0 };
                open.push(Open { slot: if is_object { MEMBER_SIZE } else { VALUE_SIZE }, used: 0, capacity: 0 });
                is_fresh = true;
            }
            _ => {}
        }
        if size > limit {
            break;
        }
    }
    size
}

/// Returns the memory of an object's members, including their texts, in bytes.
pub(crate) fn size_of_members(members: &Map<String, Value>) -> usize {
    let sizes = members.iter().map(|(name, value)| MEMBER_SIZE + TEXT_SIZE + name.len() + size_of_value(value));
    sizes.sum::<usize>() + OBJECT_SIZE
}

fn size_of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + TEXT_SIZE,
        Value::Array(items) => items.iter().map(|item| VALUE_SIZE + size_of_value(item)).sum(),
        Value::Object(members) => size_of_members(members),
        _ => 0,
    }
}

/// A value in a list. Without the feature `serde-json`, numbers and strings are allocated separately.
const VALUE_SIZE: usize = size_of::<Value>() + if cfg!(feature = "serde-json") { 0 } else { 16 };
/// A member of an object: hash, name and value.
const MEMBER_SIZE: usize = VALUE_SIZE + size_of::<String>() + 8;
/// An object without its members.
const OBJECT_SIZE: usize = 48;
/// Allocator overhead of a short string.
const TEXT_SIZE: usize = 24;

/// The state of a partial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Minus,
    Zero,
    Integer,
    Dot,
    Fraction,
    E,
    Sign,
    Exponent,
}

impl Number {
    /// Returns the state after the first byte of a number.
    pub(super) fn begin(byte: u8) -> Option<Self> {
        match byte {
            b'-' => Some(Self::Minus),
            b'0' => Some(Self::Zero),
            b'1'..=b'9' => Some(Self::Integer),
            _ => None,
        }
    }

    /// Returns the state after another byte, if the byte is valid.
    pub(super) fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Minus | Self::Integer, b'0'..=b'9') => Some(Self::Integer),
            (Self::Zero | Self::Integer, b'.') => Some(Self::Dot),
            (Self::Dot | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Some(Self::E),
            (Self::E, b'+' | b'-') => Some(Self::Sign),
            (Self::E | Self::Sign | Self::Exponent, b'0'..=b'9') => Some(Self::Exponent),
            _ => None,
        }
    }

    /// Returns whether the number may end here.
    pub(super) fn is_complete(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Exponent)
    }
}

/// Returns whether a number is in the range of a double, as decided by the conversion itself.
pub(super) fn is_in_range(text: &str) -> bool {
    // A shorter number without an exponent can't exceed the range.
    let is_small = text.len() < 300 && !text.bytes().any(|byte| byte == b'e' || byte == b'E');
    is_small || crate::value::number(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_length_equals_a_slow_search(bytes in prop::collection::vec(
            prop_oneof![Just(b'"'), Just(b'\\'), Just(0x1f), Just(0x20), Just(0x21), Just(0x23), Just(0x5d), any::<u8>()], 0..40,
        )) {
            let slow = bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            prop_assert_eq!(plain_length(&bytes), slow.unwrap_or(bytes.len()));
        }
    }
}
