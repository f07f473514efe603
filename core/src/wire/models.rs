//! Lists of models.
//!
//! Law: OpenAI's shape (`{object: "list", data}`, no paging) and Anthropic's (`{data, has_more, first_id, last_id}`) come out as one:
//! every list has `data` and `has_more`, every model an `id`. All else is kept.

use serde_json::{Map, Value, json};

use super::errors;
use crate::error::Error;
use crate::transport::Head;

/// Reads a list of models, or one model.
pub(super) fn decode(reply: Value, head: &Head, body: &[u8]) -> Result<Value, Error> {
    let mut fields = match reply {
        Value::Object(fields) => fields,
        // A bare list (Together).
        Value::Array(list) => Map::from_iter([("data".to_owned(), Value::Array(list))]),
        _ => return Err(errors::not_json(head, body)),
    };
    if let Some(error) = errors::in_success(&fields, head) {
        return Err(error);
    }
    if let Some(Value::Array(models)) = fields.get_mut("data") {
        models.retain(|model| model.get("id").is_some_and(Value::is_string));
        let end = |model: Option<&Value>| model.and_then(|model| model.get("id")).cloned().unwrap_or_default();
        let (first, last) = (end(models.first()), end(models.last()));
        for (name, value) in
            [("object", "list".into()), ("has_more", json!(false)), ("first_id", first), ("last_id", last)]
        {
            fields.entry(name).or_insert(value);
        }
        return Ok(Value::Object(fields));
    }
    if fields.get("id").is_some_and(Value::is_string) {
        return Ok(Value::Object(fields));
    }
    Err(errors::not_json(head, body))
}
