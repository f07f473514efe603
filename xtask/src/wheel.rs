//! What someone who installs the Python package finds: from the wheel, and from the sources where no wheel fits.
//!
//! Law: looks at the files that are shipped, and builds the sources as pip does, from what is in their archive and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::build::Packages;
use crate::process::{step, step_fn};
use crate::setup;

/// What PyPI thinks of the files, before it is asked.
const TWINE: &str = "twine==7.0.0";
/// Bytes of the wheel at most.
const LIMIT: u64 = 5_000_000;

/// Checks wheel and sources. `python` has the wheel; `script` runs a sample, given an interpreter; `work` is an empty folder of its own.
pub(crate) fn check(
    root: &Path,
    packages: &Packages,
    python: &Path,
    work: &Path,
    script: impl Fn(&Path) -> Result<()>,
) -> Result<()> {
    let size = packages.wheel.metadata()?.len();
    ensure!(size <= LIMIT, "the wheel has {size} bytes, over {LIMIT}");
    let twine =
        setup::venv(&root.join("target/xtask/twine"), TWINE, |pip| step("installing twine", pip.arg(TWINE)).map(drop))?;
    let mut check = Command::new(twine.join("python"));
    check.args(["-m", "twine", "check", "--strict"]).arg(&packages.wheel).arg(&packages.sdist);
    step("twine check", &mut check)?;
    metadata(root, python)?;
    let built = from_sources(root, packages, work)?;
    metadata(root, &built)?;
    script(&built)
}

/// The metadata of what is installed.
fn metadata(root: &Path, python: &Path) -> Result<()> {
    let mut check = Command::new(python);
    check.arg("-I").arg(root.join("tests/packaging/python/metadata.py")).arg(root.join("bindings-python/README.md"));
    step("the metadata of the Python package", &mut check).map(drop)
}

/// Installs the sources into an environment of its own; its interpreter. A compiler's time is spent on this package alone: what was built
/// of others for the wheel is taken over.
fn from_sources(root: &Path, packages: &Packages, work: &Path) -> Result<PathBuf> {
    let venv = work.join("sdist-venv");
    step("an environment for the sources", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    let unpacked = work.join("sdist");
    let mut tar = Command::new(&python);
    step("unpacking the sources", tar.args(["-m", "tarfile", "-e"]).arg(&packages.sdist).arg(&unpacked))?;
    let name = packages.sdist.file_name().unwrap_or_default().to_string_lossy();
    let project = unpacked.join(name.trim_end_matches(".tar.gz"));

    // A folder of its own: cargo takes packages at the same place below two workspaces for the same.
    let (shared, target) = (root.join("target"), work.join("target"));
    let output = packages.linker.output();
    step_fn("taking over what is built of other packages", || {
        // The one holds macros and build scripts, the other what is linked; with the system's linker they are the same.
        BTreeSet::from([shared.join("dist"), output.clone()])
            .iter()
            .try_for_each(|folder| take_over(folder, &target.join(folder.strip_prefix(&shared)?)))
    })?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(&project).current_dir(work);
    step("installing from the sources", packages.linker.apply(&mut pip)?.env("CARGO_TARGET_DIR", &target))?;
    let built = target.join(output.strip_prefix(&shared)?).join("lib_native.so");
    ensure!(built.exists(), "the sources were not built: no {}", built.display());
    fs::remove_dir_all(target)?;
    Ok(python)
}

/// Copies what cargo built into another folder, but for this workspace's own packages. Times are kept: cargo goes by them. Links would be
/// written through.
fn take_over(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("trilogue") || name.contains("_native") || name == ".cargo-lock" {
            continue;
        }
        let (old, new) = (entry.path(), to.join(name));
        if entry.file_type()?.is_dir() {
            take_over(&old, &new)?;
        } else {
            fs::copy(&old, &new)?;
            fs::File::options().write(true).open(&new)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}
