//! Bytes inside strings and numbers: where plain text ends, and what a number may go on with.
//!
//! Pure functions over bytes that know no parser: also how long an object is and how much memory a text takes once it is parsed, without
//! parsing it. Every end that they find is an ASCII byte, so that text may be cut there.

use core::mem::size_of;

use crate::prelude::*;
use crate::text::escape::plain_length;
use crate::value::{Map, Value};

/// The length of the JSON object that the text begins with, judged by its quotes and brackets alone; `None` where it has no end.
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

/// The position after the closing quote of the string whose inside begins at `at`.
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

/// An estimate of the memory, in bytes, that the values of a JSON text take once it is parsed. Stops counting above `limit`.
///
/// A list's items cost 72 bytes each with `serde_json`, for two bytes of text; small lists and objects have capacity for four and three
/// members, which makes `[[0],[0]]` cost 90 times its text.
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

/// The memory, in bytes, of an object's members, their texts included.
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

/// A value in a list; without the feature `serde`, numbers and texts lie elsewhere.
const VALUE_SIZE: usize = size_of::<Value>() + if cfg!(feature = "serde") { 0 } else { 16 };
/// A member of an object: its hash, its name, its value.
const MEMBER_SIZE: usize = VALUE_SIZE + size_of::<String>() + 8;
/// What an object takes besides its members.
const OBJECT_SIZE: usize = 48;
/// What an allocator adds to a short text.
const TEXT_SIZE: usize = 24;

/// How far a number was read.
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
    /// What a number is that begins with this byte.
    pub(super) fn begin(byte: u8) -> Option<Self> {
        match byte {
            b'-' => Some(Self::Minus),
            b'0' => Some(Self::Zero),
            b'1'..=b'9' => Some(Self::Integer),
            _ => None,
        }
    }

    /// What it is with this byte, if it may go on so.
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

    /// Whether a number may end here.
    pub(super) fn is_complete(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Exponent)
    }
}

/// Whether a number, written so, has a value that a double holds. The same code decides as where it is converted.
pub(super) fn is_in_range(text: &str) -> bool {
    // Nothing shorter without an exponent reaches the largest double.
    let is_small = text.len() < 300 && !text.bytes().any(|byte| byte == b'e' || byte == b'E');
    is_small || crate::value::number(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_text_ends_where_a_slow_search_says(bytes in prop::collection::vec(
            prop_oneof![Just(b'"'), Just(b'\\'), Just(0x1f), Just(0x20), Just(0x21), Just(0x23), Just(0x5d), any::<u8>()], 0..40,
        )) {
            let slow = bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            prop_assert_eq!(plain_length(&bytes), slow.unwrap_or(bytes.len()));
        }
    }
}
