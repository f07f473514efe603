//! Replies in the format of Anthropic's messages.
//!
//! Invariant: contains every event and field of the real API, so that a client reads as much as it would there.

use serde_json::{Value, json};

use crate::spec::{Content, ReplySpec};
use crate::text::{deltas, report, tokens};

const ID: &str = "msg_01XFDUDYJgAACzvnptvVoYEL";
const MODEL: &str = "claude-sonnet-4-20250514";

/// The events of a stream, each with its framing.
pub(crate) fn events(spec: &ReplySpec) -> Vec<String> {
    let message = message(&json!([]), &Value::Null, 1);
    let mut events = vec![event(&json!({ "type": "message_start", "message": message }))];
    let block = match spec.content {
        Content::Tool(_) => call(&json!({})),
        _ => json!({ "type": "text", "text": "" }),
    };
    events.push(event(&json!({ "type": "content_block_start", "index": 0, "content_block": block })));
    events.push(event(&json!({ "type": "ping" })));
    let before = events.len();
    let text = |piece: &str| delta(&json!({ "type": "text_delta", "text": piece }));
    let reason = match spec.content {
        Content::Tool(bytes) => {
            let part = |piece: &str| delta(&json!({ "type": "input_json_delta", "partial_json": piece }));
            events.extend(deltas(&report(bytes)).map(part));
            "tool_use"
        }
        Content::Json(bytes) => {
            events.extend(deltas(&report(bytes)).map(text));
            "end_turn"
        }
        Content::Tokens(count) => {
            events.extend(tokens(count).map(text));
            "end_turn"
        }
    };
    let count = events.len() - before;
    events.push(event(&json!({ "type": "content_block_stop", "index": 0 })));
    events.push(event(&json!({
        "type": "message_delta",
        "delta": { "stop_reason": reason, "stop_sequence": null },
        "usage": { "output_tokens": count },
    })));
    events.push(event(&json!({ "type": "message_stop" })));
    events
}

/// A whole reply.
pub(crate) fn whole(spec: &ReplySpec) -> String {
    let said = |text: &str| json!([{ "type": "text", "text": text }]);
    match spec.content {
        Content::Tool(bytes) => {
            let input = serde_json::from_str(&report(bytes)).unwrap_or_default();
            message(&json!([call(&input)]), &json!("tool_use"), bytes / 4)
        }
        Content::Json(bytes) => message(&said(&report(bytes)), &json!("end_turn"), bytes / 4),
        Content::Tokens(count) => message(&said(&tokens(count).collect::<String>()), &json!("end_turn"), count),
    }
    .to_string()
}

fn message(content: &Value, reason: &Value, tokens: usize) -> Value {
    json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": 12,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": tokens,
            "service_tier": "standard",
        },
    })
}

fn call(input: &Value) -> Value {
    json!({ "type": "tool_use", "id": "toolu_01T1x1fJ34qAmk2tNTrN7Up6", "name": "emit_report", "input": input })
}

fn delta(delta: &Value) -> String {
    event(&json!({ "type": "content_block_delta", "index": 0, "delta": delta }))
}

fn event(data: &Value) -> String {
    let name = data["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}
