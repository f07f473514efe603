//! Small conversions of decimal numbers.
//!
//! Invariant: exact for numbers with few digits, as in headers, options and counts; otherwise off by at most one neighbouring double. The
//! exact conversions of the standard library need tables of 20 KB in a wasm module.

use core::time::Duration;

use crate::prelude::*;

/// Parses a number with optional sign, decimal point and exponent.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mut mantissa, mut exponent, mut digits, mut after_point) = (0_u64, 0_i32, 0_u32, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                if mantissa < u64::MAX / 10 - 1 {
                    mantissa = mantissa * 10 + u64::from(byte - b'0');
                    exponent -= i32::from(after_point);
                } else {
                    exponent += i32::from(!after_point);
                }
            }
            b'.' if !after_point => after_point = true,
            b'e' | b'E' if digits > 0 => {
                exponent = exponent.saturating_add(power(text.get(at + 1..)?)?);
                break;
            }
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "that is what a double is")]
    let mut value = mantissa as f64;
    let mut left = exponent.clamp(-700, 700);
    while left != 0 && value != 0.0 {
        let step = left.clamp(-22, 22);
        let power = (0..step.abs()).fold(1.0, |power, _| power * 10.0);
        value = if step > 0 { value * power } else { value / power };
        left -= step;
    }
    Some(if negative { -value } else { value })
}

/// Parses an exponent, limited to a range that exceeds that of a double.
fn power(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Exceeds the range of a double.
    let power = digits.parse::<u64>().ok().and_then(|power| i32::try_from(power).ok()).unwrap_or(9999);
    Some(if text.starts_with('-') { -power } else { power })
}

/// Formats a duration in seconds with one decimal place.
pub(crate) fn tenths(duration: Duration) -> String {
    let tenths = duration.as_secs().saturating_mul(10) + u64::from((duration.subsec_millis() + 50) / 100);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Formats a number for a message, with at most three decimal places.
pub(crate) fn format_number(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() { "NaN" } else { "infinity" }.to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a saturated one is as wrong as the given one"
    )]
    let thousandths = (number.abs() * 1000.0 + 0.5) as u64;
    let sign = if number < 0.0 { "-" } else { "" };
    let text = format!("{sign}{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
