//! A run whose rows the provider answers in batches of its own.
//!
//! Invariant: a job is in the log before anything of it is sent. A job is recorded as done only after each of its rows has a line, or after the
//! provider has refused it. So the same run, repeated after any end, goes on with the batches that exist at the provider.
//!
//! - `rows`: the rows of the input, by job.
//! - `results`: the results of a batch, as lines of the log.

mod results;
mod rows;

use std::time::Duration;

use tokio::sync::watch;
use trilogue_core::batch::provider::{
    BatchFile, BatchState, Creation, Job, JobState, batch_state, poll, poll_wait, results as files_of,
};
use trilogue_core::batch::{BatchOptions, End, RowState};
use trilogue_core::cost::Dollars;
use trilogue_core::transport::Transport as _;
use trilogue_core::{Client, Error, ErrorKind};

use self::rows::Filled;
pub(super) use self::rows::JobRows;
use super::file_run::RunEnd;
use super::log::Writer;
use super::{BatchControl, Phase, blocking};
use crate::AnyTransport;

/// How often requests for the states of batches may fail in a row, beyond the retries of the client. The waits in between add up to half an hour.
const MAX_FAILURES: u32 = 36;

/// A run.
pub(super) struct ProviderRun<'a> {
    client: Client<AnyTransport>,
    options: &'a BatchOptions,
    control: &'a BatchControl,
    writer: &'a Writer,
    /// `None` while another thread reads the input.
    rows: Option<JobRows>,
    /// The rows that have kept the error of an earlier run.
    kept_errors: usize,
    /// The jobs that are not done.
    jobs: Vec<Job>,
    /// The batches of jobs that are done.
    done: Vec<String>,
    phase: watch::Receiver<Phase>,
}

/// Why a run ends early.
enum EarlyEnd {
    Stopped,
    Failed(Error),
}

impl From<Error> for EarlyEnd {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<'a> ProviderRun<'a> {
    /// `jobs`: those of the log.
    pub(super) fn new(
        client: Client<AnyTransport>,
        options: &'a BatchOptions,
        control: &'a BatchControl,
        writer: &'a Writer,
        rows: JobRows,
        jobs: Vec<Job>,
    ) -> Self {
        let (jobs, done): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.state == JobState::Open);
        let done = done.into_iter().filter_map(|job| job.batch).collect();
        let mut phase = control.0.phase.subscribe();
        phase.mark_changed();
        let kept_errors = rows.input.index.count(RowState::Failed);
        Self { client, options, control, writer, rows: Some(rows), kept_errors, jobs, done, phase }
    }

    /// Runs until each row has a line, the budget is used up, or the run is stopped.
    pub(super) async fn run(mut self) -> Result<RunEnd, Error> {
        let mut phase = self.phase.clone();
        let ended = tokio::select! {
            biased;
            _aborted = phase.wait_for(|phase| *phase == Phase::Aborting) => Err(EarlyEnd::Stopped),
            ended = self.run_jobs() => ended,
        };
        let end = match ended {
            Ok(end) => end,
            Err(EarlyEnd::Stopped) => End::Stopped,
            Err(EarlyEnd::Failed(error)) => return Err(error),
        };
        Ok(RunEnd { end, index: self.rows.map(|rows| rows.input.index), kept_errors: self.kept_errors })
    }

    async fn run_jobs(&mut self) -> Result<End, EarlyEnd> {
        if !self.jobs.is_empty() {
            let (jobs, options) = (self.jobs.clone(), self.options.clone());
            self.with_rows(move |rows| rows.check(&jobs, &options)).await?;
        }
        // Jobs that a killed run began come before new jobs.
        for at in 0..self.jobs.len() {
            if self.jobs.get(at).is_some_and(|job| job.batch.is_none()) {
                self.create(at, true).await?;
            }
        }
        self.drop_done();
        loop {
            let is_in_budget = self.submit().await?;
            if self.jobs.is_empty() {
                return Ok(if is_in_budget { End::Complete } else { End::Budget });
            }
            self.await_end().await?;
        }
    }

    /// Creates batches of the rows that are in no job. Returns false if the budget does not cover all.
    async fn submit(&mut self) -> Result<bool, EarlyEnd> {
        loop {
            self.check_phase()?;
            // A provider without space for another batch takes none until one has ended.
            if self.jobs.iter().any(|job| job.batch.is_none()) {
                return Ok(true);
            }
            let transport = self.client.transport();
            let (now, random, retry_failed) = (transport.unix_time(), transport.random(), self.options.retry_failed);
            let begin = move |format, model| Job::new(format, model, retry_failed, now, random);
            let (client, options, jobs, left) =
                (self.client.clone(), self.options.clone(), self.jobs.clone(), self.budget_left());
            let filled = self.with_rows(move |rows| rows.fill_new(&client, &options, &jobs, left, begin)).await?;
            match filled {
                Filled::Nothing => return Ok(true),
                Filled::NoBudget => return Ok(false),
                Filled::Job(filled) => {
                    let (job, file) = *filled;
                    self.record(&job).await?;
                    self.jobs.push(job);
                    let at = self.jobs.len() - 1;
                    self.create_with(at, file, false).await?;
                }
            }
        }
    }

    /// The rest of the budget beside the jobs that are not done; `None` without a budget.
    fn budget_left(&self) -> Option<Dollars> {
        let reserved = self.jobs.iter().fold(Dollars::ZERO, |sum, job| sum + job.max_cost);
        self.client.budget_left().map(|left| left.less(reserved))
    }

    /// Creates the batch of a job of the log.
    async fn create(&mut self, at: usize, is_repeated: bool) -> Result<(), EarlyEnd> {
        let Some(job) = self.jobs.get(at).cloned() else { return Ok(()) };
        let (client, options) = (self.client.clone(), self.options.clone());
        let file = self.with_rows(move |rows| rows.fill_again(&client, &options, &job)).await?;
        self.create_with(at, file, is_repeated).await
    }

    async fn create_with(&mut self, at: usize, file: BatchFile, is_repeated: bool) -> Result<(), EarlyEnd> {
        let Some(mut job) = self.jobs.get(at).cloned() else { return Ok(()) };
        let others = self.jobs.iter().filter_map(|job| job.batch.clone()).chain(self.done.iter().cloned()).collect();
        let is_empty = file.is_empty();
        let mut creation = Creation::new(&job, file, is_repeated, others);
        let mut failures = 0;
        while let Some(request) = creation.next(&job) {
            self.check_phase()?;
            if is_empty && request.method == "POST" {
                // Its rows have lines, and the provider knows nothing of it.
                job.state = JobState::Done;
                break;
            }
            let reply = self.client.send_provider_request(request, &self.options.request).await;
            match reply.and_then(|reply| creation.read(&mut job, &reply.value)) {
                Ok(false) => {}
                Ok(true) => {
                    failures = 0;
                    self.record(&job).await?;
                }
                // The request may have had its effect: it is looked for before the request is sent again.
                Err(error) if may_pass(&error) && failures < self.client.config().max_retries => {
                    self.wait(poll_wait(failures)).await?;
                    failures += 1;
                    creation.search_first(&job);
                }
                Err(error) => return Err(error.into()),
            }
        }
        if job.state == JobState::Done {
            self.record(&job).await?;
        }
        if let Some(slot) = self.jobs.get_mut(at) {
            *slot = job;
        }
        Ok(())
    }

    /// Waits until at least one batch has ended, and writes the results of all that have.
    async fn await_end(&mut self) -> Result<(), EarlyEnd> {
        let (mut polls, mut failures) = (0, 0);
        loop {
            let created = self.jobs.iter().filter(|job| job.batch.is_some());
            self.control.state().at_provider = created.map(|job| job.rows).sum();
            self.wait(poll_wait(polls)).await?;
            polls += 1;
            let (mut has_ended, mut has_failure) = (false, false);
            let mut postponed = None;
            for at in 0..self.jobs.len() {
                let Some((job, request)) = self.jobs.get(at).and_then(|job| Some((job.clone(), poll(job)?))) else {
                    continue;
                };
                let reply = self.client.send_provider_request(request, &self.options.request).await;
                let state = match reply.and_then(|reply| batch_state(job.format, &reply.value)) {
                    Ok(state) => state,
                    // The results of the other batches are fetched meanwhile.
                    Err(error) if may_pass(&error) && failures < MAX_FAILURES => {
                        has_failure = true;
                        continue;
                    }
                    Err(error) => return Err(explain_missing(error, &job).into()),
                };
                match state {
                    BatchState::Running => {}
                    BatchState::Ended { status, files, milliseconds } => {
                        let files = files_of(&job, &files);
                        self.write_results(&job, files, &status, milliseconds).await?;
                        self.finish(at).await?;
                        let mut summary = self.control.state();
                        summary.at_provider = summary.at_provider.saturating_sub(job.rows);
                        drop(summary);
                        has_ended = true;
                    }
                    BatchState::Postponed(error) => {
                        self.postpone(at).await?;
                        postponed = Some(error);
                    }
                    BatchState::Refused(error) => {
                        // Its rows are open again, for a run after the cause is gone.
                        self.finish(at).await?;
                        return Err(error.into());
                    }
                }
            }
            failures = if has_failure { failures + 1 } else { 0 };
            self.drop_done();
            if has_ended {
                for at in 0..self.jobs.len() {
                    if self.jobs.get(at).is_some_and(|job| job.batch.is_none()) {
                        self.create(at, false).await?;
                    }
                }
                return Ok(());
            }
            if let Some(error) = postponed.filter(|_| self.jobs.iter().all(|job| job.batch.is_none())) {
                // No batch of this run has to end first.
                return Err(error.into());
            }
        }
    }

    /// Records that a job is done.
    async fn finish(&mut self, at: usize) -> Result<(), Error> {
        let Some(job) = self.jobs.get_mut(at) else { return Ok(()) };
        job.state = JobState::Done;
        let job = job.clone();
        self.record(&job).await
    }

    /// Records that the batch of a job has to be created again. Its file can be used again.
    async fn postpone(&mut self, at: usize) -> Result<(), Error> {
        let Some(job) = self.jobs.get_mut(at) else { return Ok(()) };
        self.done.extend(job.batch.take());
        let job = job.clone();
        self.record(&job).await
    }

    fn drop_done(&mut self) {
        let done = self.jobs.extract_if(.., |job| job.state == JobState::Done);
        self.done.extend(done.filter_map(|job| job.batch));
    }

    async fn record(&self, job: &Job) -> Result<(), Error> {
        let mut line = Vec::new();
        job.write(&mut line);
        self.writer.add(&line).await
    }

    /// Reads the input in another thread.
    async fn with_rows<R: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut JobRows) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let lost = || Error::new(ErrorKind::Api, "the rows of the batch are lost; please report this");
        let mut rows = self.rows.take().ok_or_else(lost)?;
        let (rows, outcome) = blocking(move || {
            let outcome = work(&mut rows);
            Ok((rows, outcome))
        })
        .await?;
        self.rows = Some(rows);
        outcome
    }

    fn check_phase(&self) -> Result<(), EarlyEnd> {
        if *self.phase.borrow() == Phase::Running { Ok(()) } else { Err(EarlyEnd::Stopped) }
    }

    /// Waits, unless the run is stopped.
    async fn wait(&mut self, wait: Duration) -> Result<(), EarlyEnd> {
        self.check_phase()?;
        tokio::select! {
            _stopped = self.phase.wait_for(|phase| *phase != Phase::Running) => Err(EarlyEnd::Stopped),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }
}

/// Adds to the error of a batch that the provider does not know how to go on without it.
fn explain_missing(mut error: Error, job: &Job) -> Error {
    if error.kind() == ErrorKind::NotFound {
        let message = format!(
            "{}; if the provider has no batch {}, remove the lines with {} from the log, and its rows are sent again",
            error.message().trim_end_matches('.'),
            job.batch.as_deref().unwrap_or_default(),
            job.token()
        );
        error.fields_mut().message = message;
    }
    error
}

/// Whether a failure says nothing about the request, so that another attempt may succeed.
fn may_pass(error: &Error) -> bool {
    // An error that was sent with a status of success and names no known cause.
    let is_unknown = error.kind() == ErrorKind::Api && error.fields().status.is_some_and(|status| status < 300);
    let is_passing = matches!(
        error.kind(),
        ErrorKind::Connection
            | ErrorKind::ConnectTimeout
            | ErrorKind::Timeout
            | ErrorKind::FirstTokenTimeout
            | ErrorKind::IdleTimeout
            | ErrorKind::QueueTimeout
            | ErrorKind::IncompleteStream
            | ErrorKind::InternalServer
            | ErrorKind::Overloaded
            | ErrorKind::RateLimit
            | ErrorKind::ResponseValidation
    );
    is_unknown || is_passing
}
