//! Anthropic messages.
//!
//! Invariant: all output has the shapes of Anthropic's SDKs (2026-11). Deviations of compatible servers are repaired in `codec`,
//! `blocks` and `quirks` by small functions.
//!
//! - `request`, `response`: types.
//! - `codec`: decodes replies and frames to repaired events.
//! - `blocks`: tracks the blocks of a message and repairs them.
//! - `quirks`: repairs other fields of events.
//! - `accumulate`: builds the message from events.

mod accumulate;
mod blocks;
mod codec;
mod quirks;
#[cfg(feature = "serde-json")]
mod request;
#[cfg(feature = "serde-json")]
mod response;

pub use accumulate::Accumulator;
pub use codec::{Codec, check};
#[cfg(feature = "serde-json")]
pub use request::{CountTokensRequest, InputMessage, MessagesRequest};
#[cfg(feature = "serde-json")]
pub use response::{AnthropicMessage, AnthropicUsage, ContentBlock, EventDelta, MessageEvent, TokenCount};

/// The API version in request headers.
pub const VERSION: &str = "2023-06-01";

/// The default of `max_tokens` where a caller of chat completions or a conversation has none: messages require it.
pub(crate) const MAX_TOKENS: u64 = 4096;
