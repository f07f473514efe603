//! Types of message requests.
//!
//! Invariant: all fields of the standard, optional except for the required ones. Other fields pass through `extra` unchanged.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of `POST /v1/messages`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessagesRequest {
    /// Model id.
    pub model: String,
    /// The conversation so far, oldest message first.
    pub messages: Vec<InputMessage>,
    /// Maximum number of tokens in the answer.
    pub max_tokens: u64,
    /// System prompt: a string, or a list of text blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Value>,
    /// Strings that end the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequences: Option<Vec<String>>,
    /// Sampling temperature, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Sample only from the likeliest tokens with this total probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Sample only from the k likeliest tokens.
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
    /// End of the cached prefix of the prompt: `{type: "ephemeral", ttl}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<Map<String, Value>>,
    /// Id of a container for tool execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Value>,
    /// Region in which the model may run.
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
    /// Model id.
    pub model: String,
    /// The conversation so far, oldest message first.
    pub messages: Vec<InputMessage>,
    /// System prompt: a string, or a list of text blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Value>,
    /// Tools that the model may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Map<String, Value>>>,
    /// How the model may call tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Map<String, Value>>,
    /// Configuration of thinking.
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
    /// The text, or a list of blocks: text, images, documents, tool uses, tool results, or received blocks.
    pub content: Value,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
