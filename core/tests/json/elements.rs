//! Tests of the collection of values at a path.

use serde_json::{Value, json};
use trilogue_core::json::{Elements, Parser};

use crate::splits;

/// Returns the values at a path and their paths, after checking that all splits give the same result.
fn parts(path: &str, text: &str) -> Vec<(String, Value)> {
    let read = |pieces: &[&str]| {
        let (mut parser, mut elements) = (Parser::default(), Elements::new(path));
        let mut parts = Vec::new();
        for piece in pieces {
            parser.push(piece, &mut elements).unwrap();
            parts.extend(elements.take());
        }
        parser.finish(&mut elements).unwrap();
        assert_eq!(elements.take(), [], "all are told before the end");
        parts
    };
    let expected = read(&[text]);
    for pieces in splits(text) {
        assert_eq!(read(&pieces), expected, "{path} {pieces:?}");
    }
    expected.into_iter().map(|(path, value)| (serde_json::to_string(&path).unwrap(), value)).collect()
}

#[test]
fn each_item_at_a_path_is_emitted_once_and_complete() {
    let text = r#" {"title": "t", "steps": [{"n": 1, "of": [1, 2]}, "two", 3, null, [], {}], "more": {"steps": [4]}} "#;
    let expected = [json!({"n": 1, "of": [1, 2]}), json!("two"), json!(3), json!(null), json!([]), json!({})];
    let expected = expected.into_iter().enumerate().map(|(number, value)| (format!(r#"["steps",{number}]"#), value));
    assert_eq!(parts("steps.*", text), expected.collect::<Vec<_>>());
}

#[test]
fn empty_path_selects_items_of_root_array() {
    let text = r#"["a", ["b"], {"c": "é\n"}]"#;
    let expected = [("[0]", json!("a")), ("[1]", json!(["b"])), ("[2]", json!({"c": "é\n"}))];
    assert_eq!(parts("", text), expected.map(|(path, value)| (path.to_owned(), value)));
    assert_eq!(parts("*", text), parts("", text));
    assert_eq!(parts("", r#"{"a": [1]}"#), []);
    assert_eq!(parts("", r#""text""#), []);
}

#[test]
fn path_without_trailing_star_selects_one_value() {
    let text = r#"{"a": {"b": [10, 20, {"c": [true]}], "2": "two"}, "b": [1], "x": 5}"#;
    let one = |path: &str| parts(path, text);
    assert_eq!(one("a.b"), [(r#"["a","b"]"#.to_owned(), json!([10, 20, {"c": [true]}]))]);
    assert_eq!(one("a.b.1"), [(r#"["a","b",1]"#.to_owned(), json!(20))]);
    assert_eq!(one("a.b.*.c.0"), [(r#"["a","b",2,"c",0]"#.to_owned(), json!(true))]);
    assert_eq!(one("a.2"), [(r#"["a","2"]"#.to_owned(), json!("two"))]);
    assert_eq!(one("x"), [(r#"["x"]"#.to_owned(), json!(5))]);
    for path in ["a.b.3", "a.*", "x.*", "x.y", "c", "b.x", "a.b.2.d"] {
        assert_eq!(one(path), [], "{path}");
    }
}

#[test]
fn stars_are_allowed_anywhere() {
    let text = r#"[{"tags": ["a", "b"]}, {"tags": []}, 7, [["no"]], {"tags": [["c"]], "other": ["no"]}]"#;
    let expected =
        [(r#"[0,"tags",0]"#, json!("a")), (r#"[0,"tags",1]"#, json!("b")), (r#"[4,"tags",0]"#, json!(["c"]))];
    assert_eq!(parts("*.tags.*", text), expected.map(|(path, value)| (path.to_owned(), value)));
}

#[test]
fn item_is_emitted_once_complete() {
    let (mut parser, mut elements) = (Parser::default(), Elements::new("steps.*"));
    let counts = [r#"{"steps": [{"a": 1"#, "}", r#", "b"#, r#"""#, ", 12", ","].map(|piece| {
        parser.push(piece, &mut elements).unwrap();
        elements.take().len()
    });
    assert_eq!(counts, [0, 1, 0, 1, 0, 1]);
}
