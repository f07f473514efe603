//! Builds the Rust programs for a browser: the page of tests and the example.
//!
//! Invariant: both are built by one cargo command with one profile, so that they share their dependencies.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::toolchain;
use crate::process::{step, step_fn};

/// The folders of the built pages.
pub(crate) struct Pages {
    /// The wasm module of the tests, and its glue.
    pub(crate) tests: PathBuf,
    /// The static files of the example.
    pub(crate) example: PathBuf,
}

/// Builds the pages.
pub(crate) fn build(root: &Path) -> Result<Pages> {
    let target = root.join("target/page");
    let mut cargo = toolchain::cargo()?;
    cargo.args(["build", "--locked", "--lib", "--profile", "page", "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--package", "trilogue-test-page", "--package", "trilogue-example-browser"]);
    step("building the Rust pages", cargo.current_dir(root).env("CARGO_TARGET_DIR", &target))?;
    let modules = target.join("wasm32-unknown-unknown/page");
    let out = root.join("target/xtask/rust-pages");
    let pages = Pages { tests: out.join("tests"), example: out.join("example") };
    step_fn("generating the glue of the Rust pages", || {
        bind(&modules.join("trilogue_test_page.wasm"), &pages.tests)?;
        bind(&modules.join("trilogue_example_browser.wasm"), &pages.example.join("pkg"))
    })?;
    for file in ["index.html", "main.js"] {
        fs::copy(root.join("examples/rust-browser").join(file), pages.example.join(file))?;
    }
    Ok(pages)
}

fn bind(module: &Path, out: &Path) -> Result<()> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).web(true)?.typescript(false).omit_default_module_path(false).generate(out)
}
