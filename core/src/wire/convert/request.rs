//! Requests of one format in the other.
//!
//! Invariant: the converted request asks for the same answer. A parameter that the other format lacks is an error that names it, and so is an
//! unknown one, unless its value is the default. Nulls are left out, as servers read them. Dropped are only:
//!
//! - hints for caches, which change no answer: `cache_control`, `prompt_cache_key`, `prompt_cache_options` and `prompt_cache_retention`;
//! - `stream_options`, since messages always report their usage;
//! - the name of a schema, and the `detail` of an image;
//! - parts of earlier answers: reasoning of chat completions, annotations, the name in a result, the flag `is_error` of a result, which its
//!   text states, and thinking of turns that have ended. Anthropic's documentation allows to omit these; while calls are being answered,
//!   thinking must be sent back unchanged, so that it is an error there.

use crate::error::{Error, ErrorKind};
use crate::json::json;
use crate::prelude::*;
use crate::schema;
use crate::text::dialect::Name;
use crate::text::{list_contains, shortened};
use crate::value::{self, Map, Members, Value, at};
use crate::wire::{Format, anthropic};

use super::content::text;
use super::{to_chat, to_messages, tools};

type Fields = Map<String, Value>;

/// The name of a schema in chat completions, which messages do not have.
const SCHEMA_NAME: &str = "answer";
/// The largest number of strings in `stop`.
const MAX_STOPS: usize = 4;

/// Converts a request body from one format to another.
///
/// A streamed chat completion is made to report its usage, as messages always do, if the body has `stream: true`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`], with the field as its `param`, for what the other format cannot express.
pub fn request(from: Format, to: Format, body: &Fields) -> Result<Fields, Error> {
    match (from, to) {
        (Format::Chat, Format::Messages) => messages_request(body),
        (Format::Messages, Format::Chat) => chat_request(body),
        _ => Ok(body.clone()),
    }
}

/// Returns the error of a field without an equivalent in a format.
pub(super) fn refused(to: Format, field: &str) -> Error {
    refused_because(to, field, "remove it")
}

/// Returns such an error; `advice` says how to express the same.
pub(super) fn refused_because(to: Format, field: &str, advice: &str) -> Error {
    let field = shortened(field);
    let message = format!(
        "{field} can't be sent to an endpoint of the format {}; {advice}, or remove that endpoint from {}",
        to.word(),
        Name("fallbacks")
    );
    let mut error = Error::new(ErrorKind::InvalidRequest, message);
    error.fields_mut().param = Some(field);
    error
}

/// Refuses the members of an object that are not in the list `known`. Nulls and hints for the cache pass.
pub(super) fn check_members(to: Format, path: &str, object: &Value, known: &str) -> Result<(), Error> {
    let Value::Object(fields) = object else { return Err(refused(to, path)) };
    let is_unknown =
        |(name, value): &(&String, &Value)| !value.is_null() && *name != "cache_control" && !list_contains(known, name);
    match fields.iter().find(is_unknown) {
        Some((name, _)) => Err(refused(to, &format!("{path}.{name}"))),
        None => Ok(()),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        value => *value == "",
    }
}

/// Converts a request for a chat completion.
fn messages_request(body: &Fields) -> Result<Fields, Error> {
    let to = Format::Messages;
    let mut made = Map::new();
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" | "model_id" | "top_p" | "top_k" | "stream" => made.set(name, value.clone()),
            "messages" => to_messages::convert(value, &mut made)?,
            "max_tokens" | "max_completion_tokens" => {
                // The limits are two names of one parameter.
                if made.get("max_tokens").is_some_and(|known| known != value) {
                    return Err(refused_because(to, name, "pass either max_tokens or max_completion_tokens"));
                }
                made.set("max_tokens", value.clone());
            }
            "temperature" => {
                if value.as_f64().is_some_and(|temperature| !(0.0..=1.0).contains(&temperature)) {
                    return Err(refused_because(to, name, "choose a temperature from 0 to 1"));
                }
                made.set(name, value.clone());
            }
            "stop" if is_empty(value) => {}
            "stop" => made.set("stop_sequences", if value.is_array() { value.clone() } else { json!([value]) }),
            "tools" => made.set(name, each(to, name, value, |path, tool| tool_for_messages(path, tool))?),
            "tool_choice" => choice_for_messages(value, &mut made)?,
            "parallel_tool_calls" => {
                if *value == Value::Bool(false) {
                    tools::forbid_parallel_calls(&mut made);
                }
            }
            "user" | "safety_identifier" => {
                let metadata = json!({"user_id": value});
                if made.get("metadata").is_some_and(|known| *known != metadata) {
                    return Err(refused_because(to, name, "pass either user or safety_identifier"));
                }
                made.set("metadata", metadata);
            }
            "response_format" => schema_for_messages(value, &mut made)?,
            "reasoning_effort" => effort_for_messages(value, &mut made)?,
            "service_tier" => match value.as_str() {
                Some("auto") => made.set(name, "auto"),
                Some("default") => made.set(name, "standard_only"),
                _ => return Err(refused_because(to, name, "set it to \"auto\" or \"default\"")),
            },
            "stream_options" => check_members(to, name, value, "include_usage")
                .or_else(|error| if at(value, "/include_obfuscation") == false_() { Ok(()) } else { Err(error) })?,
            "modalities" if *value == json!(["text"]) => {}
            "store" if *value == Value::Bool(false) => {}
            "top_logprobs" if value.as_u64() == Some(0) => {}
            "prompt_cache_key" | "prompt_cache_options" | "prompt_cache_retention" | "cache_control" => {}
            "logit_bias" | "metadata" | "functions" if is_empty(value) => {}
            "functions" | "function_call" => return Err(refused_because(to, name, "use tools instead")),
            name if tools::says_nothing(name, value) => {}
            name => return Err(refused(to, name)),
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
    Ok(made)
}

fn false_() -> &'static Value {
    const FALSE: &Value = &Value::Bool(false);
    FALSE
}

/// Converts a request for a message.
fn chat_request(body: &Fields) -> Result<Fields, Error> {
    let to = Format::Chat;
    let mut made = Map::new();
    let thinking = body.get("thinking").unwrap_or(&Value::Null);
    let effort = body.get("output_config").map_or("", |config| text(config, "/effort"));
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" | "model_id" | "max_tokens" | "temperature" | "top_p" | "stream" => made.set(name, value.clone()),
            "system" => {}
            "messages" => made.set(name, to_chat::convert(body.get("system"), value)?),
            "stop_sequences" if is_empty(value) => {}
            "stop_sequences" => {
                if value::items(Some(value)).len() > MAX_STOPS {
                    return Err(refused_because(to, name, &format!("pass at most {MAX_STOPS} of them")));
                }
                made.set("stop", value.clone());
            }
            "tools" => made.set(name, each(to, name, value, |path, tool| tool_for_chat(path, tool))?),
            "tool_choice" => {
                check_members(to, name, value, "type name disable_parallel_tool_use")?;
                tools::set_choice(value, to, &mut made);
            }
            "metadata" => {
                check_members(to, name, value, "user_id")?;
                let user = at(value, "/user_id");
                if !user.is_null() {
                    made.set("user", user.clone());
                }
            }
            "output_config" => {
                check_members(to, name, value, "effort format")?;
                schema_for_chat("output_config.format", at(value, "/format"), &mut made)?;
            }
            "output_format" => schema_for_chat(name, value, &mut made)?,
            "thinking" => effort_for_chat(value, effort, &mut made)?,
            "service_tier" => match value.as_str() {
                Some("auto") => made.set(name, "auto"),
                Some("standard_only") => made.set(name, "default"),
                _ => return Err(refused_because(to, name, "set it to \"auto\" or \"standard_only\"")),
            },
            "cache_control" => {}
            "mcp_servers" if is_empty(value) => {}
            name => return Err(refused(to, name)),
        }
    }
    if thinking.is_null() && !effort.is_empty() {
        made.set("reasoning_effort", effort);
    }
    if made.get("stream") == Some(&Value::Bool(true)) {
        to.request_usage(&mut made);
    }
    Ok(made)
}

/// Converts each item of a list; `path` names the item in errors.
pub(super) fn each(
    to: Format,
    name: &str,
    list: &Value,
    convert: impl Fn(&str, &Value) -> Result<Value, Error>,
) -> Result<Value, Error> {
    let Value::Array(items) = list else { return Err(refused_because(to, name, "pass a list")) };
    let mut made = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        made.push(convert(&format!("{name}[{index}]"), item)?);
    }
    Ok(made.into())
}

fn tool_for_messages(path: &str, tool: &Value) -> Result<Value, Error> {
    let to = Format::Messages;
    check_members(to, path, tool, "type function")?;
    if *at(tool, "/type") != "function" {
        return Err(refused_because(to, &format!("{path}.type"), "use tools of the type function"));
    }
    let function = format!("{path}.function");
    check_members(to, &function, at(tool, "/function"), "name description parameters strict")?;
    tools::definition(tool, to).map(without_nulls).ok_or_else(|| refused(to, &function))
}

fn tool_for_chat(path: &str, tool: &Value) -> Result<Value, Error> {
    let to = Format::Chat;
    let kind = at(tool, "/type");
    if !kind.is_null() && *kind != "custom" {
        let advice = "use tools with an input_schema: those of the provider run only there";
        return Err(refused_because(to, &format!("{path}.type"), advice));
    }
    check_members(to, path, tool, "type name description input_schema strict")?;
    let made = tools::definition(tool, to).ok_or_else(|| refused(to, &format!("{path}.input_schema")))?;
    let function = without_nulls(at(&made, "/function").clone());
    Ok(value::object([("type", "function".into()), ("function", function)]).into())
}

fn without_nulls(object: Value) -> Value {
    let Value::Object(mut fields) = object else { return object };
    fields.retain(|_, value| !value.is_null());
    fields.into()
}

fn choice_for_messages(value: &Value, made: &mut Fields) -> Result<(), Error> {
    let to = Format::Messages;
    match value.as_str() {
        Some("none" | "auto" | "required") => {}
        None if *at(value, "/type") == "function" => check_members(to, "tool_choice", value, "type function")?,
        _ => {
            let advice = "use \"none\", \"auto\", \"required\" or the name of a function";
            return Err(refused_because(to, "tool_choice", advice));
        }
    }
    tools::set_choice(value, to, made);
    Ok(())
}

/// Converts `response_format`.
fn schema_for_messages(format: &Value, made: &mut Fields) -> Result<(), Error> {
    let to = Format::Messages;
    match text(format, "/type") {
        "text" => return check_members(to, "response_format", format, "type"),
        "json_schema" => {}
        _ => return Err(refused_because(to, "response_format.type", "use json_schema, with a schema")),
    }
    check_members(to, "response_format", format, "type json_schema")?;
    let inner = at(format, "/json_schema");
    check_members(to, "response_format.json_schema", inner, "name description schema strict")?;
    let mut schema = inner.get("schema").cloned().unwrap_or_default();
    let Value::Object(fields) = &mut schema else {
        return Err(refused_because(to, "response_format.json_schema", "add a schema"));
    };
    // The description of the answer has no other place.
    let about = at(inner, "/description");
    if !about.is_null() && !fields.contains_key("description") {
        fields.set("description", about.clone());
    }
    set_member(made, "output_config", "format", json!({"type": "json_schema", "schema": schema}));
    Ok(())
}

/// Converts the format of an answer of messages. It is strict if the schema has the form that strict modes require: otherwise they would refuse it.
fn schema_for_chat(path: &str, format: &Value, made: &mut Fields) -> Result<(), Error> {
    let to = Format::Chat;
    if format.is_null() {
        return Ok(());
    }
    check_members(to, path, format, "type schema")?;
    if *at(format, "/type") != "json_schema" {
        return Err(refused_because(to, &format!("{path}.type"), "use json_schema"));
    }
    let schema = at(format, "/schema");
    let is_strict = schema::strict(schema).is_ok_and(|strict| strict == *schema);
    let inner = json!({"name": SCHEMA_NAME, "schema": schema, "strict": is_strict});
    made.set("response_format", value::object([("type", "json_schema".into()), ("json_schema", inner)]));
    Ok(())
}

fn set_member(made: &mut Fields, name: &str, member: &str, value: Value) {
    if let Value::Object(fields) = made.entry(name).or_insert_with(|| json!({})) {
        fields.set(member, value);
    }
}

/// Converts `reasoning_effort`. Anthropic's documentation recommends adaptive thinking with an effort; numbers of tokens, as in `budget_tokens`,
/// correspond to no effort.
fn effort_for_messages(effort: &Value, made: &mut Fields) -> Result<(), Error> {
    match effort.as_str() {
        Some("none") => made.set("thinking", json!({"type": "disabled"})),
        Some("low" | "medium" | "high" | "xhigh" | "max") => {
            made.set("thinking", json!({"type": "adaptive"}));
            set_member(made, "output_config", "effort", effort.clone());
        }
        _ => {
            let advice = "use none, low, medium, high, xhigh or max";
            return Err(refused_because(Format::Messages, "reasoning_effort", advice));
        }
    }
    Ok(())
}

/// Converts `thinking`. Adaptive thinking without an effort is the default of models that reason.
fn effort_for_chat(thinking: &Value, effort: &str, made: &mut Fields) -> Result<(), Error> {
    let to = Format::Chat;
    match text(thinking, "/type") {
        "disabled" if effort.is_empty() => made.set("reasoning_effort", "none"),
        "disabled" => {
            let advice = "remove it, since an effort without thinking has no equivalent";
            return Err(refused_because(to, "output_config.effort", advice));
        }
        "adaptive" => {
            if !effort.is_empty() {
                made.set("reasoning_effort", effort);
            }
        }
        _ => {
            let advice = "use thinking of the type adaptive, with output_config.effort";
            return Err(refused_because(to, "thinking.type", advice));
        }
    }
    check_members(to, "thinking", thinking, "type")
}
