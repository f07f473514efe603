//! Runs other programs, and shows their progress.
//!
//! Invariant: every child process leads a process group of its own and is registered while it lives, so that Ctrl-C, an error or the
//! end of a command stops its whole process tree. The full output of a failed step is kept for the report of its check.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

static CHILDREN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
static SPINNERS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

thread_local! {
    /// The check that this thread runs.
    static CURRENT: RefCell<Option<Recording>> = const { RefCell::new(None) };
}

struct Recording {
    check: String,
    failures: Vec<String>,
}

/// Number of lines that are shown of a failed step's output when it fails.
const SHOWN_LINES: usize = 60;
/// How long a child process may take to end after SIGTERM.
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
    let started = Instant::now();
    let mut signal = Signal::TERM;
    while kill_process_group(pid, signal).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
        if test_kill_process_group(pid).is_err() {
            break;
        }
        if started.elapsed() > GRACE {
            signal = Signal::KILL;
        }
        if started.elapsed() > GRACE * 2 {
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
    /// Starts `command` as the leader of a new process group.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().with_context(|| format!("can't run {name}"))?;
        let group = i32::try_from(child.id())?;
        CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).insert(group);
        Ok(Self { child, group })
    }

    /// Returns the lines of its standard output, which must be piped.
    pub(crate) fn lines(&mut self) -> Result<impl Iterator<Item = std::io::Result<String>> + use<>> {
        Ok(BufReader::new(self.child.stdout.take().context("the output isn't piped")?).lines())
    }

    /// Returns its standard output, which must be piped.
    pub(crate) fn output(&mut self) -> Result<impl Read + use<>> {
        self.child.stdout.take().context("the output isn't piped")
    }

    /// Closes its standard input, if that is piped.
    pub(crate) fn end_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end_input();
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // The child must be reaped meanwhile: a zombie counts as a living member of its group.
            let group = self.group;
            let stopper = std::thread::spawn(move || stop_group(group));
            drop(self.child.wait());
            drop(stopper.join());
        }
        CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.group);
    }
}

/// Runs a command as a step and returns its output, standard output and standard error together.
///
/// Shows `title` and the elapsed time, and the end of the output if the command fails.
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
                    progress.show(&line);
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
            print_error(&format!("    {line}"));
        }
        CURRENT.with_borrow_mut(|current| {
            if let Some(recording) = current {
                recording.failures.push(format!("{title}:\n{output}"));
            }
        });
        bail!("{title}: {} failed ({status})", command.get_program().to_string_lossy());
    }
    Ok(output)
}

/// Runs a function as a step.
pub(crate) fn step_fn<R>(title: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
    let progress = Progress::new(title);
    let started = Instant::now();
    let outcome = work();
    progress.end(outcome.is_ok(), started.elapsed());
    outcome.with_context(|| title.to_owned())
}

/// Runs a check, and returns the outputs of its failed steps with its result.
pub(crate) fn record<R>(check: &str, work: impl FnOnce() -> R) -> (R, Vec<String>) {
    CURRENT.set(Some(Recording { check: check.to_owned(), failures: Vec::new() }));
    let result = work();
    (result, CURRENT.take().map(|recording| recording.failures).unwrap_or_default())
}

/// Runs two functions at the same time; failed steps of both count as steps of the current check.
pub(crate) fn in_parallel<A, B: Send>(first: impl FnOnce() -> A, second: impl FnOnce() -> B + Send) -> (A, B) {
    let check = CURRENT.with_borrow(|current| current.as_ref().map(|recording| recording.check.clone()));
    std::thread::scope(|scope| {
        let second = scope.spawn(move || match check {
            Some(check) => record(&check, second),
            None => (second(), Vec::new()),
        });
        let first = first();
        let (second, failures) = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        CURRENT.with_borrow_mut(|current| {
            if let Some(recording) = current {
                recording.failures.extend(failures);
            }
        });
        (first, second)
    })
}

/// Prints a line of a report; within a check, with the check's name before it.
pub(crate) fn report(line: &str) {
    let line = CURRENT.with_borrow(|current| match current {
        Some(recording) => format!("{}: {line}", recording.check),
        None => line.to_owned(),
    });
    SPINNERS.suspend(|| println!("{line}"));
}

/// Prints a line to standard error.
pub(crate) fn print_error(line: &str) {
    SPINNERS.suspend(|| eprintln!("{line}"));
}

/// Reports the lines of a test program's output that count its tests.
pub(crate) fn report_counts(output: &str) {
    output.lines().filter(|line| line.contains(" passed, ")).for_each(report);
}

/// Runs a short command and returns its standard output, trimmed.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("can't run {}", command.get_program().to_string_lossy()))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The progress of a step: a spinner in a terminal, plain lines elsewhere.
#[derive(Clone)]
struct Progress {
    title: String,
    bar: ProgressBar,
    in_terminal: bool,
}

impl Progress {
    fn new(title: &str) -> Self {
        let in_terminal = std::io::stderr().is_terminal();
        let bar = if in_terminal { SPINNERS.add(ProgressBar::new_spinner()) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix} {elapsed} {wide_msg:.dim}") {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        if !in_terminal {
            eprintln!("  … {title}");
        }
        Self { title: title.to_owned(), bar, in_terminal }
    }

    fn show(&self, line: &str) {
        self.bar.set_message(line.trim().to_owned());
    }

    fn end(&self, success: bool, took: Duration) {
        self.bar.finish_and_clear();
        let mark = if success { "✓" } else { "✗" };
        if !success || self.in_terminal || took > Duration::from_secs(5) {
            print_error(&format!("  {mark} {} ({:.1} s)", self.title, took.as_secs_f64()));
        }
    }
}
