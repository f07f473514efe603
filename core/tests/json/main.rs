//! Tests of the incremental JSON parser, at any split of the text.
//!
//! They use the public interface, and `serde_json` as the reference.

mod elements;
mod finder;
mod parser;
mod suite;
mod text;

use proptest::sample::Index;
use serde_json::Value;
use trilogue_core::json::{JsonError, Limits, Literal, Mirror, Ops, Parser, Sink, ops};

/// The result of parsing a text: the outcome, the value so far, and the recorded operations.
#[derive(Debug, Clone, PartialEq)]
struct Read {
    end: Result<(), JsonError>,
    value: Value,
    codes: Vec<u32>,
    text: String,
}

/// Parses the pieces of a text.
fn read(pieces: &[&str]) -> Read {
    read_within(Limits::default(), pieces)
}

fn read_within(limits: Limits, pieces: &[&str]) -> Read {
    let mut parser = Parser::new(limits);
    let mut sinks = (Mirror::default(), Ops::default());
    let end = pieces.iter().try_for_each(|piece| parser.push(piece, &mut sinks));
    let end = end.and_then(|()| parser.finish(&mut sinks));
    assert!(parser.is_complete() || end.is_err());
    let (mirror, mut ops) = sinks;
    let (codes, text) = ops.take();
    Read { end, value: mirror.into_value(), codes, text }
}

/// Splits a text at these positions, or at the next character boundaries.
fn cut<'a>(text: &'a str, cuts: &[Index]) -> Vec<&'a str> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| text.ceil_char_boundary(cut.index(text.len() + 1))).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect()
}

/// Splits a text into characters.
fn characters(text: &str) -> Vec<&str> {
    text.split("").filter(|character| !character.is_empty()).collect()
}

/// Returns all splits of a text into two pieces, and the split into characters.
fn splits(text: &str) -> Vec<Vec<&str>> {
    let cuts = (0..=text.len()).filter(|&at| text.is_char_boundary(at));
    cuts.map(|at| vec![&text[..at], &text[at..]]).chain([characters(text)]).collect()
}

/// Applies recorded operations, as another language would.
fn replay(codes: &[u32], text: &str, to: &mut impl Sink) {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut at = 0;
    for code in codes {
        let end = at + (code >> 4) as usize;
        let piece = String::from_utf16(&units[at..end]).unwrap();
        at = end;
        match code & 0xf {
            ops::OBJECT => to.object(),
            ops::ARRAY => to.array(),
            ops::KEY => to.key(&piece),
            ops::STRING => to.string(),
            ops::TEXT => to.text(&piece),
            ops::STRING_END => to.string_end(),
            ops::NUMBER => to.number(&piece),
            ops::NULL => to.literal(Literal::Null),
            ops::TRUE => to.literal(Literal::True),
            ops::FALSE => to.literal(Literal::False),
            ops::CLOSE => to.close(),
            other => panic!("no kind {other}"),
        }
    }
    assert_eq!(at, units.len(), "each unit of the text belongs to an operation");
}
