//! A streamed answer: bytes in, batches of repaired items out.
//!
//! One batch a network read, or several where a read brings more than [`STEP`] bytes: the caller's other work goes on in between. There is
//! no `await` between receiving bytes and giving them to the reader, so that a cancel loses nothing. An error comes after every item that
//! stood before it, and carries what was accumulated. A stream is opened again only while nothing of it was handed out. Dropping it closes
//! its connection.

use core::fmt;
use core::time::Duration;

use crate::prelude::*;
use crate::value::Value;

use super::budget::BudgetMonitor;
#[cfg(feature = "serde")]
use crate::client::typed;
use crate::client::{CallContext, Client, broken, race, too_much, total_timeout};
use crate::config::Structured;
use crate::cost::{ReplyUsage, Reservation, Shared};
use crate::error::{Error, ErrorKind};
use crate::events::event::{Event, EventReader};
use crate::events::helper::{HelperEvent, HelperReader};
use crate::text::dialect::{Limit, Name};
use crate::transport::{Body, Head, Transport};
use crate::wire::body::BodyReader;
#[cfg(feature = "serde")]
use crate::wire::openai::{ChatCompletion, ChatCompletionChunk};
use crate::wire::{Batch, Endpoint, Item, Step};

/// How many bytes of frames are decoded at once: some milliseconds of work even where each frame is parsed.
const STEP: usize = 128 << 10;
/// What a frame counts on top of its data.
const FRAME: usize = 64;

/// A streamed answer.
pub struct Events<T: Transport> {
    client: Client<T>,
    call: CallContext,
    endpoint: Endpoint,
    head: Head,
    reader: BodyReader,
    body: Option<T::Body>,
    received: usize,
    /// The reader may hold frames that were received and not decoded.
    is_behind: bool,
    /// How many items the last read brought: the next one mostly brings as many.
    size_hint: usize,
    clock: Clock<T::Sleep>,
    delivered: bool,
    failed: Option<Error>,
    /// What is left of opening the stream again.
    reopen: Option<Reopen>,
    /// Items of the last batch that [`Events::next`] has not handed out yet.
    queue: alloc::vec::IntoIter<Item>,
    encoder: EventEncoder,
    /// Away where the stream is opened again.
    reservation: Option<Shared<Reservation>>,
    /// Of a stream with a budget.
    watch: Option<BudgetMonitor>,
}

/// Tells the items of a stream as events.
#[derive(Debug, Default)]
pub struct EventEncoder {
    reader: EventReader,
    helper: HelperReader,
}

impl EventEncoder {
    fn new(structured: Option<Structured>) -> Self {
        Self { reader: EventReader::default(), helper: HelperReader::new(structured) }
    }

    /// The events of [`crate::events::event`] of a batch.
    pub fn normal(&mut self, batch: &Batch) -> Vec<Event> {
        let mut events = Vec::new();
        for item in &batch.items {
            self.reader.read(item, &mut events);
        }
        events
    }

    /// The events of a batch, as `view` wants them.
    pub fn encode(&mut self, batch: Batch, view: View) -> Vec<HelperEvent> {
        if view == View::Normal {
            return self.normal(&batch).iter().map(|event| HelperEvent::Event(event.to_value())).collect();
        }
        let mut told = Vec::new();
        for item in batch.items {
            self.helper.read(item, &mut told);
        }
        told
    }
}

/// How a batch is told as events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The events of [`crate::events::event`], the same for every format.
    Normal,
    /// The events of [`crate::events::helper`], as users of the official clients know them.
    Helper,
}

/// What is left of opening a stream again.
enum Reopen {
    /// To wait, after this error.
    Wait(Error),
    Open,
}

struct Clock<S> {
    opened: Duration,
    progress: Option<Duration>,
    /// When the present wait for a batch began.
    waiting: Option<Duration>,
    /// When the timer is ready. It is left running while the deadline moves on, and armed again when it fires too early: that
    /// costs one timer an idle time and not one a read.
    timer: Option<(Duration, S)>,
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
    pub(crate) async fn open(
        client: Client<T>,
        mut call: CallContext,
        endpoint: Endpoint,
        reservation: Shared<Reservation>,
    ) -> Result<Self, Error> {
        let opened = client.transport().now();
        let limit = call.timeouts.first_token.min(call.timeouts.total);
        match client.send(&mut call, limit).await {
            Ok((head, body)) => Ok(Self {
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
                clock: Clock { opened, progress: None, waiting: None, timer: None },
                delivered: false,
                failed: None,
                reopen: None,
                queue: Vec::new().into_iter(),
                watch: reservation.is_limited().then(BudgetMonitor::default),
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

    /// How many bytes of the body were read so far.
    pub fn received(&self) -> usize {
        self.received
    }

    /// What was accumulated so far: a completion in the shape of a reply that wasn't streamed. `None` before anything came.
    pub fn snapshot(&self) -> Option<Value> {
        let mut snapshot = self.reader.codec.snapshot()?;
        if let (Some(reservation), Value::Object(fields)) = (&self.reservation, &mut snapshot) {
            reservation.cost(&ReplyUsage::from_fields(fields)).write(fields);
        }
        Some(snapshot)
    }

    /// The stream's part of its client's budget, for a host that gives a stream up from elsewhere.
    pub fn reservation(&self) -> Option<Shared<Reservation>> {
        self.reservation.clone().filter(|reservation| reservation.is_limited())
    }

    /// Tells the client what the stream cost, once.
    fn settle(&self) {
        match (&self.reservation, self.reader.codec.metadata()) {
            (Some(reservation), told) if told.is_empty() => reservation.close(),
            (Some(reservation), told) => reservation.settle(&reservation.cost(&ReplyUsage::from_fields(told)), false),
            (None, _) => {}
        }
    }

    /// What was accumulated so far, typed.
    #[cfg(feature = "serde")]
    pub fn completion(&self) -> Result<Option<ChatCompletion>, Error> {
        self.snapshot().map(|value| typed(value, &self.head)).transpose()
    }

    /// The next chunk, or `None` after the last.
    #[cfg(feature = "serde")]
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

    /// The next batch as the events of [`crate::events::event`], and whether the stream has ended with them; `None` after the end.
    pub async fn next_normal(&mut self) -> Result<Option<(Vec<Event>, bool)>, Error> {
        Ok(self.next_batch().await?.map(|batch| (self.encoder.normal(&batch), batch.done)))
    }

    /// The next batch as events, and whether the stream has ended with them; `None` after the end.
    pub async fn next_events(&mut self, view: View) -> Result<Option<(Vec<HelperEvent>, bool)>, Error> {
        let Some(batch) = self.next_batch().await? else { return Ok(None) };
        let done = batch.done;
        Ok(Some((self.encoder.encode(batch, view), done)))
    }

    /// Who tells this stream's events, for a host that keeps batches for later. From now on nobody else may.
    pub fn take_encoder(&mut self) -> EventEncoder {
        core::mem::take(&mut self.encoder)
    }

    /// Closes the connection. What was accumulated stays; there is no further batch.
    pub fn close(&mut self) {
        self.settle();
        self.body = None;
        self.failed = None;
        self.reopen = None;
        self.queue = Vec::new().into_iter();
    }

    /// What the next read from the network brings, or `None` after the end. Dropping the future loses nothing.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>, Error> {
        // While nobody waited, the server may have been held back: that was not its silence.
        self.clock.waiting = Some(self.client.transport().now());
        loop {
            if let Some(error) = self.failed.take() {
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
                    self.delivered = true;
                    return Ok(Some(batch));
                }
                Ok(None) => {}
                Err(error) => self.retry_or_fail(error).await?,
            }
        }
    }

    async fn retry_or_fail(&mut self, error: Error) -> Result<(), Error> {
        self.body = None;
        if self.delivered {
            return Err(self.fail(error));
        }
        self.reopen = Some(Reopen::Wait(error));
        self.reopen().await
    }

    /// Goes on to open the stream again, also where an earlier wait for that was dropped.
    async fn reopen(&mut self) -> Result<(), Error> {
        if let Some(Reopen::Wait(error)) = &self.reopen {
            let (error, head) = (error.clone(), self.head.clone());
            if let Err(error) = self.client.wait_for_retry(&mut self.call, error, Some(&head)).await {
                self.reopen = None;
                return Err(self.fail(error));
            }
            self.reopen = Some(Reopen::Open);
        }
        if let Some(reservation) = self.reservation.clone() {
            let opened = Self::open(self.client.clone(), self.call.clone(), self.endpoint.clone(), reservation).await;
            self.reopen = None;
            let opened = opened?;
            // The account goes on: what is replaced settles nothing.
            self.reservation = None;
            *self = opened;
        }
        Ok(())
    }

    fn fail(&mut self, error: Error) -> Error {
        // What was held back belongs to what was received.
        self.reader.codec.flush(&mut Vec::new());
        self.settle();
        let error = error.with_partial(self.snapshot()).with_head(&self.head);
        self.call.finish(error)
    }

    /// Decodes what is still held of the last read, or else reads. `None` where that brought nothing to hand out.
    async fn read(&mut self) -> Result<Option<Batch>, Error> {
        let mut has_ended = false;
        if self.is_behind {
            self.client.transport().yield_now().await;
            self.clock.check_total(self.client.transport(), &self.call)?;
        } else {
            has_ended = !self.receive().await?;
        }
        let mut items = Vec::with_capacity(self.size_hint);
        let outcome = if has_ended { self.last(&mut items).map(|()| Step::Done) } else { self.decode(&mut items) };
        self.size_hint = items.len();
        match outcome.and_then(|step| if step == Step::Done { self.check_end() } else { Ok(step) }) {
            Ok(Step::Done) => {
                self.settle();
                if let Some(body) = self.body.take() {
                    body.release();
                }
                Ok(Some(Batch { items, done: true }))
            }
            Ok(step) => {
                if step == Step::Progress {
                    self.clock.progress = Some(self.client.transport().now());
                }
                Ok(if items.is_empty() { None } else { Some(Batch { items, done: false }) })
            }
            Err(error) if items.is_empty() => Err(error),
            Err(error) => {
                self.body = None;
                self.failed = Some(self.fail(error));
                Ok(Some(Batch { items, done: false }))
            }
        }
    }

    /// Gives the next bytes of the body to the reader; false at the end of the body.
    async fn receive(&mut self) -> Result<bool, Error> {
        let Some(body) = self.body.as_mut() else { return Ok(false) };
        let chunk = match self.clock.next(self.client.transport(), &self.call, body).await? {
            Ok(chunk) => chunk,
            // A server may drop the connection once it has said all.
            Err(failure) if !self.at_end_of_answer() => return Err(broken(&failure)),
            Err(_) => None,
        };
        let Some(chunk) = chunk else { return Ok(false) };
        let bytes = chunk.as_ref();
        // Bytes up to the limit belong to the answer; only those beyond it are refused.
        let limit = self.client.config().max_response_bytes;
        let fits = bytes.get(..limit.saturating_sub(self.received)).unwrap_or(bytes);
        self.received = self.received.saturating_add(bytes.len());
        self.reader.push(fits)?;
        Ok(true)
    }

    fn at_end_of_answer(&self) -> bool {
        self.reader.has_events() && self.reader.codec.end().is_ok()
    }

    /// Decodes frames, until there is none or so many were decoded that others should have a turn.
    fn decode(&mut self, items: &mut Vec<Item>) -> Result<Step, Error> {
        let mut outcome = Step::KeepAlive;
        let mut decoded = 0;
        self.is_behind = true;
        while decoded < STEP {
            let before = items.len();
            let Some((step, length)) = self.reader.next(items)? else {
                self.is_behind = false;
                let limit = self.client.config().max_response_bytes;
                return if self.received > limit { Err(too_much(limit)) } else { Ok(outcome) };
            };
            decoded += length + FRAME;
            if let (Some(watch), Some(reservation)) = (&mut self.watch, &self.reservation) {
                let reply = || ReplyUsage::from_fields(self.reader.codec.metadata());
                let within = watch.look(reservation, items.get(before..).unwrap_or_default(), reply);
                // An answer that has ended can't be stopped.
                within.or_else(|passed| if step == Step::Done { Ok(()) } else { Err(passed) })?;
            }
            match step {
                Step::Done => return Ok(Step::Done),
                Step::Progress => outcome = Step::Progress,
                Step::KeepAlive => {}
            }
        }
        Ok(outcome)
    }

    /// The end of the body. What has ended can't be stopped any more, but counts.
    fn last(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        let ended = self.reader.finish(items);
        if let (Some(watch), Some(reservation)) = (&mut self.watch, &self.reservation) {
            let _passed = watch.look(reservation, items, || ReplyUsage::from_fields(self.reader.codec.metadata()));
        }
        ended
    }

    /// Whether the end of the answer is as it should be.
    fn check_end(&self) -> Result<Step, Error> {
        if !self.reader.check_finish_reason(self.client.config())? {
            let option = Name("require_finish_reason");
            let text =
                format!("the stream ended without a finish_reason and may be cut off; {option} makes this an error");
            self.client.warn(&self.call, &text);
        }
        if !self.reader.codec.has_start() {
            let text = "the stream began without message_start: the answer's id, model and input tokens are unknown";
            self.client.warn(&self.call, text);
        }
        Ok(Step::Done)
    }
}

impl<T: Transport> Drop for Events<T> {
    fn drop(&mut self) {
        self.settle();
    }
}

impl<S: Future<Output = ()> + Unpin> Clock<S> {
    /// The next bytes of `body`, or the error of the time limit that passes first.
    async fn next<T: Transport<Sleep = S>>(
        &mut self,
        transport: &T,
        call: &CallContext,
        body: &mut T::Body,
    ) -> Result<Result<Option<<T::Body as Body>::Chunk>, crate::transport::Failure>, Error> {
        loop {
            let total = self.opened + call.timeouts.total;
            let deadline = total.min(self.progress.map_or(self.opened + call.timeouts.first_token, |last| {
                last.max(self.waiting.unwrap_or_default()) + call.timeouts.idle
            }));
            if self.timer.as_ref().is_none_or(|(ready, _)| *ready > deadline) {
                self.timer = Some((deadline, transport.sleep(deadline.saturating_sub(transport.now()))));
            }
            let Some((ready, timer)) = &mut self.timer else { continue };
            let ready = *ready;
            if let Some(chunk) = race(body.chunk(), timer).await {
                return Ok(chunk);
            }
            self.timer = None;
            if ready >= deadline {
                return Err(self.timeout(call, deadline == total));
            }
        }
    }

    /// Fails once the whole call has taken too long.
    fn check_total(&self, transport: &impl Transport, call: &CallContext) -> Result<(), Error> {
        if transport.now() < self.opened + call.timeouts.total {
            return Ok(());
        }
        Err(total_timeout(call.timeouts.total))
    }

    fn timeout(&self, call: &CallContext, total: bool) -> Error {
        if total {
            return total_timeout(call.timeouts.total);
        }
        let (kind, what, limit) = match self.progress {
            None => (
                ErrorKind::FirstTokenTimeout,
                format!("nothing of the answer came within {}", Name("first_token_timeout")),
                call.timeouts.first_token,
            ),
            Some(_) => (
                ErrorKind::IdleTimeout,
                format!("the stream fell silent for longer than {}", Name("idle_timeout")),
                call.timeouts.idle,
            ),
        };
        Error::new(kind, format!("{what} ({}); keep-alive comments don't count", Limit(limit)))
    }
}
