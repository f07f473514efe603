//! The operations of native hosts: the catalogue of models, and counts for traces.
//!
//! A page has none of them; it loads the catalogue as a file of its own.

use serde_json::{Map, Value};

use super::{Output, operations};
use crate::catalog::{self, Catalog, Model};
use crate::cost::Counts;
use crate::error::Error;
use crate::ffi::trace::{self, Instrument, Measurement, SpanEvent};
use crate::schema;
use crate::value::fields::Reader;
use crate::wire::Format;

impl Output for SpanEvent {
    fn write(self) -> Option<Value> {
        Some(self.to_value())
    }
}

impl Output for Measurement {
    fn write(self) -> Option<Value> {
        Some(self.to_value())
    }
}

impl Output for Instrument {
    fn write(self) -> Option<Value> {
        Some(self.to_value())
    }
}

operations! {
    /// Executes an operation of this group.
    fn operation();

    inputs {
        /// The models of a catalogue.
        models: Vec<Value>,
        /// Words to search for.
        query: String,
        /// The id of a model.
        id: String,
        /// Models that are taken in.
        others: Vec<Value>,
        /// The usage of a reply, in either format.
        usage: Value,
        /// The base URL of the client.
        base_url: String,
        /// The format of the request.
        endpoint: Format,
        /// The members of a request.
        request: Map<String, Value>,
        /// A chat completion or a message; it may be partial.
        reply: Value,
        /// A JSON Schema.
        schema: Value,
        /// Whether attributes have the content of messages. Default false.
        with_content: Option<bool>,
        /// Whether the reply is a stream. Default false.
        is_stream: Option<bool>,
        /// The renderer of a prompt: `harmony` (default) or `jinja`.
        profile: Option<String>,
        /// The date in a prompt, such as `2026-12-31`.
        date: Option<String>,
        /// The record of a call.
        record: Value,
        /// A call of a function, as a tool run has it.
        call: Value,
        /// How the call ended: the `content` of its result, or the class of its `error` and its `message`; null before its end.
        outcome: Value,
    }

    /// The schema in the form that Anthropic's API accepts.
    transform_schema(schema) -> { schema: Value } {
        (schema::transformed(&schema)?,)
    }

    /// The package's own catalogue, as JSON text.
    read_catalog() -> { text: String } {
        (catalog::TEXT.to_owned(),)
    }

    /// The ids of the models that have every word of the query.
    search_models(models, query) -> { ids: Vec<String> } {
        (ids(&Catalog::of(models)?.search(&query)),)
    }

    /// The ids of the models that are related to one.
    related_models(models, id) -> { ids: Vec<String> } {
        (ids(&Catalog::of(models)?.related(&id)),)
    }

    /// The models with others taken in.
    merge_models(models, others) -> { models: Vec<Value> } {
        let mut catalog = Catalog::of(models)?;
        catalog.merge(&others)?;
        (catalog.models.iter().map(Model::to_value).collect(),)
    }

    /// The tokens of a usage, as it reports them: input, cached or not, output, and the reasoning in it.
    count_usage(usage) -> { read: Option<u64>, written: Option<u64>, reasoning: Option<u64> } {
        let counts = Counts::of(&usage);
        (counts.read, counts.written, counts.reasoning)
    }

    /// The span of a call by OpenTelemetry's conventions: its name, the attributes that it shares with the metrics, and those of the request.
    trace_request(base_url, endpoint, request; is_stream, with_content)
        -> { name: String, shared: Map<String, Value>, attributes: Map<String, Value> }
    {
        let shared = trace::call_attributes(&base_url, endpoint, request.get("model"));
        let (is_stream, with_content) = (is_stream.unwrap_or_default(), with_content.unwrap_or_default());
        let attributes = trace::request_attributes(endpoint, &request, is_stream, with_content);
        (trace::call_name(request.get("model")), shared, attributes)
    }

    /// The end of a call by OpenTelemetry's conventions: the attributes and the status of its span, the span's events, and the values of
    /// instruments.
    trace_record(record)
        -> { attributes: Map<String, Value>, failure: Option<String>, events: Vec<SpanEvent>, measurements: Vec<Measurement> }
    {
        let failure = record.get("error").filter(|error| !error.is_null()).map(|_| trace::message(&record));
        let attributes = trace::record_attributes(&record);
        let measurements = trace::measurements(&record, &attributes);
        (attributes, failure, trace::events(&record), measurements)
    }

    /// The instruments of measurements.
    trace_instruments() -> { instruments: Vec<Instrument> } {
        (trace::instruments(),)
    }

    /// The content of a reply as an attribute by OpenTelemetry's conventions.
    trace_reply(reply) -> { attributes: Map<String, Value> } {
        (trace::content_attributes(&reply),)
    }

    /// The span of a call of a function by OpenTelemetry's conventions: its name, its attributes so far, and the status of a call that failed.
    trace_tool(call; outcome, with_content)
        -> { name: String, attributes: Map<String, Value>, failure: Option<String> }
    {
        trace::tool_span(&call, &outcome, with_content.unwrap_or_default())
    }

    /// The prompt of a request, as the `profile` renders it.
    render_prompt(endpoint, request; profile, date) -> { text: String } {
        (render_prompt(endpoint, &request, profile.as_deref(), date.as_deref())?,)
    }
}

fn ids(models: &[&Model]) -> Vec<String> {
    models.iter().map(|model| model.id.clone()).collect()
}

#[cfg(all(feature = "tokens", feature = "fallback"))]
fn render_prompt(
    format: Format,
    request: &Map<String, Value>,
    profile: Option<&str>,
    date: Option<&str>,
) -> Result<String, Error> {
    use crate::prompt::{Profile, Prompt};

    Ok(Prompt::render(format, request, Profile::from_option(profile)?, date)?.text())
}

#[cfg(not(all(feature = "tokens", feature = "fallback")))]
fn render_prompt(_: Format, _: &Map<String, Value>, _: Option<&str>, _: Option<&str>) -> Result<String, Error> {
    Err(super::unknown("render_prompt"))
}
