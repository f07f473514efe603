//! A run from a file to a file: the log is the output.
//!
//! Invariant: files are read, checked and written again outside the runtime's thread, which serves other calls meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trilogue_core::batch::{BatchOptions, End, Index, Outcome, RowReader, RowState, Summary, SyncMode, Via};
use trilogue_core::{Client, Error, ErrorKind};

use super::calls::BatchCalls;
use super::input::{self, CheckedInput, OpenRows, RowThread};
use super::log::{Log, Writer, rewrite};
use super::provider::{JobRows, ProviderRun};
use super::queue::RowQueue;
use super::{BatchControl, blocking, line_error};
use crate::AnyTransport;

/// Closes the queue of a run that was dropped, so that its reader ends.
struct CloseOnDrop(Arc<RowQueue>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

pub(super) async fn run(
    client: &Client<AnyTransport>,
    input: PathBuf,
    output: PathBuf,
    options: BatchOptions,
    control: &BatchControl,
) -> Result<Summary, Error> {
    control.start();
    let reader = options.reader()?;
    let (retry_failed, sync) = (options.retry_failed, options.sync);
    let opened = {
        let (reader, input) = (reader.clone(), input.clone());
        move || open(&input, &output, &reader, retry_failed)
    };
    let (index, summary, mut log) = blocking(opened).await?;
    let via_provider = options.via == Via::Provider;
    if !via_provider {
        log.refuse_open_jobs()?;
    }
    let jobs = log.take_jobs();
    let has_jobs = !jobs.is_empty() || via_provider && summary.open > 0;
    let client = client.for_batch(options.limits(summary.cost));
    let has_retries = retry_failed && index.count(RowState::Failed) > 0;
    let workers = options.in_flight().min(usize::try_from(summary.open).unwrap_or(usize::MAX));
    *control.state() = summary;
    // The lines of results arrive together, and are synced together.
    let sync = if via_provider && sync != SyncMode::None { SyncMode::Row } else { sync };
    let writer = Writer::new(log, sync)?;
    let rows = CheckedInput { path: input.clone(), reader: reader.clone(), index };
    let ended = if via_provider {
        ProviderRun::new(client, &options, control, &writer, JobRows::new(rows), jobs).run().await
    } else {
        run_calls(client, &options, control, &writer, rows, workers).await
    };
    let order = options.order;
    let finish = move || {
        let log = writer.finish();
        // The error of a call counts before that of the log, which may follow from it.
        let (ended, log) = (ended?, log?);
        let is_complete = ended.end == End::Complete;
        if let Some(index) = &ended.index
            && (has_retries || order || (has_jobs && is_complete))
        {
            rewrite(log, &input, &reader, index, order && is_complete, !is_complete)?;
        }
        Ok(ended)
    };
    let ended = blocking(finish).await?;
    let mut summary = control.state();
    summary.end = ended.end;
    if retry_failed {
        let failed = ended.kept_errors as u64;
        summary.failed += failed;
        summary.open -= failed.min(summary.open);
    }
    summary.elapsed_ms = control.elapsed_ms();
    Ok(summary.clone())
}

/// The end of a run.
pub(super) struct RunEnd {
    pub(super) end: End,
    /// The states of the rows; `None` if the run was aborted while another thread had them.
    pub(super) index: Option<Index>,
    /// Rows that were not reached, and keep the error of an earlier run.
    pub(super) kept_errors: usize,
}

/// Sends each open row by a call.
async fn run_calls(
    client: Client<AnyTransport>,
    options: &BatchOptions,
    control: &BatchControl,
    writer: &Writer,
    input: CheckedInput,
    workers: usize,
) -> Result<RunEnd, Error> {
    let queue = CloseOnDrop(Arc::default());
    let reader = input.reader.clone();
    let rows = RowThread::start(OpenRows { input, retry_failed: options.retry_failed }, Arc::clone(&queue.0))?;
    let calls = BatchCalls::new(client, &options.request, &reader, &queue.0, Some(writer), None, control);
    let end = calls.run(workers).await;
    let index = blocking(|| rows.finish()).await?;
    Ok(RunEnd { end: end?, kept_errors: index.count(RowState::Failed), index: Some(index) })
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
    let (mut has_lines, mut is_known) = (false, false);
    log.read(&mut summary, |logged, number, _, _| {
        has_lines = true;
        let Some((position, content)) = index.find(logged.key.id) else { return Ok(()) };
        is_known = true;
        if content != logged.key.content {
            let message = format!(
                "this row, or the template, was changed in {} after it was sent; give a changed input a new log, or a changed row a new custom_id",
                input.display()
            );
            return Err(line_error(output, number, &message));
        }
        match logged.outcome {
            Outcome::Answered => index.set(position, RowState::Answered),
            // An answer counts before an error.
            Outcome::Failed if index.state(position) == RowState::Answered => RowState::Answered,
            Outcome::Failed => index.set(position, RowState::Failed),
        };
        Ok(())
    })?;
    if has_lines && !is_known && !index.is_empty() {
        let message = format!(
            "{} is the log of another input: it has no row of {}; choose another log",
            output.display(),
            input.display()
        );
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    summary.answered = index.count(RowState::Answered) as u64;
    let failed = index.count(RowState::Failed) as u64;
    summary.failed = if retry_failed { 0 } else { failed };
    summary.resumed = summary.answered + summary.failed;
    summary.open = summary.rows - summary.resumed;
    Ok((index, summary, log))
}
