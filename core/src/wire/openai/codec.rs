//! Chat completions on the wire: a request to bytes, a reply or the frames of a stream to repaired objects.
//!
//! Law: pure. One path for whole replies and for streams: a whole reply is a stream of one chunk.

use serde_json::{Map, Value};

use super::accumulate::Accumulator;
use super::quirks::{self, Envelope, ToolCalls};
use crate::config::{Auth, Config, ModelField, RequestOptions};
use crate::error::{Error, ErrorKind};
use crate::sse::Frame;
use crate::transport::{Head, Request};
use crate::wire::{Item, Step, StreamCodec, errors};

/// Builds the request for `body`, an object with at least `model` and `messages`.
pub fn encode(
    config: &Config,
    mut body: Map<String, Value>,
    stream: bool,
    options: &RequestOptions,
) -> Result<Request, Error> {
    for (name, value) in &options.extra_body {
        body.insert(name.clone(), value.clone());
    }
    let refused = |message: &str| Err(Error::new(ErrorKind::InvalidRequest, message));
    match body.get("messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => {}
        Some(Value::Array(_)) => return refused("messages is empty: give at least one message"),
        _ => return refused("messages must be a list of objects such as {\"role\": \"user\", \"content\": \"Hi\"}"),
    }
    let model = body.shift_remove("model_id").or_else(|| body.shift_remove("model"));
    let Some(Value::String(model)) = model.filter(|model| model.as_str().is_some_and(|model| !model.is_empty())) else {
        return refused("model must be the id of a model, such as openai-gpt-oss-120b");
    };
    let model_field = match config.model_field {
        ModelField::Model => "model",
        ModelField::ModelId => "model_id",
    };
    body.shift_insert(0, model_field.to_owned(), model.into());
    if stream {
        body.insert("stream".to_owned(), true.into());
    } else {
        body.shift_remove("stream");
    }
    let key = options.api_key.as_ref().or(config.api_key.as_ref());
    if let (Auth::BodyKey, Some(key)) = (config.auth, key) {
        body.insert("key".to_owned(), key.expose().into());
    }
    let mut headers = config.headers(options)?;
    headers.push(("content-type".to_owned(), "application/json".to_owned()));
    let Ok(body) = serde_json::to_vec(&body) else { return refused("the request can't be written as JSON") };
    Ok(Request {
        method: "POST",
        url: config.url("chat/completions", false, &options.extra_query),
        headers,
        body: body.into(),
        connect_timeout: Some(config.timeouts.connect),
    })
}

/// Reads a reply that wasn't streamed.
pub fn decode(head: &Head, body: &[u8]) -> Result<Value, Error> {
    let Ok(reply) = serde_json::from_slice::<Map<String, Value>>(body.trim_ascii()) else {
        return Err(errors::not_json(head, body));
    };
    let mut codec = Codec::new(head.clone());
    codec.whole(reply, &mut Vec::new())?;
    codec.snapshot().ok_or_else(|| errors::not_json(head, body))
}

/// A stream of chunks.
#[derive(Debug, Default)]
pub struct Codec {
    head: Head,
    envelope: Envelope,
    tool_calls: Vec<(u64, ToolCalls)>,
    accumulator: Accumulator,
    done: bool,
}

impl Codec {
    /// A codec for the body of the response that `head` began.
    pub fn new(head: Head) -> Self {
        Self { head, ..Self::default() }
    }

    fn chunk(&mut self, mut fields: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        let error = errors::in_success(&fields, &self.head);
        self.repair(&mut fields);
        let failed = fields
            .get("choices")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .any(|choice| choice.get("finish_reason").and_then(Value::as_str) == Some("error"));
        let error = error.or_else(|| {
            let error = Error::new(
                ErrorKind::Api,
                "the provider ended the answer with finish_reason \"error\" and no explanation",
            );
            failed.then_some(error)
        });
        if let Some(error) = error {
            // An error chunk may still bring some of the answer.
            if fields.get("choices").is_some_and(brings_text) {
                self.accumulator.apply(&fields);
            }
            return Err(error);
        }
        self.accumulator.apply(&fields);
        items.push(Item::new(fields));
        Ok(())
    }

    fn repair(&mut self, fields: &mut Map<String, Value>) {
        self.envelope.repair(fields);
        quirks::usage(fields);
        let mut choices = quirks::take_choices(fields);
        for choice in &mut choices {
            let index = choice.get("index").and_then(Value::as_u64).unwrap_or(0);
            let place = self.tool_calls.iter().position(|(other, _)| *other == index).unwrap_or_else(|| {
                self.tool_calls.push((index, ToolCalls::default()));
                self.tool_calls.len() - 1
            });
            let Some((_, tool_calls)) = self.tool_calls.get_mut(place) else { continue };
            if let Some(Value::Object(delta)) = choice.get_mut("delta") {
                quirks::content(delta);
                quirks::reasoning(delta);
                tool_calls.repair(delta);
            }
            quirks::finish_reason(choice, tool_calls.any());
        }
        fields.insert("choices".to_owned(), choices.into_iter().map(Value::Object).collect());
    }
}

fn brings_text(choices: &Value) -> bool {
    let deltas = choices.as_array().into_iter().flatten().filter_map(|choice| choice.get("delta")?.as_object());
    deltas.flat_map(Map::values).any(|value| value.as_str().is_some_and(|text| !text.is_empty()) || value.is_array())
}

impl StreamCodec for Codec {
    fn frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let data = frame.data.trim();
        // An empty frame keeps the connection alive; a proxy may wrap a comment as data (`data: : OPENROUTER PROCESSING`).
        if data.is_empty() || data.starts_with(':') {
            return Ok(Step::Silence);
        }
        if data.starts_with("[DONE]") {
            self.done = true;
            return Ok(Step::Done);
        }
        match serde_json::from_str::<Map<String, Value>>(data) {
            Ok(fields) => self.chunk(fields, items).map(|()| Step::Progress),
            Err(_) if frame.event == "error" => {
                let mut fields = Map::new();
                fields.insert("error".to_owned(), data.into());
                Err(errors::in_success(&fields, &self.head)
                    .unwrap_or_else(|| errors::not_json(&self.head, data.as_bytes())))
            }
            Err(_) => Err(errors::not_json(&self.head, data.as_bytes())),
        }
    }

    fn whole(&mut self, reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        if !reply.contains_key("choices") {
            let error = errors::in_success(&reply, &self.head);
            return Err(
                error.unwrap_or_else(|| errors::not_json(&self.head, Value::Object(reply).to_string().as_bytes()))
            );
        }
        self.chunk(reply, items)?;
        self.done = true;
        Ok(())
    }

    fn end(&self) -> Result<(), Error> {
        if self.done || self.accumulator.has_finish_reason() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::IncompleteStream,
            "the stream was cut: it ended with neither a finish_reason nor [DONE]; what came is in `partial`, and a retry may succeed",
        ))
    }

    fn snapshot(&self) -> Option<Value> {
        self.accumulator.snapshot()
    }
}
