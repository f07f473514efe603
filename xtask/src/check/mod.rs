//! `cargo xtask test`: all checks and tests.
//!
//! Invariant: every selected check runs, also after another one has failed, and a check that cannot run has failed. Checks that need no
//! package run first.

mod environment;
mod packages;
mod schedule;
mod source;

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use self::environment::Environment;
use self::packages::{
    binaries, code, examples, frameworks, migration, node, playground, python, ray, rust_browser, structured, suites,
    tokens, vectors,
};
use self::schedule::Check;
use self::source::{documents, fuzz, guards, layers, linear, lints, rust, vocabulary};
use crate::build::licences;
use crate::process::step;

/// Options of the test command.
#[derive(Args)]
pub(crate) struct Options {
    /// Run only the checks whose name contains this; several parts are separated by commas.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<String>,
    /// Run only the checks that need no package: format, lints, Rust tests, vectors in Rust, guards, documents.
    #[arg(long)]
    quick: bool,
    /// Run the slow checks too, which download large programs.
    #[arg(long)]
    slow: bool,
}

/// The folder that cargo locks while it builds with the profile `dev`.
const DEBUG: &str = "target/debug";
/// The folder of the profile `dist`, which the check of the source distribution copies.
const DIST: &str = "target/dist";
/// The check that builds the wheel, the one that builds the tarballs, and both.
const WHEEL: &[&str] = &["wheel"];
const TARBALLS: &[&str] = &["npm packages"];
const PACKAGES: &[&str] = &["wheel", "npm packages"];
/// Threads that run checks: most checks of a package wait for timers and sockets most of the time.
const THREADS: usize = 2;

/// All checks, in the order in which they start.
fn checks() -> Vec<Check> {
    vec![
        Check::quick("rust format", rust::format),
        Check::quick("guards of core", guards::core),
        Check::quick("layers of core", |environment| layers::check(environment.root())),
        Check::quick("documents", documents::check),
        Check::quick("vocabulary", vocabulary::check),
        Check::quick("licences", |environment| licences::check(environment.root())),
        Check::quick("generated types", |environment| crate::codegen::run(environment.root(), true)),
        Check::quick("rust lints", rust::lints).exclusive(DEBUG),
        Check::quick("python lints", lints::python),
        Check::quick("typescript lints", lints::typescript),
        Check::quick("rust tests", rust::tests).exclusive(DEBUG),
        Check::quick("vectors in rust", vectors::rust).exclusive(DEBUG),
        Check::new("fuzzing", fuzz::run),
        Check::new("linear time", linear::check),
        Check::new("wheel", |environment| environment.python().map(drop)),
        Check::new("npm packages", |environment| environment.node_project().map(drop)).exclusive(DIST),
        Check::new("rust in the browser", rust_browser::check),
        // The longest ones first, so that the threads end together.
        Check::new("lifecycle", suites::lifecycle).after(PACKAGES),
        Check::new("playground", playground::check).after(PACKAGES),
        Check::new("code in documents", code::check).after(PACKAGES).exclusive(DEBUG),
        Check::new("surface", node::surface).after(TARBALLS),
        Check::new("vectors", vectors::packages).after(PACKAGES),
        Check::new("packaging for python", python::check).after(WHEEL).exclusive(DIST),
        Check::new("packaging for npm", node::packaging).after(TARBALLS),
        Check::new("migration", migration::run).after(PACKAGES),
        Check::new("terminal", suites::terminal).after(WHEEL),
        Check::new("snippets", suites::snippets).after(PACKAGES),
        Check::new("structured", structured::check).after(PACKAGES),
        Check::new("conversation", suites::conversation).after(PACKAGES),
        Check::new("cost", suites::cost).after(PACKAGES),
        Check::new("records", suites::records).after(PACKAGES).exclusive(DEBUG),
        Check::new("batch", suites::batch).after(WHEEL),
        Check::new("tokens", tokens::check).after(PACKAGES),
        Check::new("input", suites::input).after(PACKAGES),
        Check::new("schemas", structured::schemas).after(PACKAGES),
        Check::new("examples", examples::run).after(PACKAGES),
        Check::new("claude-code", suites::claude_code).after(WHEEL),
        Check::new("python stubs", lints::python_stubs).after(WHEEL),
        Check::new("typescript types", lints::typescript_types).after(TARBALLS),
        Check::new("guards of wasm", binaries::wasm).after(TARBALLS),
        Check::new("guards of binaries", binaries::glibc).after(PACKAGES),
        Check::new("guards of paths", binaries::paths).after(PACKAGES),
        Check::slow("python frameworks", frameworks::run).after(WHEEL),
        Check::slow("kills of batches", suites::many_kills).after(WHEEL),
        Check::slow("data frames of batches", suites::batch_frames).after(WHEEL),
        Check::slow("tiktoken", tokens::exact),
        Check::slow("ray", ray::run).after(WHEEL).exclusive(DEBUG),
        Check::slow("real claude", suites::real_claude).after(WHEEL),
        Check::slow("web frameworks", node::frameworks).after(TARBALLS),
    ]
}

/// Runs the selected checks.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let is_named = |check: &Check| options.only.iter().any(|part| check.name.contains(part.as_str()));
    let is_selected = |check: &Check| {
        let by_default = (!check.is_slow || options.slow) && (!options.quick || check.is_quick);
        if options.only.is_empty() { by_default } else { is_named(check) }
    };
    let checks: Vec<_> = checks().into_iter().filter(is_selected).collect();
    ensure!(!checks.is_empty(), "no check has a name with one of these parts: {}", options.only.join(", "));
    schedule::run(&Environment::new(root), checks, THREADS)
}

/// A command that runs cargo in the repository.
fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root);
    cargo
}

/// Runs a step whose output is only shown if it fails.
fn quiet(title: &str, command: &mut Command) -> Result<()> {
    step(title, command).map(drop)
}
