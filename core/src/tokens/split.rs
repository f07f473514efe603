//! The splitter of o200k: a text's pieces, which are encoded one by one.
//!
//! Invariant: a piece is what the published pattern matches, with the priorities of its alternatives and their backtracking:
//!
//! ```text
//! 1. [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! 2. [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! 3. \p{N}{1,3}
//! 4.  ?[^\s\p{L}\p{N}]+[\r\n/]*
//! 5. \s*[\r\n]+
//! 6. \s+(?!\S)
//! 7. \s+
//! ```
//!
//! Each character is read a bounded number of times, so the time is linear.

use super::classes::{Class, Classes};

/// Returns the end of the piece that begins at `start`. The end is greater than `start` unless that is the end of the text.
#[inline]
pub(super) fn piece_end(classes: &Classes, text: &[u8], start: usize) -> usize {
    let (class, length) = classes.at(text, start);
    let next = start + length;
    match class {
        Class::Upper | Class::Lower | Class::Uncased => {
            let word = word(classes, text, start);
            contraction_end(text, word.first.unwrap_or(word.second))
        }
        // A mark may be the first alternative's optional character, or else the first of its letters.
        Class::Mark => {
            let end = word(classes, text, next).first.or_else(|| word(classes, text, start).first);
            contraction_end(text, end.unwrap_or(next))
        }
        Class::Other => word_end(classes, text, next).unwrap_or_else(|| symbols_end(classes, text, next)),
        Class::Number => (0..2).fold(next, |end, _| match classes.at(text, end) {
            (Class::Number, length) => end + length,
            _ => end,
        }),
        Class::Space => match classes.at(text, next) {
            (Class::Upper | Class::Lower | Class::Uncased | Class::Mark, _) => {
                word_end(classes, text, next).unwrap_or(next)
            }
            (Class::Other, length) if text.get(start) == Some(&b' ') => symbols_end(classes, text, next + length),
            _ => space_end(classes, text, start),
        },
        Class::Newline => space_end(classes, text, start),
        Class::End => start,
    }
}

/// The ends of the letters of the first two alternatives. `second` is where they began if there are none.
struct Word {
    first: Option<usize>,
    second: usize,
}

/// Matches letters from `start`, without the optional character before them and the contraction after them.
#[inline]
fn word(classes: &Classes, text: &[u8], start: usize) -> Word {
    let mut end = start;
    // The first alternative needs a last letter that isn't in upper case. Where none follows the upper case, it gives back characters up
    // to the last that is in both of its sets.
    let mut last_in_both = None;
    loop {
        match classes.at(text, end) {
            (Class::Upper, length) => end += length,
            (Class::Uncased | Class::Mark, length) => {
                end += length;
                last_in_both = Some(end);
            }
            (Class::Lower, length) => {
                end += length;
                while let (Class::Lower | Class::Uncased | Class::Mark, length) = classes.at(text, end) {
                    end += length;
                }
                return Word { first: Some(end), second: end };
            }
            _ => return Word { first: last_in_both, second: end },
        }
    }
}

/// The end of a word with its contraction, by the first alternative or else the second; `None` if there are no letters.
#[inline]
fn word_end(classes: &Classes, text: &[u8], start: usize) -> Option<usize> {
    let word = word(classes, text, start);
    let end = word.first.unwrap_or(word.second);
    (end > start).then(|| contraction_end(text, end))
}

/// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` in either case, if it begins here.
#[inline]
fn contraction_end(text: &[u8], start: usize) -> usize {
    if text.get(start) != Some(&b'\'') {
        return start;
    }
    let lower = |offset: usize| text.get(start + offset).map(u8::to_ascii_lowercase);
    match (lower(1), lower(2)) {
        (Some(b's' | b't' | b'm' | b'd'), _) => start + 2,
        // The last is `ſ` (U+017F), which is an `s` where case doesn't matter.
        (Some(b'r' | b'v'), Some(b'e')) | (Some(b'l'), Some(b'l')) | (Some(0xC5), Some(0xBF)) => start + 3,
        _ => start,
    }
}

/// The fourth alternative after its first symbol.
fn symbols_end(classes: &Classes, text: &[u8], start: usize) -> usize {
    let mut end = start;
    while let (Class::Other | Class::Mark, length) = classes.at(text, end) {
        end += length;
    }
    let breaks = text.get(end..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b'/'));
    end + breaks.count()
}

/// The last three alternatives: white space up to its last line break, or else without its last character if text follows.
fn space_end(classes: &Classes, text: &[u8], start: usize) -> usize {
    let mut end = start;
    let mut last = start;
    let mut line_end = None;
    loop {
        match classes.at(text, end) {
            (Class::Newline, length) => {
                end += length;
                line_end = Some(end);
            }
            (Class::Space, length) => {
                last = end;
                end += length;
            }
            (class, _) => {
                return match line_end {
                    Some(line_end) => line_end,
                    None if class == Class::End || last == start => end,
                    None => last,
                };
            }
        }
    }
}
