//! Counts and costs of a batch, while it runs and at its end.
//!
//! Invariant: `answered + failed + open = rows`, where each row counts by its last line in the log.

use super::line::{Logged, Outcome};
use crate::cost::Dollars;
use crate::json::json;
use crate::prelude::*;
use crate::value::Value;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// It has not ended.
    #[default]
    Running,
    /// Each row has a line in the log.
    Complete,
    /// The budget did not cover a further row.
    Budget,
    /// The caller stopped it.
    Stopped,
}

impl End {
    /// The name, as in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Budget => "budget",
            Self::Stopped => "stopped",
        }
    }
}

/// The counts of a batch. Tokens and costs are those of all lines in the log, also of earlier runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// How the run ended.
    pub end: End,
    /// The rows of the input, without repetitions.
    pub rows: u64,
    /// Rows that are equal to an earlier one, and are not sent.
    pub repeated: u64,
    /// Rows with an answer.
    pub answered: u64,
    /// Rows whose last line is an error.
    pub failed: u64,
    /// The rows that an earlier run had finished.
    pub resumed: u64,
    /// Rows that were put back, since the server refused them for longer than the client waits.
    pub refused: u64,
    /// Bytes of a torn line that an earlier run had left.
    pub torn_bytes: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// The cost in dollars of all answers whose price is known.
    pub cost: Dollars,
    /// Answers of unknown cost.
    pub unknown_costs: u64,
    /// The time of this run in milliseconds.
    pub elapsed_ms: u64,
}

impl Summary {
    /// Adds the tokens and the cost of a line.
    pub fn add_usage(&mut self, line: &Logged) {
        self.input_tokens = self.input_tokens.saturating_add(line.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(line.output_tokens);
        match (line.cost, line.outcome) {
            (Some(cost), _) => self.cost += cost,
            (None, Outcome::Answered) => self.unknown_costs += 1,
            (None, Outcome::Failed) => {}
        }
    }

    /// Adds a line of this run.
    pub fn add(&mut self, line: &Logged) {
        self.add_usage(line);
        match line.outcome {
            Outcome::Answered => self.answered += 1,
            Outcome::Failed => self.failed += 1,
        }
    }

    /// Rows without a line.
    pub fn open(&self) -> u64 {
        self.rows.saturating_sub(self.answered).saturating_sub(self.failed)
    }

    /// The summary as a JSON object. The cost is a text, since it is exact.
    pub fn to_value(&self) -> Value {
        json!({
            "end": self.end.name(),
            "rows": self.rows,
            "answered": self.answered,
            "failed": self.failed,
            "open": self.open(),
            "repeated": self.repeated,
            "resumed": self.resumed,
            "refused": self.refused,
            "torn_bytes": self.torn_bytes,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": self.cost.to_string(),
            "unknown_costs": self.unknown_costs,
            "elapsed_ms": self.elapsed_ms,
        })
    }
}
