//! Checks of the sources, which need no built package.

pub(super) mod documents;
mod files;
pub(super) mod fuzz;
pub(super) mod guards;
pub(super) mod layers;
pub(super) mod linear;
pub(super) mod lints;
pub(super) mod rust;
mod segments;
pub(super) mod vocabulary;
