//! Anthropic messages.
//!
//! The shapes are those of Anthropic's SDKs (2026-11). Other shapes that compatible servers send are repaired in `codec` and `blocks`, each
//! by a small function.
//!
//! `request`, `response`: the types. `codec`: replies and frames to repaired events. `blocks`: the blocks of a message, and their repairs.
//! `accumulate`: events to the message.

mod accumulate;
mod blocks;
mod codec;
#[cfg(feature = "serde")]
mod request;
#[cfg(feature = "serde")]
mod response;

pub use accumulate::Accumulator;
pub use codec::{Codec, check};
#[cfg(feature = "serde")]
pub use request::{CountTokensRequest, InputMessage, MessagesRequest};
#[cfg(feature = "serde")]
pub use response::{AnthropicMessage, AnthropicUsage, ContentBlock, EventDelta, MessageEvent, TokenCount};

/// The version of the API that requests name.
pub const VERSION: &str = "2023-06-01";
