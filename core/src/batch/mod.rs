//! Batches: many requests from a file, and the log of their answers.
//!
//! Invariant: pure. Lines and times are arguments; the runner in `native` reads, writes and sends. The log is the source of truth: a row is done if
//! the log has its line, so a run that was killed is continued by running it again.
//!
//! - `row`: lines of the input, and the requests that they stand for.
//! - `template`: requests with columns of a row in their texts.
//! - `key`: the identity of a row.
//! - `line`: lines of the log.
//! - `index`: the rows of an input, and which of them are done.
//! - `next`: what happens after a failure.
//! - `provider`: batches at a provider.
//! - `summary`: counts and costs.

mod index;
mod key;
mod line;
mod next;
pub mod provider;
mod row;
mod summary;
mod template;

pub use index::{Index, RowState};
pub use key::RowKey;
pub use line::{Logged, Outcome, parse as parse_log_line, write_answer, write_failure};
pub use next::{Next, after_failure};
pub use row::{EqualRows, Row, RowReader};
pub use summary::{End, Summary};
pub use template::Template;
