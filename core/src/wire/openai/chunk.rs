//! Types of chat completion chunks, the events of a stream.
//!
//! Invariant: the standard's shape after repair, plus `reasoning`. Only the envelope fields are always present.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::response::{Logprobs, Usage};

/// One event of a streamed answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatCompletionChunk {
    /// Id of the answer; the same in each chunk.
    pub id: String,
    /// `chat.completion.chunk`.
    pub object: String,
    /// Creation time of the answer, in Unix seconds.
    pub created: i64,
    /// The model that generates the answer.
    pub model: String,
    /// The additions to each choice; empty in the chunk with the usage.
    pub choices: Vec<ChunkChoice>,
    /// Token usage, if this chunk reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Processing tier of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Id of the provider's backend configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
    /// The provider's moderation of the request and the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ChatCompletionChunk {
    /// Returns the text that this chunk adds to the first choice.
    pub fn text(&self) -> &str {
        let first = self.choices.iter().find(|choice| choice.index == 0);
        first.and_then(|choice| choice.delta.content.as_deref()).unwrap_or_default()
    }
}

/// The additions to one choice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChunkChoice {
    /// Index of the choice.
    pub index: u64,
    /// The additions to the message.
    pub delta: ChoiceDelta,
    /// Why the choice ended; present in its last chunk.
    pub finish_reason: Option<String>,
    /// Log probabilities of the added tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Logprobs>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Additions to a message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChoiceDelta {
    /// `assistant`, in the first chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Text to append to `content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Text to append to `refusal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Text to append to `reasoning`, regardless of the provider's name for the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Additions to the tool calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCallDelta>>,
    /// Deprecated: see `tool_calls`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_call: Option<FunctionDelta>,
    /// Audio to append: `{id, data, transcript, expires_at}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Additions to a tool call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolCallDelta {
    /// Index of the call within the message.
    pub index: u64,
    /// Id of the call, in its first delta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `function`, in its first delta.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Additions to the function call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDelta>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Additions to a function call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FunctionDelta {
    /// Name of the function, in the first delta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Text to append to the arguments, which are JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}
