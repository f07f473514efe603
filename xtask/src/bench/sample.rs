//! One measurement of one client, in a process of its own.
//!
//! Invariant: the process measures itself; it is stopped after a time limit, and its standard error is kept.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process::Running;

/// The outcome of a measurement.
pub(super) enum Outcome {
    /// Its figures by name, and how long the process ran.
    Figures(BTreeMap<String, f64>, Duration),
    /// It was stopped after this time.
    Stopped(Duration),
    /// It failed, with this error.
    Failed(String),
}

impl Outcome {
    pub(super) fn is_figure(&self) -> bool {
        matches!(self, Self::Figures(..))
    }

    pub(super) fn figure(&self, name: &str) -> Option<f64> {
        match self {
            Self::Figures(figures, _) => figures.get(name).copied(),
            _ => None,
        }
    }

    /// Returns how long the process ran.
    pub(super) fn took(&self) -> Duration {
        match self {
            Self::Figures(_, took) | Self::Stopped(took) => *took,
            Self::Failed(_) => Duration::ZERO,
        }
    }
}

/// Runs a driver to its end, or for `limit`.
pub(super) fn take(command: &mut Command, limit: Duration, errors: &Path) -> Result<Outcome> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(errors)?);
    let started = Instant::now();
    let mut running = Running::start(command)?;
    let mut output = running.output()?;
    let (sender, receiver) = mpsc::channel();
    // The thread ends with the process, whose end closes the pipe.
    std::thread::spawn(move || {
        let mut text = String::new();
        drop(output.read_to_string(&mut text));
        drop(sender.send(text));
    });
    let Ok(text) = receiver.recv_timeout(limit) else { return Ok(Outcome::Stopped(limit)) };
    let status = running.wait()?;
    // The figures of a client that fails at its exit are valid.
    let figures = text.lines().rev().find(|line| line.starts_with('{')).map(serde_json::from_str);
    Ok(match figures {
        Some(figures) => Outcome::Figures(figures?, started.elapsed()),
        None => Outcome::Failed(error_line(&fs::read_to_string(errors)?).unwrap_or_else(|| status.to_string())),
    })
}

/// Returns the line of an output that describes the error.
fn error_line(text: &str) -> Option<String> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().rfind(|line| line.to_lowercase().contains("error")).or_else(|| lines().next_back())?;
    Some(line.chars().take(160).collect())
}
