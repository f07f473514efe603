//! Answers as Rust types.
//!
//! Law: joins the core's way of asking for JSON with serde and schemars. What a request and a complaint look like is the core's.

use std::marker::PhantomData;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use trilogue_core::error::Problem;
use trilogue_core::events::event::Event;
use trilogue_core::json::{Elements, Finder, Mirror, Parser};
use trilogue_core::structured::{AnswerType, Extracted, Mode, OnInvalid, Plan, Rejection};
use trilogue_core::wire::Format;
use trilogue_core::wire::anthropic::{AnthropicMessage, MessagesRequest};
use trilogue_core::wire::openai::{ChatCompletion, ChatRequest};
use trilogue_core::{Error, ErrorKind, RequestOptions};

use crate::{Client, Events};

/// A request that a model answers, of either format.
pub trait Ask: Serialize {
    /// Its format.
    const FORMAT: Format;
    /// What it is answered with.
    type Reply: DeserializeOwned;
}

impl Ask for ChatRequest {
    const FORMAT: Format = Format::Chat;
    type Reply = ChatCompletion;
}

impl Ask for MessagesRequest {
    const FORMAT: Format = Format::Messages;
    type Reply = AnthropicMessage;
}

/// How to ask for an answer of a type.
#[derive(Debug, Clone)]
pub struct ParseOptions {
    /// How the endpoint is asked.
    pub mode: Mode,
    /// Whether to derive a strict schema (default).
    pub strict: bool,
    /// How often the model is asked again where its answer doesn't fit.
    pub max_reasks: u32,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { mode: Mode::JsonSchema, strict: true, max_reasks: 0 }
    }
}

/// An answer of a type.
#[derive(Debug, Clone)]
pub struct Parsed<T, R> {
    /// The answer.
    pub value: T,
    /// The reply that held it.
    pub reply: R,
    /// The usage of each try, the last one's included; null where the endpoint told none.
    pub tries: Vec<Value>,
}

impl Client {
    /// Asks for an answer of a type and waits for all of it.
    ///
    /// # Errors
    ///
    /// A schema that strict mode can't express; an answer that doesn't fit (with the reply as its partial); those of any request.
    pub async fn parse<T: DeserializeOwned + JsonSchema, R: Ask>(
        &self,
        request: &R,
        options: &ParseOptions,
    ) -> Result<Parsed<T, R::Reply>, Error> {
        let (mut body, plan) = prepare::<T, R>(request, options)?;
        let mut tries = Vec::new();
        loop {
            let reply = self.call_json(&R::FORMAT.endpoint(), body.clone(), &RequestOptions::default()).await?.value;
            tries.push(reply.get("usage").cloned().unwrap_or_default());
            match read(&plan, &reply)? {
                Ok(value) => return Ok(Parsed { value, reply: typed(reply)?, tries }),
                Err(misfit) => {
                    let rejection = Rejection {
                        tries: u32::try_from(tries.len()).unwrap_or(u32::MAX),
                        on_invalid: OnInvalid::Reask,
                        max_reasks: Some(options.max_reasks),
                        ..misfit
                    };
                    plan.reject(&mut body, &reply, rejection)?;
                }
            }
        }
    }

    /// Asks for an answer of a type as a stream.
    ///
    /// # Errors
    ///
    /// As [`Client::parse`].
    pub async fn parse_stream<T: DeserializeOwned + JsonSchema, R: Ask>(
        &self,
        request: &R,
        options: &ParseOptions,
    ) -> Result<ParsedStream<T, R>, Error> {
        let (body, plan) = prepare::<T, R>(request, options)?;
        let events = self.stream_json(R::FORMAT.endpoint(), body, &RequestOptions::default()).await?;
        Ok(ParsedStream {
            events,
            finder: Finder::new(plan.root),
            plan,
            parser: Parser::default(),
            mirror: Mirror::default(),
            elements: None,
            path: String::new(),
            kind: PhantomData,
        })
    }
}

/// An answer of a type, while it streams.
#[derive(Debug)]
pub struct ParsedStream<T, R> {
    events: Events,
    plan: Plan,
    finder: Finder,
    parser: Parser,
    mirror: Mirror,
    elements: Option<Elements>,
    /// Where the elements stand in the answer.
    path: String,
    kind: PhantomData<(T, R)>,
}

impl<T: DeserializeOwned, R: Ask> ParsedStream<T, R> {
    /// Collects the items of the array at a path (`steps`; `chapters.*.pages` for those of each chapter; nothing for an answer that is an
    /// array) for [`ParsedStream::next_elements`].
    #[must_use]
    pub fn elements(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        // Where the answer isn't an object of itself, it stands in one.
        let parts =
            self.plan.wrapped.then_some("value").into_iter().chain(path.split('.')).filter(|part| !part.is_empty());
        let path: Vec<_> = parts.chain(path.split('.').next_back().filter(|last| *last != "*").map(|_| "*")).collect();
        self.elements = Some(Elements::new(&path.join(".")));
        self
    }

    /// What the next read brought, as text; `None` after the end. [`ParsedStream::partial`] has grown by it.
    ///
    /// # Errors
    ///
    /// Those of the stream. A text that is no JSON is an error of [`ParsedStream::finish`].
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        let Some((events, _)) = self.events.next_normal().await? else { return Ok(None) };
        let mut text = String::new();
        for event in events {
            match event {
                Event::Text { choice: 0, text: more } if self.plan.mode != Mode::Tool => text.push_str(&more),
                Event::ToolCallArguments { choice: 0, delta, .. } if self.plan.mode == Mode::Tool => {
                    text.push_str(&delta);
                }
                _ => {}
            }
        }
        // The end tells what was wrong; until then what came before it counts.
        let _outcome = match &mut self.elements {
            Some(elements) => self.finder.push(&text, &mut self.parser, &mut (&mut self.mirror, elements)),
            None => self.finder.push(&text, &mut self.parser, &mut self.mirror),
        };
        Ok(Some(text))
    }

    /// A copy of the value so far; null before it began.
    pub fn partial(&self) -> Value {
        let value = self.mirror.value();
        if self.plan.wrapped { value.get("value").cloned().unwrap_or_default() } else { value }
    }

    /// The elements that became complete with the next reads, at least one; none after the end.
    ///
    /// # Errors
    ///
    /// Those of the stream; an element that doesn't fit `E`.
    pub async fn next_elements<E: DeserializeOwned>(&mut self) -> Result<Vec<E>, Error> {
        loop {
            let more = self.next().await?.is_some();
            let complete = self.elements.as_mut().map(Elements::take).unwrap_or_default();
            if !complete.is_empty() || !more {
                let read = |(_, value)| element(&self.plan, &self.plan.element(&self.path, value));
                return complete.into_iter().map(read).collect();
            }
        }
    }

    /// Reads the stream to its end and gives the answer.
    ///
    /// # Errors
    ///
    /// As [`Client::parse`].
    pub async fn finish(mut self) -> Result<Parsed<T, R::Reply>, Error> {
        while self.next().await?.is_some() {}
        let reply = self.events.snapshot().unwrap_or_default();
        match read(&self.plan, &reply)? {
            Ok(value) => {
                let tries = vec![reply.get("usage").cloned().unwrap_or_default()];
                Ok(Parsed { value, reply: typed(reply)?, tries })
            }
            Err(misfit) => Err(rejected(&self.plan, &reply, misfit)),
        }
    }
}

/// The JSON Schema of a type, as endpoints read it: references, no titles of its own.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    if let Value::Object(fields) = &mut schema {
        fields.shift_remove("$schema");
    }
    schema
}

fn prepare<T: JsonSchema, R: Ask>(request: &R, options: &ParseOptions) -> Result<(Map<String, Value>, Plan), Error> {
    let mut body = body(request)?;
    let answer = AnswerType {
        schema: schema_of::<T>(),
        name: Some(T::schema_name().into_owned()),
        mode: Some(options.mode),
        strict: Some(options.strict),
        ..AnswerType::default()
    };
    let plan = Plan::new(R::FORMAT, &mut body, answer)?;
    Ok((body, plan))
}

pub(crate) fn body(request: &impl Serialize) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(request) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Error::new(ErrorKind::InvalidRequest, "the request can't be written as JSON")),
    }
}

/// The value in a reply, or why it does not fit.
fn read<T: DeserializeOwned>(plan: &Plan, reply: &Value) -> Result<Result<T, Rejection>, Error> {
    Ok(match plan.extract(reply)? {
        Extracted::Value(value) => serde_json::from_value(value).map_err(|why| misfit(&why)),
        Extracted::Missing(missing) => Err(Rejection { problem: Some(missing.message), ..Rejection::default() }),
    })
}

/// The rejection of a value that serde cannot read.
fn misfit(why: &serde_json::Error) -> Rejection {
    let problem = Problem { path: String::new(), message: why.to_string() };
    Rejection { problems: vec![problem], ..Rejection::default() }
}

/// The error of an answer that is not asked for again.
fn rejected(plan: &Plan, reply: &Value, why: Rejection) -> Error {
    match plan.reject(&mut Map::new(), reply, why) {
        Err(error) => error,
        Ok(()) => Error::new(ErrorKind::InvalidOutput, "the answer was rejected"),
    }
}

pub(crate) fn typed<R: DeserializeOwned>(reply: Value) -> Result<R, Error> {
    serde_json::from_value(reply).map_err(|why| {
        Error::new(ErrorKind::ResponseValidation, format!("the reply isn't of its format's shape: {why}"))
    })
}

fn element<E: DeserializeOwned>(plan: &Plan, value: &Value) -> Result<E, Error> {
    E::deserialize(value).map_err(|why| rejected(plan, value, misfit(&why)))
}
