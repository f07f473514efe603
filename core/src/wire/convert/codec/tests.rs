//! Streams and replies of one format as those of the other, item by item.

use super::*;
use alloc::borrow::Cow;
use serde_json::json;

/// Decodes objects as the frames of a stream; returns the new items. The text `[DONE]` is the end marker.
pub(in crate::wire::convert) fn read(codec: &mut dyn StreamCodec, frames: &[Value]) -> Vec<Value> {
    let mut items = Vec::new();
    for frame in frames {
        let data = frame.as_str().map_or_else(|| frame.to_string(), str::to_owned);
        let frame = Frame { event: "", data: Cow::Owned(data), is_bare: false };
        codec.read_frame(&frame, &mut items).unwrap();
    }
    values(items)
}

/// Returns the items that a decoder holds back.
pub(in crate::wire::convert) fn flushed(codec: &mut dyn StreamCodec) -> Vec<Value> {
    let mut items = Vec::new();
    codec.flush(&mut items);
    values(items)
}

fn values(items: Vec<Item>) -> Vec<Value> {
    items.into_iter().map(|item| Value::Object(item.into_fields())).collect()
}

pub(in crate::wire::convert) fn head() -> Head {
    Head { status: 200, ..Head::default() }
}

/// A chunk with a delta.
pub(in crate::wire::convert) fn chunk(delta: &Value, finish_reason: &Value) -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})
}

pub(in crate::wire::convert) fn text_chunk(text: &str) -> Value {
    chunk(&json!({"content": text}), &Value::Null)
}

pub(in crate::wire::convert) fn delta(index: u64, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

pub(in crate::wire::convert) fn text_delta(index: u64, text: &str) -> Value {
    delta(index, &json!({"type": "text_delta", "text": text}))
}

pub(in crate::wire::convert) fn start(index: u64, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

pub(in crate::wire::convert) fn text_start(index: u64) -> Value {
    start(index, &json!({"type": "text", "text": ""}))
}

pub(in crate::wire::convert) fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

pub(in crate::wire::convert) fn message_start(id: &str, usage: &Value) -> Value {
    json!({"type": "message_start", "message": {"id": id, "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage}})
}

pub(in crate::wire::convert) fn message_end(reason: &str, usage: &Value) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": usage})
}

pub(in crate::wire::convert) fn message_stop() -> Value {
    json!({"type": "message_stop"})
}

#[test]
fn chunks_become_events() {
    let mut codec = codec(Format::Chat, Format::Messages, head());
    let call = |call: Value| chunk(&json!({"tool_calls": [call]}), &Value::Null);
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}});
    let frames = [
        chunk(&json!({"role": "assistant", "content": ""}), &Value::Null),
        chunk(&json!({"reasoning_content": "h"}), &Value::Null),
        chunk(&json!({"reasoning_content": "m"}), &Value::Null),
        text_chunk("I "),
        text_chunk("look"),
        call(json!({"index": 0, "id": "c.1", "type": "function", "function": {"name": "f", "arguments": ""}})),
        call(json!({"index": 0, "function": {"arguments": "{\"a\":"}})),
        call(json!({"index": 0, "function": {"arguments": "1}"}})),
        call(json!({"index": 1, "id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}})),
        chunk(&json!({}), &json!("tool_calls")),
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": [], "usage": usage}),
        json!("[DONE]"),
    ];
    let converted_usage = json!({"input_tokens": 6, "output_tokens": 7, "cache_read_input_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 2}});
    let thinking = |text: &str| delta(0, &json!({"type": "thinking_delta", "thinking": text}));
    let input = |index: u64, text: &str| delta(index, &json!({"type": "input_json_delta", "partial_json": text}));
    let wanted = [
        message_start("c1", &json!({"input_tokens": 0, "output_tokens": 0})),
        start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
        thinking("h"),
        thinking("m"),
        stop(0),
        text_start(1),
        text_delta(1, "I "),
        text_delta(1, "look"),
        stop(1),
        start(2, &json!({"type": "tool_use", "id": "c_1", "name": "f", "input": {}})),
        input(2, "{\"a\":"),
        input(2, "1}"),
        stop(2),
        start(3, &json!({"type": "tool_use", "id": "c2", "name": "g", "input": {}})),
        input(3, "{}"),
        stop(3),
        message_end("tool_use", &converted_usage),
        message_stop(),
    ];
    assert_eq!(read(&mut *codec, &frames), wanted);
    codec.end().unwrap();
    assert!(flushed(&mut *codec).is_empty());
    assert_eq!(
        codec.snapshot().unwrap(),
        json!({
            "id": "c1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use", "stop_sequence": null,
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": ""},
                {"type": "text", "text": "I look"},
                {"type": "tool_use", "id": "c_1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "c2", "name": "g", "input": {}},
            ],
            "usage": converted_usage,
        })
    );
}

#[test]
fn events_become_chunks() {
    let date = ("date".to_owned(), "Thu, 01 Jan 1970 00:01:00 GMT".to_owned());
    let head = Head { headers: [date].into_iter().collect(), ..head() };
    let mut codec = codec(Format::Messages, Format::Chat, head);
    let tool = json!({"type": "tool_use", "id": "t1", "name": "f", "input": {}});
    let frames = [
        message_start("msg_1", &json!({"input_tokens": 6, "cache_read_input_tokens": 4, "output_tokens": 1})),
        start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, &json!({"type": "thinking_delta", "thinking": "hm"})),
        delta(0, &json!({"type": "signature_delta", "signature": "s"})),
        stop(0),
        start(1, &json!({"type": "redacted_thinking", "data": "x"})),
        stop(1),
        text_start(2),
        json!({"type": "ping"}),
        text_delta(2, "I "),
        text_delta(2, "look"),
        stop(2),
        start(3, &tool),
        delta(3, &json!({"type": "input_json_delta", "partial_json": ""})),
        delta(3, &json!({"type": "input_json_delta", "partial_json": "{\"a\":1"})),
        delta(3, &json!({"type": "input_json_delta", "partial_json": "}"})),
        stop(3),
        start(4, &json!({"type": "tool_use", "id": "t2", "name": "g", "input": {}})),
        stop(4),
        message_end("tool_use", &json!({"output_tokens": 7})),
        message_stop(),
    ];
    let chunk = |delta: Value, reason: Value| {
        json!({"id": "msg_1", "object": "chat.completion.chunk", "created": 60, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
    };
    let call = |call: Value| chunk(json!({"tool_calls": [call]}), Value::Null);
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0}});
    let wanted = [
        chunk(json!({"role": "assistant"}), Value::Null),
        chunk(json!({"reasoning": "hm"}), Value::Null),
        chunk(json!({"content": "I "}), Value::Null),
        chunk(json!({"content": "look"}), Value::Null),
        call(json!({"index": 0, "id": "t1", "type": "function", "function": {"name": "f", "arguments": ""}})),
        call(json!({"index": 0, "function": {"arguments": "{\"a\":1"}})),
        call(json!({"index": 0, "function": {"arguments": "}"}})),
        call(json!({"index": 1, "id": "t2", "type": "function", "function": {"name": "g", "arguments": ""}})),
        call(json!({"index": 1, "function": {"arguments": "{}"}})),
        chunk(json!({}), json!("tool_calls")),
        json!({"id": "msg_1", "object": "chat.completion.chunk", "created": 60, "model": "m", "choices": [], "usage": usage}),
    ];
    assert_eq!(read(&mut *codec, &frames), wanted);
    let snapshot = codec.snapshot().unwrap();
    assert_eq!(
        snapshot["choices"],
        json!([{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "I look", "reasoning": "hm",
            "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
                {"id": "t2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        }}])
    );
    assert_eq!(snapshot["usage"], usage);
}

#[test]
fn repeated_deltas_share_a_template() {
    for (server, caller) in [(Format::Chat, Format::Messages), (Format::Messages, Format::Chat)] {
        let mut codec = codec(server, caller, head());
        let mut items = Vec::new();
        let mut read = |value: &Value| {
            let frame = Frame { event: "", data: Cow::Owned(value.to_string()), is_bare: false };
            codec.read_frame(&frame, &mut items).unwrap();
        };
        if server == Format::Messages {
            read(&message_start("msg_1", &json!({})));
            read(&text_start(0));
        }
        for text in ["a", "b", "c", "d"] {
            read(&if server == Format::Chat { text_chunk(text) } else { text_delta(0, text) });
        }
        let templates: Vec<_> = items.iter().filter_map(Item::as_delta).collect();
        assert_eq!(templates.iter().map(|(_, text)| *text).collect::<Vec<_>>(), ["b", "c", "d"]);
        assert!(templates.iter().all(|(template, _)| Arc::ptr_eq(template, templates[0].0)));
        assert!(items.iter().skip(1).all(|item| item.text().len() <= 1));
        assert_eq!(items.iter().map(Item::text).collect::<String>(), "abcd");
    }
}

#[test]
fn calls_that_a_server_mixes_become_blocks_one_after_the_other() {
    let mut codec = codec(Format::Chat, Format::Messages, head());
    let call = |index: u64, name: Option<&str>, arguments: &str| {
        let mut function = json!({"arguments": arguments});
        let mut call = json!({"index": index});
        if let Some(name) = name {
            function["name"] = json!(name);
            call["id"] = json!(name);
        }
        call["function"] = function;
        chunk(&json!({"tool_calls": [call]}), &Value::Null)
    };
    let frames = [
        call(0, Some("f"), "{\"a\":"),
        call(1, Some("g"), "{\"b\":"),
        text_chunk("x"),
        text_chunk("y"),
        call(0, None, "1}"),
        call(1, None, "2}"),
    ];
    let events = read(&mut *codec, &frames);
    let kinds: Vec<String> =
        events.iter().map(|event| format!("{} {}", text_of(event, "type"), event["index"])).collect();
    assert_eq!(
        kinds[1..],
        [
            "content_block_start 0",
            "content_block_delta 0",
            "content_block_delta 0",
            "content_block_stop 0",
            "content_block_start 1",
            "content_block_delta 1",
            "content_block_delta 1",
            "content_block_stop 1",
            "content_block_start 2",
            "content_block_delta 2",
        ]
    );
    assert_eq!(
        codec.snapshot().unwrap()["content"],
        json!([
            {"type": "tool_use", "id": "f", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "id": "g", "name": "g", "input": {"b": 2}},
            {"type": "text", "text": "xy"},
        ])
    );
}

fn text_of(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

#[test]
fn a_cut_stream_keeps_what_was_held_back_and_has_no_end() {
    let mut codec = codec(Format::Chat, Format::Messages, head());
    let call = json!({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}]});
    assert_eq!(read(&mut *codec, &[text_chunk("Hi"), chunk(&call, &Value::Null)]).len(), 3);
    assert!(codec.end().is_err() && !codec.has_finish_reason());
    let wanted = [stop(0), start(1, &json!({"type": "tool_use", "id": "c1", "name": "f", "input": {}}))];
    assert_eq!(flushed(&mut *codec), wanted);
    let partial = codec.snapshot().unwrap();
    assert_eq!((&partial["stop_reason"], &partial["content"][1]["name"]), (&Value::Null, &json!("f")));
}

#[test]
fn a_refusal_ends_with_its_reason() {
    let mut refused = codec(Format::Chat, Format::Messages, head());
    let frames = [
        chunk(&json!({"role": "assistant", "refusal": "I "}), &Value::Null),
        chunk(&json!({"refusal": "can't"}), &json!("stop")),
        json!("[DONE]"),
    ];
    read(&mut *refused, &frames);
    let snapshot = refused.snapshot().unwrap();
    assert_eq!(snapshot["content"], json!([{"type": "text", "text": "I can't"}]));
    assert_eq!(snapshot["stop_reason"], "refusal");
}

#[test]
fn a_complete_reply_is_converted() {
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}],
        "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 2}});
    let completion = json!({"id": "msg_1", "object": "chat.completion", "created": 0, "model": "m",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Hi", "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
        ]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}});
    for (server, caller, reply, wanted) in [
        (Format::Messages, Format::Chat, &message, &completion),
        (Format::Chat, Format::Messages, &completion, &message),
    ] {
        let mut codec = codec(server, caller, head());
        codec.read_reply(reply.as_object().unwrap().clone(), &mut Vec::new()).unwrap();
        assert_eq!(codec.snapshot().as_ref(), Some(wanted));
        assert_eq!(codec.metadata()["usage"], wanted["usage"]);
    }
}

#[test]
fn usage_is_a_chunk_only_if_it_is_requested() {
    for (options, count) in [(json!({"include_usage": true}), 1), (Value::Null, 0)] {
        let body = json!({ "stream_options": options });
        let mut codec = codec_for(Format::Messages, Format::Chat, head(), body.as_object().unwrap());
        let frames = [
            message_start("msg_1", &json!({"input_tokens": 1, "output_tokens": 1})),
            message_end("end_turn", &json!({"output_tokens": 2})),
            message_stop(),
        ];
        let chunks = read(&mut *codec, &frames);
        assert_eq!(chunks.iter().filter(|chunk| chunk["choices"] == json!([])).count(), count);
        assert_eq!(codec.snapshot().unwrap()["usage"]["completion_tokens"], 2);
        let mut first = self::codec(Format::Chat, Format::Chat, head());
        read(&mut *first, &[text_chunk("Hi")]);
        let next = codec_for(Format::Messages, Format::Chat, head(), body.as_object().unwrap());
        let mut whole = super::super::continuation::continued(&mut *first, next);
        let chunks = read(&mut *whole, &frames);
        assert_eq!(chunks.iter().filter(|chunk| chunk["choices"] == json!([])).count(), count);
        assert_eq!(whole.snapshot().unwrap()["usage"]["completion_tokens"], 2);
    }
}

#[test]
fn an_answer_has_no_end_after_a_failure() {
    // The reason of a failure and the last text are in one chunk.
    let mut failure = chunk(&json!({"content": "lo"}), &json!("error"));
    failure["error"] = json!({"code": "server_error", "message": "Provider disconnected"});
    let mut failed = codec(Format::Chat, Format::Messages, head());
    let mut events = read(&mut *failed, &[chunk(&json!({"role": "assistant", "content": "Hel"}), &Value::Null)]);
    let frame = Frame { event: "", data: Cow::Owned(failure.to_string()), is_bare: false };
    let mut items = Vec::new();
    failed.read_frame(&frame, &mut items).unwrap_err();
    events.extend(values(items));
    events.extend(flushed(&mut *failed));
    let open =
        [message_start("c1", &json!({"input_tokens": 0, "output_tokens": 0})), text_start(0), text_delta(0, "Hel")];
    assert_eq!(events, [&open[..], &[text_delta(0, "lo")]].concat());
    // The rest of another server goes on in the same block.
    let mut whole = super::super::continuation::continued(&mut *failed, codec(Format::Chat, Format::Messages, head()));
    let frames = [chunk(&json!({"role": "assistant", "content": "!"}), &json!("stop")), json!("[DONE]")];
    let rest = read(&mut *whole, &frames);
    assert_eq!(rest[..2], [text_delta(0, "!"), stop(0)]);
    assert_eq!(rest.last(), Some(&message_stop()));
    assert_eq!(whole.snapshot().unwrap()["content"], json!([{"type": "text", "text": "Hello!"}]));
}
