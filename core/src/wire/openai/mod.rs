//! OpenAI chat completions.
//!
//! Law: the shapes are those of OpenAI's public description (2.3.0); what other providers send instead is repaired in
//! [`quirks`], each repair a small function with its source.
//!
//! `request`, `response`, `chunk`: the types. `codec`: requests to bytes, replies and frames to repaired objects.
//! `accumulate`: chunks to the completion. `quirks`, `tool_calls`, `harmony`: the repairs.

mod accumulate;
#[cfg(feature = "serde")]
mod chunk;
mod codec;
mod harmony;
mod quirks;
#[cfg(feature = "serde")]
mod request;
#[cfg(feature = "serde")]
mod response;
mod tool_calls;

pub use accumulate::Accumulator;
#[cfg(feature = "serde")]
pub use chunk::{ChatCompletionChunk, ChoiceDelta, ChunkChoice, FunctionDelta, ToolCallDelta};
pub use codec::{Codec, check};
#[cfg(feature = "serde")]
pub use request::{
    ChatRequest, Content, ContentPart, FunctionCall, FunctionDefinition, ImageUrl, JsonSchemaFormat, Message,
    ResponseFormat, Stop, StreamOptions, Tool, ToolCall,
};
#[cfg(feature = "serde")]
pub use response::{
    ChatCompletion, ChatMessage, Choice, CompletionTokensDetails, Logprobs, PromptTokensDetails, TokenLogprob,
    TopLogprob, Usage,
};

/// The default name of reasoning in requests for chat completions.
pub(crate) const REASONING: &str = "reasoning";

/// The member of a message that names the field in which the server sent its reasoning, where that is not [`REASONING`]. Never sent.
pub(crate) const REASONING_FIELD: &str = "reasoning_field";
