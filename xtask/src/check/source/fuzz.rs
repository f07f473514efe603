//! Fuzzing, for half a minute a target.
//!
//! Invariant: starts from the bytes of the vectors and keeps nothing. Without a nightly compiler it reports that it did not run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::check::Environment;
use crate::process::{capture, in_parallel, report, step};

const TARGETS: [&str; 5] = ["sse", "chat", "messages", "harmony", "json"];
/// Seconds for each target.
const SECONDS: u32 = 30;

/// Fuzzes every target.
pub(in crate::check) fn run(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let toolchains = capture(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
    if !toolchains.contains("nightly") {
        report("not run, since there is no nightly compiler (`rustup toolchain install nightly`)");
        return Ok(());
    }
    let program = install(root)?;
    step("building the fuzz targets", command(root, &program).arg("build"))?;
    // A target uses one core.
    let (even, odd): (Vec<_>, Vec<_>) = TARGETS.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
    let fuzz_all =
        |targets: Vec<(usize, &str)>| targets.into_iter().try_for_each(|(_, target)| fuzz(root, &program, target));
    let (first, second) = in_parallel(|| fuzz_all(even), || fuzz_all(odd));
    first.and(second)
}

/// Returns the path of cargo-fuzz, which is installed if it is missing.
fn install(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/xtask/cargo-fuzz");
    let program = folder.join("bin/cargo-fuzz");
    if !program.exists() {
        let mut cargo = Command::new("cargo");
        // Without optimisation: it only starts the compiler and the targets.
        cargo.args(["install", "cargo-fuzz@0.13.2", "--locked", "--debug", "--root"]).arg(&folder);
        step("installing cargo-fuzz", &mut cargo)?;
    }
    Ok(program)
}

/// A command that runs cargo-fuzz with the nightly compiler.
fn command(root: &Path, program: &Path) -> Command {
    let mut command = Command::new(program);
    // Started without cargo, it expects the subcommand's name as its first argument.
    command.arg("fuzz").current_dir(root.join("fuzz"));
    command.env("RUSTUP_TOOLCHAIN", "nightly").env_remove("RUSTC").env_remove("CARGO");
    command.env("CARGO_TARGET_DIR", root.join("target/fuzz"));
    command
}

fn fuzz(root: &Path, program: &Path, target: &str) -> Result<()> {
    let corpus = root.join("target/xtask/corpus").join(target);
    write_corpus(root, target, &corpus).context("can't write the corpus")?;
    let mut command = command(root, program);
    command.args(["run", target]).arg(&corpus).arg("--");
    command.args([&format!("-max_total_time={SECONDS}"), "-max_len=4096", "-seed=1"]);
    step(&format!("fuzzing {target}"), &mut command).map(drop)
}

/// Writes the bodies of the vectors as the first inputs.
fn write_corpus(root: &Path, target: &str, corpus: &Path) -> Result<()> {
    std::fs::create_dir_all(corpus)?;
    let vectors = trilogue_test_server::load(&root.join("tests/vectors"))?;
    for (name, vector) in vectors {
        if target == "json" {
            // The expected reply as JSON, after the four bytes that select how the target splits its text.
            std::fs::write(corpus.join(name), format!("cuts{:#}", vector.expect))?;
            continue;
        }
        let mut bytes = Vec::new();
        for piece in &vector.response.nth(0).body {
            bytes.extend(piece.parts()?.into_iter().flat_map(|(_, bytes)| bytes));
        }
        let is_message = vector.endpoint == "messages";
        if bytes.len() < 4096 && (target == "sse" || is_message == (target == "messages")) {
            std::fs::write(corpus.join(name), bytes)?;
        }
    }
    Ok(())
}
