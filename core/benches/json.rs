//! Benchmark of incremental parsing, in pieces of four characters: `cargo bench -p trilogue-core --bench json`.
//!
//! It only prints results. The exponent is the growth of the cost with the length of the text; 1 is linear.

// Counts and sizes are exact in a double.
#![allow(clippy::cast_precision_loss)]

use std::time::{Duration, Instant};

use trilogue_core::json::{Elements, Mirror, Ops, Parser, Sink};

/// Returns JSON as models write it: objects with sentences, numbers and lists.
fn sample(bytes: usize) -> String {
    let item = r#"{"id": 1207, "title": "A harbour at dusk", "score": 0.875, "tags": ["sea", "light"], "seen": true,
  "text": "The boats come in one by one; \"slowly\", they say.\nNobody counts them, and the gulls — loud as ever — wait.",
  "note": null}, "#;
    let items = item.repeat(bytes / item.len());
    format!("{{\"items\": [{}]}}", items.trim_end_matches(", "))
}

fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(4).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Returns the shortest time of 15 runs.
fn measure<S: Sink>(pieces: &[&str], start: impl Fn() -> S, after: impl Fn(&mut S)) -> Duration {
    let run = || {
        let (mut parser, mut sink) = (Parser::default(), start());
        let begin = Instant::now();
        for piece in pieces {
            parser.push(piece, &mut sink).expect("the sample is JSON");
            after(&mut sink);
        }
        let took = begin.elapsed();
        assert!(parser.is_complete());
        took
    };
    (0..15).map(|_| run()).min().unwrap_or_default()
}

fn main() {
    let (small, large) = (sample(64 << 10), sample(1 << 20));
    let (few, many) = (pieces(&small), pieces(&large));
    let growth = (many.len() as f64 / few.len() as f64).ln();
    let show = |name: &str, of: &dyn Fn(&[&str]) -> Duration| {
        let (short, long) = (of(&few).as_secs_f64(), of(&many).as_secs_f64());
        let each = |time: f64, pieces: &[&str]| time * 1e9 / pieces.len() as f64;
        let exponent = (long / short).ln() / growth;
        println!(
            "{name:<28} 64 KB {:5.1} ns/push   1 MB {:5.1} ns/push   exponent {exponent:.2}",
            each(short, &few),
            each(long, &many)
        );
    };
    show("the parser alone", &|pieces| measure(pieces, || (), |()| {}));
    show("Ops, cleared each time", &|pieces| measure(pieces, Ops::default, Ops::clear));
    show("Ops, taken each time", &|pieces| measure(pieces, Ops::default, |ops| drop(std::hint::black_box(ops.take()))));
    show("Mirror", &|pieces| measure(pieces, Mirror::default, |_| {}));
    show("Elements", &|pieces| measure(pieces, || Elements::new("items.*"), |items| drop(items.take())));
    show("Ops and Mirror", &|pieces| {
        measure(pieces, || (Ops::default(), Mirror::default()), |(ops, _)| drop(std::hint::black_box(ops.take())))
    });
    for (name, text) in [("64 KB", &small), ("1 MB", &large)] {
        let whole = measure(&[text], Mirror::default, |_| {});
        println!("whole {name}: {:.0} MB/s", text.len() as f64 / whole.as_secs_f64() / 1e6);
    }
}
