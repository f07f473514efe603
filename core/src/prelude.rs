//! The names of the standard prelude that `core` lacks. Without the feature `serde-json`, the crate is `no_std`.
//!
//! Invariant: re-exports names of `alloc` only.

pub(crate) use alloc::borrow::ToOwned;
pub(crate) use alloc::boxed::Box;
pub(crate) use alloc::string::{String, ToString};
pub(crate) use alloc::vec::Vec;
