//! Incremental JSON: the value so far after each piece of text.
//!
//! Invariant: each byte is touched a constant number of times, and no text is stored but an unfinished key or number. The module knows
//! JSON (RFC 8259) and the text that models write around it, but no models, endpoints or schemas. It accepts and refuses the same texts
//! as `serde_json`, except that a lone surrogate, such as `\ud83e` without its other half, becomes U+FFFD instead of an error.
//!
//! - [`Parser`] parses the text and calls a [`Sink`].
//! - [`Mirror`] builds the value so far, [`Ops`] records the calls for another language, [`Elements`] collects the values at a path.
//! - [`Finder`] finds the value in prose, Markdown fences and reasoning.
//! - `written` declares types that are written as objects.

mod elements;
mod finder;
mod mirror;
pub mod ops;
mod parser;
mod read;
mod scalar;
mod scan;
mod written;

use core::fmt;

use crate::prelude::*;

pub use elements::{Elements, PathPart};
pub use finder::{Finder, Root};
pub use mirror::Mirror;
pub use ops::Ops;
pub(crate) use ops::units;
pub use parser::Parser;
#[cfg(not(feature = "serde-json"))]
pub(crate) use read::filled;
pub(crate) use read::{first_object, is_json, json, parse, parse_object};
pub(crate) use scan::{object_length, parsed_size, size_of_members};
pub(crate) use written::written;

/// Receives parse events in the order of the text. Positions are relative to the innermost open container.
pub trait Sink {
    /// An object starts.
    fn object(&mut self);
    /// An array starts.
    fn array(&mut self);
    /// The complete name of the next member.
    fn key(&mut self, name: &str);
    /// A string starts. It is part of the value at once, as an empty string.
    fn string(&mut self);
    /// Text to append to the string; never empty.
    fn text(&mut self, more: &str);
    /// The string ends.
    fn string_end(&mut self);
    /// A complete number, as written.
    fn number(&mut self, text: &str);
    /// A literal.
    fn literal(&mut self, literal: Literal);
    /// The innermost container ends.
    fn close(&mut self);
}

/// Passes a sink to a parser: as its own type, or as a trait object if the size of the module matters more, so that there is only one
/// copy of the parser.
#[cfg(feature = "serde-json")]
pub(crate) fn sink<S: Sink>(sink: &mut S) -> &mut S {
    sink
}

#[cfg(not(feature = "serde-json"))]
pub(crate) fn sink<'s>(sink: &'s mut (impl Sink + 's)) -> &'s mut (dyn Sink + 's) {
    sink
}

/// A literal name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
}

/// Limits of a parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of open containers.
    pub depth: usize,
    /// Maximum length of the text in bytes, including whitespace around the value.
    pub bytes: usize,
}

impl Default for Limits {
    /// The depth limit of `serde_json`, and 256 MiB of text.
    fn default() -> Self {
        Self { depth: 127, bytes: 256 << 20 }
    }
}

/// A JSON syntax error or an exceeded limit, and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// Offset in bytes from the start of the text, across all pushes.
    pub offset: usize,
    /// The kind of error.
    pub fault: Fault,
}

/// The kind of a [`JsonError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An unexpected character.
    Expected {
        /// Description of the expected text.
        wanted: &'static str,
        /// The character found.
        found: char,
    },
    /// The text ended too early, in this context, such as "inside a string".
    Ended(&'static str),
    /// The number that starts here exceeds the range of a double.
    Range,
    /// The depth exceeds [`Limits::depth`].
    Depth(usize),
    /// The text exceeds [`Limits::bytes`].
    Bytes(usize),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match self.fault {
            Fault::Expected { wanted, found } => {
                {
                    // Control characters are printed as `\u{…}`.
                    let found = if found.is_control() { found.escape_default().to_string() } else { found.to_string() };
                    write!(f, "expected {wanted} at byte {offset}, found `{found}`")
                }
            }
            Fault::Ended(context) => write!(f, "the text ended {context} at byte {offset}"),
            Fault::Range => write!(f, "the number at byte {offset} is too large"),
            Fault::Depth(limit) => write!(f, "more than {limit} objects and arrays are nested at byte {offset}"),
            Fault::Bytes(limit) => write!(f, "the text is longer than {limit} bytes"),
        }
    }
}

impl core::error::Error for JsonError {}

/// Discards all events.
impl Sink for () {
    fn object(&mut self) {}
    fn array(&mut self) {}
    fn key(&mut self, _: &str) {}
    fn string(&mut self) {}
    fn text(&mut self, _: &str) {}
    fn string_end(&mut self) {}
    fn number(&mut self, _: &str) {}
    fn literal(&mut self, _: Literal) {}
    fn close(&mut self) {}
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn object(&mut self) {
        (**self).object();
    }
    fn array(&mut self) {
        (**self).array();
    }
    fn key(&mut self, name: &str) {
        (**self).key(name);
    }
    fn string(&mut self) {
        (**self).string();
    }
    fn text(&mut self, more: &str) {
        (**self).text(more);
    }
    fn string_end(&mut self) {
        (**self).string_end();
    }
    fn number(&mut self, text: &str) {
        (**self).number(text);
    }
    fn literal(&mut self, literal: Literal) {
        (**self).literal(literal);
    }
    fn close(&mut self) {
        (**self).close();
    }
}

/// Passes events to two sinks.
impl<A: Sink, B: Sink> Sink for (A, B) {
    fn object(&mut self) {
        self.0.object();
        self.1.object();
    }
    fn array(&mut self) {
        self.0.array();
        self.1.array();
    }
    fn key(&mut self, name: &str) {
        self.0.key(name);
        self.1.key(name);
    }
    fn string(&mut self) {
        self.0.string();
        self.1.string();
    }
    fn text(&mut self, more: &str) {
        self.0.text(more);
        self.1.text(more);
    }
    fn string_end(&mut self) {
        self.0.string_end();
        self.1.string_end();
    }
    fn number(&mut self, text: &str) {
        self.0.number(text);
        self.1.number(text);
    }
    fn literal(&mut self, literal: Literal) {
        self.0.literal(literal);
        self.1.literal(literal);
    }
    fn close(&mut self) {
        self.0.close();
        self.1.close();
    }
}
