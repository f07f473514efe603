//! Decoder for the inside of a JSON string, one character at a time.
//!
//! Invariant: never fails. Invalid escapes are kept as text, and lone surrogates become U+FFFD.

use core::mem::take;

/// Decodes characters until the closing quote.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    escape: Escape,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

#[derive(Debug, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    /// The value of the `\u` digits so far, and their number.
    Unicode(u32, u8),
}

pub(super) enum Decoded {
    Pending,
    Chars([Option<char>; 2]),
    /// The closing quote.
    End,
}

impl Decoder {
    pub(super) fn push(&mut self, char: char) -> Decoded {
        match take(&mut self.escape) {
            Escape::None => match char {
                '"' => Decoded::End,
                '\\' => {
                    self.escape = Escape::Backslash;
                    Decoded::Pending
                }
                _ => self.chars(char),
            },
            Escape::Backslash => match char {
                'u' => {
                    self.escape = Escape::Unicode(0, 0);
                    Decoded::Pending
                }
                'n' => self.chars('\n'),
                't' => self.chars('\t'),
                'r' => self.chars('\r'),
                'b' => self.chars('\u{8}'),
                'f' => self.chars('\u{c}'),
                '"' | '\\' | '/' => self.chars(char),
                // An invalid escape; both characters are kept.
                _ => Decoded::Chars([Some('\\'), Some(char)]),
            },
            Escape::Unicode(value, digits) => {
                let Some(digit) = char.to_digit(16) else { return Decoded::Chars([Some(REPLACEMENT), Some(char)]) };
                let value = value * 16 + digit;
                if digits < 3 {
                    self.escape = Escape::Unicode(value, digits + 1);
                    return Decoded::Pending;
                }
                self.code_unit(value)
            }
        }
    }

    /// Joins surrogate pairs. A lone surrogate becomes U+FFFD.
    fn code_unit(&mut self, unit: u32) -> Decoded {
        match (self.high, unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                self.high = None;
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
                Decoded::Chars([char::from_u32(code), None])
            }
            (before, 0xd800..=0xdbff) => {
                self.high = Some(unit);
                Decoded::Chars([before.map(|_| REPLACEMENT), None])
            }
            _ => self.chars(char::from_u32(unit).unwrap_or(REPLACEMENT)),
        }
    }

    fn chars(&mut self, char: char) -> Decoded {
        match self.high.take() {
            Some(_) => Decoded::Chars([Some(REPLACEMENT), Some(char)]),
            None => Decoded::Chars([Some(char), None]),
        }
    }
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;
