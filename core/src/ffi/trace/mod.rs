//! Attributes of spans and metrics, by OpenTelemetry's semantic conventions for generative AI.
//!
//! Invariant: attributes have the content of messages (`content`) only if the caller requests it.

mod content;

use crate::config::address::{host_of, port_of};
use crate::json::written;
use crate::prelude::*;
use crate::value::{Map, Members, Value, items, object, to_text};
use crate::wire::Format;
use content::{message_of, parts, set_text, tool};

pub(super) use content::content_attributes;

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
/// The version of the conventions, for the tracers and meters of hosts.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";
/// The environment variable that requests the content of messages in spans.
pub const CONTENT_VARIABLE: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
/// The values of [`CONTENT_VARIABLE`] that put content into spans, in lower case.
pub const CONTENT_SETTINGS: [&str; 3] = ["span_only", "span_and_event", "true"];
/// The names of the instruments.
const DURATION: &str = "gen_ai.client.operation.duration";
const FIRST_CHUNK: &str = "gen_ai.client.operation.time_to_first_chunk";
const TOKENS: &str = "gen_ai.client.token.usage";
/// Attributes by the members of a record.
pub const RECORDED: [(&str, &str); 8] = [
    ("input_tokens", "gen_ai.usage.input_tokens"),
    ("output_tokens", "gen_ai.usage.output_tokens"),
    ("cache_read_tokens", "gen_ai.usage.cache_read.input_tokens"),
    ("cache_write_tokens", "gen_ai.usage.cache_creation.input_tokens"),
    ("reasoning_tokens", "gen_ai.usage.reasoning.output_tokens"),
    ("response_id", "gen_ai.response.id"),
    ("response_model", "gen_ai.response.model"),
    ("error", "error.type"),
];
/// Attributes by the members of an attempt.
const ATTEMPT: [(&str, &str); 5] = [
    ("error", "error.type"),
    ("message", "exception.message"),
    ("status", "http.response.status_code"),
    ("base_url", "trilogue.base_url"),
    ("model", "gen_ai.request.model"),
];
/// Attributes by the fields of a request.
pub const PARAMETERS: [(&str, &str); 9] = [
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

/// An event of a span.
#[derive(Debug)]
pub struct SpanEvent {
    name: &'static str,
    time: f64,
    attributes: Map<String, Value>,
}

/// A value of an instrument.
#[derive(Debug)]
pub struct Measurement {
    name: &'static str,
    value: Value,
    attributes: Map<String, Value>,
}

/// The definition of a histogram.
#[derive(Debug)]
pub struct Instrument {
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    bounds: Vec<f64>,
}

written! {
    SpanEvent as event {
        /// The event's name.
        "name": String = event.name,
        /// When it happened, in milliseconds since 1970.
        "time": f64 = event.time,
        /// Its attributes.
        "attributes": Map<String, Value> = event.attributes,
    }
}

written! {
    Measurement as measured {
        /// The name of the instrument.
        "name": String = measured.name,
        /// The value.
        "value": f64 = measured.value,
        /// Its attributes.
        "attributes": Map<String, Value> = measured.attributes,
    }
}

written! {
    Instrument as instrument {
        /// The instrument's name.
        "name": String = instrument.name,
        /// The unit of its values.
        "unit": String = instrument.unit,
        /// What it measures.
        "description": String = instrument.description,
        /// The bounds of its buckets.
        "bounds": Vec<f64> = instrument.bounds,
    }
}

/// Returns the attributes that a call's span and its metrics share.
pub fn call_attributes(base_url: &str, format: Format, model: Option<&Value>) -> Map<String, Value> {
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
    if let Some(model) = text(model) {
        attributes.set("gen_ai.request.model", model);
    }
    attributes
}

/// Returns the attributes of a request.
pub fn request_attributes(
    format: Format,
    request: &Map<String, Value>,
    is_stream: bool,
    with_content: bool,
) -> Map<String, Value> {
    let mut attributes = Map::new();
    if is_stream {
        attributes.set("gen_ai.request.stream", true);
    }
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
        let messages = items(request.get("messages")).iter().map(message_of);
        set_text(&mut attributes, "gen_ai.input.messages", messages.collect());
        if format == Format::Messages {
            set_text(&mut attributes, "gen_ai.system_instructions", parts(request.get("system")));
        }
        set_text(&mut attributes, "gen_ai.tool.definitions", items(request.get("tools")).iter().map(tool).collect());
    }
    attributes
}

/// Returns the name of a call's span.
pub fn call_name(model: Option<&Value>) -> String {
    text(model).map_or_else(|| "chat".to_owned(), |model| format!("chat {model}"))
}

/// Returns the attributes of a record: those of the reply, and of the error.
pub fn record_attributes(record: &Value) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (field, name) in RECORDED {
        if let Some(value) = record.get(field).filter(|value| !value.is_null()) {
            attributes.set(name, value.clone());
        }
    }
    if let Some(reasons) = record.get("finish_reasons").filter(|reasons| !items(Some(reasons)).is_empty()) {
        attributes.set("gen_ai.response.finish_reasons", reasons.clone());
    }
    if let Some(first) = seconds(record, "first_item_ms") {
        attributes.set("gen_ai.response.time_to_first_chunk", first);
    }
    if let Some(cost) = record.get("cost").and_then(|cost| cost.as_str()?.parse::<f64>().ok()) {
        attributes.set("trilogue.cost", cost);
    }
    if let Some(queued) = seconds(record, "queued_ms").filter(|queued| *queued > 0.0) {
        attributes.set("trilogue.queued", queued);
    }
    let attempts = items(record.get("attempts")).len();
    if attempts > 1 {
        attributes.set("trilogue.attempts", attempts);
    }
    attributes
}

/// Returns the message of an error.
pub fn message(failed: &Value) -> String {
    text(failed.get("message")).unwrap_or_default().to_owned()
}

/// Returns an event for each attempt that another one followed.
pub(super) fn events(record: &Value) -> Vec<SpanEvent> {
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_f64).unwrap_or_default();
    let attempts = items(record.get("attempts"));
    let followed = attempts.get(..attempts.len().saturating_sub(1)).unwrap_or_default();
    let event = |(attempt, resend_count): (&Value, u64)| {
        let mut attributes = object([("http.request.resend_count", resend_count.into())]);
        for (field, name) in ATTEMPT {
            if let Some(value) = attempt.get(field).filter(|value| !value.is_null()) {
                attributes.set(name, value.clone());
            }
        }
        let passed = ["started_ms", "queued_ms", "elapsed_ms"].into_iter().map(|name| number(attempt, name));
        let time = number(record, "started_ms") + passed.sum::<f64>();
        SpanEvent { name: "retry", time, attributes }
    };
    followed.iter().zip(1..).map(event).collect()
}

/// Returns the values of instruments. `attributes` are those of the record.
pub(super) fn measurements(record: &Value, attributes: &Map<String, Value>) -> Vec<Measurement> {
    let format = if text(record.get("endpoint")) == Some("messages") { Format::Messages } else { Format::Chat };
    let mut shared = call_attributes(text(record.get("base_url")).unwrap_or_default(), format, record.get("model"));
    if let Some(model) = attributes.get("gen_ai.response.model") {
        shared.set("gen_ai.response.model", model.clone());
    }
    let mut measured = Vec::new();
    for (kind, name) in [("input", "gen_ai.usage.input_tokens"), ("output", "gen_ai.usage.output_tokens")] {
        if let Some(count) = attributes.get(name) {
            let mut of_kind = shared.clone();
            of_kind.set("gen_ai.token.type", kind);
            measured.push(Measurement { name: TOKENS, value: count.clone(), attributes: of_kind });
        }
    }
    if let Some(kind) = attributes.get("error.type") {
        shared.set("error.type", kind.clone());
    }
    for (name, field) in [(DURATION, "elapsed_ms"), (FIRST_CHUNK, "first_item_ms")] {
        if let Some(value) = seconds(record, field) {
            measured.push(Measurement { name, value: value.into(), attributes: shared.clone() });
        }
    }
    measured
}

/// Returns the definitions of the instruments.
pub(super) fn instruments() -> Vec<Instrument> {
    let duration = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    let first = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
    let tokens = (0..14).map(|power| 4_f64.powi(power)).collect();
    let instrument = |name, unit, description, bounds| Instrument { name, unit, description, bounds };
    vec![
        instrument(DURATION, "s", "GenAI operation duration.", duration.into()),
        instrument(FIRST_CHUNK, "s", "Time to receive the first chunk.", first.into()),
        instrument(TOKENS, "{token}", "Number of input and output tokens used.", tokens),
    ]
}

/// Returns a time of a record in seconds.
fn seconds(record: &Value, name: &str) -> Option<f64> {
    record.get(name)?.as_f64().map(|milliseconds| milliseconds / 1000.0)
}

/// Returns the name and the attributes of the span of a function's call, and the description of its failure. A function's exception may quote its
/// arguments, so that its message is content.
pub(super) fn tool_span(
    call: &Value,
    outcome: &Value,
    with_content: bool,
) -> (String, Map<String, Value>, Option<String>) {
    let name = text(call.get("name")).unwrap_or_default();
    let mut attributes = object([
        ("gen_ai.operation.name", "execute_tool".into()),
        ("gen_ai.tool.name", name.into()),
        ("gen_ai.tool.type", "function".into()),
    ]);
    if let Some(id) = text(call.get("id")) {
        attributes.set("gen_ai.tool.call.id", id);
    }
    if with_content {
        for (name, value) in
            [("gen_ai.tool.call.arguments", call.get("arguments")), ("gen_ai.tool.call.result", outcome.get("content"))]
        {
            if let Some(value) = value.filter(|value| !value.is_null()) {
                attributes.set(name, to_text(value));
            }
        }
    }
    let mut failure = None;
    if let Some(error) = text(outcome.get("error")) {
        attributes.set("error.type", error);
        failure = text(outcome.get("message")).filter(|_| with_content).or(Some(error)).map(str::to_owned);
    }
    (format!("execute_tool {name}"), attributes, failure)
}

/// Returns a text that is not empty.
fn text(value: Option<&Value>) -> Option<&str> {
    value?.as_str().filter(|text| !text.is_empty())
}
