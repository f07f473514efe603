//! Opening a stream again after it broke: from its start, or where it broke.
//!
//! Invariant: a stream of which no item was returned is repeated. After that, only its rest may be requested, and the caller gets no item twice. The
//! steps are kept in the stream, so that a dropped future loses none.

use core::time::Duration;

use crate::client::fallback;
use crate::client::send::{Answer, HeldBody};
use crate::client::stream::Events;
use crate::client::stream::budget::BudgetMonitor;
use crate::client::stream::deadline::Deadlines;
use crate::cost::ReplyUsage;
use crate::error::Error;
use crate::events::EventEncoder;
use crate::transport::{Head, Transport};
use crate::wire::body::BodyReader;

/// A step of opening a stream again.
pub(super) enum Reopen {
    /// Wait until this time.
    Wait(Duration),
    /// Send the request.
    Send,
}

impl<T: Transport> Events<T> {
    /// Plans how a stream that broke goes on, and opens it again. Fails if it can't go on.
    pub(super) async fn retry_or_fail(&mut self, error: Error) -> Result<(), Error> {
        // Closes the connection: a page has one exchange for each call.
        let permit = self.body.take().map(HeldBody::close);
        let (planned, is_listed) = match permit {
            // A request that has brought nothing is repeated, also one that continues an answer.
            Some(permit) if !self.has_items => {
                (self.client.plan_retry(&mut self.call, error, Some(&self.head), permit), true)
            }
            permit => {
                drop(permit);
                (self.plan_continuation(error), false)
            }
        };
        match planned {
            Ok(wait) => {
                self.has_failed = true;
                self.reopen = Some(Reopen::Wait(self.client.transport().now().saturating_add(wait)));
            }
            Err(error) => {
                self.has_failed = is_listed;
                return Err(self.fail(error));
            }
        }
        self.reopen().await
    }

    /// Prepares the request that continues the partial answer.
    fn plan_continuation(&mut self, error: Error) -> Result<Duration, Error> {
        // Text that the codec held back belongs to the partial answer.
        self.reader.codec.flush(&mut self.flushed);
        self.record_reply();
        let partial = self.reader.codec.snapshot();
        let usage = ReplyUsage::from_fields(self.reader.codec.metadata());
        self.client.continue_answer(&mut self.call, error, &self.head, partial.as_ref(), &usage)?;
        self.is_continued = true;
        Ok(Duration::ZERO)
    }

    /// Opens the stream again. Continues after an earlier call whose future was dropped.
    pub(super) async fn reopen(&mut self) -> Result<(), Error> {
        if let Some(Reopen::Wait(until)) = self.reopen {
            self.client.pause(until.saturating_sub(self.client.transport().now())).await;
            self.reopen = Some(Reopen::Send);
        }
        let answer = self.client.send(&mut self.call).await;
        self.reopen = None;
        match answer {
            Ok(Answer { head, body }) => self.restart(head, body),
            Err(error) => return Err(self.end(error)),
        }
        Ok(())
    }

    /// Reads a further answer: from its start, or as the rest of the answer so far.
    fn restart(&mut self, head: Head, body: HeldBody<T::Body>) {
        let config = self.client.config();
        let converter = fallback::converter(&self.call, &head);
        let codec = converter.unwrap_or_else(|| self.call.present.endpoint.codec(head.clone()));
        let codec = if self.has_delivered {
            fallback::continued(&mut *self.reader.codec, codec)
        } else {
            self.received = 0;
            self.encoder = EventEncoder::new(self.call.structured);
            codec
        };
        self.reader = BodyReader::new(codec, head.clone(), config.body_limits(), config.include_raw);
        self.budget = self.budget.take().map(|_| BudgetMonitor::default());
        self.deadlines = Deadlines::new(self.call.sent_at);
        self.head = head;
        self.body = Some(body);
        self.is_behind = false;
        self.size_hint = 0;
        self.ended_at = None;
        self.has_failed = false;
        self.has_items = false;
        self.is_continued = false;
    }
}
