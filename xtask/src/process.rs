//! Running other programs.
//!
//! Law: every child is the leader of a process group of its own and is listed while it lives, so that Ctrl-C, an error or the end of
//! a command stops all of its tree. Long steps show that they live; their output is shown where they fail.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

static CHILDREN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Lines of a failed step's output that are shown.
const SHOWN_LINES: usize = 60;
/// How long a child may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(3);

/// Makes Ctrl-C and SIGTERM stop every child before this process ends.
pub(crate) fn kill_children_at_interrupt() {
    let handler = || {
        let children = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for group in children {
            stop_group(group);
        }
        eprintln!("\ninterrupted");
        std::process::exit(130);
    };
    if let Err(why) = ctrlc::set_handler(handler) {
        eprintln!("Ctrl-C will not stop child processes: {why}");
    }
}

fn stop_group(group: i32) {
    let Some(pid) = Pid::from_raw(group) else { return };
    let asked = Instant::now();
    let mut signal = Signal::TERM;
    while kill_process_group(pid, signal).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
        if test_kill_process_group(pid).is_err() {
            break;
        }
        if asked.elapsed() > GRACE {
            signal = Signal::KILL;
        }
        if asked.elapsed() > GRACE * 2 {
            break;
        }
    }
}

/// A running child, stopped when it is dropped.
pub(crate) struct Running {
    child: Child,
    group: i32,
}

impl Running {
    /// Starts `command`, whose standard output can be read line by line.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().with_context(|| format!("can't run {name}"))?;
        let group = i32::try_from(child.id())?;
        CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).insert(group);
        Ok(Self { child, group })
    }

    /// The lines of its standard output, which must be piped.
    pub(crate) fn lines(&mut self) -> Result<impl Iterator<Item = std::io::Result<String>> + use<>> {
        Ok(BufReader::new(self.child.stdout.take().context("the output isn't piped")?).lines())
    }

    /// Its standard output, which must be piped.
    pub(crate) fn output(&mut self) -> Result<impl Read + use<>> {
        self.child.stdout.take().context("the output isn't piped")
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // Reaps it as it goes: a zombie would look alive.
            let group = self.group;
            let stopper = std::thread::spawn(move || stop_group(group));
            drop(self.child.wait());
            drop(stopper.join());
        }
        CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.group);
    }
}

/// Runs a step: shows `title` and how long it takes, and its output where it fails. Gives its output back.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<String> {
    let progress = Progress::new(title);
    let started = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command)?;
    let output = Arc::new(Mutex::new(String::new()));
    let stderr = running.child.stderr.take().context("no error output")?;
    let stdout = running.child.stdout.take().context("no output")?;
    let readers: Vec<_> = [Box::new(stdout) as Box<dyn Read + Send>, Box::new(stderr)]
        .into_iter()
        .map(|source| {
            let (output, progress) = (Arc::clone(&output), progress.clone());
            std::thread::spawn(move || {
                for line in BufReader::new(source).lines().map_while(Result::ok) {
                    progress.tell(&line);
                    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                    output.push_str(&line);
                    output.push('\n');
                }
            })
        })
        .collect();
    let status = running.wait()?;
    for reader in readers {
        drop(reader.join());
    }
    progress.end(status.success(), started.elapsed());
    let output = std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner));
    if !status.success() {
        let lines: Vec<_> = output.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(SHOWN_LINES)) {
            eprintln!("    {line}");
        }
        bail!("{title}: {} failed ({status})", command.get_program().to_string_lossy());
    }
    Ok(output)
}

/// Runs work of our own as a step.
pub(crate) fn step_fn<R>(title: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
    let progress = Progress::new(title);
    let started = Instant::now();
    let outcome = work();
    progress.end(outcome.is_ok(), started.elapsed());
    outcome.with_context(|| title.to_owned())
}

/// A line that tells that a step lives: a spinner in a terminal, plain lines elsewhere.
#[derive(Clone)]
struct Progress {
    title: String,
    bar: ProgressBar,
    shown: bool,
}

impl Progress {
    fn new(title: &str) -> Self {
        let shown = std::io::stderr().is_terminal();
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix} {elapsed} {wide_msg:.dim}") {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        if !shown {
            eprintln!("  … {title}");
        }
        Self { title: title.to_owned(), bar, shown }
    }

    fn tell(&self, line: &str) {
        self.bar.set_message(line.trim().to_owned());
    }

    fn end(&self, success: bool, took: Duration) {
        self.bar.finish_and_clear();
        let mark = if success { "✓" } else { "✗" };
        if !success || self.shown || took > Duration::from_secs(5) {
            eprintln!("  {mark} {} ({:.1} s)", self.title, took.as_secs_f64());
        }
    }
}
