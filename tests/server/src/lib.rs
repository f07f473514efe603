//! An HTTP/1.1 server that replays the responses of vectors to clients in any language.
//!
//! Invariant: the server sends the bytes of a vector unchanged, and checks nothing of a request for one. It writes HTTP without a library, because a library
//! would correct the faults that vectors contain.
//!
//! Routes:
//! - `POST /v/VECTOR/SPLIT/NONCE/…` sends the vector's response. `SPLIT` is `pieces` (as in the vector), `whole` (one write), `bytes`
//!   (one byte per write; longer writes in bodies over 10,000 bytes) or `random`. `NONCE` identifies a test run.
//! - `GET /vectors.json` returns all vectors.
//! - `GET /log/NONCE` returns the requests with that nonce and their outcomes.
//! - `/batches/NONCE/…` has the files and batches of providers: see `batches`.

use anyhow::Context as _;

mod batches;
pub mod serve;
pub mod vector;

pub use serve::Server;
pub use vector::{Vector, load};

/// Starts a server with a scripted response list from a JSON file of scripts by name.
///
/// Returns the server and the base URL for clients. The nonce of the log is `run`. Fails if the file has no script with this name.
pub async fn script(path: &str, name: &str) -> anyhow::Result<(Server, String)> {
    let scripts: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let script = scripts.get(name).with_context(|| format!("{path} has no script {name}"))?;
    let vector = serde_json::json!({"about": "a script", "response": script, "expect": {}});
    let server = Server::start([("script".to_owned(), serde_json::from_value(vector)?)].into(), 0).await?;
    let base_url = format!("{}/v/script/whole/run", server.url());
    Ok((server, base_url))
}
