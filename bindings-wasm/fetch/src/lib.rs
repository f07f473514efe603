//! The transport of Rust programs in browsers and workers: trilogue's core over fetch.
//!
//! Sends requests with gloo-net, reads bodies through web-sys, waits with gloo-timers, and converts values with serde-wasm-bindgen. It moves
//! bytes and values; their meaning is decided in `trilogue-core`. Programs depend on the crate `trilogue`.
//!
//! The npm package has a smaller driver of its own, in the crate `trilogue-wasm`.

mod body;
mod closing;
mod timer;
mod transport;
pub mod values;

pub use body::Body;
pub use timer::Sleep;
pub use transport::{Fetch, Observer};
