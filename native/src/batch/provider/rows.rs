//! The rows of the input, by job.
//!
//! Invariant: the input is read from its beginning for each job, so that only the requests of one batch are in memory.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use trilogue_core::batch::provider::{BatchFile, FileLimits, Job};
use trilogue_core::batch::{BatchOptions, Row, RowHead, RowState};
use trilogue_core::client::BatchedRequest;
use trilogue_core::config::Format;
use trilogue_core::cost::Dollars;
use trilogue_core::value::{self, MODEL_FIELDS};
use trilogue_core::wire::Endpoint;
use trilogue_core::{Client, Error, ErrorKind};

use crate::AnyTransport;
use crate::batch::input::CheckedInput;
use crate::batch::lines::Lines;

/// The rows of an input.
pub(in crate::batch) struct JobRows {
    pub(super) input: CheckedInput,
    /// The first line whose row may be in no job.
    start: u64,
}

/// A new job.
pub(super) enum Filled {
    /// Each open row is in a job.
    Nothing,
    /// The budget does not cover a further row.
    NoBudget,
    Job(Box<(Job, BatchFile)>),
}

/// The rows of a job that are not done, by the hash of their `custom_id`.
pub(super) type RowsOfJob = HashMap<u64, Row>;

/// A row whose line was checked.
struct CheckedRow<'a> {
    input: &'a CheckedInput,
    head: RowHead<'a>,
    line: &'a str,
    number: u64,
    state: RowState,
}

impl CheckedRow<'_> {
    /// Reads the request. Also returns its format.
    fn read(self) -> Result<(Row, Format), Error> {
        let row = self.input.read(self.head, self.line, self.number)?;
        let format = if row.endpoint == Endpoint::Messages { Format::Messages } else { Format::Chat };
        Ok((row, format))
    }
}

impl JobRows {
    pub(in crate::batch) fn new(input: CheckedInput) -> Self {
        Self { input, start: 0 }
    }

    /// Calls `take` with each row of these lines, until it returns false. Of equal rows, the first one counts.
    fn each(
        &self,
        range: RangeInclusive<u64>,
        mut take: impl FnMut(CheckedRow<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let input = &self.input;
        let mut lines = Lines::open(&input.path)?;
        let mut seen = vec![false; if input.reader.skips_equal_rows() { input.index.len() } else { 0 }];
        while let Some((line, number)) = lines.next()? {
            if number > *range.end() {
                return Ok(());
            }
            if number < *range.start() && seen.is_empty() {
                continue;
            }
            let (head, position) = input.check(line, number)?;
            let is_repeated = seen.get_mut(position).is_some_and(|seen| std::mem::replace(seen, true));
            if is_repeated || number < *range.start() {
                continue;
            }
            let row = CheckedRow { input, head, line, number, state: input.index.state(position) };
            if !take(row)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Fills a batch with rows that are in no job: those of the first one's format and, for chat completions, its model, as far as the budget,
    /// the provider's limits and the rows of other jobs allow.
    pub(super) fn fill_new(
        &mut self,
        client: &Client<AnyTransport>,
        options: &BatchOptions,
        jobs: &[Job],
        left: Option<Dollars>,
        begin: impl Fn(Format, Option<String>) -> Job,
    ) -> Result<Filled, Error> {
        let mut filled: Option<(Job, BatchFile)> = None;
        let (mut next, mut lacks_budget) = (None, false);
        // The checksum of rows after the last one of the new job.
        let mut skipped = 0_u32;
        self.each(self.start..=u64::MAX, |checked| {
            let (number, key, state) = (checked.number, checked.head.key, checked.state);
            let (has_failed, is_sent) = (state == RowState::Failed, state.is_open(options.retry_failed));
            if !is_sent && filled.is_none() {
                return Ok(true);
            }
            let (row, format) = checked.read()?;
            let model = model_of(&row, options);
            if filled.as_ref().is_some_and(|(job, _)| !job.accepts(format, model)) {
                next.get_or_insert(number);
                return Ok(true);
            }
            if !is_sent {
                skipped = skipped.wrapping_add(key.checksum());
                return Ok(true);
            }
            if jobs.iter().any(|job| job.covers(number, format, model, has_failed)) {
                // A job has all rows between its first and its last one, so the new job ends before a row of another job.
                if filled.is_some() {
                    next.get_or_insert(number);
                }
                return Ok(filled.is_none());
            }
            let (job, file) = filled.get_or_insert_with(|| {
                // OpenAI takes requests of one model.
                let job = begin(format, (format == Format::Chat).then(|| model.to_owned()));
                let file = BatchFile::new(&job, FileLimits::of(format));
                (job, file)
            });
            let request = self.encode(client, options, row, left.is_some())?;
            lacks_budget = left.is_some_and(|left| job.max_cost + request.max_cost.unwrap_or(Dollars::ZERO) > left);
            let wrong = |message: String| self.input.error(number, &message);
            let has_space = !lacks_budget && file.add(job, number, key, &request).map_err(wrong)?;
            if has_space {
                job.checksum = job.checksum.wrapping_add(std::mem::take(&mut skipped));
            } else {
                next.get_or_insert(number);
            }
            Ok(has_space)
        })?;
        self.start = next.unwrap_or(u64::MAX);
        Ok(match filled.filter(|(_, file)| !file.is_empty()) {
            Some(filled) => Filled::Job(Box::new(filled)),
            None if lacks_budget => Filled::NoBudget,
            None => Filled::Nothing,
        })
    }

    /// Fills the batch of a job of the log again.
    pub(super) fn fill_again(
        &self,
        client: &Client<AnyTransport>,
        options: &BatchOptions,
        job: &Job,
    ) -> Result<BatchFile, Error> {
        let mut again = job.clone();
        let mut file = BatchFile::new(job, FileLimits::of(job.format));
        self.each_of(job, options, |row| {
            let (number, key) = (row.number, row.key);
            let request = self.encode(client, options, row, false)?;
            let wrong = |message: String| self.input.error(number, &message);
            file.add(&mut again, number, key, &request).map_err(wrong).map(drop)
        })?;
        Ok(file)
    }

    /// Returns the rows of a job that are not done.
    pub(super) fn of_job(&self, job: &Job, options: &BatchOptions) -> Result<RowsOfJob, Error> {
        let mut rows = RowsOfJob::new();
        self.each_of(job, options, |mut row| {
            // Only the name, the key and the model are needed.
            row.body.retain(|name, _| MODEL_FIELDS.contains(&name.as_str()));
            rows.insert(row.key.id, row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Checks that the input still has the rows of the jobs, since the rows in no job depend on them.
    pub(super) fn check(&self, jobs: &[Job], options: &BatchOptions) -> Result<(), Error> {
        jobs.iter().try_for_each(|job| self.each_of(job, options, |_| Ok(())))
    }

    /// Calls `take` with each row of a job that is not done. An input that was changed is an error at the end.
    fn each_of(
        &self,
        job: &Job,
        options: &BatchOptions,
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut checksum = 0_u32;
        self.each(job.first..=job.last, |checked| {
            let (number, key, state) = (checked.number, checked.head.key, checked.state);
            let (row, format) = checked.read()?;
            let model = model_of(&row, options);
            if job.accepts(format, model) {
                checksum = checksum.wrapping_add(key.checksum());
            }
            if state.is_open(job.with_failed) && job.covers(number, format, model, state == RowState::Failed) {
                take(row)?;
            }
            Ok(true)
        })?;
        if checksum == job.checksum {
            return Ok(());
        }
        let message = format!(
            "{}: rows of the lines {} to {} were added, removed, moved or changed after they were sent in a batch{}; restore the input until the batch has ended",
            self.input.path.display(),
            job.first,
            job.last,
            job.batch.as_ref().map(|batch| format!(", {batch}")).unwrap_or_default(),
        );
        Err(Error::new(ErrorKind::InvalidRequest, message))
    }

    /// The highest possible cost of a row of a job, whose body may be taken. `None` if it is unknown, or if the options were changed and refuse the row.
    pub(super) fn max_cost(&self, client: &Client<AnyTransport>, options: &BatchOptions, row: &Row) -> Option<Dollars> {
        let mut row = row.clone();
        self.input.reader.read_body(&mut row).ok()?;
        self.encode(client, options, row, false).ok()?.max_cost
    }

    /// Encodes the request of a row. An error names its line.
    fn encode(
        &self,
        client: &Client<AnyTransport>,
        options: &BatchOptions,
        row: Row,
        has_budget: bool,
    ) -> Result<BatchedRequest, Error> {
        let request = client.encode_batched(&row.endpoint, row.body, &options.request, has_budget);
        request.map_err(|mut error| {
            let message = format!("{}, line {}: {}", self.input.path.display(), row.number, error.message());
            error.fields_mut().message = message;
            error
        })
    }
}

/// The model of a request.
pub(super) fn model_of<'r>(row: &'r Row, options: &'r BatchOptions) -> &'r str {
    let member = |name: &str| options.request.extra_body.get(name).or_else(|| row.body.get(name));
    value::model_of(member).unwrap_or_default()
}
