//! The client: sends requests, retries them, and returns complete replies or streams.
//!
//! Invariant: this is the only request loop, for every runtime. It reaches the network and the clock through its transport alone; `wire`
//! knows the formats, and `retry` decides whether a request is sent again.
//!
//! `call`: the state that all attempts of a call share. `prepared`: a request to one endpoint. `send`: sending, reading and retrying. `attempts`:
//! the list of attempts. `fallback`: other endpoints for calls that fail. `stream`: streamed answers. `failure`: errors of the transport and of
//! limits. `notify`: notices for logs. `recorder`: the record of a call. `typed`: calls with Rust types. `provider_request`: files and batches of a provider.

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;

use crate::prelude::*;
use crate::value::{Map, Value};

mod attempts;
mod call;
mod failure;
#[cfg_attr(not(feature = "fallback"), path = "without_fallback.rs")]
mod fallback;
#[cfg_attr(not(feature = "records"), path = "without_notices.rs")]
mod notify;
mod prepared;
#[cfg(feature = "serde-json")]
mod provider_request;
#[cfg_attr(not(feature = "records"), path = "without_recorder.rs")]
mod recorder;
mod retry;
mod send;
mod stream;
#[cfg(feature = "serde-json")]
mod typed;

use crate::config::{Config, RequestOptions};
use crate::cost::{Dollars, Estimate, ReplyUsage, RequestBounds, Spending, Spent};
use crate::error::{Error, ErrorKind};
use crate::limits::{LimitOptions, Limits, LimitsState};
use crate::request::encode;
use crate::request::parameters::{self, Finding};
use crate::sync::Shared;
use crate::text::secrets::Secrets;
use crate::transport::{Head, Transport};
use crate::wire::{Endpoint, Format, models};
use attempts::{Received, write_attempts};
use call::{CallContext, add_secrets_of_client, add_secrets_of_request};
use fallback::Route;
use prepared::PreparedRequest;
#[cfg(feature = "serde-json")]
pub use provider_request::{BatchedRequest, Download, ProviderRequest};
pub use recorder::{OpenRecord, Recording};
pub use stream::Events;

/// A client of an endpoint, and of its fallbacks. Cheap to clone; clones share connections, limits and the budget.
pub struct Client<T> {
    /// The client's own endpoint. Its transport is also the clock of all calls, and receives their notices.
    main: Route<T>,
    fallbacks: Arc<[Route<T>]>,
    spending: Shared<Spending>,
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self {
            main: self.main.clone(),
            fallbacks: Arc::clone(&self.fallbacks),
            spending: Shared::clone(&self.spending),
        }
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.main.config.base_url).finish_non_exhaustive()
    }
}

/// The limits of a batch, beside those of its client.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BatchLimits {
    /// The budget of all its calls, in dollars.
    pub budget: Option<Dollars>,
    /// Requests per minute, instead of the client's.
    pub requests_per_minute: Option<f64>,
    /// Tokens per minute, instead of the client's.
    pub tokens_per_minute: Option<f64>,
}

/// A complete reply.
#[derive(Debug, Clone)]
pub struct Completed {
    /// The reply, repaired to its format's shape.
    pub value: Value,
    /// Status and headers.
    pub head: Head,
    /// How often the request was sent again.
    pub retries_taken: u32,
}

impl<T: Transport> Client<T> {
    /// Creates a client with these options over this transport, which also sends the requests to the fallbacks that are options.
    pub fn new(config: Config, transport: T) -> Self {
        let spending = Spending::new(config.models.clone(), config.budget);
        let main = Route::new(Arc::new(config), Arc::new(transport));
        let fallbacks = Route::fallbacks(&main);
        Self { main, fallbacks, spending: Shared::new(spending) }
    }

    /// Returns a clone of this client whose requests go through another transport.
    #[must_use]
    pub fn with_transport(&self, transport: T) -> Self {
        let transport = Arc::new(transport);
        let mut client = self.clone();
        client.fallbacks = self.map_fallbacks(|route| {
            if Arc::ptr_eq(&route.transport, &self.main.transport) {
                route.transport = Arc::clone(&transport);
            }
        });
        client.main.transport = transport;
        client
    }

    /// Gives the fallbacks transports of their own. Where `transport` returns `None`, a fallback keeps the client's.
    ///
    /// # Errors
    ///
    /// Those of `transport`.
    pub fn with_fallback_transports(
        mut self,
        transport: impl Fn(&Config) -> Result<Option<T>, Error>,
    ) -> Result<Self, Error> {
        let made: Result<Vec<_>, Error> = self.fallbacks.iter().map(|route| transport(&route.config)).collect();
        let mut made = made?.into_iter();
        self.fallbacks = self.map_fallbacks(|route| {
            if let Some(transport) = made.next().flatten() {
                route.transport = Arc::new(transport);
            }
        });
        Ok(self)
    }

    /// The transports of the client's own endpoint and of its fallbacks.
    pub fn transports(&self) -> impl Iterator<Item = &T> {
        core::iter::once(self.transport()).chain(self.fallbacks.iter().map(|route| &*route.transport))
    }

    fn map_fallbacks(&self, mut change: impl FnMut(&mut Route<T>)) -> Arc<[Route<T>]> {
        let changed = self.fallbacks.iter().cloned().map(|mut route| {
            change(&mut route);
            route
        });
        changed.collect()
    }

    /// Returns a clone of this client for a batch, with the batch's rates and a budget within the client's. A client without rate limits gets some for
    /// the batch, which are learned from the server. Its endpoints then wait without a limit: no one waits for a certain row.
    #[must_use]
    pub fn for_batch(&self, limits: BatchLimits) -> Self {
        let BatchLimits { budget, requests_per_minute, tokens_per_minute } = limits;
        let mut client = self.clone();
        let shared = Shared::clone(&self.main.limits);
        let main = self.config().limits;
        if requests_per_minute.is_some() || tokens_per_minute.is_some() || !shared.is_on() {
            let rates = LimitOptions {
                requests_per_minute: requests_per_minute.or(main.requests_per_minute),
                tokens_per_minute: tokens_per_minute.or(main.tokens_per_minute),
                ..main
            };
            client.main.limits = Shared::new(Limits::new(rates.for_batch()));
        }
        client.fallbacks = self.map_fallbacks(|route| {
            if Shared::ptr_eq(&route.limits, &shared) {
                route.limits = Shared::clone(&client.main.limits);
            } else if !route.limits.is_on() {
                route.limits = Shared::new(Limits::new(route.config.limits.for_batch()));
            }
        });
        client.spending = Shared::new(Spending::within(&self.spending, budget));
        client
    }

    /// The checked options.
    pub fn config(&self) -> &Config {
        &self.main.config
    }

    /// The transport that requests are sent through.
    pub fn transport(&self) -> &T {
        &self.main.transport
    }

    /// The cost of all answers so far, and the rest of the budget. Clones share both.
    pub fn spent(&self) -> Spent {
        self.spending.spent()
    }

    /// Replaces the limits per minute of a client that was made with limits, also for its waiting calls: several processes share a limit by dividing it. A
    /// limit of no requests holds all calls back until the next change. Returns false, without an effect, for a client without limits.
    pub fn set_rates(&self, requests_per_minute: Option<f64>, tokens_per_minute: Option<f64>) -> bool {
        self.main.limits.set_rates(requests_per_minute, tokens_per_minute, self.transport().now())
    }

    /// The state of the client's rate limits. Clones share them.
    pub fn limits(&self) -> LimitsState {
        self.main.limits.state(self.transport().now())
    }

    /// Finds the parameters of a request that are out of range, according to the option `parameters`. Sends nothing.
    pub fn findings(&self, endpoint: &Endpoint, body: &Map<String, Value>) -> Vec<Finding> {
        parameters::found(endpoint, self.config(), body)
    }

    /// Computes the highest possible cost of a request. Sends nothing.
    ///
    /// # Errors
    ///
    /// The same as those of a call that fails before it is sent.
    pub fn estimate(
        &self,
        endpoint: &Endpoint,
        mut body: Map<String, Value>,
        options: &RequestOptions,
    ) -> Result<Estimate, Error> {
        let is_stream = body.get("stream") == Some(&Value::Bool(true));
        if is_stream {
            request_usage(endpoint, &mut body, options);
        }
        let bounds = RequestBounds::from_body(&body, &options.extra_body, is_stream, true);
        let request = encode(endpoint, self.config(), body, is_stream, options)?;
        Ok(self.spending.estimate(&bounds.with_body_size(request.body.len())))
    }

    /// Sends a body of any fields to an endpoint and returns the complete reply.
    ///
    /// # Errors
    ///
    /// An invalid request, a budget that cannot cover it, and every failure of the call after the last retry.
    pub fn call_json(
        &self,
        endpoint: &Endpoint,
        body: Map<String, Value>,
        options: &RequestOptions,
    ) -> impl Future<Output = Result<Completed, Error>> {
        let recording = self.record(endpoint, &body, false, options);
        self.call_recorded(recording, endpoint, body, options)
    }

    /// As [`Client::call_json`], for a call whose record was begun by [`Client::record`].
    ///
    /// # Errors
    ///
    /// As [`Client::call_json`].
    pub async fn call_recorded(
        &self,
        mut recording: Recording<T>,
        endpoint: &Endpoint,
        body: Map<String, Value>,
        options: &RequestOptions,
    ) -> Result<Completed, Error> {
        let after = body.get("after_id").and_then(Value::as_str).filter(|_| *endpoint == Endpoint::Models);
        let after = after.map(str::to_owned);
        let mut call = self.prepare(&mut recording, endpoint, body, false, options)?;
        let mut completed = match self.complete(&mut call).await {
            Ok(completed) => completed,
            Err(error) => return Err(recording.fail(call.finish(error))),
        };
        call.return_tokens(completed.value.get("usage"));
        if let (Some(reservation), Value::Object(fields)) = (&call.reservation, &mut completed.value) {
            recording.reply(fields);
            let usage = ReplyUsage::from_fields(fields);
            let received = Received { head: Some(&completed.head), usage: Some(&usage) };
            let attempts = self.attempts(&call, received, self.transport().now());
            let cost = reservation.settle(Some(&usage), true);
            cost.write(fields);
            write_attempts(attempts, fields);
        }
        if let (Some(after), Value::Object(page)) = (after, &mut completed.value) {
            models::check_progress(page, &after);
        }
        recording.complete(Some(&completed.value));
        Ok(completed)
    }

    /// Sends a body of any fields to [`Endpoint::Chat`] or [`Endpoint::Messages`] and returns the streamed answer.
    ///
    /// # Errors
    ///
    /// As [`Client::call_json`]; and [`ErrorKind::InvalidRequest`] for an endpoint that has no streams.
    pub fn stream_json(
        &self,
        endpoint: Endpoint,
        body: Map<String, Value>,
        options: &RequestOptions,
    ) -> impl Future<Output = Result<Events<T>, Error>> {
        let recording = self.record(&endpoint, &body, true, options);
        self.stream_recorded(recording, endpoint, body, options)
    }

    /// As [`Client::stream_json`], for a call whose record was begun by [`Client::record`].
    ///
    /// # Errors
    ///
    /// As [`Client::stream_json`].
    pub async fn stream_recorded(
        &self,
        mut recording: Recording<T>,
        endpoint: Endpoint,
        body: Map<String, Value>,
        options: &RequestOptions,
    ) -> Result<Events<T>, Error> {
        if !endpoint.is_paid() {
            return Err(recording.fail(Error::new(ErrorKind::InvalidRequest, "this endpoint has no stream")));
        }
        let call = self.prepare(&mut recording, &endpoint, body, true, options)?;
        Events::open(self.clone(), call, recording).await
    }

    /// Encodes a request and reserves its highest possible cost. Fails if the budget cannot cover the reservation, or if a fallback can't express
    /// the request.
    fn prepare(
        &self,
        recording: &mut Recording<T>,
        endpoint: &Endpoint,
        body: Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Result<CallContext, Error> {
        let prepared = self.prepare_call(recording, endpoint, body, is_stream, options);
        prepared.map_err(|error| recording.fail(error))
    }

    fn prepare_call(
        &self,
        recording: &Recording<T>,
        endpoint: &Endpoint,
        mut body: Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Result<CallContext, Error> {
        let budget = options.own_budget()?;
        let is_limited = self.spending.is_limited(budget);
        if is_stream && is_limited {
            request_usage(endpoint, &mut body, options);
        }
        let has_schema = call::has_schema(&body, options);
        let routing = self.routing(endpoint, &body, is_stream, options)?;
        let (present, bounds) =
            PreparedRequest::new(endpoint.clone(), self.config(), body, is_stream, options, is_limited)?;
        let mut call = CallContext::new(endpoint.clone(), present, is_stream, options, self.secrets(Some(options)));
        call.has_schema = has_schema;
        call.routing = routing;
        call.record = recording.recorder();
        if let Some(bounds) = bounds {
            let reservation = self.spending.open(bounds, budget)?;
            if let Some(record) = &call.record {
                record.set_reservation(&reservation);
            }
            call.reservation = Some(reservation);
        }
        self.skip_open_endpoint(&mut call);
        Ok(call)
    }

    /// Texts that no error and no notice of a call to the client's own endpoint may contain.
    #[inline(never)]
    fn secrets(&self, options: Option<&RequestOptions>) -> Secrets {
        let mut secrets = Secrets::default();
        add_secrets_of_client(&mut secrets, self.config());
        if let Some(options) = options {
            add_secrets_of_request(&mut secrets, options);
        }
        secrets
    }
}

/// Makes a streamed chat completion report its usage, unless the request has `stream_options` of its own.
fn request_usage(endpoint: &Endpoint, body: &mut Map<String, Value>, options: &RequestOptions) {
    if *endpoint == Endpoint::Chat && !options.extra_body.contains_key("stream_options") {
        Format::Chat.request_usage(body);
    }
}
