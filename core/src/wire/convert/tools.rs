//! Definitions of tools, the choice of tools, and defaults of parameters, from one format to the other.
//!
//! Invariant: conversations and requests of fallbacks convert them by the same functions.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, at};
use crate::wire::Format;

/// Converts the definition of a function from the other format; `None` for a tool that only one format has.
pub(crate) fn definition(tool: &Value, to: Format) -> Option<Value> {
    let function = at(tool, "/function");
    let (from, given, wanted) = match to {
        Format::Messages => (function, "/parameters", "input_schema"),
        Format::Chat => (tool, "/input_schema", "parameters"),
    };
    let schema = at(from, given);
    if !schema.is_object() && !function.is_object() {
        return None;
    }
    let mut fields = Map::new();
    for name in ["name", "description", "strict"] {
        if let Some(value) = from.get(name) {
            fields.set(name, value.clone());
        }
    }
    fields.set(wanted, if schema.is_object() { schema.clone() } else { json!({"type": "object", "properties": {}}) });
    Some(if to == Format::Chat { json!({"type": "function", "function": fields}) } else { fields.into() })
}

/// Sets the `tool_choice` of a request in a format from a choice in either format.
pub(crate) fn set_choice(value: &Value, to: Format, request: &mut Map<String, Value>) {
    let kind = value.as_str().or(at(value, "/type").as_str()).unwrap_or_default();
    let is_chat = value.is_string() || at(value, "/function").is_object();
    let disabled = request.get("tool_choice").and_then(|choice| choice.get("disable_parallel_tool_use")).cloned();
    let mut made = match (to, is_chat) {
        (Format::Chat, true) | (Format::Messages, false) => value.clone(),
        (Format::Messages, true) => match kind {
            "required" => json!({"type": "any"}),
            "function" => json!({"type": "tool", "name": at(value, "/function/name")}),
            kind => json!({"type": kind}),
        },
        (Format::Chat, false) => {
            if matches!(at(value, "/disable_parallel_tool_use"), Value::Bool(true)) {
                request.set("parallel_tool_calls", false);
            }
            match kind {
                "any" => "required".into(),
                "tool" => {
                    json!({"type": "function", "function": value::object([("name", at(value, "/name").clone())])})
                }
                kind => kind.into(),
            }
        }
    };
    if let (Value::Object(made), Some(disabled)) = (&mut made, disabled) {
        made.set("disable_parallel_tool_use", disabled);
    }
    request.set("tool_choice", made);
}

/// Makes a request for messages allow only one call in an answer.
pub(crate) fn forbid_parallel_calls(request: &mut Map<String, Value>) {
    let choice = request.entry("tool_choice").or_insert_with(|| json!({"type": "auto"}));
    if let Value::Object(choice) = choice {
        choice.set("disable_parallel_tool_use", true);
    }
}

/// Returns whether the value of a parameter that only one format has equals its default, and so has no effect.
pub(crate) fn says_nothing(name: &str, value: &Value) -> bool {
    match name {
        "frequency_penalty" | "presence_penalty" => value.as_f64() == Some(0.0),
        "n" | "repetition_penalty" => value.as_f64() == Some(1.0),
        "thinking" => *at(value, "/type") == "disabled",
        "logprobs" => matches!(value, Value::Bool(false)),
        // Only for streams.
        "stream_options" => true,
        _ => false,
    }
}
