//! The format of vectors: test cases in JSON files, one case per file.
//!
//! Vectors are pure data. `response` describes the response of the server (a list contains one response per request), and `expect` the
//! expected result of the client. The runners of all languages check `expect` by the rules in `tests/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A test case.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// The expected behaviour, and the source of the case.
    pub about: String,
    /// `chat` (default), `messages`, `count_tokens`, `models` or `models/ID`.
    #[serde(default = "chat")]
    pub endpoint: String,
    /// Body of the request. `stream: true` makes a streaming request.
    #[serde(default = "default_request")]
    pub request: Value,
    /// Client options.
    #[serde(default)]
    pub options: Value,
    /// Responses of the server.
    pub response: Responses,
    /// Expected result.
    pub expect: Value,
}

fn chat() -> String {
    "chat".to_owned()
}

fn default_request() -> Value {
    serde_json::json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true})
}

/// One response for all requests, or one response per request. The last one is repeated.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Responses {
    /// The same response for each request.
    One(Response),
    /// One response per request.
    Many(Vec<Response>),
}

impl Responses {
    /// Returns the response to a request by its number, starting at 0.
    pub fn nth(&self, number: usize) -> &Response {
        match self {
            Self::One(response) => response,
            Self::Many(list) => &list[number.min(list.len() - 1)],
        }
    }
}

/// A response.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// HTTP status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers. `content-type` defaults to `text/event-stream`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Delay before the head in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// The body in pieces.
    #[serde(default)]
    pub body: Vec<Piece>,
    /// Message framing of the body.
    #[serde(default)]
    pub framing: Framing,
    /// How the response ends.
    #[serde(default)]
    pub end: End,
}

fn ok() -> u16 {
    200
}

/// A piece of a body.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Piece {
    /// UTF-8 text.
    Text(String),
    /// Text or arbitrary bytes, optionally delayed and repeated.
    Generated(Generated),
}

/// A generated piece of a body.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// Text. `{i}` is replaced by the number of the repetition.
    #[serde(default)]
    pub text: String,
    /// Bytes in base64, appended to the text.
    #[serde(default)]
    pub base64: String,
    /// Number of repetitions.
    #[serde(default = "once")]
    pub repeat: usize,
    /// Delay before each repetition in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
}

fn once() -> usize {
    1
}

/// The message framing of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// `transfer-encoding: chunked`.
    #[default]
    Chunked,
    /// `content-length`.
    Length,
    /// The body ends with the connection.
    Close,
    /// The bytes of the body are sent without a response head.
    Raw,
}

/// How a response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The response is complete.
    #[default]
    Clean,
    /// The connection is closed before the end of the body.
    Truncated,
    /// The connection is reset.
    Reset,
    /// Nothing more is sent, but the connection stays open.
    Stall,
}

impl Piece {
    /// Returns the bytes of each repetition with the delay before it in milliseconds.
    pub fn parts(&self) -> Result<Vec<(u64, Vec<u8>)>> {
        match self {
            Self::Text(text) => Ok(vec![(0, text.clone().into_bytes())]),
            Self::Generated(piece) => (0..piece.repeat)
                .map(|number| {
                    let mut bytes = piece.text.replace("{i}", &number.to_string()).into_bytes();
                    bytes.extend(BASE64_STANDARD.decode(&piece.base64)?);
                    Ok((piece.delay_ms, bytes))
                })
                .collect(),
        }
    }
}

/// Reads all vectors of a folder and its subfolders. The name of a vector is its path without `.json` and with `.` as the separator.
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
                serde_json::from_str(&text).with_context(|| format!("{} is not a vector", path.display()))?;
            let responses = match &vector.response {
                Responses::One(response) => std::slice::from_ref(response),
                Responses::Many(list) => list,
            };
            if responses.is_empty() {
                bail!("{} has no response", path.display());
            }
            for piece in responses.iter().flat_map(|response| &response.body) {
                piece.parts().with_context(|| format!("{} has an invalid body", path.display()))?;
            }
            vectors.insert(format!("{prefix}{stem}"), vector);
        }
    }
    Ok(())
}
