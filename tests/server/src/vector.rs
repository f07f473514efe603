//! Vectors: one JSON file for each case.
//!
//! Only data. `response` is what the server sends (a list answers one request after another), `expect` what a client must return; runners in
//! every language apply the rules in `tests/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One case.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What the case shows, and its source.
    pub about: String,
    /// `chat` (default), `messages`, `count_tokens`, `models` or `models/ID`.
    #[serde(default = "chat")]
    pub endpoint: String,
    /// Body of the request; `stream` selects a streamed call.
    #[serde(default = "default_request")]
    pub request: Value,
    /// Options of the client.
    #[serde(default)]
    pub options: Value,
    /// What the server answers.
    pub response: Responses,
    /// What the client must return.
    pub expect: Value,
}

fn chat() -> String {
    "chat".to_owned()
}

fn default_request() -> Value {
    serde_json::json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true})
}

/// One response for every request, or a list for consecutive requests (the last one repeats).
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Responses {
    /// The same each time.
    One(Response),
    /// In turn.
    Many(Vec<Response>),
}

impl Responses {
    /// The response to the request of this number, from 0.
    pub fn nth(&self, number: usize) -> &Response {
        match self {
            Self::One(response) => response,
            Self::Many(list) => &list[number.min(list.len() - 1)],
        }
    }
}

/// One response.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// HTTP status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers; `content-type` is `text/event-stream` unless given.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Milliseconds before the head is sent.
    #[serde(default)]
    pub delay_ms: u64,
    /// The body.
    #[serde(default)]
    pub body: Vec<Piece>,
    /// How the end of the body is marked.
    #[serde(default)]
    pub framing: Framing,
    /// How the response ends.
    #[serde(default)]
    pub end: End,
}

fn ok() -> u16 {
    200
}

/// A part of a body.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Piece {
    /// UTF-8 text.
    Text(String),
    /// Any bytes, or a text many times, after a wait.
    Made(Made),
}

/// A part of a body that isn't plain text.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Text; `{i}` becomes the number of the repetition.
    #[serde(default)]
    pub text: String,
    /// Bytes in base64.
    #[serde(default)]
    pub base64: String,
    /// How often.
    #[serde(default = "once")]
    pub repeat: usize,
    /// Milliseconds before each repetition.
    #[serde(default)]
    pub delay_ms: u64,
}

fn once() -> usize {
    1
}

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// `transfer-encoding: chunked`.
    #[default]
    Chunked,
    /// `content-length`.
    Length,
    /// The end of the connection.
    Close,
    /// No head at all: the body's bytes are sent as they are.
    Raw,
}

/// How a response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Normally.
    #[default]
    Clean,
    /// The connection is closed although the body has not ended.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing more is sent, and the connection stays open.
    Stall,
}

impl Piece {
    /// The bytes of each repetition, and the wait before it in milliseconds.
    pub fn parts(&self) -> Result<Vec<(u64, Vec<u8>)>> {
        match self {
            Self::Text(text) => Ok(vec![(0, text.clone().into_bytes())]),
            Self::Made(made) => (0..made.repeat)
                .map(|number| {
                    let mut bytes = made.text.replace("{i}", &number.to_string()).into_bytes();
                    bytes.extend(BASE64_STANDARD.decode(&made.base64)?);
                    Ok((made.delay_ms, bytes))
                })
                .collect(),
        }
    }
}

/// Reads every vector of a folder and of the folders in it. A name is the path without `.json`, with `.` between folders.
pub fn load(folder: &Path) -> Result<BTreeMap<String, Vector>> {
    let mut vectors = BTreeMap::new();
    read_folder(folder, "", &mut vectors)?;
    if vectors.is_empty() {
        bail!("no vectors in {}", folder.display());
    }
    Ok(vectors)
}

fn read_folder(folder: &Path, prefix: &str, vectors: &mut BTreeMap<String, Vector>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("no folder {}", folder.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            read_folder(&path, &format!("{prefix}{stem}."), vectors)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path)?;
            let vector: Vector =
                serde_json::from_str(&text).with_context(|| format!("{} is no vector", path.display()))?;
            let responses = match &vector.response {
                Responses::One(response) => std::slice::from_ref(response),
                Responses::Many(list) => list,
            };
            if responses.is_empty() {
                bail!("{} has no response", path.display());
            }
            for piece in responses.iter().flat_map(|response| &response.body) {
                piece.parts().with_context(|| format!("{} has a wrong body", path.display()))?;
            }
            vectors.insert(format!("{prefix}{stem}"), vector);
        }
    }
    Ok(())
}
