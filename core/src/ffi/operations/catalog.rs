//! The operations on a catalogue of models.
//!
//! Native only: a page loads the catalogue as a file of its own.

use serde_json::{Map, Value};

use super::operations;
use crate::catalog::{self, Catalog, Model};
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
}

fn ids(models: &[&Model]) -> Vec<String> {
    models.iter().map(|model| model.id.clone()).collect()
}
