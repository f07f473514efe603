//! The work of reading a reply must grow with its size, and not with the square of it.
//!
//! Counts instructions and no time: callgrind counts each case of `tests/linearity` at sizes of 1, 2 and 4. What a doubling adds must
//! double too: it does so if the work is linear, and is four times as much if it is quadratic.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::step;
use crate::setup;

/// How many times as much the second doubling may add as the first. Sizes of buffers, which grow in steps, account for the difference to 2.
const LIMIT: f64 = 2.7;

/// Instructions that the second doubling may add in any case: below that, steps of an allocator are most of a difference.
const NOISE: f64 = 10e6;
/// The function that is counted, as callgrind names it.
const COUNTED: &str = "trilogue_test_linearity::counted_case";

/// Counts every case.
pub(super) fn check(root: &Path) -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        setup::apt(&["valgrind"], "a `valgrind`")?;
    }
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "--profile", "counted", "--package", "trilogue-test-linearity"]).current_dir(root);
    step("building what is counted", &mut build)?;
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
    let mut problems = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let count = |size: usize| instructions(&folder.join(format!("counts.{}", place * 3 + size)));
        let (one, two, four) = (count(1)?, count(2)?, count(3)?);
        let growth = (four - two) / (two - one);
        println!("{growth:5.2}  {name}: {one:.0}, {two:.0}, {four:.0} instructions");
        if four - two > NOISE && (growth.is_nan() || growth > LIMIT) {
            problems.push(format!("{name} ({growth:.2})"));
        }
    }
    ensure!(!names.is_empty(), "nothing was counted");
    if !problems.is_empty() {
        bail!("the work grows faster than the size: {}", problems.join(", "));
    }
    Ok(())
}

/// The instructions of a dump.
fn instructions(dump: &Path) -> Result<f64> {
    let text = fs::read_to_string(dump).with_context(|| format!("can't read {}", dump.display()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    Ok(line.context("a dump without totals")?.trim().parse()?)
}
