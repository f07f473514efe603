//! Streams and replies of one format, read in the other.
//!
//! Every vector of both formats is decoded by its own decoder and by the converting one: text, reasoning, calls, the finish reason and the tokens
//! must be the same, and the items must be a valid stream of the caller's format. The same streams are cut, and go on at servers of both formats.

use std::path::Path;

use serde_json::{Map, Value, json};
use trilogue_core::cost::Tokens;
use trilogue_core::transport::Head;
use trilogue_core::wire::convert::{codec, continuation, continued, request};
use trilogue_core::wire::sse::Decoder;
use trilogue_core::wire::{Format, Step, StreamCodec};
use trilogue_core::{Item, ffi};
use trilogue_test_server::vector::Framing;
use trilogue_test_server::{Vector, load};

/// A stream that mixes the deltas of two blocks. Chunks have no blocks: the texts come in the order in which they arrived.
const INTERLEAVED: &str = "messages.stream_interleaved_blocks";

/// The longest streams that are cut.
const MAX_CUT_BYTES: usize = 16 << 10;

/// The outcome of a decoder: its items, its result, and the kind of its error.
#[derive(Debug)]
struct Outcome {
    items: Vec<Item>,
    snapshot: Option<Value>,
    metadata: Map<String, Value>,
    has_finish_reason: bool,
    error: Option<String>,
}

/// Decodes a body as the client does: a JSON object is a reply, everything else an event stream.
fn decode(mut codec: Box<dyn StreamCodec + Send>, body: &[u8]) -> Outcome {
    let mut items = Vec::new();
    let text = String::from_utf8_lossy(body);
    let outcome = match serde_json::from_str::<Value>(text.trim()) {
        Ok(Value::Object(reply)) => codec.read_reply(reply, &mut items),
        _ => read_events(&mut *codec, body, &mut items),
    };
    if outcome.is_err() {
        codec.flush(&mut items);
    }
    Outcome {
        items,
        snapshot: codec.snapshot(),
        metadata: codec.metadata().clone(),
        has_finish_reason: codec.has_finish_reason(),
        error: outcome.err().map(|error| format!("{:?}", error.kind())),
    }
}

fn read_events(codec: &mut dyn StreamCodec, body: &[u8], items: &mut Vec<Item>) -> Result<(), trilogue_core::Error> {
    let mut decoder = Decoder::new(1 << 24);
    decoder.push(body);
    while let Ok(Some(frame)) = decoder.next_frame() {
        if codec.read_frame(&frame, items)? == Step::Done {
            return Ok(());
        }
    }
    if let Some(frame) = decoder.finish()
        && codec.read_frame(&frame, items)? == Step::Done
    {
        return Ok(());
    }
    codec.end()?;
    codec.flush(items);
    Ok(())
}

/// What an answer says, independent of its format.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    reasoning: String,
    /// Id, name and arguments of each call.
    calls: Vec<(String, String, Value)>,
    reason: Option<String>,
    tokens: Option<Tokens>,
    id: String,
    model: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Reads arguments; those that are no object are compared as text.
fn arguments(written: &str) -> Value {
    // The core's parser replaces lone surrogates.
    match ffi::body(written) {
        Ok(arguments) => arguments.into(),
        _ if written.is_empty() => json!({}),
        _ => written.into(),
    }
}

fn said(format: Format, reply: Option<&Value>) -> Said {
    let Some(reply) = reply else { return Said::default() };
    let mut said = Said {
        tokens: Tokens::of(&reply["usage"]),
        id: text(&reply["id"]),
        model: text(&reply["model"]),
        ..Said::default()
    };
    if format == Format::Chat {
        let none = Vec::new();
        let choices = reply["choices"].as_array().unwrap_or(&none);
        let Some(choice) = choices.iter().find(|choice| choice["index"] == 0) else { return said };
        let message = &choice["message"];
        said.text = text(&message["content"]) + &text(&message["refusal"]);
        said.reasoning = text(&message["reasoning"]);
        said.reason = choice["finish_reason"].as_str().map(str::to_owned);
        for call in message["tool_calls"].as_array().unwrap_or(&none) {
            let function = &call["function"];
            said.calls.push((text(&call["id"]), text(&function["name"]), arguments(&text(&function["arguments"]))));
        }
        return said;
    }
    said.reason = reply["stop_reason"].as_str().map(str::to_owned);
    for block in reply["content"].as_array().unwrap() {
        said.text += &text(&block["text"]);
        match block["type"].as_str().unwrap_or_default() {
            "thinking" => said.reasoning += &text(&block["thinking"]),
            "tool_use" => {
                let input = match &block["partial_json"] {
                    Value::String(written) => arguments(written),
                    _ => block["input"].clone(),
                };
                said.calls.push((text(&block["id"]), text(&block["name"]), input));
            }
            _ => {}
        }
    }
    said
}

/// The reasons of complete answers.
const REASONS: [&str; 4] = ["stop", "length", "tool_calls", "content_filter"];

/// The reason as chat completions name it.
fn chat_reason(reason: &str) -> &str {
    match reason {
        "end_turn" | "stop_sequence" | "stop" => "stop",
        "max_tokens" | "model_context_window_exceeded" | "length" => "length",
        "tool_use" | "tool_calls" | "function_call" => "tool_calls",
        "refusal" | "content_filter" => "content_filter",
        other => other,
    }
}

/// Checks the order of a message's events, and that indexes rise and blocks don't overlap.
fn check_events(name: &str, outcome: &Outcome) {
    let mut open = None;
    let mut next = 0;
    let (mut has_started, mut has_delta, mut has_stopped) = (false, false, false);
    for item in &outcome.items {
        let event = item.fields();
        assert!(!has_stopped, "{name}: an event after message_stop");
        let kind = event["type"].as_str().unwrap();
        assert_eq!(!has_started, kind == "message_start", "{name}: {kind}");
        has_started = true;
        match kind {
            "message_start" => {}
            "content_block_start" => {
                assert_eq!((open, &event["index"]), (None, &json!(next)), "{name}");
                open = Some(next);
                next += 1;
            }
            "content_block_delta" => assert!(event["index"].as_u64() == open, "{name}: {event:?}"),
            "content_block_stop" => assert!(event["index"].as_u64() == open.take(), "{name}"),
            "message_delta" => {
                assert!(open.is_none() && !has_delta, "{name}");
                has_delta = true;
            }
            "message_stop" => {
                assert!(has_delta, "{name}");
                has_stopped = true;
            }
            other => panic!("{name}: {other}"),
        }
    }
    assert_eq!(has_stopped, outcome.error.is_none(), "{name}: message_stop ends complete answers only");
}

/// Checks the order of chunks: the role first, and each call's id and name before its arguments.
fn check_chunks(name: &str, outcome: &Outcome) {
    let mut calls = 0;
    for (number, item) in outcome.items.iter().enumerate() {
        let chunk = item.fields();
        assert_eq!(chunk["object"], "chat.completion.chunk", "{name}");
        let id = &outcome.items[0].fields()["id"];
        assert!(chunk["id"] == *id || id == "", "{name}");
        let choices = chunk["choices"].as_array().unwrap();
        if choices.is_empty() {
            assert!(chunk["usage"].is_object() && number + 1 == outcome.items.len(), "{name}");
            assert_eq!(outcome.error, None, "{name}: the usage ends complete answers only");
            continue;
        }
        let delta = &choices[0]["delta"];
        assert_eq!(delta["role"].is_string(), number == 0, "{name}");
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let is_new = call["index"] == json!(calls);
            calls += u64::from(is_new);
            assert_eq!(call["id"].is_string(), is_new, "{name}");
            assert!(call["index"].as_u64().unwrap() < calls, "{name}");
        }
    }
}

fn vectors() -> Vec<(String, Vector, Format, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut found = Vec::new();
    for (name, vector) in load(&folder).unwrap() {
        let format = match vector.endpoint.as_str() {
            "chat" => Format::Chat,
            "messages" => Format::Messages,
            _ => continue,
        };
        let response = vector.response.nth(0);
        if response.status != 200 || response.framing == Framing::Raw {
            continue;
        }
        let parts = response.body.iter().flat_map(|piece| piece.parts().unwrap());
        let bytes = parts.flat_map(|(_, bytes)| bytes).collect();
        found.push((name, vector, format, bytes));
    }
    found
}

#[test]
fn converted_streams_say_the_same() {
    let (mut compared, mut calls, mut counted, mut deltas) = ([0, 0], [0, 0], 0, 0);
    for (name, _, server, bytes) in vectors() {
        let caller = if server == Format::Chat { Format::Messages } else { Format::Chat };
        let head = Head { status: 200, ..Head::default() };
        let native = decode(codec(server, server, head.clone()), &bytes);
        let converted = decode(codec(server, caller, head), &bytes);
        assert_eq!(native.error, converted.error, "{name}");
        assert_eq!(native.has_finish_reason, converted.has_finish_reason, "{name}");
        let mut wanted = said(server, native.snapshot.as_ref());
        let mut got = said(caller, converted.snapshot.as_ref());
        if server == Format::Chat {
            check_events(&name, &converted);
            if native.snapshot.as_ref().is_some_and(|reply| reply["choices"][0]["message"]["refusal"].is_string())
                && wanted.reason.as_deref() == Some("stop")
            {
                wanted.reason = Some("content_filter".to_owned());
            }
            for ((id, ..), (wanted, ..)) in got.calls.iter().zip(&mut wanted.calls) {
                assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) && !id.is_empty(), "{name}");
                *wanted = id.clone();
            }
        } else {
            check_chunks(&name, &converted);
        }
        for reason in [&mut wanted.reason, &mut got.reason] {
            // The reason of a failure is in the error.
            let known =
                reason.as_deref().map(chat_reason).filter(|reason| native.error.is_none() || REASONS.contains(reason));
            *reason = known.map(str::to_owned);
        }
        // A stream that failed before its beginning has no message that could have them. The usage is in the metadata.
        if converted.snapshot.is_none() {
            (wanted.id, wanted.model, wanted.tokens) = (String::new(), String::new(), None);
        }
        if name == INTERLEAVED {
            assert_eq!((wanted.text.as_str(), got.text.as_str()), ("abxy", "axby"));
            wanted.text.clone_from(&got.text);
        }
        assert_eq!(got, wanted, "{name}");
        assert_eq!(
            converted.metadata.get("usage").and_then(Tokens::of),
            native.metadata.get("usage").and_then(Tokens::of),
            "{name}"
        );
        let position = usize::from(server == Format::Messages);
        compared[position] += usize::from(!got.text.is_empty());
        calls[position] += got.calls.len();
        counted += usize::from(got.tokens.is_some());
        deltas += converted.items.iter().filter(|item| item.as_delta().is_some()).count();
    }
    assert!(compared[0] > 300 && compared[1] > 60, "{compared:?}");
    assert!(calls[0] > 80 && calls[1] > 15, "{calls:?}");
    assert!(counted > 100 && deltas > 100, "{counted} {deltas}");
}

/// Decodes the first frames of a stream. Returns the decoder, its items, and whether the stream goes on.
fn begin(server: Format, caller: Format, body: &[u8], frames: usize) -> (Box<dyn StreamCodec + Send>, Vec<Item>, bool) {
    let mut codec = codec(server, caller, Head { status: 200, ..Head::default() });
    let mut items = Vec::new();
    let mut decoder = Decoder::new(1 << 24);
    decoder.push(body);
    for _ in 0..frames {
        let Ok(Some(frame)) = decoder.next_frame() else { return (codec, items, false) };
        if !matches!(codec.read_frame(&frame, &mut items), Ok(Step::Progress | Step::KeepAlive)) {
            return (codec, items, false);
        }
    }
    (codec, items, true)
}

/// Each stream is cut after each of its first frames, and goes on with a server of either format that repeats the answer from its beginning.
#[test]
fn answers_that_go_on_are_one_answer() {
    let (mut continued_answers, mut repeated) = (0, 0);
    let complete: Vec<_> = vectors()
        .into_iter()
        .filter(|(name, vector, format, bytes)| {
            if name == INTERLEAVED || bytes.len() > MAX_CUT_BYTES {
                return false;
            }
            let whole = decode(codec(*format, *format, Head { status: 200, ..Head::default() }), bytes);
            vector.request["stream"] == true && whole.error.is_none() && whole.has_finish_reason
        })
        .collect();
    let second = |caller: Format| {
        let name = if caller == Format::Chat { "stream.usage" } else { "messages.stream_text" };
        complete.iter().find(|(known, ..)| known == name).map(|(.., bytes)| bytes.clone()).unwrap()
    };
    let others = [Format::Chat, Format::Messages].map(|other| {
        let bytes = second(other);
        let answer = decode(codec(other, other, Head::default()), &bytes);
        (other, bytes, said(other, answer.snapshot.as_ref()))
    });
    for (name, vector, server, bytes) in &complete {
        let whole = said(*server, decode(codec(*server, *server, Head::default()), bytes).snapshot.as_ref());
        for caller in [Format::Chat, Format::Messages] {
            for frames in [1, 2, 3, 5, 8] {
                let (mut first, mut items, goes_on) = begin(*server, caller, bytes, frames);
                if !goes_on {
                    break;
                }
                first.flush(&mut items);
                let partial = first.snapshot().unwrap_or_default();
                let body = request(*server, caller, vector.request.as_object().unwrap());
                let body = body.unwrap_or_else(|_| vector.request.as_object().unwrap().clone());
                let Some(rest) = continuation(caller, &body, &partial) else { continue };
                assert!(rest["messages"].as_array().unwrap().len() > body["messages"].as_array().unwrap().len());
                let before = said(caller, Some(&partial));
                // A server that repeats the answer.
                let next = codec(*server, caller, Head { status: 200, ..Head::default() });
                let mut outcome = decode(continued(&mut *first, next), bytes);
                let after = said(caller, outcome.snapshot.as_ref());
                if whole.text.starts_with(&before.text) {
                    assert_eq!((&after.text, &after.calls.len()), (&whole.text, &whole.calls.len()), "{name} {frames}");
                    repeated += 1;
                }
                assert_eq!(after.reasoning, before.reasoning, "{name} {frames}");
                // Some servers send the id at the end.
                assert!(after.id == before.id || before.id.is_empty(), "{name} {frames}");
                items.append(&mut outcome.items);
                outcome.items = items;
                if caller != *server {
                    let check = if caller == Format::Chat { check_chunks } else { check_events };
                    check(name, &outcome);
                }
                // Another server.
                for (other, other_bytes, answer) in &others {
                    let (mut first, ..) = begin(*server, caller, bytes, frames);
                    let next = codec(*other, caller, Head { status: 200, ..Head::default() });
                    let outcome = decode(continued(&mut *first, next), other_bytes);
                    let after = said(caller, outcome.snapshot.as_ref());
                    assert_eq!(outcome.error, None, "{name} {frames}");
                    let rest = answer.text.strip_prefix(before.text.as_str()).unwrap_or(&answer.text);
                    assert_eq!(after.text, format!("{}{rest}", before.text), "{name} {frames}");
                    continued_answers += 1;
                }
            }
        }
    }
    assert!(continued_answers > 1000 && repeated > 500, "{continued_answers} {repeated}");
}

/// A request that the other format can express stays the same after it was converted there, back and there again.
#[test]
fn requests_of_vectors_survive_both_conversions() {
    let (mut converted, mut refused) = (0, 0);
    for (name, vector, from, _) in vectors() {
        let to = if from == Format::Chat { Format::Messages } else { Format::Chat };
        let body = vector.request.as_object().unwrap();
        if vector.expect["error"]["kind"] == "InvalidRequestError" {
            continue;
        }
        let Ok(there) = request(from, to, body) else {
            refused += 1;
            continue;
        };
        let back = request(to, from, &there).unwrap();
        assert_eq!(request(from, to, &back).unwrap(), there, "{name}");
        let count = |body: &Map<String, Value>| body["messages"].as_array().unwrap().len();
        assert_eq!(count(&back), count(body), "{name}");
        converted += 1;
    }
    assert!(converted > 400 && refused < 40, "{converted} {refused}");
}
