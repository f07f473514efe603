//! Batches: many requests, and the log of their answers.
//!
//! Invariant: pure. Lines and times are arguments; the runner in `native` reads, writes and sends. The log is the source of truth: a row is done if
//! the log has its line, so a run that was killed is continued by running it again.
//!
//! - `options`: the options of a batch.
//! - `row`: rows of the input, and the requests that they stand for.
//! - `template`, `columns`: requests with columns of a row in their texts, and the columns that a row has.
//! - `csv`: rows of comma-separated values.
//! - `key`: the identity of a row.
//! - `line`: lines of the log.
//! - `index`: the rows of an input file, and which of them are done.
//! - `logged_rows`: the rows of a log, for rows that arrive one by one.
//! - `next`: what happens after a failure.
//! - `provider`: batches at a provider.
//! - `summary`: counts and costs.

mod columns;
mod csv;
mod index;
mod key;
mod line;
mod logged_rows;
mod next;
mod options;
pub mod provider;
mod row;
mod summary;
mod template;

pub use csv::{CsvHeader, leaves_quote_open};
pub use index::{Index, RowState};
pub use key::RowKey;
pub use line::{Logged, Outcome, broken_line, may_begin_line, parse as parse_log_line, write_answer, write_failure};
pub use logged_rows::{LoggedRow, LoggedRows};
pub use next::{Next, after_failure};
pub use options::{BatchOptions, SyncMode, Via};
pub use row::{EqualRows, Row, RowHead, RowReader};
pub use summary::{End, Summary};
pub use template::Template;
