//! Code blocks of the documents, executed and type-checked with the built packages. The tests are in `tests/documents`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::suites::pytest;
use crate::check::environment::Browser;
use crate::check::{Environment, quiet};
use crate::setup;

/// Libraries that the documents' programs import. The npm package does not depend on them.
const LIBRARIES: [&str; 3] = ["@ai-sdk/provider@4.0.38", "ai@7.0.173", setup::ZOD];

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
    setup::node_project(&folder, "installing the tarballs and the documents' libraries", &LIBRARIES, tarballs)?;
    Ok(folder)
}
