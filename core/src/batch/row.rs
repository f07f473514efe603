//! Lines of the input, and the requests that they stand for.
//!
//! Invariant: a line is checked before any row is sent, as far as that needs no copy of it: its JSON, its `custom_id`, its method and its URL.

use alloc::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::key::{RowKey, hash};
use super::template::Template;
use crate::json::parse_object;
use crate::prelude::*;
use crate::text::shortened;
use crate::value::{Map, Value};
use crate::wire::Endpoint;

/// How often equal rows without a `custom_id` are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EqualRows {
    /// Each of them, as `row-N`, where N is the line's number.
    #[default]
    Each,
    /// The first of them only, as `row-HASH`.
    Once,
}

/// A row that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name, in the input and in the log.
    pub custom_id: String,
    /// Its identity.
    pub key: RowKey,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The request.
    pub body: Map<String, Value>,
}

/// Reads the lines of an input.
#[derive(Debug, Clone, Default)]
pub struct RowReader {
    template: Option<Template>,
    equal_rows: EqualRows,
    seed: u64,
}

/// The members of a line that identify a row.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    custom_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    body: Option<IgnoredAny>,
    params: Option<IgnoredAny>,
    messages: Option<IgnoredAny>,
}

/// The kinds of lines.
enum Kind {
    /// OpenAI's: `custom_id`, `method`, `url` and `body`.
    OpenAi(Endpoint),
    /// Anthropic's: `custom_id` and `params`.
    Anthropic,
    /// The body of a chat completion.
    Body,
    /// The columns of a template.
    Columns,
}

impl RowReader {
    /// Creates a reader. With a template, each line has the template's columns.
    pub fn new(template: Option<Template>, equal_rows: EqualRows) -> Self {
        let seed = template.as_ref().map_or(0, |template| hash(0, template.text().as_bytes()));
        Self { template, equal_rows, seed }
    }

    /// Returns the key of a line, without surrounding whitespace. `number`: its number in the file, from 1.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the line.
    pub fn key(&self, line: &str, number: u64) -> Result<RowKey, String> {
        let members = self.members(line)?;
        self.kind(&members)?;
        let id = self.custom_id(&members, line, number);
        Ok(RowKey::new(&id, line, self.seed))
    }

    /// Returns the `custom_id` of a line that was checked.
    pub fn name(&self, line: &str, number: u64) -> String {
        match self.members(line) {
            Ok(members) => self.custom_id(&members, line, number).into_owned(),
            Err(_) => format!("row-{number}"),
        }
    }

    /// Reads a line, as [`RowReader::key`].
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the line.
    pub fn read(&self, line: &str, number: u64) -> Result<Row, String> {
        let members = self.members(line)?;
        let kind = self.kind(&members)?;
        let custom_id = self.custom_id(&members, line, number).into_owned();
        let key = RowKey::new(&custom_id, line, self.seed);
        let mut fields = parse_object(line)?;
        let (endpoint, body) = match (kind, &self.template) {
            (Kind::OpenAi(endpoint), _) => (endpoint, inner(&mut fields, "body")?),
            (Kind::Anthropic, _) => (Endpoint::Messages, inner(&mut fields, "params")?),
            (Kind::Columns, Some(template)) => (Endpoint::Chat, template.fill(&fields)?),
            (Kind::Body | Kind::Columns, _) => {
                fields.shift_remove("custom_id");
                (Endpoint::Chat, fields)
            }
        };
        if body.get("stream") == Some(&Value::Bool(true)) {
            return Err("rows of a batch are not streamed; remove \"stream\": true".to_owned());
        }
        Ok(Row { custom_id, key, endpoint, body })
    }

    fn members<'a>(&self, line: &'a str) -> Result<Members<'a>, String> {
        if !line.starts_with('{') {
            return Err(format!("a row must be a JSON object, not {}", shortened(line)));
        }
        serde_json::from_str(line).or_else(|reason| {
            // The columns of a template may have any names and values.
            match (&self.template, serde_json::from_str::<IgnoredAny>(line)) {
                (Some(_), Ok(_)) => serde_json::from_str(line).map(|id: CustomId<'a>| Members {
                    custom_id: id.custom_id,
                    method: None,
                    url: None,
                    body: None,
                    params: None,
                    messages: None,
                }),
                _ => Err(reason),
            }
            .map_err(|reason| message(&reason))
        })
    }

    fn kind(&self, members: &Members<'_>) -> Result<Kind, String> {
        if self.template.is_some() {
            return Ok(Kind::Columns);
        }
        if members.body.is_some() {
            let method = members.method.as_deref().unwrap_or("POST");
            if method != "POST" {
                return Err(format!("method must be POST, not {}", shortened(method)));
            }
            return match members.url.as_deref().unwrap_or("/v1/chat/completions") {
                "/v1/chat/completions" => Ok(Kind::OpenAi(Endpoint::Chat)),
                "/v1/messages" => Ok(Kind::OpenAi(Endpoint::Messages)),
                url => Err(format!("url must be /v1/chat/completions or /v1/messages, not {}", shortened(url))),
            };
        }
        if members.params.is_some() {
            return Ok(Kind::Anthropic);
        }
        if members.messages.is_some() {
            return Ok(Kind::Body);
        }
        Err("the row has no request: it needs body (OpenAI's batch lines), params (Anthropic's) or messages, or the batch needs a template"
            .to_owned())
    }

    fn custom_id<'a>(&self, members: &Members<'a>, line: &str, number: u64) -> Cow<'a, str> {
        match &members.custom_id {
            Some(id) => id.clone(),
            None if self.equal_rows == EqualRows::Once => {
                Cow::Owned(format!("row-{:016x}", hash(self.seed, line.as_bytes())))
            }
            None => Cow::Owned(format!("row-{number}")),
        }
    }

    /// Whether rows that are equal to an earlier one are skipped.
    pub fn skips_equal_rows(&self) -> bool {
        self.equal_rows == EqualRows::Once
    }

    /// Whether a line has a `custom_id` of its own.
    pub fn has_custom_id(&self, line: &str) -> bool {
        self.members(line).is_ok_and(|members| members.custom_id.is_some())
    }
}

#[derive(Deserialize)]
struct CustomId<'a> {
    #[serde(borrow)]
    custom_id: Option<Cow<'a, str>>,
}

/// The message of a parser without its line, which is always the first.
fn message(reason: &serde_json::Error) -> String {
    let text = reason.to_string();
    let place = format!(" at line {} column {}", reason.line(), reason.column());
    match text.strip_suffix(&place) {
        Some(text) => format!("the row is not valid: {text} at column {}", reason.column()),
        None => format!("the row is not valid: {text}"),
    }
}

fn inner(fields: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, String> {
    match fields.shift_remove(name) {
        Some(Value::Object(body)) => Ok(body),
        Some(other) => Err(format!("{name} must be an object, not {}", shortened(&other.to_string()))),
        None => Err(format!("the row has no {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    const OPENAI: &str =
        r#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}"#;

    #[test]
    fn each_kind_of_line_is_read() {
        let reader = RowReader::default();
        let row = reader.read(OPENAI, 1).unwrap();
        assert_eq!((row.custom_id.as_str(), &row.endpoint), ("a", &Endpoint::Chat));
        assert_eq!(Value::Object(row.body), json!({"model": "m", "messages": []}));
        assert_eq!(reader.key(OPENAI, 1), Ok(row.key));
        let row = reader.read(r#"{"custom_id":"b","params":{"max_tokens":1}}"#, 2).unwrap();
        assert_eq!((row.custom_id.as_str(), row.endpoint), ("b", Endpoint::Messages));
        let row = reader.read(r#"{"model":"m","messages":[]}"#, 3).unwrap();
        assert_eq!((row.custom_id.as_str(), row.body.len()), ("row-3", 2));
        let template = Template::new(&json!("{body}"), Some("m")).unwrap();
        let reader = RowReader::new(Some(template), EqualRows::Each);
        let row = reader.read(r#"{"body":"x","url":5}"#, 4).unwrap();
        assert_eq!(row.body["messages"][0]["content"], "x");
    }

    #[test]
    fn equal_rows_have_one_name_by_option() {
        let line = r#"{"messages":[]}"#;
        let once = RowReader::new(None, EqualRows::Once);
        assert_eq!(once.key(line, 1), once.key(line, 2));
        let each = RowReader::default();
        assert_ne!(each.key(line, 1), each.key(line, 2));
    }

    #[test]
    fn a_changed_row_or_template_changes_the_content_only() {
        let reader = RowReader::default();
        let (before, after) =
            (reader.key(OPENAI, 1).unwrap(), reader.key(&OPENAI.replace("\"m\"", "\"n\""), 1).unwrap());
        assert!(before.id == after.id && before.content != after.content);
        let with = |text: &str| RowReader::new(Some(Template::new(&json!(text), Some("m")).unwrap()), EqualRows::Each);
        let (before, after) = (with("a").key("{}", 1).unwrap(), with("b").key("{}", 1).unwrap());
        assert!(before.id == after.id && before.content != after.content);
    }

    #[test]
    fn broken_lines_are_refused_with_the_reason() {
        let error = |line: &str| RowReader::default().key(line, 1).unwrap_err();
        assert!(error("[1]").contains("must be a JSON object"));
        assert!(error(r#"{"custom_id":"a""#).contains("not valid"));
        assert!(error(r#"{"custom_id":7,"body":{}}"#).contains("expected a string"));
        assert!(error(r#"{"custom_id":"a"}"#).contains("no request"));
        assert!(error(r#"{"body":{},"method":"GET"}"#).contains("must be POST"));
        assert!(error(r#"{"body":{},"url":"/v1/embeddings"}"#).contains("/v1/embeddings"));
        let read = |line: &str| RowReader::default().read(line, 1).unwrap_err();
        assert!(read(r#"{"body":[]}"#).contains("body must be an object"));
        assert!(read(r#"{"messages":[],"stream":true}"#).contains("not streamed"));
    }
}
