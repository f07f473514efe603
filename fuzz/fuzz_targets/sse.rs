//! Fuzzes Server-Sent Events: any bytes give the same frames at once and byte by byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trilogue_core::wire::sse::{Decoder, TooLong};

fn frames(pieces: &[&[u8]]) -> (Vec<(String, String)>, Option<TooLong>) {
    let mut decoder = Decoder::new(100);
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push((frame.event.to_owned(), frame.data.into_owned())),
                Ok(None) => break,
                Err(why) => return (frames, Some(why)),
            }
        }
    }
    frames.extend(decoder.finish().map(|frame| (frame.event.to_owned(), frame.data.into_owned())));
    (frames, None)
}

fuzz_target!(|bytes: &[u8]| {
    let single: Vec<_> = bytes.chunks(1).collect();
    assert_eq!(frames(&[bytes]), frames(&single));
});
