//! Code blocks of the documents, executed and type-checked with the built packages. The tests are in `tests/documents`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    // Documents count tokens, and the tests' Python has no vocabulary.
    let vocabulary = vocabulary(environment)?;
    pytest
        .env("TRILOGUE_VOCABULARY", vocabulary)
        .env("TRILOGUE_XTASK", std::env::current_exe()?)
        .env("TRILOGUE_DEMO_PYTHON", environment.demo_python()?.join("python"))
        .env("TRILOGUE_DOCUMENTS_PROJECT", project)
        .env("TRILOGUE_CHROMIUM", chromium)
        .env("TRILOGUE_PLAYWRIGHT", playwright);
    // Type checkers and esbuild.
    setup::npm(environment.root())?;
    quiet("code blocks of the documents", &mut pytest)
}

/// Installs the vocabulary of the tokenizer into a folder of its own.
fn vocabulary(environment: &Environment) -> Result<PathBuf> {
    let folder = environment.root().join("target/xtask/documents/vocabulary");
    drop(fs::remove_dir_all(&folder));
    let mut pip = Command::new(environment.python()?.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-index", "--target"]).arg(&folder);
    pip.arg(&environment.vocabulary()?.wheel);
    quiet("installing the vocabulary", &mut pip)?;
    Ok(folder)
}

/// Creates a project with the tarballs and the libraries; returns its folder.
fn project(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = root.join("target/xtask/documents/node");
    setup::node_project(&folder, "installing the tarballs and the documents' libraries", &LIBRARIES, tarballs)?;
    Ok(folder)
}
