//! A span of `tracing` for each call, with an event for each of its attempts.
//!
//! Invariant: names and numbers are those that the core writes for OpenTelemetry from the record of the call, so a subscriber such as
//! `tracing-opentelemetry` exports the same attributes as the Python and npm packages. The content of messages is in none of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tracing::field::Empty;
use tracing::{Level, Span, debug, enabled, info_span, warn};
use trilogue_core::ffi::trace;
use trilogue_core::wire::Format;
use trilogue_core::{CallRecord, Notice};

/// The spans of the calls that have not ended, by number.
#[derive(Default)]
pub(crate) struct Spans {
    open: Mutex<HashMap<u32, Span>>,
    calls: AtomicU32,
}

impl Spans {
    /// Begins the span of a call, and returns its number, which is odd if the call is observed. `None` if no subscriber wants the span.
    pub(crate) fn begin(
        &self,
        is_observed: bool,
        base_url: &str,
        format: Format,
        body: &Map<String, Value>,
        is_stream: bool,
    ) -> Option<u32> {
        if !enabled!(target: "trilogue", Level::INFO) {
            return None;
        }
        let span = new_span();
        span.record("otel.name", trace::call_name(body.get("model")));
        record_all(&span, &trace::call_attributes(base_url, format, body.get("model")));
        record_all(&span, &trace::request_attributes(format, body, is_stream, false));
        // 0 and 1 are the numbers of calls without a span.
        let number =
            self.calls.fetch_add(1, Ordering::Relaxed).wrapping_add(1).wrapping_mul(2) | u32::from(is_observed);
        self.open().insert(number, span);
        Some(number)
    }

    /// Passes a notice on: the record of a call ends its span.
    pub(crate) fn receive(&self, number: u32, notice: &Notice<'_>) {
        match notice {
            Notice::Ended { record } => {
                let span = self.open().remove(&number);
                if let Some(span) = span {
                    end(&span, record);
                }
            }
            Notice::Warning { text } => {
                let span = self.open().get(&number).cloned();
                warn!(target: "trilogue", parent: span.as_ref().and_then(Span::id), "{text}");
            }
            _ => {}
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u32, Span>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A span with every field that a call may have: `tracing` has no others.
fn new_span() -> Span {
    info_span!(
        target: "trilogue",
        "chat",
        otel.name = Empty,
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        error.r#type = Empty,
        gen_ai.operation.name = Empty,
        gen_ai.output.r#type = Empty,
        gen_ai.provider.name = Empty,
        gen_ai.request.choice.count = Empty,
        gen_ai.request.frequency_penalty = Empty,
        gen_ai.request.max_tokens = Empty,
        gen_ai.request.model = Empty,
        gen_ai.request.presence_penalty = Empty,
        gen_ai.request.reasoning.level = Empty,
        gen_ai.request.seed = Empty,
        gen_ai.request.stop_sequences = Empty,
        gen_ai.request.stream = Empty,
        gen_ai.request.temperature = Empty,
        gen_ai.request.top_k = Empty,
        gen_ai.request.top_p = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.model = Empty,
        gen_ai.response.time_to_first_chunk = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.reasoning.output_tokens = Empty,
        server.address = Empty,
        server.port = Empty,
        trilogue.attempts = Empty,
        trilogue.cost = Empty,
        trilogue.queued = Empty,
    )
}

/// Adds the record of a call to its span, and its attempts as events.
fn end(span: &Span, record: &CallRecord) {
    record_all(span, &trace::record_attributes(&record.to_value()));
    if record.error.is_some() {
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", record.message.as_deref().unwrap_or_default());
    }
    for recorded in &record.attempts {
        let attempt = &recorded.attempt;
        debug!(
            target: "trilogue",
            parent: span,
            base_url = attempt.base_url,
            model = attempt.model,
            status = attempt.status,
            request_id = attempt.request_id,
            error = attempt.error,
            queued_ms = attempt.queued_ms,
            elapsed_ms = attempt.elapsed_ms,
            input_tokens = attempt.input_tokens,
            output_tokens = attempt.output_tokens,
            "attempt"
        );
    }
    debug!(target: "trilogue", parent: span, "{}", record.line());
}

/// Records attributes in the fields of their names. Lists are written with commas.
fn record_all(span: &Span, attributes: &Map<String, Value>) {
    for (name, value) in attributes {
        let name = name.as_str();
        match value {
            Value::Bool(value) => span.record(name, value),
            Value::String(value) => span.record(name, value.as_str()),
            Value::Array(values) => {
                let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                span.record(name, texts.join(","))
            }
            other => match (other.as_u64(), other.as_f64()) {
                (Some(number), _) => span.record(name, number),
                (None, Some(number)) => span.record(name, number),
                (None, None) => span,
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};
    use trilogue_core::record::RecordedAttempt;

    /// A subscriber that wants every span, and keeps none.
    struct Wanting;

    impl Subscriber for Wanting {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, _: &Event<'_>) {}

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    /// `tracing` ignores an attribute whose field the span lacks.
    #[test]
    fn a_span_has_a_field_for_each_attribute() {
        let mut request = json!({"model": "m", "stop": ["a"], "n": 2, "response_format": {"type": "text"}});
        for (field, _) in trace::PARAMETERS {
            request[field] = 1.into();
        }
        let request = request.as_object().unwrap();
        let mut record = CallRecord {
            first_item: Some(std::time::Duration::from_secs(1)),
            queued: std::time::Duration::from_secs(1),
            finish_reasons: vec!["stop".to_owned()],
            attempts: vec![RecordedAttempt::default(); 2],
            ..CallRecord::default()
        }
        .to_value();
        for (member, _) in trace::RECORDED {
            record[member] = 1.into();
        }
        record["cost"] = "1".into();
        let span = tracing::subscriber::with_default(Wanting, new_span);
        let fields = span.metadata().unwrap().fields();
        let attributes = [
            trace::call_attributes("http://localhost", Format::Chat, request.get("model")),
            trace::request_attributes(Format::Chat, request, true, false),
            trace::record_attributes(&record),
        ];
        for name in attributes.iter().flat_map(Map::keys) {
            assert!(fields.field(name).is_some(), "{name}");
        }
    }
}
