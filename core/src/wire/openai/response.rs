//! Chat completions: the reply that wasn't streamed, and what a stream accumulates to.
//!
//! Law: the standard's shape after repair, plus `reasoning`, the one name for what a model thought before it spoke. Unknown fields
//! are kept in `extra`. Every enum is open: finish reasons and roles are strings.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::request::ToolCall;
use crate::cost::Cost;

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatCompletion {
    /// Id of the answer.
    pub id: String,
    /// `chat.completion`.
    pub object: String,
    /// When it was made, in Unix seconds.
    pub created: i64,
    /// The model that answered.
    pub model: String,
    /// The answers: one, or as many as `n` asked for.
    pub choices: Vec<Choice>,
    /// The tokens used.
    pub usage: Option<Usage>,
    /// Tier that processed the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Which configuration of the provider answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
    /// The pairs given with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// What it cost, in dollars: the one field that no server sent.
    #[serde(default)]
    pub cost: Cost,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ChatCompletion {
    /// The text of the first choice; empty if it has none.
    pub fn text(&self) -> &str {
        self.choices.first().and_then(|choice| choice.message.content.as_deref()).unwrap_or_default()
    }
}

/// One of the answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// Its place among the choices.
    pub index: u64,
    /// What the model said.
    pub message: ChatMessage,
    /// Why it ended: `stop`, `length`, `tool_calls`, `content_filter`, `function_call`, or a provider's own; none in a partial answer.
    pub finish_reason: Option<String>,
    /// Log probabilities, where they were asked for.
    pub logprobs: Option<Logprobs>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the model said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatMessage {
    /// `assistant`.
    pub role: String,
    /// The text.
    pub content: Option<String>,
    /// Why the model refused.
    pub refusal: Option<String>,
    /// What the model thought before it spoke, under whichever name the provider sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// The tools that the model calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Sources that the text names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Vec<Value>>,
    /// The spoken answer: `{id, data, expires_at, transcript}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Value>,
    /// Deprecated: see `tool_calls`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_call: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Log probabilities of an answer's tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Logprobs {
    /// Of the content's tokens.
    pub content: Option<Vec<TokenLogprob>>,
    /// Of the refusal's tokens.
    pub refusal: Option<Vec<TokenLogprob>>,
}

/// Log probability of one token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenLogprob {
    /// The token.
    pub token: String,
    /// Its UTF-8 bytes, where it is part of a character.
    pub bytes: Option<Vec<u8>>,
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// The likeliest tokens at this place.
    #[serde(default)]
    pub top_logprobs: Vec<TopLogprob>,
}

/// Log probability of a token that might have stood in a place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TopLogprob {
    /// The token.
    pub token: String,
    /// Its UTF-8 bytes, where it is part of a character.
    pub bytes: Option<Vec<u8>>,
    /// Natural logarithm of its probability.
    pub logprob: f64,
}

/// The tokens that a request used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Usage {
    /// Tokens of the prompt.
    #[serde(default, deserialize_with = "crate::wire::null_is_zero")]
    pub prompt_tokens: u64,
    /// Tokens of the answer, reasoning included.
    #[serde(default, deserialize_with = "crate::wire::null_is_zero")]
    pub completion_tokens: u64,
    /// Both together.
    #[serde(default, deserialize_with = "crate::wire::null_is_zero")]
    pub total_tokens: u64,
    /// What the answer's tokens were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens_details: Option<CompletionTokensDetails>,
    /// What the prompt's tokens were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<PromptTokensDetails>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the answer's tokens were.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CompletionTokensDetails {
    /// Thought and not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// Spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_tokens: Option<u64>,
    /// Of the prediction, used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_prediction_tokens: Option<u64>,
    /// Of the prediction, not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_prediction_tokens: Option<u64>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the prompt's tokens were.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PromptTokensDetails {
    /// Read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_tokens: Option<u64>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
