//! Errors as servers send them: every known shape to one [`Error`].
//!
//! Law: reads, never guesses success. The shapes are those of OpenAI (`{"error": {…}}`), Anthropic (`{"type": "error", …}`),
//! ModelsLab (`{"status": "error", "message" | "messege": …}`, also with status 200 and inside streams), OpenRouter (the cause
//! in `error.metadata.raw`), plain text, and pages of proxies.

use core::time::Duration;

use crate::prelude::*;
use crate::value::{self, Map, Value};

use crate::dialect::Name;
use crate::error::{Error, ErrorKind};
use crate::sse::Decoder;
use crate::text;
use crate::transport::Head;

/// Longest message that is taken from a body which isn't JSON, in characters.
const LONGEST_TEXT: usize = 300;

/// The error of a response whose status is 300 or above.
pub fn from_response(head: &Head, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    let parsed: Option<Value> = value::parse(text.trim()).ok().or_else(|| event_data(&text));
    let fields = match &parsed {
        Some(Value::Object(fields)) => Some(fields),
        // Gemini's compatible endpoint puts its error in a list.
        Some(Value::Array(items)) => items.iter().find_map(Value::as_object),
        _ => None,
    };
    let found = fields.and_then(|fields| find(fields).or_else(|| loose(fields)));
    let mut error = found.map_or_else(|| plain_error(head, &text), |provider| provider.into_error(head.status));
    if (300..400).contains(&head.status) {
        // Following it could hand the key to another origin.
        let to = head.header("location").map(|url| url.split(['?', '#']).next().unwrap_or_default());
        error.parts_mut().message = format!(
            "the server redirects to {}; give that address as {}",
            to.unwrap_or("another address"),
            Name("base_url")
        );
    }
    let parts = error.parts_mut();
    parts.body = parsed.or_else(|| if text.trim().is_empty() { None } else { Some(shorten(&text).into()) });
    error.with_head(head)
}

/// The first object of a body that is an event stream although its status says error (ModelsLab).
fn event_data(body: &str) -> Option<Value> {
    let mut decoder = Decoder::new(body.len());
    decoder.push(body.as_bytes());
    let object = |data: &str| value::parse(data.trim()).ok().filter(Value::is_object);
    while let Ok(Some(frame)) = decoder.next_frame() {
        if let Some(found) = object(&frame.data) {
            return Some(found);
        }
    }
    object(&decoder.finish()?.data)
}

/// The error inside a JSON object that came with a status of success: a reply, a chunk or an event.
pub fn in_success(fields: &Map<String, Value>, head: &Head) -> Option<Error> {
    let mut error = find(fields)?.into_error(head.status);
    error.parts_mut().body = Some(Value::Object(fields.clone()));
    Some(error.with_head(head))
}

/// A reply that is none of its format although its status says success, such as a proxy's page.
pub fn not_json(head: &Head, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(body);
    let is_json = value::is_json(text.trim());
    let message = if text.trim().is_empty() {
        "the server sent an empty answer".to_owned()
    } else {
        let what = if is_json { "is JSON of another shape" } else { "is not JSON" };
        format!("the server's answer {what}: {}; check that {} is that of an API", shorten(&text), Name("base_url"))
    };
    let mut error = Error::new(ErrorKind::ResponseValidation, message);
    error.parts_mut().body = Some(shorten(&text).into());
    error.with_head(head)
}

/// What a provider says of an error.
#[derive(Default)]
struct Provider {
    message: String,
    code: Option<String>,
    kind: Option<String>,
    param: Option<String>,
    request_id: Option<String>,
    retry_after: Option<f64>,
    processing: bool,
}

/// Finds an error in an object that might as well be a success.
fn find(fields: &Map<String, Value>) -> Option<Provider> {
    let mut provider = Provider {
        request_id: scalar(fields.get("request_id")),
        retry_after: fields.get("retry_after").and_then(Value::as_f64),
        ..Provider::default()
    };
    let own_message = || ["message", "messege"].into_iter().find_map(|name| message_of(fields.get(name)?));
    match fields.get("error") {
        Some(Value::Object(error)) if !error.is_empty() => {
            provider.message =
                object_message(error).or_else(own_message).unwrap_or_else(|| Value::Object(error.clone()).to_string());
            provider.code = scalar(error.get("code"));
            provider.kind = scalar(error.get("type"));
            provider.param = scalar(error.get("param"));
            provider.retry_after = provider.retry_after.or_else(|| error.get("retry_after").and_then(Value::as_f64));
        }
        Some(Value::String(error)) if !error.is_empty() => provider.message.clone_from(error),
        Some(Value::Bool(true)) => {
            provider.message = own_message().unwrap_or_else(|| "the provider reports an error".to_owned());
        }
        Some(Value::Array(errors)) if !errors.is_empty() => provider.message = message_of(errors.first()?)?,
        _ => match fields.get("status").and_then(Value::as_str) {
            Some("error" | "failed") => {
                provider.message = own_message().unwrap_or_else(|| "the provider reports an error".to_owned());
            }
            Some("processing") if !fields.contains_key("choices") && !fields.contains_key("content") => {
                provider.processing = true;
                provider.message = own_message().unwrap_or_else(|| "the provider has queued the request".to_owned());
            }
            _ if fields.get("type").and_then(Value::as_str) == Some("error") => {
                provider.message = own_message().unwrap_or_else(|| "the provider reports an error".to_owned());
            }
            _ => return None,
        },
    }
    if provider.code.is_none() {
        provider.code = scalar(fields.get("code"));
    }
    Some(provider)
}

/// Finds a message in an object that is known to be an error.
fn loose(fields: &Map<String, Value>) -> Option<Provider> {
    let message =
        ["message", "messege", "detail", "msg", "title"].into_iter().find_map(|name| message_of(fields.get(name)?))?;
    Some(Provider {
        message,
        code: scalar(fields.get("code")),
        kind: scalar(fields.get("type")),
        request_id: scalar(fields.get("request_id")),
        retry_after: fields.get("retry_after").and_then(Value::as_f64),
        ..Provider::default()
    })
}

fn object_message(error: &Map<String, Value>) -> Option<String> {
    let message = ["message", "messege", "detail", "msg"].into_iter().find_map(|name| message_of(error.get(name)?));
    // OpenRouter: "Provider returned error", with the cause as a text that may be JSON again.
    let raw = error.get("metadata").and_then(|metadata| metadata.get("raw")).and_then(|raw| match raw {
        Value::String(text) => {
            let inner = value::parse(text).ok().and_then(|value| message_of(&value));
            inner.or_else(|| Some(shorten(text)).filter(|text| !text.is_empty()))
        }
        other => message_of(other),
    });
    match (message, raw) {
        (Some(message), Some(raw)) if !text::contains(&message, &raw) => Some(format!("{message}: {raw}")),
        (message, raw) => message.or(raw),
    }
}

/// The text of a message that may itself be an object or a list.
fn message_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Object(fields) => match fields.get("error") {
            Some(error @ (Value::Object(_) | Value::String(_))) => message_of(error),
            _ => object_message(fields).or_else(|| Some(value.to_string()).filter(|_| !fields.is_empty())),
        },
        Value::Array(items) => {
            let texts: Vec<_> = items.iter().filter_map(message_of).collect();
            if texts.is_empty() { None } else { Some(texts.join("; ")) }
        }
        _ => None,
    }
}

fn scalar(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.as_str().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Provider {
    fn into_error(self, status: u16) -> Error {
        let kind = self.classify(status);
        let mut error = Error::new(kind, with_hint(&self.message, kind, status));
        let parts = error.parts_mut();
        parts.code = self.code;
        parts.error_type = self.kind;
        parts.param = self.param;
        parts.request_id = self.request_id;
        parts.retry_after = self.retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        error
    }

    fn classify(&self, status: u16) -> ErrorKind {
        if self.processing {
            return ErrorKind::Processing;
        }
        let labels = [self.code.as_deref(), self.kind.as_deref()];
        let named = |wanted: &[&str]| {
            labels.iter().flatten().any(|name| wanted.iter().any(|wanted| name.eq_ignore_ascii_case(wanted)))
        };
        let message = self.message.to_ascii_lowercase();
        let says = |wanted: &[&str]| wanted.iter().any(|wanted| text::contains(&message, wanted));
        if named(&["insufficient_quota", "billing_hard_limit_reached", "quota_exceeded"])
            || says(&["exceeded your current quota", "insufficient quota"])
        {
            return ErrorKind::InsufficientQuota;
        }
        let may_be_request = matches!(status, 200..=299 | 400 | 413 | 422);
        if may_be_request
            && (named(&["context_length_exceeded", "exceed_context_size_error"])
                || says(&[
                    "maximum context length",
                    "context length exceeded",
                    "exceeds the context",
                    "exceed context",
                    "prompt is too long",
                    "context window",
                ]))
        {
            return ErrorKind::ContextLength;
        }
        if (may_be_request || status == 403)
            && (named(&[
                "content_filter",
                "content_policy_violation",
                "data_inspection_failed",
                "responsibleaipolicyviolation",
            ]) || says(&["content management policy", "content filter"]))
        {
            return ErrorKind::ContentFilter;
        }
        if named(&["overloaded_error", "overloaded"]) {
            return ErrorKind::Overloaded;
        }
        if status >= 300 {
            return ErrorKind::from_status(status);
        }
        // Status 200: only the body can say what it was.
        for (kind, wanted) in NAMED {
            if named(wanted) {
                return *kind;
            }
        }
        let numeric = labels.iter().flatten().find_map(|name| name.parse::<u16>().ok());
        match numeric {
            Some(code @ 300..=599) => ErrorKind::from_status(code),
            _ if says(&["invalid api key", "invalid key", "unauthorized"]) => ErrorKind::Authentication,
            _ if says(&["rate limit", "too many requests"]) => ErrorKind::RateLimit,
            _ => ErrorKind::Api,
        }
    }
}

/// Names that providers give in `code` or `type`, for errors whose status says nothing.
const NAMED: &[(ErrorKind, &[&str])] = &[
    (ErrorKind::Authentication, &["authentication_error", "invalid_api_key", "unauthorized"]),
    (ErrorKind::PaymentRequired, &["billing_error", "payment_required", "insufficient_credits"]),
    (ErrorKind::PermissionDenied, &["permission_error", "permission_denied", "forbidden"]),
    (ErrorKind::NotFound, &["not_found_error", "model_not_found", "not_found"]),
    (ErrorKind::Conflict, &["conflict_error"]),
    (ErrorKind::RequestTooLarge, &["request_too_large"]),
    (ErrorKind::RateLimit, &["rate_limit_error", "rate_limit_exceeded", "rate_limit", "too_many_requests"]),
    (
        ErrorKind::InternalServer,
        &["api_error", "server_error", "internal_error", "internal_server_error", "timeout_error"],
    ),
    (ErrorKind::BadRequest, &["invalid_request_error", "bad_request", "invalid_request"]),
];

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
            assert_eq!(error.parts().request_id.as_deref(), Some("req_1"));
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
