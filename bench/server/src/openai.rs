//! Replies in the format of OpenAI's chat completions.
//!
//! Invariant: contains every field of the real API, so that a client reads as much as it would there. Usage is always included, since most
//! programs request it. Padding is optional, since other providers send none.

use serde_json::{Value, json};

use crate::spec::{Content, ReplySpec};
use crate::text::{deltas, padding, report, tokens};

const ID: &str = "chatcmpl-CfQ8vNz3yXk1LmB7sHd0RtEaWuJp4";
const CREATED: u64 = 1_763_800_000;
const MODEL: &str = "gpt-4o-mini-2024-07-18";
const TIER: &str = "default";
const FINGERPRINT: &str = "fp_44709d6fcb";

/// The usage at the end of a reply.
fn usage(completion: usize) -> Value {
    json!({
        "prompt_tokens": 12,
        "completion_tokens": completion,
        "total_tokens": completion + 12,
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

/// The start of a tool call, or a whole one.
fn call(arguments: &str) -> Value {
    json!({
        "id": "call_u7Tz0pQk2mWxY4dLr9Vb1cNe",
        "type": "function",
        "function": { "name": "emit_report", "arguments": arguments },
    })
}

/// The events of a stream, each with its framing.
pub(crate) fn events(spec: &ReplySpec) -> Vec<String> {
    let mut chunks = Chunks { padded: spec.padded, events: Vec::new() };
    let reason = match spec.content {
        Content::Tool(bytes) => {
            let mut call = call("");
            call["index"] = json!(0);
            chunks.delta(&json!({ "role": "assistant", "content": null, "tool_calls": [call], "refusal": null }));
            for piece in deltas(&report(bytes)) {
                chunks.delta(&json!({ "tool_calls": [{ "index": 0, "function": { "arguments": piece } }] }));
            }
            "tool_calls"
        }
        Content::Json(bytes) => {
            chunks.say(deltas(&report(bytes)));
            "stop"
        }
        Content::Tokens(count) => {
            chunks.say(tokens(count));
            "stop"
        }
    };
    let count = chunks.events.len() - 1;
    chunks.end(reason, count);
    chunks.events
}

struct Chunks {
    padded: bool,
    events: Vec<String>,
}

impl Chunks {
    fn say<'a>(&mut self, pieces: impl Iterator<Item = &'a str>) {
        self.delta(&json!({ "role": "assistant", "content": "", "refusal": null }));
        for piece in pieces {
            self.delta(&json!({ "content": piece }));
        }
    }

    fn delta(&mut self, delta: &Value) {
        self.chunk(&json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }]), &Value::Null);
    }

    fn end(&mut self, reason: &str, tokens: usize) {
        self.chunk(&json!([{ "index": 0, "delta": {}, "logprobs": null, "finish_reason": reason }]), &Value::Null);
        self.chunk(&json!([]), &usage(tokens));
        self.events.push("data: [DONE]\n\n".into());
    }

    fn chunk(&mut self, choices: &Value, usage: &Value) {
        let mut chunk = json!({
            "id": ID,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": MODEL,
            "service_tier": TIER,
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
            "usage": usage,
        });
        if self.padded {
            chunk["obfuscation"] = json!(padding(self.events.len()));
        }
        self.events.push(format!("data: {chunk}\n\n"));
    }
}

/// A whole reply.
pub(crate) fn whole(spec: &ReplySpec) -> String {
    let said = |text: &str| json!({ "role": "assistant", "content": text, "refusal": null, "annotations": [] });
    let (message, reason, count) = match spec.content {
        Content::Tool(bytes) => {
            let mut message = said("");
            message["content"] = Value::Null;
            message["tool_calls"] = json!([call(&report(bytes))]);
            (message, "tool_calls", bytes / 4)
        }
        Content::Json(bytes) => (said(&report(bytes)), "stop", bytes / 4),
        Content::Tokens(count) => (said(&tokens(count).collect::<String>()), "stop", count),
    };
    json!({
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": MODEL,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": reason }],
        "usage": usage(count),
        "service_tier": TIER,
        "system_fingerprint": FINGERPRINT,
    })
    .to_string()
}
