//! trilogue.

mod client;
pub mod conversation;
mod generator;
mod platform;
mod request;
mod run;
mod stream;
mod structured;
mod tools;

pub use client::Client;
