//! Contents of stream frames that all formats share: JSON objects, keep-alives, end markers, and their repairs.
//!
//! Invariant: text that may belong to an answer is never dropped. Unreadable text is an error.

use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::error::Error;
use crate::http::Head;
use crate::text;
use crate::wire::errors;
use crate::wire::sse::Frame;

/// Maximum number of truncated objects skipped in one frame. Each one costs a search through the rest of the frame.
const MAX_TRUNCATED: usize = 16;

/// A part of a frame.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    /// A JSON object.
    Object(Map<String, Value>),
    /// The end marker `[DONE]`.
    Done,
}

/// Returns the parts of a frame in order; none for a keep-alive. `has_started`: a part of the answer came before.
pub(super) fn parts(frame: &Frame<'_>, head: &Head, has_started: bool) -> Result<Vec<Part>, Error> {
    read_parts(frame, head, has_started, true)
}

/// Parses the parts of a frame. `may_repair` is false for repaired text, so the time stays linear.
fn read_parts(frame: &Frame<'_>, head: &Head, has_started: bool, may_repair: bool) -> Result<Vec<Part>, Error> {
    let mut rest = frame.data.trim_matches(is_padding);
    let mut parts = Vec::new();
    let mut truncated = 0;
    while !rest.is_empty() && !is_keep_alive(rest, frame.event) {
        if is_done(rest) {
            // Text after the end marker is not part of the answer.
            parts.push(Part::Done);
            break;
        }
        match crate::json::first_object(rest) {
            Some((object, consumed)) => {
                // Frames that lost the blank line between them arrive as one frame with several objects.
                rest = skip_prefix(rest.get(consumed..).unwrap_or_default());
                if !is_keep_alive_object(&object, frame.event) {
                    parts.push(Part::Object(if frame.event == "error" { as_error(object, head) } else { object }));
                }
            }
            None if may_repair && rest.contains(is_raw_control) => {
                let data = escape_controls(rest).into();
                parts.append(&mut read_parts(&Frame { data, ..*frame }, head, has_started, false)?);
                break;
            }
            // A truncated object may be scanned to the end of the frame before it is recognised.
            None => match after_truncated(rest).filter(|_| truncated < MAX_TRUNCATED) {
                Some(tail) => {
                    truncated += 1;
                    rest = tail;
                }
                None => return Err(unreadable(frame, head, has_started, rest)),
            },
        }
    }
    Ok(parts)
}

fn is_raw_control(c: char) -> bool {
    c < ' '
}

/// Escapes raw control characters in JSON strings, which JSON forbids. Use it only for text that is not valid JSON.
fn escape_controls(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        in_string ^= c == '"' && !escaped;
        escaped = c == '\\' && in_string && !escaped;
        match c {
            c if in_string && is_raw_control(c) => {
                out.push_str("\\u00");
                for digit in [u32::from(c) >> 4, u32::from(c) & 15] {
                    out.extend(char::from_digit(digit, 16));
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Returns whether a character is whitespace or server padding: NUL and other control characters, or a byte order mark left from joined
/// replies.
fn is_padding(c: char) -> bool {
    c <= ' ' || c == '\u{feff}' || c.is_whitespace()
}

/// Returns whether a text starts with `[DONE]`, in any case and with or without quotes.
fn is_done(text: &str) -> bool {
    const DONE: &str = "[DONE]";
    let text = text.strip_prefix('"').unwrap_or(text);
    text.get(..DONE.len()).is_some_and(|start| start.eq_ignore_ascii_case(DONE))
}

/// Returns whether the data or the event name is a keep-alive: a comment that a proxy sent as data (`: OPENROUTER PROCESSING`), null, an
/// empty string, or a word such as `ping`.
fn is_keep_alive(text: &str, event: &str) -> bool {
    let is_sent_as_event = is_keep_alive_name(event) && !text.starts_with('{');
    text.starts_with(':')
        || is_sent_as_event
        || matches!(text, "null" | "\"\"")
        || is_keep_alive_name(text.trim_matches(['"', '[', ']']))
}

fn is_keep_alive_name(name: &str) -> bool {
    let names = "ping pong heartbeat keepalive keep-alive keep_alive";
    names.split(' ').any(|known| known.eq_ignore_ascii_case(name))
}

/// Returns whether an object is a keep-alive: an empty object, or one with nothing but its type and perhaps a time.
fn is_keep_alive_object(object: &Map<String, Value>, event: &str) -> bool {
    let kind = object.get("type").and_then(Value::as_str).unwrap_or(event);
    if object.is_empty() && event.is_empty() {
        return true;
    }
    let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
    is_keep_alive_name(kind) && object.len() <= 2 && object.values().all(is_scalar)
}

/// Parses the JSON of a complete reply. Accepts padding and comments before it, an end marker after it, and raw control characters in its
/// strings.
pub(crate) fn reply(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let mut text = text.trim_matches(is_padding);
    while text.starts_with(':') {
        text = text.get(text::line_end(text.as_bytes())?..)?.trim_start_matches(is_padding);
    }
    let parsed = crate::json::parse(text);
    let repaired =
        |reason| if text.contains(is_raw_control) { crate::json::parse(&escape_controls(text)) } else { Err(reason) };
    if let Ok(value) = parsed.or_else(repaired) {
        return Some(value);
    }
    let (object, consumed) = crate::json::first_object(text)?;
    is_done(skip_prefix(text.get(consumed..)?)).then_some(Value::Object(object))
}

/// Converts the object of an `error` event, or of llama.cpp's `error` field (ggml-org/llama.cpp#16109), to the shape of an error.
fn as_error(object: Map<String, Value>, head: &Head) -> Map<String, Value> {
    if object.contains_key("choices") || errors::find_in_success(&object, head).is_some() {
        return object;
    }
    value::object([("error", object.into())])
}

fn skip_prefix(rest: &str) -> &str {
    let rest = rest.trim_start_matches(is_padding);
    rest.strip_prefix("data:").unwrap_or(rest).trim_start_matches(is_padding)
}

/// Returns the text after a truncated object that was joined with the next frame, as in `{"id":"c","object":"chat.cdata: {…}`
/// (anomalyco/opencode#23442). `None` if the lost part contained text or an error, because a gap in an answer must not go unnoticed.
fn after_truncated(rest: &str) -> Option<&str> {
    if !rest.starts_with('{') {
        return None;
    }
    let mut from = 0;
    let start = loop {
        let start = from + text::find(rest.get(from..)?, "data:")?;
        from = start + "data:".len();
        if rest.get(from..)?.trim_start().starts_with('{') {
            break start;
        }
    };
    let (lost, tail) = rest.split_at_checked(start)?;
    let texts = [
        "\"content\":\"",
        "\"reasoning\":\"",
        "\"reasoning_content\":\"",
        "\"arguments\":\"",
        "\"text\":\"",
        "\"partial_json\":\"",
        "\"thinking\":\"",
        "\"refusal\":\"",
        "\"signature\":\"",
        "\"summary\":\"",
        "\"data\":\"",
        "\"message\":\"",
        "\"error\":\"",
    ];
    let compact: String = lost.chars().filter(|c| !c.is_whitespace()).collect();
    let has_text = texts.iter().any(|name| {
        let mut rest = compact.as_str();
        while let Some((_, tail)) = text::split(rest, name) {
            if !tail.starts_with('"') {
                return true;
            }
            rest = tail;
        }
        false
    });
    if has_text { None } else { Some(skip_prefix(tail)) }
}

fn unreadable(frame: &Frame<'_>, head: &Head, has_started: bool, rest: &str) -> Error {
    let mut fields = Map::new();
    if frame.event == "error" {
        // An `error` event with plain text.
        fields.set("error", rest);
    }
    errors::find_in_success(&fields, head).unwrap_or_else(|| {
        if has_started { errors::damaged_stream(head, rest) } else { errors::invalid_body(head, rest.as_bytes()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_data(data: &str) -> Result<Vec<Part>, Error> {
        parts(&Frame { data: data.into(), ..Frame::default() }, &Head::default(), false)
    }

    fn object(value: Value) -> Part {
        let Value::Object(fields) = value else { panic!("no object") };
        Part::Object(fields)
    }

    #[test]
    fn keep_alives_have_no_parts() {
        let texts =
            ["", " ", ": OPENROUTER PROCESSING", ":", "ping", "[heartbeat]", "Keep-Alive", "null", "\"\"", "{}", "\0"];
        for data in texts.into_iter().chain(["{\"type\":\"ping\"}", "{\"type\":\"heartbeat\",\"time\":1}"]) {
            assert_eq!(read_data(data).unwrap(), [], "{data}");
        }
        for data in ["pings", "1", "true", "[]", "\"a\"", "OK"] {
            assert!(read_data(data).is_err(), "{data}");
        }
    }

    #[test]
    fn complete_reply_may_have_comments_and_end_marker() {
        for body in ["{\"a\":1}", "\u{feff} {\"a\":1}\n", ": x\n\n: y\r\n{\"a\":1}", "{\"a\":1}\n\ndata: [DONE]\n\n"] {
            assert_eq!(reply(body.as_bytes()), Some(json!({"a": 1})), "{body}");
        }
        for body in ["", ": x", "{\"a\":1} {\"b\":2}", "{\"a\":1}x"] {
            assert_eq!(reply(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn joined_frames_are_separated() {
        let (a, b) = (|| object(json!({"a": 1})), || object(json!({"b": 2})));
        for data in
            ["{\"a\":1}{\"b\":2}", "{\"a\":1}\n{\"b\":2}", "{\"a\":1}data: {\"b\":2}", "{\"a\":1}\ndata:{\"b\":2}"]
        {
            assert_eq!(read_data(data).unwrap(), [a(), b()], "{data}");
        }
        assert_eq!(read_data("{\"a\":1}\n[DONE]").unwrap(), [a(), Part::Done]);
        for data in ["[DONE] ", "[done]", "\"[DONE]\"", "[DONE]\ndata: x"] {
            assert_eq!(read_data(data).unwrap(), [Part::Done], "{data}");
        }
    }

    #[test]
    fn raw_control_characters_in_strings_are_accepted() {
        let read = read_data("{\"a\":\"x\ty\\\"\n\\\\\"}\n{\"b\":\t\"\u{1}\"}\n[DONE]").unwrap();
        let wanted = [object(json!({"a": "x\ty\"\n\\"})), object(json!({"b": "\u{1}"})), Part::Done];
        assert_eq!(read, wanted);
        assert!(read_data("{\"a\":\"x\ty").is_err());
        assert_eq!(reply(b"{\"a\":\"\t\"}"), Some(json!({"a": "\t"})));
    }

    #[test]
    fn truncated_frame_is_skipped_unless_text_is_lost() {
        let b = || object(json!({"b": 2}));
        assert_eq!(read_data("{\"id\":\"c\",\"object\":\"chat.cdata: {\"b\":2}").unwrap(), [b()]);
        assert_eq!(read_data("{\"delta\":{\"content\":\"\"},\"modata: {\"b\":2}").unwrap(), [b()]);
        assert!(read_data("{\"delta\": {\"content\": \"Heldata: {\"b\":2}").is_err());
        assert!(read_data("{\"id\":\"c").is_err());
        let many = |count: usize| read_data(&("{\"id\":\"cdata: ".repeat(count) + "{\"b\":2}"));
        assert_eq!(many(16).unwrap(), [b()]);
        assert!(many(17).is_err());
    }
}
