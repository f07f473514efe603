//! Chat completion requests.
//!
//! Law: every field of the standard, each optional but `messages` and `model`; what isn't listed goes through `extra` untouched.
//! From these types the keyword arguments of Python and the body type of TypeScript are generated.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of `POST /chat/completions`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatRequest {
    /// The conversation so far, oldest first.
    pub messages: Vec<Message>,
    /// Id of the model, such as `openai-gpt-oss-120b`.
    pub model: String,
    /// Output options for audio, where `modalities` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Value>,
    /// -2 to 2: above 0 makes words less likely the more often they stand in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Deprecated: use `tool_choice`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_call: Option<Value>,
    /// Deprecated: use `tools`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub functions: Option<Vec<FunctionDefinition>>,
    /// Token ids to a bias of -100 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logit_bias: Option<Map<String, Value>>,
    /// Whether to give the log probabilities of the output tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// Most tokens that the answer may have, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u64>,
    /// Most tokens that the answer may have; deprecated by OpenAI in favour of `max_completion_tokens`, used by most others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Up to 16 pairs that the provider stores with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Kinds of output: `text`, `audio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modalities: Option<Vec<String>>,
    /// Options of the provider's moderation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation: Option<Value>,
    /// How many answers to give, 1 to 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Whether the model may call several tools at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// A text that the answer will largely repeat: `{type: "content", content}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Value>,
    /// -2 to 2: above 0 makes words less likely that stand in the text at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Groups requests that share a prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_key: Option<String>,
    /// `{mode, ttl}` of the prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_options: Option<Value>,
    /// Deprecated: use `prompt_cache_options`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_retention: Option<String>,
    /// How long to think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// 0.1 to 2: above 1 makes repeated words less likely (not OpenAI's; many open models take it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f64>,
    /// The form of the answer: text, JSON, or JSON that follows a schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Stable id of your user, at most 64 characters, hashed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety_identifier: Option<String>,
    /// Makes sampling repeatable as far as the provider can; deprecated by OpenAI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Processing tier: `auto`, `default`, `flex` or `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Up to 4 texts at which the answer stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Whether the provider keeps the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// Options of a streamed answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// 0 to 2: how freely to choose words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// `none`, `auto`, `required`, or an object that names a tool or the tools allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    /// Tools that the model may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Choose among the k likeliest tokens (not OpenAI's; many open models take it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// How many likeliest tokens to give log probabilities of, 0 to 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u64>,
    /// Choose among the likeliest tokens that together have this probability.
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
    /// A request with nothing but what it needs.
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
    /// The call that a `tool` message answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The calls that an `assistant` message made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Why an `assistant` message refused.
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

    /// What the user says.
    pub fn user(text: impl Into<String>) -> Self {
        Self::text("user", text)
    }

    /// What the model is told about its role.
    pub fn system(text: impl Into<String>) -> Self {
        Self::text("system", text)
    }

    /// What the model said.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::text("assistant", text)
    }

    /// The result of a tool call.
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
    /// A list of texts, images, sounds and files.
    Parts(Vec<ContentPart>),
}

/// One part of a message's content.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContentPart {
    /// `text`, `image_url`, `input_audio`, `file` or `refusal`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of a `text` part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The image of an `image_url` part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<ImageUrl>,
    /// The sound of an `input_audio` part: `{data, format}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_audio: Option<Value>,
    /// The file of a `file` part: `{file_id}` or `{file_data, filename}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Value>,
    /// The text of a `refusal` part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Where an image is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageUrl {
    /// An address or a `data:` URL.
    pub url: String,
    /// `auto`, `low` or `high`.
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
    /// The function of a `function` tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDefinition>,
    /// The tool of a `custom` tool: `{name, description, format}`.
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
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it does, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Map<String, Value>>,
    /// Whether the arguments must follow the schema to the letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// A call that the model made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolCall {
    /// Its id, which the answer in a `tool` message names.
    pub id: String,
    /// `function` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is called, with which arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionCall>,
    /// The input of a `custom` tool: `{name, input}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Name and arguments of a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FunctionCall {
    /// Name of the function.
    pub name: String,
    /// The arguments as JSON text, as the model wrote it: it may be invalid.
    pub arguments: String,
}

/// The form of the answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResponseFormat {
    /// `text`, `json_object` or `json_schema`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The schema of a `json_schema` format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<JsonSchemaFormat>,
}

/// A schema that the answer follows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JsonSchemaFormat {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What the answer is, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Map<String, Value>>,
    /// Whether the answer must follow the schema to the letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// Where the answer stops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Stop {
    /// At this text.
    One(String),
    /// At any of these texts, at most 4.
    Many(Vec<String>),
}

/// Options of a streamed answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamOptions {
    /// Whether a last chunk with empty `choices` tells the usage of the whole request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_usage: Option<bool>,
    /// Whether chunks are padded to hide their length from an eavesdropper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_obfuscation: Option<bool>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
