//! Builds the Rust programs for a browser: the page of tests and the example.
//!
//! Invariant: both are built by one cargo command with one profile, so that they share their dependencies.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::toolchain;
use crate::process::{step, step_fn};

/// The packages, and the names of their libraries.
const PAGES: [(&str, &str); 2] =
    [("trilogue-test-page", "trilogue_test_page"), ("trilogue-example-browser", "trilogue_example_browser")];

/// Builds the programs; returns the folder of their wasm modules and glue.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    let target = root.join("target/page");
    let mut cargo = toolchain::cargo()?;
    cargo.args(["build", "--locked", "--lib", "--profile", "page", "--target", "wasm32-unknown-unknown"]);
    for (package, _) in PAGES {
        cargo.args(["--package", package]);
    }
    step("building the Rust pages", cargo.current_dir(root).env("CARGO_TARGET_DIR", &target))?;
    let out = root.join("target/xtask/rust-pages");
    step_fn("generating the glue of the Rust pages", || {
        for (_, library) in PAGES {
            let module = target.join(format!("wasm32-unknown-unknown/page/{library}.wasm"));
            let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
            bindgen.input_path(module).web(true)?.typescript(false).generate(&out)?;
        }
        Ok(())
    })?;
    Ok(out)
}
