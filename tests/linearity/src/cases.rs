//! The cases: one for each field of a response that can be long, both fragmented and in one piece.

use std::fmt::Write;

use serde_json::{Value, json};

/// The format of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Chat,
    Messages,
    NonStreamingChat,
    NonStreamingMessages,
    /// A text whose tokens are counted, and no response.
    Tokens,
}

/// A response with one field of configurable size.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// Whether the content is parsed as partial JSON.
    pub(crate) is_json: bool,
    /// Whether the response is an error.
    pub(crate) fails: bool,
    /// The field's size at factor 1.
    base: usize,
    /// Returns the response body for a size.
    body: fn(usize) -> String,
}

impl Case {
    /// Returns the body in pieces of [`PIECE`] bytes.
    pub(crate) fn pieces(&self, factor: usize) -> Vec<Vec<u8>> {
        (self.body)(self.base * factor).into_bytes().chunks(PIECE).map(<[u8]>::to_vec).collect()
    }
}

/// Size of one read in bytes, a typical size for sockets.
const PIECE: usize = 4096;
/// Size at factor 1 of a text in fragments of [`STEP`] bytes.
const TEXT: usize = 16 * 1024;
/// Size at factor 1 of a text in one piece.
const LONG: usize = 16 * 1024;
/// Size of one fragment in bytes.
const STEP: usize = 256;

fn chat(name: &'static str, base: usize, body: fn(usize) -> String) -> Case {
    Case { name, format: Format::Chat, is_json: false, fails: false, base, body }
}

fn messages(name: &'static str, base: usize, body: fn(usize) -> String) -> Case {
    Case { format: Format::Messages, ..chat(name, base, body) }
}

fn failing(case: Case) -> Case {
    Case { fails: true, ..case }
}

fn as_json(case: Case) -> Case {
    Case { is_json: true, ..case }
}

fn frame(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn delta(delta: &Value) -> String {
    frame(&json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
}

/// Repeats a pattern up to the size of a fragment.
fn filler(pattern: &str) -> String {
    pattern.repeat(STEP / pattern.len())
}

fn chat_end() -> String {
    frame(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})) + "data: [DONE]\n\n"
}

/// Returns a stream of chunks with the same delta. Every second delta has an extra field, which disables the fast path for similar
/// chunks.
fn deltas(size: usize, make: fn(&str) -> Value) -> String {
    let value = make(&"x".repeat(STEP));
    let mut other = value.clone();
    other["other"] = Value::Null;
    (delta(&value) + &delta(&other)).repeat(size / STEP / 2) + &chat_end()
}

/// Returns a stream of chunks whose deltas `make` creates by number.
fn numbered_deltas(size: usize, make: fn(usize, &str) -> Value) -> String {
    let text = "x".repeat(STEP);
    (0..size / STEP).map(|number| delta(&make(number, &text))).collect::<String>() + &chat_end()
}

/// Returns a stream of chunks that differ only in their text, which take the fast path.
fn plain_deltas(size: usize, make: fn(&str) -> Value) -> String {
    let text = "x".repeat(STEP);
    delta(&make(&text)).repeat(size / STEP) + &chat_end()
}

fn call(function: &Value) -> Value {
    json!({"tool_calls": [{"index": 0, "function": function}]})
}

fn first_call(arguments: &str) -> String {
    let function = json!({"name": "f", "arguments": arguments});
    delta(&json!({"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": function}]}))
}

/// Returns a stream of arguments in fragments after `first`.
fn arguments(size: usize, first: &str) -> String {
    first_call(first) + &deltas(size, |text| call(&json!({"arguments": text})))
}

fn content(text: &str) -> String {
    delta(&json!({"content": text}))
}

/// Returns a stream of content in fragments after `first`.
fn content_after(size: usize, first: &str) -> String {
    content(first) + &deltas(size, |text| json!({"content": text}))
}

fn event(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}

fn message_start() -> String {
    event(&json!({"type": "message_start", "message": {"id": "m", "role": "assistant", "model": "m", "content": []}}))
}

fn message_end() -> String {
    event(&json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}))
        + &event(&json!({"type": "message_stop"}))
}

fn block(index: usize, block: &Value) -> String {
    event(&json!({"type": "content_block_start", "index": index, "content_block": block}))
}

fn block_end(index: usize) -> String {
    event(&json!({"type": "content_block_stop", "index": index}))
}

/// Returns a message of one block with the same delta. Every second event has an extra field, which disables the fast path for similar
/// events.
fn block_deltas(size: usize, start: &Value, make: fn(&str) -> Value) -> String {
    let mut value = json!({"type": "content_block_delta", "index": 0, "delta": make(&"x".repeat(STEP))});
    let mut pair = event(&value);
    value["other"] = Value::Null;
    pair += &event(&value);
    message_start() + &block(0, start) + &pair.repeat(size / STEP / 2) + &block_end(0) + &message_end()
}

fn non_streaming(message: &Value) -> String {
    json!({"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).to_string()
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(tool_calls());
    cases.extend(harmony());
    cases.extend(framing());
    cases.extend(message_fields());
    cases.extend(non_streaming_cases());
    cases.extend(tokens());
    cases
}

/// Texts of a single piece, which the tokenizer can't divide.
fn tokens() -> Vec<Case> {
    let tokens = |name, body| Case { format: Format::Tokens, ..chat(name, LONG, body) };
    vec![
        tokens("tokens of one letter", |size| "a".repeat(size)),
        tokens("tokens of white space", |size| " ".repeat(size)),
        tokens("tokens of combining marks", |size| "\u{301}".repeat(size / 2)),
        tokens("tokens of characters without an own token", |size| "\u{9fa5}\u{4e02}".repeat(size / 6)),
        tokens("tokens of letters in no order", |size| {
            let letters: Vec<char> = ('a'..='z').collect();
            (0..size).map(|number| letters[(number.wrapping_mul(2_654_435_761) >> 16) % 26]).collect()
        }),
        tokens("tokens of signs that nearly form long tokens", |size| "-----------------=".repeat(size / 18)),
    ]
}

fn texts() -> Vec<Case> {
    vec![
        chat("content", TEXT, |size| deltas(size, |text| json!({"content": text}))),
        chat("content, fast path", TEXT, |size| plain_deltas(size, |text| json!({"content": text}))),
        chat("content in one piece", LONG, |size| content(&"x".repeat(size)) + &chat_end()),
        chat("content parts", TEXT, |size| deltas(size, |text| json!({"content": [{"type": "text", "text": text}]}))),
        chat("refusal", TEXT, |size| deltas(size, |text| json!({"refusal": text}))),
        chat("reasoning", TEXT, |size| deltas(size, |text| json!({"reasoning": text}))),
        chat("reasoning_content", TEXT, |size| deltas(size, |text| json!({"reasoning_content": text}))),
        chat("thinking", TEXT, |size| deltas(size, |text| json!({"thinking": text}))),
        chat("reasoning_text", TEXT, |size| deltas(size, |text| json!({"reasoning_text": text}))),
        chat("reasoning_details", TEXT, |size| {
            deltas(
                size,
                |text| json!({"reasoning_details": [{"type": "reasoning.text", "text": text, "signature": "s", "index": 0}]}),
            )
        }),
        chat("reasoning_details with distinct indices", TEXT, |size| {
            numbered_deltas(
                size,
                |number, text| json!({"reasoning_details": [{"type": "reasoning.text", "text": text, "index": number}]}),
            )
        }),
        chat("message next to delta", TEXT, |size| {
            let choice = json!({"index": 0, "delta": {"content": "x".repeat(STEP)}, "message": {"content": "y"}});
            frame(&json!({"choices": [choice]})).repeat(size / STEP) + &chat_end()
        }),
        chat("unknown string", TEXT, |size| deltas(size, |text| json!({"unknown": text}))),
        chat("unknown list", TEXT, |size| deltas(size, |text| json!({"unknown": [text]}))),
        as_json(chat("partial JSON", TEXT, |size| content_after(size, "{\"a\":\""))),
        as_json(chat("partial JSON list", TEXT, |size| {
            content("{\"a\":[") + &deltas(size, |_| json!({"content": filler("{},[],1,")}))
        })),
        as_json(chat("partial JSON without JSON", TEXT, |size| content_after(size, "There is none: "))),
        failing(chat("error message", LONG, |size| {
            content("Hi") + &frame(&json!({"error": {"message": "x".repeat(size), "code": 500}}))
        })),
        failing(chat("error message of many words", LONG, |size| {
            content("Hi") + &frame(&json!({"error": {"message": "token limit ".repeat(size / 12)}}))
        })),
    ]
}

fn tool_calls() -> Vec<Case> {
    vec![
        chat("arguments", TEXT, |size| arguments(size, "{\"a\":\"")),
        chat("arguments, fast path", TEXT, |size| {
            first_call("{\"a\":\"") + &plain_deltas(size, |text| call(&json!({"arguments": text})))
        }),
        chat("arguments in one piece", LONG, |size| {
            first_call(&format!("{{\"a\":\"{}\"}}", "x".repeat(size))) + &chat_end()
        }),
        chat("arguments encoded twice", TEXT, |size| arguments(size, "\"{\\\"a\\\":\\\"")),
        chat("blank arguments", TEXT, |size| {
            first_call("") + &deltas(size, |_| call(&json!({"arguments": filler("    \n   ")})))
        }),
        chat("blank arguments in an object", TEXT, |size| {
            first_call("{") + &deltas(size, |_| call(&json!({"arguments": filler("    \n   ")})))
        }),
        chat("blank arguments in a string", TEXT, |size| {
            first_call("\"{") + &deltas(size, |_| call(&json!({"arguments": filler("    \n   ")})))
        }),
        chat("arguments of empty objects", TEXT, |size| {
            first_call("") + &deltas(size, |_| call(&json!({"arguments": filler("{}{}")})))
        }),
        chat("arguments with changing ids", TEXT, |size| {
            let name = |id: usize, text: &str| json!({"tool_calls": [{"index": 0, "id": format!("t{id}"), "function": {"name": "f", "arguments": text}}]});
            first_call("{\"a\":\"") + &numbered_deltas(size, name)
        }),
        chat("tool name in fragments", TEXT, |size| {
            delta(&call(&json!({"name": "get"}))) + &deltas(size, |text| call(&json!({"name": text})))
        }),
        chat("tool name of harmony markers", TEXT, |size| {
            delta(&call(&json!({"name": "<|channel|>"})))
                + &deltas(size, |_| call(&json!({"name": filler("<|x|> to")})))
        }),
        chat("tool calls", 40, |count| {
            let call = |index| json!({"index": index, "id": format!("t{index}"), "function": {"name": "f", "arguments": "{}"}});
            let calls = (0..count).map(|index| delta(&json!({"tool_calls": [call(index)]})));
            calls.collect::<String>() + &chat_end()
        }),
        chat("tool calls without index", 40, |count| {
            let call = |index| json!({"id": format!("t{index}"), "function": {"name": "f", "arguments": "{\"a\":1}"}});
            let calls = (0..count).map(|index| delta(&json!({"tool_calls": [call(index)]})));
            calls.collect::<String>() + &chat_end()
        }),
        failing(chat("too many tool calls", 1100, |count| {
            let call = |index| json!({"index": index, "id": format!("t{index}"), "function": {"name": "f", "arguments": "{}"}});
            delta(&json!({"tool_calls": (0..count).map(call).collect::<Value>()})) + &chat_end()
        })),
        chat("choices", 40, |count| {
            let choice = |index| json!({"index": index, "delta": {"content": "x"}, "finish_reason": "stop"});
            (0..count).rev().map(|index| frame(&json!({"choices": [choice(index)]}))).collect::<String>()
                + "data: [DONE]\n\n"
        }),
        failing(chat("too many choices", 1100, |count| {
            let choice = |index| json!({"index": index, "delta": {"content": "x"}, "finish_reason": "stop"});
            frame(&json!({"choices": (0..count).map(choice).collect::<Value>()}))
        })),
    ]
}

fn harmony() -> Vec<Case> {
    vec![
        chat("unfinished harmony header", TEXT, |size| content_after(size, "<|channel|>analysis")),
        chat("stripped harmony", TEXT, |size| content_after(size, "analysisWe")),
        chat("stripped harmony with partial ends", TEXT, |size| {
            content("analysisWe") + &deltas(size, |_| json!({"content": filler("assistan")}))
        }),
        chat("harmony message", TEXT, |size| content_after(size, "<|channel|>final<|message|>")),
        chat("harmony message with partial markers", TEXT, |size| {
            content("<|channel|>final<|message|>") + &deltas(size, |_| json!({"content": filler("<|<|x|><")}))
        }),
        chat("harmony tool call", TEXT, |size| {
            content_after(size, "<|channel|>commentary to=functions.f<|message|>{\"a\":\"")
        }),
        chat("harmony messages in one piece", LONG, |size| {
            let message = "<|start|>assistant<|channel|>final<|message|>x<|end|>";
            content(&message.repeat(size / message.len())) + &chat_end()
        }),
        chat("harmony headers in one piece", LONG, |size| content(&"<|start|>".repeat(size / 9)) + &chat_end()),
    ]
}

fn framing() -> Vec<Case> {
    vec![
        chat("data lines", TEXT, |size| {
            let line = "data:        \n";
            format!("data: {{\n{}data: \"choices\": []}}\n\n", line.repeat(size / 8)) + &chat_end()
        }),
        chat("one data line", LONG, |size| format!("data: {}{{\"choices\": []}}\n\n", " ".repeat(size)) + &chat_end()),
        chat("comments", TEXT, |size| ": a comment\n\n".repeat(size / 8) + &chat_end()),
        chat("one comment", LONG, |size| format!(":{}\n\n", "x".repeat(size)) + &chat_end()),
        chat("event name", LONG, |size| format!("event: {}\n", "x".repeat(size)) + &chat_end()),
        chat("event names", TEXT, |size| "event: abcdefgh\n".repeat(size / 8) + &chat_end()),
        chat("event ids", TEXT, |size| "id: abcdefgh\n".repeat(size / 8) + &chat_end()),
        chat("concatenated objects", LONG, |size| {
            let object = "{\"choices\":[]}";
            format!("data: {}\n\n", object.repeat(size / object.len())) + &chat_end()
        }),
        chat("concatenated objects with lone surrogates", LONG, |size| {
            let object = "{\"x\":\"\\ud800\",\"choices\":[]}";
            format!("data: {}\n\n", object.repeat(size / object.len())) + &chat_end()
        }),
        failing(chat("truncated objects", LONG, |size| {
            format!("data: {}{{}}\n\n", "{\"x\":\"data: ".repeat(size / 12)) + &chat_end()
        })),
        failing(chat("nested truncated objects", LONG, |size| {
            format!("data: {}\n\n", "{\"data: {\":\"data: {\",\"x\":".repeat(size / 25)) + &chat_end()
        })),
        failing(chat("open objects", LONG, |size| format!("data: {}\n\n", "{\"a\":".repeat(size / 5)) + &chat_end())),
        failing(chat("open lists with escapes", LONG, |size| {
            format!("data: {{\"a\":[{}\n\n", "\"\\n\",".repeat(size / 5)) + &chat_end()
        })),
    ]
}

fn message_fields() -> Vec<Case> {
    vec![
        messages("text", TEXT, |size| {
            block_deltas(size, &json!({"type": "text", "text": ""}), |text| json!({"type": "text_delta", "text": text}))
        }),
        messages("thinking block", TEXT, |size| {
            let start = json!({"type": "thinking", "thinking": "", "signature": ""});
            block_deltas(size, &start, |text| json!({"type": "thinking_delta", "thinking": text}))
        }),
        messages("signature", TEXT, |size| {
            let start = json!({"type": "thinking", "thinking": "", "signature": ""});
            block_deltas(size, &start, |text| json!({"type": "signature_delta", "signature": text}))
        }),
        messages("citations", TEXT, |size| {
            let start = json!({"type": "text", "text": "", "citations": []});
            block_deltas(size, &start, |text| json!({"type": "citations_delta", "citation": {"cited_text": text}}))
        }),
        messages("compaction", TEXT, |size| {
            let start = json!({"type": "compaction", "content": null});
            block_deltas(size, &start, |text| json!({"type": "compaction_delta", "content": text}))
        }),
        messages("partial_json", TEXT, |size| {
            let start = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
            block_deltas(size, &start, |text| json!({"type": "input_json_delta", "partial_json": text}))
        }),
        messages("blank partial_json", TEXT, |size| {
            let start = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
            block_deltas(size, &start, |_| json!({"type": "input_json_delta", "partial_json": filler("        ")}))
        }),
        messages("blocks", 40, |count| {
            let text = json!({"type": "text", "text": "x"});
            let blocks = (0..count).map(|index| block(index, &text) + &block_end(index));
            message_start() + &blocks.collect::<String>() + &message_end()
        }),
        messages("open blocks", 40, |count| {
            let tool = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
            message_start() + &(0..count).map(|index| block(index, &tool)).collect::<String>() + &message_end()
        }),
        failing(messages("too many blocks", 1100, |count| {
            let text = json!({"type": "text", "text": "x"});
            message_start() + &(0..count).map(|index| block(index, &text)).collect::<String>() + &message_end()
        })),
        messages("unknown events", TEXT, |size| {
            let unknown = event(&json!({"type": "unknown", "text": "x".repeat(STEP)}));
            message_start() + &unknown.repeat(size / STEP) + &message_end()
        }),
        failing(messages("messages error", LONG, |size| {
            let error = json!({"type": "error", "error": {"type": "api_error", "message": "x".repeat(size)}});
            message_start() + &event(&error)
        })),
    ]
}

fn non_streaming_cases() -> Vec<Case> {
    let complete_chat = |name, base, body| Case { format: Format::NonStreamingChat, ..chat(name, base, body) };
    let complete_message = |name, base, body| Case { format: Format::NonStreamingMessages, ..chat(name, base, body) };
    vec![
        complete_chat("non-streaming content", LONG, |size| non_streaming(&json!({"content": "x".repeat(size)}))),
        complete_chat("non-streaming tool calls", 40, |count| {
            let call = |index: usize| json!({"id": index.to_string(), "function": {"name": "f", "arguments": ""}});
            non_streaming(&json!({"content": null, "tool_calls": (0..count).map(call).collect::<Value>()}))
        }),
        failing(complete_chat("too many non-streaming tool calls", 1100, |count| {
            let call = |index: usize| json!({"id": index.to_string(), "function": {"name": "f", "arguments": "{}"}});
            non_streaming(&json!({"content": null, "tool_calls": (0..count).map(call).collect::<Value>()}))
        })),
        complete_message("non-streaming text", LONG, |size| {
            let content = json!([{"type": "text", "text": "x".repeat(size)}]);
            json!({"id": "m", "type": "message", "content": content, "stop_reason": "end_turn"}).to_string()
        }),
        complete_message("non-streaming blocks", 40, |count| {
            let tool = |index: usize| json!({"type": "tool_use", "id": index.to_string(), "name": "f", "input": {}});
            let content = (0..count).map(tool).collect::<Value>();
            json!({"id": "m", "type": "message", "content": content, "stop_reason": "tool_use"}).to_string()
        }),
        failing(complete_chat("HTML page", LONG, |size| {
            let mut page = String::from("<html>");
            for number in 0..size / 16 {
                let _ = write!(page, "<p>{number:09}</p>");
            }
            page
        })),
    ]
}
