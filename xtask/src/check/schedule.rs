//! Runs checks on a few threads, and reports their results.
//!
//! Invariant: every check runs once, after the checks that it names in `after` and never beside one with the same `exclusive`; a check
//! also runs if an earlier one has failed.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Environment;
use crate::process::{print_error, record, report};

/// A named check.
pub(super) struct Check {
    pub(super) name: &'static str,
    /// Whether `--quick` runs it.
    pub(super) is_quick: bool,
    /// Whether it runs only with `--slow`, or if it is named.
    pub(super) is_slow: bool,
    after: &'static [&'static str],
    exclusive: Option<&'static str>,
    work: fn(&Environment) -> Result<()>,
}

impl Check {
    pub(super) fn new(name: &'static str, work: fn(&Environment) -> Result<()>) -> Self {
        Self { name, is_quick: false, is_slow: false, after: &[], exclusive: None, work }
    }

    /// A check that needs no package, and that `--quick` runs.
    pub(super) fn quick(name: &'static str, work: fn(&Environment) -> Result<()>) -> Self {
        Self { is_quick: true, ..Self::new(name, work) }
    }

    /// A check that downloads large programs.
    pub(super) fn slow(name: &'static str, work: fn(&Environment) -> Result<()>) -> Self {
        Self { is_slow: true, ..Self::new(name, work) }
    }

    /// Starts only after these checks, if they are selected.
    pub(super) fn after(self, after: &'static [&'static str]) -> Self {
        Self { after, ..self }
    }

    /// Never runs beside a check that uses the same resource, such as a build folder that cargo locks.
    pub(super) fn exclusive(self, resource: &'static str) -> Self {
        Self { exclusive: Some(resource), ..self }
    }
}

/// The result of a check.
struct Outcome {
    name: &'static str,
    took: Duration,
    /// The error, and the output of each failed step.
    failure: Option<(String, Vec<String>)>,
}

struct State {
    waiting: Vec<Check>,
    /// The names and exclusive resources of the running checks.
    running: Vec<(&'static str, Option<&'static str>)>,
    finished: Vec<Outcome>,
}

impl State {
    /// Takes the first check that may start now.
    fn take_next(&mut self) -> Option<Check> {
        let is_pending = |name: &str| {
            self.waiting.iter().any(|other| other.name == name) || self.running.iter().any(|(other, _)| *other == name)
        };
        let is_in_use = |resource: Option<&str>| {
            resource.is_some_and(|resource| self.running.iter().any(|(_, other)| *other == Some(resource)))
        };
        let may_start = |check: &Check| !check.after.iter().any(|name| is_pending(name)) && !is_in_use(check.exclusive);
        let index = self.waiting.iter().position(may_start)?;
        let check = self.waiting.remove(index);
        self.running.push((check.name, check.exclusive));
        Some(check)
    }
}

/// Runs the checks on `threads` threads, in their order as far as possible; fails if one of them fails.
pub(super) fn run(environment: &Environment, checks: Vec<Check>, threads: usize) -> Result<()> {
    let started = Instant::now();
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    let state = Mutex::new(State { waiting: checks, running: Vec::new(), finished: Vec::new() });
    let changed = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(environment, &state, &changed));
        }
    });
    let mut outcomes = state.into_inner().unwrap_or_else(PoisonError::into_inner).finished;
    outcomes.sort_by_key(|outcome| names.iter().position(|name| *name == outcome.name));
    print(&outcomes, started.elapsed())
}

fn work(environment: &Environment, state: &Mutex<State>, changed: &Condvar) {
    loop {
        let check = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if state.waiting.is_empty() {
                    return;
                }
                if let Some(check) = state.take_next() {
                    break check;
                }
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let outcome = run_check(&check, environment);
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running.retain(|(name, _)| *name != check.name);
        state.finished.push(outcome);
        changed.notify_all();
    }
}

fn run_check(check: &Check, environment: &Environment) -> Outcome {
    let started = Instant::now();
    let run = || std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (check.work)(environment)));
    let (result, outputs) = record(check.name, run);
    let error = match result {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(_) => Some("the check panicked".to_owned()),
    };
    if let Some(error) = &error {
        print_error(&format!("  ✗ {}: {error}", check.name));
    }
    Outcome { name: check.name, took: started.elapsed(), failure: error.map(|error| (error, outputs)) }
}

/// Prints the failures with their whole output, and the table of results and times.
fn print(outcomes: &[Outcome], elapsed: Duration) -> Result<()> {
    for outcome in outcomes {
        if let Some((error, outputs)) = &outcome.failure {
            report(&format!("\n── failed: {} ──\n{error}", outcome.name));
            for output in outputs {
                report(output);
            }
        }
    }
    report(&format!("\n{:<24} {:<8} {:>8}", "check", "result", "seconds"));
    for Outcome { name, took, failure } in outcomes {
        let result = if failure.is_none() { "passed" } else { "FAILED" };
        report(&format!("{name:<24} {result:<8} {:>8.1}", took.as_secs_f64()));
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    let failed: Vec<_> =
        outcomes.iter().filter(|outcome| outcome.failure.is_some()).map(|outcome| outcome.name).collect();
    report(&format!(
        "{} passed, {} failed in {:.1} minutes ({:.1} minutes of checks)",
        outcomes.len() - failed.len(),
        failed.len(),
        elapsed.as_secs_f64() / 60.0,
        total.as_secs_f64() / 60.0,
    ));
    ensure!(failed.is_empty(), "{} of {} checks failed: {}", failed.len(), outcomes.len(), failed.join(", "));
    Ok(())
}
