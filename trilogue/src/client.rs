//! The client.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use trilogue_core::config::{Options, RequestOptions};
use trilogue_core::cost::{Estimate, Spent};
use trilogue_core::limits::LimitsState;
use trilogue_core::request::parameters::Finding;
use trilogue_core::transport::Transport as _;
use trilogue_core::wire::Format;
use trilogue_core::wire::models::ModelInfo;
use trilogue_core::{
    AnthropicMessage, ChatCompletion, ChatRequest, CountTokensRequest, Endpoint, Error, MessagesRequest, Notice,
    TokenCount,
};

use crate::observers::Observers;
use crate::platform::{self, MaybeSend, MaybeSync, Transport};
use crate::request::{Request, body, typed};
use crate::stream::{ChatStream, MessageStream, ReplyStream};

/// A client of an endpoint, and of its fallbacks.
///
/// Cheap to clone; clones share their connections, their budget and their observer. Natively it needs a tokio runtime with I/O and time.
#[derive(Clone)]
pub struct Client {
    core: trilogue_core::Client<Transport>,
    options: Arc<RequestOptions>,
    observers: Arc<Observers>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client. Natively, `MODELSLAB_API_KEY`, `MODELSLAB_BASE_URL` and the proxy variables provide what `options` leaves out; a
    /// page has no environment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): an option that is missing, wrong, or that this target can't honour.
    pub fn new(options: Options) -> Result<Self, Error> {
        let core = platform::client(platform::config(options)?)?;
        let observers = Observers::of(core.transport());
        Ok(Self { core, options: Arc::default(), observers })
    }

    /// Makes a client from the environment variables `MODELSLAB_API_KEY` and `MODELSLAB_BASE_URL`.
    ///
    /// # Errors
    ///
    /// As [`Client::new`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn from_env() -> Result<Self, Error> {
        Self::new(Options::default())
    }

    /// Returns a client whose requests have these options: time limits, retries, headers, a budget for each request.
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        let (notice_id, notify_all) = (self.options.notice_id, self.options.notify_all);
        let options = Arc::new(RequestOptions { notice_id, notify_all, ..options });
        Self { core: self.core.clone(), options, observers: Arc::clone(&self.observers) }
    }

    /// Returns a client that reports each request, answer, retry and warning to `observer`, and at the end of each call its record
    /// ([`Notice::Ended`]), for logs and metrics.
    ///
    /// The observer runs in the task that awaits the request. Clients that share connections share the first observer.
    #[must_use]
    pub fn with_observer(&self, observer: impl Fn(&Notice<'_>) + MaybeSend + MaybeSync + 'static) -> Self {
        self.observers.set(Box::new(observer));
        let options = Arc::new(Observers::observed(&self.options));
        Self { core: self.core.clone(), options, observers: Arc::clone(&self.observers) }
    }

    /// Returns the base URL, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.core.config().base_url
    }

    /// Sends a chat completion request and waits for the complete reply.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatCompletion, Error> {
        typed(self.reply(request).await?)
    }

    /// Sends a chat completion request and returns the reply as a stream of chunks.
    pub async fn chat_stream(&self, request: &ChatRequest) -> Result<ChatStream, Error> {
        self.open(request).await
    }

    /// Sends a message request and waits for the complete reply.
    pub async fn message(&self, request: &MessagesRequest) -> Result<AnthropicMessage, Error> {
        typed(self.reply(request).await?)
    }

    /// Sends a message request and returns the reply as a stream of events of Anthropic's format.
    pub async fn message_stream(&self, request: &MessagesRequest) -> Result<MessageStream, Error> {
        self.open(request).await
    }

    /// Counts the tokens of a prompt. No model answers.
    pub async fn count_tokens(&self, request: &CountTokensRequest) -> Result<TokenCount, Error> {
        typed(self.core.call_json(&Endpoint::CountTokens, body(request)?, &self.options).await?.value)
    }

    /// Lists the models that the endpoint offers: all pages, at most 1,000.
    pub async fn models(&self) -> Result<Vec<ModelInfo>, Error> {
        self.core.models().await
    }

    /// Returns the most that a request can cost, in dollars. Sends nothing.
    pub fn estimate<R: Request>(&self, request: &R) -> Result<Estimate, Error> {
        self.core.estimate(&R::FORMAT.endpoint(), body(request)?, &self.options)
    }

    /// Returns the parameters of a request that are out of range, as the option `parameters` defines it. Sends nothing.
    pub fn check<R: Request>(&self, request: &R) -> Result<Vec<Finding>, Error> {
        Ok(self.core.findings(&R::FORMAT.endpoint(), &body(request)?))
    }

    /// Returns the cost of all replies so far, and the rest of the budget. Clones share both.
    pub fn spent(&self) -> Spent {
        self.core.spent()
    }

    /// Returns the state of the rate limits: calls in flight and waiting, the current limits, and what the server announced last. Clones share it.
    pub fn limits(&self) -> LimitsState {
        self.core.limits()
    }

    /// Closes the client and its clones: their connections close, and running and later requests end with
    /// [`ErrorKind::UserAbort`](crate::ErrorKind::UserAbort). The error of a stream carries the partial reply.
    pub fn close(&self) {
        self.core.transports().for_each(Transport::close);
    }

    /// The client of the core, and the options of each request.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn parts(&self) -> (&trilogue_core::Client<Transport>, &RequestOptions) {
        (&self.core, &self.options)
    }

    async fn reply<R: Request>(&self, request: &R) -> Result<Value, Error> {
        self.reply_to::<R>(body(request)?).await
    }

    async fn open<R: Request>(&self, request: &R) -> Result<ReplyStream<R>, Error> {
        Ok(ReplyStream::new(self.events(R::FORMAT, body(request)?).await?))
    }

    /// Sends a body and waits for the complete reply.
    pub(crate) async fn reply_to<R: Request>(&self, body: Map<String, Value>) -> Result<Value, Error> {
        let options = self.observers.begin(&self.options, self.base_url(), R::FORMAT, &body, false);
        Ok(self.core.call_json(&R::FORMAT.endpoint(), body, &options).await?.value)
    }

    /// Sends a body and opens the stream of the reply.
    pub(crate) async fn events(
        &self,
        format: Format,
        body: Map<String, Value>,
    ) -> Result<trilogue_core::Events<Transport>, Error> {
        let options = self.observers.begin(&self.options, self.base_url(), format, &body, true);
        self.core.stream_json(format.endpoint(), body, &options).await
    }

    /// Returns after `duration`.
    pub(crate) async fn sleep(&self, duration: std::time::Duration) {
        self.core.transport().sleep(duration).await;
    }
}
