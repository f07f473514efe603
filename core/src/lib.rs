//! The platform-neutral core of trilogue: what a chat with a hosted language model means, and nothing of where it runs.
//!
//! Law: no sockets, no clock, no threads, no runtime, no `cfg` on a target. Bytes and times come in as arguments or through
//! [`transport::Transport`], the only asynchronous seam. Behaviour that users see is decided here, once, for every language.
//!
//! The way of a request, and the module of each step:
//!
//! 1. [`wire`] encodes a request and knows the formats' URLs and headers.
//! 2. [`client`] sends it through a transport and asks [`retry`] what to do with the answer.
//! 3. [`sse`] cuts the body into frames, [`wire`] repairs and decodes them, and accumulates the final result.
//! 4. [`event`] is the one shape that every format's stream can be read in.
//! 5. [`cost`] tells what it cost, and keeps it within a budget.
//! 6. [`conversation`] holds what was said over many requests.
//! 7. [`border`] turns batches and errors into the JSON text that crosses into another language.

#![cfg_attr(not(feature = "serde"), no_std)]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]

#[macro_use]
extern crate alloc;

pub mod catalog;
pub mod client;
pub mod config;
pub mod conversation;
pub mod cost;
pub mod error;
pub mod events;
pub mod ffi;
pub mod http;
pub mod json;
mod prelude;
pub mod request;
pub mod schema;
#[cfg(feature = "schema")]
pub mod shapes;
pub mod snippets;
pub mod structured;
pub mod text;
pub mod tools;
pub mod transport;
pub mod value;
pub mod wire;

pub use client::{Client, Completed, Events};
pub use config::{Config, RequestOptions};
#[cfg(feature = "serde")]
pub use cost::Cost;
pub use cost::Dollars;
pub use error::{Error, ErrorKind};
pub use events::{Event, EventEncoder, View};
pub use transport::Notice;
#[cfg(feature = "serde")]
pub use wire::anthropic::{AnthropicMessage, CountTokensRequest, MessageEvent, MessagesRequest, TokenCount};
#[cfg(feature = "serde")]
pub use wire::models::{ModelInfo, ModelPage};
#[cfg(feature = "serde")]
pub use wire::openai::{ChatCompletion, ChatCompletionChunk, ChatRequest, Message};
pub use wire::{Batch, Endpoint, Item};
