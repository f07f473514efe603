//! Tests of Rust in a browser, for the runner `tests/runners/rust-browser.mjs`.
//!
//! The vectors run through `trilogue-fetch`, and `scenarios` through the crate `trilogue`, as in a program for a page.

#![cfg(target_arch = "wasm32")]

mod scenarios;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use trilogue::javascript::to_js;
use trilogue_conformance::{Case, Replay};
use trilogue_core::{Client, Config};
use trilogue_fetch::Fetch;
use wasm_bindgen::prelude::*;

/// Browsers open six connections to a host: further requests would wait for them.
const CONCURRENT: usize = 6;

/// Replays every vector of a server at three splits; returns `{passed, failed, failures}`.
#[wasm_bindgen]
pub async fn replay_all(server: String) -> JsValue {
    let server = server.as_str();
    let outcomes = match cases(server).await {
        Ok(cases) => {
            let replays = cases.iter().flat_map(|(name, case)| Replay::all("rust-browser", name, case));
            let runs = replays.map(|replay| async move {
                let outcome = run(server, &replay).await;
                (format!("{} ({})", replay.name, replay.split), outcome)
            });
            stream::iter(runs).buffer_unordered(CONCURRENT).collect::<Vec<_>>().await
        }
        Err(why) => vec![("the vectors".to_owned(), Err(why))],
    };
    report(outcomes)
}

/// Runs every scenario; returns `{passed, failed, failures}`.
#[wasm_bindgen]
pub async fn run_scenarios(server: String) -> JsValue {
    report(scenarios::run_all(&server).await)
}

fn report(outcomes: Vec<(String, Result<()>)>) -> JsValue {
    let failures: Vec<_> =
        outcomes.iter().filter_map(|(name, outcome)| Some(format!("{name}: {:#}", outcome.as_ref().err()?))).collect();
    let passed = outcomes.len() - failures.len();
    to_js(&json!({"passed": passed, "failed": failures.len(), "failures": failures})).unwrap_or_default()
}

async fn cases(server: &str) -> Result<BTreeMap<String, Case>> {
    Ok(serde_json::from_value(get(&format!("{server}/vectors.json")).await?)?)
}

async fn run(server: &str, replay: &Replay) -> Result<()> {
    let client = Client::new(Config::for_fetch(replay.options(server)?, |_| None, true)?, Fetch::new());
    let outcome = replay.run(&client).await;
    replay.check(&outcome, &get(&format!("{server}/log/{}", replay.nonce)).await?)
}

/// Loads JSON from the test server. These requests are the runner's, not the transport's: Chromium fails one when the machine's network changes
/// (a virtual interface that comes or goes is enough), so it is sent again.
async fn get(url: &str) -> Result<Value> {
    let mut attempt = 1;
    let response = loop {
        match gloo_net::http::Request::get(url).send().await {
            Err(why) if attempt == 3 => return Err(why).with_context(|| format!("can't load {url}")),
            Err(_) => attempt += 1,
            Ok(response) => break response,
        }
    };
    serde_json::from_str(&response.text().await?).context("the server sent no JSON")
}
