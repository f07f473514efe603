//! Differences between targets: the transport, and whether futures must be `Send`.
//!
//! Each target's module has the same items; only they name a target.

#[cfg(target_arch = "wasm32")]
#[path = "browser.rs"]
mod target;
#[cfg(not(target_arch = "wasm32"))]
#[path = "native.rs"]
mod target;

pub(crate) use target::{BoxFuture, Observer, Transport, client, config, observe};
pub use target::{MaybeSend, MaybeSync};
