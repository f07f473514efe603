//! Fallbacks: which errors send a call to another endpoint, and to which.
//!
//! Invariant: an endpoint gets a call only once, after the retries of the one before it; the request itself never decides. With every endpoint
//! at rest, a call still tries them all. What a fallback can't express is refused before anything is sent.
//!
//! `breaker`: which endpoints rest.

mod breaker;

use alloc::sync::Arc;
pub(super) use breaker::Breaker;
use breaker::MAX_REST;

use crate::client::Client;
use crate::client::call::{CallContext, add_secrets};
use crate::config::{Config, Fallback, FallbackCause, Format, OnCut, RequestOptions};
use crate::cost::{Priced, ReplyUsage, RequestBounds};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::prelude::*;
use crate::request::encode;
use crate::sync::{Lock, Shared};
use crate::text::dialect::Name;
use crate::text::secrets::is_secret_parameter;
use crate::transport::{Head, Transport};
use crate::value::{Map, Members, Value};
use crate::wire::{Endpoint, StreamCodec, convert};

/// An endpoint, as the calls of a client use it.
pub(super) struct Route<T> {
    pub(super) config: Arc<Config>,
    pub(super) transport: Arc<T>,
    pub(super) limits: Shared<Limits>,
    breaker: Shared<Lock<Breaker>>,
    /// The model; `None` for that of the request.
    model: Option<String>,
    /// The format; `None` for that of the request.
    format: Option<Format>,
    /// Whether it has a key of its own.
    has_own_key: bool,
}

impl<T> Clone for Route<T> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            transport: Arc::clone(&self.transport),
            limits: Shared::clone(&self.limits),
            breaker: Shared::clone(&self.breaker),
            model: self.model.clone(),
            format: self.format,
            has_own_key: self.has_own_key,
        }
    }
}

impl<T> Route<T> {
    /// The endpoint of a configuration.
    pub(super) fn new(config: Arc<Config>, transport: Arc<T>) -> Self {
        let limits = Shared::new(Limits::new(config.limits));
        Self { config, transport, limits, breaker: Shared::default(), model: None, format: None, has_own_key: false }
    }

    /// The fallbacks of a client with this endpoint.
    pub(super) fn fallbacks(main: &Self) -> Arc<[Self]> {
        let route = |fallback: &Fallback| {
            let mut route = Self::new(Arc::new(fallback.config.clone()), Arc::clone(&main.transport));
            if fallback.shares_limits {
                route.limits = Shared::clone(&main.limits);
            }
            route.model.clone_from(&fallback.model);
            route.format = fallback.format;
            route.has_own_key = fallback.has_own_key;
            route
        };
        main.config.fallbacks.list.iter().map(route).collect()
    }
}

/// The parts of a call that are needed to send it to another endpoint.
pub(super) struct Routing {
    /// The body, in the caller's format.
    body: Map<String, Value>,
    /// The body of the request that continues a partial answer.
    continued: Option<Map<String, Value>>,
    options: RequestOptions,
    on_cut: OnCut,
    /// Whether each endpoint has got the call.
    used: Vec<bool>,
}

/// The parts of a call that other endpoints need, if there are any.
pub(super) type OptionalRouting = Option<Box<Routing>>;

/// A request in the form that an endpoint takes.
struct Prepared {
    endpoint: Endpoint,
    body: Map<String, Value>,
    options: RequestOptions,
}

impl Routing {
    /// The next request, as an endpoint takes it.
    fn prepare<T>(
        &self,
        caller: &Endpoint,
        main: &Route<T>,
        route: &Route<T>,
        is_stream: bool,
    ) -> Result<Prepared, Error> {
        let body = self.continued.as_ref().unwrap_or(&self.body);
        let mut options = self.options.clone();
        if route.config.base_url != main.config.base_url {
            // The request's own key and secrets are the client's.
            options.api_key = None;
            options.extra_headers = without_secrets(&options.extra_headers);
            options.extra_query = without_secrets(&options.extra_query);
        } else if route.has_own_key {
            options.api_key = None;
        }
        let from = caller.format().unwrap_or_default();
        let to = route.format.unwrap_or(from);
        let mut body = if from == to {
            body.clone()
        } else {
            if let Some(name) = options.extra_body.keys().next() {
                let (field, option) = (Name("extra_body"), name);
                let message = format!("{field} has the field {option}, which can't be converted to {}", to.word());
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
            let mut body = convert::request(from, to, body)?;
            if is_stream {
                // Messages always report their usage.
                to.request_usage(&mut body);
            }
            body
        };
        if let Some(model) = &route.model {
            body.shift_remove("model_id");
            options.extra_body.shift_remove("model");
            body.set("model", model.as_str());
        }
        Ok(Prepared { endpoint: to.endpoint(), body, options })
    }
}

/// Headers or query parameters without those whose names suggest a secret.
fn without_secrets(pairs: &Map<String, Value>) -> Map<String, Value> {
    pairs
        .iter()
        .filter(|(name, _)| !is_secret_parameter(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Whether an error is a failure of the endpoint, which another one may not have.
fn is_failure(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Connection
            | ErrorKind::Timeout
            | ErrorKind::ConnectTimeout
            | ErrorKind::FirstTokenTimeout
            | ErrorKind::IdleTimeout
            | ErrorKind::QueueTimeout
            | ErrorKind::IncompleteStream
            | ErrorKind::ResponseValidation
            | ErrorKind::PaymentRequired
            | ErrorKind::RateLimit
            | ErrorKind::InsufficientQuota
            | ErrorKind::InternalServer
            | ErrorKind::Overloaded
    ) || error.fields().status == Some(408)
}

/// Whether an error sends a call to the next endpoint.
fn falls_back(error: &Error, causes: &[FallbackCause]) -> bool {
    match error.kind() {
        ErrorKind::ContextLength => causes.contains(&FallbackCause::ContextLength),
        ErrorKind::ContentFilter => causes.contains(&FallbackCause::ContentFilter),
        _ => is_failure(error),
    }
}

/// Whether a stream that broke with this error may be continued.
fn is_cut(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Connection
            | ErrorKind::IdleTimeout
            | ErrorKind::IncompleteStream
            | ErrorKind::InternalServer
            | ErrorKind::Overloaded
    )
}

impl<T: Transport> Client<T> {
    /// The endpoint with this number: 0 is the client's own.
    pub(super) fn route(&self, number: usize) -> &Route<T> {
        number.checked_sub(1).and_then(|index| self.fallbacks.get(index)).unwrap_or(&self.main)
    }

    /// The parts of a call that other endpoints need. Fails if one of them can't express the request.
    pub(super) fn routing(
        &self,
        endpoint: &Endpoint,
        body: &Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Result<OptionalRouting, Error> {
        let on_cut = options.on_cut.unwrap_or(self.config().fallbacks.on_cut);
        let may_continue = is_stream && on_cut == OnCut::Continue;
        if !endpoint.is_paid() || self.fallbacks.is_empty() && !may_continue {
            return Ok(None);
        }
        let mut used = vec![false; self.fallbacks.len() + 1];
        if let Some(main) = used.first_mut() {
            *main = true;
        }
        let on_cut = if may_continue { on_cut } else { OnCut::Error };
        let routing = Routing { body: body.clone(), continued: None, options: options.clone(), on_cut, used };
        for (index, route) in self.fallbacks.iter().enumerate() {
            let prepared = routing.prepare(endpoint, &self.main, route, is_stream);
            let encoded = prepared.and_then(|Prepared { endpoint, body, options }| {
                encode(&endpoint, &route.config, body, is_stream, &options)
            });
            encoded.map_err(|mut error| {
                let message = format!("{}[{index}] can't be sent the request: {}", Name("fallbacks"), error.message());
                error.fields_mut().message = message;
                error
            })?;
        }
        Ok(Some(Box::new(routing)))
    }

    /// Sends a new call to another endpoint if the client's own rests.
    pub(super) fn avoid_resting(&self, call: &mut CallContext) {
        if call.routing.is_some() && !self.main.breaker.lock().allows(self.transport().now()) {
            // It is tried if all others fail.
            if self.move_on(call, true).is_some() {
                set_used(call, 0, false);
            }
        }
    }

    /// Records the result of a request in the health of its endpoint, and returns whether the call should move on without further retries.
    pub(super) fn record_health(&self, call: &CallContext, error: &Error) -> bool {
        if call.routing.is_none() || !falls_back(error, &self.config().fallbacks.causes) {
            return false;
        }
        let now = self.transport().now();
        let mut breaker = self.route(call.route).breaker.lock();
        let rest = match error.kind() {
            ErrorKind::PaymentRequired | ErrorKind::InsufficientQuota => Some(MAX_REST),
            _ => None,
        };
        // A refusal for the rate limit is counted if the call fails by it.
        if is_failure(error) && !matches!(error.kind(), ErrorKind::RateLimit | ErrorKind::QueueTimeout) {
            breaker.fail(now, rest);
        }
        let is_slow = matches!(
            error.kind(),
            ErrorKind::Timeout | ErrorKind::ConnectTimeout | ErrorKind::FirstTokenTimeout | ErrorKind::QueueTimeout
        );
        let is_resting = breaker.is_resting(now);
        drop(breaker);
        (is_slow || is_resting) && call.routing.as_ref().is_some_and(|routing| routing.used.contains(&false))
    }

    /// Records an answer in the health of its endpoint.
    pub(super) fn record_answer(&self, call: &CallContext) {
        if call.routing.is_some() {
            self.route(call.route).breaker.lock().succeed();
        }
    }

    /// Sends a call to the next endpoint after an error. Returns the error if there is none.
    pub(super) fn fall_back(&self, call: &mut CallContext, error: Error) -> Result<(), Error> {
        if call.routing.is_none() || !falls_back(&error, &self.config().fallbacks.causes) {
            return Err(error);
        }
        if error.kind() == ErrorKind::RateLimit {
            let wait = error.fields().retry_after.unwrap_or_default();
            self.route(call.route).breaker.lock().fail(self.transport().now(), Some(wait.min(MAX_REST)));
        }
        if self.move_on(call, false).is_none() {
            return Err(all_failed(call, error));
        }
        call.retries_taken += 1;
        self.notify_falling_back(call, error);
        Ok(())
    }

    /// Sends a call to the next endpoint that doesn't rest; if all rest, to the next one, unless `only_working`. Returns `None` if there is none.
    fn move_on(&self, call: &mut CallContext, only_working: bool) -> Option<()> {
        loop {
            let number = self.next_route(call, only_working)?;
            set_used(call, number, true);
            match self.send_to(call, number, None) {
                Ok(()) => return Some(()),
                // The budget doesn't cover it.
                Err(error) => {
                    let Route { config, model, .. } = self.route(number);
                    let mut attempt = call.failed_attempt(&config.base_url, self.transport().now(), &error);
                    attempt.model = model.clone().or(attempt.model);
                    (attempt.queued_ms, attempt.elapsed_ms) = (0, 0);
                    call.add_failed(attempt);
                }
            }
        }
    }

    fn next_route(&self, call: &CallContext, only_working: bool) -> Option<usize> {
        let now = self.transport().now();
        let unused = || {
            let used = call.routing.iter().flat_map(|routing| &routing.used);
            used.enumerate().filter(|(_, used)| !**used).map(|(number, _)| number)
        };
        let working = unused().find(|number| self.route(*number).breaker.lock().allows(now));
        working.or_else(|| unused().next().filter(|_| !only_working))
    }

    /// Prepares the call's next request for an endpoint. `cost`: that of the present request, if it brought a part of the answer.
    fn send_to(&self, call: &mut CallContext, number: usize, cost: Option<Priced>) -> Result<(), Error> {
        let Some(routing) = &call.routing else { return Ok(()) };
        let route = self.route(number);
        let Prepared { endpoint, body, options } =
            routing.prepare(&call.endpoint, &self.main, route, call.is_stream)?;
        let (timeouts, max_retries) = route.config.limits(&options)?;
        let is_limited = call.reservation.as_ref().is_some_and(|reservation| reservation.is_limited());
        let bounds = RequestBounds::from_body(&body, &options.extra_body, call.is_stream, is_limited);
        let mut request = encode(&endpoint, &route.config, body, call.is_stream, &options)?;
        request.resend = max_retries > 0;
        let bounds = bounds.with_body_size(request.body.len());
        let (model, tokens) = (bounds.model.clone(), bounds.expected_tokens());
        if let Some(reservation) = &call.reservation {
            reservation.renew(bounds, cost)?;
        }
        add_secrets(&mut call.secrets, &route.config, &request, &options);
        call.hold = None;
        call.max_retries = max_retries;
        call.model = Some(model);
        call.request = request;
        call.retries_here = 0;
        call.route = number;
        call.server = endpoint;
        call.timeouts = timeouts;
        call.tokens = tokens;
        call.was_sent = false;
        Ok(())
    }

    /// Sends a call whose stream broke to the next endpoint, or to the same one, which continues the partial answer. Returns the error if the answer
    /// can't be continued.
    pub(super) fn continue_answer(
        &self,
        call: &mut CallContext,
        error: Error,
        head: &Head,
        partial: Option<&Value>,
        usage: &ReplyUsage<'_>,
    ) -> Result<(), Error> {
        let is_resting = self.record_health(call, &error);
        let Some(routing) = call.routing.as_mut().filter(|routing| routing.on_cut == OnCut::Continue) else {
            return Err(error);
        };
        let format = call.endpoint.format().unwrap_or_default();
        let body = partial.filter(|_| is_cut(error.kind()));
        let body = body.and_then(|partial| convert::continuation(format, &routing.body, partial));
        let Some(body) = body else { return Err(error) };
        routing.continued = Some(body);
        let retries_here = call.retries_here;
        let same = (!is_resting && retries_here < call.max_retries).then_some(call.route);
        let Some(number) = self.next_route(call, true).or(same).or_else(|| self.next_route(call, false)) else {
            return Err(all_failed(call, error));
        };
        let is_same = number == call.route;
        let mut attempt = call.failed_attempt(&self.route(call.route).config.base_url, self.transport().now(), &error);
        attempt.status = attempt.status.or(Some(head.status));
        let cost = call.reservation.as_ref().map(|reservation| reservation.own_cost(usage));
        if let Some(cost) = &cost {
            attempt.count(usage, cost);
        }
        set_used(call, number, true);
        if let Err(why) = self.send_to(call, number, cost) {
            let mut error = error;
            let message = format!("{} (not continued: {})", error.message().trim_end_matches('.'), why.message());
            error.fields_mut().message = message;
            return Err(error);
        }
        call.add_failed(attempt);
        call.retries_taken += 1;
        if is_same {
            call.retries_here = retries_here + 1;
        }
        self.notify_falling_back(call, error);
        Ok(())
    }
}

/// The decoder of an answer whose format is not the caller's; `None` if it is.
pub(super) fn converter(call: &CallContext, head: &Head) -> Option<Box<dyn StreamCodec + Send>> {
    let (server, caller) = (call.server.format()?, call.endpoint.format()?);
    let routing = call.routing.as_ref().filter(|_| server != caller)?;
    Some(convert::codec_for(server, caller, head.clone(), &routing.body))
}

/// The decoder of the rest of an answer.
pub(super) fn continued(
    first: Box<dyn StreamCodec + Send>,
    next: Box<dyn StreamCodec + Send>,
) -> Box<dyn StreamCodec + Send> {
    convert::continued(first, next)
}

/// Records whether an endpoint has got a call.
fn set_used(call: &mut CallContext, number: usize, is_used: bool) {
    if let Some(used) = call.routing.as_mut().and_then(|routing| routing.used.get_mut(number)) {
        *used = is_used;
    }
}

/// Names the endpoints that failed before the last one in its error.
fn all_failed(call: &CallContext, mut error: Error) -> Error {
    let mut earlier = String::new();
    let last = call.attempts.last().map(|attempt| attempt.base_url.as_str());
    let mut named: Vec<&str> = last.into_iter().collect();
    for attempt in call.attempts.iter().rev() {
        if !named.contains(&attempt.base_url.as_str()) {
            named.push(&attempt.base_url);
            let kind = attempt.error.as_deref().unwrap_or_default();
            earlier.push_str(if earlier.is_empty() { "" } else { ", " });
            earlier.extend([attempt.base_url.as_str(), " with ", kind]);
        }
    }
    if !earlier.is_empty() {
        let message = error.message().trim_end_matches('.');
        error.fields_mut().message = format!("{message} (the other endpoints failed too: {earlier})");
    }
    error
}
