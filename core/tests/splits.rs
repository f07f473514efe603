//! Any split of any vector's bytes gives the same items, the same result and the same error.
//!
//! The tests run the core alone, over a transport that returns pieces of bytes and never waits.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use trilogue_core::config::Options;
use trilogue_core::transport::Head;
use trilogue_core::{Endpoint, ffi};
use trilogue_test_canned::{Canned, outcome as outcome_of};
use trilogue_test_server::vector::{End, Framing};
use trilogue_test_server::{Vector, load};

/// The visible outcome of a vector's stream whose body has these pieces.
fn outcome(vector: &Vector, pieces: Vec<Vec<u8>>) -> Value {
    let response = vector.response.nth(0);
    let headers = response.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let head = Head { status: response.status, headers };
    let options = if vector.options.is_null() { json!({}) } else { vector.options.clone() };
    outcome_of(
        Endpoint::parse(&vector.endpoint).unwrap(),
        &ffi::body(&vector.request.to_string()).unwrap(),
        serde_json::from_value(options).unwrap(),
        Canned { head, pieces, broken: response.end != End::Clean },
    )
}

/// The streams whose body ends without a client that closes it.
fn streams() -> Vec<(String, Vector, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let vectors = load(&folder).unwrap().into_iter().filter(|(_, vector)| {
        let response = vector.response.nth(0);
        vector.request["stream"] == true && response.framing != Framing::Raw && response.end != End::Stall
    });
    vectors
        .map(|(name, vector)| {
            let parts = vector.response.nth(0).body.iter().flat_map(|piece| piece.parts().unwrap());
            let bytes = parts.flat_map(|(_, bytes)| bytes).collect();
            (name, vector, bytes)
        })
        .collect()
}

#[test]
fn single_bytes_give_the_same_outcome() {
    let streams = streams();
    assert!(streams.len() > 200);
    for (name, vector, bytes) in streams {
        let complete = outcome(&vector, vec![bytes.clone()]);
        let single = outcome(&vector, bytes.chunks(1).map(<[u8]>::to_vec).collect());
        assert_eq!(complete, single, "{name}");
    }
}

/// Disables the fast path for frames that differ from the previous one only in their text and padding (see `wire::delta`): whitespace that
/// differs from frame to frame makes the reader parse each of them.
fn without_fast_path(stream: &str) -> String {
    let mut frames = stream.split("data: {");
    let mut spaced = frames.next().unwrap().to_owned();
    for (number, frame) in frames.enumerate() {
        spaced.push_str("data: {");
        spaced.push_str(&" ".repeat(number % 2));
        spaced.push_str(frame);
    }
    spaced
}

#[test]
fn the_fast_path_gives_the_same_outcome() {
    let mut compared = 0;
    for (name, vector, bytes) in streams() {
        // Whitespace matters with these options.
        if ["include_raw", "max_event_bytes", "max_response_bytes"]
            .iter()
            .any(|name| vector.options.get(name).is_some())
        {
            continue;
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let spaced = without_fast_path(&text);
        compared += text.matches("data: {").count();
        // Messages of errors quote the text, so only their kinds are compared.
        let outcome_of_text = |text: String| {
            let mut outcome = outcome(&vector, vec![text.into_bytes()]);
            let kind = outcome["error"]["kind"].take();
            outcome["error"] = kind;
            outcome
        };
        assert_eq!(outcome_of_text(text), outcome_of_text(spaced), "{name}");
    }
    assert!(compared > 1000, "{compared}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_split_gives_the_same_outcome(
        selected in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        thread_local! {
            static STREAMS: Vec<(String, Vector, Vec<u8>)> = streams();
        }
        STREAMS.with(|streams| {
            let (name, vector, bytes) = selected.get(streams);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| bytes[cut[0]..cut[1]].to_vec()).collect();
            prop_assert_eq!(outcome(vector, vec![bytes.clone()]), outcome(vector, pieces), "{}", name);
            Ok(())
        })?;
    }

    #[test]
    fn padded_frames_give_the_same_outcome(
        frames in prop::collection::vec((r#"[a-c"\\\n\u{e9}]{0,5}"#, prop::option::weighted(0.9, r#"[a-z]{0,6}|[a-c"\\\n]{0,3}"#)), 0..12),
        padding_first in any::<bool>(),
    ) {
        let frame = |(text, padding): &(String, Option<String>)| {
            let choices = format!(r#""choices":[{{"index":0,"delta":{{"content":{}}}}}]"#, json!(text));
            let members = match padding.as_ref().map(|padding| format!(r#""obfuscation":{}"#, json!(padding))) {
                Some(padding) if padding_first => format!("{padding},{choices}"),
                Some(padding) => format!("{choices},{padding}"),
                None => choices,
            };
            format!("data: {{{members}}}\n\n")
        };
        let stream: String = frames.iter().map(frame).collect();
        let read = |stream: String| {
            let head = Head { status: 200, ..Head::default() };
            let canned = Canned { head, pieces: vec![stream.into_bytes()], broken: false };
            let body = ffi::body(r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#).unwrap();
            outcome_of(Endpoint::Chat, &body, Options::default(), canned)
        };
        prop_assert_eq!(read(without_fast_path(&stream)), read(stream));
    }
}
