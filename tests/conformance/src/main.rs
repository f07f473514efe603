//! Replays every vector through the native Rust client, at three splits.
//!
//! Ends with a line of counts, and with status 1 if a vector failed.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::Semaphore;
use trilogue_conformance::{Case, Replay};
use trilogue_native::Client;
use trilogue_test_server::{Server, load};

const CONCURRENT: usize = 16;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let vectors = load(&PathBuf::from(arguments.next().context("usage: trilogue-conformance VECTORS_FOLDER")?))?;
    let server = Arc::new(Server::start(vectors.clone(), 0).await?);
    let (mut passed, mut failed) = (0, 0);
    let permits = Arc::new(Semaphore::new(CONCURRENT));
    let mut runs = tokio::task::JoinSet::new();
    for (name, vector) in vectors {
        let case: Case = serde_json::from_value(serde_json::to_value(vector)?)?;
        for replay in Replay::all("rust", &name, &case) {
            let (server, permits) = (Arc::clone(&server), Arc::clone(&permits));
            runs.spawn(async move {
                let _permit = permits.acquire().await;
                let outcome = run(&server, &replay).await;
                (format!("{} ({})", replay.name, replay.split), outcome)
            });
        }
    }
    while let Some(run) = runs.join_next().await {
        let (name, outcome) = run?;
        match outcome {
            Ok(()) => passed += 1,
            Err(why) => {
                failed += 1;
                eprintln!("rust: {name}: {why}");
            }
        }
    }
    println!("rust: {passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}

async fn run(server: &Server, replay: &Replay) -> Result<()> {
    let client = Client::new(replay.options(&server.url())?)?;
    let outcome = replay.run(&client).await;
    replay.check(&outcome, &server.log(&replay.nonce))
}
