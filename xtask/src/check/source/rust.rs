//! Format, lints and tests of the Rust code.

use anyhow::Result;

use crate::check::{Environment, cargo, quiet};

/// The features that no program has unless it asks for them.
const FEATURES: &str = "trilogue/tokens,trilogue/tracing";

pub(in crate::check) fn format(environment: &Environment) -> Result<()> {
    quiet("rustfmt", cargo(environment.root()).args(["fmt", "--all", "--check"]))
}

pub(in crate::check) fn lints(environment: &Environment) -> Result<()> {
    let mut clippy = cargo(environment.root());
    clippy.args(["clippy", "--locked", "--workspace", "--all-targets", "--features", FEATURES, "--", "-D", "warnings"]);
    quiet("clippy", &mut clippy)?;
    let mut doc = cargo(environment.root());
    doc.args(["doc", "--locked", "--no-deps", "--package", "trilogue-core", "--package", "trilogue-native"]);
    doc.args(["--package", "trilogue", "--features", FEATURES]).env("RUSTDOCFLAGS", "-D warnings");
    quiet("rustdoc", &mut doc)
}

pub(in crate::check) fn tests(environment: &Environment) -> Result<()> {
    let root = environment.root();
    quiet("tests of the workspace", cargo(root).args(["test", "--locked", "--features", "trilogue/tokens"]))?;
    // By itself, with the features that the command running now has been built with: nothing is compiled twice.
    quiet("tests of xtask", cargo(root).args(["test", "--locked", "--package", "xtask"]))?;
    // By itself, since other members enable the feature that replaces the core's own values.
    quiet("tests of the core's own values", cargo(root).args(["test", "--locked", "--package", "trilogue-test-values"]))
}
