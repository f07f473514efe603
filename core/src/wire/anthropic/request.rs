//! Requests for messages.
//!
//! Law: every field of the standard, each optional but those it requires; what isn't listed goes through `extra` untouched.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of `POST /v1/messages`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessagesRequest {
    /// Id of the model.
    pub model: String,
    /// The conversation so far, oldest first.
    pub messages: Vec<InputMessage>,
    /// Most tokens that the answer may have.
    pub max_tokens: u64,
    /// What the model is told about its role: a text, or text blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Value>,
    /// Texts at which the answer stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequences: Option<Vec<String>>,
    /// 0 to 1: how freely to choose words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Choose among the likeliest tokens that together have this probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Choose among the k likeliest tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// Tools that the model may call: `{name, description, input_schema}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Map<String, Value>>>,
    /// `{type: "auto" | "any" | "tool" | "none", name, disable_parallel_tool_use}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Map<String, Value>>,
    /// `{type: "enabled", budget_tokens}`, `{type: "adaptive"}` or `{type: "disabled"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Map<String, Value>>,
    /// `{user_id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Processing tier: `auto` or `standard_only`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// `{effort, format: {type: "json_schema", schema}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_config: Option<Map<String, Value>>,
    /// Where the prompt's cache ends: `{type: "ephemeral", ttl}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<Map<String, Value>>,
    /// Id of a container to run tools in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Value>,
    /// Where the model may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_geo: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The body of `POST /v1/messages/count_tokens`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CountTokensRequest {
    /// Id of the model.
    pub model: String,
    /// The conversation so far, oldest first.
    pub messages: Vec<InputMessage>,
    /// What the model is told about its role: a text, or text blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Value>,
    /// Tools that the model may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Map<String, Value>>>,
    /// How it may call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Map<String, Value>>,
    /// Whether it thinks before it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Map<String, Value>>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One message of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InputMessage {
    /// `user` or `assistant`.
    pub role: String,
    /// The text, or a list of blocks: text, images, documents, tool uses and results, what was received before.
    pub content: Value,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
