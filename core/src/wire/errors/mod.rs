//! Provider errors: all known shapes, converted to an [`Error`].
//!
//! - `report`: finds an error in an object.
//! - `patterns`: the table of provider-specific names and phrases.
//! - `classify`: determines the kind.
//! - `retry_after`: reads wait times from bodies.
//!
//! Objects with a status of success are treated in three ways. An object with parts of a reply is an error only if it has a member such
//! as `error`. An object without them is an error if it has members of errors (a failing `code` with a message, `detail`, `errors`).
//! Other objects (`{"foo": 1}`, gateway telemetry) are passed on. They become the error of a stream or reply that has no other content,
//! or that lacks a `finish_reason` after the object had a message.

mod classify;
mod patterns;
mod report;
mod retry_after;

use core::time::Duration;

use crate::prelude::*;
use crate::value::{self, Map, Value, object};

use self::classify::classify;
use self::report::Report;
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::text;
use crate::text::dialect::Name;
use crate::wire::sse::Decoder;

/// Maximum length of a message taken from a body that isn't JSON, in characters.
const MAX_TEXT_LENGTH: usize = 300;

/// Returns the error of a response with a status of 300 or above. `url` is the request's, which the error of a wrong path names.
pub fn from_response(head: &Head, body: &[u8], url: &str) -> Error {
    let text = String::from_utf8_lossy(body);
    let parsed: Option<Value> = crate::json::parse(text.trim()).ok().or_else(|| event_data(&text));
    let fields = match &parsed {
        Some(Value::Object(fields)) => Some(fields),
        // Gemini's compatible endpoint wraps the error in a list.
        Some(Value::Array(items)) => items.iter().find_map(Value::as_object),
        _ => None,
    };
    let found = fields.and_then(|fields| report::find(fields).or_else(|| report::find_message(fields)));
    let mut error = found.map_or_else(|| plain_error(head, &text, url), |report| report.into_error(head, Some(url)));
    if (300..400).contains(&head.status) {
        // A redirect is not followed, because that could send the key to another origin.
        let to = head.header("location").map(|url| url.split(['?', '#']).next().unwrap_or_default());
        error.fields_mut().message = format!(
            "the server redirects to {}; use that address as {}",
            to.unwrap_or("another address"),
            Name("base_url")
        );
    }
    let fields = error.fields_mut();
    fields.body = parsed.or_else(|| if text.trim().is_empty() { None } else { Some(shorten(&text).into()) });
    error.with_head(head)
}

/// Returns the first object of an event stream that was sent with an error status (ModelsLab).
fn event_data(body: &str) -> Option<Value> {
    let mut decoder = Decoder::new(body.len());
    decoder.push(body.as_bytes());
    let object = |data: &str| crate::json::parse(data.trim()).ok().filter(Value::is_object);
    while let Ok(Some(frame)) = decoder.next_frame() {
        if let Some(found) = object(&frame.data) {
            return Some(found);
        }
    }
    object(&decoder.finish()?.data)
}

/// Returns the error in a reply, chunk or event that was sent with a status of success.
pub fn find_in_success(fields: &Map<String, Value>, head: &Head) -> Option<Error> {
    Some(with_body(report::find(fields)?, fields, head))
}

/// Returns the error of a choice. OpenRouter sends `choices[].error` in chunks and replies, also with a null `finish_reason`.
pub(super) fn find_in_choices(fields: &Map<String, Value>, head: &Head) -> Option<Error> {
    let choices = value::items(fields.get("choices")).iter().filter_map(Value::as_object);
    let error = |choice: &Map<String, Value>| Some(object([("error", choice.get("error")?.clone())]));
    let report = choices.filter_map(error).find_map(|error| report::find(&error))?;
    Some(with_body(report, fields, head))
}

/// Returns the error for an object that is neither part of a reply nor a known error, if a stream or reply had no other content: its
/// message, or a complaint about its shape.
pub(super) fn from_unknown_object(fields: &Map<String, Value>, head: &Head) -> Error {
    match report::find_unmarked_message(fields) {
        Some(report) => with_body(report, fields, head),
        None => invalid_body(head, Value::Object(fields.clone()).to_string().as_bytes()),
    }
}

/// Removes a gateway's wrapper, as in `{"code": 0, "data": {…}}`, and merges the other members of the wrapper. `is_part` decides whether
/// an object is part of a reply. Other objects are returned unchanged.
pub(super) fn remove_wrapper(
    mut fields: Map<String, Value>,
    is_part: impl Fn(&Map<String, Value>) -> bool,
) -> Map<String, Value> {
    let contains_part = |name: &&str| fields.get(*name).and_then(Value::as_object).is_some_and(&is_part);
    let Some(name) = report::WRAPPERS.split(' ').find(contains_part).filter(|_| !is_part(&fields)) else {
        return fields;
    };
    let Some(Value::Object(mut inner)) = fields.shift_remove(name) else { return fields };
    for (name, value) in fields {
        inner.entry(name).or_insert(value);
    }
    inner
}

/// Returns the error of an answer whose `finish_reason` or `stop_reason` states a failure.
pub(super) fn from_finish_reason(name: &str, reason: &str, head: &Head) -> Option<Error> {
    let lower = reason.to_ascii_lowercase();
    // "network_error" (z.ai), "server_error"; "abort" (vLLM, SGLang); DeepSeek stops answers if resources are short.
    let is_failure = lower.ends_with("error")
        || matches!(
            lower.as_str(),
            "failed" | "failure" | "abort" | "aborted" | "timeout" | "insufficient_system_resource"
        );
    let message = format!("the provider ended the answer with {name} \"{reason}\" and no explanation");
    is_failure.then(|| Error::new(ErrorKind::Api, message).with_head(head))
}

fn with_body(report: Report, fields: &Map<String, Value>, head: &Head) -> Error {
    let mut error = report.into_error(head, None);
    error.fields_mut().body = Some(Value::Object(fields.clone()));
    error.with_head(head)
}

/// Returns the first error in a list. Gemini's compatible endpoint wraps its errors in one.
fn find_in_list(text: &str, head: &Head) -> Option<Error> {
    let list = if text.trim_start().starts_with('[') { crate::json::parse(text.trim()).ok() } else { None };
    let mut fields = value::items(list.as_ref()).iter().filter_map(Value::as_object);
    fields.find_map(|fields| find_in_success(fields, head))
}

/// Returns the error of a reply that isn't in the endpoint's format despite a status of success, such as an HTML page.
pub fn invalid_body(head: &Head, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    if let Some(error) = find_in_list(&text, head) {
        return error;
    }
    let is_json = crate::json::is_json(text.trim());
    // `content-encoding` is also present on bodies that were decoded. Only invalid UTF-8 indicates a failure to decode.
    let coding = head.header("content-encoding").filter(|_| text.contains('\u{fffd}'));
    let message = if text.trim().is_empty() {
        "the server sent an empty response".to_owned()
    } else if let Some(coding) = coding {
        format!(
            "the response body can't be decoded as {coding}, its content-encoding; check the proxy in front of the server"
        )
    } else {
        let problem = if is_json { "is JSON of an unexpected shape" } else { "is not JSON" };
        format!(
            "the server's response {problem}: {}; check that {} is the URL of an API",
            shorten(&text),
            Name("base_url")
        )
    };
    let mut error = Error::new(ErrorKind::ResponseValidation, message);
    error.fields_mut().body = Some(shorten(&text).into());
    error.with_head(head)
}

/// Returns the error of unreadable text after the start of an answer, whose server is therefore the right one.
pub(super) fn damaged_stream(head: &Head, text: &str) -> Error {
    if let Some(error) = find_in_list(text, head) {
        return error;
    }
    let message =
        format!("the stream has data that is not JSON: {}; `partial` has the answer until there", shorten(text));
    let mut error = Error::new(ErrorKind::ResponseValidation, message);
    error.fields_mut().body = Some(shorten(text).into());
    error.with_head(head)
}

impl Report {
    fn into_error(self, head: &Head, url: Option<&str>) -> Error {
        let kind = classify(&self, head.status);
        let mut error = Error::new(kind, with_hint(&self.message, kind, head.status, url));
        let fields = error.fields_mut();
        fields.code = self.code;
        fields.error_type = self.kind;
        fields.param = self.param;
        fields.request_id = self.request_id;
        fields.retry_after = self.retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        error
    }
}

fn with_hint(message: &str, kind: ErrorKind, status: u16, url: Option<&str>) -> String {
    let fixed = match kind {
        ErrorKind::Authentication => "check the API key",
        ErrorKind::PaymentRequired | ErrorKind::InsufficientQuota => {
            "add credit or raise the account's limit; waiting doesn't help"
        }
        ErrorKind::PermissionDenied => "this key may not use this model or endpoint",
        ErrorKind::ContextLength => "shorten the messages or lower max_tokens",
        ErrorKind::ContentFilter => "change the prompt",
        ErrorKind::InternalServer | ErrorKind::Overloaded => "try again later",
        ErrorKind::Processing => "this model doesn't support chat; choose another",
        _ => "",
    };
    let hint = match kind {
        ErrorKind::NotFound => not_found_hint(message, url),
        ErrorKind::RateLimit => format!("slow down, or raise {}", Name("max_retries")),
        _ => fixed.to_owned(),
    };
    let message = message.trim();
    match (status, hint.as_str()) {
        (200..=299, "") => message.to_owned(),
        (200..=299, hint) => format!("{message} ({hint})"),
        (status, "") => format!("{message} (status {status})"),
        (status, hint) => format!("{message} (status {status}; {hint})"),
    }
}

/// Advice for a status of 404: the path is wrong, or the model. Most servers answer below `/v1`, and their users forget it.
fn not_found_hint(message: &str, url: Option<&str>) -> String {
    if text::contains(&message.to_ascii_lowercase(), "model") {
        return "check the model's id".to_owned();
    }
    let check = format!("check {} and the model's id", Name("base_url"));
    let Some(url) = url.and_then(|url| url.split('?').next()) else { return check };
    match url.strip_suffix("/chat/completions").filter(|base| !has_version(base)) {
        Some(base) => format!("nothing is at {url}; most servers need {} \"{base}/v1\"", Name("base_url")),
        None => format!("nothing is at {url}; {check}"),
    }
}

/// Whether a segment of a URL is a version such as `v1`.
fn has_version(url: &str) -> bool {
    url.split('/').any(|segment| {
        segment.strip_prefix('v').and_then(|rest| rest.chars().next()).is_some_and(|first| first.is_ascii_digit())
    })
}

fn plain_error(head: &Head, body: &str, url: &str) -> Error {
    let kind = ErrorKind::from_status(head.status);
    let text = shorten(body);
    let message =
        if text.is_empty() { "the server responded with an error and no explanation".to_owned() } else { text };
    Error::new(kind, with_hint(&message, kind, head.status, Some(url)))
}

/// Shortens a text to one line. An HTML page is reduced to its title, or else to its text.
fn shorten(text: &str) -> String {
    let text = text.trim();
    let mut plain = String::new();
    let lower = text.to_ascii_lowercase();
    let is_page = lower.starts_with('<');
    let title = text::find(&lower, "<title>").and_then(|start| {
        let start = start + "<title>".len();
        text.get(start..start + text::find(lower.get(start..)?, "</title>")?)
    });
    let mut in_tag = false;
    for c in title.unwrap_or(text).chars() {
        match c {
            '<' if is_page => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            c if c.is_whitespace() || c.is_control() => {
                if !plain.ends_with(' ') && !plain.is_empty() {
                    plain.push(' ');
                }
            }
            c => plain.push(c),
        }
    }
    match plain.char_indices().nth(MAX_TEXT_LENGTH) {
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or_default()),
        None => plain.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(status: u16, body: &str) -> Error {
        from_response(
            &Head { status, headers: [("x-request-id".into(), "req_1".into())].into() },
            body.as_bytes(),
            "http://localhost:1234/chat/completions?key=1",
        )
    }

    fn inside(body: Value) -> Option<Error> {
        let Value::Object(fields) = body else { panic!("no object") };
        find_in_success(&fields, &Head { status: 200, ..Head::default() })
    }

    #[test]
    fn message_is_found_in_every_shape() {
        for (body, message) in [
            (json!({"error": {"message": "bad", "type": "t", "code": 7}}), "bad"),
            (json!({"error": {"message": {"text": "x", "message": "deep"}}}), "deep"),
            (json!({"error": "plain"}), "plain"),
            (json!({"status": "error", "messege": "odd"}), "odd"),
            (json!({"status": "error", "message": {"key": ["needed"]}}), "needed"),
            (json!({"type": "error", "error": {"type": "api_error", "message": "anthropic"}}), "anthropic"),
            (
                json!({"error": {"message": "Provider returned error", "metadata": {"raw": "{\"error\":{\"message\":\"cause\"}}"}}}),
                "cause",
            ),
            (json!({"detail": [{"msg": "field required"}]}), "field required"),
        ] {
            let error = error(400, &body.to_string());
            assert!(error.message().contains(message) && error.message().contains("status 400"), "{error}");
            assert_eq!(error.fields().request_id.as_deref(), Some("req_1"));
        }
    }

    #[test]
    fn html_page_is_reduced_to_a_line() {
        let page = "<!DOCTYPE html>\n<html><head><title>502 Bad\nGateway</title></head><body>x</body></html>";
        assert!(error(502, page).message().starts_with("502 Bad Gateway (status 502"));
        assert!(error(500, "<p>a</p><p>b</p>").message().starts_with("ab"));
        assert!(error(500, "").message().contains("no explanation"));
    }

    #[test]
    fn kinds_are_distinguished() {
        let kind =
            |status, code: &str| error(status, &json!({"error": {"message": "m", "code": code}}).to_string()).kind();
        assert_eq!(kind(429, "insufficient_quota"), ErrorKind::InsufficientQuota);
        assert_eq!(kind(429, "x"), ErrorKind::RateLimit);
        assert_eq!(kind(400, "context_length_exceeded"), ErrorKind::ContextLength);
        assert_eq!(kind(400, "content_filter"), ErrorKind::ContentFilter);
        assert_eq!(kind(529, "x"), ErrorKind::Overloaded);
        assert_eq!(kind(418, "x"), ErrorKind::Status);
    }

    #[test]
    fn detects_errors_with_a_status_of_success() {
        let kind = |body| inside(body).map(|error| error.kind());
        assert_eq!(kind(json!({"status": "error", "message": "Invalid API Key"})), Some(ErrorKind::Authentication));
        assert_eq!(kind(json!({"error": {"message": "m", "code": 503}})), Some(ErrorKind::InternalServer));
        assert_eq!(kind(json!({"error": {"message": "m", "type": "overloaded_error"}})), Some(ErrorKind::Overloaded));
        assert_eq!(kind(json!({"status": "processing", "eta": 3})), Some(ErrorKind::Processing));
        for body in [
            json!({"choices": [], "error": null}),
            json!({"error": {}}),
            json!({"status": "success"}),
            json!({"error": ""}),
        ] {
            assert_eq!(kind(body), None);
        }
    }

    #[test]
    fn error_of_a_wrong_path_names_the_url_and_suggests_the_version() {
        let head = Head { status: 404, ..Head::default() };
        for (url, body, hint) in [
            ("http://h/chat/completions?key=1", "404 page not found", "http://h/chat/completions; most servers need"),
            ("http://h/chat/completions", "{\"detail\": \"Not Found\"}", "base_url \"http://h/v1\""),
            ("http://h/api/v7/llm/chat/completions", "", "http://h/api/v7/llm/chat/completions; check base_url"),
            ("http://h/vllm/chat/completions", "", "base_url \"http://h/vllm/v1\""),
            ("http://h/v1/messages", "<title>404</title>", "http://h/v1/messages; check base_url"),
            ("http://h/chat/completions", "{\"error\": \"model 'x' not found\"}", "check the model's id"),
        ] {
            let error = from_response(&head, body.as_bytes(), url);
            assert!(error.message().contains(hint) && !error.message().contains("key=1"), "{error}");
        }
    }

    #[test]
    fn redirect_error_omits_the_query() {
        let head = Head { status: 302, headers: [("location".into(), "https://b.test/x?key=1".into())].into() };
        let error = from_response(&head, b"", "https://a.test/x");
        assert!(error.message().contains("https://b.test/x;") && !error.message().contains("key=1"), "{error}");
    }
}
