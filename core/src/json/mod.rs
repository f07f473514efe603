//! JSON that is read while it arrives: any split of the text, and what is known of the value after each piece.
//!
//! Law: touches each byte a constant number of times and keeps no text but an unfinished key or number. Knows JSON (RFC 8259) and
//! what stands around it in answers; nothing of models, endpoints or schemas. Reads what `serde_json` reads, and refuses what it
//! refuses, but for one thing: half of a character, a `\ud83e` without its other half, becomes U+FFFD. Losing an answer over it
//! would help nobody.
//!
//! - [`Parser`] reads the text and tells a [`Sink`] what it read.
//! - [`Mirror`] keeps the value so far, [`Ops`] writes the calls down for another language, [`Elements`] collects the parts at a path.
//! - [`Finder`] finds the value in the prose, fences and thoughts that models write around it.

mod elements;
mod finder;
mod mirror;
pub mod ops;
mod parser;
mod read;
mod scalar;
mod scan;

use core::fmt;

use crate::prelude::*;

pub use elements::{Elements, PathPart};
pub use finder::{Finder, Root};
pub use mirror::Mirror;
pub use ops::Ops;
pub(crate) use ops::units;
pub use parser::Parser;
#[cfg(not(feature = "serde"))]
pub(crate) use read::filled;
pub(crate) use read::{first_object, is_json, json, parse, parse_object};
pub(crate) use scan::{object_length, parsed_size, size_of_members};

/// What a parser tells, in the order of the text. Positions are relative to the innermost open container.
pub trait Sink {
    /// Opens an object at the current position.
    fn object(&mut self);
    /// Opens an array at the current position.
    fn array(&mut self);
    /// The whole name of the member that comes next.
    fn key(&mut self, name: &str);
    /// A string begins: it stands at its position at once, empty.
    fn string(&mut self);
    /// More of that string; never empty.
    fn text(&mut self, more: &str);
    /// The string is complete.
    fn string_end(&mut self);
    /// A whole number, as it was written.
    fn number(&mut self, text: &str);
    /// A literal.
    fn literal(&mut self, literal: Literal);
    /// Closes the innermost container.
    fn close(&mut self);
}

/// A sink as parsers get it: as it is, or, where the module's size counts more, as any sink, so that there is one parser.
#[cfg(feature = "serde")]
pub(crate) fn sink<S: Sink>(sink: &mut S) -> &mut S {
    sink
}

#[cfg(not(feature = "serde"))]
pub(crate) fn sink<'s>(sink: &'s mut (impl Sink + 's)) -> &'s mut (dyn Sink + 's) {
    sink
}

/// A value without content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
}

/// What a parser refuses to go beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many containers may be open at once.
    pub depth: usize,
    /// How many bytes the text may have, white space around the value included.
    pub bytes: usize,
}

impl Default for Limits {
    /// The depth that `serde_json` reads, and what a response may hold by default.
    fn default() -> Self {
        Self { depth: 127, bytes: 256 << 20 }
    }
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// The offset in bytes, over all pushes.
    pub offset: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Another character had to stand there.
    Expected {
        /// What had to.
        wanted: &'static str,
        /// What does.
        found: char,
    },
    /// The text ended too early: "inside a string".
    Ended(&'static str),
    /// The number that begins there is beyond what a double holds.
    Range,
    /// More open containers than [`Limits::depth`].
    Depth(usize),
    /// More text than [`Limits::bytes`].
    Bytes(usize),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match self.fault {
            Fault::Expected { wanted, found } => {
                {
                    // What can't be seen is told as `\u{…}`.
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

/// Reads and keeps nothing.
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

/// Two readers of one parse.
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
