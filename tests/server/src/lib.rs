//! A server that replays recorded bytes, so that a client in any language can be shown anything that an endpoint may send.
//!
//! Law: it plays what a vector says and judges nothing. It speaks HTTP/1.1 by hand, since a library would mend what must stay broken.
//!
//! Addresses: `POST /v/VECTOR/SPLIT/NONCE/…` answers with the vector's response; `SPLIT` is `pieces`, `whole`, `bytes` (a few at a time
//! in bodies over 10,000) or `random`;
//! `NONCE` tells one run from another. `GET /vectors.json` hands out every vector, `GET /log/NONCE` what the runs with that nonce did.

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
