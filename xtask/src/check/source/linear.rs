//! Checks that the work of reading a reply grows linearly with its size.
//!
//! callgrind counts the instructions of each case of `tests/linearity` at three sizes, each twice the one before. The second doubling
//! adds twice as many instructions as the first if the work is linear, and four times as many if it is quadratic.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::check::Environment;
use crate::process::{report, step};
use crate::setup;

/// Limit of the ratio between what the second doubling adds and what the first adds. It exceeds 2 since buffers grow in steps.
const LIMIT: f64 = 2.7;

/// Number of instructions that the second doubling may always add: below it, the allocator accounts for most of the difference.
const NOISE: f64 = 10e6;
/// The function whose instructions are counted, as callgrind names it.
const COUNTED: &str = "trilogue_test_linearity::measure_case";

/// Counts every case.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let root = environment.root();
    if Command::new("valgrind").arg("--version").output().is_err() {
        setup::apt(&["valgrind"], "a `valgrind`")?;
    }
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "--profile", "counted", "--package", "trilogue-test-linearity"]).current_dir(root);
    step("building the counted cases", &mut build)?;
    let folder = root.join("target/xtask/linear");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    let mut counted = Command::new("valgrind");
    counted
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", folder.join("counts").display()))
        .arg(root.join("target/counted/trilogue-test-linearity"));
    let output = step("counting instructions", &mut counted)?;
    let names: Vec<_> = output.lines().filter(|line| !line.starts_with("==")).collect();
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let count = |size: usize| instructions(&folder.join(format!("counts.{}", index * 3 + size)));
        let (one, two, four) = (count(1)?, count(2)?, count(3)?);
        let growth = (four - two) / (two - one);
        lines.push(format!("{growth:5.2}  {name}: {one:.0}, {two:.0}, {four:.0} instructions"));
        if four - two > NOISE && (growth.is_nan() || growth > LIMIT) {
            problems.push(format!("{name} ({growth:.2})"));
        }
    }
    ensure!(!names.is_empty(), "nothing was counted");
    fs::write(folder.join("counts.txt"), lines.join("\n") + "\n")?;
    report(&format!("{} cases were counted: target/xtask/linear/counts.txt", names.len()));
    if !problems.is_empty() {
        bail!("the work grows faster than the size: {}\n{}", problems.join(", "), lines.join("\n"));
    }
    Ok(())
}

/// Reads the number of instructions in a dump of callgrind.
fn instructions(dump: &Path) -> Result<f64> {
    let text = fs::read_to_string(dump).with_context(|| format!("can't read {}", dump.display()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    Ok(line.context("a dump without totals")?.trim().parse()?)
}
