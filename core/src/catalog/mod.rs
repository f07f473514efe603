//! The catalogue of models: ids, paths, prices, parameters.
//!
//! The data (`models.json`) and its searches require the feature `catalog`. A page loads the same data from a separate file
//! (`typescript/src/catalog`, with the same test cases).

#[cfg(feature = "catalog")]
mod models;
mod preset;

#[cfg(feature = "catalog")]
pub(crate) use models::raw;
#[cfg(feature = "catalog")]
pub use models::{Catalog, Model, ModelPrices, TEXT};
pub use preset::preset;
