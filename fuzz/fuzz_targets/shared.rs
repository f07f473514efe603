//! Helpers that the fuzz targets of both formats share.

use serde_json::{Map, Value, json};
use trilogue_core::Endpoint;
use trilogue_core::config::Options;
use trilogue_core::transport::Head;
use trilogue_test_canned::{Canned, outcome};

/// Decodes `bytes` as a stream, at once and byte by byte, and compares the results.
pub fn same_in_any_split(endpoint: &Endpoint, bytes: &[u8]) {
    let body: Map<String, Value> = Map::from_iter([
        ("model".to_owned(), json!("m")),
        ("messages".to_owned(), json!([{"role": "user", "content": "Hi"}])),
        ("max_tokens".to_owned(), json!(1)),
    ]);
    let seen = |pieces: Vec<Vec<u8>>| {
        let head = Head { status: 200, ..Head::default() };
        outcome(endpoint.clone(), &body, Options::default(), Canned { head, pieces, broken: false })
    };
    assert_eq!(seen(vec![bytes.to_vec()]), seen(bytes.chunks(1).map(<[u8]>::to_vec).collect()));
}
