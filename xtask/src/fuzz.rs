//! Fuzzing, a minute a target.
//!
//! Law: runs where a nightly compiler is; elsewhere it says that it didn't. Starts from the vectors' bytes and keeps nothing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::build::capture;
use crate::process::step;

const TARGETS: [&str; 5] = ["sse", "chat", "messages", "harmony", "json"];
/// Seconds for each target.
const SECONDS: u32 = 30;

/// Fuzzes every target.
pub(crate) fn run(root: &Path) -> Result<()> {
    let toolchains = capture(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
    if !toolchains.contains("nightly") {
        println!("fuzzing: not run, since there is no nightly compiler (`rustup toolchain install nightly`)");
        return Ok(());
    }
    let tools = root.join("target/xtask/cargo-fuzz");
    let program = tools.join("bin/cargo-fuzz");
    if !program.exists() {
        let mut install = Command::new("cargo");
        install.args(["install", "cargo-fuzz@0.13.2", "--locked", "--root"]).arg(&tools);
        step("installing cargo-fuzz", &mut install)?;
    }
    let fuzz = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        // Called by its own name, it wants the name that cargo would call it by; and cargo must be the nightly one.
        command.arg("fuzz").args(arguments).current_dir(root.join("fuzz"));
        command.env("RUSTUP_TOOLCHAIN", "nightly").env_remove("RUSTC").env_remove("CARGO");
        command.env("CARGO_TARGET_DIR", root.join("target/fuzz"));
        command
    };
    step("building the fuzz targets", &mut fuzz(&["build"]))?;
    for target in TARGETS {
        let corpus = root.join("target/xtask/corpus").join(target);
        seed(root, target, &corpus).context("can't make the corpus")?;
        let corpus = corpus.to_string_lossy().into_owned();
        let limit = format!("-max_total_time={SECONDS}");
        step(
            &format!("fuzzing {target}"),
            &mut fuzz(&["run", target, &corpus, "--", &limit, "-max_len=4096", "-seed=1"]),
        )?;
    }
    Ok(())
}

/// Writes the bodies of the vectors as inputs to start from.
fn seed(root: &Path, target: &str, corpus: &Path) -> Result<()> {
    std::fs::create_dir_all(corpus)?;
    let vectors = trilogue_test_server::load(&root.join("tests/vectors"))?;
    for (name, vector) in vectors {
        if target == "json" {
            // What a client must make of the reply, after the four bytes that say how the text is cut.
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
