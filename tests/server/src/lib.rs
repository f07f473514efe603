//! A server that replays recorded bytes, so that a client in any language can receive anything that an endpoint may send.
//!
//! Invariant: sends what a vector contains and judges nothing. It implements HTTP/1.1 itself, since a library would correct intended errors.
//!
//! Addresses: `POST /v/VECTOR/SPLIT/NONCE/…` answers with the vector's response. `SPLIT` is `pieces`, `whole`, `bytes` (a few at a time in bodies
//! over 10,000) or `random`; `NONCE` identifies a run. `GET /vectors.json` returns every vector, `GET /log/NONCE` the requests of a run.

pub mod serve;
pub mod vector;

pub use serve::Server;
pub use vector::{Vector, load};
