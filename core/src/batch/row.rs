//! Rows of the input, and the requests that they stand for.
//!
//! Invariant: a row is checked before any row is sent, as far as that needs no copy of it: its JSON, its `custom_id`, its kind, and the columns of the
//! template.

use alloc::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::columns::{Columns, read_columns};
use super::key::{RowKey, hash};
use super::template::{Template, check_unstreamed, missing};
use crate::json::parse_object;
use crate::prelude::*;
use crate::text::shortened;
use crate::value::fields::words;
use crate::value::{Map, Value};
use crate::wire::Endpoint;

words! {
    /// How often equal rows without a `custom_id` are sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum EqualRows {
        /// Each of them, as `row-N`, where N is the row's number.
        #[default]
        Each = "each",
        /// The first of them only, as `row-HASH`.
        Once = "once",
    }
    "\"each\" or \"once\""
}

/// A row that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number in the input, from 1.
    pub number: u64,
    /// Its name, in the input and in the log.
    pub custom_id: String,
    /// Its identity.
    pub key: RowKey,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The request.
    pub body: Map<String, Value>,
    /// The line that it was read from.
    pub line: Box<str>,
}

/// Reads rows.
#[derive(Debug, Clone, Default)]
pub struct RowReader {
    template: Option<Template>,
    parameters: Map<String, Value>,
    equal_rows: EqualRows,
    /// The hash of the template and the parameters.
    seed: u64,
}

/// A line that was checked.
#[derive(Debug)]
pub struct RowHead<'a> {
    /// The identity of the row.
    pub key: RowKey,
    /// The name of the row.
    pub custom_id: Cow<'a, str>,
    /// Whether the name is the row's own `custom_id`.
    pub has_custom_id: bool,
    number: u64,
    /// `None` for the columns of a template.
    kind: Option<Kind>,
}

/// The members of a line that decide about its request.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    custom_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
}

/// The kinds of lines that have their request.
#[derive(Debug)]
enum Kind {
    /// OpenAI's: `custom_id`, `method`, `url` and `body`.
    OpenAi(Endpoint),
    /// Anthropic's: `custom_id` and `params`.
    Anthropic,
    /// The body of a chat completion.
    Body,
}

impl RowReader {
    /// Creates a reader. With a template, each row has the template's columns. `parameters`: fields of each request, unless the row has them.
    pub fn new(template: Option<Template>, parameters: Map<String, Value>, equal_rows: EqualRows) -> Self {
        let mut seed = template.as_ref().map_or(0, |template| hash(0, template.text().as_bytes()));
        if !parameters.is_empty() {
            seed = hash(seed, Value::Object(parameters.clone()).to_string().as_bytes());
        }
        Self { template, parameters, equal_rows, seed }
    }

    /// Checks a line, without surrounding whitespace. `number`: its number in the input, from 1.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the line.
    pub fn check<'a>(&self, line: &'a str, number: u64) -> Result<RowHead<'a>, String> {
        if !line.starts_with('{') {
            return Err(format!("a row must be a JSON object, not {}", shortened(line)));
        }
        let (custom_id, kind) = if let Some(template) = &self.template {
            (Self::check_columns(line, template)?, None)
        } else {
            let members: Members<'a> = serde_json::from_str(line).map_err(|reason| message(&reason))?;
            let kind = members.kind()?;
            // Only a line with this text can request a stream, and reading its request shows whether it does.
            if memchr::memmem::find(line.as_bytes(), b"\"stream\"").is_some() {
                kind.request(parse_object(line)?)?;
            }
            (members.custom_id, Some(kind))
        };
        let has_custom_id = custom_id.is_some();
        let custom_id = custom_id.unwrap_or_else(|| {
            Cow::Owned(match self.equal_rows {
                EqualRows::Once => format!("row-{:016x}", hash(self.seed, line.as_bytes())),
                EqualRows::Each => format!("row-{number}"),
            })
        });
        Ok(RowHead { key: RowKey::new(&custom_id, line, self.seed), custom_id, has_custom_id, number, kind })
    }

    /// Checks the columns of a line, and returns its `custom_id`.
    fn check_columns<'a>(line: &'a str, template: &Template) -> Result<Option<Cow<'a, str>>, String> {
        let Columns { custom_id, missing: lacks } =
            read_columns(line, template.columns()).map_err(|reason| message(&reason))?;
        let Some(column) = lacks.and_then(|at| template.columns().get(at)) else { return Ok(custom_id) };
        let fields = parse_object(line)?;
        Err(missing(column, fields.keys().map(String::as_str)))
    }

    /// Reads a line that was checked.
    ///
    /// # Errors
    ///
    /// As [`RowReader::check`].
    pub fn read(&self, head: RowHead<'_>, line: &str) -> Result<Row, String> {
        let RowHead { key, custom_id, number, kind, .. } = head;
        let (endpoint, body) = self.request(kind.as_ref(), line)?;
        Ok(Row { number, custom_id: custom_id.into_owned(), key, endpoint, body, line: line.into() })
    }

    /// Reads the request of a row whose `body` was taken.
    ///
    /// # Errors
    ///
    /// None for a row of this reader.
    pub fn read_body(&self, row: &mut Row) -> Result<(), String> {
        let RowHead { kind, .. } = self.check(&row.line, row.number)?;
        row.body = self.request(kind.as_ref(), &row.line)?.1;
        Ok(())
    }

    fn request(&self, kind: Option<&Kind>, line: &str) -> Result<(Endpoint, Map<String, Value>), String> {
        let fields = parse_object(line)?;
        let (endpoint, mut body) = match (kind, &self.template) {
            (Some(kind), _) => kind.request(fields)?,
            (None, Some(template)) => (Endpoint::Chat, template.fill(&fields)?),
            (None, None) => return Err("the row was checked by a reader with a template".to_owned()),
        };
        for (name, value) in &self.parameters {
            if !body.contains_key(name) {
                body.insert(name.clone(), value.clone());
            }
        }
        Ok((endpoint, body))
    }

    /// The columns that the template names; `None` without a template.
    pub fn columns(&self) -> Option<&[String]> {
        self.template.as_ref().map(Template::columns)
    }

    /// Whether rows that are equal to an earlier one are skipped.
    pub fn skips_equal_rows(&self) -> bool {
        self.equal_rows == EqualRows::Once
    }
}

impl Members<'_> {
    fn kind(&self) -> Result<Kind, String> {
        if let Some(body) = self.body {
            check_object("body", body)?;
            let method = self.method.as_deref().unwrap_or("POST");
            if method != "POST" {
                return Err(format!("method must be POST, not {}", shortened(method)));
            }
            return match self.url.as_deref().unwrap_or("/v1/chat/completions") {
                "/v1/chat/completions" => Ok(Kind::OpenAi(Endpoint::Chat)),
                "/v1/messages" => Ok(Kind::OpenAi(Endpoint::Messages)),
                url => Err(format!("url must be /v1/chat/completions or /v1/messages, not {}", shortened(url))),
            };
        }
        if let Some(params) = self.params {
            return check_object("params", params).map(|()| Kind::Anthropic);
        }
        if self.messages.is_some() {
            return Ok(Kind::Body);
        }
        Err("the row has no request: it needs body (OpenAI's batch lines), params (Anthropic's) or messages, or the batch needs a template"
            .to_owned())
    }
}

impl Kind {
    /// Returns the endpoint and the request of a row without a template.
    fn request(&self, mut fields: Map<String, Value>) -> Result<(Endpoint, Map<String, Value>), String> {
        let (endpoint, body) = match self {
            Self::OpenAi(endpoint) => (endpoint.clone(), member(&mut fields, "body")?),
            Self::Anthropic => (Endpoint::Messages, member(&mut fields, "params")?),
            Self::Body => {
                fields.shift_remove("custom_id");
                (Endpoint::Chat, fields)
            }
        };
        check_unstreamed(&body)?;
        Ok((endpoint, body))
    }
}

fn check_object(name: &str, value: &RawValue) -> Result<(), String> {
    if value.get().starts_with('{') {
        return Ok(());
    }
    Err(format!("{name} must be an object, not {}", shortened(value.get())))
}

fn member(fields: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, String> {
    match fields.shift_remove(name) {
        Some(Value::Object(body)) => Ok(body),
        _ => Err(format!("{name} must be an object")),
    }
}

/// The message of a parser without its line, which is always the first.
fn message(reason: &serde_json::Error) -> String {
    let text = reason.to_string();
    let position = format!(" at line {} column {}", reason.line(), reason.column());
    match text.strip_suffix(&position) {
        Some(text) => format!("the row is not valid: {text} at column {}", reason.column()),
        None => format!("the row is not valid: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    const OPENAI: &str =
        r#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}"#;

    fn key(reader: &RowReader, line: &str, number: u64) -> Result<RowKey, String> {
        reader.check(line, number).map(|head| head.key)
    }

    fn read(reader: &RowReader, line: &str, number: u64) -> Result<Row, String> {
        reader.read(reader.check(line, number)?, line)
    }

    fn with_template(text: &str) -> RowReader {
        RowReader::new(Some(Template::new(&json!(text), Some("m")).unwrap()), Map::new(), EqualRows::Each)
    }

    #[test]
    fn each_kind_of_line_is_read() {
        let reader = RowReader::default();
        let row = read(&reader, OPENAI, 1).unwrap();
        assert_eq!((row.custom_id.as_str(), &row.endpoint), ("a", &Endpoint::Chat));
        assert_eq!(Value::Object(row.body), json!({"model": "m", "messages": []}));
        assert_eq!(key(&reader, OPENAI, 1), Ok(row.key));
        let mut sent = read(&reader, OPENAI, 1).unwrap();
        let body = core::mem::take(&mut sent.body);
        reader.read_body(&mut sent).unwrap();
        assert_eq!(sent.body, body);
        let row = read(&reader, r#"{"custom_id":"b","params":{"max_tokens":1}}"#, 2).unwrap();
        assert_eq!((row.custom_id.as_str(), row.endpoint), ("b", Endpoint::Messages));
        let row = read(&reader, r#"{"model":"m","messages":[]}"#, 3).unwrap();
        assert_eq!((row.custom_id.as_str(), row.body.len()), ("row-3", 2));
        let row = read(&with_template("{body}"), r#"{"body":"x","url":5}"#, 4).unwrap();
        assert_eq!(row.body["messages"][0]["content"], "x");
    }

    #[test]
    fn equal_rows_have_one_name_by_option() {
        let line = r#"{"messages":[]}"#;
        let once = RowReader::new(None, Map::new(), EqualRows::Once);
        assert_eq!(key(&once, line, 1), key(&once, line, 2));
        let each = RowReader::default();
        assert_ne!(key(&each, line, 1), key(&each, line, 2));
    }

    #[test]
    fn parameters_are_fields_that_a_row_lacks() {
        let reader = RowReader::new(None, parse_object(r#"{"model":"n","top_p":1}"#).unwrap(), EqualRows::Each);
        let row = read(&reader, OPENAI, 1).unwrap();
        assert_eq!((&row.body["model"], &row.body["top_p"]), (&json!("m"), &json!(1)));
        assert_ne!(row.key.content, key(&RowReader::default(), OPENAI, 1).unwrap().content);
    }

    #[test]
    fn a_changed_row_or_template_changes_the_content_only() {
        let reader = RowReader::default();
        let (before, after) =
            (key(&reader, OPENAI, 1).unwrap(), key(&reader, &OPENAI.replace("\"m\"", "\"n\""), 1).unwrap());
        assert!(before.id == after.id && before.content != after.content);
        let (before, after) = (key(&with_template("a"), "{}", 1).unwrap(), key(&with_template("b"), "{}", 1).unwrap());
        assert!(before.id == after.id && before.content != after.content);
    }

    #[test]
    fn broken_lines_are_refused_with_the_reason() {
        let error = |line: &str| key(&RowReader::default(), line, 1).unwrap_err();
        assert!(error("[1]").contains("must be a JSON object"));
        assert!(error(r#"{"custom_id":"a""#).contains("not valid"));
        assert!(error(r#"{"custom_id":7,"body":{}}"#).contains("expected a string"));
        assert!(error(r#"{"custom_id":"a"}"#).contains("no request"));
        assert!(error(r#"{"body":{},"method":"GET"}"#).contains("must be POST"));
        assert!(error(r#"{"body":{},"url":"/v1/embeddings"}"#).contains("/v1/embeddings"));
        assert!(error(r#"{"body":[]}"#).contains("body must be an object, not []"));
        assert!(error(r#"{"params":7}"#).contains("params must be an object"));
        assert!(error(r#"{"messages":[],"stream":true}"#).contains("not streamed"));
        assert!(error(r#"{"body":{"stream": true}}"#).contains("not streamed"));
        assert!(key(&RowReader::default(), r#"{"body":{"stream":false}}"#, 1).is_ok());
        let error = |line: &str| key(&with_template("{a} {b}"), line, 1).unwrap_err();
        assert!(error(r#"{"a":1,"c":2}"#).contains("no column \"b\" of the template; its columns are a, c"));
        assert!(error(r#"{"a":1,"b":2,"custom_id":3}"#).contains("expected a string"));
    }
}
