//! Lists of models.
//!
//! Law: OpenAI's shape (`{object: "list", data}`, no paging) and Anthropic's (`{data, has_more, first_id, last_id}`) come out as one:
//! every list has `data` and `has_more`, every model an `id`. All else is kept.

#[cfg(feature = "serde")]
use crate::value::Map;
use crate::value::{Value, json, object};

use super::errors;
use crate::error::Error;
use crate::transport::Head;

/// A model that an endpoint offers.
#[cfg(feature = "serde")]
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelInfo {
    /// The id that requests name.
    pub id: String,
    /// `model`, in OpenAI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// When it was made, in Unix seconds; in OpenAI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// Who offers it; in OpenAI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// `model`, in Anthropic's shape.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its name for people; in Anthropic's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// When it was made, as RFC 3339; in Anthropic's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A page of models.
#[cfg(feature = "serde")]
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelPage {
    /// The models.
    pub data: Vec<ModelInfo>,
    /// Whether there is a page after this one.
    pub has_more: bool,
    /// The first model's id.
    pub first_id: Option<String>,
    /// The last model's id: the next page comes after it.
    pub last_id: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Reads a list of models, or one model.
pub(super) fn decode(reply: Value, is_list: bool, head: &Head, body: &[u8]) -> Result<Value, Error> {
    let mut fields = match reply {
        Value::Object(fields) => fields,
        // A bare list (Together).
        Value::Array(list) => object([("data", Value::Array(list))]),
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
    if !is_list && fields.get("id").is_some_and(Value::is_string) {
        return Ok(Value::Object(fields));
    }
    Err(errors::not_json(head, body))
}
