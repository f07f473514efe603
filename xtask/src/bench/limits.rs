//! `cargo xtask bench limits`: many calls at once against a server with a limit of 50 requests per second.
//!
//! Invariant: nothing here knows what a good result is. The server counts its requests, a client measures its waits. The runtimes run a row at the
//! same time, each against a server of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;

use super::report::{lined_up, machine};
use super::rig::{self, Rig};
use super::sample::{self, Outcome};
use super::{Options, clients};
use crate::process::{Running, step_fn};

/// The limit of every server, in requests per second.
const RATE: f64 = 50.0;
/// Calls at once.
const CALLS: u32 = 600;
/// The time of a row with windows of a minute, in seconds: calls that end are replaced until then.
const LONG: u32 = 180;
/// Time after which a client is stopped.
const STOP: Duration = Duration::from_secs(240);

/// What a client knows of the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It is set in the client's options.
    Configured,
    /// The server announces it, in this family of headers.
    Announced(&'static str),
    /// It is learned from refusals.
    Adaptive,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Announced(_) => "announced",
            Self::Adaptive => "adaptive",
        }
    }

    fn headers(self) -> &'static str {
        if let Self::Announced(family) = self { family } else { "" }
    }
}

/// A row of the table.
#[derive(Clone, Copy)]
struct Row {
    mode: Mode,
    /// `bucket` or `window`, and its size: requests or seconds.
    kind: &'static str,
    size: f64,
    /// How a refusal names its wait; empty if it does not.
    waits: &'static str,
    /// The time of an answer, in seconds.
    delay: f64,
    /// Whether the official client is measured too.
    with_peer: bool,
}

impl Row {
    fn label(&self) -> String {
        let Self { mode, kind, size, delay, .. } = self;
        let hints: Vec<_> = [mode.headers(), self.waits].into_iter().filter(|hint| !hint.is_empty()).collect();
        let hints = if hints.is_empty() { "none".to_owned() } else { hints.join(" + ") };
        let unit = if *kind == "window" { " s" } else { "" };
        format!("{} | {kind} {size}{unit} | {hints} | {delay} s", mode.name())
    }

    fn is_long(&self) -> bool {
        self.kind == "window" && self.size > 1.0
    }

    fn options(&self, runtime: Runtime) -> &'static str {
        match (self.mode, runtime) {
            (_, Runtime::OpenAi) => "{}",
            (Mode::Configured, Runtime::Python) => r#"{"requests_per_minute": 3000}"#,
            (Mode::Configured, _) => r#"{"requestsPerMinute": 3000}"#,
            _ => r#"{"adaptive": true}"#,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Runtime {
    Python,
    Node,
    Chromium,
    /// OpenAI's client for Python, with its own retries.
    OpenAi,
}

impl Runtime {
    const OURS: [Self; 3] = [Self::Python, Self::Node, Self::Chromium];

    fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Node => "Node",
            Self::Chromium => "Chromium",
            Self::OpenAi => "openai (Python)",
        }
    }
}

/// What a server reports when it ends.
#[derive(Deserialize)]
struct Served {
    requests: f64,
    refused: f64,
    granted: f64,
    seconds: f64,
}

/// A client's calls.
struct Figures {
    /// Granted requests, as a share of the limit.
    share: f64,
    /// Refused requests: their number, and their share of all.
    refused: f64,
    refused_share: f64,
    /// The longest wait and the median one, in seconds.
    longest: f64,
    median: f64,
    failed: f64,
}

/// Measures, prints and writes the table.
pub(super) fn run(rig: &Rig, options: &Options) -> Result<()> {
    let rows: Vec<_> = rows(options.quick, options.long)
        .into_iter()
        .filter(|row| options.only.as_ref().is_none_or(|part| row.label().contains(part)))
        .collect();
    let heads = [
        "limit is",
        "server",
        "hints",
        "answers",
        "client",
        "share",
        "refused",
        "median s",
        "longest s",
        "×",
        "failed",
    ];
    let mut table = vec![heads.map(str::to_owned).to_vec()];
    for round in 0..options.rounds.unwrap_or(1) {
        for row in &rows {
            let measured = step_fn(&format!("round {}: {}", round + 1, row.label()), || measure(rig, row))?;
            for (runtime, outcome) in measured {
                table.push(cells(row, runtime, &outcome));
            }
        }
    }
    let text = format!(
        "# trilogue bench limits\n\n{CALLS} calls at once against {RATE} requests per second. Share: granted requests per second, of the limit. ×: the longest wait over the median.\n\n{}\n{}.\n\n{}",
        machine(rig.root())?["about"].as_str().unwrap_or_default(),
        clients::PYTHON.join(", "),
        lined_up(&table)
    );
    print!("{text}");
    let path = rig::results(rig.root()).join("limits.md");
    fs::write(&path, text)?;
    println!("written: {}", path.strip_prefix(rig.root()).unwrap_or(&path).display());
    Ok(())
}

fn rows(quick: bool, long: bool) -> Vec<Row> {
    let row = |mode, (kind, size), waits, delay| Row { mode, kind, size, waits, delay, with_peer: false };
    let announced = Mode::Announced("openai");
    let (small, large, second, minute) = (("bucket", 5.0), ("bucket", 50.0), ("window", 1.0), ("window", 60.0));
    let mut rows = Vec::new();
    let servers = if quick { vec![small] } else { vec![small, large, second] };
    let delays = if quick { vec![0.002] } else { vec![0.002, 1.0, 4.0] };
    for (mode, waits) in [(Mode::Configured, vec!["ms"]), (announced, vec!["ms", ""]), (Mode::Adaptive, vec!["ms", ""])]
    {
        for server in &servers {
            for delay in &delays {
                rows.extend(waits.iter().map(|waits| row(mode, *server, waits, *delay)));
            }
        }
    }
    if !quick {
        // Hints in whole seconds.
        rows.extend([small, second].map(|server| row(Mode::Adaptive, server, "seconds", 0.002)));
        rows.extend([small, second].map(|server| row(Mode::Adaptive, server, "date", 0.002)));
        for family in ["anthropic", "ietf"] {
            rows.extend([small, large, second].map(|server| row(Mode::Announced(family), server, "seconds", 0.002)));
        }
        rows.push(Row { with_peer: true, ..row(Mode::Adaptive, small, "ms", 1.0) });
    }
    if long {
        for (mode, waits) in
            [(Mode::Configured, "ms"), (announced, "ms"), (announced, ""), (Mode::Adaptive, "ms"), (Mode::Adaptive, "")]
        {
            rows.extend([0.002, 4.0].map(|delay| row(mode, minute, waits, delay)));
        }
    }
    rows
}

/// Runs all runtimes at the same time.
fn measure(rig: &Rig, row: &Row) -> Result<BTreeMap<Runtime, Result<Figures, String>>> {
    let peer = row.with_peer.then_some(Runtime::OpenAi);
    thread::scope(|scope| {
        let running: Vec<_> = Runtime::OURS
            .into_iter()
            .chain(peer)
            .map(|runtime| (runtime, scope.spawn(move || measure_one(rig, row, runtime))))
            .collect();
        running
            .into_iter()
            .map(|(runtime, thread)| {
                let outcome = thread.join().map_err(|_| anyhow!("the measurement of {} failed", runtime.name()))?;
                Ok((runtime, outcome?))
            })
            .collect()
    })
}

fn measure_one(rig: &Rig, row: &Row, runtime: Runtime) -> Result<Result<Figures, String>> {
    let python = rig.python();
    let scripts = rig.root().join("bench");
    let certificate = rig::results(rig.root()).join("limits.pem");
    let mut server = Command::new(&python);
    server.arg(scripts.join("python/limited_server.py")).args([row.kind, &row.size.to_string(), &RATE.to_string()]);
    server.args([&row.delay.to_string(), row.waits, row.mode.headers()]);
    server.arg(if runtime == Runtime::Chromium { certificate.as_path() } else { "".as_ref() });
    let mut server = Running::start(server.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let mut lines = server.lines()?;
    let url = lines.next().context("the server didn't start")??;
    let mut client = match runtime {
        Runtime::Python | Runtime::OpenAi => {
            let mut client = Command::new(&python);
            client.arg(scripts.join("python/limits.py"));
            client.arg(if runtime == Runtime::OpenAi { "openai" } else { "trilogue" });
            client
        }
        Runtime::Node => {
            let (node, folder) = rig.node();
            let mut client = Command::new(node);
            client.arg(folder.join("limits.mjs")).current_dir(folder);
            client
        }
        Runtime::Chromium => {
            let (program, playwright) = rig.chromium().context("no Chromium")?;
            let (_, folder) = rig.node();
            let mut client = Command::new("node");
            client
                .arg(scripts.join("node/limits-browser.mjs"))
                .arg(folder)
                .args([program, playwright])
                .arg(certificate);
            client
        }
    };
    let seconds = if row.is_long() { LONG } else { 0 };
    client.args([&url, row.options(runtime), &CALLS.to_string(), &seconds.to_string(), &row.delay.to_string()]);
    let errors = rig::results(rig.root()).join(format!("stderr-{}.txt", runtime.name()));
    let outcome = sample::take(rig::without_proxies(&mut client), STOP, &errors)?;
    server.end_input();
    let report: Served = serde_json::from_str(&lines.next().context("the server reported nothing")??)?;
    Ok(figures(&report, &outcome))
}

fn figures(served: &Served, outcome: &Outcome) -> Result<Figures, String> {
    match outcome {
        Outcome::Figures(..) => {
            let figure = |name| outcome.figure(name).unwrap_or(f64::NAN);
            Ok(Figures {
                // The last request ends an interval.
                share: served.granted / RATE / (served.seconds + 1.0 / RATE),
                refused: served.refused,
                refused_share: served.refused / served.requests,
                longest: figure("longest"),
                median: figure("median"),
                failed: figure("failed"),
            })
        }
        Outcome::Stopped(after) => Err(format!("stopped at {} s", after.as_secs())),
        Outcome::Failed(why) => Err(why.clone()),
    }
}

fn cells(row: &Row, runtime: Runtime, outcome: &Result<Figures, String>) -> Vec<String> {
    let mut cells: Vec<_> = row.label().split(" | ").map(str::to_owned).collect();
    cells.push(runtime.name().to_owned());
    match outcome {
        Ok(Figures { share, refused, refused_share, longest, median, failed }) => cells.extend([
            format!("{:.1} %", share * 100.0),
            if *refused == 0.0 { "0".to_owned() } else { format!("{refused} ({:.1} %)", refused_share * 100.0) },
            format!("{median:.2}"),
            format!("{longest:.2}"),
            format!("{:.2}", longest / median),
            failed.to_string(),
        ]),
        Err(why) => {
            let mut text = String::new();
            let _ = write!(text, "failed: {}", why.replace('|', "/"));
            cells.push(text);
            cells.resize(11, String::new());
        }
    }
    cells
}
