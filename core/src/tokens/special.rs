//! The special tokens of `o200k_harmony`, and where they are in a text.
//!
//! Invariant: names and numbers are those of tiktoken's `o200k_harmony`.

use core::ops::Range;

use crate::prelude::*;
use crate::text;

/// The greatest token.
pub(super) const LAST: u32 = 201_087;
/// Tokens with a name of their own. The others are `<|reserved_NUMBER|>`.
const NAMED: [(u32, &str); 10] = [
    (199_998, "startoftext"),
    (199_999, "endoftext"),
    (200_002, "return"),
    (200_003, "constrain"),
    (200_005, "channel"),
    (200_006, "start"),
    (200_007, "end"),
    (200_008, "message"),
    (200_012, "call"),
    (200_018, "endofprompt"),
];
/// The first token with a reserved name.
const FIRST_RESERVED: u32 = 200_000;
/// The token that has both kinds of name.
const BOTH_NAMES: u32 = 200_018;
const RESERVED: &str = "reserved_";
const OPEN: &str = "<|";
const CLOSE: &str = "|>";

/// What the names of special tokens in a text are, such as `<|start|>`.
///
/// Text of users is [`Text`](Self::Text): otherwise its author could end their message and begin another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpecialTokens {
    /// Text like any other.
    #[default]
    Text,
    /// The special tokens.
    Tokens,
}

/// The parts of a text between special tokens, each with the token after it.
pub(super) fn parts(text: &str, special: SpecialTokens) -> impl Iterator<Item = (Range<usize>, Option<u32>)> {
    let mut start = 0;
    let mut ended = false;
    core::iter::from_fn(move || {
        if ended {
            return None;
        }
        let found = match special {
            SpecialTokens::Text => None,
            SpecialTokens::Tokens => find(text, start),
        };
        ended = found.is_none();
        let (name, token) = found.map_or((text.len()..text.len(), None), |(name, token)| (name, Some(token)));
        let part = start..name.start;
        start = name.end;
        Some((part, token))
    })
}

/// The name of a special token; `None` for any other number.
pub(super) fn name(token: u32) -> Option<String> {
    match NAMED.iter().find(|(number, _)| *number == token) {
        Some((_, name)) => Some(format!("{OPEN}{name}{CLOSE}")),
        None if (FIRST_RESERVED..=LAST).contains(&token) => Some(format!("{OPEN}{RESERVED}{token}{CLOSE}")),
        None => None,
    }
}

/// The first special token from `start`, and where its name is.
fn find(text: &str, mut start: usize) -> Option<(Range<usize>, u32)> {
    loop {
        let open = start + text::find(text.get(start..)?, OPEN)?;
        let rest = text.get(open + OPEN.len()..)?;
        // The longest name is `reserved_201087`.
        let name = rest.bytes().take(16).take_while(|byte| *byte != b'|').count();
        let close = open + OPEN.len() + name;
        if text.get(close..).is_some_and(|rest| rest.starts_with(CLOSE))
            && let Some(token) = rest.get(..name).and_then(number)
        {
            return Some((open..close + CLOSE.len(), token));
        }
        start = open + 1;
    }
}

/// The token with this name, without its brackets.
fn number(name: &str) -> Option<u32> {
    if let Some((token, _)) = NAMED.iter().find(|(_, named)| *named == name) {
        return Some(*token);
    }
    let digits = name.strip_prefix(RESERVED).filter(|digits| digits.len() == 6 && !digits.starts_with('+'))?;
    let token = digits.parse().ok().filter(|token| (FIRST_RESERVED..=LAST).contains(token))?;
    (token == BOTH_NAMES || NAMED.iter().all(|(number, _)| *number != token)).then_some(token)
}
