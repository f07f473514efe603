//! Search in texts.
//!
//! Naive on purpose: the patterns are short constants, so that the time is linear, and the standard library's search is a large part of a
//! wasm module.

pub mod dialect;
pub(crate) mod escape;
pub(crate) mod number;
pub(crate) mod secrets;
pub(crate) mod time;
pub(crate) mod url;

use crate::prelude::*;

/// The text without line breaks and other control characters: in a log it cannot begin a line of its own. Bidirectional embeddings, overrides
/// and isolates are removed too: on a terminal they reorder the line.
pub(crate) fn one_line(text: &str) -> String {
    let is_control = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |c: char| if is_control(c) { ' ' } else { c };
    text.chars().map(plain).collect()
}

/// Where `what` begins first.
pub(crate) fn find(text: &str, what: &str) -> Option<usize> {
    find_bytes(text.as_bytes(), what.as_bytes())
}

/// Where `what` begins first.
pub(crate) fn find_bytes(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Where the first line feed or carriage return is.
#[cfg(feature = "serde")]
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2(b'\n', b'\r', bytes)
}

/// Where the first line feed or carriage return is: a word at a time.
#[cfg(not(feature = "serde"))]
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (words, rest) = bytes.as_chunks::<8>();
    let has = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        zero(word ^ (ONES * u64::from(b'\n'))) | zero(word ^ (ONES * u64::from(b'\r'))) != 0
    };
    let start = words.iter().position(has).unwrap_or(words.len()) * 8;
    let rest = if start < words.len() * 8 { bytes.get(start..)? } else { rest };
    Some(start + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?)
}

/// Whether a list of names, with a space between them, has this one. A list in one text takes eight bytes less for each name in a wasm
/// module than one of texts.
#[inline(never)]
pub(crate) fn lists(names: &str, name: &str) -> bool {
    names.split(' ').any(|known| known == name)
}

/// Whether `what` stands in a text.
pub(crate) fn contains(text: &str, what: &str) -> bool {
    find(text, what).is_some()
}

/// What stands before and after the first `what`.
pub(crate) fn split<'t>(text: &'t str, what: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text, what)?;
    Some((text.get(..at)?, text.get(at + what.len()..)?))
}

/// Whether a character is a letter or, beyond ASCII, a digit: all of Unicode but its blocks of punctuation, symbols and emoji. The exact
/// tables are 2 KB in a wasm module.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || !matches!(
            c,
            '\0'..='\u{a9}' | '\u{ab}'..='\u{b4}' | '\u{b6}'..='\u{b9}' | '\u{bb}'..='\u{bf}' | '\u{d7}' | '\u{f7}'
                | '\u{2000}'..='\u{2bff}' | '\u{2e00}'..='\u{2e7f}' | '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}'
                | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe6f}' | '\u{feff}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}'
                | '\u{ff5b}'..='\u{ff65}' | '\u{ffe0}'..='\u{ffff}' | '\u{1f000}'..='\u{1faff}' | '\u{e0000}'..
        )
}

/// The text with each `what` replaced.
pub(crate) fn replace(text: &str, what: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = split(rest, what) {
        out.push_str(before);
        out.push_str(with);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The most characters of a caller's text that a message quotes.
const LONGEST_QUOTE: usize = 200;

/// A text of which at most 200 characters are left.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The known name that a misspelt one most likely stands for: one that differs in case, `_` and `-` alone, or else in one letter (names of
/// four to seven letters) or two (longer ones). Two letters in the wrong order count as one. `known` has a space between names.
pub(crate) fn nearest<'k>(name: &str, known: &'k str) -> Option<&'k str> {
    const LONGEST: usize = 40;
    let letters = letters(name);
    let mut best = None;
    for candidate in known.split(' ') {
        let wanted = self::letters(candidate);
        let limit = match letters.len().min(wanted.len()) {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        };
        if letters.len().max(wanted.len()) > LONGEST || letters.len().abs_diff(wanted.len()) > limit {
            continue;
        }
        let distance = distance(&letters, &wanted);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn letters(name: &str) -> Vec<u8> {
    name.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// How many insertions, deletions, replacements and swaps of neighbours make one of the other.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or_default();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (line, letter) in one.iter().enumerate() {
        let mut left = line + 1;
        let mut row = vec![left];
        let mut last = None;
        for (column, wanted) in other.iter().enumerate() {
            let replaced = at(&above, column) + usize::from(letter != wanted);
            left = replaced.min(at(&above, column + 1) + 1).min(left + 1);
            if last == Some(letter) && previous == Some(wanted) {
                left = left.min(at(&before, column.saturating_sub(1)) + 1);
            }
            row.push(left);
            last = Some(wanted);
        }
        previous = Some(letter);
        before = core::mem::replace(&mut above, row);
    }
    at(&above, other.len())
}

/// A text in quotes, for a message.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    escape::string(&mut out, text);
    escape::text(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_told_from_punctuation_and_symbols() {
        for c in "azAZéßœЖλשجदकไ한中の々ｱＡºª𝒜𠀀".chars() {
            assert!(is_letter(c), "{c}");
        }
        for c in " 09-_.,:;!?'\"`«»¿¡§×÷…–—“”‘’„•€™→∑✓★、。「」！，：？（）🦀👍\u{a0}\u{3000}\u{feff}\u{fffd}".chars()
        {
            assert!(!is_letter(c), "{c}");
        }
    }

    #[test]
    fn a_misspelt_name_finds_the_known_one() {
        let known = "max_tokens temperature model n top_p stop response_format";
        for (name, wanted) in [
            ("max_token", Some("max_tokens")),
            ("maxTokens", Some("max_tokens")),
            ("max-tokens", Some("max_tokens")),
            ("temprature", Some("temperature")),
            ("tempreature", Some("temperature")),
            ("respons_format", Some("response_format")),
            ("modle", Some("model")),
            ("stops", Some("stop")),
            ("m", None),
            ("topP", Some("top_p")),
            ("tob_q", None),
            ("maximum_tokens", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), wanted, "{name}");
        }
    }
}
