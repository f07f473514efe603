//! Tests of the clients that replace the official ones in Python frameworks: `tests/frameworks`.

use anyhow::Result;

use super::suites::{ALL_PINNED, pinned_venv, pytest_in};
use crate::check::{Environment, quiet};

/// The environments: their names, their packages, and their tests. llama-index needs older versions of the official clients than the others.
const ENVIRONMENTS: [(&str, &str, &[&str]); 2] = [
    (
        "frameworks",
        "frameworks/requirements.txt",
        &["tests/frameworks", "--ignore", "tests/frameworks/test_llama_index.py"],
    ),
    (
        "frameworks-llama-index",
        "frameworks/requirements-llama-index.txt",
        &[
            "tests/frameworks/test_official.py",
            "tests/frameworks/test_documentation.py",
            "tests/frameworks/test_llama_index.py",
        ],
    ),
];

/// Runs the frameworks at pinned versions against the test server.
pub(in crate::check) fn run(environment: &Environment) -> Result<()> {
    for (name, requirements, tests) in ENVIRONMENTS {
        let bin = pinned_venv(environment, name, requirements, &ALL_PINNED)?;
        quiet(name, &mut pytest_in(environment, &bin, tests)?)?;
    }
    Ok(())
}
