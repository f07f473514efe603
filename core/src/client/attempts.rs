//! The list of a call's attempts, for replies, errors and the record.
//!
//! Invariant: attempts are assembled here and nowhere else. An attempt that failed names its status and its request id if there was an answer,
//! and contains no secrets.

use core::time::Duration;

use crate::client::Client;
use crate::client::call::CallContext;
use crate::cost::ReplyUsage;
use crate::error::Error;
use crate::prelude::*;
use crate::text::time::milliseconds;
use crate::transport::{Head, Transport};
use crate::value::{Map, Members, Value};
use crate::wire::Attempt;

/// The answer of an attempt, as far as it was received.
#[derive(Clone, Copy, Default)]
pub(super) struct Received<'a> {
    pub(super) head: Option<&'a Head>,
    /// The usage, if a part of the reply was received.
    pub(super) usage: Option<&'a ReplyUsage<'a>>,
}

impl<'a> Received<'a> {
    /// An answer of which only the head, or nothing, was received.
    pub(super) fn head(head: Option<&'a Head>) -> Self {
        Self { head, usage: None }
    }
}

impl<T: Transport> Client<T> {
    /// The present attempt of a call.
    fn attempt(&self, call: &CallContext, received: Received<'_>, now: Duration) -> Attempt {
        let mut attempt = Attempt {
            base_url: self.route(call.route).config.base_url.clone(),
            model: call.present.model.clone(),
            status: received.head.map(|head| head.status),
            request_id: received.head.and_then(Head::request_id).map(str::to_owned),
            queued_ms: milliseconds(call.queued),
            elapsed_ms: milliseconds(now.saturating_sub(call.sent_at)),
            ..Attempt::default()
        };
        if let (Some(usage), Some(reservation)) = (received.usage, &call.reservation) {
            attempt.count(usage, &reservation.own_cost(usage));
        }
        attempt
    }

    /// The present attempt of a call, which failed with this error.
    pub(super) fn failed_attempt(&self, call: &CallContext, error: &Error, received: Received<'_>) -> Attempt {
        let mut attempt = self.attempt(call, received, self.transport().now());
        attempt.fail(error);
        for text in [&mut attempt.message, &mut attempt.request_id].into_iter().flatten() {
            call.secrets.hide(text);
        }
        attempt
    }

    /// Lists the present attempt of a call as failed.
    pub(super) fn list_failed(&self, call: &mut CallContext, error: &Error, received: Received<'_>) {
        let attempt = self.failed_attempt(call, error, received);
        call.list(attempt);
    }

    /// Lists a request that was not sent, to the endpoint with this number. `model`: that of the endpoint, if it has one.
    #[cfg(feature = "fallback")]
    pub(super) fn list_unsent(&self, call: &mut CallContext, number: usize, model: Option<String>, error: &Error) {
        let base_url = self.route(number).config.base_url.clone();
        let model = model.or_else(|| call.present.model.clone());
        let mut attempt = Attempt { base_url, model, ..Attempt::default() };
        attempt.fail(error);
        call.list(attempt);
    }

    /// The attempts of a call that has fallbacks or can be continued: those that failed, and the present one, as far as it was received by `now`.
    pub(super) fn attempts(&self, call: &CallContext, received: Received<'_>, now: Duration) -> Option<Vec<Attempt>> {
        call.routing.as_ref()?;
        let present = self.attempt(call, received, now);
        Some(call.attempts.iter().cloned().chain([present]).collect())
    }
}

/// Writes attempts into a reply.
pub(super) fn write_attempts(attempts: Option<Vec<Attempt>>, reply: &mut Map<String, Value>) {
    if let Some(attempts) = attempts {
        reply.set("attempts", attempts.iter().map(Attempt::to_value).collect::<Value>());
    }
}
