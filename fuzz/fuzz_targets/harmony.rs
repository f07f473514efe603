//! Fuzzes harmony in text: the accumulated message doesn't depend on how the text is split into deltas.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use trilogue_core::wire::sse::Frame;
use trilogue_core::transport::Head;
use trilogue_core::wire::StreamCodec;
use trilogue_core::wire::openai::Codec;

fn message(deltas: &[String]) -> serde_json::Value {
    let mut codec = Codec::new(Head { status: 200, ..Head::default() });
    let mut items = Vec::new();
    for (text, finish) in deltas.iter().map(|text| (text.as_str(), None)).chain([("", Some("stop"))]) {
        let chunk = json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]});
        let frame = Frame { data: chunk.to_string().into(), ..Frame::default() };
        assert!(codec.read_frame(&frame, &mut items).is_ok());
    }
    codec.snapshot().unwrap_or_default()["choices"][0].clone()
}

fuzz_target!(|text: &str| {
    // Pieces have two characters, because a single letter of a stripped marker passes unchanged (see `harmony`).
    let characters: Vec<_> = text.chars().collect();
    let pieces: Vec<_> = characters.chunks(2).map(|piece| piece.iter().collect()).collect();
    assert_eq!(message(&[text.to_owned()]), message(&pieces));
});
