//! Schemas as strict modes take them, values back, requests and replies of both formats.
//!
//! Law: the public operations alone, from JSON to JSON.

use serde_json::{Map, Value, json};
use trilogue_core::schema::{remove_added_nulls, strict};
use trilogue_core::structured::{Extracted, Output, extract, reask, structure};
use trilogue_core::{Endpoint, ErrorKind, ffi};

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("no object") };
    fields
}

fn output(schema: &Value, mode: &str, strict: bool) -> Output {
    serde_json::from_value(json!({"name": "My Type", "schema": schema, "mode": mode, "strict": strict})).unwrap()
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
fn each_format_is_asked_in_its_way() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let ask = |endpoint: Endpoint, mode: &str, request: Value| {
        let mut request = object(request);
        structure(&endpoint, &mut request, &mut output(&schema, mode, true)).unwrap();
        Value::Object(request)
    };
    let chat = json!({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]});
    let asked = ask(Endpoint::Chat, "json_schema", chat.clone());
    assert_eq!(asked["response_format"]["json_schema"]["name"], "My_Type");
    let asked = ask(Endpoint::Chat, "json_object", chat.clone());
    assert_eq!(asked["response_format"], json!({"type": "json_object"}));
    assert_eq!(asked["messages"][0]["content"], "S");
    assert!(asked["messages"][1]["content"].as_str().unwrap().contains(&schema.to_string()));
    assert_eq!(asked["messages"][2]["content"], "U");
    let asked = ask(Endpoint::Chat, "tool", chat);
    assert_eq!(asked["tool_choice"]["function"]["name"], "My_Type");
    assert_eq!(asked["tools"][0]["function"]["strict"], true);

    let asked = ask(Endpoint::Messages, "json_schema", json!({"output_config": {"effort": "low"}}));
    assert_eq!(asked["output_config"]["effort"], "low");
    assert_eq!(asked["output_config"]["format"]["type"], "json_schema");
    let asked = ask(Endpoint::Messages, "json_object", json!({"system": "S"}));
    assert!(asked["system"].as_str().unwrap().starts_with("S\n\nAnswer with one JSON object"));
    let asked = ask(Endpoint::Messages, "tool", json!({"tools": [{"name": "other", "input_schema": {}}]}));
    assert_eq!(asked["tools"][1]["name"], "My_Type");
}

#[test]
fn a_model_is_told_what_was_wrong_in_the_form_of_its_answer() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let mut request = object(json!({"messages": [{"role": "user", "content": "U"}]}));
    let call = json!({"id": "c1", "type": "function", "function": {"name": "My_Type", "arguments": "{\"a\":1}"}});
    let reply = json!({"choices": [{"message": {"role": "assistant", "content": null, "tool_calls": [call], "refusal": null}}]});
    let mut plan = output(&schema, "tool", false);
    structure(&Endpoint::Chat, &mut Map::new(), &mut plan).unwrap();
    assert_eq!(extract(&Endpoint::Chat, &reply, &plan).unwrap(), Extracted::Value(json!({"a": 1})));
    reask(&Endpoint::Chat, &mut request, &reply, &plan, "a must be a string");
    assert_eq!(request["messages"][1]["tool_calls"], json!([call]));
    assert_eq!(request["messages"][2]["tool_call_id"], "c1");
    assert!(request["messages"][2]["content"].as_str().unwrap().contains("a must be a string"));
}

#[test]
fn strict_tools_have_strict_schemas_and_their_calls_no_added_nulls() {
    let tool =
        json!({"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}, "strict": true});
    let done = |operation: &str, input: Value| -> Value {
        serde_json::from_str(&ffi::assist(operation, &input.to_string()).unwrap()).unwrap()
    };
    let told = done("tools", json!({"endpoint": "chat", "tools": [tool]}));
    assert_eq!(told["tools"][0]["function"]["parameters"]["required"], json!(["a"]));
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":null}"}});
    let reply = json!({"choices": [{"message": {"tool_calls": [call]}}]});
    let calls = done("calls", json!({"endpoint": "chat", "reply": reply, "tools": [tool]}));
    assert_eq!(calls["calls"], json!([{"id": "c1", "name": "f", "arguments": {}}]));
}

#[test]
fn a_root_that_names_a_definition_is_put_in_place() {
    let schema =
        json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"next": {"$ref": "#/$defs/A"}}}}});
    let mut request = Map::new();
    let mut plan = output(&schema, "json_schema", true);
    structure(&Endpoint::Chat, &mut request, &mut plan).unwrap();
    let wire = &request["response_format"]["json_schema"]["schema"];
    assert_eq!((&wire["type"], plan.wrapped), (&json!("object"), false));
    assert_eq!(wire["properties"]["next"]["anyOf"][0], json!({"$ref": "#/$defs/A"}));
}

#[test]
fn refusals_and_stops_are_told_apart() {
    let plan = output(&json!({"type": "object"}), "json_schema", false);
    let message =
        |reason: &str, text: &str| json!({"stop_reason": reason, "content": [{"type": "text", "text": text}]});
    let problem = |reply: Value| match extract(&Endpoint::Messages, &reply, &plan).unwrap() {
        Extracted::Problem(problem) => problem.kind,
        Extracted::Value(value) => panic!("{value}"),
    };
    assert_eq!(problem(message("refusal", "No.")), "refusal");
    assert_eq!(problem(message("end_turn", "No.")), "ignored");
    assert_eq!(problem(message("end_turn", "{\"a\":")), "invalid_json");
    let error = extract(&Endpoint::Messages, &message("max_tokens", "{\"a\":"), &plan).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LengthFinishReason);
}

#[test]
fn the_border_offers_the_same_and_refuses_what_is_none() {
    let answered = ffi::assist(
        "answer",
        &json!({
            "endpoint": "messages",
            "request": {"messages": []},
            "reply": {"content": [{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {}}]},
            "results": [{"id": "t1", "content": "no", "is_error": true}],
        })
        .to_string(),
    );
    let answered: Value = serde_json::from_str(&answered.unwrap()).unwrap();
    assert_eq!(answered["request"]["messages"][0]["content"][0]["signature"], "s");
    assert_eq!(
        answered["request"]["messages"][1]["content"],
        json!([{"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": true}])
    );
    assert_eq!(ffi::assist("answer", "[]").unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(ffi::assist("sing", r#"{"endpoint":"chat"}"#).unwrap_err().kind(), ErrorKind::Configuration);
}
