//! Tests of the parser, the live value and the recorded operations.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use trilogue_core::json::{Fault, Limits, Literal, Mirror, Ops, Parser, Sink};

use crate::text::json;
use crate::{characters, cut, read, read_within, replay, splits};

/// Returns the error message of an invalid text.
fn error_message(text: &str) -> String {
    for pieces in splits(text) {
        assert_eq!(read(&pieces), read(&[text]), "{pieces:?}");
    }
    read(&[text]).end.unwrap_err().to_string()
}

#[test]
fn error_names_expectation_and_position() {
    for (text, expected) in [
        (r#"{"a": "b" x}"#, "expected a comma or `}` at byte 10, found `x`"),
        ("[1 2]", "expected a comma or `]` at byte 3, found `2`"),
        ("[1}", "expected a comma or `]` at byte 2, found `}`"),
        ("[1,]", "expected a value at byte 3, found `]`"),
        ("[,", "expected a value or `]` at byte 1, found `,`"),
        ("{a", "expected a key or `}` at byte 1, found `a`"),
        (r#"{"a":1,}"#, "expected a key at byte 7, found `}`"),
        (r#"{"é" 1}"#, "expected a colon at byte 6, found `1`"),
        (r#"{"é":🦀}"#, "expected a value at byte 6, found `🦀`"),
        (r#""\x""#, r"expected an escape after `\` at byte 2, found `x`"),
        (r#""\u12g4""#, r"expected four hexadecimal digits after `\u` at byte 5, found `g`"),
        ("\"a\nb\"", r"expected an escape instead of a control character at byte 2, found `\n`"),
        ("[nul]", "expected `null` at byte 4, found `]`"),
        ("[1.]", "expected a digit at byte 3, found `]`"),
        ("[01]", "expected no digit after a leading zero at byte 2, found `1`"),
        ("{} {}", "expected nothing more at byte 3, found `{`"),
        ("1 é", "expected nothing more at byte 2, found `é`"),
        ("[0, 1e999]", "the number at byte 4 is too large"),
        ("-1e999", "the number at byte 0 is too large"),
        ("  ", "the text ended before a value at byte 2"),
        (r#"["abc"#, "the text ended inside a string at byte 5"),
        (r#"["abc\u12"#, "the text ended inside a string at byte 9"),
        (r#"{"abc"#, "the text ended inside a key at byte 5"),
        (r#"{"abc" :"#, "the text ended inside an object at byte 8"),
        ("[[],", "the text ended inside an array at byte 4"),
        ("-", "the text ended inside a number at byte 1"),
        ("tr", "the text ended inside a literal at byte 2"),
    ] {
        assert_eq!(error_message(text), expected, "{text}");
    }
}

#[test]
fn errors_are_sticky() {
    let mut parser = Parser::default();
    let mut ops = Ops::default();
    let error = parser.push("[1 ?", &mut ops).unwrap_err();
    let events = ops.clone();
    assert_eq!(parser.push(",2]", &mut ops), Err(error));
    assert_eq!(parser.finish(&mut ops), Err(error));
    assert_eq!(ops, events);
}

#[test]
fn lone_surrogate_becomes_replacement_character() {
    for (text, expected) in [
        (r#""\ud83e\udd80""#, "🦀"),
        (r#""\ud83e""#, "\u{fffd}"),
        (r#""\udd80""#, "\u{fffd}"),
        (r#""\ud83ea""#, "\u{fffd}a"),
        (r#""\ud83e\n""#, "\u{fffd}\n"),
        (r#""\ud83e\u0041""#, "\u{fffd}A"),
        (r#""\ud83e\ud83e\udd80""#, "\u{fffd}🦀"),
        (r#""\udd80\ud83e""#, "\u{fffd}\u{fffd}"),
        (r#""\ud83e\ud83e""#, "\u{fffd}\u{fffd}"),
    ] {
        for pieces in splits(text) {
            assert_eq!(read(&pieces).value, json!(expected), "{pieces:?}");
        }
        let key = format!("{{{text}: 1}}");
        for pieces in splits(&key) {
            assert_eq!(read(&pieces).value, json!({expected: 1}), "{pieces:?}");
        }
    }
}

#[test]
fn number_at_root_ends_with_whitespace_or_finish() {
    let (mut parser, mut mirror) = (Parser::default(), Mirror::default());
    parser.push("12", &mut mirror).unwrap();
    assert!(!parser.is_complete());
    assert_eq!(mirror.value(), Value::Null);
    let mut ended = (parser.clone(), mirror.clone());
    ended.0.finish(&mut ended.1).unwrap();
    assert!(ended.0.is_complete());
    assert_eq!(ended.1.into_value(), json!(12));
    parser.push("3 ", &mut mirror).unwrap();
    assert!(parser.is_complete());
    assert_eq!((mirror.into_value(), parser.consumed()), (json!(123), 4));
}

#[test]
fn numbers_equal_those_of_serde_json() {
    for text in [
        "0",
        "-0",
        "-0.0",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "1e308",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "1e-999",
        "0e999",
        "122.416294033786585",
        "5e-324",
        "123456789012345678901234567890.123456789e-10",
        &"9".repeat(308),
        &"9".repeat(309),
        &format!("0.{}1e400", "0".repeat(400)),
        &format!("1{}e-400", "0".repeat(400)),
    ] {
        let expected = serde_json::from_str::<Value>(text);
        for pieces in splits(text) {
            let read = read(&pieces);
            assert_eq!(read.end.is_ok(), expected.is_ok(), "{text}");
            if let Ok(expected) = &expected {
                assert_eq!(read.value.to_string(), expected.to_string());
            }
        }
    }
}

#[test]
fn value_grows_with_each_piece() {
    let (mut parser, mut mirror) = (Parser::default(), Mirror::default());
    let mut seen = Vec::new();
    for piece in [r#"{"na"#, r#"me": "#, r#""A"#, "da", r#"", "ok": tr"#, r#"ue, "list": [1"#, ", 2", "]", "}"] {
        parser.push(piece, &mut mirror).unwrap();
        seen.push((mirror.value().to_string(), parser.depth()));
    }
    let expected = [
        ("{}", 1),
        ("{}", 1),
        (r#"{"name":"A"}"#, 1),
        (r#"{"name":"Ada"}"#, 1),
        (r#"{"name":"Ada"}"#, 1),
        (r#"{"name":"Ada","ok":true,"list":[]}"#, 2),
        (r#"{"name":"Ada","ok":true,"list":[1]}"#, 2),
        (r#"{"name":"Ada","ok":true,"list":[1,2]}"#, 1),
        (r#"{"name":"Ada","ok":true,"list":[1,2]}"#, 0),
    ];
    assert_eq!(seen, expected.map(|(value, depth)| (value.to_owned(), depth)));
}

#[test]
fn last_duplicate_member_wins() {
    let text = r#"{"a": {"b": 1}, "c": 2, "a": [3]}"#;
    assert_eq!(read(&[text]).value.to_string(), serde_json::from_str::<Value>(text).unwrap().to_string());
}

#[test]
fn operations_have_stable_codes() {
    let read = read(&[r#"{"é🦀":"a"#, "🦀", r#"b", "n": [-1.5e3, null, true, false, ""]}"#]);
    let codes = [0, 2 | 3 << 4, 3, 4 | 4 << 4, 5, 2 | 1 << 4, 1, 6 | 6 << 4, 7, 8, 9, 3, 5, 10, 10];
    assert_eq!(read.codes, codes);
    assert_eq!(read.text, "é🦀a🦀bn-1.5e3");
}

#[test]
fn text_is_emitted_immediately() {
    let (mut parser, mut ops) = (Parser::default(), Ops::default());
    parser.push("[", &mut ops).unwrap();
    assert_eq!(ops.take(), (vec![1], String::new()));
    parser.push("\"", &mut ops).unwrap();
    assert_eq!(ops.take(), (vec![3], String::new()));
    parser.push(r"a\", &mut ops).unwrap();
    assert_eq!(ops.take(), (vec![4 | 1 << 4], "a".to_owned()));
    parser.push("nb", &mut ops).unwrap();
    assert_eq!(ops.take(), (vec![4 | 2 << 4], "\nb".to_owned()));
    assert!(ops.is_empty());
}

#[test]
fn excessive_depth_is_refused_at_its_opening() {
    let limits = Limits { depth: 3, ..Limits::default() };
    for pieces in splits("[{\"a\":[]}, [[[]]]]") {
        let read = read_within(limits, &pieces);
        let error = read.end.unwrap_err();
        assert_eq!((error.offset, error.fault), (13, Fault::Depth(3)), "{pieces:?}");
        assert_eq!(read.value, json!([{"a": []}, [[]]]));
    }
    assert_eq!(read_within(limits, &["[{\"a\":[]}]"]).end, Ok(()));
    // The default is the depth limit of `serde_json`.
    for depth in [127, 128] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(read(&[&text]).end.is_ok(), serde_json::from_str::<Value>(&text).is_ok(), "{depth}");
    }
}

#[test]
fn excessive_length_is_refused_at_the_limit() {
    let text = r#"["aé🦀", 1] "#;
    for bytes in 0..=text.len() + 1 {
        let limits = Limits { bytes, ..Limits::default() };
        let whole = read_within(limits, &[text]);
        for pieces in splits(text) {
            assert_eq!(read_within(limits, &pieces), whole, "{bytes} {pieces:?}");
        }
        match whole.end {
            Ok(()) => assert!(bytes >= text.len()),
            Err(error) => {
                assert!(bytes < text.len());
                assert_eq!(error.to_string(), format!("the text is longer than {bytes} bytes"));
            }
        }
    }
}

/// Returns whether `part` can become `whole` by appending text.
fn grows_to(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::String(part), Value::String(whole)) => whole.starts_with(part),
        (Value::Array(part), Value::Array(whole)) => {
            let Some((last, before)) = part.split_last() else { return true };
            whole.starts_with(before) && whole.get(before.len()).is_some_and(|whole| grows_to(last, whole))
        }
        (Value::Object(part), Value::Object(whole)) => part.iter().zip(1..).all(|((name, value), number)| {
            let Some((other, into)) = whole.iter().nth(number - 1) else { return false };
            name == other && if number < part.len() { value == into } else { grows_to(value, into) }
        }),
        _ => part == whole,
    }
}

/// Whether the root has started.
#[derive(Default)]
struct Begun(bool);

impl Sink for Begun {
    fn object(&mut self) {
        self.0 = true;
    }
    fn array(&mut self) {
        self.0 = true;
    }
    fn key(&mut self, _: &str) {}
    fn string(&mut self) {
        self.0 = true;
    }
    fn text(&mut self, more: &str) {
        assert!(!more.is_empty(), "no empty text is events");
    }
    fn string_end(&mut self) {}
    fn number(&mut self, _: &str) {
        self.0 = true;
    }
    fn literal(&mut self, _: Literal) {
        self.0 = true;
    }
    fn close(&mut self) {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_split_gives_the_same_value_and_operations(
        text in json(false),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let whole = read(&[&text]);
        prop_assert_eq!(whole.end, Ok(()));
        // Compared as text, because equal maps may differ in their order.
        prop_assert_eq!(whole.value.to_string(), serde_json::from_str::<Value>(&text).unwrap().to_string());
        prop_assert_eq!(&read(&cut(&text, &cuts)), &whole);
        prop_assert_eq!(&read(&characters(&text)), &whole);
    }

    #[test]
    fn replayed_operations_give_the_value(text in json(false), cuts in prop::collection::vec(any::<Index>(), 0..12)) {
        let (mut parser, mut ops, mut mirror) = (Parser::default(), Ops::default(), Mirror::default());
        for piece in cut(&text, &cuts) {
            parser.push(piece, &mut ops).unwrap();
            let (codes, text) = ops.take();
            replay(&codes, &text, &mut mirror);
        }
        parser.finish(&mut ops).unwrap();
        let (codes, rest) = ops.take();
        replay(&codes, &rest, &mut mirror);
        prop_assert_eq!(mirror.into_value(), serde_json::from_str::<Value>(&text).unwrap());
    }

    #[test]
    fn value_so_far_is_a_prefix_of_the_value(text in json(true)) {
        let last: Value = serde_json::from_str(&text).unwrap();
        let (mut parser, mut sinks) = (Parser::default(), (Mirror::default(), Begun::default()));
        let mut before: Option<Value> = None;
        for piece in characters(&text) {
            parser.push(piece, &mut sinks).unwrap();
            if sinks.1.0 {
                let now = sinks.0.value();
                prop_assert!(grows_to(&now, &last), "{} {}", now, last);
                prop_assert!(before.is_none_or(|before| grows_to(&before, &now)), "{}", now);
                before = Some(now);
            } else {
                prop_assert_eq!(sinks.0.value(), Value::Null);
            }
        }
    }

    /// Inserts, replaces or removes a character.
    #[test]
    fn refuses_the_same_texts_as_serde_json(
        text in json(false),
        at in any::<Index>(),
        length in 0..2_usize,
        other in "[-+.,:{}\\[\\]\"\\\\/a-fnu0-9 \n\u{1}é]?",
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let mut broken: Vec<_> = characters(&text);
        let at = at.index(broken.len());
        broken.splice(at..at + length, [other.as_str()]);
        let broken = broken.concat();
        let whole = read(&[&broken]);
        prop_assert_eq!(&read(&cut(&broken, &cuts)), &whole);
        prop_assert_eq!(&read(&characters(&broken)), &whole);
        match serde_json::from_str::<Value>(&broken) {
            Ok(value) => prop_assert_eq!((whole.end, whole.value), (Ok(()), value)),
            Err(why) if why.to_string().contains("surrogate") || why.to_string().contains("unexpected end of hex") => {}
            Err(why) => prop_assert!(whole.end.is_err(), "{} {}", broken, why),
        }
    }
}
