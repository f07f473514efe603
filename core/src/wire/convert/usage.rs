//! Usage and finish reasons of one format in the other.
//!
//! Invariant: `cost::Tokens` reads the same tokens from both. Reasons without an equivalent stay as they are: callers must expect new ones.

use crate::cost::Tokens;
use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value};
use crate::wire::Format;

/// Converts a usage to a format; null if no tokens were reported. The provider's own cost is kept.
pub(super) fn converted(usage: &Value, to: Format) -> Value {
    let Some(tokens) = Tokens::of(usage) else { return Value::Null };
    let mut made = Map::new();
    match to {
        Format::Chat => {
            let cached = tokens.cache_read.saturating_add(tokens.cache_write);
            let prompt = tokens.input.saturating_add(cached);
            made.set("prompt_tokens", prompt);
            made.set("completion_tokens", tokens.output);
            made.set("total_tokens", prompt.saturating_add(tokens.output));
            if cached > 0 {
                let details = json!({"cached_tokens": tokens.cache_read, "cache_write_tokens": tokens.cache_write});
                made.set("prompt_tokens_details", details);
            }
            if tokens.reasoning > 0 {
                made.set("completion_tokens_details", json!({"reasoning_tokens": tokens.reasoning}));
            }
        }
        Format::Messages => {
            made.set("input_tokens", tokens.input);
            made.set("output_tokens", tokens.output);
            for (name, count) in
                [("cache_read_input_tokens", tokens.cache_read), ("cache_creation_input_tokens", tokens.cache_write)]
            {
                if count > 0 {
                    made.set(name, count);
                }
            }
            if tokens.reasoning > 0 {
                made.set("output_tokens_details", json!({"reasoning_tokens": tokens.reasoning}));
            }
        }
    }
    if let Some(cost) = usage.get("cost").filter(|cost| !cost.is_null()) {
        made.set("cost", cost.clone());
    }
    made.into()
}

/// Adds two usages of one format. A figure that only one of them has is kept as it is.
pub(super) fn sum(first: &Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Null, other) | (other, Value::Null) => other.clone(),
        (Value::Object(first), Value::Object(second)) => {
            let mut made = first.clone();
            for (name, value) in second {
                let known = made.get(name).cloned().unwrap_or_default();
                made.set(name, sum(&known, value));
            }
            made.into()
        }
        (Value::Number(_), Value::Number(_)) => match (first.as_u64(), second.as_u64()) {
            (Some(one), Some(other)) => one.saturating_add(other).into(),
            _ => decimal_sum(first, second),
        },
        (_, second) => second.clone(),
    }
}

/// Adds two decimal numbers, such as costs.
fn decimal_sum(first: &Value, second: &Value) -> Value {
    let sum = first.as_f64().unwrap_or_default() + second.as_f64().unwrap_or_default();
    crate::json::parse(&sum.to_string()).unwrap_or_default()
}

/// Converts a finish reason to a stop reason, or a stop reason to a finish reason.
pub(super) fn reason(reason: &str, to: Format) -> &str {
    match (to, reason) {
        (Format::Chat, "end_turn" | "stop_sequence") => "stop",
        (Format::Chat, "max_tokens" | "model_context_window_exceeded") => "length",
        (Format::Chat, "tool_use") => "tool_calls",
        (Format::Chat, "refusal") => "content_filter",
        (Format::Messages, "stop") => "end_turn",
        (Format::Messages, "length") => "max_tokens",
        (Format::Messages, "tool_calls" | "function_call") => "tool_use",
        (Format::Messages, "content_filter") => "refusal",
        _ => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_are_the_same_in_both_formats() {
        let messages = json!({
            "input_tokens": 10, "output_tokens": 7, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 3},
        });
        let chat = json!({
            "prompt_tokens": 115, "completion_tokens": 7, "total_tokens": 122,
            "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 3},
        });
        assert_eq!(converted(&messages, Format::Chat), chat);
        assert_eq!(converted(&chat, Format::Messages), messages);
        assert_eq!(converted(&json!({"input_tokens": 0, "output_tokens": 0}), Format::Chat), Value::Null);
        let with_cost = json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.25});
        assert_eq!(converted(&with_cost, Format::Messages)["cost"], 0.25);
        // Some providers count reasoning only in the total.
        let gemini = json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 13});
        assert_eq!(converted(&gemini, Format::Messages), json!({"input_tokens": 1, "output_tokens": 12}));
    }

    #[test]
    fn usages_are_added() {
        let first = json!({"input_tokens": 10, "output_tokens": 1, "service_tier": "standard", "cost": 0.5});
        let second = json!({"input_tokens": 20, "output_tokens": 5, "service_tier": "batch", "cost": 1,
            "output_tokens_details": {"reasoning_tokens": 2}, "cache_read_input_tokens": null});
        let both = json!({"input_tokens": 30, "output_tokens": 6, "service_tier": "batch", "cost": 1.5,
            "output_tokens_details": {"reasoning_tokens": 2}, "cache_read_input_tokens": null});
        assert_eq!(sum(&first, &second), both);
        assert_eq!(sum(&Value::Null, &second), second);
        assert_eq!(sum(&first, &Value::Null), first);
    }
}
