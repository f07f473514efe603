//! Parsing of durations and dates in headers and messages.
//!
//! Invariant: the current time is an argument. Unknown forms are `None`, never a guess.

use core::time::Duration;

use crate::text;
use crate::text::number::decimal;

/// Smallest number that is a Unix time in seconds (2001) instead of a wait (31 years).
const FIRST_UNIX_SECONDS: f64 = 1e9;
/// Smallest number that is a Unix time in milliseconds (1973), as OpenRouter sends it, instead of seconds (the year 5138).
const FIRST_UNIX_MILLISECONDS: f64 = 1e11;

/// A duration in whole milliseconds. In 64 bits, since formatting floats or integers of 128 bits would add eight kilobytes to the wasm module.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1000).saturating_add(time.subsec_millis().into())
}

/// Parses a wait time: seconds (`20`, `1.5`), a duration (`6m0s`, `2 minutes`), a Unix time in seconds or milliseconds, or an HTTP or RFC
/// 3339 date. A time in the past is a wait of zero.
pub(crate) fn parse_wait(text: &str, unix_time: Duration) -> Option<Duration> {
    let text = text.trim();
    if let Some(number) = decimal(text) {
        let at = if number >= FIRST_UNIX_MILLISECONDS { number / 1000.0 } else { number };
        let is_time = number >= FIRST_UNIX_SECONDS;
        return seconds(if is_time { (at - unix_time.as_secs_f64()).max(0.0) } else { number });
    }
    if let Some((duration, "")) = leading_duration(text) {
        return Some(duration);
    }
    let at = http_date(text).or_else(|| rfc3339(text))?;
    Some(at.saturating_sub(unix_time))
}

pub(crate) fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// Parses the duration at the start of a text: `12ms`, `1.5s`, `6m0s`, `1h2m3s`, `20 seconds`, `1 minute 30 seconds`. A number without a
/// unit is in seconds. Returns the duration and the rest of the text.
pub(crate) fn leading_duration(text: &str) -> Option<(Duration, &str)> {
    let mut total = None;
    let mut rest = text.trim_start();
    loop {
        let (number, tail) = rest.split_at_checked(number_length(rest))?;
        let Some(number) = decimal(number).filter(|_| !tail.starts_with('-')) else { break };
        let unit = tail.trim_start();
        let length = unit.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at_checked(length)?;
        match (scale(unit), total) {
            (Some(scale), _) => total = Some(total.unwrap_or(0.0) + number * scale),
            (None, None) if unit.is_empty() => return Some((seconds(number)?, tail)),
            _ => break,
        }
        rest = after.trim_start();
    }
    Some((seconds(total?)?, rest))
}

/// Returns the length of the decimal number at the start. A trailing full stop belongs to the sentence.
fn number_length(text: &str) -> usize {
    let length = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.get(..length).unwrap_or_default().trim_end_matches('.').len()
}

/// Returns the number of seconds in a unit.
fn scale(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "msec" | "milliseconds" | "millisecond" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86400.0,
        _ => return None,
    })
}

/// Parses an HTTP date, such as `Tue, 14 Nov 2023 22:13:30 GMT`, as the time since 1970.
pub(crate) fn http_date(text: &str) -> Option<Duration> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = text.trim().split([' ', ':']).skip(1);
    let mut next = || parts.next();
    let day: u64 = next()?.parse().ok()?;
    let month = next().filter(|name| name.len() == 3).and_then(|name| text::find(MONTHS, name))? as u64 / 3 + 1;
    let year = next()?.parse().ok()?;
    let mut clock = || next()?.parse::<u64>().ok();
    let seconds = (clock()? * 60 + clock()?) * 60 + clock()?;
    Some(Duration::from_secs(days(year, month, day)? * 86_400 + seconds))
}

/// Parses an RFC 3339 date, such as `2023-11-14T22:13:30Z`, with optional fraction and offset, as the time since 1970. Fractions are
/// rounded up, because a wait that is too short would be refused again.
pub(crate) fn rfc3339(text: &str) -> Option<Duration> {
    let (date, clock) = text.split_at_checked(10)?;
    let mut date = date.split('-').map(str::parse::<u64>);
    let mut part = || date.next()?.ok();
    let days = days(part()?, part()?, part()?)?;
    let (clock, zone) = clock.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    let of_day = minutes(clock.get(..5)?)? * 60 + clock.get(5..)?.strip_prefix(':')?.parse::<u64>().ok()?;
    let fraction = zone.strip_prefix('.').map_or(0, |rest| 1 + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(0));
    let (fraction, zone) = zone.split_at_checked(fraction)?;
    let time = days * 86_400 + of_day + u64::from(!fraction.is_empty());
    let time = match zone.strip_prefix(['+', '-']) {
        Some(offset) if zone.starts_with('+') => time.checked_sub(minutes(offset)? * 60)?,
        Some(offset) => time + minutes(offset)? * 60,
        None if matches!(zone, "Z" | "z" | "") => time,
        None => return None,
    };
    Some(Duration::from_secs(time))
}

/// Parses `HH:MM` as minutes.
fn minutes(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Returns the number of days since 1970-01-01.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    // Years start in March, so that a leap day is the last day of a year.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    (year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day).checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    #[test]
    fn all_forms_of_a_wait_are_parsed() {
        for (text, milliseconds) in [
            ("20", 20_000),
            (" 1.5 ", 1500),
            ("0", 0),
            ("12ms", 12),
            ("6m0s", 360_000),
            ("1h2m3.5s", 3_723_500),
            ("2 minutes", 120_000),
            ("1 minute 30 seconds", 90_000),
            ("1700000030", 30_000),
            ("1700000030000", 30_000),
            ("1699999999", 0),
            ("1699999999000", 0),
            ("Tue, 14 Nov 2023 22:13:30 GMT", 10_000),
            ("2023-11-14T22:13:30Z", 10_000),
            ("2023-11-14T22:13:29.123456Z", 10_000),
            ("2023-11-15T00:13:30+02:00", 10_000),
            ("2023-11-14T20:13:30-02:00", 10_000),
            ("2023-11-14 22:13:30", 10_000),
            ("2020-02-29T00:00:00Z", 0),
        ] {
            assert_eq!(parse_wait(text, NOW), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "soon", "-1", "20 requests", "s", "2023-11-14", "2023-13-14T00:00:00Z", "2023-11-14T22:13:30X"]
        {
            assert_eq!(parse_wait(text, NOW), None, "{text}");
        }
    }

    #[test]
    fn duration_ends_before_the_rest_of_the_sentence() {
        for (text, milliseconds, rest) in [
            ("2.5s.", 2500, "."),
            ("20. Thank you", 20_000, ". Thank you"),
            ("1m30s, or upgrade", 90_000, ", or upgrade"),
            ("20 seconds to 3 users", 20_000, "to 3 users"),
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(leading_duration(text), Some((duration, rest)), "{text}");
        }
        assert_eq!(leading_duration("3 requests"), None);
    }
}
