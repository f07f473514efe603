//! Checks of the built packages, installed as users install them.

pub(super) mod binaries;
pub(super) mod code;
pub(super) mod examples;
pub(super) mod frameworks;
pub(super) mod migration;
pub(super) mod node;
pub(super) mod playground;
pub(super) mod python;
pub(super) mod ray;
pub(super) mod rust_browser;
pub(super) mod structured;
pub(super) mod suites;
pub(super) mod tokens;
pub(super) mod vectors;
