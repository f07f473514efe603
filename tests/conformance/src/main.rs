//! Replays every vector through the Rust client at three splits.
//!
//! Checks vectors only by the rules in `tests/README.md`, with no special cases. Prints the number of passed and failed vectors last,
//! and exits with status 1 if a vector failed.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use trilogue_native::{Client, Endpoint, Error, Options, RequestOptions, ffi};
use trilogue_test_server::{Server, Vector, load};

const SPLITS: [&str; 3] = ["whole", "bytes", "random"];

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let vectors = load(&PathBuf::from(arguments.next().context("usage: trilogue-conformance VECTORS_FOLDER")?))?;
    let server = Arc::new(Server::start(vectors.clone(), 0).await?);
    let (mut passed, mut failed) = (0, 0);
    let permits = Arc::new(Semaphore::new(16));
    let mut runs = tokio::task::JoinSet::new();
    for (name, vector) in vectors {
        for split in SPLITS {
            let (server, name, vector, permits) =
                (Arc::clone(&server), name.clone(), vector.clone(), Arc::clone(&permits));
            runs.spawn(async move {
                let _permit = permits.acquire().await;
                let outcome = replay(&server, &name, &vector, split).await;
                (format!("{name} ({split})"), outcome)
            });
        }
    }
    while let Some(run) = runs.join_next().await {
        let (name, outcome) = run?;
        match outcome {
            Ok(()) => passed += 1,
            Err(error) => {
                failed += 1;
                eprintln!("rust: {name}: {error}");
            }
        }
    }
    println!("rust: {passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}

/// The result of a client for a vector.
#[derive(Default)]
struct Outcome {
    deltas: Vec<String>,
    chunks: usize,
    raw: Vec<Option<String>>,
    items: Vec<Value>,
    completion: Option<Value>,
    error: Option<Error>,
}

async fn replay(server: &Server, name: &str, vector: &Vector, split: &str) -> Result<()> {
    let nonce = format!("rust-{name}-{split}");
    let mut options: Options =
        serde_json::from_value(if vector.options.is_null() { json!({}) } else { vector.options.clone() })?;
    options.base_url = Some(format!("{}/v/{name}/{split}/{nonce}", server.url()));
    let client = Client::new(options)?;
    let mut outcome = Outcome::default();
    if let Err(error) = run(&client, vector, &mut outcome).await {
        outcome.error = Some(error);
    }
    check(&vector.expect, &outcome)?;
    if let Some(expected) = vector.expect.get("request") {
        check_request(expected, &server.log(&nonce))?;
    }
    Ok(())
}

async fn run(client: &Client, vector: &Vector, outcome: &mut Outcome) -> Result<(), Error> {
    let endpoint = Endpoint::parse(&vector.endpoint)?;
    let body = ffi::body(&vector.request.to_string())?;
    let stream = body.get("stream") == Some(&Value::Bool(true));
    if !stream {
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

/// Returns the text that a chunk or an event adds to the first choice.
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
    let actual = error.parts().to_value();
    for (name, expected) in expected.as_object().context("error is not an object")? {
        let actual = &actual[name];
        // Messages with option names or units differ between languages.
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
    let entries = log.as_array().context("log is not a list")?;
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
