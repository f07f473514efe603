//! Lines of the results of a provider's batch.
//!
//! Invariant: each line is an answer or an error of one row of the job; nothing of a result is judged here, since answers are decoded as those of calls.

use serde::Deserialize;

use super::job::Job;
use crate::batch::RowKey;
use crate::config::Format;
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::json::json;
use crate::prelude::*;
use crate::text::shortened;
use crate::value::{Value, at};

/// The result of a row.
#[derive(Debug)]
pub struct BatchResult {
    /// The row.
    pub key: RowKey,
    /// What the provider returned.
    pub reply: RowReply,
}

/// What the provider returned for a row.
#[derive(Debug)]
pub enum RowReply {
    /// A status, and a body as a call would have it.
    Response(Head, Vec<u8>),
    /// The request was not answered.
    Failed(Error),
}

#[derive(Deserialize)]
struct Line {
    custom_id: String,
    response: Option<Response>,
    error: Option<Value>,
    result: Option<Value>,
}

#[derive(Deserialize)]
struct Response {
    status_code: u16,
    request_id: Option<String>,
    body: Value,
}

/// Reads a line of a job's results.
///
/// # Errors
///
/// A sentence that says what is wrong with the line.
pub fn parse(job: &Job, line: &str) -> Result<BatchResult, String> {
    let line: Line = serde_json::from_str(line)
        .map_err(|why| format!("a line of the results is not valid ({why}): {}", shortened(line)))?;
    let key = line.custom_id.strip_prefix(job.token()).and_then(|rest| rest.strip_prefix('-'));
    let key = key.and_then(|key| RowKey::parse(key.as_bytes())).ok_or_else(|| {
        let id = shortened(&line.custom_id);
        format!(
            "the result \"{id}\" is that of another run; remove the lines of {} from the log, and run again",
            job.token()
        )
    })?;
    let reply = match (job.format, line.response, line.result) {
        (Format::Chat, Some(Response { status_code, request_id, body }), _) => {
            let headers = request_id.into_iter().map(|id| ("x-request-id".to_owned(), id));
            let head = Head { status: status_code, headers: headers.collect() };
            RowReply::Response(head, body.to_string().into_bytes())
        }
        (Format::Messages, _, Some(result)) => message(&result),
        _ => {
            let error = line.error.unwrap_or_default();
            let code = at(&error, "/code").as_str().unwrap_or("batch_error");
            let message =
                at(&error, "/message").as_str().unwrap_or("the provider returned neither an answer nor an error");
            RowReply::Failed(unanswered(code, message))
        }
    };
    Ok(BatchResult { key, reply })
}

/// Reads the result of a message.
fn message(result: &Value) -> RowReply {
    let kind = at(result, "/type").as_str().unwrap_or_default();
    match kind {
        "succeeded" => {
            let head = Head { status: 200, ..Head::default() };
            RowReply::Response(head, at(result, "/message").to_string().into_bytes())
        }
        "errored" => {
            let error = at(result, "/error");
            // In the shape of an answer to a call: `{"type": "error", "error": {…}}`.
            let body =
                if at(error, "/error").is_object() { error.clone() } else { json!({"type": "error", "error": error}) };
            let head = Head { status: status(at(&body, "/error/type").as_str()), ..Head::default() };
            RowReply::Response(head, body.to_string().into_bytes())
        }
        "canceled" => {
            RowReply::Failed(unanswered("batch_canceled", "the batch was canceled before this request was sent"))
        }
        "expired" => {
            RowReply::Failed(unanswered("batch_expired", "the batch expired before this request was sent to the model"))
        }
        _ => RowReply::Failed(unanswered("batch_error", &format!("an unknown type of result: {}", shortened(kind)))),
    }
}

/// The status that Anthropic's API sends with a type of error.
fn status(kind: Option<&str>) -> u16 {
    match kind {
        Some("authentication_error") => 401,
        Some("billing_error") => 402,
        Some("permission_error") => 403,
        Some("not_found_error") => 404,
        Some("request_too_large") => 413,
        Some("rate_limit_error") => 429,
        Some("api_error") => 500,
        Some("timeout_error") => 504,
        Some("overloaded_error") => 529,
        _ => 400,
    }
}

/// The error of a row without a result in a batch that has ended.
pub fn missing(job: &Job, status: &str) -> Error {
    let batch = job.batch.as_deref().unwrap_or_default();
    unanswered("batch_incomplete", &format!("the batch {batch} has ended ({status}) without a result of this request"))
}

fn unanswered(code: &str, message: &str) -> Error {
    let mut error = Error::new(ErrorKind::Api, message);
    error.fields_mut().code = Some(code.to_owned());
    error
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn job(format: Format) -> Job {
        Job::new(format, None, false, Duration::from_secs(1), 0.5)
    }

    fn received(format: Format, mut line: Value) -> RowReply {
        let job = job(format);
        line["custom_id"] = format!("{}-{:016x}{:08x}", job.token(), 5, 6).into();
        let result = parse(&job, &line.to_string()).unwrap();
        assert_eq!(result.key, RowKey { id: 5, content: 6 });
        result.reply
    }

    #[test]
    fn replies_are_those_of_calls() {
        let response = json!({"status_code": 429, "request_id": "r1", "body": {"error": {"message": "x"}}});
        let RowReply::Response(head, body) = received(Format::Chat, json!({"response": response, "error": null}))
        else {
            panic!()
        };
        assert_eq!((head.status, head.request_id()), (429, Some("r1")));
        assert_eq!(body, br#"{"error":{"message":"x"}}"#);
        let result = json!({"type": "succeeded", "message": {"id": "m"}});
        let RowReply::Response(head, body) = received(Format::Messages, json!({"result": result})) else { panic!() };
        assert_eq!((head.status, body.as_slice()), (200, &br#"{"id":"m"}"#[..]));
        let error = json!({"type": "overloaded_error", "message": "x"});
        for error in [json!({"type": "error", "error": error}), error] {
            let RowReply::Response(head, body) =
                received(Format::Messages, json!({"result": {"type": "errored", "error": error}}))
            else {
                panic!()
            };
            assert_eq!(head.status, 529);
            assert_eq!(body, br#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#);
        }
    }

    #[test]
    fn requests_without_an_answer_have_a_code() {
        for (format, line, code) in [
            (
                Format::Chat,
                json!({"response": null, "error": {"code": "batch_expired", "message": "late"}}),
                "batch_expired",
            ),
            (Format::Chat, json!({"response": null, "error": null}), "batch_error"),
            (Format::Messages, json!({"result": {"type": "expired"}}), "batch_expired"),
            (Format::Messages, json!({"result": {"type": "canceled"}}), "batch_canceled"),
            (Format::Messages, json!({"result": {"type": "new"}}), "batch_error"),
        ] {
            let RowReply::Failed(error) = received(format, line.clone()) else { panic!("{line}") };
            assert_eq!(error.fields().code.as_deref(), Some(code), "{line}");
        }
    }

    #[test]
    fn results_of_another_run_are_refused() {
        let job = job(Format::Chat);
        for line in [r#"{"custom_id":"row-1"}"#, r#"{"custom_id":"0123456789abcdef-000000000000000500000006"}"#] {
            assert!(parse(&job, line).unwrap_err().contains("is that of another run"), "{line}");
        }
        assert!(parse(&job, "{").unwrap_err().contains("is not valid"));
    }
}
