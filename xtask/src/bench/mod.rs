//! `cargo xtask bench`: CPU time and memory of this package and of comparable clients.
//!
//! Invariant: a report and no check, so no figure fails. Clients take turns within each round, so that other load on the machine affects
//! all of them. Each figure is the median over the rounds, with the minimum and the maximum.

mod bulk;
mod clients;
mod limits;
mod plan;
mod report;
mod rig;
mod sample;
mod statistics;
pub(crate) mod tokens;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use self::clients::Client;
use self::plan::{Case, Table};
use self::rig::Rig;
use self::sample::Outcome;
use crate::process::step_fn;

/// A client that took this long is not measured again: its noise is small in comparison.
const LONG: Duration = Duration::from_secs(10);

/// Options of the benchmarks.
#[derive(Args)]
pub(crate) struct Options {
    /// The suites to run (default: structured, python, node, browser).
    #[arg(value_enum)]
    suites: Vec<Suite>,
    /// Use few clients, sizes and rounds: shows in two minutes that a suite works.
    #[arg(long)]
    quick: bool,
    /// Number of rounds (default: 5; bulk and tokens: 3; limits and quick: 1).
    #[arg(long)]
    rounds: Option<usize>,
    /// Measure only cells whose name, "TABLE, COLUMN: CLIENT", contains this; with `limits`, rows whose first cells, joined by " | ", contain it.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Use the packages in `dist` without building them.
    #[arg(long)]
    no_build: bool,
    /// Rows of a job (only `bulk`; default: 2000, quick: 300).
    #[arg(long)]
    rows: Option<usize>,
    /// Measure windows of a minute too, three minutes a row (only `limits`).
    #[arg(long)]
    long: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// JSON that streams, with a partial value read at each delta.
    Structured,
    /// The Python package.
    Python,
    /// The npm package in Node.
    Node,
    /// The npm package in Chromium.
    Browser,
    /// Many calls at once against a server with a rate limit. Takes 20 minutes, and runs only if it is named.
    Limits,
    /// Bulk jobs with every client, some of which are installed first (2 GB). Runs only if it is named.
    Bulk,
    /// Tokenizers on the same texts. Runs only if it is named.
    Tokens,
}

impl Suite {
    const DEFAULT: [Self; 4] = [Self::Structured, Self::Python, Self::Node, Self::Browser];

    fn name(self) -> &'static str {
        match self {
            Self::Structured => "structured",
            Self::Python => "python",
            Self::Node => "node",
            Self::Browser => "browser",
            Self::Limits => "limits",
            Self::Bulk => "bulk",
            Self::Tokens => "tokens",
        }
    }
}

/// The measurements, by table, column and client.
type Measured = BTreeMap<(usize, usize, usize), Vec<Outcome>>;

/// Runs the suites, and writes and prints the results.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let suites = if options.suites.is_empty() { &Suite::DEFAULT } else { &*options.suites };
    // Needs no package of this repository.
    if suites.contains(&Suite::Tokens) {
        tokens::run(root, options)?;
    }
    let suites: Vec<Suite> = suites.iter().copied().filter(|suite| *suite != Suite::Tokens).collect();
    if suites.is_empty() {
        return Ok(());
    }
    let rig = Rig::prepare(root, &suites, options)?;
    for suite in &suites {
        if *suite == Suite::Limits {
            limits::run(&rig, options)?;
            continue;
        }
        if *suite == Suite::Bulk {
            bulk::run(&rig, options)?;
            continue;
        }
        let tables = plan::tables(*suite, options.quick);
        let measured = measure(&rig, &tables, options)?;
        report::write(root, *suite, options.quick, &tables, &measured)?;
    }
    Ok(())
}

fn measure(rig: &Rig, tables: &[Table], options: &Options) -> Result<Measured> {
    let rounds = options.rounds.unwrap_or(if options.quick { 1 } else { 5 });
    let mut measured = Measured::new();
    for round in 1..=rounds {
        for (number, table) in tables.iter().enumerate() {
            for (column, case) in table.cases.iter().enumerate() {
                let selected: Vec<_> = case
                    .clients
                    .iter()
                    .enumerate()
                    .filter(|(index, client)| {
                        is_selected(options, table, case, client)
                            && !is_settled(&measured, table, (number, column, *index))
                    })
                    .collect();
                if selected.is_empty() {
                    continue;
                }
                step_fn(&format!("round {round} of {rounds}: {}, {}", table.title, case.name), || {
                    for (index, client) in selected {
                        let outcome = rig.measure(case, client).with_context(|| client.title)?;
                        measured.entry((number, column, index)).or_default().push(outcome);
                    }
                    Ok(())
                })?;
            }
        }
    }
    Ok(measured)
}

fn is_selected(options: &Options, table: &Table, case: &Case, client: &Client) -> bool {
    let label = format!("{}, {}: {}", table.title, case.name, client.title);
    options.only.as_ref().is_none_or(|part| label.contains(part))
}

/// Whether another round would add nothing: the client failed, was stopped, or took long enough.
fn is_settled(measured: &Measured, table: &Table, (number, column, client): (usize, usize, usize)) -> bool {
    let settled = measured
        .get(&(number, column, client))
        .is_some_and(|outcomes| outcomes.iter().any(|outcome| !outcome.is_figure() || outcome.took() > LONG));
    // Columns of such a table grow, so a client that was stopped in one would be stopped in the next.
    let title = &table.cases[column].clients[client].title;
    let stopped = table.fitted_from.is_some()
        && table.cases[..column].iter().enumerate().any(|(before, case)| {
            let index = case.clients.iter().position(|other| other.title == *title);
            let outcomes = index.and_then(|index| measured.get(&(number, before, index)));
            outcomes.is_some_and(|outcomes| outcomes.iter().any(|outcome| matches!(outcome, Outcome::Stopped(_))))
        });
    settled || stopped
}
