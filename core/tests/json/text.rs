//! Generators of random JSON texts.

use proptest::prelude::*;

fn space() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

/// The content of a string.
fn inside() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9 ,:{}\\[\\]]{1,12}",
        1 => "[é🦀\u{2028}\u{7f}]{1,3}",
        2 => proptest::sample::select(vec![
            r#"\""#, r"\\", r"\/", r"\b", r"\f", r"\n", r"\r", r"\t", r"\u00e9", r"\u0000", r"\uFFFF", r"\ud83e\udd80",
            r"\uD834\uDD1E",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => proptest::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        2 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?",
        3 => inside().prop_map(|text| format!("\"{text}\"")),
    ]
}

/// A JSON text. With `distinct`, no object has duplicate members.
pub(crate) fn json(distinct: bool) -> impl Strategy<Value = String> {
    let value = scalar().prop_recursive(6, 64, 6, move |value| {
        let item =
            (space(), value, space()).prop_map(|(before, value, after)| format!("{before}{value}{after}")).boxed();
        let member = (space(), inside(), space(), item.clone());
        prop_oneof![
            (prop::collection::vec(item, 0..5), space()).prop_map(|(items, empty)| {
                if items.is_empty() { format!("[{empty}]") } else { format!("[{}]", items.join(",")) }
            }),
            (prop::collection::vec(member, 0..5), space()).prop_map(move |(members, empty)| {
                let members = members.into_iter().enumerate().map(|(number, (before, name, after, value))| {
                    let number = if distinct { number.to_string() } else { String::new() };
                    format!("{before}\"{number}{name}\"{after}:{value}")
                });
                let members: Vec<_> = members.collect();
                if members.is_empty() { format!("{{{empty}}}") } else { format!("{{{}}}", members.join(",")) }
            }),
        ]
    });
    (space(), value, space()).prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}
