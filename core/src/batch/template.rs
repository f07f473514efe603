//! Requests with columns of a row in their texts.
//!
//! Invariant: a column that a row lacks is an error, and never an empty text.

use crate::json::json;
use crate::prelude::*;
use crate::text::shortened;
use crate::value::{Map, Value, to_text};

/// A request whose texts name columns: `Summarize {text}`. `{{` and `}}` stand for braces.
#[derive(Debug, Clone)]
pub struct Template {
    request: Map<String, Value>,
    /// The JSON text, as part of the identity of rows.
    text: String,
    /// The columns that it names, each once.
    columns: Vec<String>,
}

impl Template {
    /// Creates a template from a text, which becomes the user's message, or from a request with texts.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the template.
    pub fn new(template: &Value, model: Option<&str>) -> Result<Self, String> {
        let mut request = match template {
            Value::String(text) => match json!({"messages": [{"role": "user", "content": text}]}) {
                Value::Object(request) => request,
                _ => Map::new(),
            },
            Value::Object(request) => request.clone(),
            _ => {
                let example = "\"Summarize {text}\"";
                return Err(format!("template must be a text such as {example}, or a request with such texts"));
            }
        };
        if let Some(model) = model {
            request.insert("model".to_owned(), model.into());
        }
        if !request.contains_key("model") {
            return Err("a template needs a model: pass it beside the template, or in it".to_owned());
        }
        check_unstreamed(&request)?;
        let mut columns = Vec::new();
        each_text(&Value::Object(request.clone()), &mut |text| find_columns(text, &mut columns))?;
        let text = Value::Object(request.clone()).to_string();
        Ok(Self { request, text, columns })
    }

    /// The columns that a row needs.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the JSON text of the template.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the request of a row.
    pub(super) fn fill(&self, row: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        self.request.iter().map(|(name, value)| Ok((name.clone(), filled(value, row)?))).collect()
    }
}

/// Fails for a request of a stream, or for fields of one.
pub(super) fn check_unstreamed(fields: &Map<String, Value>) -> Result<(), String> {
    if fields.get("stream") == Some(&Value::Bool(true)) {
        return Err("rows of a batch are not streamed; remove \"stream\": true".to_owned());
    }
    Ok(())
}

fn each_text(value: &Value, check: &mut impl FnMut(&str) -> Result<(), String>) -> Result<(), String> {
    match value {
        Value::String(text) => check(text),
        Value::Array(items) => items.iter().try_for_each(|item| each_text(item, check)),
        Value::Object(members) => members.values().try_for_each(|member| each_text(member, check)),
        _ => Ok(()),
    }
}

fn filled(value: &Value, row: &Map<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(filled_text(text, row)?),
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, row)).collect::<Result<_, _>>()?),
        Value::Object(members) => {
            let filled = |(name, value): (&String, &Value)| Ok((name.clone(), filled(value, row)?));
            Value::Object(members.iter().map(filled).collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn filled_text(text: &str, row: &Map<String, Value>) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    parts(text, |part| {
        match part {
            Part::Text(text) => result.push_str(text),
            Part::Column(name) => {
                let value = row.get(name).ok_or_else(|| missing(name, row.keys().map(String::as_str)))?;
                result.push_str(&to_text(value));
            }
        }
        Ok(())
    })?;
    Ok(result)
}

/// The error of a row without a column.
pub(super) fn missing<'c>(name: &str, columns: impl Iterator<Item = &'c str>) -> String {
    let columns: Vec<&str> = columns.collect();
    format!(
        "the row has no column \"{}\" of the template; its columns are {}",
        shortened(name),
        shortened(&columns.join(", "))
    )
}

fn find_columns(text: &str, columns: &mut Vec<String>) -> Result<(), String> {
    parts(text, |part| {
        if let Part::Column(name) = part
            && !columns.iter().any(|column| column == name)
        {
            columns.push(name.to_owned());
        }
        Ok(())
    })
}

enum Part<'t> {
    Text(&'t str),
    Column(&'t str),
}

/// Splits a text into its columns and the text between them.
fn parts<'t>(text: &'t str, mut take: impl FnMut(Part<'t>) -> Result<(), String>) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        take(Part::Text(before))?;
        if let Some(after) = brace.strip_prefix("{{") {
            take(Part::Text("{"))?;
            rest = after;
        } else if let Some(after) = brace.strip_prefix("}}") {
            take(Part::Text("}"))?;
            rest = after;
        } else {
            let column = brace.strip_prefix('{').and_then(|name| name.split_once('}'));
            let Some((name, after)) = column.filter(|(name, _)| !name.is_empty() && !name.contains('{')) else {
                return Err(format!(
                    "the template has a brace without a column: \"{}\"; write {{{{ and }}}} for braces",
                    shortened(brace)
                ));
            };
            take(Part::Column(name))?;
            rest = after;
        }
    }
    take(Part::Text(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Map<String, Value> {
        crate::json::parse_object(r#"{"text": "a {b}", "n": 3, "list": [1]}"#).unwrap()
    }

    #[test]
    fn columns_are_replaced_once() {
        let template = Template::new(&json!("{{x}} {text} {n} {list}"), Some("m")).unwrap();
        let request = Value::Object(template.fill(&row()).unwrap());
        let wanted = json!({"messages": [{"role": "user", "content": "{x} a {b} 3 [1]"}], "model": "m"});
        assert_eq!(request, wanted);
    }

    #[test]
    fn wrong_templates_are_refused() {
        let error = |template: Value, model| Template::new(&template, model).unwrap_err();
        assert!(error(json!("{"), Some("m")).contains("brace without a column"));
        assert!(error(json!("a } b"), Some("m")).contains("brace without a column"));
        assert!(error(json!(1), Some("m")).contains("must be a text"));
        assert!(error(json!("x"), None).contains("needs a model"));
        let template = Template::new(&json!("{other} {other}"), Some("m")).unwrap();
        assert_eq!(template.columns(), ["other"]);
        assert!(template.fill(&row()).unwrap_err().contains("no column \"other\""));
    }
}
