//! Conversion between the two formats: requests, replies and streams, and answers that are continued after a cut.
//!
//! Invariant: pure, without panics, in linear time. What a format cannot express is an error before anything is sent; only what `request` and
//! `codec` list is dropped.
//!
//! - `request`: the parameters of a request; `to_messages`, `to_chat`: its messages.
//! - `codec`: a decoder of one format's streams that yields the other format; `pieces` reads items, `chat_writer` and `messages_writer` write them,
//!   `usage` converts tokens and finish reasons.
//! - `continuation`: the request for the rest of an answer, and the decoder that adds it.
//! - `content`, `tools`: what conversations share with requests.

#[cfg(feature = "fallback")]
mod chat_writer;
#[cfg(feature = "fallback")]
mod codec;
pub(crate) mod content;
#[cfg(feature = "fallback")]
mod continuation;
#[cfg(feature = "fallback")]
mod messages_writer;
#[cfg(feature = "fallback")]
mod pieces;
#[cfg(feature = "fallback")]
mod request;
#[cfg(feature = "fallback")]
mod to_chat;
#[cfg(feature = "fallback")]
mod to_messages;
pub(crate) mod tools;
#[cfg(feature = "fallback")]
mod usage;

#[cfg(feature = "fallback")]
pub use {
    codec::{codec, codec_for},
    continuation::{continuation, continued},
    request::request,
};
