//! `cargo xtask bench bulk`: the rows of a bulk job with every client, against a loopback server in which some rows fail.
//!
//! Invariant: nothing here knows what a good result is. A client reports what became of its rows, the server counts requests, and the CPU and the memory
//! are those of the client's whole process tree. Clients take turns, each with a run of its own at the server, and start again with what they have kept.

mod peers;
mod tree;

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Deserialize;

use self::peers::Peer;
use self::tree::{Tree, Usage};
use super::report::{lined_up, machine};
use super::rig::{self, Rig};
use super::{Options, statistics};
use crate::process::{Running, step_fn};

/// Rows of a job, and calls in flight.
const ROWS: usize = 2_000;
const QUICK_ROWS: usize = 300;
const IN_FLIGHT: usize = 64;
/// Time after which a client is stopped.
const STOP: Duration = Duration::from_secs(240);
/// The rows that fail once, and always, in percent.
const FAULTS: &str = "transient=5,permanent=1";
/// Columns of the table.
const COLUMNS: usize = 12;
/// The number of the next run at the server.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// What a client reports.
#[derive(Deserialize)]
struct Report {
    good: usize,
    errors: usize,
    wrong: usize,
    lost: usize,
    seconds: f64,
    start: f64,
}

/// What the server reports.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Served {
    requests: usize,
    answered_twice: usize,
}

/// One run of a client.
struct Figures {
    report: Report,
    usage: Usage,
    served: Served,
    /// The CPU of the server for a row, in microseconds.
    server_cpu: f64,
}

/// What was measured of a client.
#[derive(Default)]
struct Measured {
    runs: Vec<Figures>,
    restarts: Vec<Figures>,
    failure: Option<String>,
}

/// Measures, prints and writes the table.
pub(super) fn run(rig: &Rig, options: &Options) -> Result<()> {
    let rows = options.rows.unwrap_or(if options.quick { QUICK_ROWS } else { ROWS });
    let selected: Vec<_> = peers::ALL
        .iter()
        .filter(|peer| !options.quick || peer.quick)
        .filter(|peer| options.only.as_ref().is_none_or(|part| peer.title.contains(part)))
        .collect();
    let folder = rig::results(rig.root()).join("bulk");
    let heads = [
        "client",
        "rows/s",
        "CPU µs a row",
        "server's",
        "MB",
        "answered",
        "errors",
        "errors as answers",
        "lost",
        "paid twice",
        "restart s",
        "requests then",
    ];
    let pythons = selected.iter().map(|peer| peer.install(rig)).collect::<Result<Vec<_>>>()?;
    let rounds = options.rounds.unwrap_or(if options.quick { 1 } else { 3 });
    let mut measured: Vec<Measured> = selected.iter().map(|_| Measured::default()).collect();
    for round in 1..=rounds {
        for ((peer, python), measured) in selected.iter().zip(&pythons).zip(&mut measured) {
            if measured.failure.is_some() {
                continue;
            }
            step_fn(&format!("round {round} of {rounds}: {}", peer.title), || {
                drop(fs::remove_dir_all(&folder));
                fs::create_dir_all(&folder)?;
                match measure(rig, peer, python, rows, &folder)? {
                    Ok(figures) => measured.runs.push(figures),
                    Err(why) => {
                        measured.failure = Some(why);
                        return Ok(());
                    }
                }
                if peer.resumes {
                    measured.restarts.extend(measure(rig, peer, python, rows, &folder)?.ok());
                }
                Ok(())
            })?;
        }
    }
    let mut table = vec![heads.map(str::to_owned).to_vec()];
    let mut failures = String::new();
    for (peer, measured) in selected.iter().zip(&measured) {
        table.push(measured.cells(peer, rows));
        if let Some(why) = &measured.failure {
            let _ = writeln!(failures, "- {} failed: {why}", peer.title);
        }
    }
    let text = format!(
        "# trilogue bench bulk\n\n{rows} rows, {IN_FLIGHT} in flight; 5 % answer 500 once, 1 % always answer 400. Medians over the rounds. Restart: the same job again with what the client has kept, and the requests that it sent then.\n\n{}\n\n{}\n{failures}",
        machine(rig.root())?["about"].as_str().unwrap_or_default(),
        lined_up(&table)
    );
    print!("{text}");
    let path = rig::results(rig.root()).join("bulk.md");
    fs::write(&path, text)?;
    println!("written: {}", path.strip_prefix(rig.root()).unwrap_or(&path).display());
    Ok(())
}

/// Runs a client once. An error of the client is no error of the benchmark.
fn measure(rig: &Rig, peer: &Peer, python: &Path, rows: usize, folder: &Path) -> Result<Result<Figures, String>> {
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let rows_path = format!("/rows/run={run},{FAULTS}");
    let scripts = rig.root().join("bench/bulk");
    let errors = rig::results(rig.root()).join("stderr-bulk.txt");
    let mut command = Command::new(python);
    command.arg(scripts.join("drive.py")).args([
        peer.module,
        &format!("{}{rows_path}/v1", rig.url()),
        &rows.to_string(),
        &IN_FLIGHT.to_string(),
    ]);
    command
        .arg(folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&errors)?);
    let (node, project) = rig.node();
    command.env("TRILOGUE_BENCH_NODE", node).env("TRILOGUE_BENCH_PROJECT", project);
    let tree = Tree::mark(rig::without_proxies(&mut command));
    let before = rig.server_cpu()?;
    let mut running = Running::start(&mut command)?;
    let mut output = running.output()?;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        drop(output.read_to_string(&mut text));
        drop(sender.send(text));
    });
    let started = Instant::now();
    let mut usage = Usage::default();
    let text = loop {
        tree.sample(&mut usage);
        match receiver.recv_timeout(tree::INTERVAL) {
            Ok(text) => break Some(text),
            Err(_) if started.elapsed() > STOP => break None,
            Err(_) => {}
        }
    };
    tree.sample(&mut usage);
    let server_cpu = rig.server_cpu()? - before;
    drop(running);
    tree.kill();
    let served = serde_json::from_str(&rig.get(&format!("{rows_path}/report"))?)?;
    let Some(text) = text else { return Ok(Err(format!("stopped at {} s", STOP.as_secs()))) };
    let Some(line) = text.lines().rev().find(|line| line.starts_with('{')) else {
        let errors = fs::read_to_string(&errors)?;
        return Ok(Err(errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no report").to_owned()));
    };
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let server_cpu = server_cpu / rows as f64 * 1e6;
    Ok(Ok(Figures { report: serde_json::from_str(line)?, usage, served, server_cpu }))
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "numbers of rows")]
    fn cells(&self, peer: &Peer, rows: usize) -> Vec<String> {
        let count = rows as f64;
        let median = |runs: &[Figures], figure: &dyn Fn(&Figures) -> f64| {
            statistics::median(&runs.iter().map(figure).collect::<Vec<_>>()).unwrap_or(f64::NAN)
        };
        let mut cells = vec![peer.title.to_owned()];
        if let Some(Figures { report, served, .. }) = self.runs.last() {
            cells.push(format!("{:.0}", median(&self.runs, &|run| count / run.report.seconds)));
            cells.push(format!("{:.0}", median(&self.runs, &|run| run.usage.cpu_s() / count * 1e6)));
            cells.push(format!("{:.0}", median(&self.runs, &|run| run.server_cpu)));
            cells.push(format!("{:.0}", median(&self.runs, &|run| run.usage.memory_mb())));
            let Report { good, errors, wrong, lost, .. } = report;
            cells.extend([good, errors, wrong, lost, &served.answered_twice].map(ToString::to_string));
        }
        if let Some(again) = self.restarts.last() {
            let seconds = median(&self.restarts, &|run| run.report.seconds + run.report.start);
            cells.extend([format!("{seconds:.2}"), again.served.requests.to_string()]);
        }
        cells.resize(COLUMNS, "–".to_owned());
        cells
    }
}
