//! Search in texts.
//!
//! Naive on purpose: the patterns are short constants, so that the time is linear, and the standard library's search is a large part of a
//! wasm module.

use crate::prelude::*;
use crate::value::write;

/// Where `what` begins first.
pub(crate) fn find(text: &str, what: &str) -> Option<usize> {
    find_bytes(text.as_bytes(), what.as_bytes())
}

/// Where `what` begins first.
pub(crate) fn find_bytes(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Where the first line feed or carriage return is.
#[cfg(feature = "serde")]
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2(b'\n', b'\r', bytes)
}

/// Where the first line feed or carriage return is: a word at a time.
#[cfg(not(feature = "serde"))]
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (words, rest) = bytes.as_chunks::<8>();
    let has = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        zero(word ^ (ONES * u64::from(b'\n'))) | zero(word ^ (ONES * u64::from(b'\r'))) != 0
    };
    let start = words.iter().position(has).unwrap_or(words.len()) * 8;
    let rest = if start < words.len() * 8 { bytes.get(start..)? } else { rest };
    Some(start + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?)
}

/// Whether `what` stands in a text.
pub(crate) fn contains(text: &str, what: &str) -> bool {
    find(text, what).is_some()
}

/// What stands before and after the first `what`.
pub(crate) fn split<'t>(text: &'t str, what: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text, what)?;
    Some((text.get(..at)?, text.get(at + what.len()..)?))
}

/// The text with each `what` replaced.
pub(crate) fn replace(text: &str, what: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = split(rest, what) {
        out.push_str(before);
        out.push_str(with);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A text in quotes, for a message.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    write::string(&mut out, text);
    write::text(out)
}
