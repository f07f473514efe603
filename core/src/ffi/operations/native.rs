//! The operations of native hosts: the catalogue of models, and counts for traces.
//!
//! A page has none of them; it loads the catalogue as a file of its own.

use serde_json::{Map, Value};

use super::operations;
use crate::catalog::{self, Catalog, Model};
use crate::cost::Counts;
use crate::error::Error;
use crate::ffi::trace;
use crate::schema;
use crate::value::fields::Reader;
use crate::wire::Format;

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

    /// The attributes of a call by OpenTelemetry's conventions: those that the span and the metrics share, and those of the request.
    trace_request(base_url, endpoint, request; with_content)
        -> { shared: Map<String, Value>, attributes: Map<String, Value> }
    {
        let with_content = with_content.unwrap_or_default();
        (trace::call_attributes(&base_url, endpoint, &request), trace::request_attributes(endpoint, &request, with_content))
    }

    /// The attributes of a reply by OpenTelemetry's conventions.
    trace_reply(reply; with_content) -> { attributes: Map<String, Value> } {
        (trace::reply_attributes(&reply, with_content.unwrap_or_default()),)
    }
}

fn ids(models: &[&Model]) -> Vec<String> {
    models.iter().map(|model| model.id.clone()).collect()
}
