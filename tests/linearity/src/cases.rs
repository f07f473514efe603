//! The cases: every field of a reply that can be long, in pieces and at once.

use std::fmt::Write;

use serde_json::{Value, json};

/// The shape of a reply.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Chat,
    Messages,
    WholeChat,
    WholeMessages,
}

/// A reply with one field that grows.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// Whether the answer is parsed as JSON while it grows.
    pub(crate) is_json: bool,
    /// Whether the reply is rejected.
    pub(crate) fails: bool,
    /// The field's size at factor 1.
    base: usize,
    /// The reply's body for a size.
    body: fn(usize) -> String,
}

impl Case {
    /// The body, in the pieces of an ordinary read.
    pub(crate) fn pieces(&self, factor: usize) -> Vec<Vec<u8>> {
        (self.body)(self.base * factor).into_bytes().chunks(PIECE).map(<[u8]>::to_vec).collect()
    }
}

/// Bytes of one read.
const PIECE: usize = 4096;
/// The size of a text at factor 1, in pieces of [`STEP`] bytes, and of one that arrives at once.
const TEXT: usize = 16 * 1024;
const LONG: usize = 16 * 1024;
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

/// A pattern, repeated to the size of a piece.
fn filler(pattern: &str) -> String {
    pattern.repeat(STEP / pattern.len())
}

fn chat_end() -> String {
    frame(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})) + "data: [DONE]\n\n"
}

/// A stream of chunks with this delta. Every other one has a further field, so that no delta template applies.
fn deltas(size: usize, make: fn(&str) -> Value) -> String {
    let value = make(&"x".repeat(STEP));
    let mut other = value.clone();
    other["other"] = Value::Null;
    (delta(&value) + &delta(&other)).repeat(size / STEP / 2) + &chat_end()
}

/// A stream of chunks whose deltas `make` returns by their number.
fn numbered_deltas(size: usize, make: fn(usize, &str) -> Value) -> String {
    let text = "x".repeat(STEP);
    (0..size / STEP).map(|number| delta(&make(number, &text))).collect::<String>() + &chat_end()
}

/// A stream of chunks that differ only in their text.
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

/// Arguments in fragments after these.
fn arguments(size: usize, first: &str) -> String {
    first_call(first) + &deltas(size, |text| call(&json!({"arguments": text})))
}

fn content(text: &str) -> String {
    delta(&json!({"content": text}))
}

/// Content in pieces after this.
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

/// A message of one block with this delta. Every other one has a further field, so that no delta template applies.
fn block_deltas(size: usize, start: &Value, make: fn(&str) -> Value) -> String {
    let mut value = json!({"type": "content_block_delta", "index": 0, "delta": make(&"x".repeat(STEP))});
    let mut pair = event(&value);
    value["other"] = Value::Null;
    pair += &event(&value);
    message_start() + &block(0, start) + &pair.repeat(size / STEP / 2) + &block_end(0) + &message_end()
}

fn whole(message: &Value) -> String {
    json!({"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).to_string()
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(tool_calls());
    cases.extend(harmony());
    cases.extend(framing());
    cases.extend(message_fields());
    cases.extend(wholes());
    cases
}

fn texts() -> Vec<Case> {
    vec![
        chat("content", TEXT, |size| deltas(size, |text| json!({"content": text}))),
        chat("content, the short way", TEXT, |size| plain_deltas(size, |text| json!({"content": text}))),
        chat("content at once", LONG, |size| content(&"x".repeat(size)) + &chat_end()),
        chat("content, in parts", TEXT, |size| {
            deltas(size, |text| json!({"content": [{"type": "text", "text": text}]}))
        }),
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
        chat("reasoning_details, an index each", TEXT, |size| {
            numbered_deltas(
                size,
                |number, text| json!({"reasoning_details": [{"type": "reasoning.text", "text": text, "index": number}]}),
            )
        }),
        chat("messages beside deltas", TEXT, |size| {
            let choice = json!({"index": 0, "delta": {"content": "x".repeat(STEP)}, "message": {"content": "y"}});
            frame(&json!({"choices": [choice]})).repeat(size / STEP) + &chat_end()
        }),
        chat("an unknown text", TEXT, |size| deltas(size, |text| json!({"unknown": text}))),
        chat("an unknown list", TEXT, |size| deltas(size, |text| json!({"unknown": [text]}))),
        as_json(chat("live JSON", TEXT, |size| content_after(size, "{\"a\":\""))),
        as_json(chat("live JSON, a list", TEXT, |size| {
            content("{\"a\":[") + &deltas(size, |_| json!({"content": filler("{},[],1,")}))
        })),
        as_json(chat("no live JSON", TEXT, |size| content_after(size, "There is none: "))),
        failing(chat("an error", LONG, |size| {
            content("Hi") + &frame(&json!({"error": {"message": "x".repeat(size), "code": 500}}))
        })),
        failing(chat("an error of words", LONG, |size| {
            content("Hi") + &frame(&json!({"error": {"message": "token limit ".repeat(size / 12)}}))
        })),
    ]
}

fn tool_calls() -> Vec<Case> {
    vec![
        chat("arguments", TEXT, |size| arguments(size, "{\"a\":\"")),
        chat("arguments, the short way", TEXT, |size| {
            first_call("{\"a\":\"") + &plain_deltas(size, |text| call(&json!({"arguments": text})))
        }),
        chat("arguments at once", LONG, |size| {
            first_call(&format!("{{\"a\":\"{}\"}}", "x".repeat(size))) + &chat_end()
        }),
        chat("arguments encoded twice", TEXT, |size| arguments(size, "\"{\\\"a\\\":\\\"")),
        chat("arguments of blanks", TEXT, |size| {
            first_call("") + &deltas(size, |_| call(&json!({"arguments": filler("    \n   ")})))
        }),
        chat("arguments of blanks in an object", TEXT, |size| {
            first_call("{") + &deltas(size, |_| call(&json!({"arguments": filler("    \n   ")})))
        }),
        chat("arguments of blanks in a text", TEXT, |size| {
            first_call("\"{") + &deltas(size, |_| call(&json!({"arguments": filler("    \n   ")})))
        }),
        chat("arguments of empty objects", TEXT, |size| {
            first_call("") + &deltas(size, |_| call(&json!({"arguments": filler("{}{}")})))
        }),
        chat("arguments and ids that vary", TEXT, |size| {
            let name = |id: usize, text: &str| json!({"tool_calls": [{"index": 0, "id": format!("t{id}"), "function": {"name": "f", "arguments": text}}]});
            first_call("{\"a\":\"") + &numbered_deltas(size, name)
        }),
        chat("a name in fragments", TEXT, |size| {
            delta(&call(&json!({"name": "get"}))) + &deltas(size, |text| call(&json!({"name": text})))
        }),
        chat("a name of markers", TEXT, |size| {
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
        chat("an unfinished header of harmony", TEXT, |size| content_after(size, "<|channel|>analysis")),
        chat("stripped harmony", TEXT, |size| content_after(size, "analysisWe")),
        chat("stripped harmony with parts of its end", TEXT, |size| {
            content("analysisWe") + &deltas(size, |_| json!({"content": filler("assistan")}))
        }),
        chat("a message of harmony", TEXT, |size| content_after(size, "<|channel|>final<|message|>")),
        chat("a message of harmony with parts of markers", TEXT, |size| {
            content("<|channel|>final<|message|>") + &deltas(size, |_| json!({"content": filler("<|<|x|><")}))
        }),
        chat("a tool call of harmony", TEXT, |size| {
            content_after(size, "<|channel|>commentary to=functions.f<|message|>{\"a\":\"")
        }),
        chat("messages of harmony at once", LONG, |size| {
            let message = "<|start|>assistant<|channel|>final<|message|>x<|end|>";
            content(&message.repeat(size / message.len())) + &chat_end()
        }),
        chat("headers of harmony at once", LONG, |size| content(&"<|start|>".repeat(size / 9)) + &chat_end()),
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
        chat("an event's name", LONG, |size| format!("event: {}\n", "x".repeat(size)) + &chat_end()),
        chat("names of events", TEXT, |size| "event: abcdefgh\n".repeat(size / 8) + &chat_end()),
        chat("ids of events", TEXT, |size| "id: abcdefgh\n".repeat(size / 8) + &chat_end()),
        chat("glued objects", LONG, |size| {
            let object = "{\"choices\":[]}";
            format!("data: {}\n\n", object.repeat(size / object.len())) + &chat_end()
        }),
        chat("glued objects with half characters", LONG, |size| {
            let object = "{\"x\":\"\\ud800\",\"choices\":[]}";
            format!("data: {}\n\n", object.repeat(size / object.len())) + &chat_end()
        }),
        failing(chat("truncated objects", LONG, |size| {
            format!("data: {}{{}}\n\n", "{\"x\":\"data: ".repeat(size / 12)) + &chat_end()
        })),
        failing(chat("truncated objects that go on", LONG, |size| {
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
        messages("thinking of messages", TEXT, |size| {
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
        messages("partial_json of blanks", TEXT, |size| {
            let start = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
            block_deltas(size, &start, |_| json!({"type": "input_json_delta", "partial_json": filler("        ")}))
        }),
        messages("blocks", 40, |count| {
            let text = json!({"type": "text", "text": "x"});
            let blocks = (0..count).map(|index| block(index, &text) + &block_end(index));
            message_start() + &blocks.collect::<String>() + &message_end()
        }),
        messages("blocks that stay open", 40, |count| {
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
        failing(messages("an error of messages", LONG, |size| {
            let error = json!({"type": "error", "error": {"type": "api_error", "message": "x".repeat(size)}});
            message_start() + &event(&error)
        })),
    ]
}

fn wholes() -> Vec<Case> {
    let whole_chat = |name, base, body| Case { format: Format::WholeChat, ..chat(name, base, body) };
    let whole_message = |name, base, body| Case { format: Format::WholeMessages, ..chat(name, base, body) };
    vec![
        whole_chat("a whole content", LONG, |size| whole(&json!({"content": "x".repeat(size)}))),
        whole_chat("whole tool calls", 40, |count| {
            let call = |index: usize| json!({"id": index.to_string(), "function": {"name": "f", "arguments": ""}});
            whole(&json!({"content": null, "tool_calls": (0..count).map(call).collect::<Value>()}))
        }),
        failing(whole_chat("too many whole tool calls", 1100, |count| {
            let call = |index: usize| json!({"id": index.to_string(), "function": {"name": "f", "arguments": "{}"}});
            whole(&json!({"content": null, "tool_calls": (0..count).map(call).collect::<Value>()}))
        })),
        whole_message("a whole text", LONG, |size| {
            let content = json!([{"type": "text", "text": "x".repeat(size)}]);
            json!({"id": "m", "type": "message", "content": content, "stop_reason": "end_turn"}).to_string()
        }),
        whole_message("whole blocks", 40, |count| {
            let tool = |index: usize| json!({"type": "tool_use", "id": index.to_string(), "name": "f", "input": {}});
            let content = (0..count).map(tool).collect::<Value>();
            json!({"id": "m", "type": "message", "content": content, "stop_reason": "tool_use"}).to_string()
        }),
        failing(whole_chat("no JSON", LONG, |size| {
            let mut page = String::from("<html>");
            for number in 0..size / 16 {
                let _ = write!(page, "<p>{number:09}</p>");
            }
            page
        })),
    ]
}
