//! Rust in Chromium: the vectors, the scenarios and the example page.
//!
//! Invariant: the vectors are counted as those of every other runtime.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::vectors;
use crate::build::rust_pages;
use crate::check::Environment;
use crate::check::environment::Browser;
use crate::process::{report_counts, step};

/// Builds the pages and runs their tests.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let pages = rust_pages::build(root)?;
    replay_vectors(environment, &pages)?;

    let scenarios = root.join("tests/page/vectors");
    let (_server, url) = vectors::serve(environment, &scenarios)?;
    let mut runner = runner(environment, "rust-browser.mjs", &pages)?;
    report_counts(&step("Rust in a page", runner.args([&url, "run_scenarios"]))?);
    let mut runner = self::runner(environment, "rust-example.mjs", &pages)?;
    report_counts(&step("the example in Rust", runner.arg(&url).arg(root.join("examples/rust-browser")))?);
    Ok(())
}

fn replay_vectors(environment: &Environment, pages: &Path) -> Result<()> {
    let (_server, url) = vectors::start_server(environment)?;
    let mut runner = runner(environment, "rust-browser.mjs", pages)?;
    vectors::replay(environment, "Rust in Chromium", runner.args([&url, "replay_all"]), 1)
}

/// A runner with the arguments that all of them have: the folder of the pages, Chromium and playwright-core.
fn runner(environment: &Environment, name: &str, pages: &Path) -> Result<Command> {
    let Browser { chromium, playwright } = environment.browser()?;
    let mut node = Command::new("node");
    let script: PathBuf = environment.root().join("tests/runners").join(name);
    node.arg(script).args([pages, chromium, playwright]);
    Ok(node)
}
