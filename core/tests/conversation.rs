//! Conversations, with the cases that all languages share.
//!
//! The tests run the steps of `tests/conversation/cases.json` over JSON text, as a host does.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trilogue_core::conversation::Conversation;
use trilogue_core::ffi::operations::conversation::operation;

fn cases() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conversation/cases.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn make(input: &Value) -> Conversation {
    let mut conversation = Conversation::default();
    operation(&mut conversation, "make", &input.to_string()).unwrap();
    conversation
}

/// Whether `found` contains `wanted`. An object may have more members; a list must have the same length.
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
fn shared_cases_pass() {
    for case in cases()["cases"].as_array().unwrap() {
        let about = &case["about"];
        let mut conversation = make(&case["make"]);
        for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let step_name = format!("{about}, step {number}: {}", step["do"]);
            let before = conversation.to_value();
            let name = step["do"].as_str().unwrap();
            let outcome = operation(&mut conversation, name, &step["with"].to_string());
            match (outcome, step["error"].as_str()) {
                (Ok(text), None) => {
                    let mut found: Value = serde_json::from_str(&text).unwrap();
                    if let "request" | "settings" = name {
                        found = found[name].take();
                    }
                    if let Some(wanted) = step.get("is") {
                        assert_eq!(&found, wanted, "{step_name}");
                    }
                    if let Some(wanted) = step.get("has") {
                        assert!(has(&found, wanted), "{step_name}: {found:#}");
                    }
                }
                (Err(error), Some(part)) => {
                    assert!(error.message().contains(part), "{step_name}: {error}");
                    assert_eq!(conversation.to_value(), before, "{step_name}: a failure changes nothing");
                }
                (outcome, wanted) => panic!("{step_name}: {outcome:?}, expected {wanted:?}"),
            }
            // A saved conversation is read unchanged.
            let text = conversation.to_value().to_string();
            assert_eq!(Conversation::read(&text).unwrap().to_value().to_string(), text, "{step_name}");
        }
    }
}

#[test]
fn unknown_fields_are_kept() {
    let kept = cases()["kept"].clone();
    let read = Conversation::read(&kept.to_string()).unwrap();
    assert_eq!(read.to_value(), kept);
}

#[test]
fn older_files_are_read() {
    let read = Conversation::read(&cases()["old"].to_string()).unwrap();
    assert_eq!(read.settings().system, "S");
    assert_eq!(read.settings().model.as_deref(), Some("m"));
    assert_eq!(read.turns()[1]["partial"], "stopped");
}

#[test]
fn invalid_files_are_refused() {
    for case in cases()["refused"].as_array().unwrap() {
        let error = Conversation::read(case["text"].as_str().unwrap()).expect_err(&case["about"].to_string());
        assert!(error.message().contains(case["error"].as_str().unwrap()), "{}: {error}", case["about"]);
    }
}

#[test]
fn a_fork_does_not_change_its_origin() {
    let mut conversation = make(&json!({"settings": {"model": "m"}}));
    for (question, answer) in [("A", "a"), ("B", "b")] {
        conversation.say(question.into()).unwrap();
        let cost = json!({"total": "0.1"});
        conversation.take(&json!({"choices": [{"message": {"content": answer}}], "cost": cost})).unwrap();
    }
    let fork = conversation.fork(Some(2)).unwrap();
    assert_eq!((fork.turns().len(), conversation.turns().len()), (2, 4));
    assert_eq!(fork.totals().cost()["total"], "0", "a fork has spent nothing yet");
    assert_eq!(conversation.totals().cost()["total"], "0.2");
    assert_eq!(conversation.fork(Some(4)).unwrap().turns().len(), 4);
    assert_eq!(conversation.fork(Some(-1)).unwrap().turns().len(), 3);
    assert!(conversation.fork(Some(5)).is_err());
}
