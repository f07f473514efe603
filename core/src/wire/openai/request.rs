//! Types of chat completion requests.
//!
//! Invariant: all fields of the standard, optional except `messages` and `model`. Other fields pass through `extra` unchanged. The Python
//! keyword arguments and the TypeScript request type are generated from these types.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of `POST /chat/completions`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatRequest {
    /// The conversation so far, oldest message first.
    pub messages: Vec<Message>,
    /// Model id, such as `openai-gpt-oss-120b`.
    pub model: String,
    /// Options for audio output; requires `audio` in `modalities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Value>,
    /// -2 to 2: positive values penalize tokens by how often they occur in the text so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Deprecated: use `tool_choice`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_call: Option<Value>,
    /// Deprecated: use `tools`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub functions: Option<Vec<FunctionDefinition>>,
    /// Maps token ids to a bias of -100 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logit_bias: Option<Map<String, Value>>,
    /// Whether to return log probabilities of the output tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// Maximum number of tokens in the answer, including reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u64>,
    /// Maximum number of tokens in the answer. OpenAI deprecates it in favour of `max_completion_tokens`; most other providers use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Up to 16 key-value pairs that the provider stores with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Output types: `text`, `audio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modalities: Option<Vec<String>>,
    /// Options of the provider's moderation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation: Option<Value>,
    /// Number of choices to generate, 1 to 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Whether the model may call several tools in one answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// Text that the answer will largely repeat: `{type: "content", content}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Value>,
    /// -2 to 2: positive values penalize tokens that occur in the text so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Cache key for requests with a common prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_key: Option<String>,
    /// Options of the prompt cache: `{mode, ttl}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_options: Option<Value>,
    /// Deprecated: use `prompt_cache_options`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_retention: Option<String>,
    /// Amount of reasoning: `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// 0.1 to 2: values above 1 penalize repeated tokens. Not supported by OpenAI; many open models accept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f64>,
    /// Format of the answer: text, JSON, or JSON that matches a schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Stable, hashed id of your user, at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety_identifier: Option<String>,
    /// Seed for reproducible sampling, as far as the provider supports it; deprecated by OpenAI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Processing tier: `auto`, `default`, `flex` or `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Up to 4 strings that end the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Whether the provider stores the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// Options of streamed answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// Sampling temperature, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// `none`, `auto`, `required`, or an object that names a tool or lists the allowed tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    /// Tools that the model may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Sample only from the k likeliest tokens. Not supported by OpenAI; many open models accept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// Number of likeliest tokens per position to return with log probabilities, 0 to 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u64>,
    /// Sample only from the likeliest tokens with this total probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Deprecated: use `safety_identifier` and `prompt_cache_key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Length of the answer: `low`, `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<String>,
    /// Options of the provider's web search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_search_options: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ChatRequest {
    /// Creates a request with the required fields.
    pub fn new(model: impl Into<String>, messages: impl Into<Vec<Message>>) -> Self {
        Self { model: model.into(), messages: messages.into(), ..Self::default() }
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// `developer`, `system`, `user`, `assistant`, `tool` or `function`.
    pub role: String,
    /// The text, or a list of parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Name of the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Id of the call that a `tool` message is the result of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Tool calls of an `assistant` message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Refusal text of an `assistant` message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Message {
    fn text(role: &str, text: impl Into<String>) -> Self {
        Self { role: role.to_owned(), content: Some(Content::Text(text.into())), ..Self::default() }
    }

    /// Creates a user message.
    pub fn user(text: impl Into<String>) -> Self {
        Self::text("user", text)
    }

    /// Creates a system message.
    pub fn system(text: impl Into<String>) -> Self {
        Self::text("system", text)
    }

    /// Creates an assistant message.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::text("assistant", text)
    }

    /// Creates a message with the result of a tool call.
    pub fn tool(tool_call_id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tool_call_id: Some(tool_call_id.into()), ..Self::text("tool", text) }
    }
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Content {
    /// A text.
    Text(String),
    /// A list of text, image, audio and file parts.
    Parts(Vec<ContentPart>),
}

/// One part of a message's content.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContentPart {
    /// `text`, `image_url`, `input_audio`, `file` or `refusal`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Text of a `text` part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Image of an `image_url` part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<ImageUrl>,
    /// Audio of an `input_audio` part: `{data, format}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_audio: Option<Value>,
    /// File of a `file` part: `{file_id}` or `{file_data, filename}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Value>,
    /// Text of a `refusal` part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Location of an image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageUrl {
    /// An `https:` or `data:` URL.
    pub url: String,
    /// Resolution: `auto`, `low` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A tool that the model may call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    /// `function` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Function of a `function` tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDefinition>,
    /// Definition of a `custom` tool: `{name, description, format}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A function that the model may call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FunctionDefinition {
    /// Function name: letters, digits, `_` and `-`, at most 64 characters.
    pub name: String,
    /// Description of the function for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Map<String, Value>>,
    /// Whether the arguments must match the schema exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// A tool call by the model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolCall {
    /// Id of the call, which the `tool` message with the result refers to.
    pub id: String,
    /// `function` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name and arguments of a function call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionCall>,
    /// Name and input of a `custom` tool call: `{name, input}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Name and arguments of a function call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FunctionCall {
    /// Name of the function.
    pub name: String,
    /// Arguments as JSON text, as generated by the model. They may be invalid.
    pub arguments: String,
}

/// Format of the answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResponseFormat {
    /// `text`, `json_object` or `json_schema`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Schema of a `json_schema` format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<JsonSchemaFormat>,
}

/// A schema for the answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JsonSchemaFormat {
    /// Schema name: letters, digits, `_` and `-`, at most 64 characters.
    pub name: String,
    /// Description of the answer for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Map<String, Value>>,
    /// Whether the answer must match the schema exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// Strings that end the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Stop {
    /// One string.
    One(String),
    /// Up to 4 strings.
    Many(Vec<String>),
}

/// Options of streamed answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamOptions {
    /// Whether to send a last chunk with empty `choices` and the usage of the entire request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_usage: Option<bool>,
    /// Whether to pad chunks, which hides the length of the text from eavesdroppers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_obfuscation: Option<bool>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
