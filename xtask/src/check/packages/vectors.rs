//! The vectors, replayed in every runtime.
//!
//! Invariant: each runtime replays every vector at three splits; the number of replayed vectors is compared with the number of files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::check::Environment;
use crate::check::environment::Browser;
use crate::process::{Running, report_counts, step};

/// How many ways of splitting a reply's bytes every vector is replayed with.
const SPLITS: usize = 3;

/// Starts the server that replays the vectors; returns it with its address.
pub(super) fn start_server(environment: &Environment) -> Result<(Running, String)> {
    serve(environment, &vectors(environment))
}

/// Starts a server that replays the vectors of a folder; returns it with its address.
pub(super) fn serve(environment: &Environment, vectors: &Path) -> Result<(Running, String)> {
    let mut command = Command::new(environment.test_server()?);
    command.arg(vectors).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = Running::start(&mut command)?;
    let url = server.lines()?.next().context("the test server didn't start")??;
    Ok((server, url))
}

/// Replays the vectors in Rust.
pub(in crate::check) fn rust(environment: &Environment) -> Result<()> {
    let mut rust = Command::new(environment.programs()?.join("trilogue-conformance"));
    replay(environment, "Rust", rust.arg(vectors(environment)), 1)
}

/// Replays the vectors with the installed packages.
pub(in crate::check) fn packages(environment: &Environment) -> Result<()> {
    let (_server, url) = start_server(environment)?;
    let Browser { chromium, playwright } = environment.browser()?;
    let runners = environment.root().join("tests/runners");
    let mut python = Command::new(environment.python()?.join("python"));
    python.arg(runners.join("vectors.py")).arg(&url);
    let project = environment.node_project()?;
    let mut node = Command::new("node");
    node.arg(runners.join("node.mjs")).arg(&url).current_dir(project);
    let mut browser = Command::new("node");
    browser.arg(runners.join("browser.mjs")).arg(&url).args([project, chromium, playwright]);
    // Python replays them with both clients, Chromium in a page and in a worker.
    let outcomes = [
        replay(environment, "Python", &mut python, 2),
        replay(environment, "Node", &mut node, 1),
        replay(environment, "Chromium", &mut browser, 2),
    ];
    let failures: Vec<_> = outcomes.into_iter().filter_map(Result::err).map(|why| format!("{why:#}")).collect();
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    Ok(())
}

/// Runs a runner that prints `NAME: N passed, N failed` for each of its clients, and checks the counts.
pub(super) fn replay(environment: &Environment, title: &str, command: &mut Command, clients: usize) -> Result<()> {
    let output = step(&format!("vectors in {title}"), command)?;
    report_counts(&output);
    let counts = output.lines().filter_map(|line| line.split_once(" passed, ")?.0.split(' ').next_back());
    let counts: Vec<usize> = counts.map(str::parse).collect::<Result<_, _>>().context("a count is no number")?;
    let files = count_files(&vectors(environment))?;
    ensure!(
        counts.len() == clients && counts.iter().all(|count| *count == files * SPLITS),
        "{title} must replay {files} vectors at {SPLITS} splits with {clients} clients: {counts:?}"
    );
    Ok(())
}

fn vectors(environment: &Environment) -> PathBuf {
    environment.root().join("tests/vectors")
}

fn count_files(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        count += if path.is_dir() { count_files(&path)? } else { 1 };
    }
    Ok(count)
}
