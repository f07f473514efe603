//! Code blocks of the documents, executed and type-checked with the built packages. The tests are in `tests/documents`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::suites::pytest;
use crate::check::environment::Browser;
use crate::check::{Environment, quiet};
use crate::process::step;
use crate::setup;

/// Libraries that the documents' programs import. The npm package does not depend on them.
const LIBRARIES: [&str; 3] = ["@ai-sdk/provider@4.0.38", "ai@7.0.173", "zod@4.6.7"];

/// Runs every block alone, and reports a wrong one with its document and line.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let project = project(environment.root(), environment.npm_packages()?)?;
    let Browser { chromium, playwright } = environment.browser()?;
    let mut pytest = pytest(environment, "tests/documents")?;
    pytest
        .env("TRILOGUE_XTASK", std::env::current_exe()?)
        .env("TRILOGUE_DEMO_PYTHON", environment.demo_python()?.join("python"))
        .env("TRILOGUE_DOCUMENTS_PROJECT", project)
        .env("TRILOGUE_CHROMIUM", chromium)
        .env("TRILOGUE_PLAYWRIGHT", playwright);
    // Type checkers and esbuild.
    setup::npm(environment.root())?;
    quiet("code blocks of the documents", &mut pytest)
}

/// Creates a project with the tarballs and the libraries; returns its folder.
fn project(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = root.join("target/xtask/documents/node");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--prefer-offline"]).args(LIBRARIES).args(tarballs);
    step("installing the tarballs and the documents' libraries", npm.current_dir(&folder))?;
    Ok(folder)
}
