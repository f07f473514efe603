//! Sending a call until it is answered: waiting for limits, reading the reply, and waiting before the next attempt.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use crate::client::attempts::Received;
use crate::client::call::CallContext;
use crate::client::failure::{answer_timeout, connection_error, incomplete, too_long, total_timeout};
use crate::client::retry::{self, Decision, RetryContext};
use crate::client::{Client, Completed, fallback};
use crate::error::{Error, ErrorKind};
use crate::limits::Permit;
use crate::prelude::*;
use crate::transport::{Body, Failure, Head, Transport};
use crate::wire::errors;

/// The most bytes of an error's body that are read: enough for any message.
const MAX_ERROR_BODY: usize = 1 << 20;
/// The most bytes of an answer's headers, names and values: twice what common servers can send.
const MAX_HEADERS: usize = 64 << 10;
/// The longest wait for an error's body after its head.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(5);

/// The beginning of an answer with a status of success.
pub(super) struct Answer<B> {
    pub(super) head: Head,
    pub(super) body: HeldBody<B>,
}

/// A body, and the permit of its call.
pub(super) struct HeldBody<B> {
    body: B,
    permit: Permit,
}

impl<B> HeldBody<B> {
    /// Closes the connection before a further request, and returns the permit.
    pub(super) fn close(self) -> Permit {
        self.permit
    }
}

impl<B: Body> Body for HeldBody<B> {
    type Chunk = B::Chunk;

    fn chunk(&mut self) -> impl Future<Output = Result<Option<B::Chunk>, Failure>> {
        self.body.chunk()
    }

    fn release(self) {
        self.body.release();
    }
}

impl<T: Transport> Client<T> {
    /// Sends a request until a complete reply is read and decoded.
    pub(super) async fn complete(&self, call: &mut CallContext) -> Result<Completed, Error> {
        loop {
            let Answer { head, mut body } = self.send(call).await?;
            let left = call.present.timeouts.total.saturating_sub(self.transport().now().saturating_sub(call.sent_at));
            let read = self.within(left, read_all(&mut body, self.config().max_response_bytes)).await;
            let outcome = match read {
                Some(Ok(bytes)) => {
                    call.present.endpoint.decode(fallback::converter(call, &head), self.config(), &head, bytes)
                }
                Some(Err(error)) => Err(error),
                None => Err(total_timeout(call.present.timeouts.total)),
            };
            match outcome {
                Ok(value) => {
                    self.record_answer_of_endpoint(call);
                    return Ok(Completed { value, head, retries_taken: call.retries_taken });
                }
                Err(error) => self.pause(self.plan_retry(call, error, Some(&head), body.close())?).await,
            }
        }
    }

    /// Sends a request, when the limits of its endpoint allow it, until an answer has a status of success.
    pub(super) async fn send(&self, call: &mut CallContext) -> Result<Answer<T::Body>, Error> {
        loop {
            let mut permit = match self.acquire(call).await {
                Ok(permit) => permit,
                Err(error) => {
                    self.list_failed(call, &error, Received::default());
                    self.fall_back(call, error)?;
                    continue;
                }
            };
            let route = self.route(call.route);
            call.was_sent = true;
            if let Some(record) = &call.record {
                record.sent(call.sent_at, call.queued);
            }
            call.hold = permit.token_hold();
            let limit = call.answer_limit();
            let sent = self.notify_sending(call);
            let answer = self.within(limit, route.transport.send(call.present.request.clone())).await;
            if let Some(Ok((head, _))) = &answer {
                if let Some(record) = &call.record {
                    record.answered(head);
                }
                if let Some(sent) = sent {
                    self.notify_answered(call, head, sent);
                }
            }
            let (error, head) = match answer {
                Some(Ok((head, _))) if length(&head) > MAX_HEADERS => {
                    let message = format!(
                        "the answer's headers are longer than {MAX_HEADERS} bytes; check the proxy before the server"
                    );
                    let error = Error::new(ErrorKind::LimitExceeded, message);
                    self.list_failed(call, &error, Received::head(Some(&head)));
                    return Err(error);
                }
                Some(Ok((head, body))) if (200..300).contains(&head.status) => {
                    permit.grant(&*route.transport, &head);
                    return Ok(Answer { head, body: HeldBody { body, permit } });
                }
                Some(Ok((head, mut body))) => {
                    let read = self.within(ERROR_BODY_WAIT.min(limit), read_all(&mut body, MAX_ERROR_BODY)).await;
                    let bytes = read.and_then(Result::ok).unwrap_or_default();
                    (call.explain(errors::from_response(&head, &bytes, &call.present.request.url)), Some(head))
                }
                Some(Err(failure)) => {
                    (connection_error(&failure, &route.config.base_url, call.present.timeouts.connect), None)
                }
                None => (answer_timeout(limit, call.present.timeouts.total), None),
            };
            self.pause(self.plan_retry(call, error, head.as_ref(), permit)?).await;
        }
    }

    /// Waits until the limits of the present endpoint allow the request.
    async fn acquire(&self, call: &mut CallContext) -> Result<Permit, Error> {
        let route = self.route(call.route);
        let since = self.transport().now();
        if let Some(record) = &call.record {
            record.wait(&route.config.base_url, call.present.model.as_deref(), &call.secrets, since);
        }
        let acquired = route.limits.acquire(&*route.transport, call.present.tokens, call.was_sent).await;
        call.sent_at = self.transport().now();
        call.queued = call.queued.saturating_add(call.sent_at.saturating_sub(since));
        acquired
    }

    /// Decides how long to wait until the next attempt, and where it is sent. Fails if there is none.
    pub(super) fn plan_retry(
        &self,
        call: &mut CallContext,
        error: Error,
        head: Option<&Head>,
        mut permit: Permit,
    ) -> Result<Duration, Error> {
        let route = self.route(call.route);
        let (limits, transport) = (&route.limits, &*route.transport);
        let moves_on = self.record_failure_of_endpoint(call, &error);
        let context = RetryContext {
            may_retry: limits.may_retry(),
            refused_for: limits.refused_for(transport.now()),
            retries_taken: call.retries_here,
            max_retries: if moves_on { 0 } else { call.present.max_retries },
            max_retry_after: route.config.max_retry_after,
            unix_time: transport.unix_time(),
            random: transport.random(),
        };
        let reported = if T::NOTIFIES && call.notices.is_some() { Some(error.clone()) } else { None };
        let kind = error.kind();
        let attempt = self.failed_attempt(call, &error, Received::head(head));
        let decision = retry::decide(error, head, context);
        permit.fail(transport, kind, head, decision.pause(limits.is_on(), route.config.max_retry_after));
        // A call leaves its slot while it waits.
        drop(permit);
        match decision {
            Decision::Fail(error) => {
                call.list(attempt);
                self.fall_back(call, error).map(|()| Duration::ZERO)
            }
            Decision::Requeue(_) => Ok(Duration::ZERO),
            Decision::RetryAfter(wait) => {
                call.list(attempt);
                limits.count_retry();
                if let Some(error) = reported {
                    self.notify_retrying(call, error, wait);
                }
                call.retries_here += 1;
                call.retries_taken += 1;
                Ok(wait)
            }
        }
    }

    /// Waits before the next attempt. After the end of a client, that attempt fails.
    pub(super) async fn pause(&self, wait: Duration) {
        if wait > Duration::ZERO {
            self.transport().pause(wait).await;
        }
    }

    /// The outcome of `work`, or `None` if it takes longer than `limit`.
    async fn within<R>(&self, limit: Duration, work: impl Future<Output = R>) -> Option<R> {
        let mut timer = self.transport().sleep(limit);
        race(work, &mut timer).await
    }
}

/// The outcome of `work`, or `None` if `timer` is ready first.
pub(super) async fn race<R>(
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

/// Reads a body to its end. Fails if it has more than `limit` bytes.
async fn read_all(body: &mut impl Body, limit: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(chunk.as_ref()),
            Ok(None) => return Ok(bytes),
            Err(failure) => return Err(incomplete(&failure)),
        }
        if bytes.len() > limit {
            return Err(too_long(limit));
        }
    }
}

/// Bytes of the names and values of all headers.
fn length(head: &Head) -> usize {
    head.headers.iter().map(|(name, value)| name.len() + value.len()).sum()
}
