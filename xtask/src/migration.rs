//! Tests of the way from the official Python clients to this package.
//!
//! Law: installs pinned peers beside the wheel, in an environment of their own; the tests are in `tests/migration`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process::step;
use crate::setup;

/// The official clients, and what the tests and the notebook's printing need.
const PEERS: [&str; 5] =
    ["anthropic==2.12.0", "ipython==8.38.0", "openai==3.54.0", "pydantic==2.14.3", "pytest==9.2.0"];

/// Runs the scripts with the official clients and with this package.
pub(crate) fn run(root: &Path, wheel: &Path) -> Result<()> {
    let bin = setup::venv(&root.join("target/xtask/migration"), &PEERS.join("\n"), |pip| {
        step("installing the official clients", pip.args(PEERS)).map(drop)
    })?;
    setup::install_wheel(&bin, wheel)?;
    let python = bin.join("python");
    let mut pytest = Command::new(&python);
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/migration"])
        .current_dir(root)
        .env("TRILOGUE_ROOT", root)
        .env("TRILOGUE_MIGRATION_PYTHON", &python);
    step("scripts for the official Python clients", &mut pytest).map(drop)
}
