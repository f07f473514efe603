//! An HTTP/1.1 server that replays the responses of vectors to clients in any language.
//!
//! Invariant: the server sends the bytes of a vector unchanged and checks nothing. It writes HTTP without a library, because a library
//! would correct the faults that vectors contain.
//!
//! Routes:
//! - `POST /v/VECTOR/SPLIT/NONCE/…` sends the vector's response. `SPLIT` is `pieces` (as in the vector), `whole` (one write), `bytes`
//!   (one byte per write; longer writes in bodies over 10,000 bytes) or `random`. `NONCE` identifies a test run.
//! - `GET /vectors.json` returns all vectors.
//! - `GET /log/NONCE` returns the requests with that nonce and their outcomes.

pub mod serve;
pub mod vector;

pub use serve::Server;
pub use vector::{Vector, load};
