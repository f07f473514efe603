//! Requests for messages as requests for chat completions.
//!
//! Invariant: see `request`. Results of calls come directly after the answer with the calls.

use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::schema;
use crate::value::{self, Map, Members, Value, at};
use crate::wire::Format;

use super::content::{self, plain, simplified, text};
use super::request::{Fields, check_members, each, is_empty, refused, refused_because, without_nulls};
use super::tools;

const TO: Format = Format::Chat;

/// The name of a schema in chat completions, which messages do not have.
const SCHEMA_NAME: &str = "answer";
/// The largest number of strings in `stop`.
const MAX_STOPS: usize = 4;

/// Converts a request for a message.
pub(super) fn request(body: &Fields) -> Result<Fields, Error> {
    let mut made = Map::new();
    let thinking = body.get("thinking").unwrap_or(&Value::Null);
    let effort = body.get("output_config").map_or("", |config| text(config, "/effort"));
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" | "model_id" | "max_tokens" | "temperature" | "top_p" | "stream" => made.set(name, value.clone()),
            "messages" => made.set(name, messages(body.get("system"), value)?),
            "stop_sequences" if !is_empty(value) => {
                if value::items(Some(value)).len() > MAX_STOPS {
                    return Err(refused_because(TO, name, &format!("pass at most {MAX_STOPS} of them")));
                }
                made.set("stop", value.clone());
            }
            "tools" => made.set(name, each(TO, name, value, tool)?),
            "tool_choice" => {
                check_members(TO, name, value, "type name disable_parallel_tool_use")?;
                tools::set_choice(value, TO, &mut made);
            }
            "metadata" => {
                check_members(TO, name, value, "user_id")?;
                let user = at(value, "/user_id");
                if !user.is_null() {
                    made.set("user", user.clone());
                }
            }
            "output_config" => {
                check_members(TO, name, value, "effort format")?;
                schema_format("output_config.format", at(value, "/format"), &mut made)?;
            }
            "output_format" => schema_format(name, value, &mut made)?,
            "thinking" => effort_of(value, effort, &mut made)?,
            "service_tier" => match value.as_str() {
                Some("auto") => made.set(name, "auto"),
                Some("standard_only") => made.set(name, "default"),
                _ => return Err(refused_because(TO, name, "set it to \"auto\" or \"standard_only\"")),
            },
            "system" | "cache_control" => {}
            "stop_sequences" | "mcp_servers" if is_empty(value) => {}
            name => return Err(refused(TO, name)),
        }
    }
    if thinking.is_null() && !effort.is_empty() {
        made.set("reasoning_effort", effort);
    }
    if made.get("stream") == Some(&Value::Bool(true)) {
        TO.request_usage(&mut made);
    }
    Ok(made)
}

fn tool(path: &str, tool: &Value) -> Result<Value, Error> {
    let kind = at(tool, "/type");
    if !kind.is_null() && *kind != "custom" {
        let advice = "use tools with an input_schema: those of the provider run only there";
        return Err(refused_because(TO, &format!("{path}.type"), advice));
    }
    check_members(TO, path, tool, "type name description input_schema strict")?;
    let made = tools::definition(tool, TO).ok_or_else(|| refused(TO, &format!("{path}.input_schema")))?;
    let function = without_nulls(at(&made, "/function").clone());
    Ok(value::object([("type", "function".into()), ("function", function)]).into())
}

/// Converts the format of an answer of messages. It is strict if the schema has the form that strict modes require: otherwise they would refuse it.
fn schema_format(path: &str, format: &Value, made: &mut Fields) -> Result<(), Error> {
    if format.is_null() {
        return Ok(());
    }
    check_members(TO, path, format, "type schema")?;
    if *at(format, "/type") != "json_schema" {
        return Err(refused_because(TO, &format!("{path}.type"), "use json_schema"));
    }
    let schema = at(format, "/schema");
    let is_strict = schema::strict(schema).is_ok_and(|strict| strict == *schema);
    let inner = json!({"name": SCHEMA_NAME, "schema": schema, "strict": is_strict});
    made.set("response_format", value::object([("type", "json_schema".into()), ("json_schema", inner)]));
    Ok(())
}

/// Converts `thinking`. Adaptive thinking without an effort is the default of models that reason.
fn effort_of(thinking: &Value, effort: &str, made: &mut Fields) -> Result<(), Error> {
    match text(thinking, "/type") {
        "disabled" if effort.is_empty() => made.set("reasoning_effort", "none"),
        "disabled" => {
            let advice = "remove it, since an effort without thinking has no equivalent";
            return Err(refused_because(TO, "output_config.effort", advice));
        }
        "adaptive" => {
            if !effort.is_empty() {
                made.set("reasoning_effort", effort);
            }
        }
        _ => {
            let advice = "use thinking of the type adaptive, with output_config.effort";
            return Err(refused_because(TO, "thinking.type", advice));
        }
    }
    check_members(TO, "thinking", thinking, "type")
}

/// Returns the messages, the system message first.
fn messages(system: Option<&Value>, list: &Value) -> Result<Value, Error> {
    let Value::Array(list) = list else { return Err(refused_because(TO, "messages", "pass a list")) };
    let mut messages = Vec::new();
    let system = match system {
        None | Some(Value::Null) => String::new(),
        Some(system) => text_only("system", system)?,
    };
    if !system.is_empty() {
        messages.push(json!({"role": "system", "content": system}));
    }
    let open = open_from(list);
    for (index, message) in list.iter().enumerate() {
        let path = format!("messages[{index}]");
        check_members(TO, &path, message, "role content")?;
        let content = at(message, "/content");
        if !content.is_string() && !content.is_array() {
            return Err(refused_because(TO, &format!("{path}.content"), "pass a text or a list of blocks"));
        }
        match text(message, "/role") {
            "user" => question(&path, content, &mut messages)?,
            "assistant" => messages.extend(answer(&path, content, index >= open)?),
            _ => return Err(refused_because(TO, &format!("{path}.role"), "use user or assistant")),
        }
    }
    Ok(messages.into())
}

/// Returns the index of the first message after the last question, if its answer waits for the results that come last.
fn open_from(list: &[Value]) -> usize {
    let has_result =
        |message: &Value| value::items(message.get("content")).iter().any(|block| *at(block, "/type") == "tool_result");
    if !list.last().is_some_and(has_result) {
        return list.len();
    }
    list.iter().rposition(|message| text(message, "/role") == "user" && !has_result(message)).unwrap_or(0)
}

/// Returns the text of a content that may contain only text. Null is no content.
fn text_only(path: &str, content: &Value) -> Result<String, Error> {
    if !matches!(content, Value::Null | Value::String(_) | Value::Array(_)) {
        return Err(refused_because(TO, path, "pass a text or a list of blocks"));
    }
    for (index, block) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}[{index}]");
        if *at(block, "/type") != "text" {
            return Err(refused(TO, &path));
        }
        check_text(&path, block)?;
    }
    Ok(plain(content))
}

/// Refuses the citations of a text, and a block without a text.
fn check_text(path: &str, block: &Value) -> Result<(), Error> {
    if !at(block, "/text").is_string() {
        return Err(refused_because(TO, &format!("{path}.text"), "pass a text"));
    }
    let has_none = value::items(block.get("citations")).is_empty();
    check_members(TO, path, block, if has_none { "type text citations" } else { "type text" })
}

/// Adds the results and the other content of a message of the user.
fn question(path: &str, content: &Value, messages: &mut Vec<Value>) -> Result<(), Error> {
    if content.is_string() {
        messages.push(json!({"role": "user", "content": content}));
        return Ok(());
    }
    let mut parts = Vec::new();
    for (index, block) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}.content[{index}]");
        match text(block, "/type") {
            "tool_result" => {
                check_members(TO, &path, block, "type tool_use_id content is_error")?;
                let content = text_only(&format!("{path}.content"), at(block, "/content"))?;
                messages.push(json!({"role": "tool", "tool_call_id": at(block, "/tool_use_id"), "content": content}));
                continue;
            }
            "text" => check_text(&path, block)?,
            "image" => {
                check_members(TO, &path, block, "type source")?;
                check_members(TO, &format!("{path}.source"), at(block, "/source"), "type media_type data url")?;
            }
            _ => return Err(refused(TO, &path)),
        }
        let part = content::to_part(block);
        parts.push(part.ok_or_else(|| refused_because(TO, &path, "use an image with a URL or as base64"))?);
    }
    if !parts.is_empty() {
        messages.push(json!({"role": "user", "content": simplified(parts)}));
    }
    Ok(())
}

/// Converts an earlier answer. `is_open`: its calls are being answered.
fn answer(path: &str, content: &Value, is_open: bool) -> Result<Option<Value>, Error> {
    let mut calls = Vec::new();
    for (index, block) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}.content[{index}]");
        match text(block, "/type") {
            "text" => check_text(&path, block)?,
            "thinking" | "redacted_thinking" if is_open => {
                let advice = "finish the turn at an endpoint of the format messages, which needs its thinking";
                return Err(refused_because(TO, &path, advice));
            }
            "thinking" | "redacted_thinking" => {}
            "tool_use" => {
                check_members(TO, &path, block, "type id name input")?;
                let arguments = match at(block, "/input") {
                    Value::Null => "{}".to_owned(),
                    input => value::to_text(input),
                };
                let function = json!({"name": at(block, "/name"), "arguments": arguments});
                calls.push(json!({"id": at(block, "/id"), "type": "function", "function": function}));
            }
            _ => return Err(refused(TO, &path)),
        }
    }
    let said = plain(content);
    if said.is_empty() && calls.is_empty() {
        return Ok(None);
    }
    let said = if said.is_empty() { Value::Null } else { said.into() };
    let mut message: Map<String, Value> = value::object([("role", "assistant".into()), ("content", said)]);
    if !calls.is_empty() {
        message.set("tool_calls", calls);
    }
    Ok(Some(message.into()))
}
