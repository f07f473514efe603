//! Model lists.
//!
//! Invariant: OpenAI's shape (`{object: "list", data}`, no paging) and Anthropic's (`{data, has_more, first_id, last_id}`) are unified:
//! each list has `data` and `has_more`, and each model an `id`. All other fields are kept.

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value, into_list, object};

use super::errors;
use crate::error::Error;
use crate::http::Head;

/// A model that an endpoint offers.
#[cfg(feature = "serde-json")]
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelInfo {
    /// The model id for requests.
    pub id: String,
    /// `model`, in OpenAI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Creation time in Unix seconds, in OpenAI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// The organisation that owns the model, in OpenAI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// `model`, in Anthropic's shape.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A human-readable name, in Anthropic's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Creation time in RFC 3339 format, in Anthropic's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The size of the context in tokens, in Anthropic's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_input_tokens: Option<u64>,
    /// The longest answer in tokens, in Anthropic's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// What the model supports, in Anthropic's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A page of models.
#[cfg(feature = "serde-json")]
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelPage {
    /// The models of this page.
    pub data: Vec<ModelInfo>,
    /// Whether there is another page.
    pub has_more: bool,
    /// The id of the first model.
    pub first_id: Option<String>,
    /// The id of the last model, which requests the next page.
    pub last_id: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Decodes a model list or a single model.
pub(super) fn decode(reply: Value, is_list: bool, head: &Head, body: &[u8]) -> Result<Value, Error> {
    let fields = match reply {
        Value::Object(fields) => errors::remove_wrapper(fields, |fields| is_page(fields) || is_model(fields)),
        // A bare list (Together). Servers written in Go send null for an empty list.
        list @ (Value::Array(_) | Value::Null) if is_list => object([("data", list)]),
        _ => return Err(errors::invalid_body(head, body)),
    };
    if let Some(error) = errors::find_in_success(&fields, head) {
        return Err(error);
    }
    if is_page(&fields) {
        return Ok(Value::Object(page(fields)));
    }
    let mut model = Value::Object(fields);
    if !is_list && set_id(&mut model) {
        return Ok(model);
    }
    Err(errors::invalid_body(head, body))
}

/// Names of the list: OpenAI; Ollama and Google; Cloudflare.
const LISTS: &[&str] = &["data", "models", "result"];

fn is_page(fields: &Map<String, Value>) -> bool {
    let is_list = |name: &&str| fields.get(*name).is_some_and(Value::is_array);
    // Ollama and other servers written in Go send null for an empty list.
    let is_null = |name: &&str| fields.get(*name).is_some_and(Value::is_null);
    LISTS.iter().any(is_list) || (LISTS.iter().any(is_null) && !is_model(fields))
}

fn is_model(fields: &Map<String, Value>) -> bool {
    fields.get("id").is_some_and(Value::is_string)
}

/// Fills in the missing members of a page. Models may be plain strings.
fn page(mut fields: Map<String, Value>) -> Map<String, Value> {
    let list = LISTS.iter().find(|name| fields.get(**name).is_some_and(Value::is_array));
    let list = list.and_then(|name| fields.shift_remove(*name)).and_then(into_list).unwrap_or_default();
    let mut models: Vec<_> =
        list.into_iter().map(|model| if model.is_string() { json!({"id": model}) } else { model }).collect();
    models.retain_mut(set_id);
    let id = |model: Option<&Value>| model.and_then(|model| model.get("id")).cloned().unwrap_or_default();
    let has_more = match fields.get("has_more") {
        Some(Value::Bool(has_more)) => *has_more,
        Some(other) => other == "true",
        None => false,
    };
    for (name, value) in [("first_id", id(models.first())), ("last_id", id(models.last()))] {
        if !fields.get(name).is_some_and(Value::is_string) {
            fields.set(name, value);
        }
    }
    if !fields.contains_key("object") {
        fields.set("object", "list");
    }
    fields.set("data", models);
    fields.set("has_more", has_more);
    fields
}

/// Sets a model's id, which may be a number or have another name: `name` (Google, Ollama), `model`. Returns false if there is none.
fn set_id(model: &mut Value) -> bool {
    let names = "id model name model_id model_name";
    let id = names.split(' ').find_map(|name| match model.get(name)? {
        Value::String(id) if !id.is_empty() => Some(id.as_str().to_owned()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    match (model, id) {
        (Value::Object(fields), Some(id)) => {
            fields.set("id", id);
            true
        }
        _ => false,
    }
}

/// Ends paging that makes no progress. If a server ignores `after_id`, the page after the model `after` contains that model again: models
/// up to it are removed, and there is no next page if none remain.
pub(crate) fn check_progress(page: &mut Map<String, Value>, after: &str) {
    let Some(models) = page.get_mut("data").map(Value::take).and_then(into_list) else { return };
    let repeated = models.iter().position(|model| model.get("id").is_some_and(|id| *id == *after));
    let models: Vec<_> = models.into_iter().skip(repeated.map_or(0, |position| position + 1)).collect();
    if models.is_empty() || page.get("last_id").is_none_or(|last| *last == *after) {
        page.set("has_more", false);
    }
    page.set("data", models);
}
