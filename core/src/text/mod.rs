//! Text search and quoting for messages.
//!
//! Substring search is naive on purpose: the patterns are short constants, so the time is linear, and the standard library's search is a
//! large part of a wasm module.

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

/// Returns the position of the first match.
pub(crate) fn find(text: &str, pattern: &str) -> Option<usize> {
    find_bytes(text.as_bytes(), pattern.as_bytes())
}

/// Returns the position of the first match.
pub(crate) fn find_bytes(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    let first = *pattern.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(pattern) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Returns the position of the first line feed or carriage return.
#[cfg(feature = "serde-json")]
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2(b'\n', b'\r', bytes)
}

/// Returns the position of the first line feed or carriage return. Scans eight bytes at a time.
#[cfg(not(feature = "serde-json"))]
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

/// Returns whether a space-separated list contains a name. A list in one string needs eight bytes less per name in a wasm module than a
/// slice of strings.
#[inline(never)]
pub(crate) fn list_contains(names: &str, name: &str) -> bool {
    names.split(' ').any(|known| known == name)
}

/// Returns whether a text contains a pattern.
pub(crate) fn contains(text: &str, pattern: &str) -> bool {
    find(text, pattern).is_some()
}

/// Splits a text at the first match.
pub(crate) fn split<'t>(text: &'t str, pattern: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text, pattern)?;
    Some((text.get(..at)?, text.get(at + pattern.len()..)?))
}

/// Returns whether a character is a letter or a non-ASCII digit: any character outside the Unicode blocks of punctuation, symbols and
/// emoji. Exact tables would need 2 KB in a wasm module.
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

/// Replaces all matches.
pub(crate) fn replace(text: &str, pattern: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = split(rest, pattern) {
        out.push_str(before);
        out.push_str(with);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Maximum number of characters quoted from a caller's text.
const MAX_QUOTE_LENGTH: usize = 200;

/// Shortens a text to at most 200 characters.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTE_LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Returns the known name that a misspelled name most likely stands for. Names match if they differ only in case, `_` and `-`, or by one
/// edit (names of four to seven letters) or two (longer names). A swap of adjacent letters is one edit. `known` is separated by spaces.
pub(crate) fn nearest<'k>(name: &str, known: &'k str) -> Option<&'k str> {
    const MAX_LENGTH: usize = 40;
    let letters = letters(name);
    let mut best = None;
    for candidate in known.split(' ') {
        let wanted = self::letters(candidate);
        let limit = match letters.len().min(wanted.len()) {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        };
        if letters.len().max(wanted.len()) > MAX_LENGTH || letters.len().abs_diff(wanted.len()) > limit {
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

/// Returns the edit distance: the number of insertions, deletions, replacements and swaps of adjacent letters.
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

/// Quotes a text for a message.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    escape::string(&mut out, text);
    escape::text(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_distinguished_from_punctuation_and_symbols() {
        for c in "azAZéßœЖλשجदकไ한中の々ｱＡºª𝒜𠀀".chars() {
            assert!(is_letter(c), "{c}");
        }
        for c in " 09-_.,:;!?'\"`«»¿¡§×÷…–—“”‘’„•€™→∑✓★、。「」！，：？（）🦀👍\u{a0}\u{3000}\u{feff}\u{fffd}".chars()
        {
            assert!(!is_letter(c), "{c}");
        }
    }

    #[test]
    fn misspelled_name_finds_the_known_one() {
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
