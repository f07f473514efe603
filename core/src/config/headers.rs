//! Checks of header names and values.
//!
//! Invariant: names are in lower case. A value with a control character is refused: a line break would add another header.

use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::dialect::Name;
use crate::text::{list_contains, quoted, shortened};
use crate::value::{Map, Value, to_text};

/// Headers that the connection sets. Another value would break the framing of a request.
const OF_THE_CONNECTION: &str = "connection content-length expect host http2-settings keep-alive proxy-connection te trailer transfer-encoding \
    upgrade";

/// Returns the headers with lower-case names. A header without a value removes one of the same name.
pub(crate) fn checked_headers(
    headers: &Map<String, Value>,
    option: &str,
    kind: ErrorKind,
) -> Result<Vec<(String, Option<String>)>, Error> {
    let mut checked = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let value = if value.is_null() { None } else { Some(to_text(value)) };
        if let Some(why) = header_error(&name, value.as_deref()) {
            let mut error = Error::new(kind, format!("{}: {why}", Name(option)));
            error.fields_mut().param = Some(option.to_owned());
            return Err(error);
        }
        checked.push((name, value));
    }
    Ok(checked)
}

fn header_error(name: &str, value: Option<&str>) -> Option<String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Some(format!("invalid header name {}", quoted(&shortened(name))));
    }
    if value.is_some() && list_contains(OF_THE_CONNECTION, name) {
        return Some(format!("{name} is set by the connection; remove it"));
    }
    value.and_then(|value| value_error(name, value))
}

/// A line break in a header's value would add another header.
fn value_error(what: &str, value: &str) -> Option<String> {
    let has_control = value.chars().any(|c| c.is_control() && c != '\t');
    has_control.then(|| format!("{what} contains a line break or another control character"))
}

pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    value_error("the API key", key).map_or(Ok(()), |why| Err(Error::new(ErrorKind::Configuration, why)))
}

/// The header, or `None` for one without a value.
pub(crate) fn with_value((name, value): (String, Option<String>)) -> Option<(String, String)> {
    Some((name, value?))
}
