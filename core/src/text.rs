//! Search in texts.
//!
//! Law: naive on purpose: what is searched is short, and the standard library's way for any length is a large part of a wasm module.

use crate::prelude::*;
use crate::value::write;

/// Where `what` begins first.
pub(crate) fn find(text: &str, what: &str) -> Option<usize> {
    let (bytes, what) = (text.as_bytes(), what.as_bytes());
    let first = *what.first()?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(first, bytes.get(from..)?)?;
        if bytes.get(at..)?.starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
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
