//! Detection of errors in JSON objects of all known shapes, as a [`Report`].
//!
//! Invariant: an object with parts of a reply is an error only if it has a member that replies never have: `error`, `base_resp`, or a
//! `status`, `type` or `object` that names an error.

use crate::prelude::*;
use crate::text;
use crate::value::{Map, Value};

use super::{retry_after, shorten};

/// The contents of a provider's error.
#[derive(Default)]
pub(super) struct Report {
    pub(super) message: String,
    pub(super) code: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) param: Option<String>,
    pub(super) request_id: Option<String>,
    /// In seconds.
    pub(super) retry_after: Option<f64>,
    pub(super) processing: bool,
    /// Whether the code is one of MiniMax's numbers, which differ from those of other providers.
    pub(super) is_minimax: bool,
    /// Whether the error names a used-up daily quota (Google's `QuotaFailure`), and whether it names one per minute.
    pub(super) is_daily: bool,
    pub(super) is_minutely: bool,
}

/// Names of messages that other objects have too.
const MESSAGES: &str = "message messege msg";
/// Names of messages that only errors have: Baidu, WeChat and others, Apigee, FastAPI.
const ERROR_MESSAGES: &str = "error_message error_msg errorMessage err_msg errmsg status_msg faultstring detail";
/// Names of texts that are used if there is no other message.
const VAGUE_MESSAGES: &str = "title reason text";
const CODES: &str = "code error_code errorCode errcode status_code statusCode http_code err_code ret_code";
const KINDS: &str = "type error_type err_type __type status";
const UNEXPLAINED: &str = "the provider reported an error";
/// Names of wrappers around the actual object, used by gateways and cloud APIs.
pub(super) const WRAPPERS: &str = "data result response";

/// Returns the error in an object that may also be a success.
pub(super) fn find(fields: &Map<String, Value>) -> Option<Report> {
    let report =
        error_member(fields).or_else(|| minimax_error(fields)).or_else(|| marked_error(fields)).or_else(|| {
            if has_reply(fields) {
                return None;
            }
            unmarked_error(fields).or_else(|| {
                let inner = WRAPPERS.split(' ').filter_map(|name| member(fields, name)?.as_object());
                inner.filter(|inner| !has_reply(inner)).find_map(error_member)
            })
        })?;
    Some(with_outer_fields(report, fields))
}

/// Returns the message of an object that is neither part of a reply nor a known error.
pub(super) fn find_unmarked_message(fields: &Map<String, Value>) -> Option<Report> {
    let message = first_message(fields, MESSAGES).filter(|message| !has_reply(fields) && is_failure(message))?;
    Some(with_outer_fields(with_details(fields, message), fields))
}

/// Returns the error in an object that is known to be one.
pub(super) fn find_message(fields: &Map<String, Value>) -> Option<Report> {
    let inner = || fields.values().find_map(|value| find_message(value.as_object()?).map(|report| report.message));
    let report = with_details(fields, any_message(fields).or_else(inner)?);
    Some(with_outer_fields(report, fields))
}

/// Returns whether an object contains parts of a reply in any format. A `code` or `message` in it then doesn't indicate an error.
pub(super) fn has_reply(fields: &Map<String, Value>) -> bool {
    let has_content = |value: &Value| match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => false,
    };
    let has_entries = |value: &Value| match value {
        Value::Object(inner) => inner.contains_key("id") || has_reply(inner),
        value => value.is_array() && has_content(value),
    };
    "choices content content_block delta".split(' ').any(|name| fields.get(name).is_some_and(has_content))
        || "data models result".split(' ').any(|name| fields.get(name).is_some_and(has_entries))
        || fields.get("message").is_some_and(|message| message.get("role").is_some())
        || fields.get("input_tokens").is_some_and(|count| !count.is_null())
}

/// Returns the value of the first of these members that isn't null. Names are compared without case.
fn member<'f>(fields: &'f Map<String, Value>, names: &str) -> Option<&'f Value> {
    let find = |name: &str| fields.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
    names.split(' ').find_map(find).map(|(_, value)| value)
}

fn first_message(fields: &Map<String, Value>, names: &str) -> Option<String> {
    names.split(' ').find_map(|name| message_of(member(fields, name)?))
}

fn any_message(fields: &Map<String, Value>) -> Option<String> {
    [MESSAGES, ERROR_MESSAGES, VAGUE_MESSAGES].iter().find_map(|names| first_message(fields, names))
}

fn first_scalar(fields: &Map<String, Value>, names: &str) -> Option<String> {
    names.split(' ').find_map(|name| scalar(member(fields, name)?))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.as_str().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns the error code, including a numeric `status` (RFC 9457); `None` for codes of success.
fn code_of(fields: &Map<String, Value>) -> Option<String> {
    let status = || member(fields, "status").filter(|status| status.is_number()).and_then(scalar);
    first_scalar(fields, CODES).or_else(status).filter(|code| is_failure(code))
}

/// Returns the type of the error, unless it is a generic word.
fn kind_of(fields: &Map<String, Value>) -> Option<String> {
    let kind = KINDS.split(' ').find_map(|name| member(fields, name)?.as_str());
    kind.filter(|kind| !matches!(*kind, "" | "error" | "failed" | "processing")).map(str::to_owned)
}

/// Creates a report from a message and the other members of the error object.
fn with_details(fields: &Map<String, Value>, message: String) -> Report {
    let details = member(fields, "details");
    let details = details.map(|details| details.to_string().to_ascii_lowercase()).unwrap_or_default();
    Report {
        retry_after: retry_after::in_object(fields),
        is_daily: text::contains(&details, "perday"),
        is_minutely: text::contains(&details, "perminute"),
        code: code_of(fields),
        kind: kind_of(fields),
        param: member(fields, "param").and_then(scalar),
        message,
        ..Report::default()
    }
}

/// Adds the members of the object around the error.
fn with_outer_fields(mut report: Report, fields: &Map<String, Value>) -> Report {
    report.code = report.code.or_else(|| code_of(fields));
    report.request_id = first_scalar(fields, "request_id requestId");
    let wait = retry_after::in_object(fields).or(report.retry_after);
    report.retry_after = wait.or_else(|| retry_after::in_text(&report.message.to_ascii_lowercase()));
    report
}

/// Reads `error` as an object, a string, `true` or a list, and Groq's `x_groq.error`.
fn error_member(fields: &Map<String, Value>) -> Option<Report> {
    let own_message = || first_message(fields, "message messege");
    let plain = |message: String| Some(Report { message, ..Report::default() });
    let error = member(fields, "error").or_else(|| fields.get("x_groq")?.get("error"));
    match error? {
        Value::Object(error) if !error.is_empty() => {
            let message = object_message(error).or_else(own_message);
            Some(with_details(error, message.unwrap_or_else(|| shorten(&Value::Object(error.clone()).to_string()))))
        }
        Value::String(error) if !error.is_empty() => plain(error.as_str().to_owned()),
        Value::Bool(true) => plain(own_message().unwrap_or_else(|| UNEXPLAINED.to_owned())),
        Value::Array(errors) if !errors.is_empty() => plain(message_of(errors.first()?)?),
        _ => None,
    }
}

/// Reads MiniMax's `base_resp` with a non-zero `status_code`. `choices` may be present, null or empty.
fn minimax_error(fields: &Map<String, Value>) -> Option<Report> {
    let base = fields.get("base_resp")?.as_object()?;
    let code = first_scalar(base, "status_code").filter(|code| is_failure(code))?;
    let message = first_message(base, "status_msg").unwrap_or_else(|| UNEXPLAINED.to_owned());
    Some(Report { message, code: Some(code), is_minimax: true, ..Report::default() })
}

/// Reads an object marked as an error: by `status` (ModelsLab), `type` (Anthropic), `object` (vLLM, SGLang) or `success: false` (z.ai,
/// Cloudflare).
fn marked_error(fields: &Map<String, Value>) -> Option<Report> {
    let has_content = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_error = match has_content("status") {
        "processing" if !fields.contains_key("choices") && !fields.contains_key("content") => {
            let message = any_message(fields).unwrap_or_else(|| "the provider has queued the request".to_owned());
            return Some(Report { processing: true, ..with_details(fields, message) });
        }
        "error" | "failed" => true,
        _ => {
            has_content("type") == "error"
                || has_content("object") == "error"
                || (fields.get("success") == Some(&Value::Bool(false)) && !has_reply(fields))
        }
    };
    is_error.then(|| {
        let own = any_message(fields).map(|message| with_details(fields, message));
        own.or_else(|| errors_member(fields)).unwrap_or_else(|| with_details(fields, UNEXPLAINED.to_owned()))
    })
}

/// Reads a list of `errors` (Cloudflare).
fn errors_member(fields: &Map<String, Value>) -> Option<Report> {
    let errors = fields.get("errors")?;
    let message = message_of(errors)?;
    let first = errors.as_array().and_then(|errors| errors.first()).unwrap_or(errors).as_object();
    Some(match first {
        Some(first) => with_details(first, message),
        None => Report { message, ..Report::default() },
    })
}

/// Reads an unmarked error from an object without parts of a reply: `detail` (FastAPI), a message with a name that only errors have, or
/// any message with a failing code or a `type` that ends in "error" (vLLM). FastChat sends `text` and `error_code`.
fn unmarked_error(fields: &Map<String, Value>) -> Option<Report> {
    let is_success = first_scalar(fields, CODES).is_some_and(|code| !is_failure(&code));
    if is_success || fields.get("success") == Some(&Value::Bool(true)) {
        return None;
    }
    if let Some(report) = errors_member(fields) {
        return Some(report);
    }
    let message = any_message(fields).filter(|message| is_failure(message))?;
    let report = with_details(fields, message);
    let is_error = |kind: &String| ["error", "exception"].iter().any(|end| kind.to_ascii_lowercase().ends_with(end));
    let is_certain = report.code.is_some() || report.kind.as_ref().is_some_and(is_error);
    (is_certain || first_message(fields, ERROR_MESSAGES).is_some()).then_some(report)
}

/// Returns whether a code doesn't stand for success.
fn is_failure(code: &str) -> bool {
    let success = "0 200 20000 ok success succeeded";
    !success.split(' ').any(|name| code.eq_ignore_ascii_case(name))
}

fn object_message(error: &Map<String, Value>) -> Option<String> {
    let message = first_message(error, "message messege detail msg");
    let message = message.or_else(|| first_message(error, ERROR_MESSAGES));
    // OpenRouter sends "Provider returned error" and the cause as a string, which may contain JSON.
    let raw = error.get("metadata").and_then(|metadata| metadata.get("raw")).and_then(|raw| match raw {
        Value::String(text) => {
            let inner = crate::json::parse(text).ok().and_then(|value| message_of(&value));
            inner.or_else(|| Some(shorten(text)).filter(|text| !text.is_empty()))
        }
        other => message_of(other),
    });
    match (message, raw) {
        (Some(message), Some(raw)) if !text::contains(&message, &raw) => Some(format!("{message}: {raw}")),
        (message, raw) => message.or(raw),
    }
}

/// Returns the text of a message, which may be an object or a list.
fn message_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Object(fields) => {
            if let Some(error @ (Value::Object(_) | Value::String(_))) = fields.get("error") {
                return message_of(error);
            }
            let quoted = || Some(shorten(&value.to_string())).filter(|_| !fields.is_empty());
            object_message(fields).or_else(quoted)
        }
        Value::Array(items) => {
            let texts: Vec<_> = items.iter().filter_map(message_of).collect();
            if texts.is_empty() { None } else { Some(texts.join("; ")) }
        }
        _ => None,
    }
}
