//! Property tests that compare the core's own JSON values, which browser builds use, with those of `serde_json`.
//!
//! Invariant: after the same operations, both serialize to the same JSON.

#[cfg(test)]
#[path = "../../../core/tests/operations.rs"]
mod operations;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};
    use trilogue_core::conversation::Conversation;
    use trilogue_core::ffi;
    use trilogue_core::ffi::operations::conversation;
    use trilogue_core::value;

    /// An operation on an object. There are few distinct names, so that operations often hit existing members.
    #[derive(Debug, Clone)]
    enum Change {
        Set(u8, Value),
        Insert(usize, u8),
        Remove(u8),
        Retain(u8),
        Entry(u8),
        Append(Map<String, Value>),
    }

    fn name(number: u8) -> String {
        format!("n{number}\u{e9}\"")
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // Only floats that both serialize the same way.
            (any::<i16>(), 1..8_u8)
                .prop_map(|(whole, eighths)| Value::from(f64::from(whole) + f64::from(eighths) / 8.0)),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn object(size: std::ops::Range<usize>) -> impl Strategy<Value = Map<String, Value>> {
        let member = (0..200_u8).prop_map(name);
        prop::collection::vec((member, json()), size).prop_map(|members| members.into_iter().collect())
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            4 => (0..200_u8, json()).prop_map(|(name, value)| Change::Set(name, value)),
            1 => (0..100_usize, 0..200_u8).prop_map(|(index, name)| Change::Insert(index, name)),
            2 => (0..200_u8).prop_map(Change::Remove),
            1 => (1..9_u8).prop_map(Change::Retain),
            1 => (0..200_u8).prop_map(Change::Entry),
            1 => object(0..30).prop_map(Change::Append),
        ]
    }

    fn own(object: &Map<String, Value>) -> value::Map<String, value::Value> {
        ffi::body(&Value::Object(object.clone()).to_string()).unwrap()
    }

    fn text(object: &value::Map<String, value::Value>) -> String {
        value::Value::Object(object.clone()).to_string()
    }

    /// Runs the conversation cases, which all languages share.
    #[test]
    fn conversation_cases_pass() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../conversation/cases.json");
        let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for case in cases["cases"].as_array().unwrap() {
            let mut conversation = Conversation::default();
            conversation::operation(&mut conversation, "make", &case["make"].to_string()).unwrap();
            for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
                let context = format!("{}, step {number}: {}", case["about"], step["do"]);
                let (operation, input) = (step["do"].as_str().unwrap(), step["with"].to_string());
                match conversation::operation(&mut conversation, operation, &input) {
                    Ok(text) => {
                        assert!(step.get("error").is_none(), "{context}: {text}");
                        let mut found: Value = serde_json::from_str(&text).unwrap();
                        if let "request" | "settings" = operation {
                            found = found[operation].take();
                        }
                        if let Some(wanted) = step.get("is") {
                            assert_eq!(&found, wanted, "{context}");
                        }
                    }
                    Err(error) => {
                        let wanted = step["error"].as_str().unwrap_or_else(|| panic!("{context}: {error}"));
                        assert!(error.message().contains(wanted), "{context}: {error}");
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn operations_have_the_same_result(
            mut known in object(0..120),
            changes in prop::collection::vec(change(), 0..40),
        ) {
            let mut ours = own(&known);
            for change in changes {
                match change {
                    Change::Set(number, value) => {
                        let old = ours.insert(name(number), own(&Map::from_iter([("v".to_owned(), value.clone())])).get("v").unwrap().clone());
                        prop_assert_eq!(old.map(|old| old.to_string()), known.insert(name(number), value).map(|old| old.to_string()));
                    }
                    Change::Insert(index, number) => {
                        // serde_json panics if the index is out of bounds.
                        let index = index.min(known.len() - usize::from(known.contains_key(&name(number))));
                        ours.shift_insert(index, name(number), true.into());
                        known.shift_insert(index, name(number), true.into());
                    }
                    Change::Remove(number) => {
                        let old = ours.shift_remove(&name(number));
                        prop_assert_eq!(old.map(|old| old.to_string()), known.shift_remove(&name(number)).map(|old| old.to_string()));
                    }
                    Change::Retain(length) => {
                        ours.retain(|name, _| name.len() % usize::from(length) != 1);
                        known.retain(|name, _| name.len() % usize::from(length) != 1);
                    }
                    Change::Entry(number) => {
                        let found = ours.entry(name(number)).or_insert("new".into()).to_string();
                        prop_assert_eq!(found, known.entry(name(number)).or_insert("new".into()).to_string());
                    }
                    Change::Append(more) => {
                        ours.append(&mut own(&more));
                        known.extend(more);
                    }
                }
                prop_assert_eq!(ours.len(), known.len());
                for number in 0..200 {
                    let name = name(number);
                    prop_assert_eq!(ours.get(&name).map(ToString::to_string), known.get(&name).map(Value::to_string));
                }
            }
            prop_assert_eq!(text(&ours), Value::Object(known.clone()).to_string());
            prop_assert!(ours == own(&known));
        }

        #[test]
        fn parser_accepts_the_same_texts_as_serde_json(json in json(), at in any::<prop::sample::Index>(), byte in any::<char>()) {
            let whole = Value::Object(Map::from_iter([("v".to_owned(), json)])).to_string();
            let cut = at.index(whole.len());
            let cut = whole.char_indices().map(|(at, _)| at).take_while(|at| *at <= cut).last().unwrap_or(0);
            let (before, after) = whole.split_at(cut);
            for text in [whole.clone(), before.to_owned(), format!("{before}{byte}{after}")] {
                match (ffi::body(&text), serde_json::from_str::<Map<String, Value>>(&text)) {
                    (Ok(ours), Ok(known)) => {
                        let read: Value = serde_json::from_str(&super::tests::text(&ours)).unwrap();
                        prop_assert_eq!(read, Value::Object(known));
                    }
                    (Err(_), Err(_)) => {}
                    (ours, known) => prop_assert!(false, "{text:?}: {ours:?}, {known:?}"),
                }
            }
        }
    }
}
