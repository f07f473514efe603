//! Fallbacks: which errors send a call to another endpoint, and to which.
//!
//! Invariant: an endpoint gets a call only once, after the retries of the one before it; an error of the request itself is never a reason. If the
//! breakers of all endpoints are open, a call still tries them all. What a fallback can't express is refused before anything is sent.
//!
//! `route`: endpoints. `request`: a request for each of them. `breaker`: endpoints that calls skip.

mod breaker;
mod request;
mod route;

use breaker::{Breaker, MAX_COOL_DOWN};
pub(super) use request::OptionalRouting;
pub(super) use route::Route;

use crate::client::Client;
use crate::client::attempts::Received;
use crate::client::call::{CallContext, add_secrets_of_client};
use crate::config::{FallbackCause, OnCut};
use crate::cost::ReplyUsage;
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::transport::{Head, Transport};
use crate::value::Value;
use crate::wire::{StreamCodec, convert};

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

    /// Sends a new call to another endpoint if the breaker of the client's own is open.
    pub(super) fn skip_open_endpoint(&self, call: &mut CallContext) {
        if call.routing.is_some() && !self.main.breaker.lock().allows(self.transport().now()) {
            // It is tried if all others fail.
            if self.move_on(call, true).is_some() {
                set_used(call, 0, false);
            }
        }
    }

    /// Records a failed request in the breaker of its endpoint, and returns whether the call should move on without further retries.
    pub(super) fn record_failure_of_endpoint(&self, call: &CallContext, error: &Error) -> bool {
        if call.routing.is_none() || !falls_back(error, &self.config().fallbacks.causes) {
            return false;
        }
        let now = self.transport().now();
        let mut breaker = self.route(call.route).breaker.lock();
        let cool_down = match error.kind() {
            ErrorKind::PaymentRequired | ErrorKind::InsufficientQuota => Some(MAX_COOL_DOWN),
            _ => None,
        };
        // A refusal for the rate limit is counted if the call fails by it.
        if is_failure(error) && error.kind() != ErrorKind::RateLimit {
            breaker.fail(now, cool_down);
        }
        let is_slow =
            matches!(error.kind(), ErrorKind::Timeout | ErrorKind::ConnectTimeout | ErrorKind::FirstTokenTimeout);
        let is_open = breaker.is_open(now);
        drop(breaker);
        (is_slow || is_open) && call.routing.as_ref().is_some_and(|routing| routing.used.contains(&false))
    }

    /// Records an answer in the breaker of its endpoint.
    pub(super) fn record_answer_of_endpoint(&self, call: &CallContext) {
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
            self.route(call.route).breaker.lock().fail(self.transport().now(), Some(wait.min(MAX_COOL_DOWN)));
        }
        if self.move_on(call, false).is_none() {
            return Err(self.all_failed(call, error));
        }
        call.retries_taken += 1;
        self.notify_falling_back(call, error, false);
        Ok(())
    }

    /// Sends a call to the next endpoint whose breaker is not open; if there is none, to the next one, unless `only_working`. Returns `None` if no
    /// endpoint is left.
    fn move_on(&self, call: &mut CallContext, only_working: bool) -> Option<()> {
        loop {
            let number = self.next_route(call, only_working)?;
            set_used(call, number, true);
            match self.send_to(call, number, None) {
                Ok(()) => return Some(()),
                // The budget doesn't cover it.
                Err(error) => {
                    self.list_unsent(call, number, self.route(number).model.clone(), &error);
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

    /// Prepares the call's next request for an endpoint. `part`: the usage of the present request, if it brought a part of the answer.
    fn send_to(&self, call: &mut CallContext, number: usize, part: Option<&ReplyUsage<'_>>) -> Result<(), Error> {
        let Some(routing) = &call.routing else { return Ok(()) };
        let route = self.route(number);
        let is_limited = call.reservation.as_ref().is_some_and(|reservation| reservation.is_limited());
        let (prepared, bounds) = routing.prepare(&call.endpoint, &self.main, route, is_limited)?;
        if let (Some(reservation), Some(bounds)) = (&call.reservation, bounds) {
            reservation.renew(bounds, part)?;
        }
        add_secrets_of_client(&mut call.secrets, &route.config);
        call.present = prepared;
        call.hold = None;
        call.retries_here = 0;
        call.route = number;
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
        let is_open = self.record_failure_of_endpoint(call, &error);
        let Some(routing) = call.routing.as_mut().filter(|routing| routing.on_cut == OnCut::Continue) else {
            return Err(error);
        };
        let format = call.endpoint.format().unwrap_or_default();
        let body = partial.filter(|_| is_cut(error.kind()));
        let body = body.and_then(|partial| convert::continuation(format, &routing.body, partial));
        let Some(body) = body else { return Err(error) };
        routing.continued = Some(body);
        let retries_here = call.retries_here;
        let same = (!is_open && retries_here < call.present.max_retries).then_some(call.route);
        let Some(number) = self.next_route(call, true).or(same).or_else(|| self.next_route(call, false)) else {
            return Err(self.all_failed(call, error));
        };
        let is_same = number == call.route;
        let attempt = self.failed_attempt(call, &error, Received { head: Some(head), usage: Some(usage) });
        call.return_tokens(usage.usage);
        set_used(call, number, true);
        if let Err(why) = self.send_to(call, number, Some(usage)) {
            let mut error = error;
            let message = format!("{} (not continued: {})", error.message().trim_end_matches('.'), why.message());
            error.fields_mut().message = message;
            return Err(error);
        }
        call.list(attempt);
        if let Some(record) = &call.record {
            record.continues();
        }
        call.retries_taken += 1;
        if is_same {
            call.retries_here = retries_here + 1;
        }
        self.notify_falling_back(call, error, true);
        Ok(())
    }

    /// Names the other endpoints of a call in the error of its last one.
    fn all_failed(&self, call: &CallContext, mut error: Error) -> Error {
        let own = (self.route(call.route).config.base_url.as_str(), call.present.model.as_deref());
        let mut named = vec![own];
        let mut others = String::new();
        for attempt in call.attempts.iter().rev() {
            let endpoint = (attempt.base_url.as_str(), attempt.model.as_deref());
            if named.contains(&endpoint) {
                continue;
            }
            named.push(endpoint);
            others.push_str(if others.is_empty() { "" } else { ", " });
            others.push_str(endpoint.0);
            if let Some(model) = endpoint.1.filter(|model| Some(*model) != own.1) {
                others.extend([" (", model, ")"]);
            }
            others.extend([" with ", attempt.error.as_deref().unwrap_or_default()]);
        }
        if !others.is_empty() {
            let message = error.message().trim_end_matches('.');
            error.fields_mut().message = format!("{message} (the other endpoints failed too: {others})");
        }
        error
    }
}

/// The decoder of an answer whose format is not the caller's; `None` if it is.
pub(super) fn converter(call: &CallContext, head: &Head) -> Option<Box<dyn StreamCodec + Send>> {
    let (server, caller) = (call.present.endpoint.format()?, call.endpoint.format()?);
    let routing = call.routing.as_ref().filter(|_| server != caller)?;
    Some(convert::codec_for(server, caller, head.clone(), &routing.body))
}

/// The decoder of the rest of an answer.
pub(super) fn continued(
    first: &mut (dyn StreamCodec + Send),
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
