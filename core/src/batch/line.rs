//! Lines of the log: OpenAI's batch output with the usage, the cost, the attempts and the time of each row.
//!
//! Invariant: a line begins with the key of its row and ends with its outcome, so that it is validated and counted without parsing the answer.

use serde::{Deserialize, Serialize};

use super::key::{KEY_LENGTH, RowKey};
use super::row::Row;
use crate::client::Completed;
use crate::cost::{Dollars, Tokens};
use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::value::Value;

/// The beginning of the line of a row.
const HEAD: &[u8] = b"{\"id\":\"batch_req_";
/// The beginning of the line of a provider's batch.
pub(super) const JOB_HEAD: &[u8] = b"{\"id\":\"batch_job_";
const AFTER_KEY: &[u8] = b"\",\"custom_id\":\"";
const TAIL: &[u8] = b",\"usage\":";
/// The longest tail: two counts, a cost, and two numbers.
const MAX_TAIL: usize = 512;

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The row has an answer.
    Answered,
    /// The row has an error.
    Failed,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// The identity of the row.
    pub key: RowKey,
    /// How it ended.
    pub outcome: Outcome,
    /// Input tokens, those of caches included.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// The cost; `None` if it is unknown.
    pub cost: Option<Dollars>,
}

#[derive(Serialize, Deserialize)]
struct Usage {
    input_tokens: u64,
    output_tokens: u64,
}

#[derive(Serialize)]
struct Tail {
    usage: Option<Usage>,
    cost: Option<Dollars>,
    attempts: u32,
    ms: u64,
    outcome: Outcome,
}

/// A tail as it is read: a million of them when a run is continued.
#[derive(Deserialize)]
struct TailText<'a> {
    usage: Option<Usage>,
    cost: Option<&'a str>,
    #[serde(rename = "attempts")]
    _attempts: u32,
    #[serde(rename = "ms")]
    _ms: u64,
    outcome: Outcome,
}

/// Reads a line of a log, without its line break.
///
/// # Errors
///
/// A sentence that says what is wrong with the line.
pub fn parse(line: &[u8]) -> Result<Logged, &'static str> {
    let rest = line.strip_prefix(HEAD).ok_or("it does not begin with the id of a row")?;
    let (key, rest) = rest.split_at_checked(KEY_LENGTH).ok_or("it does not begin with the id of a row")?;
    let key = RowKey::parse(key).filter(|_| rest.starts_with(AFTER_KEY)).ok_or("the id of its row is broken")?;
    let last = rest.get(rest.len().saturating_sub(MAX_TAIL)..).unwrap_or(rest);
    // The last one: a quote in the text of an answer is escaped, so this is no text.
    let at = memchr::memmem::rfind(last, TAIL).ok_or("its end is missing")?;
    let tail = last.get(at + 1..).unwrap_or_default();
    let text = [b"{", tail].concat();
    let tail: TailText<'_> = serde_json::from_slice(&text).map_err(|_| "its end is broken")?;
    let cost = tail.cost.map(|cost| Dollars::parse(cost).ok_or("its cost is broken")).transpose()?;
    let usage = tail.usage.unwrap_or(Usage { input_tokens: 0, output_tokens: 0 });
    Ok(Logged {
        key,
        outcome: tail.outcome,
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cost,
    })
}

/// Whether bytes can be the beginning of a line of a log: a torn one has no more.
pub fn may_begin_line(bytes: &[u8]) -> bool {
    [HEAD, JOB_HEAD].into_iter().any(|head| {
        let length = bytes.len().min(head.len());
        bytes.get(..length) == head.get(..length)
    })
}

/// The message of a line of a log that is broken. `reason`: that of the parser.
pub fn broken_line(reason: &str) -> String {
    format!("this line of the log is broken ({reason}); remove it, and repeat the run: its row is sent once more")
}

/// Writes the line of an answer. `milliseconds`: from the first attempt to the end of the answer.
pub fn write_answer(log: &mut Vec<u8>, row: &Row, mut completed: Completed, milliseconds: u64) -> Logged {
    let (mut cost, mut attempts) = (None, None);
    if let Value::Object(fields) = &mut completed.value {
        cost = fields.shift_remove("cost").and_then(|cost| Dollars::of_value(cost.get("total")?));
        attempts = fields.shift_remove("attempts");
    }
    let tokens = completed.value.get("usage").and_then(Tokens::of);
    write_head(log, row);
    log.extend_from_slice(
        format!(",\"response\":{{\"status_code\":{},\"request_id\":", completed.head.status).as_bytes(),
    );
    write_json(log, &completed.head.request_id());
    log.extend_from_slice(b",\"body\":");
    write_json(log, &completed.value);
    log.extend_from_slice(b"},\"error\":null");
    if let Some(attempts) = attempts {
        log.extend_from_slice(b",\"tried\":");
        write_json(log, &attempts);
    }
    let usage = tokens.map(|tokens| Usage {
        input_tokens: tokens.input.saturating_add(tokens.cache_read).saturating_add(tokens.cache_write),
        output_tokens: tokens.output,
    });
    let attempts = completed.retries_taken.saturating_add(1);
    write_tail(log, row, Tail { usage, cost, attempts, ms: milliseconds, outcome: Outcome::Answered })
}

/// Writes the line of an error.
pub fn write_failure(log: &mut Vec<u8>, row: &Row, error: &Error, milliseconds: u64) -> Logged {
    let fields = error.fields();
    write_head(log, row);
    log.extend_from_slice(b",\"response\":");
    match fields.status {
        Some(status) => {
            let body = fields.body.clone().unwrap_or_else(|| {
                json!({"error": {
                    "message": fields.message, "type": fields.error_type, "param": fields.param, "code": fields.code,
                }})
            });
            write_json(log, &json!({"status_code": status, "request_id": fields.request_id, "body": body}));
        }
        None => log.extend_from_slice(b"null"),
    }
    log.extend_from_slice(b",\"error\":");
    let code = fields.code.as_deref().unwrap_or(fields.kind.name());
    let mut described = json!({
        "code": code, "message": fields.message, "type": fields.kind.name(), "param": fields.param,
    });
    if let (Some(partial), Value::Object(described)) = (&fields.partial, &mut described) {
        described.insert("partial".to_owned(), partial.clone());
    }
    write_json(log, &described);
    if fields.attempts.len() > 1 {
        log.extend_from_slice(b",\"tried\":");
        write_json(log, &fields.attempts);
    }
    let attempts = fields.retries_taken.saturating_add(1);
    write_tail(log, row, Tail { usage: None, cost: None, attempts, ms: milliseconds, outcome: Outcome::Failed })
}

fn write_head(log: &mut Vec<u8>, row: &Row) {
    log.extend_from_slice(HEAD);
    log.extend_from_slice(row.key.to_string().as_bytes());
    log.extend_from_slice(b"\",\"custom_id\":");
    write_json(log, &row.custom_id);
}

fn write_tail(log: &mut Vec<u8>, row: &Row, tail: Tail) -> Logged {
    let mut text = Vec::with_capacity(160);
    write_json(&mut text, &tail);
    log.push(b',');
    log.extend_from_slice(text.get(1..).unwrap_or_default());
    log.push(b'\n');
    let usage = tail.usage.unwrap_or(Usage { input_tokens: 0, output_tokens: 0 });
    Logged {
        key: row.key,
        outcome: tail.outcome,
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cost: tail.cost,
    }
}

fn write_json(log: &mut Vec<u8>, value: &impl Serialize) {
    // Writing a value to memory can't fail: its keys are texts.
    if serde_json::to_writer(&mut *log, value).is_err() {
        log.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::RowReader;
    use super::*;
    use crate::error::ErrorKind;
    use crate::transport::Head;
    use proptest::prelude::*;

    fn row(id: &str) -> Row {
        let line = json!({"custom_id": id, "body": {"messages": []}}).to_string();
        let reader = RowReader::default();
        reader.read(reader.check(&line, 1).unwrap(), &line).unwrap()
    }

    fn answer(text: &str) -> Completed {
        let head = Head { status: 200, headers: [("x-request-id".to_owned(), "r\"1".to_owned())].into() };
        let value = json!({
            "choices": [{"message": {"content": text}}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 4},
            "cost": {"total": "0.25", "source": "prices"},
        });
        Completed { value, head, retries_taken: 1 }
    }

    proptest! {
        #[test]
        fn lines_are_read_as_they_were_written(id in ".*", text in ".*") {
            let mut log = Vec::new();
            let written = write_answer(&mut log, &row(&id), answer(&text), 12);
            prop_assert_eq!(log.split(|byte| *byte == b'\n').count(), 2);
            let line = &log[..log.len() - 1];
            prop_assert_eq!(parse(line), Ok(written));
            let value: Value = serde_json::from_slice(line).unwrap();
            prop_assert_eq!(value["custom_id"].as_str(), Some(id.as_str()));
            prop_assert_eq!(value["response"]["body"]["choices"][0]["message"]["content"].as_str(), Some(text.as_str()));
        }

        #[test]
        fn no_torn_line_is_accepted(text in ".{0,40}", cut in any::<prop::sample::Index>()) {
            let mut log = Vec::new();
            write_answer(&mut log, &row("a"), answer(&text), 12);
            prop_assert!(parse(&log[..cut.index(log.len() - 1)]).is_err());
        }
    }

    #[test]
    fn a_text_like_the_end_of_a_line_is_a_text() {
        let mut log = Vec::new();
        let end = r#","usage":null,"cost":null,"attempts":1,"ms":1,"outcome":"failed"}"#;
        let written = write_answer(&mut log, &row(end), answer(end), 12);
        assert_eq!(parse(&log[..log.len() - 1]), Ok(written));
        for end in 0..log.len() - 1 {
            assert!(parse(&log[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn costs_are_exact_and_errors_have_openais_shape() {
        let mut log = Vec::new();
        let answered = write_answer(&mut log, &row("a"), answer("x"), 12);
        assert_eq!(answered.cost, Dollars::parse("0.25"));
        let value: Value = serde_json::from_slice(&log).unwrap();
        assert_eq!(value["usage"], json!({"input_tokens": 3, "output_tokens": 4}));
        assert_eq!(
            (&value["attempts"], &value["ms"], &value["response"]["request_id"]),
            (&json!(2), &json!(12), &json!("r\"1"))
        );
        assert!(value["response"]["body"].get("cost").is_none());

        log.clear();
        let mut error = Error::new(ErrorKind::BadRequest, "no \"tools\"");
        error.fields_mut().status = Some(400);
        error.fields_mut().code = Some("bad".to_owned());
        let failed = write_failure(&mut log, &row("a"), &error, 5);
        assert_eq!(parse(&log[..log.len() - 1]), Ok(failed.clone()));
        assert_eq!(failed.outcome, Outcome::Failed);
        let value: Value = serde_json::from_slice(&log).unwrap();
        assert_eq!(value["response"]["status_code"], 400);
        assert_eq!(value["response"]["body"]["error"]["message"], "no \"tools\"");
        assert_eq!(
            value["error"],
            json!({"code": "bad", "message": "no \"tools\"", "type": "BadRequestError", "param": null})
        );
    }
}
