//! Contents of messages and ids of tool calls, from one format to the other.
//!
//! Invariant: a conversion keeps everything that both formats can express. A part or block without an equivalent is `None`.

use crate::json::json;
use crate::prelude::*;
use crate::text::{contains, split};
use crate::value::{self, Map, Members, Value, at};

/// The message that requests the rest of an answer.
pub(crate) const GO_ON: &str =
    "Your last answer was cut off. Continue exactly where it ends, without repeating anything of it.";

/// Returns the text of a content.
pub(crate) fn plain(content: &Value) -> String {
    match content {
        Value::String(text) => text.as_str().to_owned(),
        content => {
            let texts = value::items(Some(content)).iter().filter(|part| *at(part, "/type") == "text");
            texts.map(|part| text(part, "/text")).collect()
        }
    }
}

/// Converts parts to a content: a single text becomes a plain string, which every server accepts.
pub(crate) fn simplified(mut parts: Vec<Value>) -> Value {
    match parts.as_mut_slice() {
        [Value::Object(part)] if part.len() == 2 && part.get("type").is_some_and(|kind| *kind == "text") => {
            part.shift_remove("text").unwrap_or_default()
        }
        _ => parts.into(),
    }
}

/// Joins two contents.
pub(crate) fn joined(first: Value, second: Value) -> Value {
    let list = |content: Value| match content {
        text @ Value::String(_) => vec![json!({"type": "text", "text": text})],
        content => value::into_list(content).unwrap_or_default(),
    };
    let mut all = list(first);
    all.extend(list(second));
    all.into()
}

/// Converts the id of a call to the characters that messages accept: letters, digits, `_` and `-`.
pub(crate) fn tool_id(given: &str) -> String {
    given.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// Converts a block of messages to a part of chat completions. Markers of the cache and citations are dropped.
pub(crate) fn to_part(block: &Value) -> Option<Value> {
    let source = at(block, "/source");
    let data = || format!("data:{};base64,{}", text(source, "/media_type"), text(source, "/data"));
    let image = |url: Value| json!({"type": "image_url", "image_url": value::object([("url", url)])});
    Some(match (text(block, "/type"), text(source, "/type")) {
        ("text", _) => json!({"type": "text", "text": at(block, "/text")}),
        ("image", "url") => image(at(source, "/url").clone()),
        ("image", "base64") => image(data().into()),
        ("document", "base64") => {
            let name = at(block, "/title").as_str().unwrap_or("document.pdf");
            json!({"type": "file", "file": value::object([("filename", name.into()), ("file_data", data().into())])})
        }
        ("document", "text") => json!({"type": "text", "text": at(source, "/data")}),
        // Blocks that are in no format's shape are sent unchanged.
        ("image_url" | "input_audio" | "file", _) => block.clone(),
        _ => return None,
    })
}

/// Converts a part of chat completions to a block of messages. The `detail` of an image is dropped.
pub(crate) fn to_block(part: &Value) -> Option<Value> {
    match text(part, "/type") {
        "text" => Some(json!({"type": "text", "text": at(part, "/text")})),
        "image_url" => {
            let url = at(part, "/image_url/url").as_str().or(at(part, "/image_url").as_str()).unwrap_or_default();
            let source = match data_of(url) {
                Some(data) => data,
                None if url.starts_with("https://") || url.starts_with("http://") => json!({"type": "url", "url": url}),
                None => return None,
            };
            Some(value::object([("type", "image".into()), ("source", source)]).into())
        }
        "file" => {
            let data = data_of(text(part, "/file/file_data"))?;
            if !contains(text(&data, "/media_type"), "pdf") {
                return None;
            }
            let mut block: Map<String, Value> = value::object([("type", "document".into()), ("source", data)]);
            if let Some(name) = at(part, "/file/filename").as_str() {
                block.set("title", name);
            }
            Some(block.into())
        }
        // Parts that are in no format's shape are sent unchanged.
        "image" | "document" => Some(part.clone()),
        _ => None,
    }
}

/// Converts a `data:` URL to a source.
fn data_of(url: &str) -> Option<Value> {
    let (kind, data) = split(url.strip_prefix("data:")?, ";base64,")?;
    Some(json!({"type": "base64", "media_type": kind, "data": data}))
}

/// Returns the text at a JSON pointer; empty if there is none.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    at(value, pointer).as_str().unwrap_or_default()
}
