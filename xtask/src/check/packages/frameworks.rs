//! Tests of the clients that replace the official ones in Python frameworks: `tests/frameworks`.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::suites::pytest_in;
use crate::check::{Environment, quiet};
use crate::setup;

/// The environments: their names, their packages, and their tests. llama-index needs older versions of the official clients than the others.
const ENVIRONMENTS: [(&str, &str, &[&str]); 2] = [
    ("frameworks", "requirements.txt", &["tests/frameworks", "--ignore", "tests/frameworks/test_llama_index.py"]),
    (
        "frameworks-llama-index",
        "requirements-llama-index.txt",
        &[
            "tests/frameworks/test_official.py",
            "tests/frameworks/test_documentation.py",
            "tests/frameworks/test_llama_index.py",
        ],
    ),
];

/// Runs the frameworks at pinned versions against the test server.
pub(in crate::check) fn run(environment: &Environment) -> Result<()> {
    let root = environment.root();
    for (name, requirements, tests) in ENVIRONMENTS {
        let requirements = root.join("tests/frameworks").join(requirements);
        let pins = fs::read_to_string(&requirements)?;
        // The files list every package.
        let fill = |pip: &mut Command| {
            quiet("installing the frameworks", pip.arg("--no-deps").arg("--requirement").arg(&requirements))
        };
        let bin = setup::venv(&root.join("target/xtask").join(name), &pins, fill)?;
        setup::install_wheel(&bin, &environment.python_packages()?.wheel)?;
        quiet(name, &mut pytest_in(environment, &bin, tests)?)?;
    }
    Ok(())
}
