//! Parsing of complete JSON texts, and the macro `json!`.
//!
//! Invariant: `serde_json` and, without the feature `serde-json`, the core's own parser accept the same texts. Both read a lone surrogate as
//! U+FFFD.

use crate::prelude::*;
use crate::value::{Map, Value};

#[cfg(not(feature = "serde-json"))]
mod own;
#[cfg(feature = "serde-json")]
mod with_serde;

#[cfg(not(feature = "serde-json"))]
pub(crate) use own::{filled, first_object, is_json, json, parse};
#[cfg(feature = "serde-json")]
pub(crate) use {
    serde_json::json,
    with_serde::{first_object, is_json, parse},
};

/// Parses an object.
pub(crate) fn parse_object(text: &str) -> Result<Map<String, Value>, String> {
    match parse(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("it is JSON, but not an object".to_owned()),
        Err(reason) => Err(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced() {
        for (escapes, wanted) in [
            ("\\ud83e\\udd80", "🦀"),
            ("\\ud83e", "\u{fffd}"),
            ("\\udd80\\ud83e", "\u{fffd}\u{fffd}"),
            ("\\\\ud83e \\ud83e", "\\ud83e \u{fffd}"),
            ("\\ud83e\\ud83e\\udd80\\n", "\u{fffd}🦀\n"),
            ("\\ud83eé", "\u{fffd}é"),
        ] {
            let text = format!("{{\"{escapes}\":\"{escapes}\"}}");
            let read = parse_object(&text).unwrap();
            assert_eq!(read.get(wanted).and_then(Value::as_str), Some(wanted), "{escapes}");
            assert_eq!(first_object(&format!("{text}{{")), Some((read, text.len())), "{escapes}");
        }
        for cut in ["\"\\ud83e", "\"\\ud83e\\", "\"\\ud83\"", "\"é\\"] {
            assert!(parse(cut).is_err(), "{cut}");
        }
    }
}
