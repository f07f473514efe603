//! Requests of one format in the other.
//!
//! Invariant: the converted request asks for the same answer. A parameter that the other format lacks is an error that names it, and so is an
//! unknown one, unless its value is the default. Nulls are left out, as servers read them. Dropped are only:
//!
//! - hints for caches, which change no answer: `cache_control`, `prompt_cache_key`, `prompt_cache_options` and `prompt_cache_retention`;
//! - `stream_options`, since messages always report their usage;
//! - the name of a schema, and the `detail` of an image;
//! - parts of earlier answers: reasoning of chat completions, annotations, the name in a result, the flag `is_error` of a result, which its
//!   text states, and thinking of turns that have ended. Anthropic's documentation allows to omit these; while calls are being answered,
//!   thinking must be sent back unchanged, so that it is an error there.

use crate::error::{Error, ErrorKind};
use crate::json::json;
use crate::prelude::*;
use crate::text::dialect::Name;
use crate::text::{list_contains, shortened};
use crate::value::{Map, Members, Value};
use crate::wire::Format;

use super::{to_chat, to_messages};

pub(super) type Fields = Map<String, Value>;

/// Converts a request body from one format to another.
///
/// A streamed chat completion is made to report its usage, as messages always do, if the body has `stream: true`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`], with the field as its `param`, for what the other format cannot express.
pub fn request(from: Format, to: Format, body: &Fields) -> Result<Fields, Error> {
    match (from, to) {
        (Format::Chat, Format::Messages) => to_messages::request(body),
        (Format::Messages, Format::Chat) => to_chat::request(body),
        _ => Ok(body.clone()),
    }
}

/// Returns the error of a field without an equivalent in a format.
pub(super) fn refused(to: Format, field: &str) -> Error {
    refused_because(to, field, "remove it")
}

/// Returns such an error; `advice` says how to express the same.
pub(super) fn refused_because(to: Format, field: &str, advice: &str) -> Error {
    let field = shortened(field);
    let message = format!(
        "{field} can't be sent to an endpoint of the format {}; {advice}, or remove that endpoint from {}",
        to.word(),
        Name("fallbacks")
    );
    let mut error = Error::new(ErrorKind::InvalidRequest, message);
    error.fields_mut().param = Some(field);
    error
}

/// Refuses the members of an object that are not in the list `known`. Nulls and hints for the cache pass.
pub(super) fn check_members(to: Format, path: &str, object: &Value, known: &str) -> Result<(), Error> {
    let Value::Object(fields) = object else { return Err(refused(to, path)) };
    let is_unknown =
        |(name, value): &(&String, &Value)| !value.is_null() && *name != "cache_control" && !list_contains(known, name);
    match fields.iter().find(is_unknown) {
        Some((name, _)) => Err(refused(to, &format!("{path}.{name}"))),
        None => Ok(()),
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        value => *value == "",
    }
}

/// Converts each item of a list; `path` names the item in errors.
pub(super) fn each(
    to: Format,
    name: &str,
    list: &Value,
    convert: impl Fn(&str, &Value) -> Result<Value, Error>,
) -> Result<Value, Error> {
    let Value::Array(items) = list else { return Err(refused_because(to, name, "pass a list")) };
    let mut made = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        made.push(convert(&format!("{name}[{index}]"), item)?);
    }
    Ok(made.into())
}

pub(super) fn without_nulls(object: Value) -> Value {
    let Value::Object(mut fields) = object else { return object };
    fields.retain(|_, value| !value.is_null());
    fields.into()
}

pub(super) fn set_member(made: &mut Fields, name: &str, member: &str, value: Value) {
    if let Value::Object(fields) = made.entry(name).or_insert_with(|| json!({})) {
        fields.set(member, value);
    }
}

#[cfg(test)]
mod tests;
