//! The catalogue of models: ids, paths, prices, parameters.
//!
//! The data (`models.json`) and the searches in it are present with the feature `catalog` only: a page loads the same data as a file of its
//! own (`typescript/src/catalog`, held to the same test cases).

#[cfg(feature = "catalog")]
mod models;
mod preset;

#[cfg(feature = "catalog")]
pub(crate) use models::raw;
#[cfg(feature = "catalog")]
pub use models::{Catalog, Model, ModelPrices, TEXT};
pub use preset::preset;
