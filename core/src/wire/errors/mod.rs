//! Errors as servers send them: every known shape to one [`Error`].
//!
//! `shapes`: where an object says that it is an error, and what it says of it. `patterns`: names and words of providers, one table.
//! `classify`: the kind. `wait`: waits in bodies.
//!
//! Objects that come with a status of success are of three sorts. One that brings some of a reply is an error only if a member such as
//! `error` says so. One that brings nothing of a reply and has an error's members (a failing `code` beside a message, `detail`, `errors`)
//! is that error. Any other (`{"foo": 1}`, the telemetry of a gateway) is passed on, and becomes the error of the stream or the reply only if
//! that ends with nothing, or without a `finish_reason` after the object brought a message.

mod classify;
mod patterns;
mod shapes;
mod wait;

use core::time::Duration;

use crate::prelude::*;
use crate::value::{self, Map, Value, object};

use self::classify::classify;
use self::shapes::Report;
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::text;
use crate::text::dialect::Name;
use crate::wire::sse::Decoder;

/// Longest message that is taken from a body which isn't JSON, in characters.
const LONGEST_TEXT: usize = 300;

/// The error of a response whose status is 300 or above.
pub fn from_response(head: &Head, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    let parsed: Option<Value> = crate::json::parse(text.trim()).ok().or_else(|| event_data(&text));
    let fields = match &parsed {
        Some(Value::Object(fields)) => Some(fields),
        // Gemini's compatible endpoint puts its error in a list.
        Some(Value::Array(items)) => items.iter().find_map(Value::as_object),
        _ => None,
    };
    let found = fields.and_then(|fields| shapes::find(fields).or_else(|| shapes::find_message(fields)));
    let mut error = found.map_or_else(|| plain_error(head, &text), |report| report.into_error(head));
    if (300..400).contains(&head.status) {
        // Following it could hand the key to another origin.
        let to = head.header("location").map(|url| url.split(['?', '#']).next().unwrap_or_default());
        error.fields_mut().message = format!(
            "the server redirects to {}; give that address as {}",
            to.unwrap_or("another address"),
            Name("base_url")
        );
    }
    let parts = error.fields_mut();
    parts.body = parsed.or_else(|| if text.trim().is_empty() { None } else { Some(shorten(&text).into()) });
    error.with_head(head)
}

/// The first object of a body that is an event stream although its status says error (ModelsLab).
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

/// The error inside a JSON object that came with a status of success: a reply, a chunk or an event.
pub fn in_success(fields: &Map<String, Value>, head: &Head) -> Option<Error> {
    Some(with_body(shapes::find(fields)?, fields, head))
}

/// The error of one choice: OpenRouter sends `choices[].error`, in chunks and whole replies, also where `finish_reason` is null.
pub(super) fn in_choices(fields: &Map<String, Value>, head: &Head) -> Option<Error> {
    let choices = value::items(fields.get("choices")).iter().filter_map(Value::as_object);
    let error = |choice: &Map<String, Value>| Some(object([("error", choice.get("error")?.clone())]));
    let report = choices.filter_map(error).find_map(|error| shapes::find(&error))?;
    Some(with_body(report, fields, head))
}

/// The error of an object that is neither a part of a reply nor known to be an error, where nothing better explains why a stream or a
/// reply brought nothing: the message that the object has, or that it is of another shape.
pub(super) fn unexplained(fields: &Map<String, Value>, head: &Head) -> Error {
    match shapes::find_own_message(fields) {
        Some(report) => with_body(report, fields, head),
        None => not_json(head, Value::Object(fields.clone()).to_string().as_bytes()),
    }
}

/// The object within a gateway's wrapper, `{"code": 0, "data": {…}}`, with the wrapper's other members; any other object as it is. `is_part`
/// tells whether an object is a part of a reply.
pub(super) fn unwrapped(
    mut fields: Map<String, Value>,
    is_part: impl Fn(&Map<String, Value>) -> bool,
) -> Map<String, Value> {
    let holds = |name: &&str| fields.get(*name).and_then(Value::as_object).is_some_and(&is_part);
    let Some(name) = shapes::WRAPPERS.split(' ').find(holds).filter(|_| !is_part(&fields)) else { return fields };
    let Some(Value::Object(mut inner)) = fields.shift_remove(name) else { return fields };
    for (name, value) in fields {
        inner.entry(name).or_insert(value);
    }
    inner
}

/// The error of an answer that says it failed, by its `finish_reason` or `stop_reason`, and nothing more.
pub(super) fn failed(name: &str, reason: &str, head: &Head) -> Option<Error> {
    let lower = reason.to_ascii_lowercase();
    // "network_error" (z.ai), "server_error"; "abort" (vLLM, SGLang); DeepSeek interrupts answers where its system lacks resources.
    let is_failure = lower.ends_with("error")
        || matches!(
            lower.as_str(),
            "failed" | "failure" | "abort" | "aborted" | "timeout" | "insufficient_system_resource"
        );
    let message = format!("the provider ended the answer with {name} \"{reason}\" and no explanation");
    is_failure.then(|| Error::new(ErrorKind::Api, message).with_head(head))
}

fn with_body(report: Report, fields: &Map<String, Value>, head: &Head) -> Error {
    let mut error = report.into_error(head);
    error.fields_mut().body = Some(Value::Object(fields.clone()));
    error.with_head(head)
}

/// A reply that is none of its format although its status says success, such as a proxy's page.
pub fn not_json(head: &Head, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    // Gemini's compatible endpoint puts its error in a list.
    let list = if text.trim_start().starts_with('[') { crate::json::parse(text.trim()).ok() } else { None };
    let mut listed = value::items(list.as_ref()).iter().filter_map(Value::as_object);
    if let Some(error) = listed.find_map(|fields| in_success(fields, head)) {
        return error;
    }
    let is_json = crate::json::is_json(text.trim());
    // The headers of a body that was decoded stay as they were sent: only bytes that are no text were not.
    let coding = head.header("content-encoding").filter(|_| text.contains('\u{fffd}'));
    let message = if text.trim().is_empty() {
        "the server sent an empty answer".to_owned()
    } else if let Some(coding) = coding {
        format!(
            "the answer's body can't be decoded as {coding}, its content-encoding: check the proxy before the server"
        )
    } else {
        let what = if is_json { "is JSON of another shape" } else { "is not JSON" };
        format!("the server's answer {what}: {}; check that {} is that of an API", shorten(&text), Name("base_url"))
    };
    let mut error = Error::new(ErrorKind::ResponseValidation, message);
    error.fields_mut().body = Some(shorten(&text).into());
    error.with_head(head)
}

impl Report {
    fn into_error(self, head: &Head) -> Error {
        let kind = classify(&self, head.status);
        let mut error = Error::new(kind, with_hint(&self.message, kind, head.status));
        let parts = error.fields_mut();
        parts.code = self.code;
        parts.error_type = self.kind;
        parts.param = self.param;
        parts.request_id = self.request_id;
        parts.retry_after = self.retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        error
    }
}

fn with_hint(message: &str, kind: ErrorKind, status: u16) -> String {
    let fixed = match kind {
        ErrorKind::Authentication => "check the API key",
        ErrorKind::PaymentRequired | ErrorKind::InsufficientQuota => {
            "add credit or raise the account's limit; waiting doesn't help"
        }
        ErrorKind::PermissionDenied => "this key may not use this model or endpoint",
        ErrorKind::ContextLength => "shorten the messages or lower max_tokens",
        ErrorKind::ContentFilter => "change the prompt",
        ErrorKind::InternalServer | ErrorKind::Overloaded => "try again later",
        ErrorKind::Processing => "this model can't be used for chat: choose another",
        _ => "",
    };
    let hint = match kind {
        ErrorKind::NotFound => format!("check {} and the model's id", Name("base_url")),
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

fn plain_error(head: &Head, body: &str) -> Error {
    let kind = ErrorKind::from_status(head.status);
    let said = shorten(body);
    let message =
        if said.is_empty() { "the server answered with an error and no explanation".to_owned() } else { said };
    Error::new(kind, with_hint(&message, kind, head.status))
}

/// One line of a text; of an HTML page, its title or else its words.
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
    match plain.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or_default()),
        None => plain.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(status: u16, body: &str) -> Error {
        from_response(&Head { status, headers: [("x-request-id".into(), "req_1".into())].into() }, body.as_bytes())
    }

    fn inside(body: Value) -> Option<Error> {
        let Value::Object(fields) = body else { panic!("no object") };
        in_success(&fields, &Head { status: 200, ..Head::default() })
    }

    #[test]
    fn every_shape_gives_its_message() {
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
    fn a_page_is_trimmed_to_a_line() {
        let page = "<!DOCTYPE html>\n<html><head><title>502 Bad\nGateway</title></head><body>x</body></html>";
        assert!(error(502, page).message().starts_with("502 Bad Gateway (status 502"));
        assert!(error(500, "<p>a</p><p>b</p>").message().starts_with("ab"));
        assert!(error(500, "").message().contains("no explanation"));
    }

    #[test]
    fn kinds_are_told_apart() {
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
    fn errors_with_a_status_of_success_are_seen_and_successes_are_not() {
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
    fn a_redirect_names_its_target_without_its_query() {
        let head = Head { status: 302, headers: [("location".into(), "https://b.test/x?key=1".into())].into() };
        let error = from_response(&head, b"");
        assert!(error.message().contains("https://b.test/x;") && !error.message().contains("key=1"), "{error}");
    }
}
