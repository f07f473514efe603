//! Converts tools and parameters between the formats.
//!
//! Invariant: parameters of both formats are converted; a parameter of one format is an error in the other, unless it has no effect (a null, a
//! penalty of 0).

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value};

use super::{Format, refused};
use crate::error::Error;
use crate::text::quoted;
use crate::tools::{Tool, at};
use crate::value::fields::Field as _;
use crate::wire::anthropic;
use crate::wire::convert::tools as convert;

/// Parameters of chat completions only.
const CHAT_ONLY: [&str; 22] = [
    "audio",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "modalities",
    "n",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "reasoning",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "safety_identifier",
    "seed",
    "store",
    "stream_options",
    "top_logprobs",
    "user",
    "verbosity",
    "web_search_options",
    "functions",
];
/// Parameters of messages only.
const MESSAGES_ONLY: [&str; 6] =
    ["cache_control", "container", "context_management", "inference_geo", "output_config", "thinking"];

/// Converts tools to a format.
pub(super) fn tools(tools: &[Value], format: Format) -> Result<Vec<Value>, Error> {
    tools.iter().map(|tool| on_wire(tool, format)).collect()
}

fn on_wire(tool: &Value, format: Format) -> Result<Value, Error> {
    let function = at(tool, "/function");
    let is_chat = function.is_object() || at(tool, "/custom").is_object();
    // A tool in the package's own shape.
    if !is_chat && at(tool, "/parameters").is_object() {
        let tool =
            Tool::read(tool.clone()).ok_or_else(|| refused("a tool has a name, and parameters as a JSON Schema"))?;
        return tool.on_wire(&format.endpoint());
    }
    let own = if is_chat { Format::Chat } else { Format::Messages };
    if own == format {
        return Ok(tool.clone());
    }
    convert::definition(tool, format).ok_or_else(|| {
        let name = at(tool, "/name").as_str().or(at(tool, "/type").as_str()).unwrap_or_default();
        let format = format.word();
        refused(format!(
            "the provider's tool {} can't be sent in the format {format}; remove it, or keep the other format",
            quoted(name)
        ))
    })
}

/// Converts parameters to a format.
pub(super) fn parameters(given: &Map<String, Value>, format: Format) -> Result<Map<String, Value>, Error> {
    let mut converted = Map::new();
    for (name, value) in given {
        if value.is_null() {
            continue;
        }
        let foreign = if format == Format::Chat {
            MESSAGES_ONLY.contains(&name.as_str())
        } else {
            CHAT_ONLY.contains(&name.as_str())
        };
        match (name.as_str(), format) {
            ("tool_choice", _) => convert::set_choice(value, format, &mut converted),
            ("stop", Format::Messages) => {
                let stops = if value.is_array() { value.clone() } else { json!([value]) };
                converted.set("stop_sequences", stops);
            }
            ("stop_sequences", Format::Chat) => converted.set("stop", value.clone()),
            ("max_completion_tokens", Format::Messages) => converted.set("max_tokens", value.clone()),
            ("parallel_tool_calls", Format::Messages) => {
                if matches!(value, Value::Bool(false)) {
                    convert::forbid_parallel_calls(&mut converted);
                }
            }
            (name, _) if foreign => {
                if !convert::says_nothing(name, value) {
                    return Err(refused(format!(
                        "the parameter {name} can't be sent in the format {}; remove it from the conversation's parameters, or pass it with each call",
                        format.word()
                    )));
                }
            }
            (name, _) => converted.set(name, value.clone()),
        }
    }
    if format == Format::Messages && !converted.contains_key("max_tokens") {
        converted.set("max_tokens", anthropic::MAX_TOKENS);
    }
    Ok(converted)
}

/// Overrides the conversation's parameters with those of a request. A null removes one.
pub(super) fn put(request: &mut Map<String, Value>, own: &Map<String, Value>) {
    // Two names of one parameter would contradict each other.
    for (name, other) in [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")] {
        if own.get(name).is_some_and(|value| !value.is_null()) && !own.contains_key(other) {
            request.shift_remove(other);
        }
    }
    for (name, value) in own {
        if value.is_null() {
            request.shift_remove(name);
        } else {
            request.set(name, value.clone());
        }
    }
}
