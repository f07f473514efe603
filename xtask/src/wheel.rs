//! What someone who installs the Python package finds: from the wheel, and from the sources where no wheel fits.
//!
//! Law: looks at the files that are shipped, and builds the sources as pip does, from what is in their archive and nowhere else.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::build::Packages;
use crate::process::step;
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
    let built = from_sources(packages, work)?;
    metadata(root, &built)?;
    script(&built)
}

/// The metadata of what is installed.
fn metadata(root: &Path, python: &Path) -> Result<()> {
    let mut check = Command::new(python);
    check.arg("-I").arg(root.join("tests/packaging/python/metadata.py")).arg(root.join("bindings-python/README.md"));
    step("the metadata of the Python package", &mut check).map(drop)
}

/// Installs the sources into an environment of its own; its interpreter. They are unpacked at the same place each time, and share what
/// is built of other packages with the wheel, whose linker they have: a compiler's time is spent on this package alone.
fn from_sources(packages: &Packages, work: &Path) -> Result<PathBuf> {
    let venv = work.join("sdist-venv");
    step("an environment for the sources", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    let unpacked = work.join("sdist");
    step(
        "unpacking the sources",
        Command::new(&python).args(["-m", "tarfile", "-e"]).arg(&packages.sdist).arg(&unpacked),
    )?;
    let name = packages.sdist.file_name().unwrap_or_default().to_string_lossy();
    let project = unpacked.join(name.trim_end_matches(".tar.gz"));
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(project);
    step("installing from the sources", packages.linker.apply(&mut pip).current_dir(work))?;
    Ok(python)
}
