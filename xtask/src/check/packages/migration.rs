//! Tests of the migration from the official clients: `tests/migration` runs the same scripts with them and with this package.

use std::process::Command;

use anyhow::Result;

use crate::check::{Environment, quiet};
use crate::setup;

/// The official Python clients, and the packages of the tests and of a notebook's output.
const PACKAGES: [&str; 5] =
    ["anthropic==2.12.0", "ipython==8.38.0", "openai==3.54.0", "pydantic==2.14.3", "pytest==9.2.0"];

/// The official JavaScript clients, and the library of their helpers' schemas.
const NODE_PACKAGES: [&str; 3] = ["@anthropic-ai/sdk@1.14.0", "openai@7.59.0", setup::ZOD];

/// Runs the scripts in environments of their own.
pub(in crate::check) fn run(environment: &Environment) -> Result<()> {
    let root = environment.root();
    environment.test_server()?;
    let fill = |pip: &mut Command| quiet("installing the official clients", pip.args(PACKAGES));
    let bin = setup::venv(&root.join("target/xtask/migration"), &PACKAGES.join("\n"), fill)?;
    setup::install_wheel(&bin, &environment.python_packages()?.wheel)?;
    let node = root.join("target/xtask/migration-node");
    let tarballs = environment.npm_packages()?;
    setup::node_project(&node, "installing the tarballs and the official clients", &NODE_PACKAGES, tarballs)?;
    let python = bin.join("python");
    let mut pytest = Command::new(&python);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/migration"]).current_dir(root);
    pytest.env("TRILOGUE_ROOT", root).env("TRILOGUE_MIGRATION_PYTHON", &python);
    pytest.env("TRILOGUE_MIGRATION_NODE", node);
    quiet("scripts for the official clients", &mut pytest)
}
