//! Normalisation of tool calls, shared by both formats: argument text and tool names.
//!
//! - `arguments`: placeholders, doubly encoded objects, missing arguments.
//! - `names`: namespaces, markers and whitespace around names.
//! - `string`: decoder for JSON strings.

pub(crate) mod arguments;
pub(crate) mod names;
mod string;
