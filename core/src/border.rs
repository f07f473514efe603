//! What crosses into another language: JSON text, once a network read.
//!
//! Law: the same text for Python, Node and browsers, so that none of them can differ. Bindings pass it on; they don't read it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::client::{Completed, View};
use crate::error::{Error, ErrorKind};
use crate::transport::Head;
use crate::wire::Batch;

/// Reads options that a host gives as JSON text.
pub fn options<O: DeserializeOwned>(text: &str) -> Result<O, Error> {
    serde_json::from_str(text).map_err(|why| wrong_option(&why))
}

/// The error of options that can't be read.
pub fn wrong_option(why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Configuration, format!("an option is wrong: {why}"))
}

/// Reads a request's body that a host gives as JSON text.
pub fn body(text: &str) -> Result<Map<String, Value>, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Map::deserialize(&mut deserializer)
        .map_err(|why| Error::new(ErrorKind::InvalidRequest, format!("the request is no JSON object: {why}")))
}

/// `{"error": {…}}`, the parts of [`crate::error::Inner`].
pub fn error_text(error: &Error) -> String {
    json!({ "error": error.parts() }).to_string()
}

/// The view of events that a host names: `helper`, or else the normal one.
pub fn view(name: &str) -> View {
    if name == "helper" { View::Helper } else { View::Normal }
}

/// `{"items": […], "done": bool}`, and `"raw": […]` with each item's text where the client keeps it.
pub fn batch_text(batch: Batch) -> String {
    let raw: Vec<_> = batch.items.iter().map(|item| item.raw().map(str::to_owned)).collect();
    let items: Vec<_> = batch.items.into_iter().map(|item| Value::Object(item.into_fields())).collect();
    let mut text = json!({ "items": items, "done": batch.done });
    if let (true, Value::Object(fields)) = (raw.iter().any(Option::is_some), &mut text) {
        fields.insert("raw".to_owned(), raw.into());
    }
    text.to_string()
}

/// `{"items": […], "done": bool}`, the items being events.
pub fn events_text((events, done): (Vec<Value>, bool)) -> String {
    json!({ "items": events, "done": done }).to_string()
}

/// `{"value": {…}, "status": …, "headers": [[name, value], …], "retries_taken": …}`.
pub fn completed_text(completed: Completed) -> String {
    let mut text = head_value(&completed.head, completed.retries_taken);
    if let Value::Object(fields) = &mut text {
        fields.insert("value".to_owned(), completed.value);
    }
    text.to_string()
}

/// `{"status": …, "headers": …, "retries_taken": …}`.
pub fn head_text(head: &Head, retries_taken: u32) -> String {
    head_value(head, retries_taken).to_string()
}

fn head_value(head: &Head, retries_taken: u32) -> Value {
    json!({ "status": head.status, "headers": head.headers, "retries_taken": retries_taken })
}
