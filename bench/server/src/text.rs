//! The texts of the replies: tokens of prose, and a report in JSON.
//!
//! Invariant: the same bytes at every start, with exactly the requested length.

/// About four characters each, as tokens are, with a few escapes and a few letters outside ASCII.
const TOKENS: [&str; 32] = [
    " the",
    " of",
    "ing",
    " and",
    " to",
    " in",
    " that",
    ",",
    " a",
    " with",
    "tion",
    ".",
    " for",
    " is",
    " model",
    " stream",
    " parse",
    "er",
    "ed",
    " data",
    "\n",
    " \"",
    " time",
    " over",
    " one",
    " cost",
    " byte",
    " each",
    " fast",
    " caf\u{e9}",
    " \u{2014}",
    " path",
];

/// Characters of JSON in one delta.
const DELTA: usize = 4;

/// The characters of OpenAI's padding, which hides the lengths of tokens.
const PADDING: &str = "aQ3xZ9vLk2Mr7TnB5";

/// Returns a number below 32 for each index: the high bits of Knuth's multiplicative hash.
fn chosen(place: usize) -> usize {
    let mixed = (place as u64 + 7).wrapping_mul(6_364_136_223_846_793_005);
    usize::try_from((mixed ^ (mixed >> 32)).wrapping_mul(1_442_695_040_888_963_407) >> 59).unwrap_or_default()
}

/// Returns this many tokens, selected by a fixed rule.
pub(crate) fn tokens(count: usize) -> impl Iterator<Item = &'static str> {
    (0..count).map(|place| TOKENS[chosen(place)])
}

/// The padding of one chunk.
pub(crate) fn padding(place: usize) -> &'static str {
    &PADDING[chosen(place) / 2..]
}

/// A report of a stock of goods, of exactly `bytes` bytes, or a little more if that is too short.
pub(crate) fn report(bytes: usize) -> String {
    use std::fmt::Write as _;
    let mut out = String::from(r#"{"title":"Quarterly inventory report","items":["#);
    let mut id = 0;
    loop {
        id += 1;
        let mut item = String::new();
        // Writing to a string can't fail.
        let _ = write!(
            item,
            r#"{{"id":{id},"name":"Widget number {id}","qty":{},"price":{}.25,"active":{},"tags":["blue","heavy"],"note":"Kept on shelf \"{}\", near the caf{}"#,
            id * 7 % 91,
            id * 13 % 400,
            id % 3 != 0,
            id % 40,
            '\u{e9}',
        );
        // The end of an item and of the report.
        let end = out.len() + item.len() + r#""},"#.len() + r#""}]}"#.len();
        if end + item.len() + 8 > bytes {
            let missing = bytes.saturating_sub(out.len() + item.len() + r#""}]}"#.len());
            out.push_str(&item);
            out.extend(std::iter::repeat_n('.', missing));
            out.push_str(r#""}]}"#);
            return out;
        }
        out.push_str(&item);
        out.push_str(r#""},"#);
    }
}

/// A text in pieces of four characters.
pub(crate) fn deltas(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(DELTA).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_json_of_the_requested_length() {
        for bytes in [1 << 10, 1 << 14, 1 << 16, 100_003] {
            let report = report(bytes);
            assert_eq!(report.len(), bytes);
            let value: serde_json::Value = serde_json::from_str(&report).expect("JSON");
            assert!(value["items"].as_array().is_some_and(|items| items.len() >= bytes / 200));
            assert_eq!(deltas(&report).collect::<String>(), report);
        }
    }
}
