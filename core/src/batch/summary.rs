//! Counts and costs of a batch, while it runs and at its end.
//!
//! Invariant: `answered + failed + open = rows`, where each row counts by its last line in the log.

use serde::Serialize;

use super::line::{Logged, Outcome};
use crate::cost::Dollars;
use crate::value::Value;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
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

/// The counts of a batch. Tokens and costs are those of all lines in the log, also of earlier runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BatchSummary", inline))]
pub struct Summary {
    /// How the run ended: each row has a line; the budget did not cover a further row; or it was stopped.
    pub end: End,
    /// The rows of the input, without repetitions.
    pub rows: u64,
    /// Rows with an answer.
    pub answered: u64,
    /// Rows whose last line is an error.
    pub failed: u64,
    /// Rows without a line.
    pub open: u64,
    /// Open rows in batches of the provider.
    pub at_provider: u64,
    /// Rows that are equal to an earlier one, and are not sent.
    pub repeated: u64,
    /// Rows that an earlier run had finished.
    pub resumed: u64,
    /// How often a row was put back, since the server refused it for longer than the client waits.
    pub refused: u64,
    /// Bytes of a torn line that an earlier run had left, and that were removed.
    pub torn_bytes: u64,
    /// Input tokens, those of caches included.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// The cost in dollars of all answers whose price is known.
    #[cfg_attr(feature = "schema", schemars(with = "crate::cost::Amount"))]
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

    /// Counts a row that is open until it has a line.
    pub fn add_open(&mut self) {
        self.rows += 1;
        self.open += 1;
    }

    /// Adds a line of an open row.
    pub fn add(&mut self, line: &Logged) {
        self.add_usage(line);
        self.close(line.outcome);
    }

    /// Counts an open row that an earlier run had finished.
    pub fn add_resumed(&mut self, outcome: Outcome) {
        self.resumed += 1;
        self.close(outcome);
    }

    fn close(&mut self, outcome: Outcome) {
        self.open = self.open.saturating_sub(1);
        match outcome {
            Outcome::Answered => self.answered += 1,
            Outcome::Failed => self.failed += 1,
        }
    }

    /// The summary as a JSON object. The cost is a text, since it is exact.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn each_row_is_counted_once() {
        let mut summary = Summary::default();
        (0..3).for_each(|_| summary.add_open());
        summary.add_resumed(Outcome::Failed);
        let (key, cost) = (super::super::key::RowKey { id: 1, content: 2 }, Dollars::parse("0.5"));
        let line = Logged { key, outcome: Outcome::Answered, input_tokens: u64::MAX, output_tokens: 1, cost };
        summary.add(&line);
        summary.add_usage(&line);
        let value = summary.to_value();
        let counts = ["rows", "answered", "failed", "open", "resumed"].map(|name| value[name].clone());
        assert_eq!(Value::from(counts.to_vec()), json!([3, 1, 1, 1, 1]));
        assert_eq!(
            (&value["end"], &value["cost"], &value["input_tokens"]),
            (&json!("running"), &json!("1"), &json!(u64::MAX))
        );
    }
}
