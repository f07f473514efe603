//! The rows of a log, for rows that arrive one by one: where the line of each is.
//!
//! Invariant: 24 bytes for each row, sorted. Of several lines of a row, an answer counts before an error, and then the last one.

use super::key::RowKey;
use super::line::{Logged, Outcome};
use crate::prelude::*;

/// The bit of an offset that marks an answer. No file is so long.
const ANSWERED: u64 = 1 << 63;

/// A row of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedRow {
    id: u64,
    /// With the bit of an answer.
    offset: u64,
    content: u32,
    length: u32,
}

impl LoggedRow {
    /// The hash of the row's content.
    pub fn content(self) -> u32 {
        self.content
    }

    /// How the row ended.
    pub fn outcome(self) -> Outcome {
        if self.offset & ANSWERED == 0 { Outcome::Failed } else { Outcome::Answered }
    }

    /// The offset of the line in the log, in bytes.
    pub fn offset(self) -> u64 {
        self.offset & !ANSWERED
    }

    /// The length of the line, without its line break.
    pub fn length(self) -> usize {
        self.length as usize
    }
}

/// The rows of a log.
#[derive(Debug, Default)]
pub struct LoggedRows(Vec<LoggedRow>);

impl LoggedRows {
    /// Adds a line of the log. Call [`LoggedRows::finish`] after the last one.
    /// `length`: without the line break.
    pub fn add(&mut self, line: &Logged, offset: u64, length: usize) {
        let RowKey { id, content } = line.key;
        // `max_response_bytes` keeps answers far below 4 GB.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mark = if line.outcome == Outcome::Answered { ANSWERED } else { 0 };
        self.0.push(LoggedRow { id, offset: offset | mark, content, length });
    }

    /// Sorts the rows, and keeps one line of each.
    pub fn finish(&mut self) {
        // The mark of an answer is the highest bit, so the line that counts is the last one of its row.
        self.0.sort_unstable_by_key(|row| (row.id, row.offset));
        self.0.reverse();
        self.0.dedup_by_key(|row| row.id);
        self.0.reverse();
    }

    /// Returns the line of a row that has this content; none if the row was changed after it was sent.
    pub fn find_unchanged(&self, key: RowKey) -> Option<LoggedRow> {
        self.find(key.id).filter(|row| row.content == key.content)
    }

    /// Returns the line of a row, which may have been changed after it was sent.
    pub fn find(&self, id: u64) -> Option<LoggedRow> {
        let at = self.0.binary_search_by_key(&id, |row| row.id).ok()?;
        self.0.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_before_an_error_and_then_the_last_line() {
        let line = |id, outcome| Logged {
            key: RowKey { id, content: 7 },
            outcome,
            input_tokens: 0,
            output_tokens: 0,
            cost: None,
        };
        let mut rows = LoggedRows::default();
        for (offset, (id, outcome)) in (0..).step_by(10).zip([
            (5, Outcome::Failed),
            (5, Outcome::Answered),
            (5, Outcome::Failed),
            (1, Outcome::Failed),
            (1, Outcome::Failed),
        ]) {
            rows.add(&line(id, outcome), offset, 9);
        }
        rows.finish();
        let found = |id| rows.find(id).map(|row| (row.offset(), row.outcome(), row.content(), row.length()));
        assert_eq!(found(5), Some((10, Outcome::Answered, 7, 9)));
        assert_eq!(found(1), Some((40, Outcome::Failed, 7, 9)));
        assert_eq!(found(2), None);
        assert_eq!(rows.find_unchanged(RowKey { id: 5, content: 7 }), rows.find(5));
        assert_eq!(rows.find_unchanged(RowKey { id: 5, content: 8 }), None);
    }
}
