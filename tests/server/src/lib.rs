//! A server that replays recorded bytes, so that a client in any language can receive anything that an endpoint may send.
//!
//! Invariant: sends what a vector contains and judges nothing. It implements HTTP/1.1 itself, since a library would correct intended errors.
//!
//! Addresses: `POST /v/VECTOR/SPLIT/NONCE/…` answers with the vector's response. `SPLIT` is `pieces`, `whole`, `bytes` (a few at a time in bodies
//! over 10,000) or `random`; `NONCE` identifies a run. `GET /vectors.json` returns every vector, `GET /log/NONCE` the requests of a run.

use anyhow::Context as _;

pub mod serve;
pub mod vector;

pub use serve::Server;
pub use vector::{Vector, load};

/// Starts a server that answers with a script: a list of responses, one for each request in turn. `path` is a JSON file of scripts by name.
/// Returns the server and the base URL of its clients; the nonce of their log is `run`.
pub async fn script(path: &str, name: &str) -> anyhow::Result<(Server, String)> {
    let scripts: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let script = scripts.get(name).with_context(|| format!("{path} has no script {name}"))?;
    let vector = serde_json::json!({"about": "a script", "response": script, "expect": {}});
    let server = Server::start([("script".to_owned(), serde_json::from_value(vector)?)].into(), 0).await?;
    let base_url = format!("{}/v/script/whole/run", server.url());
    Ok((server, base_url))
}
