//! The calls in flight of a batch.
//!
//! Invariant: each worker has at most one row, and takes the next one only once the line of its last one counts. So a killed run has paid for at
//! most the calls in flight without keeping their answers. Dropping the future of [`BatchCalls::run`] ends all calls.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;
use trilogue_core::batch::{End, Logged, Next, Row, RowReader, after_failure, write_answer, write_failure};
use trilogue_core::config::RequestOptions;
use trilogue_core::{Client, Error, ErrorKind};

use super::log::Writer;
use super::queue::RowQueue;
use super::{BatchControl, Phase};
use crate::AnyTransport;

/// Receives the line of each row that has ended. `None` if the lines are only wanted in the log.
pub(super) type OnLine<'a> = Option<&'a (dyn Fn(&Row, &Logged, &[u8]) + Sync)>;

/// The state that the workers share.
pub(super) struct BatchCalls<'a> {
    client: Client<AnyTransport>,
    request: &'a RequestOptions,
    reader: &'a RowReader,
    queue: &'a RowQueue,
    /// `None` for a run without a log.
    writer: Option<&'a Writer>,
    on_line: OnLine<'a>,
    control: &'a BatchControl,
    state: Mutex<State>,
    /// A call has returned what it had reserved of the budget.
    returned: Notify,
    /// The run sends no further rows.
    stopped: Notify,
}

#[derive(Default)]
struct State {
    /// Rows that are being sent.
    sending: usize,
    /// Why no further row is sent.
    halt: Option<Halt>,
}

enum Halt {
    Stopped,
    Budget,
    Failed(Error),
}

/// The outcome of a call.
enum Sent {
    Done,
    Requeue(Duration),
    AwaitBudget,
}

impl<'a> BatchCalls<'a> {
    pub(super) fn new(
        client: Client<AnyTransport>,
        request: &'a RequestOptions,
        reader: &'a RowReader,
        queue: &'a RowQueue,
        writer: Option<&'a Writer>,
        on_line: OnLine<'a>,
        control: &'a BatchControl,
    ) -> Self {
        let (state, returned, stopped) = (Mutex::default(), Notify::new(), Notify::new());
        Self { client, request, reader, queue, writer, on_line, control, state, returned, stopped }
    }

    /// Sends rows with this many workers until there are none.
    pub(super) async fn run(&self, workers: usize) -> Result<End, Error> {
        let mut phase = self.control.0.phase.subscribe();
        // The run may have been stopped before it began.
        phase.mark_changed();
        let mut working: FuturesUnordered<_> = (0..workers).map(|_| self.work()).collect();
        loop {
            tokio::select! {
                biased;
                _changed = phase.changed() => {
                    match *phase.borrow_and_update() {
                        Phase::Running => {}
                        Phase::Stopping => self.halt(Halt::Stopped),
                        Phase::Aborting => break,
                    }
                }
                worker = working.next() => if worker.is_none() { break },
            }
        }
        drop(working);
        self.queue.close();
        match self.state().halt.take() {
            Some(Halt::Failed(error)) => Err(error),
            Some(Halt::Budget) => Ok(End::Budget),
            _ if self.control.summary().open > 0 => Ok(End::Stopped),
            _ => Ok(End::Complete),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends no further rows. An error counts before other reasons.
    fn halt(&self, halt: Halt) {
        let mut state = self.state();
        if state.halt.is_none() || (matches!(halt, Halt::Failed(_)) && !matches!(state.halt, Some(Halt::Failed(_)))) {
            state.halt = Some(halt);
        }
        drop(state);
        self.queue.close();
        self.returned.notify_waiters();
        self.stopped.notify_waiters();
    }

    async fn work(&self) {
        let mut line = Vec::new();
        loop {
            let outcome = match self.queue.next().await {
                Ok(Some(row)) => self.handle(row, &mut line).await,
                Ok(None) => {
                    // Workers that wait for the budget may have had the last rows, which others have sent.
                    self.returned.notify_waiters();
                    return;
                }
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                self.halt(Halt::Failed(error));
                return;
            }
        }
    }

    async fn handle(&self, mut row: Row, line: &mut Vec<u8>) -> Result<(), Error> {
        self.state().sending += 1;
        let sent = self.send(&mut row, line).await;
        let sending = {
            let mut state = self.state();
            state.sending -= 1;
            state.sending
        };
        match sent {
            Ok(Sent::AwaitBudget) => {
                self.put_back(row)?;
                let returned = self.returned.notified();
                if sending == 0 {
                    self.halt(Halt::Budget);
                } else if self.state().halt.is_none() {
                    returned.await;
                }
                return Ok(());
            }
            Ok(Sent::Requeue(wait)) => {
                self.returned.notify_one();
                self.pause(wait).await;
                self.put_back(row)?;
            }
            Ok(Sent::Done) => self.returned.notify_one(),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Puts a row back whose request was taken by its call.
    fn put_back(&self, mut row: Row) -> Result<(), Error> {
        let broken = |message| Error::new(ErrorKind::InvalidRequest, message);
        self.reader.read_body(&mut row).map_err(broken)?;
        self.queue.put_back(row);
        Ok(())
    }

    /// Waits, until the run is stopped.
    async fn pause(&self, wait: Duration) {
        let stopped = self.stopped.notified();
        if self.state().halt.is_none() {
            tokio::select! { () = stopped => {}, () = tokio::time::sleep(wait) => {} }
        }
    }

    async fn send(&self, row: &mut Row, line: &mut Vec<u8>) -> Result<Sent, Error> {
        let started = Instant::now();
        let answer = self.client.call_json(&row.endpoint, std::mem::take(&mut row.body), self.request).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        line.clear();
        let logged = match answer {
            Ok(completed) => write_answer(line, row, completed, milliseconds),
            Err(error) => match after_failure(&error) {
                Next::Record => write_failure(line, row, &error, milliseconds),
                Next::Requeue(wait) => {
                    if error.kind() == ErrorKind::RateLimit {
                        self.control.state().refused += 1;
                    }
                    return Ok(Sent::Requeue(wait));
                }
                Next::AwaitBudget => return Ok(Sent::AwaitBudget),
                Next::Stop => return Err(error),
            },
        };
        if let Some(writer) = self.writer {
            writer.add(line).await?;
        }
        self.control.state().add(&logged);
        if let Some(on_line) = self.on_line {
            on_line(row, &logged, line);
        }
        Ok(Sent::Done)
    }
}
