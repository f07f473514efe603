//! The wasm modules of the npm package. Each is this crate with some of its features (`xtask/src/build/wasm.rs`), so that a page loads only
//! what it uses.
//!
//! JSON text in, JSON text out; all decisions are the core's. Errors are returned as JSON too, from which TypeScript creates the same error
//! classes as in Node.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(feature = "answers")]
pub mod answers;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "kit")]
pub mod kit;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// A panic is an exception in the page. Its message is left out, since formatting it would make the module larger.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
