//! Messages: the reply that wasn't streamed, what a stream accumulates to, and its events.
//!
//! Law: the standard's shape after repair. Blocks, deltas and events are open: each has its `type` and the fields that type has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cost::Cost;

/// A whole answer.
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
    /// The model that answered.
    pub model: String,
    /// What it said.
    pub content: Vec<ContentBlock>,
    /// Why it ended: `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal`, `model_context_window_exceeded`, or a
    /// provider's own; none in a partial answer.
    pub stop_reason: Option<String>,
    /// The text at which it stopped.
    pub stop_sequence: Option<String>,
    /// The tokens used.
    pub usage: AnthropicUsage,
    /// What it cost, in dollars: the one field that no server sent.
    #[serde(default)]
    pub cost: Cost,
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

/// One part of an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContentBlock {
    /// `text`, `thinking`, `redacted_thinking`, `tool_use`, or another.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of a `text` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Sources that the text names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citations: Option<Vec<Value>>,
    /// The thought of a `thinking` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Proof of a `thinking` block, to be sent back with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The hidden thought of a `redacted_thinking` block, to be sent back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The id of a `tool_use` block, which its result names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tool of a `tool_use` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The arguments of a `tool_use` block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The tokens that a request used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MessageUsage"))]
pub struct AnthropicUsage {
    /// Tokens of the prompt that no cache knew.
    #[serde(default, deserialize_with = "crate::wire::null_is_zero")]
    pub input_tokens: u64,
    /// Tokens of the answer.
    #[serde(default, deserialize_with = "crate::wire::null_is_zero")]
    pub output_tokens: u64,
    /// Tokens written to the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Tokens read from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    /// What was written to the cache, by time to live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation: Option<Value>,
    /// What the server's own tools did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_tool_use: Option<Value>,
    /// Tier that processed the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
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
    /// The message that begins, of `message_start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<AnthropicMessage>,
    /// The place of the block that the event is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The block that begins, of `content_block_start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_block: Option<ContentBlock>,
    /// What is added, of `content_block_delta` (`{type: "text_delta", text}` and its kin) and `message_delta` (`{stop_reason, stop_sequence}`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<EventDelta>,
    /// The tokens used so far, of `message_delta`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<AnthropicUsage>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What an event adds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventDelta {
    /// `text_delta`, `input_json_delta`, `thinking_delta`, `signature_delta`, `citations_delta`, or another; none in `message_delta`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// More text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// More of a tool's arguments, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_json: Option<String>,
    /// More thought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Proof of the thought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// A source that the text names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<Value>,
    /// Why the answer ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// The text at which it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How many tokens a prompt has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenCount {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
