//! Requests of one format in the other, and the fields that are refused.

use super::*;
use serde_json::json;

fn converted(from: Format, to: Format, body: &Value) -> Result<Value, Error> {
    request(from, to, body.as_object().unwrap()).map(Value::Object)
}

fn to_messages(body: &Value) -> Value {
    converted(Format::Chat, Format::Messages, body).unwrap()
}

fn to_chat(body: &Value) -> Value {
    converted(Format::Messages, Format::Chat, body).unwrap()
}

/// The field that the error names.
fn refused_field(from: Format, to: Format, body: &Value) -> String {
    let error = converted(from, to, body).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let field = error.fields().param.clone().unwrap();
    assert!(error.message().starts_with(&field) && error.message().contains("fallbacks"), "{error}");
    field
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[test]
fn a_chat_completion_becomes_a_message() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let body = json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "In French.", "cache_control": {"type": "ephemeral"}}]},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.test/a.png"}},
            ]},
            {"role": "assistant", "content": null, "refusal": null, "reasoning": "hm", "tool_calls": [
                {"id": "functions.f:0", "type": "function", "function": {"name": "f", "arguments": "{\"city\": \"Oslo\"}"}},
                {"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{not JSON"}},
            ]},
            {"role": "tool", "tool_call_id": "functions.f:0", "name": "f", "content": "rain"},
            {"role": "tool", "tool_call_id": "c2", "content": ""},
            {"role": "user", "content": "Go on"},
        ],
        "max_completion_tokens": 100, "max_tokens": null, "temperature": 1, "top_p": 0.95,
        "stop": "END", "stream": true, "stream_options": {"include_usage": true},
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": schema, "strict": null}}],
        "tool_choice": "auto", "parallel_tool_calls": false, "user": "u1", "n": 1, "logprobs": false,
        "presence_penalty": 0, "reasoning_effort": "high", "prompt_cache_key": "k", "service_tier": "default",
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "description": "about", "schema": schema, "strict": true}},
    });
    assert_eq!(
        to_messages(&body),
        json!({
            "model": "m",
            "system": "Be brief.\n\nIn French.",
            "messages": [
                {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                    {"type": "image", "source": {"type": "url", "url": "https://example.test/a.png"}},
                ]},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "functions_f_0", "name": "f", "input": {"city": "Oslo"}},
                    {"type": "tool_use", "id": "c2", "name": "f", "input": {}},
                ]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "functions_f_0", "content": "rain"},
                    {"type": "tool_result", "tool_use_id": "c2"},
                    {"type": "text", "text": "Go on"},
                ]},
            ],
            "max_tokens": 100, "temperature": 1, "top_p": 0.95, "stop_sequences": ["END"], "stream": true,
            "tools": [{"name": "f", "description": "d", "input_schema": schema}],
            "tool_choice": {"type": "auto", "disable_parallel_tool_use": true},
            "metadata": {"user_id": "u1"}, "service_tier": "standard_only", "thinking": {"type": "adaptive"},
            "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {
                "type": "object", "properties": {"city": {"type": "string"}}, "description": "about",
            }}},
        })
    );
}

#[test]
fn a_message_becomes_a_chat_completion() {
    let schema = json!({
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false,
    });
    let body = json!({
        "model": "m", "max_tokens": 100,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "text", "text": "What is this?"},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "I look.", "citations": null},
                {"type": "tool_use", "id": "t1", "name": "f", "input": {"city": "Oslo"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": [{"type": "text", "text": "no"}]},
                {"type": "text", "text": "Go on"},
            ]},
            {"role": "assistant", "content": "Sorry."},
            {"role": "user", "content": "And now?"},
        ],
        "temperature": 1, "stop_sequences": ["END"], "stream": true,
        "tools": [{"type": "custom", "name": "f", "input_schema": schema, "cache_control": {"type": "ephemeral"}}],
        "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": true},
        "metadata": {"user_id": "u1"}, "thinking": {"type": "adaptive"}, "service_tier": "auto",
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": schema}},
    });
    assert_eq!(
        to_chat(&body),
        json!({
            "model": "m", "max_tokens": 100,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                    {"type": "text", "text": "What is this?"},
                ]},
                {"role": "assistant", "content": "I look.", "tool_calls": [
                    {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{\"city\":\"Oslo\"}"}},
                ]},
                {"role": "tool", "tool_call_id": "t1", "content": "no"},
                {"role": "user", "content": "Go on"},
                {"role": "assistant", "content": "Sorry."},
                {"role": "user", "content": "And now?"},
            ],
            "temperature": 1, "stop": ["END"], "stream": true, "stream_options": {"include_usage": true},
            "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
            "tool_choice": {"type": "function", "function": {"name": "f"}}, "parallel_tool_calls": false,
            "user": "u1", "reasoning_effort": "low", "service_tier": "auto",
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}},
        })
    );
    // Strict modes would refuse this schema.
    let loose = json!({"type": "json_schema", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}});
    let made = to_chat(&with(plain_message(), "output_format", loose));
    assert_eq!(made["response_format"]["json_schema"]["strict"], false);
}

fn plain_chat() -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]})
}

fn plain_message() -> Value {
    json!({"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]})
}

#[test]
fn a_request_survives_the_conversion_to_the_other_format_and_back() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
    let schema = json!({
        "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false,
    });
    let chat = json!({
        "model": "m", "max_tokens": 10, "temperature": 1, "top_p": 1, "stop": ["a", "b"], "user": "u",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "r"},
            {"role": "user", "content": [
                {"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "https://example.test/a.png"}},
            ]},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "strict": true, "parameters": schema}}],
        "tool_choice": "auto", "parallel_tool_calls": false, "reasoning_effort": "medium",
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}},
    });
    assert_eq!(to_chat(&to_messages(&chat)), chat);
    let message = to_messages(&chat);
    assert_eq!(to_messages(&to_chat(&message)), message);
    for choice in ["none", "required"] {
        let chat = with(with(chat.clone(), "tool_choice", json!(choice)), "reasoning_effort", Value::Null);
        assert_eq!(to_chat(&to_messages(&chat))["tool_choice"], choice);
    }
}

#[test]
fn requests_of_the_same_format_stay_as_they_are() {
    let body = with(plain_chat(), "unknown", json!(1));
    assert_eq!(converted(Format::Chat, Format::Chat, &body).unwrap(), body);
}

#[test]
fn defaults_and_nulls_are_left_out() {
    let body = json!({
        "model": "m", "messages": [{"role": "user", "content": "Hi", "name": null}], "seed": null, "frequency_penalty": 0.0,
        "repetition_penalty": 1, "top_logprobs": 0, "logit_bias": {}, "modalities": ["text"], "store": false, "metadata": {},
        "response_format": {"type": "text"}, "stop": [], "tool_choice": "auto", "stream_options": {"include_obfuscation": false},
    });
    let wanted = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4096});
    assert_eq!(to_messages(&body), wanted);
    let body = with(plain_message(), "cache_control", json!({"type": "ephemeral"}));
    let wanted = json!({"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]});
    assert_eq!(to_chat(&body), wanted);
    assert_eq!(to_chat(&with(plain_message(), "thinking", json!({"type": "disabled"})))["reasoning_effort"], "none");
    assert_eq!(to_messages(&with(plain_chat(), "reasoning_effort", json!("none")))["thinking"]["type"], "disabled");
}

#[test]
fn what_messages_lack_is_refused() {
    for (name, value, field) in [
        ("n", json!(2), "n"),
        ("logprobs", json!(true), "logprobs"),
        ("top_logprobs", json!(2), "top_logprobs"),
        ("seed", json!(1), "seed"),
        ("logit_bias", json!({"1": 2}), "logit_bias"),
        ("frequency_penalty", json!(0.5), "frequency_penalty"),
        ("temperature", json!(1.5), "temperature"),
        ("audio", json!({"voice": "alloy"}), "audio"),
        ("modalities", json!(["text", "audio"]), "modalities"),
        ("prediction", json!({"type": "content", "content": "a"}), "prediction"),
        ("verbosity", json!("low"), "verbosity"),
        ("store", json!(true), "store"),
        ("metadata", json!({"a": "b"}), "metadata"),
        ("service_tier", json!("flex"), "service_tier"),
        ("web_search_options", json!({}), "web_search_options"),
        ("functions", json!([{"name": "f"}]), "functions"),
        ("response_format", json!({"type": "json_object"}), "response_format.type"),
        ("reasoning_effort", json!("minimal"), "reasoning_effort"),
        ("stream_options", json!({"include_obfuscation": true}), "stream_options.include_obfuscation"),
        ("tools", json!([{"type": "custom", "custom": {"name": "f"}}]), "tools[0].custom"),
        ("tools", json!([{"type": "function", "function": {"name": "f", "x": 1}}]), "tools[0].function.x"),
        ("tool_choice", json!({"type": "allowed_tools", "allowed_tools": {}}), "tool_choice"),
        ("vendor_field", json!(1), "vendor_field"),
        ("messages", json!("Hi"), "messages"),
        ("messages", json!([{"role": "system", "content": {"type": "text", "text": "s"}}]), "messages[0].content"),
        ("messages", json!([{"role": "system", "content": null}]), "messages[0].content"),
        (
            "messages",
            json!([{"role": "system", "content": [{"type": "text", "text": 1}]}]),
            "messages[0].content[0].text",
        ),
        ("parallel_tool_calls", json!("no"), "parallel_tool_calls"),
    ] {
        let body = with(plain_chat(), name, value);
        assert_eq!(refused_field(Format::Chat, Format::Messages, &body), field);
    }
    let both = with(with(plain_chat(), "max_tokens", json!(1)), "max_completion_tokens", json!(2));
    assert_eq!(refused_field(Format::Chat, Format::Messages, &both), "max_completion_tokens");
    for (message, field) in [
        (json!({"role": "system", "content": "s"}), "messages[1].role"),
        (json!({"role": "function", "name": "f", "content": "r"}), "messages[1].role"),
        (json!({"role": "user", "name": "Ann", "content": "Hi"}), "messages[1].name"),
        (json!({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}), "messages[1].content[0]"),
        (json!({"role": "user", "content": [{"type": "file", "file": {}}]}), "messages[1].content[0]"),
        (
            json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://a"}}]}),
            "messages[1].content[0]",
        ),
        (json!({"role": "user", "content": [{"type": "text", "text": "a", "x": 1}]}), "messages[1].content[0].x"),
        (json!({"role": "user", "content": 1}), "messages[1].content"),
        (json!({"role": "user", "content": [{"type": "text"}]}), "messages[1].content[0].text"),
        (
            json!({"role": "assistant", "content": [{"type": "refusal", "refusal": 1}]}),
            "messages[1].content[0].refusal",
        ),
        (json!({"role": "assistant", "tool_calls": {}}), "messages[1].tool_calls"),
        (json!({"role": "assistant", "content": "a", "audio": {"id": "x"}}), "messages[1].audio"),
        (
            json!({"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {}}]}),
            "messages[1].tool_calls[0].custom",
        ),
        (json!("Hi"), "messages[1].role"),
    ] {
        let body = with(plain_chat(), "messages", json!([{"role": "user", "content": "Hi"}, message]));
        assert_eq!(refused_field(Format::Chat, Format::Messages, &body), field);
    }
}

#[test]
fn thinking_is_refused_beside_what_it_excludes() {
    let call = json!({"type": "function", "function": {"name": "f"}});
    let body = with(plain_chat(), "tools", json!([{"type": "function", "function": {"name": "f"}}]));
    for (name, value) in [
        ("temperature", json!(0.5)),
        ("temperature", json!(0)),
        ("top_k", json!(40)),
        ("top_p", json!(0.9)),
        ("tool_choice", json!("required")),
        ("tool_choice", call),
    ] {
        let body = with(body.clone(), name, value);
        for effort in [json!("none"), Value::Null] {
            let made = to_messages(&with(body.clone(), "reasoning_effort", effort));
            assert!(made.get(name).is_some(), "{name}");
        }
        let body = with(body, "reasoning_effort", json!("low"));
        assert_eq!(refused_field(Format::Chat, Format::Messages, &body), name);
    }
    for (name, value) in [("temperature", json!(1)), ("top_p", json!(0.95)), ("tool_choice", json!("none"))] {
        let body = with(with(body.clone(), name, value), "reasoning_effort", json!("high"));
        assert!(to_messages(&body).get(name).is_some(), "{name}");
    }
}

#[test]
fn what_chat_completions_lack_is_refused() {
    for (name, value, field) in [
        ("top_k", json!(40), "top_k"),
        ("container", json!("c"), "container"),
        ("context_management", json!({}), "context_management"),
        ("mcp_servers", json!([{"url": "u"}]), "mcp_servers"),
        ("inference_geo", json!("us"), "inference_geo"),
        ("stop_sequences", json!(["a", "b", "c", "d", "e"]), "stop_sequences"),
        ("metadata", json!({"user_id": "u", "x": 1}), "metadata.x"),
        ("thinking", json!({"type": "enabled", "budget_tokens": 1024}), "thinking.type"),
        ("thinking", json!({"type": "adaptive", "display": "omitted"}), "thinking.display"),
        ("output_config", json!({"task_budget": 1}), "output_config.task_budget"),
        ("tools", json!([{"type": "web_search_20250305", "name": "web_search"}]), "tools[0].type"),
        ("tools", json!([{"name": "f", "input_schema": {}, "defer_loading": true}]), "tools[0].defer_loading"),
        ("system", json!([{"type": "image"}]), "system[0]"),
        ("system", json!({"type": "text", "text": "s"}), "system"),
        ("system", json!(1), "system"),
        ("system", json!([{"type": "text", "text": ["s"]}]), "system[0].text"),
        ("vendor_field", json!(1), "vendor_field"),
    ] {
        let body = with(plain_message(), name, value);
        assert_eq!(refused_field(Format::Messages, Format::Chat, &body), field);
    }
    let both = with(plain_message(), "thinking", json!({"type": "disabled"}));
    let both = with(both, "output_config", json!({"effort": "high"}));
    assert_eq!(refused_field(Format::Messages, Format::Chat, &both), "output_config.effort");
    let document = json!({"type": "document", "source": {"type": "text", "data": "a"}});
    let image = json!({"type": "image", "source": {"type": "file", "file_id": "f"}});
    let result = json!({"type": "tool_result", "tool_use_id": "t1", "content": {"type": "text", "text": "r"}});
    let cited = json!({"type": "text", "text": "a", "citations": [{"type": "page_location"}]});
    for (message, field) in [
        (json!({"role": "user", "content": [document]}), "messages[0].content[0]"),
        (json!({"role": "user", "content": [image]}), "messages[0].content[0].source.file_id"),
        (json!({"role": "user", "content": [cited]}), "messages[0].content[0].citations"),
        (json!({"role": "user", "content": [{"type": "text"}]}), "messages[0].content[0].text"),
        (json!({"role": "assistant", "content": [{"type": "text", "text": 1}]}), "messages[0].content[0].text"),
        (json!({"role": "user", "content": [result]}), "messages[0].content[0].content"),
        (json!({"role": "assistant", "content": [{"type": "server_tool_use", "id": "s"}]}), "messages[0].content[0]"),
        (json!({"role": "system", "content": "s"}), "messages[0].role"),
        (json!({"role": "user", "content": null}), "messages[0].content"),
    ] {
        let body = with(plain_message(), "messages", json!([message]));
        assert_eq!(refused_field(Format::Messages, Format::Chat, &body), field);
    }
}

#[test]
fn thinking_is_refused_while_calls_are_answered() {
    let turn = json!({"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {}},
    ]});
    let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "r"}]});
    let question = json!({"role": "user", "content": "Hi"});
    let open = with(plain_message(), "messages", json!([question, turn, result]));
    assert_eq!(refused_field(Format::Messages, Format::Chat, &open), "messages[1].content[0]");
    let answer = json!({"role": "assistant", "content": "Done"});
    let ended = with(plain_message(), "messages", json!([question, turn, result, answer, question]));
    assert_eq!(to_chat(&ended)["messages"][1]["content"], Value::Null);
}
