//! The operations of native hosts: the catalogue of models, and counts for traces.
//!
//! A page has none of them; it loads the catalogue as a file of its own.

use serde_json::{Map, Value};

use super::operations;
use crate::catalog::{self, Catalog, Model};
use crate::cost::Counts;
use crate::error::Error;
use crate::value::fields::Reader;

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

    /// The tokens of a usage, as it reports them: those read, from a cache or not, and those written.
    count_usage(usage) -> { read: Option<u64>, written: Option<u64> } {
        let counts = Counts::of(&usage);
        (counts.read, counts.written)
    }
}

fn ids(models: &[&Model]) -> Vec<String> {
    models.iter().map(|model| model.id.clone()).collect()
}
