//! Types of messages, unstreamed or accumulated from a stream, and of stream events.
//!
//! Invariant: the standard's shape after repair. Blocks, deltas and events have a `type`, and the fields of that type.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cost::Cost;
use crate::wire::Attempt;

/// A complete answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Message"))]
pub struct AnthropicMessage {
    /// Id of the answer.
    pub id: String,
    /// `message`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `assistant`.
    pub role: String,
    /// The model that generated the answer.
    pub model: String,
    /// Content blocks of the answer.
    pub content: Vec<ContentBlock>,
    /// Why the answer ended: `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal`,
    /// `model_context_window_exceeded`, or a provider-specific reason; null in a partial answer.
    pub stop_reason: Option<String>,
    /// The stop sequence that ended the answer.
    pub stop_sequence: Option<String>,
    /// Token usage.
    pub usage: AnthropicUsage,
    /// Details of a refusal: `{type, category, explanation}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_details: Option<Value>,
    /// The container in which the provider's tools ran: `{id, expires_at}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Value>,
    /// Cost in dollars. As `attempts`, not sent by the server.
    #[serde(default)]
    pub cost: Cost,
    /// The attempts of the call, the last of which brought the answer. Only set by clients with fallbacks or `on_cut`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl AnthropicMessage {
    /// The text of all text blocks.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(|block| block.text.as_deref()).collect()
    }
}

/// A content block of an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContentBlock {
    /// `text`, `thinking`, `redacted_thinking`, `tool_use`, or another.
    #[serde(rename = "type")]
    pub kind: String,
    /// Text of a `text` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Sources cited in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citations: Option<Vec<Value>>,
    /// Thinking of a `thinking` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Signature of a `thinking` block, which must be sent back with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Encrypted thinking of a `redacted_thinking` block, which must be sent back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Id of a `tool_use` block, which the tool result refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Tool name of a `tool_use` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Arguments of a `tool_use` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Token usage of a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MessageUsage"))]
pub struct AnthropicUsage {
    /// Uncached tokens in the prompt.
    #[serde(default, deserialize_with = "crate::wire::null_is_zero")]
    pub input_tokens: u64,
    /// Tokens in the answer.
    #[serde(default, deserialize_with = "crate::wire::null_is_zero")]
    pub output_tokens: u64,
    /// Tokens written to the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Tokens read from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    /// Tokens written to the cache, by time to live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation: Option<Value>,
    /// Usage of the provider's tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_tool_use: Option<Value>,
    /// Processing tier of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Breakdown of the output tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens_details: Option<Value>,
    /// The region in which the request was processed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_geo: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One event of a streamed answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageEvent {
    /// `message_start`, `content_block_start`, `content_block_delta`, `content_block_stop`, `message_delta`, `message_stop`, or another.
    #[serde(rename = "type")]
    pub kind: String,
    /// The message, in `message_start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<AnthropicMessage>,
    /// Index of the event's block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The block, in `content_block_start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_block: Option<ContentBlock>,
    /// Additions: in `content_block_delta`, an object such as `{type: "text_delta", text}`; in `message_delta`, `{stop_reason,
    /// stop_sequence}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<EventDelta>,
    /// Token usage so far, in `message_delta`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<AnthropicUsage>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Additions by an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventDelta {
    /// `text_delta`, `input_json_delta`, `thinking_delta`, `signature_delta`, `citations_delta`, or another; missing in `message_delta`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Text to append.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Text to append to the arguments, which are JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_json: Option<String>,
    /// Thinking to append.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Signature of the thinking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Source cited in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<Value>,
    /// Why the answer ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// The stop sequence that ended the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<String>,
    /// Details of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_details: Option<Value>,
    /// The container in which the provider's tools ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The number of tokens in a prompt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenCount {
    /// Tokens in the prompt.
    pub input_tokens: u64,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
