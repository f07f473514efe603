//! OpenAI chat completions.
//!
//! Invariant: all output has the shapes of OpenAI's API description (2.3.0). Deviations of other providers are repaired in `quirks`,
//! `tool_calls` and `harmony` by small functions that cite their sources.
//!
//! - `request`, `response`, `chunk`: types.
//! - `codec`: decodes replies and frames to repaired objects.
//! - `choice`: repairs the choices of a chunk.
//! - `accumulate`: builds the completion from chunks.

mod accumulate;
mod choice;
#[cfg(feature = "serde-json")]
mod chunk;
mod codec;
mod harmony;
mod quirks;
#[cfg(feature = "serde-json")]
mod request;
#[cfg(feature = "serde-json")]
mod response;
mod tool_calls;

pub use accumulate::Accumulator;
#[cfg(feature = "serde-json")]
pub use chunk::{ChatCompletionChunk, ChoiceDelta, ChunkChoice, FunctionDelta, ToolCallDelta};
pub use codec::{Codec, check};
#[cfg(feature = "serde-json")]
pub use request::{
    ChatRequest, Content, ContentPart, FunctionCall, FunctionDefinition, ImageUrl, JsonSchemaFormat, Message,
    ResponseFormat, Stop, StreamOptions, Tool, ToolCall,
};
#[cfg(feature = "serde-json")]
pub use response::{
    ChatCompletion, ChatMessage, Choice, CompletionTokensDetails, Logprobs, PromptTokensDetails, TokenLogprob,
    TopLogprob, Usage,
};

/// The default name of the reasoning field in requests for chat completions.
pub(crate) const REASONING: &str = "reasoning";

/// The member of a message with the name of the server's reasoning field, if it isn't [`REASONING`]. It is never sent.
pub(crate) const REASONING_FIELD: &str = "reasoning_field";
