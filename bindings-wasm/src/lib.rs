//! The wasm modules under the npm package: `trilogue.wasm`, a client, and `kit.wasm`, what a client has no need of.
//!
//! Law: JSON text in, JSON text out. Decides nothing. Failures are texts too, so that the facade makes the same errors of them as in Node.
//! Each module is this crate with one of its features, so that a page loads what it uses.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "kit")]
pub mod kit;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Nobody could read what a panic says; the page gets an exception.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
