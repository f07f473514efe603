//! `trilogue.ray` on a local Ray, which is started once: `tests/ray`.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::suites::pytest_in;
use crate::check::{Environment, cargo, quiet};
use crate::setup;

/// Runs the tests with the benchmarks' server, whose rows fail by their numbers.
pub(in crate::check) fn run(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let build = ["build", "--locked", "--package", "trilogue-bench-server"];
    quiet("building the server of rows", cargo(root).args(build))?;
    let requirements = root.join("tests/ray/requirements.txt");
    let fill = |pip: &mut Command| quiet("installing Ray", pip.arg("--requirement").arg(&requirements));
    let bin = setup::venv(&root.join("target/xtask/ray"), &fs::read_to_string(&requirements)?, fill)?;
    setup::install_wheel(&bin, &environment.python_packages()?.wheel)?;
    quiet("Ray Data", &mut pytest_in(environment, &bin, &["tests/ray"])?)
}
