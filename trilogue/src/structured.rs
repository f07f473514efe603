//! Replies as Rust types.
//!
//! Joins the core's structured answers with serde and schemars. The core writes the request, extracts the value from the reply, and decides
//! what follows an invalid reply.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use trilogue_core::error::Problem;
use trilogue_core::events::event::{Event, EventReader};
use trilogue_core::json::{Elements, Finder, Mirror, Parser};
pub use trilogue_core::structured::Mode;
use trilogue_core::structured::{AnswerType, Extracted, OnInvalid, Plan, Rejection};
use trilogue_core::{Error, ErrorKind};

use crate::client::Client;
use crate::request::{Request, body, typed};
use crate::stream::Items;

/// How a typed reply is requested.
#[derive(Debug, Clone)]
pub struct ParseOptions {
    /// How the endpoint is asked for JSON. Default: [`Mode::JsonSchema`].
    pub mode: Mode,
    /// Whether to derive a strict schema. Default: true.
    pub strict: bool,
    /// The maximum number of correction requests after an invalid reply. Default: 0. Streams send none.
    pub max_reasks: u32,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { mode: Mode::JsonSchema, strict: true, max_reasks: 0 }
    }
}

/// A typed reply.
#[derive(Debug, Clone)]
pub struct Parsed<T, R> {
    /// The value.
    pub value: T,
    /// The reply that held it.
    pub reply: R,
    /// The usage of each try, the last included; null if the endpoint reported none.
    pub tries: Vec<Value>,
}

impl Client {
    /// Sends a request whose reply is a `T`, and waits for the complete reply.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest): strict mode can't express the type.
    /// [`ErrorKind::InvalidOutput`](crate::ErrorKind::InvalidOutput): the answer does not fit; the reply is its partial. Those of any request.
    pub async fn parse<T: DeserializeOwned + JsonSchema, R: Request>(
        &self,
        request: &R,
        options: &ParseOptions,
    ) -> Result<Parsed<T, R::Reply>, Error> {
        let (mut body, plan) = prepare::<T, R>(request, options)?;
        let mut tries = Vec::new();
        loop {
            let reply = self.reply_to::<R>(body.clone()).await?;
            tries.push(reply.get("usage").cloned().unwrap_or_default());
            match extract(&plan, &reply)? {
                Ok(value) => return Ok(Parsed { value, reply: typed(reply)?, tries }),
                Err(rejection) => {
                    let rejection = Rejection {
                        tries: u32::try_from(tries.len()).unwrap_or(u32::MAX),
                        on_invalid: OnInvalid::Reask,
                        max_reasks: Some(options.max_reasks),
                        ..rejection
                    };
                    plan.reject(&mut body, &reply, rejection)?;
                }
            }
        }
    }

    /// Sends a request whose reply is a `T`, and returns the reply as a stream.
    ///
    /// # Errors
    ///
    /// As [`Client::parse`].
    pub async fn parse_stream<T: DeserializeOwned + JsonSchema, R: Request>(
        &self,
        request: &R,
        options: &ParseOptions,
    ) -> Result<ParsedStream<T, R>, Error> {
        let (body, plan) = prepare::<T, R>(request, options)?;
        let events = self.events(R::FORMAT, body).await?;
        Ok(ParsedStream {
            items: Items::new(events),
            reader: EventReader::default(),
            finder: Finder::new(plan.root),
            plan,
            parser: Parser::default(),
            mirror: Mirror::default(),
            elements: None,
            types: PhantomData,
        })
    }
}

/// A typed reply while it streams: a [`Stream`] of the pieces of JSON text as they arrive.
///
/// [`ParsedStream::partial`] is the value so far, [`ParsedStream::elements`] a stream of the elements of a list in it.
#[derive(Debug)]
pub struct ParsedStream<T, R> {
    items: Items,
    reader: EventReader,
    plan: Plan,
    finder: Finder,
    parser: Parser,
    mirror: Mirror,
    elements: Option<Elements>,
    types: PhantomData<fn() -> (T, R)>,
}

impl<T: DeserializeOwned, R: Request> ParsedStream<T, R> {
    /// Returns the next piece of JSON text, or `None` at the end: `TryStreamExt::try_next`, for programs without the `futures` crates.
    pub async fn try_next(&mut self) -> Result<Option<String>, Error> {
        futures_util::TryStreamExt::try_next(self).await
    }

    /// Returns a copy of the value so far; null before it begins. Texts and lists in it may be incomplete.
    pub fn partial(&self) -> Value {
        let value = self.mirror.value();
        if self.plan.wrapped { value.get("value").cloned().unwrap_or_default() } else { value }
    }

    /// Converts the stream into a stream of partial values: a copy after each piece that changed something.
    ///
    /// Copies of a long value add up: show [`ParsedStream::partial`] at intervals instead if the value has thousands of members.
    pub fn partials(self) -> PartialStream<T, R> {
        PartialStream(self)
    }

    /// Converts the stream into a stream of the complete elements of a list. `path` names the list: `steps`, `chapters.*.pages` for the
    /// pages of each chapter, an empty text for an answer that is a list itself.
    pub fn elements<E: DeserializeOwned>(mut self, path: &str) -> ElementStream<E, T, R> {
        // An answer that is no object is wrapped into one.
        let names = self.plan.wrapped.then_some("value").into_iter().chain(path.split('.'));
        let names = names.filter(|name| !name.is_empty());
        let last = path.split('.').next_back().filter(|last| *last != "*").map(|_| "*");
        self.elements = Some(Elements::new(&names.chain(last).collect::<Vec<_>>().join(".")));
        ElementStream { stream: self, path: path.to_owned(), queue: Vec::new().into_iter(), element: PhantomData }
    }

    /// Reads to the end and returns the value.
    ///
    /// # Errors
    ///
    /// As [`Client::parse`].
    pub async fn finish(mut self) -> Result<Parsed<T, R::Reply>, Error> {
        while self.try_next().await?.is_some() {}
        let reply = self.items.snapshot().unwrap_or_default();
        match extract(&self.plan, &reply)? {
            Ok(value) => {
                let tries = vec![reply.get("usage").cloned().unwrap_or_default()];
                Ok(Parsed { value, reply: typed(reply)?, tries })
            }
            Err(rejection) => Err(rejected(&self.plan, &reply, rejection)),
        }
    }

    /// Parses the text of an item, and returns it.
    fn take(&mut self, item: &trilogue_core::Item) -> String {
        let mut events = Vec::new();
        self.reader.read(item, &mut events);
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
        // Text that is no JSON is an error of `finish`, which has the complete reply.
        let _outcome = match &mut self.elements {
            Some(elements) => self.finder.push(&text, &mut self.parser, &mut (&mut self.mirror, elements)),
            None => self.finder.push(&text, &mut self.parser, &mut self.mirror),
        };
        text
    }
}

impl<T: DeserializeOwned, R: Request> Stream for ParsedStream<T, R> {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(item) = ready!(Pin::new(&mut self.items).poll_next(cx)?) else { return Poll::Ready(None) };
            let text = self.take(&item);
            if !text.is_empty() {
                return Poll::Ready(Some(Ok(text)));
            }
        }
    }
}

/// A typed reply while it streams, as partial values.
#[derive(Debug)]
pub struct PartialStream<T, R>(ParsedStream<T, R>);

impl<T: DeserializeOwned, R: Request> PartialStream<T, R> {
    /// Returns the next partial value, or `None` at the end: `TryStreamExt::try_next`, for programs without the `futures` crates.
    pub async fn try_next(&mut self) -> Result<Option<Value>, Error> {
        futures_util::TryStreamExt::try_next(self).await
    }

    /// Reads to the end and returns the value.
    ///
    /// # Errors
    ///
    /// As [`Client::parse`].
    pub async fn finish(self) -> Result<Parsed<T, R::Reply>, Error> {
        self.0.finish().await
    }
}

impl<T: DeserializeOwned, R: Request> Stream for PartialStream<T, R> {
    type Item = Result<Value, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(Pin::new(&mut self.0).poll_next(cx)?);
        Poll::Ready(piece.map(|_| Ok(self.0.partial())))
    }
}

/// The elements of a list in a typed reply, each as soon as it is complete.
#[derive(Debug)]
pub struct ElementStream<E, T, R> {
    stream: ParsedStream<T, R>,
    path: String,
    queue: std::vec::IntoIter<Value>,
    element: PhantomData<fn() -> E>,
}

impl<E: DeserializeOwned, T: DeserializeOwned, R: Request> ElementStream<E, T, R> {
    /// Returns the next element, or `None` at the end: `TryStreamExt::try_next`, for programs without the `futures` crates.
    pub async fn try_next(&mut self) -> Result<Option<E>, Error> {
        futures_util::TryStreamExt::try_next(self).await
    }

    /// Returns a copy of the whole value so far.
    pub fn partial(&self) -> Value {
        self.stream.partial()
    }

    /// Reads to the end and returns the whole value.
    ///
    /// # Errors
    ///
    /// As [`Client::parse`].
    pub async fn finish(self) -> Result<Parsed<T, R::Reply>, Error> {
        self.stream.finish().await
    }
}

impl<E: DeserializeOwned, T: DeserializeOwned, R: Request> Stream for ElementStream<E, T, R> {
    type Item = Result<E, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(value) = this.queue.next() {
                return Poll::Ready(Some(element(&this.stream.plan, &this.path, value)));
            }
            if ready!(Pin::new(&mut this.stream).poll_next(cx)?).is_none() {
                return Poll::Ready(None);
            }
            let complete = this.stream.elements.as_mut().map(Elements::take).unwrap_or_default();
            this.queue = complete.into_iter().map(|(_, value)| value).collect::<Vec<_>>().into_iter();
        }
    }
}

/// Returns the JSON Schema of a type, as endpoints read it: draft 2020-12, without `$schema`.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    if let Value::Object(fields) = &mut schema {
        fields.shift_remove("$schema");
    }
    schema
}

fn prepare<T: JsonSchema, R: Request>(
    request: &R,
    options: &ParseOptions,
) -> Result<(Map<String, Value>, Plan), Error> {
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

/// Returns the value in a reply, or why it does not fit.
fn extract<T: DeserializeOwned>(plan: &Plan, reply: &Value) -> Result<Result<T, Rejection>, Error> {
    Ok(match plan.extract(reply)? {
        Extracted::Value(value) => serde_json::from_value(value).map_err(|why| mismatch(&why)),
        Extracted::Missing(missing) => Err(Rejection { problem: Some(missing.message), ..Rejection::default() }),
    })
}

/// The rejection of a value that serde cannot read.
fn mismatch(why: &serde_json::Error) -> Rejection {
    let problem = Problem { path: String::new(), message: why.to_string() };
    Rejection { problems: vec![problem], ..Rejection::default() }
}

/// The error of an answer that is not requested again.
fn rejected(plan: &Plan, reply: &Value, rejection: Rejection) -> Error {
    match plan.reject(&mut Map::new(), reply, rejection) {
        Err(error) => error,
        Ok(()) => Error::new(ErrorKind::InvalidOutput, "the answer was rejected"),
    }
}

fn element<E: DeserializeOwned>(plan: &Plan, path: &str, value: Value) -> Result<E, Error> {
    let value = plan.element(path, value);
    E::deserialize(&value).map_err(|why| rejected(plan, &value, mismatch(&why)))
}
