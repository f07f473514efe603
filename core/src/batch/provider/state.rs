//! The state of a provider's batch, and where its results are.
//!
//! Invariant: a state that is not known is one of a batch that goes on: only a state that the provider documents as an end is one.

use core::time::Duration;

use super::job::Job;
use super::{batches_path, get, incomplete};
use crate::client::ProviderRequest;
use crate::config::Format;
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::time;
use crate::value::{self, Value, at};

/// The first wait between requests for the state, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(60);

/// The state of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchState {
    /// The provider has not answered all requests.
    Running,
    /// There will be no further results.
    Ended {
        /// The provider's word for the end: `completed`, `expired`, `cancelled` or `ended`.
        status: String,
        /// The files with results, for OpenAI's format.
        files: Vec<String>,
        /// Milliseconds from the creation to the end.
        milliseconds: u64,
    },
    /// The provider has no space for the batch until another one ends.
    Postponed(Error),
    /// The provider refused the batch.
    Refused(Error),
}

/// Returns how long to wait before the state is requested again. `polls`: the number of earlier requests.
pub fn poll_wait(polls: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << (polls / 2).min(8)).min(MAX_WAIT)
}

/// Requests the state of a job's batch; `None` for one without a batch.
pub fn poll(job: &Job) -> Option<ProviderRequest> {
    Some(get(job.format, path(job)?))
}

fn path(job: &Job) -> Option<String> {
    Some(format!("{}/{}", batches_path(job.format), job.batch.as_deref()?))
}

/// Requests a file with results of a batch that has ended. Messages have one for each batch, at the batch's own path.
pub fn results(job: &Job, files: &[String]) -> Vec<ProviderRequest> {
    match job.format {
        Format::Chat => files.iter().map(|file| get(job.format, format!("files/{file}/content"))).collect(),
        Format::Messages => path(job).map(|path| get(job.format, format!("{path}/results"))).into_iter().collect(),
    }
}

/// Reads the state of a batch.
///
/// # Errors
///
/// [`ErrorKind::ResponseValidation`] for a reply without a state.
pub fn batch_state(format: Format, batch: &Value) -> Result<BatchState, Error> {
    let state = |name: &str| at(batch, name).as_str().ok_or_else(|| incomplete("state of a batch", batch));
    Ok(match format {
        Format::Chat => match state("/status")? {
            "failed" => refused(batch),
            status @ ("completed" | "expired" | "cancelled") => {
                let files = ["/output_file_id", "/error_file_id"].map(|name| at(batch, name).as_str());
                let ended = seconds(at(batch, &format!("/{status}_at")));
                ended_at(batch, status, files.into_iter().flatten().map(str::to_owned).collect(), ended)
            }
            _ => BatchState::Running,
        },
        Format::Messages => match state("/processing_status")? {
            "ended" => ended_at(batch, "ended", Vec::new(), seconds(at(batch, "/ended_at"))),
            _ => BatchState::Running,
        },
    })
}

fn ended_at(batch: &Value, status: &str, files: Vec<String>, ended: Option<u64>) -> BatchState {
    let took = seconds(at(batch, "/created_at")).zip(ended).map(|(began, ended)| ended.saturating_sub(began));
    BatchState::Ended { status: status.to_owned(), files, milliseconds: took.unwrap_or_default().saturating_mul(1000) }
}

/// Reads a time in either format: seconds since 1970, or an RFC 3339 date.
pub(super) fn seconds(time: &Value) -> Option<u64> {
    time.as_u64().or_else(|| time::rfc3339(time.as_str()?).map(|time| time.as_secs()))
}

/// The error of a batch that the provider refused.
fn refused(batch: &Value) -> BatchState {
    let errors = value::items(Some(at(batch, "/errors/data")));
    let first = errors.first().unwrap_or(&Value::Null);
    let message = at(first, "/message").as_str().unwrap_or("it names no reason");
    let others = match errors.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} further errors)", count - 1),
    };
    let id = at(batch, "/id").as_str().unwrap_or_default();
    let text = format!("the provider refused the batch {id}: {message}{others}");
    let mut error = Error::new(ErrorKind::BadRequest, text);
    error.fields_mut().code = at(first, "/code").as_str().map(str::to_owned);
    error.fields_mut().param = at(first, "/param").as_str().map(str::to_owned);
    error.fields_mut().body = Some(batch.clone());
    // The limit of tokens that wait in all batches of an account.
    let is_full = error.fields().code.as_deref() == Some("token_limit_exceeded");
    if is_full { BatchState::Postponed(error) } else { BatchState::Refused(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn only_documented_ends_are_ends() {
        for status in ["validating", "in_progress", "finalizing", "cancelling", "something_new"] {
            assert_eq!(batch_state(Format::Chat, &json!({"status": status})), Ok(BatchState::Running));
        }
        for status in ["in_progress", "canceling", "something_new"] {
            assert_eq!(batch_state(Format::Messages, &json!({"processing_status": status})), Ok(BatchState::Running));
        }
        let batch = json!({"status": "expired", "created_at": 100, "expired_at": 160, "output_file_id": "o", "error_file_id": null});
        let ended = |status: &str, files: &[&str]| BatchState::Ended {
            status: status.to_owned(),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            milliseconds: 60_000,
        };
        assert_eq!(batch_state(Format::Chat, &batch), Ok(ended("expired", &["o"])));
        let batch = json!({"processing_status": "ended", "created_at": "2025-01-01T00:00:00Z", "ended_at": "2025-01-01T00:01:00Z"});
        assert_eq!(batch_state(Format::Messages, &batch), Ok(ended("ended", &[])));
    }

    #[test]
    fn a_reply_without_a_state_is_an_error() {
        for format in [Format::Chat, Format::Messages] {
            for reply in [json!({"error": {"message": "busy"}}), json!({"status": 1, "processing_status": null})] {
                assert_eq!(batch_state(format, &reply).unwrap_err().kind(), ErrorKind::ResponseValidation);
            }
        }
    }

    #[test]
    fn a_full_queue_is_no_refusal() {
        let failed = |code: &str| {
            let errors = json!({"data": [{"code": code, "message": "why"}, {"code": "x", "message": "y"}]});
            batch_state(Format::Chat, &json!({"id": "b1", "status": "failed", "errors": errors})).unwrap()
        };
        assert!(matches!(failed("token_limit_exceeded"), BatchState::Postponed(_)));
        let BatchState::Refused(error) = failed("invalid_url") else { panic!() };
        assert_eq!(error.message(), "the provider refused the batch b1: why (and 1 further errors)");
    }

    #[test]
    fn waits_grow_to_a_minute() {
        let waits: Vec<u64> = (0..14).map(|polls| poll_wait(polls).as_secs()).collect();
        assert_eq!(waits, [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 60, 60]);
    }
}
