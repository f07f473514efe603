//! A stream for a binding: a task reads ahead, and each call takes everything that was read.
//!
//! Invariant: items pass unchanged. Reading ahead saves the wakeup of two threads for each read of a fast stream; it is limited, so that a slow
//! reader holds back a fast server. Dropping the stream closes its connection.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use serde_json::Value;
use tokio::sync::{Notify, oneshot};
use trilogue_core::client::OpenRecord;
use trilogue_core::cost::Reservation;
use trilogue_core::events::helper::HelperEvent;
use trilogue_core::transport::Head;
use trilogue_core::{Batch, Error, ErrorKind, EventEncoder, View};

use crate::Events;
use crate::any_transport::AnyTransport;

/// The number of batches that are read ahead, each of one network read.
const AHEAD: usize = 8;
/// Up to this number of streams, small reads continue up to [`AHEAD_BYTES`]: if a server sends each token by itself, a wakeup then brings the
/// reader many of them. Hundreds of streams would need too much memory for that.
const FEW: usize = 16;
const AHEAD_BYTES: usize = 32 * 1024;
/// The limit for large reads: the values of this many bytes of text take enough memory.
const MOST_AHEAD_BYTES: usize = 1024 * 1024;

/// The number of streams that are read. A child of `fork` also counts its parent's, and then reads less far ahead.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// A shared stream.
#[derive(Debug)]
pub struct Stream {
    head: Head,
    retries_taken: u32,
    shared: Arc<Shared>,
    encoder: Mutex<EventEncoder>,
    /// The stream's reservation of a budget. A cancel closes it at once, before the task is notified.
    reservation: Option<Arc<Reservation>>,
    /// The record of the call. A cancel ends it at once, too.
    record: Option<OpenRecord<AnyTransport>>,
    /// The process whose task reads: a child of `fork` has none of its parent's.
    process: u32,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Notifies the task: there is room, a request for a snapshot, or a cancel.
    work: Notify,
}

#[derive(Debug, Default)]
struct State {
    batches: VecDeque<Batch>,
    /// The size of the batches in the body.
    bytes: usize,
    /// The task continues when the batches are taken.
    waits_for_room: bool,
    /// Follows the batches.
    error: Option<Error>,
    has_ended: bool,
    is_cancelled: bool,
    /// The task has been dropped.
    is_task_dropped: bool,
    /// The task has run to its end.
    is_task_finished: bool,
    /// Requests for a snapshot.
    snapshot_requests: Vec<oneshot::Sender<Option<Value>>>,
    /// Woken by a read, or by the end.
    waiting: Vec<Waker>,
    /// The reply as accumulated by the end.
    last: Option<Value>,
}

impl State {
    /// Whether enough was read ahead.
    fn is_full(&self) -> bool {
        let is_many = self.batches.len() >= AHEAD;
        let is_enough = self.bytes >= AHEAD_BYTES || OPEN.load(Ordering::Relaxed) > FEW;
        (is_many && is_enough) || self.bytes >= MOST_AHEAD_BYTES
    }

    fn is_ready(&self) -> bool {
        !self.batches.is_empty() || self.error.is_some() || self.has_ended
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes waiting readers.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// Everything that was read; `None` after the end.
type Taken = Result<Option<Batch>, Error>;
/// The same as events, and whether these are the last.
pub type TakenEvents = Result<Option<(Vec<HelperEvent>, bool)>, Error>;

impl Stream {
    /// Starts to read `events`, within a runtime.
    pub fn new(mut events: Events) -> Self {
        let shared = Arc::new(Shared::default());
        let stream = Self {
            head: events.head().clone(),
            retries_taken: events.retries_taken(),
            shared: Arc::clone(&shared),
            encoder: Mutex::new(events.take_encoder()),
            reservation: events.reservation(),
            record: events.record(),
            process: std::process::id(),
        };
        OPEN.fetch_add(1, Ordering::Relaxed);
        // Boxed, since a future holds its arguments twice.
        tokio::spawn(read(Box::new(events), Ended(shared)));
        stream
    }

    /// Status and headers of the response.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How often the request was sent again before the stream opened.
    pub fn retries_taken(&self) -> u32 {
        self.retries_taken
    }

    /// Takes everything that was read since the last call, without waiting; `None` if nothing was read.
    pub fn try_batch(&self) -> Option<Taken> {
        let mut state = match self.shared.state.try_lock() {
            Ok(state) => state,
            // Held by the reading thread; in a child of `fork`, by a thread that does not exist.
            Err(_) => match self.here() {
                Ok(()) => self.shared.state(),
                Err(error) => return Some(Err(error)),
            },
        };
        let Some(mut all) = state.batches.pop_front() else {
            return match state.error.take() {
                Some(error) => Some(Err(error)),
                None if state.has_ended => Some(Ok(None)),
                None => None,
            };
        };
        for batch in state.batches.drain(..) {
            all.items.extend(batch.items);
            all.done |= batch.done;
        }
        state.bytes = 0;
        let waits_for_room = std::mem::take(&mut state.waits_for_room);
        drop(state);
        if waits_for_room {
            self.shared.work.notify_one();
        }
        Some(Ok(Some(all)))
    }

    /// Takes everything that was read since the last call, at least one batch; `None` after the end or a cancel.
    pub async fn next_batch(&self) -> Taken {
        poll_fn(|context| match self.watch(context.waker()) {
            Ok(true) => self.try_batch().map_or(Poll::Pending, Poll::Ready),
            Ok(false) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        })
        .await
    }

    /// Returns whether a call would return a batch, an error or the end now. If not, `waker` is woken once when it would.
    pub fn watch(&self, waker: &Waker) -> Result<bool, Error> {
        self.here()?;
        let mut state = self.shared.state();
        if state.is_ready() {
            return Ok(true);
        }
        if !state.waiting.iter().any(|other| other.will_wake(waker)) {
            state.waiting.push(waker.clone());
        }
        Ok(false)
    }

    /// As [`Stream::try_batch`], as events, with whether they are the last.
    pub fn try_events(&self, view: View) -> Option<TakenEvents> {
        self.try_batch().map(|taken| self.encode_all(taken, view))
    }

    /// As [`Stream::next_batch`], as events, with whether they are the last.
    pub async fn next_events(&self, view: View) -> TakenEvents {
        let taken = self.next_batch().await;
        self.encode_all(taken, view)
    }

    /// Encodes a batch as events.
    pub fn encode(&self, batch: Batch, view: View) -> Vec<HelperEvent> {
        self.encoder.lock().unwrap_or_else(PoisonError::into_inner).encode(batch, view)
    }

    fn encode_all(&self, taken: Taken, view: View) -> TakenEvents {
        let Some(batch) = taken? else { return Ok(None) };
        let done = batch.done;
        Ok(Some((self.encode(batch, view), done)))
    }

    /// Closes the connection. Batches that were not taken are dropped; a waiting call returns `None`. Returns whether the task was still reading:
    /// the runtime then has to be driven for the connection to close.
    pub fn cancel(&self) -> bool {
        if self.here().is_err() {
            // The parent closes it, and in the child its lock may never be released.
            return false;
        }
        if let Some(reservation) = &self.reservation {
            reservation.close();
        }
        if let Some(record) = &self.record {
            record.end();
        }
        let mut was_read = false;
        self.shared.change(|state| {
            was_read = !state.is_task_dropped;
            state.is_cancelled = true;
            state.has_ended = true;
            state.batches.clear();
            state.error = None;
        });
        if was_read {
            self.shared.work.notify_one();
        }
        was_read
    }

    /// Returns the reply as accumulated so far, including reads that were not taken.
    pub async fn snapshot(&self) -> Option<Value> {
        let receiver = {
            self.here().ok()?;
            let mut state = self.shared.state();
            if state.is_task_dropped {
                return state.last.clone();
            }
            let (request, receiver) = oneshot::channel();
            state.snapshot_requests.push(request);
            receiver
        };
        self.shared.work.notify_one();
        match receiver.await {
            Ok(snapshot) => snapshot,
            // The stream ended first, and kept the last snapshot.
            Err(_) => self.shared.state().last.clone(),
        }
    }

    fn here(&self) -> Result<(), Error> {
        if self.process == std::process::id() {
            return Ok(());
        }
        let message = "this stream was opened before the process forked and belongs to the parent: open a new one";
        Err(Error::new(ErrorKind::InvalidRequest, message))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Records the end of the task, also if a runtime that shuts down drops it.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
        self.0.change(|state| {
            state.has_ended = true;
            state.is_task_dropped = true;
            state.snapshot_requests.clear();
            if !state.is_task_finished && !state.is_cancelled {
                let message = "the stream was abandoned: the program was ending while it was read";
                state.error = Some(Error::new(ErrorKind::IncompleteStream, message));
            }
        });
    }
}

/// The next step of the reading task.
enum Work {
    Read,
    Wait,
    Stop,
}

async fn read(mut events: Box<Events>, ended: Ended) {
    let shared = &ended.0;
    let mut received = 0;
    let last = loop {
        let (work, snapshot_requests) = {
            let mut state = shared.state();
            state.waits_for_room = state.is_full();
            let work = match state.waits_for_room {
                _ if state.is_cancelled => Work::Stop,
                true => Work::Wait,
                false => Work::Read,
            };
            (work, std::mem::take(&mut state.snapshot_requests))
        };
        for request in snapshot_requests {
            // The receiver may have been dropped.
            let _dropped = request.send(events.snapshot());
        }
        match work {
            Work::Stop => break Ok(None),
            Work::Wait => shared.work.notified().await,
            Work::Read => tokio::select! {
                // Dropping the read loses nothing.
                () = shared.work.notified() => {}
                batch = events.next_batch() => match batch {
                    Ok(Some(batch)) if !batch.done => {
                        let length = events.received().saturating_sub(received);
                        received += length;
                        shared.change(|state| {
                            state.batches.push_back(batch);
                            state.bytes += length;
                        });
                    }
                    last => break last,
                },
            },
        }
    };
    events.close();
    // The reader may send its next request at once, over this connection. It returns to the pool in three turns: of the task that reads the end of
    // the body, the connection's, and the pool's.
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    let snapshot = events.snapshot();
    let mut state = shared.state();
    state.last = snapshot;
    state.is_task_finished = true;
    if !state.is_cancelled {
        match last {
            Ok(batch) => state.batches.extend(batch),
            Err(error) => state.error = Some(error),
        }
    }
}
