//! What the standard library's prelude has and `core` has not: without the feature `serde` there is no standard library below.
//!
//! Law: names of `alloc`, no others. A module without the standard library also is one without its texts of panics, which nobody would
//! read in a page.

pub(crate) use alloc::borrow::ToOwned;
pub(crate) use alloc::boxed::Box;
pub(crate) use alloc::string::{String, ToString};
pub(crate) use alloc::vec::Vec;
