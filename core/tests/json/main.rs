//! The JSON that is read while it arrives: what a reader sees of it, at any split of the text.
//!
//! Law: through the public interface, and `serde_json` is the judge of what a text means.

mod elements;
mod finder;
mod parser;
mod suite;
mod text;

use proptest::sample::Index;
use serde_json::Value;
use trilogue_core::json::{JsonError, Limits, Literal, Mirror, Ops, Parser, Sink, ops};

/// What came of a text: its end, the value at that moment, and the operations that were told until then.
#[derive(Debug, Clone, PartialEq)]
struct Read {
    end: Result<(), JsonError>,
    value: Value,
    codes: Vec<u32>,
    text: String,
}

/// Reads the pieces of a text.
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

/// Cuts a text at these places, or where the next character begins.
fn cut<'a>(text: &'a str, cuts: &[Index]) -> Vec<&'a str> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| text.ceil_char_boundary(cut.index(text.len() + 1))).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect()
}

/// Each character alone.
fn characters(text: &str) -> Vec<&str> {
    text.split("").filter(|character| !character.is_empty()).collect()
}

/// The text in two, at each place where it may be cut, and in characters.
fn splits(text: &str) -> Vec<Vec<&str>> {
    let cuts = (0..=text.len()).filter(|&at| text.is_char_boundary(at));
    cuts.map(|at| vec![&text[..at], &text[at..]]).chain([characters(text)]).collect()
}

/// Does what operations say, as another language would.
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
