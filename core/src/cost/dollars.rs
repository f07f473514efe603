//! An amount of money.
//!
//! Invariant: amounts are exact: integers in units of 10⁻¹⁸ dollars, and decimal texts at every language border, without floating point. The
//! price of one token from a price per million with 12 decimals, times any number of tokens, has no rounding error.

use core::fmt;
use core::ops::{Add, AddAssign};

use crate::prelude::*;
use crate::value::Value;

/// Decimals of an amount.
const DECIMALS: i32 = 18;
/// The most digits before the point.
const MAX_DIGITS: i32 = 15;

/// An amount of US dollars, never negative. In JSON a decimal text: `"0.229"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dollars(u128);

impl Dollars {
    /// No dollars.
    pub const ZERO: Self = Self(0);
    /// The highest amount: 10¹⁸ dollars minus the smallest amount.
    pub const MOST: Self = Self(999_999_999_999_999_999_999_999_999_999_999_999);

    /// Parses `12`, `0.039` or `3.9e-2`. Returns `None` if the text is not a number, is negative, is over 10¹⁵, or has more than 18 decimals.
    pub fn parse(text: &str) -> Option<Self> {
        read(text, 0, false)
    }

    /// Parses a price per million units, and returns the price of one unit. Returns `None` as [`Dollars::parse`], and for more than 12 decimals.
    pub fn of_a_million(text: &str) -> Option<Self> {
        read(text, -6, false)
    }

    /// Reads a JSON text or number, as [`Dollars::parse`]. A number has the value of its shortest decimal text.
    pub fn of_value(value: &Value) -> Option<Self> {
        read(&text_of(value)?, 0, false)
    }

    /// Reads a JSON text or number, as [`Dollars::of_a_million`].
    pub(super) fn of_a_million_value(value: &Value) -> Option<Self> {
        read(&text_of(value)?, -6, false)
    }

    /// Reads a JSON text or number, rounded to 18 decimals: servers send floating point.
    pub(super) fn rounded(value: &Value) -> Option<Self> {
        read(&text_of(value)?, 0, true)
    }

    /// The amount as a JSON text.
    pub(crate) fn into_value(self) -> Value {
        self.to_string().into()
    }

    /// Multiplies the amount. The result is at most [`Dollars::MOST`].
    #[inline(never)]
    pub fn times(self, count: u64) -> Self {
        let count = u128::from(count);
        // In two halves: a checked product of `u128`s is much code in a wasm module.
        let (high, low) = (self.0 >> 64, self.0 & u128::from(u64::MAX));
        let carried = (high * count).checked_add((low * count) >> 64).filter(|high| *high < 1 << 64);
        carried.map_or(Self::MOST, |high| Self((high << 64) | ((low * count) & u128::from(u64::MAX))).min(Self::MOST))
    }

    /// Half of the amount, rounded down to the smallest amount.
    #[cfg(feature = "serde-json")]
    pub fn half(self) -> Self {
        Self(self.0 / 2)
    }

    /// Subtracts `other`. The result is zero if `other` is higher.
    #[inline(never)]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Parses a decimal text, with its point moved by `shift` digits to the right.
fn read(text: &str, shift: i32, rounds: bool) -> Option<Dollars> {
    let text = text.trim();
    let (number, exponent) = match text.bytes().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok().filter(|exponent| exponent.abs() < 100)?),
        None => (text, 0),
    };
    if number.len() > 64 || !number.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let point = number.bytes().position(|byte| byte == b'.').unwrap_or(number.len());
    // The number of digits before the point, including the present one.
    let mut position = i32::try_from(point).ok()? + shift + exponent;
    let mut units = 0_u128;
    for (at, byte) in number.bytes().enumerate() {
        if at == point {
            continue;
        }
        let digit = u128::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        if digit > 0 && position > MAX_DIGITS {
            return None;
        }
        position -= 1;
        if position >= -DECIMALS {
            units = units * 10 + digit;
        } else if rounds && position == -DECIMALS - 1 {
            // The first digit after the last decimal decides the rounding.
            units += u128::from(digit >= 5);
        } else if !rounds && digit > 0 {
            return None;
        }
    }
    // Digits that the text left out: at most 33.
    while position > -DECIMALS && units > 0 {
        position -= 1;
        units *= 10;
    }
    Some(Dollars(units))
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.as_str().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Most significant first: two groups of dollars, two of decimals.
        let mut groups = [0; 4];
        let mut rest = self.0;
        for group in groups.iter_mut().rev() {
            (rest, *group) = split(rest);
        }
        let [millions, whole, high, low] = groups.map(u64::from);
        let text = format!("{}.{high:09}{low:09}", millions * u64::from(GROUP) + whole);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Nine decimal digits.
const GROUP: u32 = 1_000_000_000;

/// Splits off the last nine digits of a number. A division of `u128`s would be much code in a wasm module.
fn split(number: u128) -> (u128, u32) {
    let (mut quotient, mut rest) = (0, 0_u64);
    for shift in [96, 64, 32, 0] {
        let part = (rest << 32) | u64::from(u32::try_from((number >> shift) & 0xffff_ffff).unwrap_or_default());
        quotient |= u128::from(part / u64::from(GROUP)) << shift;
        rest = part % u64::from(GROUP);
    }
    (quotient, u32::try_from(rest).unwrap_or_default())
}

impl Add for Dollars {
    type Output = Self;

    #[inline(never)]
    fn add(self, other: Self) -> Self {
        // The sum of the two highest amounts fits into a `u128`.
        Self(self.0 + other.0).min(Self::MOST)
    }
}

impl AddAssign for Dollars {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(not(feature = "serde-json"))]
impl crate::value::ToValue for Dollars {
    fn to_value(&self) -> Value {
        self.into_value()
    }
}

#[cfg(feature = "serde-json")]
impl serde::Serialize for Dollars {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde-json")]
impl<'de> serde::Deserialize<'de> for Dollars {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::of_value(&value)
            .ok_or_else(|| serde::de::Error::custom("an amount of dollars must be a text such as \"0.05\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Option<String> {
        Dollars::parse(text).map(|dollars| dollars.to_string())
    }

    #[test]
    fn texts_are_parsed_and_written() {
        for (text, same) in [
            ("0", "0"),
            ("1", "1"),
            ("0.039", "0.039"),
            ("00012.5000", "12.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("3.9e-8", "0.000000039"),
            ("1.5E3", "1500"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("999999999999999.999999999999999999", "999999999999999.999999999999999999"),
            ("0e99", "0"),
            (" 0.1 ", "0.1"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(same), "{text}");
        }
    }

    #[test]
    fn invalid_amounts_are_refused() {
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1,5",
            "NaN",
            "inf",
            "0x1",
            "1e",
            "1e1000000",
            "e5",
            "1 2",
            "0.0000000000000000001",
            "1000000000000000",
            "1e15",
            "½",
            "1.2.3",
            "$1",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn prices_per_million_are_exact() {
        let input = Dollars::of_a_million("0.039").unwrap();
        let output = Dollars::of_a_million("0.19").unwrap();
        assert_eq!((input.times(1_000_000) + output.times(1_000_000)).to_string(), "0.229");
        assert_eq!(input.times(1).to_string(), "0.000000039");
        assert_eq!(Dollars::of_a_million("0.0000000000001"), None);
    }

    #[test]
    fn floats_of_servers_are_rounded() {
        assert_eq!(Dollars::rounded(&0.000_241_8.into()).unwrap().to_string(), "0.0002418");
        assert_eq!(
            Dollars::rounded(&serde_json::json!("0.1234567890123456785")).unwrap().to_string(),
            "0.123456789012345679"
        );
        assert_eq!(Dollars::of_value(&0.1.into()).unwrap().to_string(), "0.1");
        assert_eq!(Dollars::of_value(&serde_json::json!(true)), None);
    }

    #[test]
    fn overflow_gives_the_highest_amount() {
        let most = "999999999999999999.999999999999999999";
        assert_eq!(Dollars::MOST.to_string(), most);
        assert_eq!((Dollars::MOST + Dollars::of_a_million("1").unwrap()).to_string(), most);
        assert_eq!(Dollars::MOST.times(u64::MAX).to_string(), most);
        assert_eq!(Dollars::parse("1000").unwrap().times(u64::MAX).to_string(), most);
        assert_eq!(Dollars::MOST.times(1), Dollars::MOST);
    }

    proptest! {
        #[test]
        fn products_are_exact(units in 0_u128..1_000_000_000_000_000_000_000_000_000_000_000, count: u64) {
            let product = units.checked_mul(u128::from(count)).filter(|product| *product <= Dollars::MOST.0);
            prop_assert_eq!(Dollars(units).times(count).0, product.unwrap_or(Dollars::MOST.0));
        }

        #[test]
        fn amounts_survive_a_round_trip(units in 0_u128..1_000_000_000_000_000_000_000_000_000_000_000) {
            let dollars = Dollars(units);
            prop_assert_eq!(Dollars::parse(&dollars.to_string()), Some(dollars));
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in "[0-9eE.+ -]{0,24}") {
            let _ = Dollars::parse(&text);
        }
    }
}
