//! A request before it is sent: what goes over the wire, and whether its parameters are within their ranges.

mod encode;
pub mod parameters;

pub use encode::encode;
pub(crate) use encode::{complete, headers, url};
