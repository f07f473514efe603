//! The core's operations, by the cases that every language replays.
//!
//! The core with its own values, as a page has it, replays them too: `tests/values` includes this file.

use std::collections::HashMap;

use serde_json::{Map, Value};
use trilogue_core::conversation::Conversation;
use trilogue_core::ffi::operations::{answers, client, conversation};

/// Replaces `{"$": name}` by the member of that name that an earlier step returned.
fn resolved(value: &Value, known: &HashMap<String, Value>) -> Value {
    match value {
        Value::Object(members) if members.contains_key("$") => known[members["$"].as_str().unwrap()].clone(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), resolved(member, known))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, known)).collect(),
        value => value.clone(),
    }
}

/// Whether `found` has all of `wanted`: an object may have more members, a list may not.
fn has(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| has(found.get(name).unwrap_or(&Value::Null), wanted))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| has(found, wanted))
        }
        _ => found == wanted,
    }
}

#[test]
fn operations_return_what_the_shared_cases_say() {
    let cases: Value = serde_json::from_str(include_str!("../../tests/structured/operations.json")).unwrap();
    for case in cases["cases"].as_array().unwrap() {
        let mut known = HashMap::new();
        let mut talk = case["conversation"].as_bool().map(|_| Conversation::default());
        for step in case["steps"].as_array().unwrap() {
            let name = step["operation"].as_str().unwrap();
            let about = format!("{}: {name}", case["about"]);
            let input = resolved(&step["input"], &known).to_string();
            let outcome = match &mut talk {
                Some(talk) => conversation::operation(talk, name, &input),
                None if answers::NAMES.contains(&name) => answers::operation(name, &input),
                None => client::operation(name, &input),
            };
            match (outcome, step.get("error")) {
                (Ok(text), None) => {
                    let Value::Object(found) = serde_json::from_str(&text).unwrap() else { panic!("{about}: {text}") };
                    known.extend(found.clone());
                    let found = Value::Object(found);
                    if let Some(wanted) = step.get("is") {
                        assert_eq!(&found, wanted, "{about}");
                    }
                    if let Some(wanted) = step.get("has") {
                        assert!(has(&found, wanted), "{about}: {found:#}");
                    }
                }
                (Err(error), Some(wanted)) => {
                    let found: Value = serde_json::from_str(&error.fields().to_value().to_string()).unwrap();
                    let part = wanted["message"].as_str().unwrap();
                    assert!(error.message().contains(part), "{about}: {error}");
                    for name in ["kind", "partial", "problems"] {
                        if let Some(wanted) = wanted.get(name) {
                            assert_eq!(&found[name], wanted, "{about}: {name}");
                        }
                    }
                }
                (outcome, wanted) => panic!("{about}: {outcome:?}, {wanted:?} wanted"),
            }
        }
    }
}
