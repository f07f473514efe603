//! A streamed answer: bytes in, batches of repaired items out.
//!
//! Invariant: an error comes after every item that was received before it, and carries the accumulated answer. A stream is repeated only while
//! none of its items were returned; after that, it can only be continued. Dropping it closes its connection.
//!
//! `read`: reading and decoding. `reopen`: repeating or continuing a stream that broke. `deadline`: the time limits. `budget`: the running cost.

use core::fmt;
use core::time::Duration;

use crate::prelude::*;
use crate::value::Value;

mod budget;
mod deadline;
mod read;
mod reopen;

use crate::client::attempts::{Received, write_attempts};
use crate::client::call::CallContext;
use crate::client::recorder::{OpenRecord, Recording};
use crate::client::send::{Answer, HeldBody};
#[cfg(feature = "serde-json")]
use crate::client::typed::typed;
use crate::client::{Client, fallback};
use crate::cost::{ReplyUsage, Reservation};
use crate::error::Error;
use crate::events::helper::HelperEvent;
use crate::events::{EventEncoder, View};
use crate::sync::Shared;
use crate::transport::{Head, Transport};
use crate::wire::body::BodyReader;
#[cfg(feature = "serde-json")]
use crate::wire::openai::{ChatCompletion, ChatCompletionChunk};
use crate::wire::{Attempt, Batch, Item};
use budget::BudgetMonitor;
use deadline::Deadlines;
use reopen::Reopen;

/// A streamed answer.
pub struct Events<T: Transport> {
    client: Client<T>,
    call: CallContext,
    head: Head,
    reader: BodyReader,
    /// `None` after the end.
    body: Option<HeldBody<T::Body>>,
    /// Bytes of the body so far.
    received: usize,
    /// Whether the reader may have frames that were received and not decoded.
    is_behind: bool,
    /// The number of items in the last batch: the next batch usually has about as many.
    size_hint: usize,
    deadlines: Deadlines<T::Sleep>,
    /// Whether items of the answer were returned.
    has_delivered: bool,
    /// Whether the present attempt has brought items.
    has_items: bool,
    /// The error to return after the items that were received before it.
    pending_error: Option<Error>,
    /// The next step of opening the stream again.
    reopen: Option<Reopen>,
    /// Items of the last batch that [`Events::next`] has not returned yet.
    queue: alloc::vec::IntoIter<Item>,
    encoder: EventEncoder,
    /// `None` without a budget.
    budget: Option<BudgetMonitor>,
    /// When the answer ended or failed.
    ended_at: Option<Duration>,
    /// Whether the present attempt has failed, and is listed as such.
    has_failed: bool,
    /// Whether the usage of the reader's answer counts as that of an earlier request, which the next one continues.
    is_continued: bool,
    /// Items that the codec held back, and that precede those of the continued answer.
    flushed: Vec<Item>,
    /// Empty if the call has no record.
    recording: Recording<T>,
}

impl<T: Transport> fmt::Debug for Events<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("status", &self.head.status)
            .field("ended", &self.body.is_none())
            .finish_non_exhaustive()
    }
}

impl<T: Transport> Events<T> {
    /// Sends the request, and returns the stream once the server has answered with success.
    pub(super) async fn open(
        client: Client<T>,
        mut call: CallContext,
        mut recording: Recording<T>,
    ) -> Result<Self, Error> {
        let Answer { head, body } = client.send(&mut call).await.map_err(|error| {
            if let Some(reservation) = &call.reservation {
                reservation.close();
            }
            recording.fail(call.finish(error))
        })?;
        recording.open();
        let codec = fallback::converter(&call, &head).unwrap_or_else(|| call.present.endpoint.codec(head.clone()));
        let is_limited = call.reservation.as_ref().is_some_and(|reservation| reservation.is_limited());
        Ok(Self {
            reader: BodyReader::new(codec, head.clone(), client.config().body_limits(), client.config().include_raw),
            encoder: EventEncoder::new(call.structured),
            deadlines: Deadlines::new(call.sent_at),
            client,
            call,
            head,
            body: Some(body),
            received: 0,
            is_behind: false,
            size_hint: 0,
            has_delivered: false,
            has_items: false,
            pending_error: None,
            reopen: None,
            queue: Vec::new().into_iter(),
            budget: is_limited.then(BudgetMonitor::default),
            ended_at: None,
            has_failed: false,
            is_continued: false,
            flushed: Vec::new(),
            recording,
        })
    }

    /// The record of the call, for a host that closes the stream from another thread. `None` if the call has none, or has ended.
    pub fn record(&self) -> Option<OpenRecord<T>> {
        self.recording.handle()
    }

    /// Status and headers of the answer.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How often the request was sent again.
    pub fn retries_taken(&self) -> u32 {
        self.call.retries_taken
    }

    /// The number of bytes of the body that were read so far.
    pub fn received(&self) -> usize {
        self.received
    }

    /// The accumulated answer so far, in the shape of a reply that isn't streamed. `None` before the first item.
    pub fn snapshot(&self) -> Option<Value> {
        let mut snapshot = self.reader.codec.snapshot()?;
        if let (Some(reservation), Value::Object(fields)) = (&self.call.reservation, &mut snapshot) {
            let attempts = self.attempts();
            reservation.cost(self.usage().as_ref()).write(fields);
            write_attempts(attempts, fields);
        }
        Some(snapshot)
    }

    /// The usage of the present answer alone, as far as it was reported. `None` if nothing was received, or if it counts as that of an earlier
    /// request already.
    fn usage(&self) -> Option<ReplyUsage<'_>> {
        let metadata = self.reader.codec.metadata();
        (!self.is_continued && !metadata.is_empty()).then(|| ReplyUsage::from_fields(metadata))
    }

    /// The attempts of the call, if it has fallbacks or can be continued.
    fn attempts(&self) -> Option<Vec<Attempt>> {
        if self.has_failed {
            // The present one is listed already.
            return self.call.routing.as_ref().map(|_| self.call.attempts.clone());
        }
        let now = self.ended_at.unwrap_or_else(|| self.client.transport().now());
        let usage = self.usage();
        self.client.attempts(&self.call, Received { head: Some(&self.head), usage: usage.as_ref() }, now)
    }

    /// The stream's reservation, for a host that cancels the stream from another thread. `None` without a budget.
    pub fn reservation(&self) -> Option<Shared<Reservation>> {
        self.call.reservation.clone().filter(|reservation| reservation.is_limited())
    }

    /// Adds the stream's cost to the client's spending. Later calls have no effect.
    fn settle(&mut self) {
        let metadata = self.reader.codec.metadata();
        if !self.is_continued {
            self.call.return_tokens(metadata.get("usage"));
        }
        self.ended_at.get_or_insert_with(|| self.client.transport().now());
        if let Some(reservation) = &self.call.reservation {
            reservation.settle(self.usage().as_ref(), false);
        }
    }

    /// The accumulated answer so far, as a Rust type. `None` before the first item.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::ResponseValidation`] if the answer doesn't have the shape of a completion.
    #[cfg(feature = "serde-json")]
    pub fn completion(&self) -> Result<Option<ChatCompletion>, Error> {
        self.snapshot().map(|value| typed(value, &self.head)).transpose()
    }

    /// The next chunk, or `None` after the last one.
    #[cfg(feature = "serde-json")]
    pub async fn next(&mut self) -> Result<Option<ChatCompletionChunk>, Error> {
        loop {
            if let Some(item) = self.queue.next() {
                return typed(Value::Object(item.into_fields()), &self.head).map(Some);
            }
            match self.next_batch().await? {
                Some(batch) => self.queue = batch.items.into_iter(),
                None => return Ok(None),
            }
        }
    }

    /// The next batch as events, and whether it is the last; `None` after the end.
    pub async fn next_events(&mut self, view: View) -> Result<Option<(Vec<HelperEvent>, bool)>, Error> {
        let Some(batch) = self.next_batch().await? else { return Ok(None) };
        let done = batch.done;
        Ok(Some((self.encoder.encode(batch, view), done)))
    }

    /// Takes the stream's encoder, for a host that keeps batches and encodes them later. [`Events::next_events`] must not be used afterwards.
    pub fn take_encoder(&mut self) -> EventEncoder {
        core::mem::take(&mut self.encoder)
    }

    /// Closes the connection. The accumulated answer remains; there are no further batches.
    pub fn close(&mut self) {
        self.record_health();
        self.settle();
        self.recording.close();
        self.body = None;
        self.pending_error = None;
        self.reopen = None;
        self.queue = Vec::new().into_iter();
    }

    /// The items of the next network read, or `None` after the end. Dropping the future loses no item.
    ///
    /// # Errors
    ///
    /// Every failure of the stream. The error carries the partial answer, and no batch follows it.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>, Error> {
        // Between two calls the reader may have held the server back, so that time doesn't count as the server's silence.
        self.deadlines.start_wait(self.client.transport().now());
        loop {
            if let Some(error) = self.pending_error.take() {
                self.retry_or_fail(error).await?;
            }
            if self.reopen.is_some() {
                self.reopen().await?;
            }
            if self.body.is_none() {
                return Ok(None);
            }
            match self.read().await {
                Ok(Some(batch)) => {
                    self.has_delivered = true;
                    self.record_batch(&batch);
                    return Ok(Some(batch));
                }
                Ok(None) => {}
                Err(error) => self.retry_or_fail(error).await?,
            }
        }
    }

    /// Ends the stream with an error of its present answer.
    fn fail(&mut self, error: Error) -> Error {
        let error = error.with_head(&self.head);
        self.end(error)
    }

    /// Ends the stream with an error, which carries the partial answer.
    fn end(&mut self, error: Error) -> Error {
        // Text that the codec held back belongs to the partial answer.
        self.reader.codec.flush(&mut Vec::new());
        self.settle();
        self.record_reply();
        if !core::mem::replace(&mut self.has_failed, true) {
            let usage = self.usage();
            let received = Received { head: Some(&self.head), usage: usage.as_ref() };
            let attempt = self.client.failed_attempt(&self.call, &error, received);
            self.call.list(attempt);
        }
        let error = self.call.finish(error.with_partial(self.snapshot()));
        self.recording.fail(error)
    }

    /// Records the items of a batch, and the end of the call with the last one.
    fn record_batch(&mut self, batch: &Batch) {
        if !self.recording.is_on() {
            return;
        }
        self.recording.count(batch.items.len(), self.client.transport().now());
        self.record_reply();
        if batch.done {
            self.recording.complete(self.reader.codec.snapshot().as_ref());
        }
    }

    fn record_reply(&self) {
        if !self.is_continued {
            self.recording.reply(self.reader.codec.metadata());
        }
    }

    /// Records the health of the endpoint of a stream that its reader closes: a stream that brought items is an answer.
    fn record_health(&self) {
        if self.body.is_some() && self.has_items {
            self.client.record_answer_of_endpoint(&self.call);
        }
    }
}

impl<T: Transport> Drop for Events<T> {
    fn drop(&mut self) {
        self.record_health();
        self.settle();
    }
}
