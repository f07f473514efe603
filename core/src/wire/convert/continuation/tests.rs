//! Answers that go on after a cut.

use super::super::codec::codec;
use super::super::codec::tests::{
    chunk, flushed, head, message_end, message_start, message_stop, read, start, stop, text_chunk, text_delta,
    text_start,
};
use super::*;
use serde_json::json;

fn chat_body() -> Map<String, Value> {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true});
    body.as_object().unwrap().clone()
}

fn completion(message: &Value) -> Value {
    json!({"choices": [{"index": 0, "message": message, "finish_reason": null}]})
}

fn requested(format: Format, body: &Map<String, Value>, partial: &Value) -> Option<Value> {
    continuation(format, body, partial).map(|mut body| body.shift_remove("messages").unwrap())
}

#[test]
fn the_rest_of_an_answer_is_requested() {
    let partial = completion(&json!({"role": "assistant", "content": "Hel", "reasoning": "hm"}));
    let wanted = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hel"},
        {"role": "user", "content": GO_ON},
    ]);
    assert_eq!(requested(Format::Chat, &chat_body(), &partial), Some(wanted));
    let blocks = json!({"content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "Hel"}, {"type": "text", "text": ""},
    ], "stop_reason": null});
    let wanted = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hel"}]},
        {"role": "user", "content": GO_ON},
    ]);
    assert_eq!(requested(Format::Messages, &chat_body(), &blocks), Some(wanted));
    // An error in the middle of a stream is no end.
    let mut failed = partial.clone();
    failed["choices"][0]["finish_reason"] = json!("error");
    assert!(continuation(Format::Chat, &chat_body(), &failed).is_some());
    // The caller has begun the answer.
    let mut body = chat_body();
    body["messages"].as_array_mut().unwrap().push(json!({"role": "assistant", "content": "> "}));
    let messages = requested(Format::Chat, &body, &partial).unwrap();
    assert_eq!((&messages[1]["content"], messages.as_array().unwrap().len()), (&json!("> Hel"), 3));
}

#[test]
fn some_answers_cannot_be_continued() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}});
    for message in [
        json!({"content": null, "reasoning": "hm"}),
        json!({"content": " \n"}),
        json!({"content": "Hi", "tool_calls": [call]}),
        json!({"content": "Hi", "refusal": "I"}),
    ] {
        assert_eq!(continuation(Format::Chat, &chat_body(), &completion(&message)), None, "{message}");
    }
    let partial = completion(&json!({"content": "Hi"}));
    for (name, value) in [
        ("n", json!(2)),
        ("response_format", json!({"type": "json_object"})),
        ("logprobs", json!(true)),
        ("audio", json!({})),
    ] {
        let mut body = chat_body();
        body.insert(name.to_owned(), value);
        assert_eq!(continuation(Format::Chat, &body, &partial), None, "{name}");
    }
    let mut two = partial.clone();
    two["choices"].as_array_mut().unwrap().push(json!({"index": 1, "message": {"content": "Ho"}}));
    let mut ended = partial.clone();
    ended["choices"][0]["finish_reason"] = json!("stop");
    for partial in [two, ended, json!({}), Value::Null] {
        assert_eq!(continuation(Format::Chat, &chat_body(), &partial), None, "{partial}");
    }
    for content in [
        json!([{"type": "thinking", "thinking": "hm"}]),
        json!([{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}]),
        json!([{"type": "text", "text": "Hi"}, {"type": "server_tool_use", "id": "t", "name": "f", "input": {}}]),
    ] {
        assert_eq!(continuation(Format::Messages, &chat_body(), &json!({ "content": content })), None, "{content}");
    }
    let text = json!({"content": [{"type": "text", "text": "Hi"}]});
    for (name, value) in [("output_format", json!({"type": "json_schema"})), ("output_config", json!({"format": {}}))] {
        let mut body = chat_body();
        body.insert(name.to_owned(), value);
        assert_eq!(continuation(Format::Messages, &body, &text), None, "{name}");
    }
}

fn cut_completion() -> Box<dyn StreamCodec + Send> {
    let mut first = codec(Format::Chat, Format::Chat, head());
    let mut begun = chunk(&json!({"role": "assistant", "content": "Hel"}), &Value::Null);
    begun["usage"] = json!({"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11});
    read(&mut *first, &[begun, text_chunk("lo,")]);
    first
}

fn second_completion(texts: &[&str]) -> Vec<Value> {
    let mut frames = vec![chunk(&json!({"role": "assistant", "reasoning": "The rest"}), &Value::Null)];
    frames.extend(texts.iter().map(|text| text_chunk(text)));
    let mut end = chunk(&json!({}), &json!("stop"));
    end["usage"] = json!({"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23});
    frames.extend([end, json!("[DONE]")]);
    for frame in frames.iter_mut().filter(|frame| frame.is_object()) {
        frame["id"] = json!("c2");
        frame["model"] = json!("other");
    }
    frames
}

#[test]
fn a_completion_goes_on() {
    let mut codec = continued(&mut *cut_completion(), codec(Format::Chat, Format::Chat, head()));
    let sum = json!({"prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34});
    let usage =
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": [], "usage": sum});
    let wanted = [text_chunk(" wor"), text_chunk("ld"), chunk(&json!({}), &json!("stop")), usage];
    assert_eq!(read(&mut *codec, &second_completion(&[" wor", "ld"])), wanted);
    codec.end().unwrap();
    assert!(codec.has_finish_reason());
    assert_eq!(
        codec.snapshot().unwrap(),
        json!({"id": "c1", "object": "chat.completion", "created": 5, "model": "m", "usage": sum, "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello, world"}},
        ]})
    );
    assert_eq!(codec.metadata()["usage"]["prompt_tokens"], 20);
    assert_eq!(codec.metadata()["model"], "other");
}

#[test]
fn a_repeated_beginning_is_dropped() {
    for (texts, whole) in [
        (&["Hello, world"][..], "Hello, world"),
        (&["He", "llo", ", wor", "ld"], "Hello, world"),
        (&["Hello,", " world"], "Hello, world"),
        // Only a part is repeated: it is text of the rest.
        (&["Hel", "p!"], "Hello,Help!"),
        (&["Hel"], "Hello,Hel"),
        (&["lo,"], "Hello,lo,"),
        // The beginning is dropped once.
        (&["Hello,", "Hello,"], "Hello,Hello,"),
    ] {
        let mut codec = continued(&mut *cut_completion(), codec(Format::Chat, Format::Chat, head()));
        let chunks = read(&mut *codec, &second_completion(texts));
        let new: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert_eq!(format!("Hello,{new}"), whole, "{texts:?}");
        assert_eq!(codec.snapshot().unwrap()["choices"][0]["message"]["content"], whole, "{texts:?}");
    }
    // After another cut, the repeated text is requested anew.
    let mut codec = continued(&mut *cut_completion(), codec(Format::Chat, Format::Chat, head()));
    assert!(read(&mut *codec, &[text_chunk("Hel")]).is_empty() && flushed(&mut *codec).is_empty());
    assert_eq!(codec.snapshot().unwrap()["choices"][0]["message"]["content"], "Hello,");
}

fn cut_message(is_open: bool) -> Box<dyn StreamCodec + Send> {
    let mut first = codec(Format::Messages, Format::Messages, head());
    let frames =
        [message_start("msg_1", &json!({"input_tokens": 10, "output_tokens": 1})), text_start(0), text_delta(0, "Hel")];
    read(&mut *first, &frames);
    if !is_open {
        read(&mut *first, &[stop(0)]);
    }
    first
}

fn second_message() -> Vec<Value> {
    vec![
        message_start("msg_2", &json!({"input_tokens": 20, "output_tokens": 1})),
        start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "The rest"}}),
        stop(0),
        text_start(1),
        text_delta(1, "l"),
        text_delta(1, "o"),
        stop(1),
        start(2, &json!({"type": "tool_use", "id": "t1", "name": "f", "input": {}})),
        stop(2),
        message_end("tool_use", &json!({"output_tokens": 3})),
        message_stop(),
    ]
}

#[test]
fn a_message_goes_on() {
    let call = |index: u64| {
        let delta = json!({"type": "input_json_delta", "partial_json": "{}"});
        let delta = json!({"type": "content_block_delta", "index": index, "delta": delta});
        [start(index, &json!({"type": "tool_use", "id": "t1", "name": "f", "input": {}})), delta, stop(index)]
    };
    let end = [message_end("tool_use", &json!({"input_tokens": 30, "output_tokens": 4})), message_stop()];
    let in_block = [text_delta(0, "l"), text_delta(0, "o"), stop(0)];
    let mut codec = continued(&mut *cut_message(true), codec(Format::Messages, Format::Messages, head()));
    let wanted: Vec<Value> = in_block.into_iter().chain(call(1)).chain(end.clone()).collect();
    assert_eq!(read(&mut *codec, &second_message()), wanted);
    let snapshot = codec.snapshot().unwrap();
    assert_eq!(
        snapshot["content"],
        json!([{"type": "text", "text": "Hello"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {}}])
    );
    assert_eq!((&snapshot["id"], &snapshot["usage"]["input_tokens"]), (&json!("msg_1"), &json!(30)));
    assert_eq!(codec.metadata()["usage"], json!({"input_tokens": 20, "output_tokens": 3}));
}

#[test]
fn a_message_whose_block_is_closed_goes_on_in_a_new_one() {
    let mut codec = continued(&mut *cut_message(false), codec(Format::Messages, Format::Messages, head()));
    let events = read(&mut *codec, &second_message());
    assert_eq!(events[..2], [text_start(1), text_delta(1, "l")]);
    let content = &codec.snapshot().unwrap()["content"];
    assert_eq!((&content[0]["text"], &content[1]["text"]), (&json!("Hel"), &json!("lo")));
}

#[test]
fn an_answer_goes_on_in_the_other_format_and_after_several_cuts() {
    let next = codec(Format::Messages, Format::Chat, head());
    let mut converted = continued(&mut *cut_completion(), next);
    read(&mut *converted, &second_message()[..6]);
    let mut codec = continued(&mut *converted, codec(Format::Chat, Format::Chat, head()));
    read(&mut *codec, &second_completion(&["!"]));
    let snapshot = codec.snapshot().unwrap();
    assert_eq!(snapshot["choices"][0]["message"], json!({"role": "assistant", "content": "Hello,l!"}));
    assert_eq!(snapshot["usage"]["prompt_tokens"], 50);
    let next = super::super::codec::codec(Format::Chat, Format::Messages, head());
    let mut codec = continued(&mut *cut_message(true), next);
    let events = read(&mut *codec, &second_completion(&["lo"]));
    assert_eq!(events[..2], [text_delta(0, "lo"), stop(0)]);
    assert_eq!(codec.snapshot().unwrap()["usage"], json!({"input_tokens": 30, "output_tokens": 4}));
}

#[test]
fn a_stream_without_an_answer_is_replaced() {
    let mut codec =
        continued(&mut *codec(Format::Chat, Format::Chat, head()), codec(Format::Chat, Format::Chat, head()));
    assert_eq!(read(&mut *codec, &second_completion(&["Hi"]))[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(codec.snapshot().unwrap()["id"], "c2");
}
