//! Builds the packages with the data of the tokenizer: a wheel, an npm tarball and a crate.
//!
//! Invariant: the files in `dist/o200k` are the ones that users install, and all of them contain the same data and its licence.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::file_with_extension;
use crate::process::step;
use crate::setup;

/// The packages in `dist/o200k`. They are the same for every platform.
pub(crate) struct VocabularyPackages {
    pub(crate) wheel: PathBuf,
    pub(crate) tarball: PathBuf,
    pub(crate) krate: PathBuf,
}

/// Builds all three.
pub(crate) fn build(root: &Path) -> Result<VocabularyPackages> {
    let (source, dist) = (root.join("o200k"), root.join("dist/o200k"));
    drop(fs::remove_dir_all(&dist));
    fs::create_dir_all(&dist)?;
    let mut pip = Command::new(setup::python(root)?.join("python"));
    pip.args(["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir"]);
    step("building the wheel of the vocabulary", pip.arg(&dist).arg(&source))?;
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--pack-destination"]).arg(&dist).current_dir(&source);
    step("packing the vocabulary for npm", &mut npm)?;
    // The package is compiled from its archive.
    let target = root.join("target/xtask/o200k");
    let mut cargo = Command::new("cargo");
    cargo.args(["package", "--locked", "--allow-dirty", "--quiet", "--target-dir"]).arg(&target);
    step("packing the crate of the vocabulary", cargo.args(["--package", "trilogue-o200k"]).current_dir(root))?;
    let built = file_with_extension(&target.join("package"), "crate")?;
    let krate = dist.join(built.file_name().unwrap_or_default());
    fs::copy(built, &krate)?;
    Ok(VocabularyPackages {
        wheel: file_with_extension(&dist, "whl")?,
        tarball: file_with_extension(&dist, "tgz")?,
        krate,
    })
}
