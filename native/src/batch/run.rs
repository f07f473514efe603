//! The calls in flight of a batch.
//!
//! Invariant: each worker has at most one row, and takes the next one only once the line of its last one is written. So a killed run has paid for at
//! most the calls in flight without keeping their answers.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::JoinSet;
use trilogue_core::batch::{
    End, Index, Next, Row, RowReader, RowState, Summary, after_failure, write_answer, write_failure,
};
use trilogue_core::config::RequestOptions;
use trilogue_core::{Client, Error, ErrorKind};

use super::input::{self, Lines};
use super::log::{Log, Writer};
use super::rewrite::rewrite;
use super::{BatchControl, BatchOptions};
use crate::AnyTransport;

/// What the workers share.
struct Shared {
    client: Client<AnyTransport>,
    reader: RowReader,
    request: RequestOptions,
    retry_failed: bool,
    writer: Writer,
    control: BatchControl,
    source: Mutex<Source>,
    /// A call has ended, for rows that wait for the budget.
    ended: Notify,
}

/// The rows that are not sent yet.
struct Source {
    lines: Lines,
    index: Index,
    /// Rows that are sent again.
    again: VecDeque<Row>,
    in_flight: usize,
    /// Why no further row is sent.
    halt: Option<Halt>,
}

#[derive(Clone)]
enum Halt {
    Budget,
    Failed(Error),
}

impl Shared {
    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn halt(&self, halt: Halt) {
        let mut source = self.source();
        if source.halt.is_none() || matches!((&source.halt, &halt), (Some(Halt::Budget), Halt::Failed(_))) {
            source.halt = Some(halt);
        }
        drop(source);
        self.ended.notify_waiters();
        self.control.0.stopping.notify_waiters();
    }

    /// Takes the next row. `None` if there is none, or if the run ends.
    fn take(&self) -> Result<Option<Row>, Error> {
        let mut source = self.source();
        if source.halt.is_some() || self.control.is_stopping() {
            return Ok(None);
        }
        let row = match source.again.pop_front() {
            Some(row) => Some(row),
            None => source.read(&self.reader, self.retry_failed)?,
        };
        source.in_flight += usize::from(row.is_some());
        Ok(row)
    }

    fn release(&self) {
        self.source().in_flight -= 1;
        self.ended.notify_waiters();
    }

    /// Waits, until the run is stopped.
    async fn pause(&self, wait: Duration) {
        let stopping = self.control.0.stopping.notified();
        let is_ending = self.control.is_stopping() || self.source().halt.is_some();
        if !is_ending {
            tokio::select! { () = stopping => {}, () = tokio::time::sleep(wait) => {} }
        }
    }

    /// Sends rows until there are none.
    async fn work(&self) -> Result<(), Error> {
        while let Some(row) = self.take()? {
            let outcome = self.send(&row).await;
            self.release();
            match outcome? {
                Sent::Done => {}
                Sent::Again(wait) => {
                    self.control.state().refused += 1;
                    self.pause(wait).await;
                    self.source().again.push_front(row);
                }
                Sent::AwaitBudget => {
                    let ended = self.ended.notified();
                    let is_alone = {
                        let mut source = self.source();
                        source.again.push_front(row);
                        source.in_flight == 0
                    };
                    if is_alone {
                        self.halt(Halt::Budget);
                        return Ok(());
                    }
                    ended.await;
                }
            }
        }
        Ok(())
    }

    async fn send(&self, row: &Row) -> Result<Sent, Error> {
        let started = Instant::now();
        let answer = self.client.call_json(&row.endpoint, row.body.clone(), &self.request).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut logged = None;
        match answer {
            Ok(completed) => {
                let write = |lines: &mut Vec<u8>| logged = Some(write_answer(lines, row, completed, milliseconds));
                self.writer.add(write).await?;
            }
            Err(error) => match after_failure(&error) {
                Next::Record => {
                    let write = |lines: &mut Vec<u8>| logged = Some(write_failure(lines, row, &error, milliseconds));
                    self.writer.add(write).await?;
                }
                Next::Again(wait) => return Ok(Sent::Again(wait)),
                Next::AwaitBudget => return Ok(Sent::AwaitBudget),
                Next::Stop => return Err(error),
            },
        }
        if let Some(logged) = logged {
            self.control.state().add(&logged);
        }
        Ok(Sent::Done)
    }
}

enum Sent {
    Done,
    Again(Duration),
    AwaitBudget,
}

impl Source {
    fn read(&mut self, reader: &RowReader, retry_failed: bool) -> Result<Option<Row>, Error> {
        while let Some((line, number)) = self.lines.next()? {
            let key = match reader.key(line, number) {
                Ok(key) => key,
                Err(message) => return Err(self.lines.error(number, &message)),
            };
            let Some((position, _)) = self.index.find(key.id) else {
                return Err(self.lines.error(number, "the input was changed during the run; run again"));
            };
            let is_open = match self.index.state(position) {
                RowState::Open => true,
                RowState::Failed => retry_failed,
                RowState::Answered | RowState::Taken => false,
            };
            if is_open {
                let row = match reader.read(line, number) {
                    Ok(row) => row,
                    Err(message) => return Err(self.lines.error(number, &message)),
                };
                self.index.set(position, RowState::Taken);
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

pub(super) async fn run(
    client: &Client<AnyTransport>,
    input: PathBuf,
    output: PathBuf,
    options: BatchOptions,
    control: &BatchControl,
) -> Result<Summary, Error> {
    control.0.started.get_or_init(Instant::now);
    let reader = options.reader()?;
    let (index, summary, log) = open(&input, &output, &reader, options.retry_failed)?;
    let budget = options.budget.or(client.config().budget).map(|budget| budget.less(summary.cost));
    let has_retries = options.retry_failed && index.count(RowState::Failed) > 0;
    *control.state() = summary;
    let shared = Arc::new(Shared {
        client: client.for_batch(budget),
        reader,
        request: options.request.clone(),
        retry_failed: options.retry_failed,
        writer: Writer::new(log, options.sync)?,
        control: control.clone(),
        source: Mutex::new(Source {
            lines: Lines::open(&input)?,
            index,
            again: VecDeque::new(),
            in_flight: 0,
            halt: None,
        }),
        ended: Notify::new(),
    });
    let mut workers = JoinSet::new();
    for _ in 0..options.in_flight() {
        let shared = Arc::clone(&shared);
        workers.spawn(async move {
            let outcome = shared.work().await;
            if let Err(error) = outcome {
                shared.halt(Halt::Failed(error));
            }
        });
    }
    while let Some(joined) = workers.join_next().await {
        if joined.is_err() {
            shared.halt(Halt::Failed(Error::new(ErrorKind::Api, "a worker of the batch panicked; please report this")));
        }
    }
    drop(workers);
    let Some(shared) = Arc::into_inner(shared) else {
        return Err(Error::new(ErrorKind::Api, "a worker of the batch has not ended; please report this"));
    };
    let Shared { reader, writer, source, .. } = shared;
    let source = source.into_inner().unwrap_or_else(PoisonError::into_inner);
    let log = writer.finish();
    let end = match source.halt {
        Some(Halt::Failed(error)) => return Err(error),
        Some(Halt::Budget) => End::Budget,
        None if control.summary().open() > 0 => End::Stopped,
        None => End::Complete,
    };
    let log = log?;
    if has_retries || options.order {
        rewrite(log, &input, &reader, &source.index, options.order && end == End::Complete)?;
    }
    let mut summary = control.state();
    summary.end = end;
    if options.retry_failed {
        // Rows that were not reached keep their error.
        summary.failed += source.index.count(RowState::Failed) as u64;
    }
    summary.elapsed_ms = control.elapsed_ms();
    Ok(summary.clone())
}

/// Checks the input, and reads the log.
fn open(input: &Path, output: &Path, reader: &RowReader, retry_failed: bool) -> Result<(Index, Summary, Log), Error> {
    let is_same = input == output || matches!((input.canonicalize(), output.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if is_same {
        let message = format!("{} is the input; choose another name for the log", output.display());
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    let (mut index, repeated) = input::index(input, reader)?;
    let mut summary = Summary { rows: index.len() as u64, repeated, ..Summary::default() };
    let mut log = Log::open(output)?;
    log.read(&mut index, &mut summary, input)?;
    summary.answered = index.count(RowState::Answered) as u64;
    let failed = index.count(RowState::Failed) as u64;
    summary.failed = if retry_failed { 0 } else { failed };
    summary.resumed = summary.answered + summary.failed;
    Ok((index, summary, log))
}
