//! Tests of structured answers and tools, and of the validators of JSON Schema. The tests are in `tests/structured`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::suites::pytest;
use crate::check::environment::Browser;
use crate::check::{Environment, quiet};
use crate::process::{report, report_counts, step};
use crate::setup;

/// Schema libraries that users may have. The npm package does not depend on them.
const LIBRARIES: [&str; 4] = ["@valibot/to-json-schema@1.8.0", "arktype@2.2.9", "valibot@1.5.0", setup::ZOD];
/// The package whose source distribution contains JSON-Schema-Test-Suite.
const SUITE: &str = "jsonschema==4.26.0";

/// Creates a project with the tarballs, the schema libraries and the examples; returns its folder.
pub(in crate::check) fn project(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = root.join("target/xtask/structured");
    setup::node_project(&folder, "installing the tarballs and schema libraries", &LIBRARIES, tarballs)?;
    for path in [
        "examples/node/structured.mjs",
        "examples/node/tools.mjs",
        "tests/structured/tsconfig.json",
        "tests/structured/types.ts",
        "tests/typing/requests.ts",
    ] {
        let path = root.join(path);
        fs::copy(&path, folder.join(path.file_name().context("a file")?))?;
    }
    Ok(folder)
}

/// Runs the tests in Python, Node and Chromium, and checks the types.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let root = environment.root();
    quiet("structured answers and tools in Python", &mut pytest(environment, "tests/structured")?)?;
    let project = environment.structured_project()?;
    let tsc = setup::npm(root)?.join("typescript/bin/tsc");
    quiet(
        "types of requests and structured answers",
        Command::new("node").arg(tsc).arg("--noEmit").current_dir(project),
    )?;
    let Browser { chromium, playwright } = environment.browser()?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/structured/run.mjs")).arg(environment.test_server()?);
    run.arg(project.join("scripts")).args([chromium, playwright]);
    report_counts(&step("structured answers and tools in JavaScript", run.current_dir(project))?);
    Ok(())
}

/// Reports how many tests of JSON-Schema-Test-Suite each runtime's validator passes.
pub(in crate::check) fn schemas(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let Browser { chromium, playwright } = environment.browser()?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/structured/schemas.mjs")).arg(suite(root)?).arg(environment.python()?.join("python"));
    run.args([chromium, playwright]).current_dir(environment.structured_project()?);
    let output = step("JSON-Schema-Test-Suite", &mut run)?;
    output.lines().filter(|line| line.contains(" tests of ")).for_each(report);
    Ok(())
}

/// Returns the folder of JSON-Schema-Test-Suite, which is downloaded once.
fn suite(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/xtask/suite");
    let name = SUITE.replace("==", "-");
    let suite = folder.join(&name).join("json");
    if !suite.join("tests").exists() {
        let python = setup::python(root)?.join("python");
        let mut pip = Command::new(&python);
        pip.args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-binary",
            ":all:",
        ]);
        step("downloading JSON-Schema-Test-Suite", pip.arg("--dest").arg(&folder).arg(SUITE))?;
        let mut unpack = Command::new(&python);
        unpack.args(["-m", "tarfile", "--extract"]).arg(folder.join(format!("{name}.tar.gz"))).arg(&folder);
        step("unpacking JSON-Schema-Test-Suite", &mut unpack)?;
    }
    Ok(suite)
}
