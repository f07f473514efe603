//! The Rust types as a small model, from which the types of both languages are generated.
//!
//! Invariant: reads JSON Schema as schemars generates it for these types, and fails on unknown keywords.

use anyhow::{Context, Result, bail};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use trilogue_core::catalog::Model;
use trilogue_core::cost::{Estimate, Spent};
use trilogue_core::limits::LimitsState;
use trilogue_core::prompt::PromptTokens;
use trilogue_core::{
    AnthropicMessage, ChatCompletion, ChatCompletionChunk, ChatRequest, CountTokensRequest, MessageEvent,
    MessagesRequest, ModelPage, TokenCount, shapes,
};

/// A named object type.
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) fields: Vec<Field>,
    /// Whether it is part of a request: users write it, and may omit optional fields.
    pub(crate) request: bool,
}

/// A field of an object.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// A named union of types.
pub(crate) struct Union {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) kinds: Vec<Kind>,
}

/// The exact shapes of the wire types, as the standards define them.
pub(crate) struct Exact {
    /// Types; one with the name of a wire type has the exact types of its fields.
    pub(crate) objects: Vec<Object>,
    pub(crate) unions: Vec<Union>,
}

/// The type of a field.
#[derive(Clone)]
pub(crate) enum Kind {
    Any,
    Text,
    /// An amount of money, as a decimal text.
    Amount,
    Integer,
    Number,
    Truth,
    /// One of these texts.
    Literal(Vec<String>),
    /// An object of any fields.
    Fields,
    /// An object whose fields all have this type.
    Map(Box<Kind>),
    /// A named type.
    Named(String),
    List(Box<Kind>),
    Or(Vec<Kind>),
    Null,
}

/// Every type, those of requests first. Request types end in `Param` where a reply has one of the same name.
pub(crate) fn types() -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    read::<ChatRequest>(true, &mut objects)?;
    read::<MessagesRequest>(true, &mut objects)?;
    read::<CountTokensRequest>(true, &mut objects)?;
    read::<ChatCompletion>(false, &mut objects)?;
    read::<ChatCompletionChunk>(false, &mut objects)?;
    read::<AnthropicMessage>(false, &mut objects)?;
    read::<MessageEvent>(false, &mut objects)?;
    read::<TokenCount>(false, &mut objects)?;
    read::<ModelPage>(false, &mut objects)?;
    read::<Estimate>(false, &mut objects)?;
    read::<PromptTokens>(false, &mut objects)?;
    read::<Spent>(false, &mut objects)?;
    read::<LimitsState>(false, &mut objects)?;
    read::<Model>(false, &mut objects)?;
    Ok(objects)
}

fn read<T: schemars::JsonSchema>(request: bool, objects: &mut Vec<Object>) -> Result<()> {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let Value::Object(root) = schema.to_value() else { bail!("a schema that is no object") };
    let names = Names { definitions: definitions(&root), request, unions: false };
    let title = root.get("title").and_then(Value::as_str).context("a type with no name")?;
    for (name, schema) in std::iter::once((title, &Value::Object(root.clone())))
        .chain(names.definitions.iter().map(|(name, schema)| (name.as_str(), schema)))
    {
        let schema = schema.as_object().context("a definition that is no object")?;
        let name = if request { format!("{name}Param") } else { name.to_owned() };
        let is_object = schema.contains_key("properties");
        if is_object && !objects.iter().any(|object| object.name == name) {
            objects.push(object(name, schema, &names)?);
        }
    }
    Ok(())
}

/// The exact shapes.
pub(crate) fn exact() -> Result<Exact> {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<shapes::ChatRequest>();
    generator.subschema_for::<shapes::MessagesRequest>();
    generator.subschema_for::<shapes::CountTokensRequest>();
    generator.subschema_for::<shapes::ChatCompletion>();
    generator.subschema_for::<shapes::MessageEvent>();
    generator.subschema_for::<shapes::ChatStreamEvent>();
    generator.subschema_for::<shapes::MessageStreamEvent>();
    generator.subschema_for::<shapes::NormalEvent>();
    generator.subschema_for::<shapes::ToolEvent>();
    let names = Names { definitions: generator.take_definitions(true), request: false, unions: true };
    let mut exact = Exact { objects: Vec::new(), unions: Vec::new() };
    for (name, schema) in &names.definitions {
        let fields = schema.as_object().context("a definition that is no object")?;
        if let Some(Value::Array(options)) = fields.get("anyOf") {
            let kinds = options.iter().map(|option| kind(option, &names)).collect::<Result<_>>()?;
            exact.unions.push(Union { name: name.clone(), doc: doc(schema), kinds });
        } else {
            exact.objects.push(object(name.clone(), fields, &names)?);
        }
    }
    Ok(exact)
}

/// How names in a schema are understood.
struct Names {
    definitions: Map<String, Value>,
    /// Types are those of a request.
    request: bool,
    /// Unions have names.
    unions: bool,
}

fn definitions(root: &Map<String, Value>) -> Map<String, Value> {
    root.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn object(name: String, schema: &Map<String, Value>, names: &Names) -> Result<Object> {
    let required: Vec<_> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object).context("no properties")?;
    let fields = properties
        .iter()
        .map(|(field, schema)| {
            let kind = kind(schema, names).with_context(|| format!("{name}.{field}"))?;
            Ok(Field { name: field.clone(), doc: doc(schema), kind, required: required.contains(&field.as_str()) })
        })
        .collect::<Result<_>>()?;
    Ok(Object { name, doc: doc(&Value::Object(schema.clone())), fields, request: names.request })
}

fn doc(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}

fn kind(schema: &Value, names: &Names) -> Result<Kind> {
    let Value::Object(fields) = schema else { return Ok(Kind::Any) };
    if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let target = names.definitions.get(name).with_context(|| format!("no definition of {name}"))?;
        // Unions of wire types have no name of their own in other languages.
        if target.get("properties").is_none() && !names.unions {
            return kind(target, names);
        }
        return Ok(Kind::Named(if names.request { format!("{name}Param") } else { name.to_owned() }));
    }
    if let Some(Value::Array(options)) = fields.get("anyOf") {
        return Ok(Kind::Or(options.iter().map(|option| kind(option, names)).collect::<Result<_>>()?));
    }
    match fields.get("type") {
        None => Ok(Kind::Any),
        Some(Value::String(name)) => simple(name, fields, names),
        Some(Value::Array(types)) => {
            let kinds = types.iter().filter_map(Value::as_str).map(|name| simple(name, fields, names));
            Ok(Kind::Or(kinds.collect::<Result<_>>()?))
        }
        Some(other) => bail!("an unknown type {other}"),
    }
}

fn simple(name: &str, fields: &Map<String, Value>, names: &Names) -> Result<Kind> {
    Ok(match name {
        "string" if fields.get("format").is_some_and(|format| format == "decimal") => Kind::Amount,
        "string" => match fields.get("enum") {
            Some(Value::Array(texts)) => {
                Kind::Literal(texts.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            _ => Kind::Text,
        },
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Truth,
        "null" => Kind::Null,
        "object" => match fields.get("additionalProperties") {
            Some(Value::Object(schema)) => Kind::Map(Box::new(kind(&Value::Object(schema.clone()), names)?)),
            _ => Kind::Fields,
        },
        "array" => Kind::List(Box::new(kind(fields.get("items").unwrap_or(&Value::Null), names)?)),
        other => bail!("an unknown type {other}"),
    })
}
