//! What a frame of a stream holds, before its format matters.
//!
//! Law: keep-alives, end markers and glued objects, the same for every format. Nothing that may be text of an answer is dropped.

use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::error::Error;
use crate::sse::Frame;
use crate::text;
use crate::transport::Head;
use crate::wire::errors;

/// One thing in a frame.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    /// A JSON object.
    Object(Map<String, Value>),
    /// `[DONE]`.
    Done,
}

/// The most truncated objects of a frame that are skipped.
const MOST_TRUNCATED: u32 = 16;

/// The things in a frame, in their order; none in a keep-alive.
///
/// An empty frame keeps the connection alive, and so does a comment that a proxy wrapped as data (`data: : OPENROUTER PROCESSING`).
pub(super) fn parts(frame: &Frame<'_>, head: &Head) -> Result<Vec<Part>, Error> {
    read_parts(frame, head, true)
}

/// `may_repair` is false for text that was repaired once: time stays linear.
fn read_parts(frame: &Frame<'_>, head: &Head, may_repair: bool) -> Result<Vec<Part>, Error> {
    let mut rest = frame.data.trim();
    let mut parts = Vec::new();
    let mut truncated = 0;
    while !rest.is_empty() && !rest.starts_with(':') {
        if rest.starts_with("[DONE]") {
            // What follows the end marker is none of the answer.
            parts.push(Part::Done);
            break;
        }
        match value::first_object(rest) {
            Some((object, taken)) => {
                // Frames whose blank line got lost arrive as one, their objects one after the other.
                rest = skip_prefix(rest.get(taken..).unwrap_or_default());
                parts.push(Part::Object(if frame.event == "error" { as_error(object, head) } else { object }));
            }
            None if may_repair && rest.contains(is_raw_control) => {
                let repaired = Frame { event: frame.event, data: escape_controls(rest).into() };
                parts.append(&mut read_parts(&repaired, head, false)?);
                break;
            }
            // Each one may be read to the end of the frame before it turns out to be cut.
            None => match after_truncated(rest).filter(|_| truncated < MOST_TRUNCATED) {
                Some(tail) => {
                    truncated += 1;
                    rest = tail;
                }
                None => return Err(unreadable(frame, head, rest)),
            },
        }
    }
    Ok(parts)
}

/// The JSON of a whole reply: a byte order mark before it is no reason to lose it, and neither are raw control characters in its texts.
pub(crate) fn reply(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    let text = text.trim();
    let parsed = value::parse(text);
    parsed
        .or_else(|why| if text.contains(is_raw_control) { value::parse(&escape_controls(text)) } else { Err(why) })
        .ok()
}

fn is_raw_control(c: char) -> bool {
    c < ' '
}

/// JSON text whose strings hold raw control characters, which JSON forbids, with these escaped. Only for text that is no JSON as it is.
fn escape_controls(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        in_string ^= c == '"' && !escaped;
        escaped = c == '\\' && in_string && !escaped;
        match c {
            '\n' if in_string => out.push_str("\\n"),
            c if in_string && is_raw_control(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// The object of an event named `error`, or of llama.cpp's field of that name (ggml-org/llama.cpp#16109), in a shape that tells so.
fn as_error(object: Map<String, Value>, head: &Head) -> Map<String, Value> {
    if object.contains_key("choices") || errors::in_success(&object, head).is_some() {
        return object;
    }
    value::object([("error", object.into())])
}

fn skip_prefix(rest: &str) -> &str {
    let rest = rest.trim_start();
    rest.strip_prefix("data:").unwrap_or(rest).trim_start()
}

/// A frame that was cut off and glued to the next one, `{"id":"c","object":"chat.cdata: {…}` (anomalyco/opencode#23442): the
/// next one. None where the lost piece had begun to bring text: a gap in an answer must not go unnoticed.
fn after_truncated(rest: &str) -> Option<&str> {
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
    ];
    let compact: String = lost.chars().filter(|c| !c.is_whitespace()).collect();
    let brings_text = texts.iter().any(|name| {
        let mut rest = compact.as_str();
        while let Some((_, tail)) = text::split(rest, name) {
            if !tail.starts_with('"') {
                return true;
            }
            rest = tail;
        }
        false
    });
    if brings_text { None } else { Some(skip_prefix(tail)) }
}

fn unreadable(frame: &Frame<'_>, head: &Head, rest: &str) -> Error {
    let mut fields = Map::new();
    if frame.event == "error" {
        // Plain text in an event named `error`.
        fields.set("error", rest);
    }
    errors::in_success(&fields, head).unwrap_or_else(|| errors::not_json(head, rest.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_data(data: &str) -> Result<Vec<Part>, Error> {
        parts(&Frame { event: "", data: data.into() }, &Head::default())
    }

    fn object(value: Value) -> Part {
        let Value::Object(fields) = value else { panic!("no object") };
        Part::Object(fields)
    }

    #[test]
    fn keep_alives_hold_nothing() {
        for data in ["", " ", ": OPENROUTER PROCESSING", ":"] {
            assert_eq!(read_data(data).unwrap(), []);
        }
    }

    #[test]
    fn glued_frames_are_taken_apart() {
        let (a, b) = (|| object(json!({"a": 1})), || object(json!({"b": 2})));
        for data in
            ["{\"a\":1}{\"b\":2}", "{\"a\":1}\n{\"b\":2}", "{\"a\":1}data: {\"b\":2}", "{\"a\":1}\ndata:{\"b\":2}"]
        {
            assert_eq!(read_data(data).unwrap(), [a(), b()], "{data}");
        }
        assert_eq!(read_data("{\"a\":1}\n[DONE]").unwrap(), [a(), Part::Done]);
        assert_eq!(read_data("[DONE] ").unwrap(), [Part::Done]);
    }

    #[test]
    fn raw_control_characters_in_strings_are_read() {
        let read = read_data("{\"a\":\"x\ty\\\"\n\\\\\"}\n{\"b\":\t\"\u{1}\"}\n[DONE]").unwrap();
        let wanted = [object(json!({"a": "x\ty\"\n\\"})), object(json!({"b": "\u{1}"})), Part::Done];
        assert_eq!(read, wanted);
        assert!(read_data("{\"a\":\"x\ty").is_err());
        assert_eq!(reply(b"{\"a\":\"\t\"}"), Some(json!({"a": "\t"})));
    }

    #[test]
    fn a_truncated_frame_gives_way_to_the_next_unless_text_was_lost() {
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
