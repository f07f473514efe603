//! Fuzzes incremental JSON: the result doesn't depend on the split and equals that of `serde_json`, and the finder finds the same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use trilogue_core::json::{Finder, JsonError, Mirror, Ops, Parser, Root};

type Read = (Result<(), JsonError>, Value, Ops);

fn read(pieces: &[&str]) -> Read {
    let (mut parser, mut sinks) = (Parser::default(), (Mirror::default(), Ops::default()));
    let end = pieces.iter().try_for_each(|piece| parser.push(piece, &mut sinks));
    let end = end.and_then(|()| parser.finish(&mut sinks));
    (end, sinks.0.into_value(), sinks.1)
}

fn find(root: Root, pieces: &[&str]) -> (bool, Read) {
    let (mut finder, mut parser, mut sinks) =
        (Finder::new(root), Parser::default(), (Mirror::default(), Ops::default()));
    let end = pieces.iter().try_for_each(|piece| finder.push(piece, &mut parser, &mut sinks));
    let end = end.and_then(|()| finder.finish(&mut parser, &mut sinks));
    (finder.found(), (end, sinks.0.into_value(), sinks.1))
}

/// Splits a text into pieces of about up to eight bytes, depending on the seed.
fn cut(mut text: &str, mut seed: u32) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, rest) = text.split_at(text.ceil_char_boundary((seed >> 29) as usize));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

fuzz_target!(|input: (u32, &str)| {
    let (seed, text) = input;
    let pieces = cut(text, seed);
    let characters: Vec<_> = text.split("").filter(|piece| !piece.is_empty()).collect();
    let whole = read(&[text]);
    assert_eq!(whole, read(&pieces));
    assert_eq!(whole, read(&characters));
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            assert_eq!(whole.0, Ok(()));
            assert_eq!(whole.1.to_string(), value.to_string());
        }
        // A lone surrogate is an error only for `serde_json`.
        Err(why) if why.to_string().contains("surrogate") || why.to_string().contains("end of hex escape") => {}
        Err(_) => assert!(whole.0.is_err()),
    }
    for root in [Root::Any, Root::Object, Root::Array] {
        let found = find(root, &[text]);
        assert_eq!(found, find(root, &pieces));
        assert_eq!(found, find(root, &characters));
        let begins = |opening| text.trim_start_matches([' ', '\n', '\t', '\r']).starts_with(opening);
        // The finder doesn't change a text that is a value.
        if whole.0.is_ok() && (root == Root::Any || begins(if root == Root::Object { '{' } else { '[' })) {
            assert_eq!(found.1, whole);
        }
    }
});
