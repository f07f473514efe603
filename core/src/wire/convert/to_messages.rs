//! Requests for chat completions as requests for messages.
//!
//! Invariant: see `request`. Consecutive contents of one role are one message, and results of calls come before other content.

use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, at};
use crate::wire::Format;
use crate::wire::anthropic;
use crate::wire::openai::REASONING_FIELD;
use crate::wire::tool_calls::arguments;

use super::content::{self, joined, plain, simplified, text, tool_id};
use super::request::{Fields, check_members, each, is_empty, refused, refused_because, set_member, without_nulls};
use super::tools;

const TO: Format = Format::Messages;

/// Members of earlier answers that are not sent: see `request`.
const DROPPED: &str = "reasoning reasoning_content reasoning_text reasoning_details thinking annotations";

/// What to do about another content.
const PASS_CONTENT: &str = "pass a text or a list of parts";

/// The least `top_p` beside thinking.
const LEAST_TOP_P: f64 = 0.95;

/// Converts a request for a chat completion.
pub(super) fn request(body: &Fields) -> Result<Fields, Error> {
    let mut made = Map::new();
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" | "model_id" | "top_p" | "top_k" | "stream" => made.set(name, value.clone()),
            "messages" => messages(value, &mut made)?,
            "max_tokens" | "max_completion_tokens" => {
                // The limits are two names of one parameter.
                if made.get("max_tokens").is_some_and(|known| known != value) {
                    return Err(refused_because(TO, name, "pass either max_tokens or max_completion_tokens"));
                }
                made.set("max_tokens", value.clone());
            }
            "temperature" => {
                if value.as_f64().is_some_and(|temperature| !(0.0..=1.0).contains(&temperature)) {
                    return Err(refused_because(TO, name, "choose a temperature from 0 to 1"));
                }
                made.set(name, value.clone());
            }
            "stop" if !is_empty(value) => {
                made.set("stop_sequences", if value.is_array() { value.clone() } else { json!([value]) });
            }
            "tools" => made.set(name, each(TO, name, value, tool)?),
            "tool_choice" => choice(value, &mut made)?,
            "parallel_tool_calls" => match value {
                Value::Bool(false) => tools::forbid_parallel_calls(&mut made),
                Value::Bool(true) => {}
                _ => return Err(refused_because(TO, name, "set it to true or false")),
            },
            "user" | "safety_identifier" => {
                let metadata = json!({"user_id": value});
                if made.get("metadata").is_some_and(|known| *known != metadata) {
                    return Err(refused_because(TO, name, "pass either user or safety_identifier"));
                }
                made.set("metadata", metadata);
            }
            "response_format" => schema(value, &mut made)?,
            "reasoning_effort" => effort(value, &mut made)?,
            "service_tier" => match value.as_str() {
                Some("auto") => made.set(name, "auto"),
                Some("default") => made.set(name, "standard_only"),
                _ => return Err(refused_because(TO, name, "set it to \"auto\" or \"default\"")),
            },
            "stream_options" => {
                check_members(TO, name, value, "include_usage include_obfuscation")?;
                if *at(value, "/include_obfuscation") == Value::Bool(true) {
                    return Err(refused(TO, "stream_options.include_obfuscation"));
                }
            }
            "modalities" if *value == json!(["text"]) => {}
            "store" if *value == Value::Bool(false) => {}
            "top_logprobs" if value.as_u64() == Some(0) => {}
            "prompt_cache_key" | "prompt_cache_options" | "prompt_cache_retention" | "cache_control" => {}
            "stop" | "logit_bias" | "metadata" | "functions" if is_empty(value) => {}
            "functions" | "function_call" => return Err(refused_because(TO, name, "use tools instead")),
            name if tools::says_nothing(name, value) => {}
            name => return Err(refused(TO, name)),
        }
    }
    if made.get("tool_choice").is_some_and(|choice| *at(choice, "/type") == "none") {
        // Without calls there are no parallel ones, and the API refuses the flag.
        made.set("tool_choice", json!({"type": "none"}));
    }
    if !made.contains_key("tools") {
        made.shift_remove("tool_choice");
    }
    if !made.contains_key("max_tokens") {
        made.set("max_tokens", anthropic::MAX_TOKENS);
    }
    check_thinking(&made)?;
    Ok(made)
}

/// Refuses what Anthropic's API refuses beside thinking: a temperature other than 1, `top_k`, a low `top_p`, and a choice that forces calls.
///
/// <https://docs.claude.com/en/docs/build-with-claude/extended-thinking#feature-compatibility>
fn check_thinking(made: &Fields) -> Result<(), Error> {
    if !made.get("thinking").is_some_and(|thinking| *at(thinking, "/type") == "adaptive") {
        return Ok(());
    }
    for (name, value) in made {
        let advice = match name.as_str() {
            "temperature" if value.as_f64() != Some(1.0) => "set it to 1",
            "top_k" => "remove it",
            "top_p" if value.as_f64().is_none_or(|top_p| top_p < LEAST_TOP_P) => "set it to 0.95 or more",
            "tool_choice" if matches!(text(value, "/type"), "any" | "tool") => "set it to \"auto\"",
            _ => continue,
        };
        return Err(refused_because(TO, name, &format!("{advice} or set reasoning_effort to \"none\"")));
    }
    Ok(())
}

fn choice(value: &Value, made: &mut Fields) -> Result<(), Error> {
    match value.as_str() {
        Some("none" | "auto" | "required") => {}
        None if *at(value, "/type") == "function" => check_members(TO, "tool_choice", value, "type function")?,
        _ => {
            let advice = "use \"none\", \"auto\", \"required\" or the name of a function";
            return Err(refused_because(TO, "tool_choice", advice));
        }
    }
    tools::set_choice(value, TO, made);
    Ok(())
}

/// Converts `response_format`.
fn schema(format: &Value, made: &mut Fields) -> Result<(), Error> {
    match text(format, "/type") {
        "text" => return check_members(TO, "response_format", format, "type"),
        "json_schema" => {}
        _ => return Err(refused_because(TO, "response_format.type", "use json_schema, with a schema")),
    }
    check_members(TO, "response_format", format, "type json_schema")?;
    let inner = at(format, "/json_schema");
    check_members(TO, "response_format.json_schema", inner, "name description schema strict")?;
    let mut schema = inner.get("schema").cloned().unwrap_or_default();
    let Value::Object(fields) = &mut schema else {
        return Err(refused_because(TO, "response_format.json_schema", "add a schema"));
    };
    // The description of the answer has no other place.
    let about = at(inner, "/description");
    if !about.is_null() && !fields.contains_key("description") {
        fields.set("description", about.clone());
    }
    set_member(made, "output_config", "format", json!({"type": "json_schema", "schema": schema}));
    Ok(())
}

fn tool(path: &str, tool: &Value) -> Result<Value, Error> {
    check_members(TO, path, tool, "type function")?;
    if *at(tool, "/type") != "function" {
        return Err(refused_because(TO, &format!("{path}.type"), "use tools of the type function"));
    }
    let function = format!("{path}.function");
    check_members(TO, &function, at(tool, "/function"), "name description parameters strict")?;
    tools::definition(tool, TO).map(without_nulls).ok_or_else(|| refused(TO, &function))
}

/// Converts `reasoning_effort`. Anthropic's documentation recommends adaptive thinking with an effort; numbers of tokens, as in `budget_tokens`,
/// correspond to no effort.
fn effort(effort: &Value, made: &mut Fields) -> Result<(), Error> {
    match effort.as_str() {
        Some("none") => made.set("thinking", json!({"type": "disabled"})),
        Some("low" | "medium" | "high" | "xhigh" | "max") => {
            made.set("thinking", json!({"type": "adaptive"}));
            set_member(made, "output_config", "effort", effort.clone());
        }
        _ => {
            let advice = "use none, low, medium, high, xhigh or max";
            return Err(refused_because(TO, "reasoning_effort", advice));
        }
    }
    Ok(())
}

/// Sets `system` and `messages` of a request.
fn messages(list: &Value, made: &mut Map<String, Value>) -> Result<(), Error> {
    let Value::Array(list) = list else { return Err(refused_because(TO, "messages", "pass a list")) };
    let (mut system, mut messages) = (String::new(), Vec::new());
    for (index, message) in list.iter().enumerate() {
        let path = format!("messages[{index}]");
        match text(message, "/role") {
            "system" | "developer" if messages.is_empty() => {
                check_members(TO, &path, message, "role content")?;
                let text = text_only(&path, at(message, "/content"))?;
                system.push_str(if system.is_empty() || text.is_empty() { "" } else { "\n\n" });
                system.push_str(&text);
            }
            "system" | "developer" => {
                let advice = "move it to the beginning, or make it a message of the user";
                return Err(refused_because(TO, &format!("{path}.role"), advice));
            }
            "user" => {
                check_members(TO, &path, message, "role content")?;
                push(&mut messages, "user", blocks(&path, at(message, "/content"))?);
            }
            "assistant" => {
                let blocks = answer(&path, message)?;
                if !blocks.is_empty() {
                    push(&mut messages, "assistant", simplified(blocks));
                }
            }
            "tool" => {
                check_members(TO, &path, message, "role content tool_call_id name")?;
                push(&mut messages, "user", json!([result(&path, message)?]));
            }
            _ => {
                let advice = "use system, developer, user, assistant or tool";
                return Err(refused_because(TO, &format!("{path}.role"), advice));
            }
        }
    }
    if !system.is_empty() {
        made.set("system", system);
    }
    made.set("messages", messages);
    Ok(())
}

/// Adds a content; consecutive contents of one role are one message.
fn push(messages: &mut Vec<Value>, role: &str, content: Value) {
    let before = messages.last_mut().filter(|last| *at(last, "/role") == role).and_then(|last| last.get_mut("content"));
    match before {
        Some(before) => *before = joined(before.take(), content),
        None => messages.push(json!({"role": role, "content": content})),
    }
}

/// Returns the text of a content that may contain only text.
fn text_only(path: &str, content: &Value) -> Result<String, Error> {
    if !matches!(content, Value::String(_) | Value::Array(_)) {
        return Err(refused_because(TO, &format!("{path}.content"), PASS_CONTENT));
    }
    for (index, part) in value::items(Some(content)).iter().enumerate() {
        let path = format!("{path}.content[{index}]");
        if *at(part, "/type") != "text" {
            return Err(refused(TO, &path));
        }
        check_part(&path, part, "text")?;
    }
    Ok(plain(content))
}

/// Refuses a part of a kind whose text is missing, or that has other members.
fn check_part(path: &str, part: &Value, kind: &str) -> Result<(), Error> {
    if part.get(kind).is_some_and(Value::is_string) {
        check_members(TO, path, part, &format!("type {kind}"))
    } else {
        Err(refused_because(TO, &format!("{path}.{kind}"), "pass a text"))
    }
}

/// Converts parts to blocks.
fn blocks(path: &str, content: &Value) -> Result<Value, Error> {
    match content {
        Value::String(_) => Ok(content.clone()),
        Value::Array(_) => {
            let blocks = each(TO, &format!("{path}.content"), content, block)?;
            Ok(simplified(value::into_list(blocks).unwrap_or_default()))
        }
        _ => Err(refused_because(TO, &format!("{path}.content"), PASS_CONTENT)),
    }
}

fn block(path: &str, part: &Value) -> Result<Value, Error> {
    match text(part, "/type") {
        "text" => check_part(path, part, "text")?,
        "image_url" => {
            check_members(TO, path, part, "type image_url")?;
            if at(part, "/image_url").is_object() {
                check_members(TO, &format!("{path}.image_url"), at(part, "/image_url"), "url detail")?;
            }
        }
        _ => return Err(refused(TO, path)),
    }
    content::to_block(part).ok_or_else(|| refused_because(TO, path, "use an https: or a base64 data: URL"))
}

/// Converts an earlier answer to blocks.
fn answer(path: &str, message: &Value) -> Result<Vec<Value>, Error> {
    let known = format!("role content refusal tool_calls {REASONING_FIELD} {DROPPED}");
    check_members(TO, path, message, &known)?;
    let mut texts = Vec::new();
    match at(message, "/content") {
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                let path = format!("{path}.content[{index}]");
                let kind = text(part, "/type");
                if !matches!(kind, "text" | "refusal") {
                    return Err(refused(TO, &path));
                }
                check_part(&path, part, kind)?;
                texts.push(part.get(kind).unwrap_or(&Value::Null));
            }
        }
        content => texts.push(content),
    }
    texts.push(at(message, "/refusal"));
    let mut blocks = Vec::new();
    for text in texts {
        match text {
            Value::Null => {}
            // Servers reject empty text.
            Value::String(text) if text.trim().is_empty() => {}
            Value::String(_) => blocks.push(json!({"type": "text", "text": text})),
            _ => return Err(refused_because(TO, &format!("{path}.content"), PASS_CONTENT)),
        }
    }
    if !matches!(at(message, "/tool_calls"), Value::Null | Value::Array(_)) {
        return Err(refused_because(TO, &format!("{path}.tool_calls"), "pass a list"));
    }
    for (index, call) in value::items(message.get("tool_calls")).iter().enumerate() {
        let path = format!("{path}.tool_calls[{index}]");
        check_members(TO, &path, call, "id type function index")?;
        let function = at(call, "/function");
        check_members(TO, &format!("{path}.function"), function, "name arguments")?;
        // Unreadable arguments are replaced, as in any request: the result of the call quotes what the model wrote.
        let input = arguments::read(&value::to_text(at(function, "/arguments"))).unwrap_or_default();
        let id = tool_id(text(call, "/id"));
        blocks.push(json!({"type": "tool_use", "id": id, "name": at(function, "/name"), "input": input}));
    }
    Ok(blocks)
}

fn result(path: &str, message: &Value) -> Result<Value, Error> {
    let id = tool_id(text(message, "/tool_call_id"));
    let mut block = value::object([("type", "tool_result".into()), ("tool_use_id", id.into())]);
    let content = match at(message, "/content") {
        Value::Null => "".into(),
        content => blocks(path, content)?,
    };
    if content != "" {
        block.set("content", content);
    }
    Ok(block.into())
}
