//! The Python package as its users install it: from the wheel, and from the source distribution on platforms without a wheel.
//!
//! Invariant: installs into empty environments, and builds the source distribution with pip, from the files of its archive only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::vectors::start_server;
use crate::build::PythonPackages;
use crate::build::linker::Linker;
use crate::check::{Environment, quiet};
use crate::process::{step, step_fn};
use crate::setup;

/// The program that checks the metadata as PyPI does.
const TWINE: &str = "twine==7.0.0";
/// Limit of the wheel's size in bytes.
const LIMIT: u64 = 5_450_000;

/// Checks the wheel and the source distribution.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let packages = environment.python_packages()?;
    let work = root.join("target/xtask/packaging-python");
    drop(fs::remove_dir_all(&work));
    fs::create_dir_all(&work)?;
    let (_server, url) = start_server(environment)?;
    let base_url = format!("{url}/v/stream.plain/whole/packaging");

    let size = packages.wheel.metadata()?.len();
    ensure!(size <= LIMIT, "the wheel has {size} bytes, over {LIMIT}");
    let venv = work.join("venv");
    quiet("creating a virtual environment", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-index"]).arg(&packages.wheel);
    quiet("installing the wheel", &mut pip)?;
    metadata(root, &python)?;
    let script = |python: &Path| {
        let mut command = Command::new(python);
        command.arg(root.join("tests/packaging/python/sample.py")).current_dir(&work);
        quiet("a Python script", command.env("MODELSLAB_BASE_URL", &base_url))
    };
    script(&python)?;
    // The wheel has no dependencies, so the output is plain.
    let mut ask = Command::new(venv.join("bin/trilogue"));
    quiet("the terminal client", ask.args(["ask", "Hi"]).env("MODELSLAB_BASE_URL", &base_url))?;

    let fill = |pip: &mut Command| quiet("installing twine", pip.arg(TWINE));
    let twine = setup::venv(&root.join("target/xtask/twine"), TWINE, fill)?;
    let mut check = Command::new(twine.join("python"));
    check.args(["-m", "twine", "check", "--strict"]).arg(&packages.wheel).arg(&packages.sdist);
    quiet("twine check", &mut check)?;

    let built = from_sources(root, packages, environment.linker()?, &work)?;
    metadata(root, &built)?;
    script(&built)
}

/// Checks the metadata of the installed package.
fn metadata(root: &Path, python: &Path) -> Result<()> {
    let mut check = Command::new(python);
    check.arg("-I").arg(root.join("tests/packaging/python/metadata.py")).arg(root.join("bindings-python/README.md"));
    step("the metadata of the Python package", &mut check).map(drop)
}

/// Installs the source distribution into an empty environment; returns its interpreter.
///
/// Reuses the dependencies that were compiled for the wheel, so that only this package is compiled.
fn from_sources(root: &Path, packages: &PythonPackages, linker: &Linker, work: &Path) -> Result<PathBuf> {
    let venv = work.join("sdist-venv");
    step("an environment for the source distribution", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    let unpacked = work.join("sdist");
    let mut tar = Command::new(&python);
    step("unpacking the source distribution", tar.args(["-m", "tarfile", "-e"]).arg(&packages.sdist).arg(&unpacked))?;
    let name = packages.sdist.file_name().unwrap_or_default().to_string_lossy();
    let project = unpacked.join(name.trim_end_matches(".tar.gz"));

    // A target folder of its own: cargo would identify the unpacked packages with those of this workspace.
    let (shared, target) = (root.join("target"), work.join("target"));
    let output = linker.output();
    step_fn("copying the compiled dependencies", || {
        // The first contains macros and build scripts, the second libraries; with the system's linker they are the same.
        BTreeSet::from([shared.join("dist"), output.clone()])
            .iter()
            .try_for_each(|folder| copy_dependencies(folder, &target.join(folder.strip_prefix(&shared)?)))
    })?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(&project).current_dir(work);
    step("installing from the source distribution", linker.apply(&mut pip)?.env("CARGO_TARGET_DIR", &target))?;
    let built = target.join(output.strip_prefix(&shared)?).join("lib_native.so");
    ensure!(built.exists(), "the source distribution was not compiled: no {}", built.display());
    fs::remove_dir_all(target)?;
    Ok(python)
}

/// Copies cargo's output without this workspace's own packages. Keeps modification times, by which cargo decides what is up to date.
/// Hard links would let cargo write into the original files.
fn copy_dependencies(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("trilogue") || name.contains("_native") || name == ".cargo-lock" {
            continue;
        }
        let (old, new) = (entry.path(), to.join(name));
        if entry.file_type()?.is_dir() {
            copy_dependencies(&old, &new)?;
        } else {
            fs::copy(&old, &new)?;
            fs::File::options().write(true).open(&new)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}
