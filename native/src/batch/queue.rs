//! The rows that are read and not sent yet.
//!
//! Invariant: a thread that reads ahead is held back by the number and the size of the rows, and wakes once for many of them. Rows that were put
//! back are next.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use trilogue_core::Error;
use trilogue_core::batch::Row;

/// The most rows that are read ahead, and the number at which reading continues.
const MAX_ROWS: usize = 512;
const FEW_ROWS: usize = 128;
/// The most bytes of lines that are read ahead.
const MAX_BYTES: usize = 4 << 20;

/// A queue between a reader and the calls.
#[derive(Debug, Default)]
pub(super) struct RowQueue {
    state: Mutex<State>,
    /// Wakes the reader.
    space: Condvar,
    /// Wakes a call that waits for a row.
    rows: Notify,
}

#[derive(Debug, Default)]
struct State {
    rows: VecDeque<Row>,
    /// The length of their lines.
    bytes: usize,
    /// No row follows.
    has_ended: bool,
    /// Why no row follows.
    error: Option<Error>,
    /// No row is taken anymore.
    is_closed: bool,
}

impl RowQueue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a row.
    pub(super) fn push(&self, row: Row) {
        let mut state = self.state();
        state.bytes += row.line.len();
        state.rows.push_back(row);
        drop(state);
        self.rows.notify_one();
    }

    /// As [`RowQueue::push`], once there is space. Returns false if the queue is closed.
    pub(super) fn push_or_wait(&self, row: Row) -> bool {
        let mut state = self.state();
        if state.rows.len() >= MAX_ROWS || state.bytes >= MAX_BYTES {
            let is_full = |state: &mut State| !state.is_closed && !state.has_space();
            state = self.space.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        }
        let is_closed = state.is_closed;
        drop(state);
        if !is_closed {
            self.push(row);
        }
        !is_closed
    }

    /// Puts a row back, as the next one.
    pub(super) fn put_back(&self, row: Row) {
        let mut state = self.state();
        state.bytes += row.line.len();
        state.rows.push_front(row);
        drop(state);
        self.rows.notify_one();
    }

    /// No row follows.
    pub(super) fn end(&self) {
        self.state().has_ended = true;
        self.rows.notify_waiters();
    }

    /// No row follows, for this reason.
    pub(super) fn fail(&self, error: Error) {
        self.state().error = Some(error);
        self.end();
    }

    /// Whether no row is taken anymore.
    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// No row is taken anymore.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.rows.notify_waiters();
        self.space.notify_one();
    }

    /// Waits for the next row. `None` after the last one.
    pub(super) async fn next(&self) -> Result<Option<Row>, Error> {
        loop {
            let mut added = std::pin::pin!(self.rows.notified());
            // Registers for an end that comes between the check and the wait.
            added.as_mut().enable();
            {
                let mut state = self.state();
                if state.is_closed {
                    return Ok(None);
                }
                if let Some(row) = state.rows.pop_front() {
                    state.bytes -= row.line.len();
                    let has_space = state.has_space();
                    drop(state);
                    if has_space {
                        self.space.notify_one();
                    }
                    return Ok(Some(row));
                }
                if let Some(error) = &state.error {
                    return Err(error.clone());
                }
                if state.has_ended {
                    return Ok(None);
                }
            }
            added.await;
        }
    }
}

impl State {
    fn has_space(&self) -> bool {
        self.rows.len() <= FEW_ROWS && self.bytes <= MAX_BYTES / 2
    }
}
