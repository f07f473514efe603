//! CPU and memory of a process tree, also of processes that have left their parent, as Ray's do.
//!
//! Invariant: a process belongs to the tree if its environment has the tree's mark, so no other process is counted or killed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The time between two samples.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);
/// Memory is read at each of so many samples: it takes a while for many processes.
const MEMORY_EVERY: u32 = 2;
const MARK: &str = "TRILOGUE_BENCH_TREE";

/// A process by its id and its start.
type Process = (i32, u64);

/// A marked process tree.
pub(super) struct Tree {
    mark: Vec<u8>,
    /// Whether a process belongs to the tree, which is read once.
    known: RefCell<HashMap<Process, bool>>,
}

/// What a tree has used.
#[derive(Default)]
pub(super) struct Usage {
    /// Clock ticks by process.
    ticks: HashMap<Process, u64>,
    most_kb: u64,
    samples: u32,
}

impl Usage {
    /// The CPU time in seconds.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub(super) fn cpu_s(&self) -> f64 {
        self.ticks.values().sum::<u64>() as f64 / rustix::param::clock_ticks_per_second() as f64
    }

    /// The most memory at a time, in MB, of which a page counts once.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub(super) fn memory_mb(&self) -> f64 {
        self.most_kb as f64 / 1024.0
    }
}

impl Tree {
    /// Marks the processes of a command.
    pub(super) fn mark(command: &mut Command) -> Self {
        let mark = format!("{}-{:?}", std::process::id(), std::time::Instant::now());
        command.env(MARK, &mark);
        Self { mark: format!("{MARK}={mark}\0").into_bytes(), known: RefCell::default() }
    }

    /// Adds what the tree uses now.
    pub(super) fn sample(&self, usage: &mut Usage) {
        let processes = self.processes();
        for (process, ticks) in &processes {
            let most = usage.ticks.entry(*process).or_default();
            *most = (*most).max(*ticks);
        }
        if usage.samples.is_multiple_of(MEMORY_EVERY) {
            let memory = processes.iter().map(|((pid, _), _)| memory_kb(*pid)).sum();
            usage.most_kb = usage.most_kb.max(memory);
        }
        usage.samples += 1;
    }

    /// Kills what is left of the tree.
    pub(super) fn kill(&self) {
        for ((pid, _), _) in self.processes() {
            if let Some(pid) = Pid::from_raw(pid) {
                // It may have ended meanwhile.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// The processes of the tree with their clock ticks.
    fn processes(&self) -> Vec<(Process, u64)> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter_map(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name may contain anything, and ends with the last parenthesis.
            let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
            let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
            let process = (pid, number(19)?);
            let belongs = *self.known.borrow_mut().entry(process).or_insert_with(|| self.has_mark(pid));
            belongs.then_some((process, number(11)? + number(12)?))
        })
        .collect()
    }

    fn has_mark(&self, pid: i32) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.windows(self.mark.len()).any(|window| window == self.mark)
    }
}

fn memory_kb(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
