//! The client: sends a request, asks what to do with the answer, sends again or hands it on.
//!
//! Law: the only loop there is, for every runtime. It decides nothing about formats (`wire`), waits (`retry`) or streams
//! (`stream`), and touches the world through its transport alone.

use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

mod budget;
mod retry;
mod stream;

use crate::prelude::*;
use crate::value::{Map, Value};

use crate::config::{Config, RequestOptions, Structured, Timeouts};
use crate::cost::{Estimate, ReplyUsage, RequestBounds, Reservation, Shared, Spending, Spent};
use crate::error::{Error, ErrorKind};
use crate::request::encode;
use crate::request::parameters::{self, Finding};
use crate::text::dialect::{Limit, Name};
use crate::text::one_line;
use crate::text::secrets::{Secrets, is_secret_parameter};
use crate::transport::notice::Notice;
use crate::transport::{Body, Failure, Head, Request, Transport};
use crate::wire::{Endpoint, Format, errors, models};
#[cfg(feature = "serde")]
use crate::wire::{
    anthropic::{AnthropicMessage, CountTokensRequest, MessagesRequest, TokenCount},
    models::{ModelInfo, ModelPage},
    openai::{ChatCompletion, ChatRequest},
};
use retry::{Decision, RetryContext};
pub use stream::{EventEncoder, Events, View};

/// Bytes of an error's body that are read: enough for any message.
const MAX_ERROR_BODY: usize = 1 << 20;
/// Bytes of an answer's headers, names and values: twice what common servers can send.
const MAX_HEADERS: usize = 64 << 10;
/// Pages of models that are fetched at most: a list that has no end is none.
#[cfg(feature = "serde")]
const MAX_MODEL_PAGES: usize = 1000;
/// How long an error's body is waited for, once its head is there.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(5);

/// A client of one endpoint. Cheap to clone; clones share connections.
pub struct Client<T> {
    config: Arc<Config>,
    transport: Arc<T>,
    spending: Shared<Spending>,
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            transport: Arc::clone(&self.transport),
            spending: Shared::clone(&self.spending),
        }
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.config.base_url).finish_non_exhaustive()
    }
}

/// A whole reply.
#[derive(Debug, Clone)]
pub struct Completed {
    /// The reply, repaired to its format's shape.
    pub value: Value,
    /// Status and headers.
    pub head: Head,
    /// How often the request was sent again.
    pub retries_taken: u32,
}

/// What the tries of one call share.
#[derive(Clone)]
pub(crate) struct CallContext {
    pub(crate) request: Request,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_retries: u32,
    pub(crate) retries_taken: u32,
    pub(crate) structured: Option<Structured>,
    /// The number under which the transport receives notices of this call, and whether of each request and answer.
    notice_id: Option<(u32, bool)>,
    /// The call in a log line: its endpoint, its model, and whether it is streamed. Empty if nobody watches.
    description: String,
    /// What no error may show.
    secrets: Secrets,
}

impl CallContext {
    /// What is true of every error of this call.
    pub(crate) fn finish(&self, mut error: Error) -> Error {
        error.fields_mut().retries_taken = self.retries_taken;
        self.secrets.iter().fold(error, Error::redact)
    }
}

impl<T: Transport> Client<T> {
    /// A client with these options over this transport.
    pub fn new(config: Config, transport: T) -> Self {
        let spending = Spending::new(config.models.clone(), config.budget);
        Self { config: Arc::new(config), transport: Arc::new(transport), spending: Shared::new(spending) }
    }

    /// The checked options.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What its answers cost so far, and what is left of its budget. Clones share it.
    pub fn spent(&self) -> Spent {
        self.spending.spent()
    }

    /// What of a request's parameters is out of range, as the option `parameters` has it. Nothing is sent.
    pub fn findings(&self, endpoint: &Endpoint, body: &Map<String, Value>) -> Vec<Finding> {
        parameters::found(endpoint, &self.config, body)
    }

    /// What a request can cost at most. Nothing is sent.
    pub fn estimate(
        &self,
        endpoint: &Endpoint,
        mut body: Map<String, Value>,
        options: &RequestOptions,
    ) -> Result<Estimate, Error> {
        let is_stream = body.get("stream") == Some(&Value::Bool(true));
        if is_stream {
            ask_for_usage(endpoint, &mut body, options);
        }
        let bounds = RequestBounds::from_body(&body, &options.extra_body, is_stream, true);
        let request = encode(endpoint, &self.config, body, is_stream, options)?;
        Ok(self.spending.estimate(&bounds.with_body_size(request.body.len())))
    }

    /// The way to the server.
    pub fn transport(&self) -> &T {
        &self.transport
    }
}

/// Calls with the types of [`crate::wire`].
#[cfg(feature = "serde")]
impl<T: Transport> Client<T> {
    /// Asks for a chat completion and waits for all of it.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatCompletion, Error> {
        let reply = self.call_json(&Endpoint::Chat, to_object(request)?, &RequestOptions::default()).await?;
        typed(reply.value, &reply.head)
    }

    /// Asks for a chat completion as a stream of chunks.
    pub async fn chat_stream(&self, request: &ChatRequest) -> Result<Events<T>, Error> {
        self.stream_json(Endpoint::Chat, to_object(request)?, &RequestOptions::default()).await
    }

    /// Asks for a message and waits for all of it.
    pub async fn message(&self, request: &MessagesRequest) -> Result<AnthropicMessage, Error> {
        let reply = self.call_json(&Endpoint::Messages, to_object(request)?, &RequestOptions::default()).await?;
        typed(reply.value, &reply.head)
    }

    /// Asks for a message as a stream of events.
    pub async fn message_stream(&self, request: &MessagesRequest) -> Result<Events<T>, Error> {
        self.stream_json(Endpoint::Messages, to_object(request)?, &RequestOptions::default()).await
    }

    /// Asks how many tokens a prompt has.
    pub async fn count_tokens(&self, request: &CountTokensRequest) -> Result<TokenCount, Error> {
        let reply = self.call_json(&Endpoint::CountTokens, to_object(request)?, &RequestOptions::default()).await?;
        typed(reply.value, &reply.head)
    }

    /// The models that the endpoint offers: all pages, at most 1,000.
    pub async fn models(&self) -> Result<Vec<ModelInfo>, Error> {
        let mut models: Vec<ModelInfo> = Vec::new();
        let mut query = Map::new();
        for _ in 0..MAX_MODEL_PAGES {
            let reply = self.call_json(&Endpoint::Models, query.clone(), &RequestOptions::default()).await?;
            let page: ModelPage = typed(reply.value, &reply.head)?;
            let last = page.last_id.filter(|_| page.has_more && !page.data.is_empty());
            models.extend(page.data);
            match last {
                Some(last) => drop(query.insert("after_id".to_owned(), last.into())),
                None => break,
            }
        }
        Ok(models)
    }
}

impl<T: Transport> Client<T> {
    /// A whole reply of any endpoint to a body of any fields.
    pub async fn call_json(
        &self,
        endpoint: &Endpoint,
        body: Map<String, Value>,
        options: &RequestOptions,
    ) -> Result<Completed, Error> {
        let after = body.get("after_id").and_then(Value::as_str).filter(|_| *endpoint == Endpoint::Models);
        let after = after.map(str::to_owned);
        let (mut call, reservation) = self.prepare(endpoint, body, false, options)?;
        let outcome = self.complete(&mut call, endpoint).await;
        let mut completed = outcome.map_err(|error| call.finish(error))?;
        if let (Some(reservation), Value::Object(fields)) = (reservation, &mut completed.value) {
            let cost = reservation.cost(&ReplyUsage::from_fields(fields));
            reservation.settle(&cost, true);
            cost.write(fields);
        }
        if let (Some(after), Value::Object(page)) = (after, &mut completed.value) {
            models::check_progress(page, &after);
        }
        Ok(completed)
    }

    /// A stream of [`Endpoint::Chat`] or [`Endpoint::Messages`] for a body of any fields.
    pub async fn stream_json(
        &self,
        endpoint: Endpoint,
        body: Map<String, Value>,
        options: &RequestOptions,
    ) -> Result<Events<T>, Error> {
        let (call, reservation) = self.prepare(&endpoint, body, true, options)?;
        let Some(reservation) = reservation else {
            return Err(Error::new(ErrorKind::InvalidRequest, "this endpoint has no stream"));
        };
        Events::open(self.clone(), call, endpoint, reservation).await
    }

    /// What is sent, and what it has reserved of a budget: an error where not so much is left.
    fn prepare(
        &self,
        endpoint: &Endpoint,
        mut body: Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Result<(CallContext, Option<Shared<Reservation>>), Error> {
        let budget = options.own_budget()?;
        let limited = self.spending.limits(budget);
        if is_stream && limited {
            ask_for_usage(endpoint, &mut body, options);
        }
        let bounds =
            endpoint.is_paid().then(|| RequestBounds::from_body(&body, &options.extra_body, is_stream, limited));
        let description = options.notice_id.map(|_| describe(endpoint, &body, is_stream)).unwrap_or_default();
        let call = self.call(encode(endpoint, &self.config, body, is_stream, options)?, options, description)?;
        let open = |bounds: RequestBounds| self.spending.open(bounds.with_body_size(call.request.body.len()), budget);
        let reservation = bounds.map(open).transpose()?;
        Ok((call, reservation))
    }

    fn call(&self, mut request: Request, options: &RequestOptions, description: String) -> Result<CallContext, Error> {
        let (timeouts, max_retries) = self.config.limits(options)?;
        request.resend = max_retries > 0;
        let secrets = self.secrets(&request, options);
        let notice_id = options.notice_id.map(|number| (number, options.notify_all));
        let structured = options.structured;
        Ok(CallContext {
            request,
            timeouts,
            max_retries,
            retries_taken: 0,
            structured,
            notice_id,
            description,
            secrets,
        })
    }

    /// The key, and what may be one among headers and query.
    fn secrets(&self, request: &Request, options: &RequestOptions) -> Secrets {
        let mut secrets = Secrets::default();
        if let Some(key) = options.api_key.as_ref().or(self.config.api_key.as_ref()) {
            secrets.add(key.expose());
        }
        for (name, value) in &request.headers {
            if is_secret_parameter(name) {
                secrets.add_header(name, value);
            }
        }
        for query in [&self.config.default_query, &options.extra_query] {
            for (name, value) in query {
                if let Some(value) = value.as_str().filter(|_| is_secret_parameter(name)) {
                    secrets.add(value);
                }
            }
        }
        secrets
    }

    /// Sends until a whole reply is read and decoded.
    async fn complete(&self, call: &mut CallContext, endpoint: &Endpoint) -> Result<Completed, Error> {
        loop {
            let started = self.transport.now();
            let (head, mut body) = self.send(call, call.timeouts.total).await?;
            let left = call.timeouts.total.saturating_sub(self.transport.now().saturating_sub(started));
            let read = self.within(left, self.read(&mut body, self.config.max_response_bytes)).await;
            let outcome = match read {
                Some(Ok(bytes)) => endpoint.decode(&self.config, &head, bytes),
                Some(Err(error)) => Err(error),
                None => Err(total_timeout(call.timeouts.total)),
            };
            match outcome {
                Ok(value) => return Ok(Completed { value, head, retries_taken: call.retries_taken }),
                Err(error) => self.wait_for_retry(call, error, Some(&head)).await?,
            }
        }
    }

    /// Sends until the head of an answer says success, each try within `limit`.
    pub(crate) async fn send(&self, call: &mut CallContext, limit: Duration) -> Result<(Head, T::Body), Error> {
        loop {
            let sent = self.notify_sending(call);
            let answer = self.within(limit, self.transport.send(call.request.clone())).await;
            if let (Some(sent), Some(Ok((head, _)))) = (sent, &answer) {
                self.notify_answered(call, head, sent);
            }
            let (error, head) = match answer {
                Some(Ok((head, _))) if length(&head) > MAX_HEADERS => {
                    let message = format!(
                        "the answer's headers are longer than {MAX_HEADERS} bytes: check the proxy before the server"
                    );
                    return Err(Error::new(ErrorKind::LimitExceeded, message));
                }
                Some(Ok((head, body))) if (200..300).contains(&head.status) => return Ok((head, body)),
                Some(Ok((head, mut body))) => {
                    let read = self.within(ERROR_BODY_WAIT.min(limit), self.read(&mut body, MAX_ERROR_BODY)).await;
                    let bytes = read.and_then(Result::ok).unwrap_or_default();
                    (errors::from_response(&head, &bytes), Some(head))
                }
                Some(Err(failure)) => (self.connection_error(&failure, call), None),
                None => (no_answer(limit, call.timeouts.total), None),
            };
            self.wait_for_retry(call, error, head.as_ref()).await?;
        }
    }

    /// Sleeps until the next try, or fails where there is none.
    pub(crate) async fn wait_for_retry(
        &self,
        call: &mut CallContext,
        error: Error,
        head: Option<&Head>,
    ) -> Result<(), Error> {
        let context = RetryContext {
            retries_taken: call.retries_taken,
            max_retries: call.max_retries,
            max_retry_after: self.config.max_retry_after,
            unix_time: self.transport.unix_time(),
            random: self.transport.random(),
        };
        let told = if T::NOTIFIES && call.notice_id.is_some() { Some(error.clone()) } else { None };
        match retry::decide(error, head, context) {
            Decision::Fail(error) => Err(error),
            Decision::RetryAfter(wait) => {
                if let Some(error) = told {
                    self.notify_retrying(call, error, wait);
                }
                self.transport.pause(wait).await;
                call.retries_taken += 1;
                Ok(())
            }
        }
    }

    /// Tells that a request is sent, and when, where the caller wants to know each.
    fn notify_sending(&self, call: &CallContext) -> Option<Duration> {
        let (number, true) = call.notice_id.filter(|_| T::NOTIFIES)? else { return None };
        let url = call.request.url.split('?').next().unwrap_or_default();
        let mut url = url.to_owned();
        call.secrets.hide(&mut url);
        let (method, attempt) = (call.request.method, call.retries_taken + 1);
        let notice = Notice::Sending { method, url: &url, attempt, call: &call.description };
        self.transport.notify(number, &notice);
        Some(self.transport.now())
    }

    fn notify_answered(&self, call: &CallContext, head: &Head, sent: Duration) {
        let Some((number, _)) = call.notice_id else { return };
        let mut id = head.request_id().map(str::to_owned);
        if let Some(id) = &mut id {
            call.secrets.hide(id);
        }
        let elapsed = self.transport.now().saturating_sub(sent);
        self.transport.notify(number, &Notice::Answered { status: head.status, request_id: id.as_deref(), elapsed });
    }

    fn notify_retrying(&self, call: &CallContext, error: Error, wait: Duration) {
        let Some((number, _)) = call.notice_id else { return };
        let error = &call.finish(error);
        let (retry, max_retries) = (call.retries_taken + 1, call.max_retries);
        self.transport.notify(number, &Notice::Retrying { error, wait, retry, max_retries });
    }

    /// Warns of an answer that was accepted.
    pub(crate) fn warn(&self, call: &CallContext, text: &str) {
        if T::NOTIFIES {
            self.transport.notify(call.notice_id.map_or(0, |(number, _)| number), &Notice::Warning { text });
        }
    }

    async fn read(&self, body: &mut T::Body, limit: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        loop {
            match body.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(chunk.as_ref()),
                Ok(None) => return Ok(bytes),
                Err(failure) => return Err(broken(&failure)),
            }
            if bytes.len() > limit {
                return Err(too_much(limit));
            }
        }
    }

    /// The outcome of `work`, or `None` where it takes longer than `limit`.
    async fn within<R>(&self, limit: Duration, work: impl Future<Output = R>) -> Option<R> {
        let mut timer = self.transport.sleep(limit);
        race(work, &mut timer).await
    }

    fn connection_error(&self, failure: &Failure, call: &CallContext) -> Error {
        let server = &self.config.base_url;
        match failure {
            Failure::ConnectTimeout => Error::new(
                ErrorKind::ConnectTimeout,
                format!(
                    "no connection to {server} within {} ({})",
                    Name("connect_timeout"),
                    Limit(call.timeouts.connect)
                ),
            ),
            Failure::Connection(why) => Error::new(ErrorKind::Connection, format!("can't reach {server}: {why}")),
            Failure::Refused(why) => Error::new(ErrorKind::Configuration, why.clone()),
            Failure::TooLong(_) | Failure::Undecodable(_) | Failure::Closed => broken(failure),
        }
    }
}

/// The outcome of `work`, or `None` where `timer` is ready first.
pub(crate) async fn race<R>(
    work: impl Future<Output = R>,
    timer: &mut (impl Future<Output = ()> + Unpin),
) -> Option<R> {
    let mut work = pin!(work);
    let mut timer = pin!(timer);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => timer.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// Makes a chat completion's stream report its usage, unless the caller has `stream_options` of their own.
fn ask_for_usage(endpoint: &Endpoint, body: &mut Map<String, Value>, options: &RequestOptions) {
    if *endpoint == Endpoint::Chat && !options.extra_body.contains_key("stream_options") {
        Format::Chat.request_usage(body);
    }
}

/// A call in a log line.
fn describe(endpoint: &Endpoint, body: &Map<String, Value>, is_stream: bool) -> String {
    let mut text = endpoint.name();
    if let Some(model) = body.get("model").and_then(Value::as_str).filter(|model| !model.is_empty()) {
        text.push_str(", model ");
        text.push_str(model);
    }
    if is_stream {
        text.push_str(", streamed");
    }
    one_line(&text)
}

fn length(head: &Head) -> usize {
    head.headers.iter().map(|(name, value)| name.len() + value.len()).sum()
}

#[cfg(feature = "serde")]
fn to_object(request: &impl serde::Serialize) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(request) {
        Ok(Value::Object(fields)) => parameters::check_finite(&fields).map(|()| fields),
        _ => Err(Error::new(ErrorKind::InvalidRequest, "the request can't be written as JSON")),
    }
}

/// Reads a repaired value as a Rust type.
#[cfg(feature = "serde")]
pub(crate) fn typed<R: serde::de::DeserializeOwned>(value: Value, head: &Head) -> Result<R, Error> {
    serde_json::from_value(value).map_err(|why| {
        let message = format!("the reply isn't of its format's shape: {why}");
        Error::new(ErrorKind::ResponseValidation, message).with_head(head)
    })
}

/// The error of a server that doesn't answer within the limit of a stream's first token, or of the whole call.
fn no_answer(limit: Duration, total: Duration) -> Error {
    if limit == total {
        return total_timeout(total);
    }
    let message = format!("no answer came within {} ({}): raise it", Name("first_token_timeout"), Limit(limit));
    Error::new(ErrorKind::FirstTokenTimeout, message)
}

pub(crate) fn total_timeout(limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the answer took longer than timeout ({}): raise it", Limit(limit)))
}

pub(crate) fn too_much(limit: usize) -> Error {
    Error::new(ErrorKind::LimitExceeded, format!("the answer is longer than {} ({limit})", Name("max_response_bytes")))
}

pub(crate) fn broken(failure: &Failure) -> Error {
    let why = match failure {
        Failure::Connection(why) | Failure::Refused(why) => why,
        Failure::ConnectTimeout => "no connection",
        Failure::TooLong(why) => return Error::new(ErrorKind::LimitExceeded, why.clone()),
        Failure::Undecodable(why) => return Error::new(ErrorKind::ResponseValidation, why.clone()),
        Failure::Closed => {
            return Error::new(ErrorKind::UserAbort, "the client was closed before the answer was complete");
        }
    };
    Error::new(
        ErrorKind::IncompleteStream,
        format!("the answer was cut: {why}; what came is in `partial`, and a retry may succeed"),
    )
}
