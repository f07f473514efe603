//! JSON text for other languages: errors, replies, costs and notices. `batch`: the items and events of a stream. `operations`: the table of
//! operations that a host calls. `trace`: the attributes of traces. `prompt`: the prompts of requests.
//!
//! Invariant: the text is equal for Python, Node and browsers. Bindings pass it on and don't interpret it.

mod batch;
pub mod operations;
#[cfg(all(feature = "tokens", feature = "fallback"))]
pub mod prompt;
#[cfg(feature = "catalog")]
pub mod trace;

pub use batch::{Sent, batch_text, events_text};

use crate::client::{Client, Completed};
use crate::error::{Error, ErrorKind, invalid_option};
use crate::json::{json, parse_object};
use crate::prelude::*;
use crate::transport::notice::Notice;
use crate::transport::{Head, Transport};
use crate::value::fields::Fields;
use crate::value::{self, Map, Members, Value};
use crate::wire::{Endpoint, Item};

/// Reads options from JSON text.
///
/// # Errors
///
/// [`ErrorKind::Configuration`] for an unknown option or a value of the wrong type.
pub fn options<O: Fields>(text: &str) -> Result<O, Error> {
    let members = parse_object(text).map_err(|why| invalid_option(&why))?;
    O::from_members(members).map_err(|why| Error::new(ErrorKind::Configuration, why))
}

/// Reads the body of a request from JSON text.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] if the text is not a JSON object.
pub fn body(text: &str) -> Result<Map<String, Value>, Error> {
    parse_object(text)
        .map_err(|why| Error::new(ErrorKind::InvalidRequest, format!("the request is not a JSON object: {why}")))
}

/// Returns `{"error": {…}}`, with the members of [`crate::error::ErrorFields`].
pub fn error_text(error: &Error) -> String {
    json!({ "error": error.fields().to_value() }).to_string()
}

/// Returns the event of an item itself: `{"type": "chunk", "chunk": {…}}` for a chunk; an event of a message is unchanged.
pub fn item_event(item: Item) -> Value {
    let fields = item.into_fields();
    if fields.contains_key("choices") { json!({"type": "chunk", "chunk": fields}) } else { fields.into() }
}

/// Returns a notice about the call with this number, as `number level text` and a line break. The end of a call has a second line,
/// `number record {…}`, with the members of [`crate::CallRecord`].
pub fn notice_line(number: u32, notice: &Notice<'_>) -> String {
    let mut line = format!("{number} {} {notice}\n", notice.level());
    if let Some(record) = notice.record() {
        line.extend([&number.to_string(), " record ", &record.to_value().to_string(), "\n"]);
    }
    line
}

/// Returns the state of a client's rate limits: the members of [`crate::limits::LimitsState`].
pub fn limits_text<T: Transport>(client: &Client<T>) -> String {
    client.limits().to_value().to_string()
}

/// Returns a client's costs so far: the members of [`crate::cost::Spent`].
pub fn spent_text<T: Transport>(client: &Client<T>) -> String {
    client.spent().to_value().to_string()
}

/// Returns a message for each parameter that is out of range according to the client's option `parameters`, one per line. Empty for an invalid
/// body, which the call itself rejects.
pub fn findings_text<T: Transport>(client: &Client<T>, endpoint: &str, text: &str) -> String {
    let mut lines = String::new();
    if let (Ok(endpoint), Ok(body)) = (Endpoint::parse(endpoint), body(text)) {
        for finding in client.findings(&endpoint, &body) {
            lines.push_str(&finding.message);
            lines.push('\n');
        }
    }
    lines
}

/// Returns the highest possible cost of a request: the members of [`crate::cost::Estimate`].
///
/// # Errors
///
/// Those of [`Client::estimate`], [`body`] and [`options`].
pub fn estimate_text<T: Transport>(
    client: &Client<T>,
    endpoint: &str,
    request: &str,
    changes: &str,
) -> Result<String, Error> {
    let estimate = client.estimate(&Endpoint::parse(endpoint)?, body(request)?, &options(changes)?)?;
    Ok(estimate.to_value().to_string())
}

/// Returns `{"value": {…}, "status": …, "headers": [[name, value], …], "retries_taken": …}`.
pub fn completed_text(completed: Completed) -> String {
    let mut text = head_value(&completed.head, completed.retries_taken);
    if let Value::Object(fields) = &mut text {
        fields.set("value", completed.value);
    }
    text.to_string()
}

/// Returns `{"status": …, "headers": …, "retries_taken": …}`.
pub fn head_text(head: &Head, retries_taken: u32) -> String {
    head_value(head, retries_taken).to_string()
}

fn head_value(head: &Head, retries_taken: u32) -> Value {
    json!({ "status": head.status, "headers": value::pairs(&head.headers), "retries_taken": retries_taken })
}
