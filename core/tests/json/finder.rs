//! Tests of the search for a value in text.

use serde_json::{Value, json};
use trilogue_core::json::{Finder, JsonError, Mirror, Parser, Root};

use crate::splits;

/// Returns the value found in the pieces, if any.
fn find(root: Root, pieces: &[&str]) -> (Result<(), JsonError>, Option<Value>) {
    let (mut finder, mut parser, mut mirror) = (Finder::new(root), Parser::default(), Mirror::default());
    let end = pieces.iter().try_for_each(|piece| finder.push(piece, &mut parser, &mut mirror));
    let end = end.and_then(|()| finder.finish(&mut parser, &mut mirror));
    (end, finder.found().then(|| mirror.into_value()))
}

/// Returns the value found, after checking that all splits give the same result.
fn found(root: Root, text: &str) -> (Result<(), JsonError>, Option<Value>) {
    let expected = find(root, &[text]);
    for pieces in splits(text) {
        assert_eq!(find(root, &pieces), expected, "{pieces:?}");
    }
    expected
}

#[test]
fn finds_value_in_surrounding_text() {
    let a = json!({"a": 1});
    for text in [
        r#"{"a":1}"#,
        " \u{feff}\n\u{a0}{\"a\":1}\n",
        "```json\n{\"a\":1}\n```",
        "```\n{\"a\":1}\n```",
        "```JSON5 title=x\r\n{ \"a\": 1 }\r\n```\r\n",
        "```json {\"a\":1}```",
        "````json\n{\"a\":1}\n````",
        "```javascript\n{\"a\":1}\n```",
        "Here you are:\n\n```json\n{\"a\":1}\n```\n\nI hope that {\"b\":2} helps: {",
        "Sure! {\"a\":1} is it.",
        "Of course: `{\"a\":1}`",
        "use {x} like this: {\"a\":1}",
        "use {{x}}, { y } or {}: {\"a\":1}",
        "either {} or { }: { \n\"a\":1}",
        "{\"a\":1}{\"a\":2}",
        "{\"a\":1} ] } \" ``` ?",
        "f = {\n {{\"a\":1}}",
        "<think>Shall it be {\"b\":2}? ```json\n{\"c\":3}```</think>{\"a\":1}",
        "\n<thinking>{\"b\":2}</thinkin></thinking>\n\n```json\n{\"a\":1}\n```",
        "<reasoning>{\"b\":2}</reasoning>Then: {\"a\":1}",
        "<thin {\"a\":1}",
        "<answer>{\"a\":1}</answer>",
        "In Python:\n```python\nprint({\"b\": 2})\n```\nAs JSON:\n```json\n{\"a\":1}\n```",
        "```\nnothing\n```\n```json\n{\"a\":1}\n```",
        "A `code` and ``more``, then {\"a\":1}",
    ] {
        assert_eq!(found(Root::Object, text), (Ok(()), Some(a.clone())), "{text}");
    }
}

#[test]
fn start_of_value_depends_on_root() {
    for (root, text, expected) in [
        (Root::Array, "[{\"a\":1}]", json!([{"a": 1}])),
        (Root::Array, "{\"a\": [1, 2]}", json!([1, 2])),
        (Root::Array, "as said [here] and [not there] and [ ], [ true, 1]", json!([true, 1])),
        (Root::Array, "it is [null]", json!([null])),
        (Root::Array, "it is [[\"a\"]]!", json!([["a"]])),
        (Root::Array, "it is [nul, [-1]", json!([-1])),
        (Root::Array, "```json\n[\n]\n```", json!([])),
        (Root::Object, "[{\"a\":1}]", json!({"a": 1})),
        (Root::Any, "[1] and", json!([1])),
        (Root::Any, " {\"a\":[]}", json!({"a": []})),
        (Root::Any, "\"yes\", he said", json!("yes")),
        (Root::Any, "-12.5e1", json!(-125.0)),
        (Root::Any, "12 apples", json!(12)),
        (Root::Any, "true.", json!(true)),
        (Root::Any, "```json\nnull\n```", json!(null)),
        (Root::Any, "The answer is this:\n```\n42\n```", json!(42)),
        (Root::Any, "true to its name, ```json\nfalse```", json!(true)),
        (Root::Any, "though it is odd: ```json\nfalse```", json!(false)),
        (Root::Any, "<think>\"no\"</think>\"yes\"", json!("yes")),
    ] {
        assert_eq!(found(root, text), (Ok(()), Some(expected)), "{text}");
    }
}

#[test]
fn empty_container_in_prose_is_a_fallback() {
    assert_eq!(found(Root::Object, "It is {}, I think."), (Ok(()), Some(json!({}))));
    assert_eq!(found(Root::Array, "It is [ ]."), (Ok(()), Some(json!([]))));
    assert_eq!(found(Root::Object, "Not {} but {\"a\":{}}."), (Ok(()), Some(json!({"a": {}}))));
    assert_eq!(found(Root::Object, "{} it is, not {\"a\":1}"), (Ok(()), Some(json!({}))));
}

#[test]
fn text_without_value_is_an_error() {
    for (root, text) in [
        (Root::Object, ""),
        (Root::Object, "I can't do that."),
        (Root::Object, "I'd take {x} or [1, 2] or \"a\"."),
        (Root::Array, "I'd take {\"a\": 1} or [x]."),
        (Root::Any, "I'd say 42, or true, or {\"a\": 1}."),
        (Root::Any, "tru"),
        (Root::Object, "<think>{\"a\":1} is it"),
        (Root::Object, "```python\nprint({\"a\": 1})"),
    ] {
        let (end, value) = found(root, text);
        assert_eq!(value, None, "{text}");
        assert_eq!(end.unwrap_err().to_string(), format!("the text ended before a value at byte {}", text.len()));
    }
}

#[test]
fn errors_report_positions_in_entire_text() {
    for (text, expected) in [
        ("Sure: {\"a\": x}", "expected a value at byte 12, found `x`"),
        ("é: {  \"a\" 1}", "expected a colon at byte 11, found `1`"),
        ("```json\n{a: 1}", "expected a key or `}` at byte 9, found `a`"),
        ("Sure: {\"a\": [1, ", "the text ended inside an array at byte 16"),
        ("Sure: {", "the text ended inside an object at byte 7"),
    ] {
        assert_eq!(found(Root::Object, text).0.unwrap_err().to_string(), expected, "{text}");
    }
    assert_eq!(
        found(Root::Array, "So: [ tru]e [1").0.unwrap_err().to_string(),
        "the text ended inside a number at byte 14"
    );
}

#[test]
fn value_is_available_incrementally() {
    let (mut finder, mut parser, mut mirror) = (Finder::new(Root::Object), Parser::default(), Mirror::default());
    let mut seen = Vec::new();
    for piece in ["Here: {", "\"a\": \"b", "c", "\"} and", " more {\"a\":1}"] {
        finder.push(piece, &mut parser, &mut mirror).unwrap();
        seen.push((finder.found(), mirror.value(), parser.is_complete()));
    }
    assert_eq!(
        seen,
        [
            (false, json!(null), false),
            (true, json!({"a": "b"}), false),
            (true, json!({"a": "bc"}), false),
            (true, json!({"a": "bc"}), true),
            (true, json!({"a": "bc"}), true),
        ]
    );
}
