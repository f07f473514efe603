//! Streams whose items an asynchronous block yields.
//!
//! The block runs only while the stream is polled, and never more than one item ahead of the reader. Dropping the stream drops the block.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use trilogue_core::Error;

use crate::platform::BoxFuture;

/// Hands items of the block to the reader of the stream.
pub(crate) struct Sender<I>(Slot<I>);

/// The item that the reader has not taken yet.
struct Slot<I>(Arc<Mutex<Option<I>>>);

impl<I> Slot<I> {
    fn lock(&self) -> MutexGuard<'_, Option<I>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I> Sender<I> {
    /// Yields an item; returns once the reader wants the next one. Call it in the block itself, not in a future that another one polls.
    pub(crate) async fn send(&self, item: I) {
        *self.0.lock() = Some(item);
        poll_fn(|_| if self.0.lock().is_none() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

/// A stream of items, and the output of its block.
pub(crate) struct Generator<'a, I, R> {
    slot: Slot<I>,
    block: Option<BoxFuture<'a, Result<R, Error>>>,
    output: Option<R>,
}

impl<'a, I, R> Generator<'a, I, R> {
    pub(crate) fn new(block: impl FnOnce(Sender<I>) -> BoxFuture<'a, Result<R, Error>>) -> Self {
        let slot = Arc::new(Mutex::new(None));
        let block = block(Sender(Slot(Arc::clone(&slot))));
        Self { slot: Slot(slot), block: Some(block), output: None }
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<I, Error>>> {
        let Some(block) = &mut self.block else { return Poll::Ready(None) };
        let outcome = block.as_mut().poll(cx);
        if let Some(item) = self.slot.lock().take() {
            return Poll::Ready(Some(Ok(item)));
        }
        let Poll::Ready(outcome) = outcome else { return Poll::Pending };
        self.block = None;
        match outcome {
            Ok(output) => {
                self.output = Some(output);
                Poll::Ready(None)
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Runs the block to its end and returns its output; `None` if it has failed before.
    pub(crate) async fn finish(mut self) -> Result<Option<R>, Error> {
        while let Some(item) = poll_fn(|cx| self.poll_next(cx)).await {
            drop(item?);
        }
        Ok(self.output)
    }
}
