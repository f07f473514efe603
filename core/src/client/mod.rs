//! The client: sends requests, retries them, and returns complete replies or streams.
//!
//! Invariant: this is the only request loop, for every runtime. It reaches the network and the clock through its transport alone; `wire`
//! knows the formats, and `retry` decides whether a request is sent again.
//!
//! `call`: the state that all attempts of a call share. `attempt`: sending, reading and retrying. `stream`: streamed answers. `failure`: errors
//! of the transport and of limits. `notify`: notices for logs. `typed`: calls with Rust types.

use alloc::sync::Arc;
use core::fmt;

use crate::prelude::*;
use crate::value::{Map, Value};

mod attempt;
mod call;
mod failure;
mod notify;
mod retry;
mod stream;
#[cfg(feature = "serde-json")]
mod typed;

use crate::config::{Config, RequestOptions};
use crate::cost::{Estimate, ReplyUsage, RequestBounds, Reservation, Spending, Spent};
use crate::error::{Error, ErrorKind};
use crate::limits::{Limits, LimitsState};
use crate::request::encode;
use crate::request::parameters::{self, Finding};
use crate::sync::Shared;
use crate::transport::{Head, Transport};
use crate::wire::{Endpoint, Format, models};
use call::CallContext;
pub use stream::Events;

/// A client of one endpoint. Cheap to clone; clones share connections and the budget.
pub struct Client<T> {
    config: Arc<Config>,
    transport: Arc<T>,
    spending: Shared<Spending>,
    limits: Shared<Limits>,
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            transport: Arc::clone(&self.transport),
            spending: Shared::clone(&self.spending),
            limits: Shared::clone(&self.limits),
        }
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.config.base_url).finish_non_exhaustive()
    }
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
    /// Creates a client with these options over this transport.
    pub fn new(config: Config, transport: T) -> Self {
        let spending = Spending::new(config.models.clone(), config.budget);
        let limits = Shared::new(Limits::new(config.limits));
        Self { config: Arc::new(config), transport: Arc::new(transport), spending: Shared::new(spending), limits }
    }

    /// Returns a clone of this client whose requests go through another transport.
    #[must_use]
    pub fn with_transport(&self, transport: T) -> Self {
        Self { transport: Arc::new(transport), ..self.clone() }
    }

    /// The checked options.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The transport that requests are sent through.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// The cost of all answers so far, and the rest of the budget. Clones share both.
    pub fn spent(&self) -> Spent {
        self.spending.spent()
    }

    /// The state of the client's rate limits. Clones share them.
    pub fn limits(&self) -> LimitsState {
        self.limits.state(self.transport.now())
    }

    /// Finds the parameters of a request that are out of range, according to the option `parameters`. Sends nothing.
    pub fn findings(&self, endpoint: &Endpoint, body: &Map<String, Value>) -> Vec<Finding> {
        parameters::found(endpoint, &self.config, body)
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
        let request = encode(endpoint, &self.config, body, is_stream, options)?;
        Ok(self.spending.estimate(&bounds.with_body_size(request.body.len())))
    }

    /// Sends a body of any fields to an endpoint and returns the complete reply.
    ///
    /// # Errors
    ///
    /// An invalid request, a budget that cannot cover it, and every failure of the call after the last retry.
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
        call.return_tokens(completed.value.get("usage"));
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

    /// Sends a body of any fields to [`Endpoint::Chat`] or [`Endpoint::Messages`] and returns the streamed answer.
    ///
    /// # Errors
    ///
    /// As [`Client::call_json`]; and [`ErrorKind::InvalidRequest`] for an endpoint that has no streams.
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

    /// Encodes a request and reserves its highest possible cost. Fails if the budget cannot cover the reservation.
    fn prepare(
        &self,
        endpoint: &Endpoint,
        mut body: Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Result<(CallContext, Option<Shared<Reservation>>), Error> {
        let budget = options.own_budget()?;
        let is_limited = self.spending.is_limited(budget);
        if is_stream && is_limited {
            request_usage(endpoint, &mut body, options);
        }
        let bounds =
            endpoint.is_paid().then(|| RequestBounds::from_body(&body, &options.extra_body, is_stream, is_limited));
        let description = options.notice_id.map(|_| call::describe(endpoint, &body, is_stream)).unwrap_or_default();
        let has_schema = call::has_schema(&body, options);
        let request = encode(endpoint, &self.config, body, is_stream, options)?;
        let mut call = CallContext::new(&self.config, request, options, has_schema, description)?;
        let bounds = bounds.map(|bounds| bounds.with_body_size(call.request.body.len()));
        call.tokens = bounds.as_ref().map_or(0, RequestBounds::expected_tokens);
        let reservation = bounds.map(|bounds| self.spending.open(bounds, budget)).transpose()?;
        Ok((call, reservation))
    }
}

/// Makes a streamed chat completion report its usage, unless the request has `stream_options` of its own.
fn request_usage(endpoint: &Endpoint, body: &mut Map<String, Value>, options: &RequestOptions) {
    if *endpoint == Endpoint::Chat && !options.extra_body.contains_key("stream_options") {
        Format::Chat.request_usage(body);
    }
}
