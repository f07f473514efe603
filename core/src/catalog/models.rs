//! The package's models: ids, paths, prices, parameters.
//!
//! Invariant: the data (`models.json`) has a date and is parsed once. Contradictions in its source are resolved there, with a note. It is not part
//! of the wasm module: pages load the same data separately (`typescript/src/catalog`, with the same test cases).

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::preset;
use crate::cost::{Dollars, Prices, Tokens};
use crate::error::{Error, ErrorKind};

/// The package's own catalogue, as JSON text.
pub const TEXT: &str = include_str!("models.json");

/// A model that a catalogue has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CatalogModel"))]
pub struct Model {
    /// The id for requests.
    pub id: String,
    /// The display name.
    #[serde(default)]
    pub name: String,
    /// The services through which the provider offers it.
    #[serde(default)]
    pub path: Vec<String>,
    /// The supported formats: `chat`, `messages`.
    #[serde(default)]
    pub endpoints: Vec<String>,
    /// The provider's category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// A description in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// When the provider added it, as `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// `open` if its weights are published, `closed` if not; none if that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// The most tokens of prompt and answer together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// The most tokens of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// The prices of its tokens; none if they are unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<ModelPrices>,
    /// Its parameters by name: `{type, default?, min?, max?, about}`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// The system message that the provider suggests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Prompts to try it with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<String>,
    /// Decisions about contradictory data: `{field, note}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Value>,
    /// Fields that this type doesn't list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The prices of a model, in dollars per million tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelPrices {
    /// Input that was not cached.
    #[cfg_attr(feature = "schema", schemars(with = "crate::cost::Amount"))]
    pub input: Dollars,
    /// Output, reasoning included.
    #[cfg_attr(feature = "schema", schemars(with = "crate::cost::Amount"))]
    pub output: Dollars,
    /// Input that is read from the provider's cache; if unknown, the price of other input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::cost::Amount>"))]
    pub cache_read: Option<Dollars>,
    /// Input that is written to the provider's cache; if unknown, the price of other input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::cost::Amount>"))]
    pub cache_write: Option<Dollars>,
}

impl Model {
    /// The cost of these tokens; none if the prices are unknown.
    pub fn cost(&self, tokens: &Tokens) -> Option<Dollars> {
        let prices = serde_json::to_value(self.prices.as_ref()?).ok()?;
        Prices::read(&prices).ok().map(|prices| prices.cost(tokens))
    }

    /// The settings that the provider's own page uses for the model: see [`preset`].
    pub fn preset(&self) -> Map<String, Value> {
        preset(&self.to_value())
    }

    /// The model as a JSON object.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The words of its id, name and path.
    fn words(&self) -> BTreeSet<String> {
        let texts = [&self.id, &self.name].into_iter();
        let words =
            texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '.')).map(str::to_lowercase);
        words.chain(self.path.iter().cloned()).filter(|word| !word.is_empty()).collect()
    }

    fn has(&self, word: &str) -> bool {
        let texts =
            [Some(&self.id), Some(&self.name), self.category.as_ref(), self.task.as_ref(), self.weights.as_ref()];
        texts.into_iter().flatten().chain(&self.path).any(|text| text.to_lowercase().contains(word))
    }
}

/// A list of models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// The date of the data, as `YYYY-MM-DD`; empty if unknown.
    #[serde(default)]
    pub date: String,
    /// The models.
    pub models: Vec<Model>,
    /// Other fields, such as the data's source and notes.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Catalog {
    /// The package's own catalogue.
    pub fn builtin() -> Self {
        Self::read(TEXT).unwrap_or_default()
    }

    /// Reads a catalogue from JSON text: `{date?, models: [{id, …}, …]}`.
    pub fn read(text: &str) -> Result<Self, Error> {
        let catalog: Self = serde_json::from_str(text)
            .map_err(|why| Error::new(ErrorKind::Configuration, format!("the catalog can't be read: {why}")))?;
        Ok(catalog)
    }

    /// Creates a catalogue from a list of models.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for an invalid model.
    pub fn of(models: Vec<Value>) -> Result<Self, Error> {
        let models = models.into_iter().map(|model| match model {
            Value::Object(fields) => typed(fields),
            _ => Err(Error::new(ErrorKind::Configuration, "a model of the catalog must be an object")),
        });
        Ok(Self { models: models.collect::<Result<_, _>>()?, ..Self::default() })
    }

    /// The models, in the catalogue's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Model> {
        self.models.iter()
    }

    /// The model with this id.
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The models that have every word of `query` in their id, name, path, category, task or `weights` (`open`, `closed`). All models for an
    /// empty query.
    pub fn search(&self, query: &str) -> Vec<&Model> {
        let words: Vec<_> = query.split_whitespace().map(str::to_lowercase).collect();
        self.models.iter().filter(|model| words.iter().all(|word| model.has(word))).collect()
    }

    /// The models that share words of id, name and path with this one, sorted by the number of shared words, highest first.
    pub fn related(&self, id: &str) -> Vec<&Model> {
        let Some(words) = self.get(id).map(Model::words) else { return Vec::new() };
        let shared = |model: &&Model| model.words().intersection(&words).count();
        let mut others: Vec<_> = self.models.iter().filter(|model| model.id != id && shared(model) > 0).collect();
        others.sort_by_key(|model| std::cmp::Reverse(shared(model)));
        others
    }

    /// Merges a list of models: objects with an `id`, from a catalogue or from `models.list()`. Their fields replace those of known models, and
    /// new models are appended.
    ///
    /// The field names that providers use for names, context windows and prices are supported.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for a model without an id, or with invalid prices.
    pub fn merge(&mut self, models: &[Value]) -> Result<(), Error> {
        for entry in models {
            let model = normalize(entry)?;
            let known = self.models.iter_mut().find(|known| model.get("id").and_then(Value::as_str) == Some(&known.id));
            match known {
                Some(known) => {
                    let mut fields = match known.to_value() {
                        Value::Object(fields) => fields,
                        _ => Map::new(),
                    };
                    // In lists of providers the name is often the id.
                    let names = model.get("name") != model.get("id");
                    fields.extend(model.into_iter().filter(|(name, _)| names || name != "name"));
                    *known = typed(fields)?;
                }
                None => self.models.push(typed(model)?),
            }
        }
        Ok(())
    }
}

/// The form of the client's option `catalog`.
impl From<Catalog> for Value {
    fn from(catalog: Catalog) -> Self {
        serde_json::to_value(catalog).unwrap_or_default()
    }
}

impl<'a> IntoIterator for &'a Catalog {
    type Item = &'a Model;
    type IntoIter = std::slice::Iter<'a, Model>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn typed(fields: Map<String, Value>) -> Result<Model, Error> {
    serde_json::from_value(fields.into())
        .map_err(|why| Error::new(ErrorKind::Configuration, format!("a model of the catalog can't be read: {why}")))
}

/// Converts a model of any list to this catalogue's field names.
fn normalize(entry: &Value) -> Result<Map<String, Value>, Error> {
    let refused = |what: &str| Error::new(ErrorKind::Configuration, format!("a model of the catalog {what}"));
    let entry = entry.as_object().ok_or_else(|| refused("must be an object"))?;
    let id = entry.get("id").and_then(Value::as_str).ok_or_else(|| refused("has no id"))?;
    let mut model: Map<String, Value> = entry
        .iter()
        .filter(|(name, value)| !value.is_null() && !FOREIGN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let first = |names: &[&str]| names.iter().find_map(|name| entry.get(*name).filter(|value| !value.is_null()));
    let name = first(&["name", "display_name"]).cloned().unwrap_or_else(|| id.into());
    model.insert("name".to_owned(), name);
    // OpenRouter and Together; vLLM; Anthropic.
    if let Some(tokens) = first(&["context_window", "context_length", "max_model_len", "max_input_tokens"]) {
        model.insert("context_window".to_owned(), tokens.clone());
    }
    let provider = entry.get("top_provider").and_then(|provider| provider.get("max_completion_tokens"));
    if let Some(tokens) =
        first(&["max_output_tokens", "max_completion_tokens"]).or(provider).filter(|value| value.is_u64())
    {
        model.insert("max_output_tokens".to_owned(), tokens.clone());
    }
    if let Some(prices) = entry.get("pricing").and_then(prices_of).filter(|_| !model.contains_key("prices")) {
        model.insert("prices".to_owned(), prices);
    }
    if let Some(prices) = model.get("prices") {
        Prices::read(prices).map_err(|why| refused(&format!("({id}): {why}")))?;
    }
    Ok(model)
}

/// Field names of other lists that this catalogue replaces.
const FOREIGN: [&str; 8] = [
    "display_name",
    "context_length",
    "max_model_len",
    "max_input_tokens",
    "max_completion_tokens",
    "top_provider",
    "pricing",
    "object",
];

/// Converts the `pricing` of a list: per token, as texts (OpenRouter: prompt, completion), or per million tokens (Together: input, output).
fn prices_of(pricing: &Value) -> Option<Value> {
    let price = |name: &str| pricing.get(name).and_then(Dollars::of_value);
    let million = |name: &str| price(name).map(|dollars| dollars.times(1_000_000));
    let all = match (million("prompt"), million("completion")) {
        (Some(input), Some(output)) => [
            ("input", Some(input)),
            ("output", Some(output)),
            ("cache_read", million("input_cache_read")),
            ("cache_write", million("input_cache_write")),
        ],
        _ => [
            ("input", Some(price("input")?)),
            ("output", Some(price("output")?)),
            ("cache_read", price("cached_input")),
            ("cache_write", None),
        ],
    };
    let known = all.into_iter().filter_map(|(name, dollars)| Some((name.to_owned(), json!(dollars?))));
    Some(Value::Object(known.collect()))
}

/// The entry of a model in the package's own catalogue.
pub(crate) fn raw(id: &str) -> Option<&'static Value> {
    static MODELS: OnceLock<Map<String, Value>> = OnceLock::new();
    let models = MODELS.get_or_init(|| {
        let all: Value = serde_json::from_str(TEXT).unwrap_or_default();
        let models = all.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
        models.into_iter().filter_map(|model| Some((model.get("id")?.as_str()?.to_owned(), model))).collect()
    });
    models.get(id)
}
