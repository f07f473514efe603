//! `trilogue.ray` on a local Ray, which is started once: `tests/ray`.

use anyhow::Result;

use super::suites::{pinned_venv, pytest_in};
use crate::check::{Environment, cargo, quiet};

/// Runs the tests with the benchmarks' server, whose rows fail by their numbers.
pub(in crate::check) fn run(environment: &Environment) -> Result<()> {
    let build = ["build", "--locked", "--package", "trilogue-bench-server"];
    quiet("building the server of rows", cargo(environment.root()).args(build))?;
    let bin = pinned_venv(environment, "ray", "ray/requirements.txt", &[])?;
    quiet("Ray Data", &mut pytest_in(environment, &bin, &["tests/ray"])?)
}
