//! Normalisation of tool names.
//!
//! Invariant: a name that was emitted is never changed by later text.

use crate::text;

/// Names longer than this are not searched for markers; no API accepts them.
pub(crate) const MAX_NAME_LENGTH: usize = 256;
const NAMESPACE: &str = "functions.";

/// Returns a tool's name without the text that servers add: whitespace, quotes, the namespace `functions.`, the call's number
/// (`functions.get_weather:0`, Kimi) and gpt-oss markers (`<|channel|>commentary to=functions.get_weather`, vllm-project/vllm#32587).
pub(crate) fn normalize_name(raw: &str) -> &str {
    if raw.len() > MAX_NAME_LENGTH {
        return raw;
    }
    if let Some((name, _)) = certain_name(raw) {
        return name;
    }
    // The text consists of markers and separators.
    let mut rest = raw;
    while let Some((_, after)) = text::split(rest, "|>").filter(|(_, after)| !after.is_empty()) {
        rest = after;
    }
    rest.split('<').next().unwrap_or_default().trim_matches(is_around_name)
}

/// Returns the name at the start of a text, and the text after it; `None` while more text could change where the name begins.
pub(crate) fn certain_name(raw: &str) -> Option<(&str, &str)> {
    let trimmed = raw.trim_matches(is_around_name);
    let (text, least) = match text::split(trimmed, "to=") {
        Some((_, recipient)) => (recipient, 0),
        // A name as short as `f` is complete at once.
        None => (trimmed, "function".len()),
    };
    let end = text.find(|char: char| char == '<' || least == 0 && char.is_whitespace()).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let name = name.trim_end_matches(is_around_name);
    if rest.is_empty() && name.len() >= least && NAMESPACE.starts_with(name) {
        return None;
    }
    let name = match name.strip_prefix(NAMESPACE) {
        Some(local) => local.rsplit_once(':').filter(|(_, number)| is_number(number)).map_or(local, |(local, _)| local),
        None => name,
    };
    (!name.is_empty()).then_some((name, rest))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_around_name(char: char) -> bool {
    char.is_whitespace() || matches!(char, '"' | '\'' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stripped_of_surrounding_text() {
        for (input, wanted) in [
            ("plain", "plain"),
            ("f", "f"),
            ("function", "function"),
            ("query_dataset<|channel|>commentary", "query_dataset"),
            ("<|channel|>commentary to=functions.get_weather", "get_weather"),
            ("<|start|>assistant<|channel|>commentary to=get_weather <|constrain|>json", "get_weather"),
            ("<|constrain|>get_weather", "get_weather"),
            ("get_weather <|constrain|>json", "get_weather"),
            ("functions.get_weather", "get_weather"),
            ("functions.get_weather:0", "get_weather"),
            ("functions.a:b", "a:b"),
            ("server:tool:0", "server:tool:0"),
            (" \"get_weather\"\n", "get_weather"),
            ("", ""),
        ] {
            assert_eq!(normalize_name(input), wanted, "{input}");
        }
    }
}
