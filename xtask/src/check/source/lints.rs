//! Linters and type checkers of Python and TypeScript. They change no file.

use std::process::Command;

use anyhow::Result;

use crate::check::{Environment, quiet};
use crate::setup;

pub(in crate::check) fn python(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let tools = setup::python(root)?;
    let interpreter = environment.test_tools()?.join("python");
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
    mypy.arg("--config-file").arg(&config);
    mypy.args(["--explicit-package-bases", "--cache-dir", "target/xtask/mypy"]);
    quiet("mypy --strict", mypy.arg("--python-executable").arg(&interpreter).args(checked))?;
    let mut pyright = Command::new("node");
    pyright.arg(setup::npm(root)?.join("pyright/index.js"));
    pyright.arg("--project").arg(root.join("tests/packaging/pyrightconfig.json"));
    quiet("pyright", pyright.arg("--pythonpath").arg(&interpreter).current_dir(root))
}

/// Compares the stubs with the modules of the installed wheel.
pub(in crate::check) fn python_stubs(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let mut stubtest = Command::new(environment.python()?.join("python"));
    stubtest.args(["-m", "mypy.stubtest", "trilogue", "--concise", "--allowlist"]);
    stubtest.arg(root.join("tests/typing/allowlist.txt"));
    // Outside the sources' folder, whose modules would be imported instead.
    quiet("stubs against the modules", stubtest.current_dir(root.join("target/xtask")))
}

pub(in crate::check) fn typescript(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let mut biome = Command::new("node");
    biome.arg(setup::npm(root)?.join("@biomejs/biome/bin/biome"));
    quiet("biome", biome.args(["ci", "--error-on-warnings", "--colors=off"]).current_dir(root.join("typescript")))
}

/// Checks the types of the npm package's sources, which import the glue of the built wasm modules.
pub(in crate::check) fn typescript_types(environment: &Environment) -> Result<()> {
    let root = environment.root();
    environment.npm_packages()?;
    let mut tsc = Command::new("node");
    tsc.arg(setup::npm(root)?.join("typescript/bin/tsc")).arg("--noEmit");
    quiet("tsc", tsc.current_dir(root.join("typescript")))
}
