//! A run of rows that a host program hands over one by one.
//!
//! Invariant: a row is checked when it is handed over. A row that the log has an answer of is not sent: its line is returned. The program may hand over
//! as many rows as it has not taken back, up to a limit, so that neither a fast input nor a slow reader fills the memory.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trilogue_core::batch::{BatchOptions, End, LoggedRows, Outcome, RowReader, Summary, Via};
use trilogue_core::text::dialect::Name;
use trilogue_core::{Client, Error, ErrorKind};

use super::calls::BatchCalls;
use super::log::{LineReader, Log, Writer};
use super::outbox::{FinishedRow, Outbox};
use super::queue::RowQueue;
use super::{BatchControl, blocking};
use crate::AnyTransport;

/// The number of rows that may be handed over and not taken back, for each row in flight: some wait to be sent, and some to be taken.
const ROWS_PER_CALL: usize = 4;

/// The rows between a host program and the calls.
#[derive(Debug)]
pub(super) struct RowExchange {
    reader: RowReader,
    queue: RowQueue,
    outbox: Arc<Outbox>,
    input: Mutex<RowInput>,
}

/// The rows that were handed over.
#[derive(Debug)]
struct RowInput {
    /// The rows of the log, and how their lines are read.
    logged: LoggedRows,
    lines: Option<LineReader>,
    retry_failed: bool,
    /// The hashes of all names.
    seen: HashSet<u64>,
    pushed: u64,
    taken: u64,
    max_open: u64,
}

/// A log that was opened and read.
pub(super) type OpenLog = Option<Log>;

impl RowExchange {
    /// Checks the options, and opens and reads the log. Blocks.
    pub(super) fn open(
        log: Option<&Path>,
        options: &BatchOptions,
        control: &BatchControl,
        outbox: Arc<Outbox>,
    ) -> Result<(Self, OpenLog), Error> {
        control.start();
        let reader = options.reader()?;
        if options.via == Via::Provider {
            let message = format!("{} \"provider\" reads the rows several times; pass them as a file", Name("via"));
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let mut logged = LoggedRows::default();
        let mut summary = Summary::default();
        let (log, lines) = match log {
            None => (None, None),
            Some(path) => {
                let mut log = Log::open(path)?;
                log.read(&mut summary, |line, _, offset, length| {
                    logged.add(line, offset, length);
                    Ok(())
                })?;
                log.refuse_open_jobs()?;
                logged.finish();
                let lines = log.line_reader()?;
                (Some(log), Some(lines))
            }
        };
        *control.state() = summary;
        let input = RowInput {
            logged,
            lines,
            retry_failed: options.retry_failed,
            seen: HashSet::new(),
            pushed: 0,
            taken: 0,
            max_open: (options.in_flight() * ROWS_PER_CALL) as u64,
        };
        Ok((Self { reader, queue: RowQueue::default(), outbox, input: Mutex::new(input) }, log))
    }

    fn input(&self) -> MutexGuard<'_, RowInput> {
        self.input.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a row, as a JSON text. Returns whether a further row may be added now. A row that is refused has its number, and takes no space.
    pub(super) fn push(&self, line: &str, control: &BatchControl) -> Result<bool, Error> {
        let mut input = self.input();
        input.pushed += 1;
        let outcome = self.add(&mut input, line, control);
        if outcome.is_err() {
            input.taken += 1;
        }
        outcome.map(|()| input.has_space())
    }

    fn add(&self, input: &mut RowInput, line: &str, control: &BatchControl) -> Result<(), Error> {
        let number = input.pushed;
        let wrong = |message: String| Error::new(ErrorKind::InvalidRequest, format!("row {number}: {message}"));
        let head = self.reader.check(line, number).map_err(wrong)?;
        let key = head.key;
        if self.reader.skips_equal_rows() && !head.has_custom_id {
            if !self.outbox.register(key.id, number) {
                control.state().repeated += 1;
                return Ok(());
            }
        } else if !input.seen.insert(key.id) {
            let message =
                format!("the custom_id \"{}\" is also that of an earlier row; give each row its own", head.custom_id);
            return Err(wrong(message));
        }
        let logged = input.logged.find(key.id);
        if let Some(logged) = logged.filter(|logged| logged.content() != key.content) {
            let name = &head.custom_id;
            let message = format!(
                "this row (\"{name}\"), or the template, was changed after it was sent, {} bytes into the log; give a changed input a new log, or a changed row a new custom_id",
                logged.offset()
            );
            return Err(wrong(message));
        }
        control.state().add_open();
        let is_done = |outcome| outcome == Outcome::Answered || !input.retry_failed;
        if let Some(logged) = logged.filter(|logged| is_done(logged.outcome())) {
            let lines = input.lines.as_mut();
            let line = lines.map(|lines| lines.read(logged.offset(), logged.length())).transpose()?;
            control.state().add_resumed(logged.outcome());
            self.outbox.add(key.id, number, line.unwrap_or_default().into());
        } else {
            let row = self.reader.read(head, line).map_err(wrong)?;
            self.queue.push(row);
        }
        Ok(())
    }

    /// No row follows.
    pub(super) fn end(&self) {
        self.queue.end();
    }

    /// Whether a further row may be added now.
    pub(super) fn has_space(&self) -> bool {
        self.input().has_space()
    }

    /// Takes the rows that have finished.
    pub(super) fn take(&self) -> Vec<FinishedRow> {
        let rows = self.outbox.take();
        self.input().taken += rows.len() as u64;
        rows
    }

    /// Sends the rows.
    pub(super) async fn run(
        &self,
        client: &Client<AnyTransport>,
        log: OpenLog,
        options: &BatchOptions,
        control: &BatchControl,
    ) -> Result<Summary, Error> {
        let client = client.for_batch(options.limits(control.summary().cost));
        let writer = log.map(|log| Writer::new(log, options.sync)).transpose()?;
        let finish = |row: &trilogue_core::batch::Row, _: &_, line: &[u8]| {
            let line: Arc<[u8]> = line.strip_suffix(b"\n").unwrap_or(line).into();
            self.outbox.add(row.key.id, row.number, line);
        };
        let reader = &self.reader;
        let calls =
            BatchCalls::new(client, &options.request, reader, &self.queue, writer.as_ref(), Some(&finish), control);
        let end = calls.run(options.in_flight()).await;
        drop(calls);
        let log = match writer {
            Some(writer) => blocking(move || writer.finish().map(drop)).await,
            None => Ok(()),
        };
        let end = end?;
        log?;
        let mut summary = control.state();
        summary.end = end;
        summary.elapsed_ms = control.elapsed_ms();
        if end == End::Budget {
            let Summary { rows, answered, .. } = *summary;
            let message = format!(
                "the budget of the batch does not cover a further row: {answered} of {rows} rows so far are answered; raise the budget, and repeat the run with its log"
            );
            return Err(Error::new(ErrorKind::BudgetExceeded, message));
        }
        Ok(summary.clone())
    }
}

impl RowInput {
    fn has_space(&self) -> bool {
        self.pushed.saturating_sub(self.taken) < self.max_open
    }
}
