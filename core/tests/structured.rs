//! Typed answers: schemas of strict mode, requests and replies of both formats.

use serde_json::{Map, Value, json};
use trilogue_core::ErrorKind;
use trilogue_core::schema::{remove_added_nulls, strict};
use trilogue_core::structured::{AnswerType, Extracted, MissingKind, Mode, OnInvalid, Plan, Rejection};
use trilogue_core::wire::Format;

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("no object") };
    fields
}

fn answer(schema: &Value, mode: Mode, strict: bool) -> AnswerType {
    AnswerType {
        schema: schema.clone(),
        name: Some("My Type".to_owned()),
        mode: Some(mode),
        strict: Some(strict),
        ..AnswerType::default()
    }
}

/// The plan of a request without members, and the request.
fn plan(endpoint: Format, answer: AnswerType) -> (Plan, Value) {
    let mut request = Map::new();
    let plan = Plan::new(endpoint, &mut request, answer).unwrap();
    (plan, request.into())
}

#[test]
fn optional_members_become_nullable_and_all_are_required() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "string", "maxLength": 5, "description": "A name.", "default": "x"},
            "b": {"enum": ["x", "y"]},
            "c": {"$ref": "#/$defs/C", "description": "dropped beside a reference"},
            "d": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null},
        },
        "required": ["c"],
        "$defs": {"C": {"type": "object", "properties": {"me": {"$ref": "#/$defs/C"}}}},
    });
    let wanted = json!({
        "type": "object",
        "properties": {
            "a": {"type": ["string", "null"], "description": "A name. (maxLength: 5)"},
            "b": {"anyOf": [{"enum": ["x", "y"]}, {"type": "null"}]},
            "c": {"description": "dropped beside a reference", "anyOf": [{"$ref": "#/$defs/C"}]},
            "d": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["a", "b", "c", "d"],
        "additionalProperties": false,
        "$defs": {"C": {
            "type": "object",
            "properties": {"me": {"anyOf": [{"$ref": "#/$defs/C"}, {"type": "null"}]}},
            "required": ["me"],
            "additionalProperties": false,
        }},
    });
    assert_eq!(strict(&schema).unwrap(), wanted);

    let mut value = json!({"a": null, "b": "x", "c": {"me": {"me": null}}, "d": null, "e": null});
    remove_added_nulls(&mut value, &schema);
    assert_eq!(value, json!({"b": "x", "c": {"me": {}}, "d": null, "e": null}));
}

#[test]
fn nulls_are_removed_in_lists_and_in_the_branch_that_was_taken() {
    let branch = |tag: &str| json!({"type": "object", "properties": {"kind": {"const": tag}, "note": {"type": "string"}}, "required": ["kind"]});
    let other = json!({"type": "object", "properties": {"kind": {"const": "b"}, "note": {"type": ["string", "null"]}}});
    let schema = json!({"type": "array", "items": {"anyOf": [branch("a"), other]}});
    let mut value = json!([{"kind": "a", "note": null}, {"kind": "b", "note": null}]);
    remove_added_nulls(&mut value, &schema);
    assert_eq!(value, json!([{"kind": "a"}, {"kind": "b", "note": null}]));
}

#[test]
fn what_strict_mode_can_not_express_names_its_place() {
    for (schema, place) in [
        (json!({"type": "object", "properties": {"a": {}}}), "#/properties/a allows any value"),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), "# allows members of any name"),
        (json!({"type": "object"}), "# is an object of any members"),
        (json!({"type": "object", "properties": {"a": {"type": "array"}}}), "#/properties/a is an array of any items"),
        (
            json!({"type": "object", "properties": {"a": {"type": "array", "items": {"not": {}}}}}),
            "#/properties/a/items/not is a keyword",
        ),
        (
            json!({"type": "object", "properties": {"a": {"allOf": [{"type": "string"}, {"minLength": 1}]}}}),
            "#/properties/a/allOf combines",
        ),
    ] {
        let error = strict(&schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn each_mode_changes_the_request_of_its_format() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let ask = |endpoint: Format, mode: Mode, request: Value| {
        let mut request = object(request);
        Plan::new(endpoint, &mut request, answer(&schema, mode, true)).unwrap();
        Value::Object(request)
    };
    let chat = json!({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]});
    let request = ask(Format::Chat, Mode::JsonSchema, chat.clone());
    assert_eq!(request["response_format"]["json_schema"]["name"], "My_Type");
    let request = ask(Format::Chat, Mode::JsonObject, chat.clone());
    assert_eq!(request["response_format"], json!({"type": "json_object"}));
    assert_eq!(request["messages"][0]["content"], "S");
    assert!(request["messages"][1]["content"].as_str().unwrap().contains(&schema.to_string()));
    assert_eq!(request["messages"][2]["content"], "U");
    let request = ask(Format::Chat, Mode::Tool, chat);
    assert_eq!(request["tool_choice"]["function"]["name"], "My_Type");
    assert_eq!(request["tools"][0]["function"]["strict"], true);

    let request = ask(Format::Messages, Mode::JsonSchema, json!({"output_config": {"effort": "low"}}));
    assert_eq!(request["output_config"]["effort"], "low");
    assert_eq!(request["output_config"]["format"]["type"], "json_schema");
    let request = ask(Format::Messages, Mode::JsonObject, json!({"system": "S"}));
    assert!(request["system"].as_str().unwrap().starts_with("S\n\nAnswer with one JSON object"));
    let request = ask(Format::Messages, Mode::Tool, json!({"tools": [{"name": "other", "input_schema": {}}]}));
    assert_eq!(request["tools"][1]["name"], "My_Type");
}

#[test]
fn formats_of_the_api_and_plain_schemas_are_read() {
    let of = |format: Value, strict: Option<bool>| {
        plan(Format::Chat, AnswerType { format, strict, ..AnswerType::default() })
    };
    let (read, request) = of(json!({"type": "json_object"}), None);
    assert_eq!(request, json!({"response_format": {"type": "json_object"}}));
    assert_eq!((read.mode, read.strict, read.name.as_str()), (Mode::JsonObject, false, "answer"));
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "title": "T", "description": "D"});
    let wire = json!({"type": "json_schema", "json_schema": {"name": "n", "strict": false, "schema": schema}});
    for (given, sent) in [(None, false), (Some(true), true)] {
        let (read, request) = of(wire.clone(), given);
        assert_eq!((read.name.as_str(), read.description.as_deref(), read.strict), ("n", Some("D"), sent));
        assert_eq!(request["response_format"]["json_schema"]["strict"], sent);
    }
    let (read, request) = of(json!({"type": "array", "items": {"type": "number"}, "$schema": "x"}), None);
    assert_eq!((read.name.as_str(), read.strict, read.wrapped), ("answer", true, true));
    assert_eq!(request["response_format"]["json_schema"]["schema"]["required"], json!(["value"]));
}

#[test]
fn a_rejected_answer_is_requested_again_in_its_own_form() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let mut request = object(json!({"messages": [{"role": "user", "content": "U"}]}));
    let call = json!({"id": "c1", "type": "function", "function": {"name": "My_Type", "arguments": "{\"a\":1}"}});
    let reply = json!({"choices": [{"message": {"role": "assistant", "content": null, "tool_calls": [call], "refusal": null}}]});
    let (plan, _) = plan(Format::Chat, answer(&schema, Mode::Tool, false));
    assert_eq!(plan.extract(&reply).unwrap(), Extracted::Value(json!({"a": 1})));
    let why = |tries| Rejection {
        problems: vec![serde_json::from_value(json!({"path": "/a", "message": "is no string"})).unwrap()],
        on_invalid: OnInvalid::Reask,
        tries,
        ..Rejection::default()
    };
    plan.reject(&mut request, &reply, why(2)).unwrap();
    assert_eq!(request["messages"][1]["tool_calls"], json!([call]));
    assert_eq!(request["messages"][2]["tool_call_id"], "c1");
    assert!(request["messages"][2]["content"].as_str().unwrap().contains("/a: is no string"));
    let error = plan.reject(&mut request, &reply, why(3)).unwrap_err();
    assert_eq!((error.kind(), error.partial()), (ErrorKind::InvalidOutput, Some(&reply)));
    assert_eq!(error.message(), "the answer doesn't fit My_Type:\n/a: is no string");
    assert_eq!(error.fields().to_value()["problems"], json!([{"path": "/a", "message": "is no string"}]));
}

#[test]
fn a_root_that_names_a_definition_is_replaced_by_it() {
    let schema =
        json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"next": {"$ref": "#/$defs/A"}}}}});
    let (plan, request) = plan(Format::Chat, answer(&schema, Mode::JsonSchema, true));
    let wire = &request["response_format"]["json_schema"]["schema"];
    assert_eq!((&wire["type"], plan.wrapped), (&json!("object"), false));
    assert_eq!(wire["properties"]["next"]["anyOf"][0], json!({"$ref": "#/$defs/A"}));
}

#[test]
fn refusals_calls_and_stops_are_distinguished() {
    let (plan, _) = plan(Format::Messages, answer(&json!({"type": "object"}), Mode::JsonSchema, false));
    let message =
        |reason: &str, text: &str| json!({"stop_reason": reason, "content": [{"type": "text", "text": text}]});
    let missing = |reply: &Value| match plan.extract(reply).unwrap() {
        Extracted::Missing(missing) => missing.kind,
        Extracted::Value(value) => panic!("{value}"),
    };
    for (reply, kind, has_problem) in [
        (message("refusal", "No."), MissingKind::Refusal, false),
        (message("tool_use", "No."), MissingKind::OtherCall, false),
        (message("end_turn", "No."), MissingKind::NoJson, true),
        (message("end_turn", "{\"a\":"), MissingKind::InvalidJson, true),
    ] {
        assert_eq!(missing(&reply), kind);
        let answers = plan.read(&reply).unwrap();
        assert_eq!((answers.problem.is_some(), answers.values.len()), (has_problem, usize::from(!has_problem)));
    }
    let error = plan.read(&message("max_tokens", "{\"a\":")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LengthFinishReason);
}

#[test]
fn every_choice_is_read() {
    let (plan, _) = plan(Format::Chat, answer(&json!({"type": "object"}), Mode::JsonSchema, false));
    let choice = |content: &str| json!({"message": {"content": content}, "finish_reason": "stop"});
    let refused = json!({"message": {"content": null, "refusal": "no"}});
    let reply = json!({"choices": [choice("{\"a\":1}"), refused, choice("{}")]});
    assert_eq!(plan.read(&reply).unwrap().values, [Some(json!({"a": 1})), None, Some(json!({}))]);
    let problem = plan.read(&json!({"choices": [choice("{}"), choice("no")]})).unwrap().problem;
    assert!(problem.unwrap().contains("ignore response_format"));
}
