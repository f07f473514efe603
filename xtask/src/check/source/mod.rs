//! Checks of the sources, which need no built package.

pub(super) mod fuzz;
pub(super) mod guards;
pub(super) mod linear;
pub(super) mod lints;
pub(super) mod rust;
