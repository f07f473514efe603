//! Attributes of spans and metrics, by OpenTelemetry's semantic conventions for generative AI.
//!
//! Invariant: attributes have the content of messages only if the caller requests it. Both formats become messages of parts, as JSON text; unknown
//! parts stay unchanged.

use crate::config::address::{host_of, port_of};
use crate::cost::Counts;
use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value, items, object, to_text};
use crate::wire::Format;

/// Names of providers in the conventions, by the domains of their hosts. Other providers have the name of their API's format.
const PROVIDERS: [(&str, &str); 10] = [
    ("anthropic.com", "anthropic"),
    ("deepseek.com", "deepseek"),
    ("groq.com", "groq"),
    ("mistral.ai", "mistral_ai"),
    ("modelslab.com", "modelslab"),
    ("moonshot.ai", "moonshot_ai"),
    ("openai.azure.com", "azure.ai.openai"),
    ("openai.com", "openai"),
    ("perplexity.ai", "perplexity"),
    ("x.ai", "x_ai"),
];
/// Attributes by the fields of a request.
const PARAMETERS: [(&str, &str); 9] = [
    ("frequency_penalty", "gen_ai.request.frequency_penalty"),
    ("max_completion_tokens", "gen_ai.request.max_tokens"),
    ("max_tokens", "gen_ai.request.max_tokens"),
    ("presence_penalty", "gen_ai.request.presence_penalty"),
    ("reasoning_effort", "gen_ai.request.reasoning.level"),
    ("seed", "gen_ai.request.seed"),
    ("temperature", "gen_ai.request.temperature"),
    ("top_k", "gen_ai.request.top_k"),
    ("top_p", "gen_ai.request.top_p"),
];

/// Returns the attributes that a call's span and its metrics share.
pub(super) fn call_attributes(base_url: &str, format: Format, request: &Map<String, Value>) -> Map<String, Value> {
    let host = host_of(base_url).unwrap_or_default();
    let is_at = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let provider = PROVIDERS.iter().find(|(domain, _)| is_at(domain)).map(|(_, name)| *name);
    let default_port = if base_url.starts_with("https:") { 443 } else { 80 };
    let mut attributes = object([
        ("gen_ai.operation.name", "chat".into()),
        (
            "gen_ai.provider.name",
            provider.unwrap_or(if format == Format::Chat { "openai" } else { "anthropic" }).into(),
        ),
        ("server.address", host.into()),
        ("server.port", port_of(base_url).unwrap_or(default_port).into()),
    ]);
    if let Some(model) = text(request.get("model")) {
        attributes.set("gen_ai.request.model", model);
    }
    attributes
}

/// Returns the attributes of a request.
pub(super) fn request_attributes(
    format: Format,
    request: &Map<String, Value>,
    with_content: bool,
) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (field, name) in PARAMETERS {
        if let Some(value @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) = request.get(field) {
            attributes.set(name, value.clone());
        }
    }
    match request.get("stop").or(request.get("stop_sequences")) {
        Some(Value::Array(stop)) => attributes.set("gen_ai.request.stop_sequences", stop.clone()),
        Some(stop @ Value::String(_)) => attributes.set("gen_ai.request.stop_sequences", vec![stop.clone()]),
        _ => {}
    }
    if let Some(count) = request.get("n").and_then(Value::as_u64).filter(|count| *count != 1) {
        attributes.set("gen_ai.request.choice.count", count);
    }
    match request.get("response_format").and_then(|format| format.get("type")?.as_str()) {
        Some("json_object" | "json_schema") => attributes.set("gen_ai.output.type", "json"),
        Some("text") => attributes.set("gen_ai.output.type", "text"),
        _ => {}
    }
    if with_content {
        let messages = items(request.get("messages")).iter().map(message);
        set_text(&mut attributes, "gen_ai.input.messages", messages.collect());
        if format == Format::Messages {
            set_text(&mut attributes, "gen_ai.system_instructions", parts(request.get("system")));
        }
        set_text(&mut attributes, "gen_ai.tool.definitions", items(request.get("tools")).iter().map(tool).collect());
    }
    attributes
}

/// Returns the attributes of a completion or a message, which may be partial.
pub(super) fn reply_attributes(reply: &Value, with_content: bool) -> Map<String, Value> {
    let counts = Counts::of(reply.get("usage").unwrap_or(&Value::Null));
    let mut attributes = Map::new();
    for (name, count) in [
        ("gen_ai.usage.input_tokens", counts.read),
        ("gen_ai.usage.output_tokens", counts.written),
        ("gen_ai.usage.cache_read.input_tokens", counts.cache_read),
        ("gen_ai.usage.cache_creation.input_tokens", counts.cache_write),
        ("gen_ai.usage.reasoning.output_tokens", counts.reasoning),
    ] {
        if let Some(count) = count {
            attributes.set(name, count);
        }
    }
    for (name, field) in [("gen_ai.response.id", "id"), ("gen_ai.response.model", "model")] {
        if let Some(value) = text(reply.get(field)) {
            attributes.set(name, value);
        }
    }
    let answers: Vec<(&Value, &Value)> = if reply.get("type").is_some_and(|kind| kind == "message") {
        vec![(reply, reply.get("stop_reason").unwrap_or(&Value::Null))]
    } else {
        let field = |choice, name| Value::get(choice, name).unwrap_or(&Value::Null);
        items(reply.get("choices"))
            .iter()
            .map(|choice| (field(choice, "message"), field(choice, "finish_reason")))
            .collect()
    };
    if !answers.is_empty() {
        // A choice without a finish reason was cut off.
        let reason = |reason: &Value| Value::from(reason.as_str().unwrap_or("error"));
        let reasons = answers.iter().map(|(_, value)| reason(value));
        attributes.set("gen_ai.response.finish_reasons", reasons.collect::<Vec<_>>());
        if with_content {
            let messages = answers.iter().map(|(answer, value)| {
                let mut written = message(answer);
                if let Value::Object(members) = &mut written {
                    members.set("role", text(answer.get("role")).unwrap_or("assistant"));
                    members.set("finish_reason", reason(value));
                }
                written
            });
            set_text(&mut attributes, "gen_ai.output.messages", messages.collect());
        }
    }
    attributes
}

/// Sets an attribute to a list as JSON text, unless the list is empty.
fn set_text(attributes: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if !values.is_empty() {
        attributes.set(name, Value::from(values).to_string());
    }
}

/// Returns a text that is not empty.
fn text(value: Option<&Value>) -> Option<&str> {
    value?.as_str().filter(|text| !text.is_empty())
}

fn message(message: &Value) -> Value {
    if !message.is_object() {
        return json!({"role": "user", "parts": parts(Some(message))});
    }
    let role = text(message.get("role")).unwrap_or("assistant");
    let content = message.get("content");
    let mut all = Vec::new();
    if let Some(reasoning) = text(message.get("reasoning_content")).or(text(message.get("reasoning"))) {
        all.push(json!({"type": "reasoning", "content": reasoning}));
    }
    if role == "tool" {
        all.push(json!({"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}));
    } else {
        all.extend(parts(content));
    }
    if let Some(refusal) = message.get("refusal").and_then(Value::as_str) {
        all.push(json!({"type": "refusal", "content": refusal}));
    }
    for call in items(message.get("tool_calls")) {
        let function = call.get("function").or(call.get("custom")).unwrap_or(&Value::Null);
        let arguments = function.get("arguments").or(function.get("input"));
        all.push(tool_call(call.get("id"), function.get("name"), arguments));
    }
    let mut written = object([("role", role.into()), ("parts", all.into())]);
    if let Some(name) = text(message.get("name")) {
        written.set("name", name);
    }
    written.into()
}

fn tool_call(id: Option<&Value>, name: Option<&Value>, arguments: Option<&Value>) -> Value {
    // A model may write invalid JSON, which stays a text.
    let parsed = arguments.and_then(|arguments| serde_json::from_str::<Value>(arguments.as_str()?).ok());
    json!({"type": "tool_call", "id": id, "name": name, "arguments": parsed.as_ref().or(arguments)})
}

fn parts(content: Option<&Value>) -> Vec<Value> {
    match content {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(content)) => content.iter().map(part).collect(),
        Some(other) => vec![text_part(other)],
    }
}

fn text_part(value: &Value) -> Value {
    json!({"type": "text", "content": to_text(value)})
}

fn part(part: &Value) -> Value {
    let field = |name| part.get(name);
    if !part.is_object() {
        return text_part(part);
    }
    let source = match field("type").and_then(Value::as_str) {
        Some("text") => return json!({"type": "text", "content": field("text")}),
        Some("thinking") => return json!({"type": "reasoning", "content": field("thinking")}),
        Some("tool_use") => return tool_call(field("id"), field("name"), field("input")),
        Some("tool_result") => {
            return json!({"type": "tool_call_response", "id": field("tool_use_id"), "response": field("content")});
        }
        Some("image_url") => field("image_url"),
        Some("image") => field("source"),
        _ => None,
    };
    match source {
        Some(source @ (Value::String(_) | Value::Object(_))) => image(source),
        _ => part.clone(),
    }
}

fn image(source: &Value) -> Value {
    let url = source.as_str().or(source.get("url").and_then(Value::as_str)).unwrap_or_default();
    let (kind, data) = match url.strip_prefix("data:").and_then(|url| url.split_once(";base64,")) {
        Some((kind, data)) => (Some(kind.into()), Some(data.into())),
        None if source.get("type").is_some_and(|kind| kind == "base64") => {
            (source.get("media_type").cloned(), source.get("data").cloned())
        }
        None => return json!({"type": "uri", "modality": "image", "uri": url}),
    };
    json!({"type": "blob", "modality": "image", "mime_type": kind, "content": data})
}

fn tool(tool: &Value) -> Value {
    let mut written = object([("type", text(tool.get("type")).unwrap_or("function").into())]);
    let Some(members) = tool.get("function").unwrap_or(tool).as_object() else {
        return json!({"type": "function", "name": tool});
    };
    for (name, value) in members.iter().filter(|(name, _)| *name != "type") {
        written.set(if name == "input_schema" { "parameters" } else { name }, value.clone());
    }
    written.into()
}
