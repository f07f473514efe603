//! A stream for a host in another language: a task reads it ahead, and each call takes everything that was read.
//!
//! Invariant: the task makes no decisions about the content. Reading ahead saves a wakeup of two threads for each read of a fast stream. It stops
//! after a few reads, so that a slow reader slows a fast server down. Dropping the stream closes its connection.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use serde_json::Value;
use tokio::sync::{Notify, oneshot};
use trilogue_core::cost::Reservation;
use trilogue_core::events::helper::HelperEvent;
use trilogue_core::transport::Head;
use trilogue_core::{Batch, Error, ErrorKind, EventEncoder, View};

use crate::Events;

/// The number of batches that are read ahead, each from one read.
const MAX_BATCHES: usize = 8;
/// The number of streams up to which small reads continue until they have [`MIN_AHEAD_BYTES`], so that a reader gets many tokens per wakeup from a
/// server that sends each one separately. Hundreds of streams would need too much memory for that.
const FEW_STREAMS: usize = 16;
const MIN_AHEAD_BYTES: usize = 32 * 1024;
/// The most bytes of the body that are read ahead.
const MAX_AHEAD_BYTES: usize = 1024 * 1024;

/// The number of streams that are read. A child of `fork` also counts its parent's, and so reads less far ahead.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// A shared stream.
#[derive(Debug)]
pub struct Stream {
    head: Head,
    retries_taken: u32,
    shared: Arc<Shared>,
    encoder: Mutex<EventEncoder>,
    /// The reservation of a stream with a budget. A cancel closes it before the task stops.
    reservation: Option<Arc<Reservation>>,
    /// The process of the task. A child of `fork` has none of its parent's tasks.
    process: u32,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the task: there is room, a request for a snapshot, or a cancel.
    work: Notify,
}

#[derive(Debug, Default)]
struct State {
    batches: VecDeque<Batch>,
    /// Bytes of the batches in the body.
    bytes: usize,
    /// Whether the task continues once the batches are taken.
    waits_for_room: bool,
    /// The error after the batches.
    error: Option<Error>,
    has_ended: bool,
    is_cancelled: bool,
    /// Whether the task has ended.
    is_over: bool,
    /// Whether the task has ended by itself, and not with the runtime.
    is_finished: bool,
    snapshot_requests: Vec<oneshot::Sender<Option<Value>>>,
    /// Wakers of those who wait for a batch or the end.
    waiting: Vec<Waker>,
    /// The accumulated answer at the end.
    final_snapshot: Option<Value>,
}

impl State {
    /// Whether enough is read ahead.
    fn is_full(&self) -> bool {
        let is_many = self.batches.len() >= MAX_BATCHES;
        let is_enough = self.bytes >= MIN_AHEAD_BYTES || OPEN.load(Ordering::Relaxed) > FEW_STREAMS;
        (is_many && is_enough) || self.bytes >= MAX_AHEAD_BYTES
    }

    fn is_ready(&self) -> bool {
        !self.batches.is_empty() || self.error.is_some() || self.has_ended
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes those who wait.
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
/// Everything that was read as events, and whether they are the last; `None` after the end.
pub type TakenEvents = Result<Option<(Vec<HelperEvent>, bool)>, Error>;

impl Stream {
    /// Starts reading `events`. Must be called within a runtime.
    pub fn new(mut events: Events) -> Self {
        let shared = Arc::new(Shared::default());
        let stream = Self {
            head: events.head().clone(),
            retries_taken: events.retries_taken(),
            shared: Arc::clone(&shared),
            encoder: Mutex::new(events.take_encoder()),
            reservation: events.reservation(),
            process: std::process::id(),
        };
        OPEN.fetch_add(1, Ordering::Relaxed);
        // Boxed, since a future stores its arguments twice.
        tokio::spawn(read(Box::new(events), Ended(shared)));
        stream
    }

    /// Status and headers of the answer.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How often the request was sent again before the stream opened.
    pub fn retries_taken(&self) -> u32 {
        self.retries_taken
    }

    /// Everything that was read since the last call, without waiting; `None` if nothing was.
    pub fn try_batch(&self) -> Option<Taken> {
        let mut state = match self.shared.state.try_lock() {
            Ok(state) => state,
            // Locked by the reading thread, or in a child of `fork` by a thread that doesn't exist.
            Err(_) => match self.check_process() {
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

    /// Waits for everything that was read since the last call, at least one batch; `None` after the end or a cancel.
    pub async fn next_batch(&self) -> Taken {
        poll_fn(|context| match self.poll_ready(context.waker()) {
            Ok(true) => self.try_batch().map_or(Poll::Pending, Poll::Ready),
            Ok(false) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        })
        .await
    }

    /// Whether a call would return something now, including the end. If not, `waker` is woken once when it would.
    pub fn poll_ready(&self, waker: &Waker) -> Result<bool, Error> {
        self.check_process()?;
        let mut state = self.shared.state();
        if state.is_ready() {
            return Ok(true);
        }
        if !state.waiting.iter().any(|other| other.will_wake(waker)) {
            state.waiting.push(waker.clone());
        }
        Ok(false)
    }

    /// As [`Stream::try_batch`], but returns events, and whether they are the last.
    pub fn try_events(&self, view: View) -> Option<TakenEvents> {
        self.try_batch().map(|taken| self.encode_all(taken, view))
    }

    /// As [`Stream::next_batch`], but returns events, and whether they are the last.
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

    /// Closes the connection. Batches that were not taken are dropped, and a waiting call returns `None`. Returns whether the stream was still being
    /// read: then the runtime has to be driven.
    pub fn cancel(&self) -> bool {
        if self.check_process().is_err() {
            // The parent closes it. Its lock may never be released in this process.
            return false;
        }
        if let Some(reservation) = &self.reservation {
            reservation.close();
        }
        let mut was_read = false;
        self.shared.change(|state| {
            was_read = !state.is_over;
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

    /// The accumulated answer so far, including batches that were not taken.
    pub async fn snapshot(&self) -> Option<Value> {
        let answer = {
            self.check_process().ok()?;
            let mut state = self.shared.state();
            if state.is_over {
                return state.final_snapshot.clone();
            }
            let (request, answer) = oneshot::channel();
            state.snapshot_requests.push(request);
            answer
        };
        self.shared.work.notify_one();
        match answer.await {
            Ok(snapshot) => snapshot,
            // The task has ended meanwhile, and left its last snapshot.
            Err(_) => self.shared.state().final_snapshot.clone(),
        }
    }

    fn check_process(&self) -> Result<(), Error> {
        if self.process == std::process::id() {
            return Ok(());
        }
        let message =
            "this stream was opened before the process forked, and belongs to the parent process; open another one";
        Err(Error::new(ErrorKind::InvalidRequest, message))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Reports the end of the task, even if the runtime drops it at a shutdown.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
        self.0.change(|state| {
            state.has_ended = true;
            state.is_over = true;
            state.snapshot_requests.clear();
            if !state.is_finished && !state.is_cancelled {
                let message = "the stream was cancelled because the program is ending";
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
                        let read = events.received().saturating_sub(received);
                        received += read;
                        shared.change(|state| {
                            state.batches.push_back(batch);
                            state.bytes += read;
                        });
                    }
                    last => break last,
                },
            },
        }
    };
    events.close();
    // The reader may send its next request as soon as it sees the end: first let the tasks run that return the connection to the pool.
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    let snapshot = events.snapshot();
    let mut state = shared.state();
    state.final_snapshot = snapshot;
    state.is_finished = true;
    if !state.is_cancelled {
        match last {
            Ok(batch) => state.batches.extend(batch),
            Err(error) => state.error = Some(error),
        }
    }
}
