//! Batches at a provider: many requests in one file, which the provider answers within a day at half the price.
//!
//! Invariant: pure; `native` sends the requests and writes the log. A job is in the log before anything of it is sent, so a run that was killed finds
//! what it has uploaded and created, and never uploads or creates it twice.
//!
//! - `job`: a batch of the provider, as a line of the log.
//! - `file`: the requests of a batch.
//! - `creation`: the requests that upload and create a batch, also after a crash.
//! - `state`: the state of a batch, and where its results are.
//! - `result`: lines of the results.

mod creation;
mod file;
mod job;
mod result;
mod state;

pub use creation::Creation;
pub use file::{BatchFile, FileLimits};
pub use job::{Job, JobState};
pub use result::{BatchResult, RowReply, missing, parse as parse_result};
pub use state::{BatchState, batch_state, poll, poll_wait, results};

use crate::client::ProviderRequest;
use crate::config::Format;
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::shortened;
use crate::value::{Map, Value};
use crate::wire::Endpoint;

/// The path of the batches of a format, after the base URL.
fn batches_path(format: Format) -> String {
    Endpoint::Batches(format).location().1
}

/// A request without a body. `path` comes after the base URL.
fn get(format: Format, path: String) -> ProviderRequest {
    ProviderRequest { format, method: "GET", path, query: Map::new(), content: None, is_repeatable: true }
}

/// The error of a reply that lacks a part.
fn incomplete(what: &str, reply: &Value) -> Error {
    let message = format!("the server returned no {what}: {}", shortened(&reply.to_string()));
    Error::new(ErrorKind::ResponseValidation, message)
}
