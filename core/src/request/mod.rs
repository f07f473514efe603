//! A request before it is sent: its encoding, and the ranges of its parameters.

mod encode;
pub mod parameters;

#[cfg(feature = "fallback")]
pub(crate) use encode::check;
pub use encode::encode;
pub(crate) use encode::{complete, headers, url};
