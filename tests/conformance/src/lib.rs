//! Replays vectors through the Rust client, over any transport.
//!
//! Follows the rules of `tests/README.md` and knows no single vector. The native program and the page in Chromium share it.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trilogue_core::config::Options;
use trilogue_core::transport::Transport;
use trilogue_core::{Client, Endpoint, Error, RequestOptions};

/// How the server splits a body.
pub const SPLITS: [&str; 3] = ["whole", "bytes", "random"];

/// The parts of a vector that a client needs.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// The endpoint.
    pub endpoint: String,
    /// The body of the request.
    pub request: Value,
    /// The options of the client, or null.
    pub options: Value,
    /// The expected result.
    pub expect: Value,
}

/// The result of a client.
#[derive(Debug, Default)]
pub struct Outcome {
    deltas: Vec<String>,
    chunks: usize,
    raw: Vec<Option<String>>,
    items: Vec<Value>,
    completion: Option<Value>,
    error: Option<Error>,
}

/// One replay of a vector.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The name of the vector.
    pub name: String,
    /// How the server splits the body.
    pub split: &'static str,
    /// Distinguishes this replay from others in the server's log.
    pub nonce: String,
    /// The vector.
    pub case: Case,
}

impl Replay {
    /// All replays of a vector by a runtime.
    pub fn all(runtime: &str, name: &str, case: &Case) -> [Self; 3] {
        let replay = |split| Self {
            name: name.to_owned(),
            split,
            nonce: format!("{runtime}-{name}-{split}"),
            case: case.clone(),
        };
        SPLITS.map(replay)
    }

    /// The options of the client.
    pub fn options(&self, server: &str) -> Result<Options> {
        let Case { options, .. } = &self.case;
        let base_url = format!("{server}/v/{}/{}/{}", self.name, self.split, self.nonce);
        let mut options: Options = if options.is_null() {
            Options::default()
        } else {
            serde_json::from_str(&options.to_string().replace("{base_url}", &base_url))?
        };
        options.base_url = Some(base_url);
        Ok(options)
    }

    /// Sends the request.
    pub async fn run<T: Transport>(&self, client: &Client<T>) -> Outcome {
        let mut outcome = Outcome::default();
        if let Err(error) = run(client, &self.case, &mut outcome).await {
            outcome.error = Some(error);
        }
        outcome
    }

    /// Compares an outcome, and the server's log of this replay, with the vector.
    pub fn check(&self, outcome: &Outcome, log: &Value) -> Result<()> {
        check(&self.case.expect, outcome)?;
        match self.case.expect.get("request") {
            Some(expected) => check_request(expected, log),
            None => Ok(()),
        }
    }
}

async fn run<T: Transport>(client: &Client<T>, case: &Case, outcome: &mut Outcome) -> Result<(), Error> {
    let endpoint = Endpoint::parse(&case.endpoint)?;
    let body = case.request.as_object().cloned().unwrap_or_default();
    if body.get("stream") != Some(&Value::Bool(true)) {
        outcome.completion = Some(client.call_json(&endpoint, body, &RequestOptions::default()).await?.value);
        return Ok(());
    }
    let mut events = client.stream_json(endpoint, body, &RequestOptions::default()).await?;
    while let Some(batch) = events.next_batch().await? {
        for item in batch.items {
            outcome.chunks += 1;
            outcome.raw.push(item.raw().map(str::to_owned));
            let item = item.into_fields().into();
            let text = text(&item);
            if !text.is_empty() {
                outcome.deltas.push(text);
            }
            outcome.items.push(item);
        }
    }
    outcome.completion = events.snapshot();
    Ok(())
}

/// The text that a chunk or an event adds to the first choice.
fn text(item: &Value) -> String {
    let choices = item["choices"].as_array().into_iter().flatten();
    let chat = choices.filter(|choice| choice["index"] == 0).find_map(|choice| choice["delta"]["content"].as_str());
    let event = item["delta"]["text"].as_str().filter(|_| item["type"] == "content_block_delta");
    chat.or(event).unwrap_or_default().to_owned()
}

fn check(expect: &Value, outcome: &Outcome) -> Result<()> {
    match (expect.get("error"), &outcome.error) {
        (None, Some(error)) => anyhow::bail!("unexpected {}: {error}", error.kind().info().name),
        (Some(expected), None) => anyhow::bail!("no error, expected {expected}"),
        (Some(expected), Some(error)) => check_error(expected, error)?,
        (None, None) => {}
    }
    if let Some(expected) = expect.get("deltas") {
        subset(expected, &json!(outcome.deltas), "deltas")?;
    }
    if let Some(expected) = expect.get("chunks") {
        subset(expected, &json!(outcome.chunks), "chunks")?;
    }
    if let Some(expected) = expect.get("raw") {
        subset(expected, &json!(outcome.raw), "raw")?;
    }
    if let Some(expected) = expect.get("items") {
        subset(expected, &json!(outcome.items), "items")?;
    }
    if let Some(expected) = expect.get("completion") {
        subset(expected, outcome.completion.as_ref().unwrap_or(&Value::Null), "completion")?;
    }
    Ok(())
}

fn check_error(expected: &Value, error: &Error) -> Result<()> {
    let actual = error.fields().to_value();
    for (name, expected) in expected.as_object().context("error is no object")? {
        let actual = &actual[name];
        // A message that names an option or a unit differs between languages.
        let expected = if name == "message" { expected.get("rust").unwrap_or(expected) } else { expected };
        match (name.as_str(), expected, actual) {
            ("message", Value::String(part), Value::String(message)) => {
                anyhow::ensure!(message.contains(part), "message {message:?} lacks {part:?}");
            }
            _ => subset(expected, actual, &format!("error.{name}"))?,
        }
    }
    Ok(())
}

fn check_request(expected: &Value, log: &Value) -> Result<()> {
    let entries = log.as_array().context("no log")?;
    let last = entries.last().unwrap_or(&Value::Null);
    for (name, expected) in expected.as_object().unwrap_or(&Map::new()) {
        let actual = if name == "count" { json!(entries.len()) } else { last[name].clone() };
        subset(expected, &actual, &format!("request.{name}"))?;
    }
    Ok(())
}

fn subset(expected: &Value, actual: &Value, path: &str) -> Result<()> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().try_for_each(|(name, value)| {
            subset(value, actual.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"))
        }),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => expected
            .iter()
            .zip(actual)
            .enumerate()
            .try_for_each(|(i, (expected, actual))| subset(expected, actual, &format!("{path}[{i}]"))),
        _ => {
            anyhow::ensure!(expected == actual, "{path} is {actual}, expected {expected}");
            Ok(())
        }
    }
}
