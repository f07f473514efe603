//! The tokenizer in Python and Node, with its data installed from the packages that users install.

use std::process::Command;

use anyhow::{Result, ensure};

use super::suites::pytest;
use crate::bench::tokens::{Prepared, prepare};
use crate::check::{Environment, quiet};
use crate::process::{capture, report_counts, step};

/// Limit of each package with the data, in bytes. The data has 698 KB.
const LIMIT: u64 = 720_000;
/// The seed of the texts that are compared with tiktoken.
const SEED: &str = "1";
/// The number of texts that are prose or code. Of the others, some are too much for tiktoken's pattern.
const PROSE: usize = 8;
/// The data and its licence.
const FILES: [&str; 2] = ["o200k.pairs.gz", "LICENSE-VOCABULARY"];

/// Checks the packages, and runs the tests with them.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let packages = environment.vocabulary()?;
    for package in [&packages.wheel, &packages.tarball, &packages.krate] {
        let size = package.metadata()?.len();
        ensure!(size <= LIMIT, "{} has {size} bytes, over {LIMIT}", package.display());
        let is_wheel = package == &packages.wheel;
        let mut list = Command::new("python3");
        list.args(["-m", if is_wheel { "zipfile" } else { "tarfile" }, "--list"]).arg(package);
        let names = capture(&mut list)?;
        for file in FILES {
            ensure!(names.contains(file), "{} has no {file}", package.display());
        }
    }
    let mut python = pytest(environment, "tests/tokens")?;
    quiet("tokens in Python", python.env("TRILOGUE_O200K", &packages.wheel))?;
    let mut node = Command::new("node");
    node.arg(environment.root().join("tests/tokens/run.mjs")).arg(&packages.tarball);
    node.current_dir(environment.node_project()?).env("TRILOGUE_BINDING", "native");
    report_counts(&step("tokens in Node", &mut node)?);
    Ok(())
}

/// Compares 60 million tokens with those of tiktoken, id for id.
pub(in crate::check) fn exact(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let Prepared { python, program, data, vocabulary, files } = prepare(root)?;
    let mut compare = Command::new(python);
    compare.arg(root.join("tests/tokens/exact.py")).args([program, data, vocabulary]).arg(SEED);
    report_counts(&step("tokens and tiktoken", compare.args(files.iter().take(PROSE)))?);
    Ok(())
}
