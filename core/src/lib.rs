//! The platform-neutral core of trilogue: the behaviour of a client for hosted language models, the same for every language.
//!
//! Invariant: the core has no sockets, clock, threads, runtime or `cfg` on a target. Bytes and times are arguments, or come through
//! [`transport::Transport`], the only asynchronous interface.
//!
//! The path of a request, with the module of each step:
//!
//! 1. [`config`] checks the options, and [`request`] encodes a request for its endpoint.
//! 2. [`client`] sends it through a transport, and decides whether it is sent again, and where.
//! 3. [`wire`] splits the body into frames, repairs and decodes them, and accumulates the result.
//! 4. [`events`] converts the items of every format into events.
//! 5. [`cost`] computes the cost, and keeps it within a budget.
//! 6. [`conversation`] keeps the turns of many requests; [`tools`] and [`structured`] handle tool calls and typed answers.
//! 7. `batch` decides about the rows of a batch, and reads and writes the lines of its log.
//! 8. `tokens` counts tokens, and `prompt` renders the prompts of the gpt-oss models.
//! 9. [`ffi`] converts batches and errors into the JSON text that crosses into another language.

#![cfg_attr(not(feature = "serde-json"), no_std)]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]

#[macro_use]
extern crate alloc;

#[cfg(feature = "serde-json")]
pub mod batch;
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
pub mod limits;
mod prelude;
#[cfg(all(feature = "tokens", feature = "fallback"))]
pub mod prompt;
pub mod record;
pub mod request;
pub mod schema;
#[cfg(feature = "schema")]
pub mod shapes;
pub mod snippets;
pub mod structured;
mod sync;
pub mod text;
#[cfg(feature = "tokens")]
pub mod tokens;
pub mod tools;
pub mod transport;
pub mod value;
pub mod wire;

pub use client::{Client, Completed, Events};
pub use config::{Config, RequestOptions};
#[cfg(feature = "serde-json")]
pub use cost::Cost;
pub use cost::Dollars;
pub use error::{Error, ErrorKind};
pub use events::{Event, EventEncoder, View};
pub use record::{CallOutcome, CallRecord};
pub use transport::Notice;
#[cfg(feature = "serde-json")]
pub use wire::anthropic::{AnthropicMessage, CountTokensRequest, MessageEvent, MessagesRequest, TokenCount};
#[cfg(feature = "serde-json")]
pub use wire::models::{ModelInfo, ModelPage};
#[cfg(feature = "serde-json")]
pub use wire::openai::{ChatCompletion, ChatCompletionChunk, ChatRequest, Message};
pub use wire::{Batch, Endpoint, Item};
