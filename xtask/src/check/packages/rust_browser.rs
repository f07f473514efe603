//! Rust in Chromium: the vectors, the scenarios and the example page.
//!
//! Invariant: the vectors are counted as those of every other runtime.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::vectors;
use crate::build::rust_pages;
use crate::check::Environment;
use crate::check::environment::Browser;
use crate::process::{report_counts, step};

/// Builds the pages and runs their tests.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let pages = rust_pages::build(environment.root())?;
    let (_server, url) = vectors::start_server(environment)?;
    let mut replay = runner(environment, "rust-browser.mjs", &pages.tests)?;
    vectors::replay(environment, "Rust in Chromium", replay.args([&url, "replay_all"]), 1)?;

    let (_server, url) = vectors::serve(environment, &environment.root().join("tests/page/vectors"))?;
    let mut scenarios = runner(environment, "rust-browser.mjs", &pages.tests)?;
    report_counts(&step("Rust in a page", scenarios.args([&url, "run_scenarios"]))?);
    let mut example = runner(environment, "rust-example.mjs", &pages.example)?;
    report_counts(&step("the example page in Rust", example.arg(&url))?);
    Ok(())
}

/// A runner with the arguments that all of them have: the folder of the page, Chromium and playwright-core.
fn runner(environment: &Environment, name: &str, page: &Path) -> Result<Command> {
    let Browser { chromium, playwright } = environment.browser()?;
    let mut node = Command::new("node");
    node.arg(environment.root().join("tests/runners").join(name)).args([page, chromium, playwright]);
    Ok(node)
}
