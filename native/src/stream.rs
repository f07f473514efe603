//! A stream that another language holds: a task reads it ahead, and each call takes all that was read.
//!
//! Law: decides nothing about what is read. Reading ahead saves a wake-up of two threads for each read of a fast stream; it ends after a few
//! reads, so that a slow reader holds back a fast server. Dropping the stream closes its connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{Notify, oneshot};
use trilogue_core::helper::Told;
use trilogue_core::transport::Head;
use trilogue_core::{Batch, Error, ErrorKind, Teller, View};

use crate::Events;

/// Batches that are read ahead, each what one read brought.
const AHEAD: usize = 8;

/// A shared stream.
#[derive(Debug)]
pub struct Stream {
    head: Head,
    retries_taken: u32,
    shared: Arc<Shared>,
    teller: Mutex<Teller>,
    /// The process whose task reads: a child of `fork` has none of its parent's.
    process: u32,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something was read, or the end has come.
    ready: Notify,
    /// There is room, a question, or a cancel.
    work: Notify,
}

#[derive(Debug, Default)]
struct State {
    batches: VecDeque<Batch>,
    /// Stands after the batches.
    error: Option<Error>,
    ended: bool,
    cancelled: bool,
    /// The task is gone.
    over: bool,
    questions: Vec<oneshot::Sender<Option<Value>>>,
    /// What was accumulated by the end.
    last: Option<Value>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that was read: `None` after the end.
type Taken = Result<Option<Batch>, Error>;
/// The same as events, and whether they are the last.
pub type TakenEvents = Result<Option<(Vec<Told>, bool)>, Error>;

impl Stream {
    /// Starts to read `events`, within a runtime.
    pub fn new(mut events: Events) -> Self {
        let shared = Arc::new(Shared::default());
        let stream = Self {
            head: events.head().clone(),
            retries_taken: events.retries_taken(),
            shared: Arc::clone(&shared),
            teller: Mutex::new(events.take_teller()),
            process: std::process::id(),
        };
        tokio::spawn(read(events, Ended(shared)));
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

    /// All that was read since the last call, without waiting: `None` where nothing was.
    pub fn try_batch(&self) -> Option<Taken> {
        let mut state = self.shared.state();
        let was_full = state.batches.len() >= AHEAD;
        let Some(mut all) = state.batches.pop_front() else {
            return match state.error.take() {
                Some(error) => Some(Err(error)),
                None if state.ended => Some(Ok(None)),
                None => None,
            };
        };
        for batch in state.batches.drain(..) {
            all.items.extend(batch.items);
            all.done |= batch.done;
        }
        drop(state);
        if was_full {
            self.shared.work.notify_one();
        }
        Some(Ok(Some(all)))
    }

    /// All that was read since the last call, at least a batch; `None` after the end or a cancel.
    pub async fn next_batch(&self) -> Taken {
        loop {
            // Made before the look, so that nothing comes unnoticed in between.
            let ready = self.shared.ready.notified();
            if let Some(taken) = self.try_batch() {
                return taken;
            }
            self.here()?;
            ready.await;
        }
    }

    /// As [`Stream::try_batch`], as events and whether they are the last.
    pub fn try_events(&self, view: View) -> Option<TakenEvents> {
        self.try_batch().map(|taken| self.tell(taken, view))
    }

    /// As [`Stream::next_batch`], as events and whether they are the last.
    pub async fn next_events(&self, view: View) -> TakenEvents {
        let taken = self.next_batch().await;
        self.tell(taken, view)
    }

    fn tell(&self, taken: Taken, view: View) -> TakenEvents {
        let Some(batch) = taken? else { return Ok(None) };
        let done = batch.done;
        let told = self.teller.lock().unwrap_or_else(PoisonError::into_inner).tell(batch, view);
        Ok(Some((told, done)))
    }

    /// Closes the connection. What was read and not taken is gone; a call that waits gets `None`.
    pub fn cancel(&self) {
        let mut state = self.shared.state();
        state.cancelled = true;
        state.ended = true;
        state.batches.clear();
        state.error = None;
        drop(state);
        self.shared.work.notify_one();
        // A call that waits, and the next one.
        self.shared.ready.notify_waiters();
        self.shared.ready.notify_one();
    }

    /// What was accumulated so far, reads that were not taken included.
    pub async fn snapshot(&self) -> Option<Value> {
        let answer = {
            let mut state = self.shared.state();
            if state.over || self.here().is_err() {
                return state.last.clone();
            }
            let (question, answer) = oneshot::channel();
            state.questions.push(question);
            answer
        };
        self.shared.work.notify_one();
        match answer.await {
            Ok(snapshot) => snapshot,
            // The end came first, and left what there was.
            Err(_) => self.shared.state().last.clone(),
        }
    }

    fn here(&self) -> Result<(), Error> {
        if self.process == std::process::id() {
            return Ok(());
        }
        let message =
            "this stream was opened before the process forked, and stays with its parent: open one of your own";
        Err(Error::new(ErrorKind::InvalidRequest, message))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Tells the end, however the task ends: a runtime that is shut down drops it.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.ended = true;
        state.over = true;
        state.questions.clear();
        drop(state);
        self.0.ready.notify_waiters();
        self.0.ready.notify_one();
    }
}

/// What the reading task has to do next.
enum Work {
    Read,
    Wait,
    Stop,
}

async fn read(mut events: Events, ended: Ended) {
    let shared = &ended.0;
    loop {
        let (work, questions) = {
            let mut state = shared.state();
            let work = match state.batches.len() {
                _ if state.cancelled => Work::Stop,
                AHEAD.. => Work::Wait,
                _ => Work::Read,
            };
            (work, std::mem::take(&mut state.questions))
        };
        for question in questions {
            // Whoever asked may be gone.
            let _gone = question.send(events.snapshot());
        }
        match work {
            Work::Stop => break,
            Work::Wait => shared.work.notified().await,
            Work::Read => tokio::select! {
                // Dropping the read loses nothing.
                () = shared.work.notified() => {}
                batch = events.next_batch() => {
                    let mut state = shared.state();
                    let is_last = match batch {
                        Ok(Some(batch)) => {
                            let done = batch.done;
                            state.batches.push_back(batch);
                            done
                        }
                        Ok(None) => true,
                        Err(error) => {
                            state.error = Some(error);
                            true
                        }
                    };
                    drop(state);
                    if is_last {
                        break;
                    }
                    shared.ready.notify_one();
                }
            },
        }
    }
    events.close();
    let snapshot = events.snapshot();
    let mut state = shared.state();
    state.last = snapshot;
    if state.cancelled {
        state.batches.clear();
        state.error = None;
    }
}
