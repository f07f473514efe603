//! Planning a typed answer: the schema that is sent, and where in the request it goes.
//!
//! A schema that strict mode cannot express is an error before anything is sent. An API's own format is sent as the caller gave it.

use super::{AnswerType, Mode, Plan};
use crate::error::Error;
use crate::json::{Root, json};
use crate::prelude::*;
use crate::schema;
use crate::tools::{self, at};
use crate::value::fields::Field as _;
use crate::value::{Map, Members, Value};
use crate::wire::Format;

/// The name of an answer whose type has none.
pub(super) const UNNAMED: &str = "answer";

/// The `type` of a format that requests any JSON object.
const JSON_OBJECT: &str = "json_object";
/// The `type` of a format with a schema.
const JSON_SCHEMA: &str = "json_schema";
/// The `type` of the formats that the APIs define; any other object is a JSON Schema.
pub const WIRE_FORMATS: [&str; 3] = ["text", JSON_OBJECT, JSON_SCHEMA];

impl Plan {
    /// Changes a request so that it asks for an answer of a type. Replaces the request's own `response_format` or `output_format`.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidRequest`] for a schema that strict mode cannot express.
    #[inline(never)]
    pub fn new(endpoint: Format, request: &mut Map<String, Value>, answer: AnswerType) -> Result<Self, Error> {
        request.shift_remove("response_format");
        request.shift_remove("output_format");
        let answer = answer.with_format();
        let mut plan = Self {
            endpoint,
            name: tool_name(answer.name.as_deref().or(title(&answer.schema)).unwrap_or(UNNAMED)),
            schema: schema::with_root(&answer.schema),
            mode: answer.mode.unwrap_or_default(),
            strict: answer.strict.unwrap_or(true),
            description: None,
            wrapped: false,
            root: Root::Object,
        };
        let about = at(&plan.schema, "/description").as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        plan.description = answer.description.or(about);
        if endpoint == Format::Chat && !answer.format.is_null() {
            plan.strict = false;
            request.set("response_format", answer.format);
            return Ok(plan);
        }
        plan.wrapped = !schema::is_object(&plan.schema);
        let mut sent = if plan.wrapped { schema::wrap(&plan.schema) } else { plan.schema.clone() };
        if plan.strict && plan.mode != Mode::JsonObject {
            sent = schema::strict(&sent)?;
        }
        match (plan.mode, endpoint) {
            (Mode::JsonSchema, Format::Chat) => plan.set_chat_format(request, &sent),
            (Mode::JsonSchema, Format::Messages) => {
                if let Value::Object(config) = request.entry("output_config").or_insert_with(|| json!({})) {
                    config.set("format", json!({"type": "json_schema", "schema": sent}));
                }
            }
            (Mode::JsonObject, _) => plan.set_instruction(request, &sent),
            (Mode::Tool, _) => plan.set_tool(request, sent)?,
        }
        Ok(plan)
    }

    fn set_chat_format(&self, request: &mut Map<String, Value>, schema: &Value) {
        let mut format = json!({"name": self.name, "schema": schema, "strict": self.strict});
        if let (Some(text), Value::Object(format)) = (&self.description, &mut format) {
            format.set("description", text.as_str());
        }
        request.set("response_format", json!({"type": "json_schema", "json_schema": format}));
    }

    #[inline(never)]
    fn set_instruction(&self, request: &mut Map<String, Value>, schema: &Value) {
        let text = format!("Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{schema}");
        if self.endpoint == Format::Chat {
            request.set("response_format", json!({"type": "json_object"}));
            if let Some(Value::Array(messages)) = request.get_mut("messages") {
                let is_system = |message: &Value| matches!(at(message, "/role").as_str(), Some("system" | "developer"));
                let place = messages.iter().take_while(|message| is_system(message)).count();
                messages.insert(place, json!({"role": "system", "content": text}));
            }
            return;
        }
        match request.get_mut("system") {
            Some(Value::Array(blocks)) => blocks.push(json!({"type": "text", "text": text})),
            Some(Value::String(system)) => {
                system.push_str("\n\n");
                system.push_str(&text);
            }
            _ => request.set("system", text),
        }
    }

    #[inline(never)]
    fn set_tool(&self, request: &mut Map<String, Value>, parameters: Value) -> Result<(), Error> {
        let tool = tools::Tool {
            name: self.name.clone(),
            description: Some(self.description.clone().unwrap_or_else(|| "Gives the answer.".to_owned())),
            parameters,
            strict: self.strict.then_some(true),
        };
        let tool = tool.on_wire(&self.endpoint.endpoint())?;
        match request.entry("tools").or_insert_with(|| json!([])) {
            Value::Array(tools) => tools.push(tool),
            other => *other = json!([tool]),
        }
        let choice = match self.endpoint {
            Format::Chat => json!({"type": "function", "function": {"name": self.name}}),
            Format::Messages => json!({"type": "tool", "name": self.name, "disable_parallel_tool_use": true}),
        };
        request.set("tool_choice", choice);
        Ok(())
    }
}

impl AnswerType {
    /// Reads `format`. Afterwards it holds only an API's format that is sent as it is.
    #[inline(never)]
    fn with_format(mut self) -> Self {
        let Value::Object(mut format) = self.format.take() else { return self };
        match format.get("type").and_then(Value::as_str) {
            Some(JSON_OBJECT) => {
                self.schema = json!({"type": "object"});
                if self.mode != Some(Mode::Tool) {
                    self.mode = Some(Mode::JsonObject);
                    self.format = format.into();
                }
            }
            Some(JSON_SCHEMA) => {
                let inner = format.shift_remove("json_schema").unwrap_or_else(|| format.into());
                let text = |name: &str| inner.get(name).and_then(Value::as_str).map(str::to_owned);
                self.name = self.name.or(text("name"));
                self.description = self.description.or(text("description"));
                self.strict = self.strict.or(inner.get("strict").cloned().and_then(bool::read));
                self.schema = inner.get("schema").cloned().unwrap_or_else(|| json!({"type": "object"}));
            }
            _ => {
                // The draft and the library of a schema are of no use to a model.
                format.shift_remove("$schema");
                format.shift_remove("~standard");
                self.schema = format.into();
            }
        }
        self
    }
}

fn title(schema: &Value) -> Option<&str> {
    at(schema, "/title").as_str().filter(|title| !title.is_empty())
}

/// A name as endpoints accept it: letters, digits, `_` and `-`, at most 64.
fn tool_name(name: &str) -> String {
    let kept = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' });
    let name: String = kept.take(64).collect();
    if name.is_empty() { UNNAMED.to_owned() } else { name }
}
