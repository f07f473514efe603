//! `cargo xtask …`: the commands that build, check, measure and demonstrate this repository.
//!
//! Invariant: each command installs what it needs on a machine that has cargo, Python, Node, npm and a C compiler, or names what is
//! missing. Outputs are in `target` and `dist`; only the package managers' caches and the wasm toolchain are outside the repository.
//! Ctrl-C leaves no process behind.

mod bench;
mod build;
mod check;
mod codegen;
mod demo;
mod process;
mod setup;
mod tokens;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Builds, tests and demonstrates trilogue.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install everything that the other commands need.
    Setup,
    /// Stream one prompt through every runtime, from a real model on this machine.
    Demo(demo::Options),
    /// Run every check and every test.
    Test(check::Options),
    /// Measure the CPU time and memory of this package and of comparable clients.
    Bench(bench::Options),
    /// Build the wheel, its source distribution and the npm tarballs into `dist`.
    Package {
        /// Build only the npm tarballs.
        #[arg(long)]
        npm: bool,
    },
    /// Generate the Python and TypeScript types from the Rust types.
    Codegen {
        /// Write nothing, and fail if a file is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Generate the data of the tokenizer from the published vocabulary.
    Tokens,
    /// Print the sizes of the shipped files.
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
        Command::Test(options) => check::run(&root, options),
        Command::Bench(options) => bench::run(&root, options),
        Command::Package { npm: false } => build::package(&root).map(drop),
        Command::Package { npm: true } => build::npm(&root).map(drop),
        Command::Codegen { check } => codegen::run(&root, *check),
        Command::Tokens => tokens::run(&root),
        Command::Size => build::size::run(&root),
    }
}

fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).context("xtask has no parent folder")
}
