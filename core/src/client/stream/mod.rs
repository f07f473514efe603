//! A streamed answer: bytes in, batches of repaired items out.
//!
//! Invariant: an error comes after every item that was received before it, and carries the accumulated answer. A stream is opened again only
//! while none of its items were returned. Dropping it closes its connection.
//!
//! `read`: reading and decoding. `deadline`: the time limits. `budget`: the running cost.

use core::fmt;
use core::time::Duration;

use crate::prelude::*;
use crate::value::Value;

mod budget;
mod deadline;
mod read;

use crate::client::Client;
use crate::client::attempt::{Answer, HeldBody};
use crate::client::call::CallContext;
#[cfg(feature = "serde-json")]
use crate::client::typed::typed;
use crate::cost::{ReplyUsage, Reservation};
use crate::error::Error;
use crate::events::helper::HelperEvent;
use crate::events::{EventEncoder, View};
use crate::sync::Shared;
use crate::transport::{Head, Transport};
use crate::wire::body::BodyReader;
#[cfg(feature = "serde-json")]
use crate::wire::openai::{ChatCompletion, ChatCompletionChunk};
use crate::wire::{Batch, Endpoint, Item};
use budget::BudgetMonitor;
use deadline::Deadlines;

/// A streamed answer.
pub struct Events<T: Transport> {
    client: Client<T>,
    call: CallContext,
    endpoint: Endpoint,
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
    has_delivered: bool,
    /// The error to return after the items that were received before it.
    pending_error: Option<Error>,
    /// The next step of opening the stream again.
    reopen: Option<Reopen>,
    /// Items of the last batch that [`Events::next`] has not returned yet.
    queue: alloc::vec::IntoIter<Item>,
    encoder: EventEncoder,
    /// `None` after a reopened stream has taken the reservation over.
    reservation: Option<Shared<Reservation>>,
    /// `None` without a budget.
    budget: Option<BudgetMonitor>,
}

/// A step of opening a stream again.
enum Reopen {
    /// Wait until this time.
    Wait(Duration),
    /// Send the request.
    Send,
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
        endpoint: Endpoint,
        reservation: Shared<Reservation>,
    ) -> Result<Self, Error> {
        let limit = call.timeouts.first_token.min(call.timeouts.total);
        match client.send(&mut call, limit).await {
            Ok(Answer { head, body, sent }) => Ok(Self {
                reader: BodyReader::new(
                    endpoint.codec(head.clone()),
                    head.clone(),
                    client.config().body_limits(),
                    client.config().include_raw,
                ),
                encoder: EventEncoder::new(call.structured),
                client,
                call,
                endpoint,
                head,
                body: Some(body),
                received: 0,
                is_behind: false,
                size_hint: 0,
                deadlines: Deadlines::new(sent),
                has_delivered: false,
                pending_error: None,
                reopen: None,
                queue: Vec::new().into_iter(),
                budget: reservation.is_limited().then(BudgetMonitor::default),
                reservation: Some(reservation),
            }),
            Err(error) => {
                reservation.close();
                Err(call.finish(error))
            }
        }
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
        if let (Some(reservation), Value::Object(fields)) = (&self.reservation, &mut snapshot) {
            reservation.cost(&ReplyUsage::from_fields(fields)).write(fields);
        }
        Some(snapshot)
    }

    /// The stream's reservation, for a host that cancels the stream from another thread. `None` without a budget.
    pub fn reservation(&self) -> Option<Shared<Reservation>> {
        self.reservation.clone().filter(|reservation| reservation.is_limited())
    }

    /// Adds the stream's cost to the client's spending. Later calls have no effect.
    fn settle(&mut self) {
        self.call.return_tokens(self.reader.codec.metadata().get("usage"));
        match (&self.reservation, self.reader.codec.metadata()) {
            (Some(reservation), metadata) if metadata.is_empty() => reservation.close(),
            (Some(reservation), metadata) => {
                reservation.settle(&reservation.cost(&ReplyUsage::from_fields(metadata)), false);
            }
            (None, _) => {}
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
        self.settle();
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
                return Err(error);
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
                    return Ok(Some(batch));
                }
                Ok(None) => {}
                Err(error) => self.retry_or_fail(error).await?,
            }
        }
    }

    async fn retry_or_fail(&mut self, error: Error) -> Result<(), Error> {
        // Closes the connection: a page has one exchange for each call.
        let Some(permit) = self.body.take().map(HeldBody::close).filter(|_| !self.has_delivered) else {
            return Err(self.fail(error));
        };
        match self.client.plan_retry(&mut self.call, error, Some(&self.head), permit) {
            Ok(wait) => self.reopen = Some(Reopen::Wait(self.client.transport().now() + wait)),
            Err(error) => return Err(self.fail(error)),
        }
        self.reopen().await
    }

    /// Opens the stream again. Continues after an earlier call whose future was dropped.
    async fn reopen(&mut self) -> Result<(), Error> {
        if let Some(Reopen::Wait(until)) = self.reopen {
            self.client.pause(until.saturating_sub(self.client.transport().now())).await;
            self.reopen = Some(Reopen::Send);
        }
        if let Some(reservation) = self.reservation.clone() {
            let opened = Self::open(self.client.clone(), self.call.clone(), self.endpoint.clone(), reservation).await;
            self.reopen = None;
            let opened = opened?;
            // The new stream has the reservation: dropping the old one must not settle it.
            self.reservation = None;
            *self = opened;
        }
        Ok(())
    }

    fn fail(&mut self, error: Error) -> Error {
        // Text that the codec held back belongs to the partial answer.
        self.reader.codec.flush(&mut Vec::new());
        self.settle();
        let error = error.with_partial(self.snapshot()).with_head(&self.head);
        self.call.finish(error)
    }
}

impl<T: Transport> Drop for Events<T> {
    fn drop(&mut self) {
        self.settle();
    }
}
