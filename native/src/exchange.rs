//! Requests that the host program sends with a transport of its own, such as a Python function.
//!
//! Invariant: the host produces a chunk only when the core waits for one, so a slow reader holds back the host. Dropping the request or the body
//! closes the exchange, and the host is woken.

use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use trilogue_core::transport::{self, Failure, Head, Request};

/// How long the host may take to end a body whose end marker has arrived.
const RELEASE_WAIT: Duration = Duration::from_secs(1);

/// A transport of the host program.
pub trait HostTransport: Send + Sync {
    /// Starts to send a request, without waiting. The host reports the response to `exchange`.
    fn start(&self, request: &Request, exchange: Arc<Exchange>);
}

/// One request and its response.
#[derive(Debug, Default)]
pub struct Exchange {
    state: Mutex<State>,
    /// Notified when a chunk is wanted, and when the exchange is closed.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The head or the failure of the request, until it is taken.
    head: Option<Result<Head, Failure>>,
    has_head: bool,
    chunk: Option<Bytes>,
    end: Option<Result<(), Failure>>,
    demand: Demand,
    /// The core, which waits for the host.
    reader: Option<Waker>,
    /// The host, which waits for demand.
    writer: Option<Waker>,
    /// The host, which wants to know when the exchange is closed.
    on_close: Option<Waker>,
}

/// What the core expects from the host.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nothing for now.
    #[default]
    None,
    /// The next chunk, or the end of the body.
    Chunk,
    /// Nothing any more: the request was cancelled, or its response is complete.
    Closed,
}

impl Exchange {
    /// Reports the head of the response.
    pub fn respond(&self, head: Head) {
        self.report(|state| {
            state.has_head = true;
            state.head = Some(Ok(head));
        });
    }

    /// Adds the chunk that was wanted.
    pub fn send(&self, chunk: Bytes) {
        self.report(|state| {
            state.chunk = Some(chunk);
            if state.demand == Demand::Chunk {
                state.demand = Demand::None;
            }
        });
    }

    /// Ends the body.
    pub fn end(&self) {
        self.report(|state| state.end = Some(Ok(())));
    }

    /// Ends the request, or its response, with a failure.
    pub fn fail(&self, failure: Failure) {
        self.report(|state| {
            if !state.has_head {
                state.head = Some(Err(failure.clone()));
            }
            state.end = Some(Err(failure));
        });
    }

    /// Ends a response that the host will not end.
    pub fn abandon(&self) {
        if self.state().end.is_none() {
            self.fail(Failure::Connection("the transport ended without a response".to_owned()));
        }
    }

    /// Returns whether the host has reported the head of the response.
    pub fn has_head(&self) -> bool {
        self.state().has_head
    }

    /// What the core expects at this moment.
    pub fn demand(&self) -> Demand {
        self.state().demand
    }

    /// Waits in this thread until the core expects a chunk. Returns false if it expects no more.
    pub fn wait_for_demand(&self) -> bool {
        let state = self.changed.wait_while(self.state(), |state| state.demand == Demand::None);
        state.unwrap_or_else(PoisonError::into_inner).demand == Demand::Chunk
    }

    /// Wakes `waker` once the demand is no longer `None`, which may be now.
    pub fn watch_demand(&self, waker: Waker) {
        let mut state = self.state();
        if state.demand == Demand::None {
            state.writer = Some(waker);
            return;
        }
        drop(state);
        waker.wake();
    }

    /// Wakes `waker` once the exchange is closed, which may be now.
    pub fn watch_close(&self, waker: Waker) {
        let mut state = self.state();
        if state.demand == Demand::Closed {
            drop(state);
            waker.wake();
        } else {
            state.on_close = Some(waker);
        }
    }

    /// Changes the response, and wakes the core.
    fn report(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Changes the demand, and wakes the host.
    fn expect(&self, mut state: MutexGuard<'_, State>, demand: Demand) {
        state.demand = demand;
        let writer = state.writer.take();
        let on_close = if demand == Demand::Closed { state.on_close.take() } else { None };
        drop(state);
        self.changed.notify_all();
        [writer, on_close].into_iter().flatten().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The core's side of an exchange. Dropping it closes the exchange.
#[derive(Debug)]
pub(crate) struct Reader(Arc<Exchange>);

impl Reader {
    /// Starts a request.
    pub(crate) fn start(host: &dyn HostTransport, request: &Request) -> Self {
        let reader = Self(Arc::new(Exchange::default()));
        host.start(request, Arc::clone(&reader.0));
        reader
    }

    /// Waits for the head of the response.
    pub(crate) async fn head(&self) -> Result<Head, Failure> {
        poll_fn(|context| {
            let mut state = self.0.state();
            if let Some(head) = state.head.take() {
                return Poll::Ready(head);
            }
            state.reader = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl transport::Body for Reader {
    type Chunk = Bytes;

    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        poll_fn(|context| {
            let mut state = self.0.state();
            if let Some(chunk) = state.chunk.take() {
                return Poll::Ready(Ok(Some(chunk)));
            }
            if let Some(end) = &state.end {
                return Poll::Ready(end.clone().map(|()| None));
            }
            state.reader = Some(context.waker().clone());
            self.0.expect(state, Demand::Chunk);
            Poll::Pending
        })
        .await
    }

    fn release(mut self) {
        // At the end of its body, the host's connection can serve the next request.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(
                RELEASE_WAIT,
                async move { while let Ok(Some(_)) = self.chunk().await {} },
            ));
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.expect(self.0.state(), Demand::Closed);
    }
}
