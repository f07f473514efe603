//! Streamed replies as [`Stream`]s.
//!
//! A read that is dropped loses nothing: the next one continues it. Dropping a stream closes its connection.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::TryStreamExt as _;
use serde_json::Value;
use trilogue_core::events::event::{Event, EventReader};
use trilogue_core::transport::Head;
use trilogue_core::{ChatRequest, Error, Item, MessagesRequest};

use crate::platform::{BoxFuture, Transport};
use crate::request::{Request, typed};

type Events = trilogue_core::Events<Transport>;

/// A streamed chat completion: a [`Stream`] of [`ChatCompletionChunk`](crate::ChatCompletionChunk)s.
pub type ChatStream = ReplyStream<ChatRequest>;
/// A streamed message: a [`Stream`] of [`MessageEvent`](crate::MessageEvent)s.
pub type MessageStream = ReplyStream<MessagesRequest>;

/// A streamed reply: a [`Stream`] of the items of its format.
///
/// Errors end the stream; [`Error::partial`] has what was received before. Dropping the stream closes the connection.
#[derive(Debug)]
pub struct ReplyStream<R> {
    items: Items,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> ReplyStream<R> {
    pub(crate) fn new(events: Events) -> Self {
        Self { items: Items::new(events), request: PhantomData }
    }

    /// Returns the next item, or `None` after the last: `TryStreamExt::try_next`, for programs without the `futures` crates.
    pub async fn try_next(&mut self) -> Result<Option<R::Item>, Error> {
        futures_util::TryStreamExt::try_next(self).await
    }

    /// Converts the stream into [`Event`]s, which are the same for both formats. Call it before items are read.
    pub fn events(self) -> EventStream {
        EventStream::from(self.items)
    }

    /// Status and headers of the reply.
    pub fn head(&self) -> &Head {
        &self.items.head
    }

    /// Returns the reply as received so far, as JSON in the shape of a complete reply; `None` before anything was received.
    pub fn snapshot(&mut self) -> Option<Value> {
        self.items.snapshot()
    }

    /// Reads to the end and returns the complete reply.
    ///
    /// # Errors
    ///
    /// Those of the stream; [`ErrorKind::ResponseValidation`](crate::ErrorKind::ResponseValidation) if it was closed before anything was
    /// received.
    pub async fn finish(mut self) -> Result<R::Reply, Error> {
        while self.items.try_next().await?.is_some() {}
        typed(self.snapshot().unwrap_or_default())
    }

    /// Closes the connection. [`ReplyStream::snapshot`] keeps what was received; there are no further items.
    pub fn close(&mut self) {
        self.items.close();
    }
}

impl<R: Request> Stream for ReplyStream<R> {
    type Item = Result<R::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.items).poll_next(cx));
        Poll::Ready(item.map(|item| typed(item?.into_fields().into())))
    }
}

/// A streamed reply as [`Event`]s, which are the same for both formats.
#[derive(Debug)]
pub struct EventStream {
    items: Items,
    reader: EventReader,
    queue: std::vec::IntoIter<Event>,
}

impl From<Items> for EventStream {
    fn from(items: Items) -> Self {
        Self { items, reader: EventReader::default(), queue: Vec::new().into_iter() }
    }
}

impl EventStream {
    /// Returns the next event, or `None` after the last: `TryStreamExt::try_next`, for programs without the `futures` crates.
    pub async fn try_next(&mut self) -> Result<Option<Event>, Error> {
        futures_util::TryStreamExt::try_next(self).await
    }

    /// Returns the reply as received so far, as JSON in the shape of a complete reply; `None` before anything was received.
    pub fn snapshot(&mut self) -> Option<Value> {
        self.items.snapshot()
    }

    /// Closes the connection. [`EventStream::snapshot`] keeps what was received; there are no further events.
    pub fn close(&mut self) {
        self.items.close();
    }
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(event) = this.queue.next() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(item) = ready!(Pin::new(&mut this.items).poll_next(cx)?) else { return Poll::Ready(None) };
            let mut events = Vec::new();
            this.reader.read(&item, &mut events);
            this.queue = events.into_iter();
        }
    }
}

/// The items of a reply, as the core decodes them.
pub(crate) struct Items {
    pub(crate) head: Head,
    /// The stream, unless a read has borrowed it.
    slot: Slot,
    reading: Option<BoxFuture<'static, Result<Option<Vec<Item>>, Error>>>,
    queue: std::vec::IntoIter<Item>,
}

type Slot = Arc<Mutex<Option<Box<Events>>>>;

/// The stream while a read is using it. Dropping it puts the stream back, also if the read is dropped.
struct Borrowed {
    events: Option<Box<Events>>,
    slot: Slot,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        *lock(&self.slot) = self.events.take();
    }
}

fn lock(slot: &Slot) -> MutexGuard<'_, Option<Box<Events>>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(mut borrowed: Borrowed) -> Result<Option<Vec<Item>>, Error> {
    let Some(events) = &mut borrowed.events else { return Ok(None) };
    Ok(events.next_batch().await?.map(|batch| batch.items))
}

impl std::fmt::Debug for Items {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Items").field("status", &self.head.status).finish_non_exhaustive()
    }
}

impl Items {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            head: events.head().clone(),
            slot: Arc::new(Mutex::new(Some(Box::new(events)))),
            reading: None,
            queue: Vec::new().into_iter(),
        }
    }

    pub(crate) fn snapshot(&mut self) -> Option<Value> {
        // Dropping a read loses nothing.
        self.reading = None;
        lock(&self.slot).as_ref()?.snapshot()
    }

    pub(crate) fn close(&mut self) {
        self.reading = None;
        self.queue = Vec::new().into_iter();
        if let Some(events) = &mut *lock(&self.slot) {
            events.close();
        }
    }
}

impl Stream for Items {
    type Item = Result<Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(item) = this.queue.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            let reading = this.reading.get_or_insert_with(|| {
                let events = lock(&this.slot).take();
                Box::pin(read(Borrowed { events, slot: Arc::clone(&this.slot) }))
            });
            let outcome = ready!(reading.as_mut().poll(cx));
            this.reading = None;
            match outcome? {
                Some(items) => this.queue = items.into_iter(),
                None => return Poll::Ready(None),
            }
        }
    }
}
