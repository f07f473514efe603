//! A server that replays recorded bytes, so that a client in any language can be shown anything that an endpoint may send.
//!
//! Law: it plays what a vector says and judges nothing. It speaks HTTP/1.1 by hand, since a library would mend what must stay broken.
//!
//! Addresses: `POST /v/VECTOR/SPLIT/NONCE/…` answers with the vector's response; `SPLIT` is `pieces`, `whole`, `bytes` (a few at a time
//! in bodies over 10,000) or `random`;
//! `NONCE` tells one run from another. `GET /vectors.json` hands out every vector, `GET /log/NONCE` what the runs with that nonce did.

pub mod serve;
pub mod vector;

pub use serve::Server;
pub use vector::{Vector, load};
