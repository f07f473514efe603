//! Spelling of options, durations and types in messages, in the caller's language.
//!
//! Invariant: messages name options with [`Name`], time limits with [`Limit`] and types with `kind`, and in no
//! other way. A binding chooses its language once, when it is loaded.

use core::fmt;
use core::sync::atomic::{AtomicU8, Ordering};
use core::time::Duration;

use super::number::tenths;
use crate::prelude::*;

/// The language of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Dialect {
    /// `base_url`, seconds, `a string`. The default.
    Rust,
    /// `base_url`, seconds, `a str`.
    Python,
    /// `baseURL`, milliseconds, `a string`.
    JavaScript,
}

static CHOSEN: AtomicU8 = AtomicU8::new(Dialect::Rust as u8);

impl Dialect {
    /// Sets the language of all messages of the process.
    pub fn choose(self) {
        CHOSEN.store(self as u8, Ordering::Relaxed);
    }

    pub(crate) fn current() -> Self {
        // Only the wasm modules are built without `serde-json`.
        if cfg!(not(feature = "serde-json")) {
            return Self::JavaScript;
        }
        match CHOSEN.load(Ordering::Relaxed) {
            1 => Self::Python,
            2 => Self::JavaScript,
            _ => Self::Rust,
        }
    }
}

/// The name of an option, printed as the caller writes it.
#[derive(Debug, Clone, Copy)]
pub struct Name<'a>(pub &'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spelled(self.0, Dialect::current()))
    }
}

/// Options whose JavaScript names are not the camel-case forms of the core's names.
const RENAMED: [(&str, &str); 3] = [("base_url", "baseURL"), ("extra_headers", "headers"), ("extra_query", "query")];

fn spelled(name: &str, dialect: Dialect) -> String {
    if dialect != Dialect::JavaScript {
        return name.to_owned();
    }
    if let Some((_, own)) = RENAMED.into_iter().find(|(option, _)| *option == name) {
        return own.to_owned();
    }
    // The JavaScript facade escapes an underscore as two.
    let mut spelled = String::new();
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '_' => spelled.extend(letters.next().map(|next| next.to_ascii_uppercase())),
            _ => spelled.push(letter),
        }
    }
    spelled
}

/// A time limit, printed in the caller's unit: `10 s`, `10000 ms`. One below a second is printed in milliseconds in every language.
#[derive(Debug, Clone, Copy)]
pub struct Limit(pub Duration);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Dialect::current() == Dialect::JavaScript || self.0 < Duration::from_secs(1) {
            write!(f, "{} ms", self.0.as_secs() * 1000 + u64::from(self.0.subsec_millis()))
        } else {
            let seconds = tenths(self.0);
            write!(f, "{} s", seconds.strip_suffix(".0").unwrap_or(&seconds))
        }
    }
}

/// Converts seconds to the unit of time options; returns the number and the unit.
pub(crate) fn in_time_unit(seconds: f64) -> (f64, &'static str) {
    if Dialect::current() == Dialect::JavaScript { (seconds * 1000.0, "milliseconds") } else { (seconds, "seconds") }
}

/// Returns an option that is set to false, as the caller writes it.
pub(crate) fn disabled(name: &str) -> String {
    match Dialect::current() {
        Dialect::Python => format!("{name}=False"),
        Dialect::JavaScript => format!("{name}: false"),
        Dialect::Rust => format!("{name} to false"),
    }
}

/// Returns the names of a list and an object, with articles: `("a list", "a dict")`.
pub(crate) fn containers() -> (&'static str, &'static str) {
    match Dialect::current() {
        Dialect::Python => ("a list", "a dict"),
        _ => ("an array", "an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_in_the_callers_language() {
        for (name, rust, javascript) in [
            ("base_url", "base_url", "baseURL"),
            ("max_event_bytes", "max_event_bytes", "maxEventBytes"),
            ("extra_headers", "extra_headers", "headers"),
            ("timeout", "timeout", "timeout"),
            // The input "max_retries" in JavaScript.
            ("max__retries", "max__retries", "max_retries"),
        ] {
            assert_eq!(spelled(name, Dialect::Python), rust);
            assert_eq!(spelled(name, Dialect::JavaScript), javascript);
        }
    }
}
