//! Tests of structured answers and tools in JavaScript, and the figures of the validators of JSON Schema.
//!
//! Law: installs what a user would, and runs programs; the tests are in `tests/structured`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::step;
use crate::setup;

/// Schema libraries that users may have: nothing that is shipped needs them.
const LIBRARIES: [&str; 4] = ["@valibot/to-json-schema@1.8.0", "arktype@2.2.9", "valibot@1.5.0", "zod@4.6.7"];
/// The package in whose source JSON-Schema-Test-Suite lies.
const SUITE: &str = "jsonschema==4.26.0";

/// A project with the tarballs, the schema libraries and the examples.
pub(crate) fn project(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = root.join("target/xtask/structured");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--prefer-offline"]).args(LIBRARIES).args(tarballs);
    step("installing the tarballs and schema libraries", npm.current_dir(&folder))?;
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

/// The tests in Node and in Chromium, and the types.
pub(crate) fn javascript(root: &Path, project: &Path, chromium: &Path, playwright: &Path) -> Result<()> {
    let tsc = setup::npm(root)?.join("typescript/bin/tsc");
    step("types of requests and structured answers", Command::new("node").arg(tsc).arg("--noEmit").current_dir(project))?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/structured/run.mjs")).arg(root.join("target/debug/trilogue-test-server"));
    run.arg(project.join("scripts")).arg(chromium).arg(playwright);
    print_counts(&step("structured answers and tools in JavaScript", run.current_dir(project))?);
    Ok(())
}

/// How much of JSON Schema each runtime's validator knows.
pub(crate) fn schemas(root: &Path, project: &Path, python: &Path, chromium: &Path, playwright: &Path) -> Result<()> {
    let suite = suite(root)?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/structured/schemas.mjs"))
        .arg(suite)
        .arg(python.join("python"))
        .arg(chromium)
        .arg(playwright);
    print_counts(&step("JSON-Schema-Test-Suite", run.current_dir(project))?);
    Ok(())
}

fn print_counts(output: &str) {
    for line in output.lines().filter(|line| line.contains(" passed, ") || line.contains(" tests of ")) {
        println!("{line}");
    }
}

/// JSON-Schema-Test-Suite.
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
        step("unpacking it", &mut unpack)?;
    }
    Ok(suite)
}
