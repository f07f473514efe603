//! `cargo xtask …`: everything that is done with this repository.
//!
//! Law: each command sets up what it needs, on a machine that has cargo, Python, Node, npm and a C compiler, and says what to
//! install where it can't. What it makes lies in `target` and `dist`; only package managers' caches and the wasm toolchain's folder
//! are outside. Ctrl-C leaves no process behind.

mod bench;
mod build;
mod codegen;
mod demo;
mod fuzz;
mod guards;
mod layers;
mod licences;
mod linker;
mod migration;
mod notices;
mod npm;
mod playground;
mod process;
mod setup;
mod size;
mod structured;
mod test;
mod toolchain;
mod wheel;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Builds, tests and shows trilogue.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets up everything that the other commands need.
    Setup,
    /// Streams one prompt through every runtime, from a real model on this machine.
    Demo(demo::Options),
    /// Checks and tests everything.
    Test(test::Options),
    /// Measures what this package costs, and what others cost beside it.
    Bench(bench::Options),
    /// Builds the wheel, its sources and the npm tarballs into `dist`.
    Package {
        /// Only the npm tarballs.
        #[arg(long)]
        npm: bool,
    },
    /// Writes the Python and TypeScript types from the Rust types.
    Codegen {
        /// Write nothing; fail where a file would change.
        #[arg(long)]
        check: bool,
    },
    /// Shows the sizes of what is shipped.
    Size,
}

fn main() {
    process::kill_children_at_interrupt();
    if let Err(error) = run(&Arguments::parse().command) {
        eprintln!("error: {error:#}");
        std::process::exit(1);
    }
}

fn run(command: &Command) -> Result<()> {
    let root = root()?;
    match command {
        Command::Setup => setup::everything(&root),
        Command::Demo(options) => demo::run(&root, options),
        Command::Test(options) => test::run(&root, options),
        Command::Bench(options) => bench::run(&root, options),
        Command::Package { npm: false } => build::package(&root).map(drop),
        Command::Package { npm: true } => build::npm(&root).map(drop),
        Command::Codegen { check } => codegen::run(&root, *check),
        Command::Size => size::run(&root),
    }
}

fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).context("xtask lies in the workspace")
}
