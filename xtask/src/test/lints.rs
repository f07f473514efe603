//! Linters and type checkers of Python and TypeScript.
//!
//! Law: what they find fails; nothing is changed.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Environment, quiet};
use crate::setup;

pub(super) fn python(root: &Path, environment: &Environment) -> Result<()> {
    let tools = setup::python(root)?;
    let config = root.join("bindings-python/pyproject.toml");
    let folders = ["bench", "bindings-python/python", "examples/python", "tests"];
    let ruff = || {
        let mut ruff = Command::new(tools.join("ruff"));
        ruff.current_dir(root);
        ruff
    };
    quiet("ruff check", ruff().arg("check").arg("--config").arg(&config).args(folders))?;
    quiet("ruff format", ruff().args(["format", "--check"]).arg("--config").arg(&config).args(folders))?;
    let checked = ["bindings-python/python/trilogue", "examples/python", "tests/typing"];
    let mut mypy = Command::new(tools.join("mypy"));
    mypy.current_dir(root).env("MYPYPATH", "bindings-python/python:examples/python");
    quiet(
        "mypy --strict",
        mypy.arg("--config-file")
            .arg(&config)
            .args(["--explicit-package-bases", "--cache-dir", "target/xtask/mypy"])
            .arg("--python-executable")
            .arg(environment.python.join("python"))
            .args(checked),
    )?;
    let pyright = setup::npm(root)?.join("pyright/index.js");
    let mut check = Command::new("node");
    check
        .arg(pyright)
        .arg("--project")
        .arg(root.join("tests/packaging/pyrightconfig.json"))
        .arg("--pythonpath")
        .arg(environment.python.join("python"));
    quiet("pyright", check.current_dir(root))?;
    // In a folder without the sources: what is installed is checked.
    let mut stubtest = Command::new(environment.python.join("python"));
    stubtest.args(["-m", "mypy.stubtest", "trilogue", "--concise", "--allowlist"]);
    quiet(
        "stubs against the modules",
        stubtest.arg(root.join("tests/typing/allowlist.txt")).current_dir(root.join("target/xtask")),
    )
}

pub(super) fn typescript(root: &Path) -> Result<()> {
    let modules = setup::npm(root)?;
    let folder = root.join("typescript");
    let node = |script: &str| {
        let mut node = Command::new("node");
        node.arg(modules.join(script)).current_dir(&folder);
        node
    };
    quiet("tsc", node("typescript/bin/tsc").arg("--noEmit"))?;
    quiet("biome", node("@biomejs/biome/bin/biome").args(["ci", "--error-on-warnings", "--colors=off"]))
}
