//! The vectors, in every runtime.
//!
//! Law: each runtime replays each of them; how many it did is counted.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Environment;
use crate::process::{Running, step};

/// The server that replays the vectors, as long as it is kept.
pub(super) fn server(root: &Path) -> Result<(Running, String)> {
    let mut command = Command::new(root.join("target/debug/trilogue-test-server"));
    let mut server =
        Running::start(command.arg(root.join("tests/vectors")).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let url = server.lines()?.next().context("the test server didn't start")??;
    Ok((server, url))
}

/// Replays the vectors in every runtime, and compares how many each replayed.
pub(super) fn replay(root: &Path, environment: &Environment) -> Result<()> {
    let (_server, url) = server(root)?;
    let runners = root.join("tests/runners");
    let mut rust = Command::new(root.join("target/debug/trilogue-conformance"));
    rust.arg(root.join("tests/vectors"));
    let mut python = Command::new(environment.python.join("python"));
    python.arg(runners.join("vectors.py")).arg(&url);
    let mut node = Command::new("node");
    node.arg(runners.join("node.mjs")).arg(&url).current_dir(&environment.node);
    let mut browser = Command::new("node");
    browser
        .arg(runners.join("browser.mjs"))
        .arg(&url)
        .arg(&environment.node)
        .arg(&environment.chromium)
        .arg(&environment.playwright);
    let mut counts = Vec::new();
    let mut failures = Vec::new();
    for (title, command) in
        [("Rust", &mut rust), ("Python", &mut python), ("Node", &mut node), ("Chromium", &mut browser)]
    {
        match step(&format!("vectors in {title}"), command) {
            Ok(output) => {
                for line in output.lines().filter(|line| line.contains(" passed, ")) {
                    println!("{line}");
                    let count = line.split(": ").nth(1).and_then(|rest| rest.split(' ').next()).context("no count")?;
                    counts.push(count.parse::<usize>()?);
                }
            }
            Err(why) => failures.push(why.to_string()),
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    // Python replays them with both clients, Chromium in a page and in a worker.
    let files = count_files(&root.join("tests/vectors"))?;
    let expected = files * 3;
    ensure!(
        counts.len() == 6 && counts.iter().all(|count| *count == expected),
        "each runtime must replay {files} vectors at 3 splits: {counts:?}"
    );
    Ok(())
}

fn count_files(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        count += if path.is_dir() { count_files(&path)? } else { 1 };
    }
    Ok(count)
}
