//! `cargo xtask tokens`: generates the data of the tokenizer from the published vocabulary.
//!
//! Invariant: the vocabulary is a file of the crate tiktoken-rs, which cargo fetches and verifies; `bench/tokens` checks the file's own hash too.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{CargoOpt, MetadataCommand};

use crate::process::{report, step};

/// The crate that contains the vocabulary, and where.
const PACKAGE: &str = "tiktoken-rs";
const FILE: &str = "assets/o200k_base.tiktoken";

/// Writes `o200k/data/o200k.pairs.gz` and `core/src/tokens/classes/runs.rs`.
pub(crate) fn run(root: &Path) -> Result<()> {
    let vocabulary = vocabulary(root)?;
    let mut generate = Command::new("cargo");
    generate.args(["run", "--locked", "--release", "--manifest-path"]).arg(manifest(root));
    generate.args(["--", "generate"]).arg(root).arg(vocabulary);
    let output = step("generating the data of the tokenizer", &mut generate)?;
    report(output.trim_end());
    Ok(())
}

/// Fetches the published vocabulary, and returns the path of its file.
pub(crate) fn vocabulary(root: &Path) -> Result<PathBuf> {
    let mut metadata = MetadataCommand::new();
    metadata.manifest_path(manifest(root)).features(CargoOpt::AllFeatures).other_options(["--locked".to_owned()]);
    let packages = metadata.exec()?.packages;
    let package = packages.iter().find(|package| package.name.as_str() == PACKAGE);
    let folder =
        package.and_then(|package| package.manifest_path.parent()).context("tiktoken-rs is not a dependency")?;
    Ok(folder.join(FILE).into())
}

fn manifest(root: &Path) -> PathBuf {
    root.join("bench/tokens/Cargo.toml")
}
