//! One client, measured once, in a process of its own.
//!
//! Law: the process says what it cost; it is stopped where it takes too long, and its complaints are kept.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process::Running;

/// What came of it.
pub(super) enum Outcome {
    /// Its figures by name, and how long the process lived.
    Figures(BTreeMap<String, f64>, Duration),
    /// It took longer than this.
    Stopped(Duration),
    /// It could not do it: its last complaint.
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

    /// How long the process lived.
    pub(super) fn took(&self) -> Duration {
        match self {
            Self::Figures(_, took) | Self::Stopped(took) => *took,
            Self::Failed(_) => Duration::ZERO,
        }
    }
}

/// Runs a driver to its end, or for `limit`.
pub(super) fn take(command: &mut Command, limit: Duration, complaints: &Path) -> Result<Outcome> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(complaints)?);
    let started = Instant::now();
    let mut running = Running::start(command)?;
    let mut output = running.output()?;
    let (tell, told) = mpsc::channel();
    // It ends with the process, whose end closes the pipe.
    std::thread::spawn(move || {
        let mut text = String::new();
        drop(output.read_to_string(&mut text));
        drop(tell.send(text));
    });
    let Ok(text) = told.recv_timeout(limit) else { return Ok(Outcome::Stopped(limit)) };
    let status = running.wait()?;
    // A client that dies on the way out has been measured all the same.
    let figures = text.lines().rev().find(|line| line.starts_with('{')).map(serde_json::from_str);
    Ok(match figures {
        Some(figures) => Outcome::Figures(figures?, started.elapsed()),
        None => Outcome::Failed(complaint(&fs::read_to_string(complaints)?).unwrap_or_else(|| status.to_string())),
    })
}

/// The line that says what was wrong.
fn complaint(text: &str) -> Option<String> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().rfind(|line| line.to_lowercase().contains("error")).or_else(|| lines().next_back())?;
    Some(line.chars().take(160).collect())
}
