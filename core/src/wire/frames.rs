//! What a frame of a stream holds, before its format matters.
//!
//! Law: keep-alives, end markers and glued objects, the same for every format. Nothing that may be text of an answer is dropped.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::sse::Frame;
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

/// The things in a frame, in their order; none in a keep-alive.
///
/// An empty frame keeps the connection alive, and so does a comment that a proxy wrapped as data (`data: : OPENROUTER PROCESSING`).
pub(super) fn parts(frame: &Frame<'_>, head: &Head) -> Result<Vec<Part>, Error> {
    let mut rest = frame.data.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() && !rest.starts_with(':') {
        if let Some(after) = rest.strip_prefix("[DONE]") {
            parts.push(Part::Done);
            rest = after.trim_start();
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Map<String, Value>>();
        match values.next() {
            Some(Ok(object)) => {
                // Frames whose blank line got lost arrive as one, their objects one after the other.
                rest = skip_prefix(rest.get(values.byte_offset()..).unwrap_or_default());
                parts.push(Part::Object(object));
            }
            _ => match after_truncated(rest) {
                Some(tail) => rest = tail,
                None => return Err(unreadable(frame, head, rest)),
            },
        }
    }
    Ok(parts)
}

fn skip_prefix(rest: &str) -> &str {
    let rest = rest.trim_start();
    rest.strip_prefix("data:").unwrap_or(rest).trim_start()
}

/// A frame that was cut off and glued to the next one, `{"id":"c","object":"chat.cdata: {…}` (anomalyco/opencode#23442): the
/// next one. None where the lost piece had begun to bring text: a gap in an answer must not go unnoticed.
fn after_truncated(rest: &str) -> Option<&str> {
    let (start, _) = rest
        .match_indices("data:")
        .find(|(start, _)| rest.get(start + 5..).is_some_and(|tail| tail.trim_start().starts_with('{')))?;
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
        compact.match_indices(name).any(|(at, _)| !compact.get(at + name.len()..).unwrap_or_default().starts_with('"'))
    });
    if brings_text { None } else { Some(skip_prefix(tail)) }
}

fn unreadable(frame: &Frame<'_>, head: &Head, rest: &str) -> Error {
    let mut fields = Map::new();
    if frame.event == "error" {
        // Plain text in an event named `error`.
        fields.insert("error".to_owned(), rest.into());
    }
    errors::in_success(&fields, head).unwrap_or_else(|| errors::not_json(head, rest.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(data: &str) -> Result<Vec<Part>, Error> {
        parts(&Frame { event: "", data: data.into() }, &Head::default())
    }

    fn object(value: Value) -> Part {
        let Value::Object(fields) = value else { panic!("no object") };
        Part::Object(fields)
    }

    #[test]
    fn keep_alives_hold_nothing() {
        for data in ["", " ", ": OPENROUTER PROCESSING", ":"] {
            assert_eq!(read(data).unwrap(), []);
        }
    }

    #[test]
    fn glued_frames_are_taken_apart() {
        let (a, b) = (|| object(json!({"a": 1})), || object(json!({"b": 2})));
        for data in
            ["{\"a\":1}{\"b\":2}", "{\"a\":1}\n{\"b\":2}", "{\"a\":1}data: {\"b\":2}", "{\"a\":1}\ndata:{\"b\":2}"]
        {
            assert_eq!(read(data).unwrap(), [a(), b()], "{data}");
        }
        assert_eq!(read("{\"a\":1}\n[DONE]").unwrap(), [a(), Part::Done]);
        assert_eq!(read("[DONE] ").unwrap(), [Part::Done]);
    }

    #[test]
    fn a_truncated_frame_gives_way_to_the_next_unless_text_was_lost() {
        let b = || object(json!({"b": 2}));
        assert_eq!(read("{\"id\":\"c\",\"object\":\"chat.cdata: {\"b\":2}").unwrap(), [b()]);
        assert_eq!(read("{\"delta\":{\"content\":\"\"},\"modata: {\"b\":2}").unwrap(), [b()]);
        assert!(read("{\"delta\": {\"content\": \"Heldata: {\"b\":2}").is_err());
        assert!(read("{\"id\":\"c").is_err());
    }
}
