//! `cargo xtask bench`: what this package costs, and what others cost beside it.
//!
//! Law: a report, never a check: no figure fails anything. Clients take turns within each round, so that a busy minute hits them all,
//! and each figure is the median over the rounds, with the least and the most beside it.

mod clients;
mod plan;
mod report;
mod rig;
mod sample;
mod statistics;

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

/// A client that took this long isn't run again: noise is small beside it.
const LONG: Duration = Duration::from_secs(10);

/// Options of the benchmarks.
#[derive(Args)]
pub(crate) struct Options {
    /// Which; all where none is named.
    #[arg(value_enum)]
    suites: Vec<Suite>,
    /// Few clients, sizes and rounds: shows in two minutes that all of it works.
    #[arg(long)]
    quick: bool,
    /// How often each is measured (5; quick: 1).
    #[arg(long)]
    rounds: Option<usize>,
    /// Only what this is a part of: "TABLE, COLUMN: CLIENT".
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Take the packages in `dist` as they are.
    #[arg(long)]
    no_build: bool,
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
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Structured => "structured",
            Self::Python => "python",
            Self::Node => "node",
            Self::Browser => "browser",
        }
    }
}

/// What was measured, by table, column and client.
type Measured = BTreeMap<(usize, usize, usize), Vec<Outcome>>;

/// Runs the suites, and writes and prints what they found.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let suites = if options.suites.is_empty() { Suite::value_variants() } else { &options.suites };
    let rig = Rig::prepare(root, suites, options)?;
    for suite in suites {
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
                let wanted: Vec<_> = case
                    .clients
                    .iter()
                    .enumerate()
                    .filter(|(place, client)| {
                        is_asked_for(options, table, case, client)
                            && !is_settled(&measured, table, (number, column, *place))
                    })
                    .collect();
                if wanted.is_empty() {
                    continue;
                }
                step_fn(&format!("round {round} of {rounds}: {}, {}", table.title, case.name), || {
                    for (place, client) in wanted {
                        let outcome = rig.measure(case, client).with_context(|| client.title)?;
                        measured.entry((number, column, place)).or_default().push(outcome);
                    }
                    Ok(())
                })?;
            }
        }
    }
    Ok(measured)
}

fn is_asked_for(options: &Options, table: &Table, case: &Case, client: &Client) -> bool {
    let label = format!("{}, {}: {}", table.title, case.name, client.title);
    options.only.as_ref().is_none_or(|part| label.contains(part))
}

/// Whether there is nothing more to learn: it can't do it, took too long, or took long enough.
fn is_settled(measured: &Measured, table: &Table, (number, column, place): (usize, usize, usize)) -> bool {
    let settled = measured
        .get(&(number, column, place))
        .is_some_and(|outcomes| outcomes.iter().any(|outcome| !outcome.is_figure() || outcome.took() > LONG));
    // The columns of such a table grow: who was stopped at one would be stopped at the next.
    let title = &table.cases[column].clients[place].title;
    let stopped = table.fitted_from.is_some()
        && table.cases[..column].iter().enumerate().any(|(before, case)| {
            let place = case.clients.iter().position(|client| client.title == *title);
            let outcomes = place.and_then(|place| measured.get(&(number, before, place)));
            outcomes.is_some_and(|outcomes| outcomes.iter().any(|outcome| matches!(outcome, Outcome::Stopped(_))))
        });
    settled || stopped
}
