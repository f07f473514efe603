//! The results: JSON with every sample, and tables of medians.
//!
//! Invariant: prints every measurement with its spread, and the reason why a cell has none.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::clients::{self, Client};
use super::plan::{Case, Shown, Table};
use super::sample::Outcome;
use super::statistics::{exponent, median, short};
use super::{Measured, Suite, rig};
use crate::process::capture;

/// Writes both files and prints the tables.
pub(super) fn write(root: &Path, suite: Suite, quick: bool, tables: &[Table], measured: &Measured) -> Result<()> {
    let folder = rig::results(root);
    let machine = machine(root)?;
    let views: Vec<_> = tables.iter().enumerate().map(|(number, table)| View { number, table, measured }).collect();
    let mut text = format!("# trilogue bench {}{}\n\n", suite.name(), if quick { " --quick" } else { "" });
    let _ = writeln!(
        text,
        "Median (minimum–maximum); × is how much more than trilogue's first row of the same language. Lower is better.\n\n{}\n{}.\n",
        machine["about"].as_str().unwrap_or_default(),
        machine["versions"].as_str().unwrap_or_default(),
    );
    for view in &views {
        view.markdown(&mut text);
    }
    print!("{text}");
    let tables: Vec<_> = views.iter().map(View::json).collect();
    let all = json!({ "suite": suite.name(), "quick": quick, "machine": machine, "tables": tables });
    fs::write(folder.join(format!("{}.json", suite.name())), serde_json::to_string_pretty(&all)? + "\n")?;
    let path = folder.join(format!("{}.md", suite.name()));
    fs::write(&path, text)?;
    println!("written: {} and the same as .json", path.strip_prefix(root).unwrap_or(&path).display());
    Ok(())
}

/// Describes the machine and the versions.
pub(super) fn machine(root: &Path) -> Result<Value> {
    let cpus = std::thread::available_parallelism()?.get();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches(['\t', ' ', ':']).to_owned();
    let python = capture(std::process::Command::new("python3").arg("--version"))?;
    let own_node = capture(std::process::Command::new("node").arg("--version"))?;
    let manifest: Value = serde_json::from_str(&fs::read_to_string(root.join("bench/node/package.json"))?)?;
    let npm = [&manifest["dependencies"], &manifest["optionalDependencies"]].into_iter().filter_map(Value::as_object);
    let npm: Vec<_> =
        npm.flatten().map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default())).collect();
    let pins: Vec<_> = clients::PYTHON.iter().chain(&clients::LITELLM).collect();
    Ok(json!({
        "about": format!("{cpus} processors ({model}), load {load} at the end."),
        "versions": format!("{python}, this machine's Node {own_node}; {}; {}", pins.iter().map(|pin| pin.replace("==", " ")).collect::<Vec<_>>().join(", "), npm.join(", ")),
        "processors": cpus,
        "model": model,
        "load_at_end": load,
        "python": python,
        "node": own_node,
        "python_packages": pins,
        "node_packages": npm,
    }))
}

/// A table with its measurements.
struct View<'a> {
    number: usize,
    table: &'a Table,
    measured: &'a Measured,
}

impl View<'_> {
    fn outcomes(&self, column: usize, client: &Client) -> &[Outcome] {
        let index = self.table.cases[column].clients.iter().position(|other| other.title == client.title);
        let found = index.and_then(|index| self.measured.get(&(self.number, column, index)));
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the measured clients in their order.
    fn clients(&self) -> Vec<&Client> {
        let mut found: Vec<&Client> = Vec::new();
        for client in self.table.cases.iter().flat_map(|case| &case.clients) {
            let is_new = !found.iter().any(|other| other.title == client.title);
            if is_new && (0..self.table.cases.len()).any(|column| !self.outcomes(column, client).is_empty()) {
                found.push(client);
            }
        }
        found
    }

    fn columns(&self) -> impl Iterator<Item = (usize, &Case, &Shown)> {
        let cases = self.table.cases.iter().enumerate();
        cases.flat_map(|(column, case)| case.shown.iter().map(move |shown| (column, case, shown)))
    }

    fn median(&self, column: usize, client: &Client, figure: &str) -> Option<f64> {
        median(&figures(self.outcomes(column, client), figure))
    }

    /// Returns the figure of this package with which a client's is compared.
    fn own(&self, column: usize, client: &Client, figure: &str) -> Option<f64> {
        let clients = self.clients();
        let own = clients.into_iter().find(|other| other.ours && other.host.language() == client.host.language())?;
        if own.title == client.title { None } else { self.median(column, own, figure) }
    }

    fn cell(&self, column: usize, client: &Client, shown: &Shown) -> String {
        let outcomes = self.outcomes(column, client);
        match outcomes.iter().find(|outcome| !outcome.is_figure()) {
            Some(Outcome::Stopped(after)) => return format!("stopped at {} s", after.as_secs()),
            Some(Outcome::Failed(why)) => return format!("failed: {}", why.replace('|', "/")),
            _ => {}
        }
        let values = figures(outcomes, shown.figure);
        let Some(middle) = median(&values) else { return String::new() };
        let mut cell = short(middle);
        if values.len() > 1 {
            let (minimum, maximum) =
                (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(0.0, f64::max));
            let _ = write!(cell, " ({}–{})", short(minimum), short(maximum));
        }
        if let Some(own) = self.own(column, client, shown.figure).filter(|own| *own > 0.0) {
            let _ = write!(cell, " {}×", short(middle / own));
        }
        if let Some(few) = self.few_partials(column, client) {
            let _ = write!(cell, ", {few} values");
        }
        cell
    }

    /// Returns the number of partial values if other clients of the same column return more.
    fn few_partials(&self, column: usize, client: &Client) -> Option<f64> {
        let partials = |client: &Client| self.median(column, client, "partials");
        let most = self.clients().into_iter().filter_map(partials).fold(0.0, f64::max);
        partials(client).filter(|count| *count < most * 0.95)
    }

    /// Returns the exponent with which a client's cost grows.
    fn exponent(&self, client: &Client) -> Option<f64> {
        let from = self.table.fitted_from?;
        let points: Vec<_> = self
            .columns()
            .filter_map(|(column, case, shown)| {
                let size = case.size.filter(|size| *size >= from)?;
                Some((f64::from(size), self.median(column, client, shown.figure)?))
            })
            .collect();
        exponent(&points)
    }

    fn markdown(&self, text: &mut String) {
        let clients = self.clients();
        if clients.is_empty() {
            return;
        }
        let mut rows = vec![vec!["client".to_owned()]];
        rows[0].extend(self.columns().map(|(_, _, shown)| shown.head.clone()));
        for client in clients {
            let mut row = vec![client.title.to_owned()];
            row.extend(self.columns().map(|(column, _, shown)| self.cell(column, client, shown)));
            if self.table.fitted_from.is_some() {
                row.push(self.exponent(client).map_or_else(String::new, |found| format!("{found:.2}")));
            }
            rows.push(row);
        }
        let mut target = vec!["*target*".to_owned()];
        target.extend(self.columns().map(|(_, _, shown)| shown.target.unwrap_or_default().to_owned()));
        if let Some(from) = self.table.fitted_from {
            rows[0].push(format!("exponent from {from} KB"));
            target.push("≤ 1.05".to_owned());
        }
        rows.push(target);
        let _ = write!(text, "## {}\n\n{}\n\n{}\n", self.table.title, self.table.about, lined_up(&rows));
    }

    fn json(&self) -> Value {
        let columns = self.table.cases.iter().enumerate().map(|(column, case)| {
            let clients: Map<_, _> = case
                .clients
                .iter()
                .map(|client| (client, self.outcomes(column, client)))
                .filter(|(_, outcomes)| !outcomes.is_empty())
                .map(|(client, outcomes)| (client.title.to_owned(), self.client_json(column, case, client, outcomes)))
                .collect();
            json!({ "case": case.name, "arguments": case.arguments, "clients": clients })
        });
        let columns: Vec<_> = columns.collect();
        let exponents: Map<_, _> = self
            .clients()
            .into_iter()
            .filter_map(|client| Some((client.title.to_owned(), json!(self.exponent(client)?))))
            .collect();
        json!({ "title": self.table.title, "about": self.table.about, "cases": columns, "exponents": exponents })
    }

    fn client_json(&self, column: usize, case: &Case, client: &Client, outcomes: &[Outcome]) -> Value {
        let medians: Map<_, _> = case
            .shown
            .iter()
            .filter_map(|shown| Some((shown.figure.to_owned(), json!(self.median(column, client, shown.figure)?))))
            .collect();
        let samples = outcomes.iter().map(|outcome| match outcome {
            Outcome::Figures(figures, took) => json!({ "figures": figures, "took_s": took.as_secs_f64() }),
            Outcome::Stopped(after) => json!({ "stopped_after_s": after.as_secs_f64() }),
            Outcome::Failed(why) => json!({ "failed": why }),
        });
        let samples: Vec<_> = samples.collect();
        json!({ "host": client.host.language(), "ours": client.ours, "medians": medians, "samples": samples })
    }
}

fn figures(outcomes: &[Outcome], name: &str) -> Vec<f64> {
    outcomes.iter().filter_map(|outcome| outcome.figure(name)).collect()
}

/// A Markdown table that reads well in a terminal too. The first row is its head.
pub(super) fn lined_up(rows: &[Vec<String>]) -> String {
    let widths: Vec<_> = (0..rows.first().map_or(0, Vec::len))
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default().max(3))
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell}{} ", " ".repeat(width - cell.chars().count()));
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}
