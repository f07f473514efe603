//! The rows of the input, by job.
//!
//! Invariant: the input is read from its beginning for each job, so that only the requests of one batch are in memory.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::{Map, Value};
use trilogue_core::batch::provider::{BatchFile, Job};
use trilogue_core::batch::{BatchOptions, Index, Row, RowReader, RowState};
use trilogue_core::client::BatchedRequest;
use trilogue_core::config::Format;
use trilogue_core::cost::Dollars;
use trilogue_core::wire::Endpoint;
use trilogue_core::{Client, Error};

use super::limits;
use crate::AnyTransport;
use crate::batch::input::changed;
use crate::batch::line_error;
use crate::batch::lines::Lines;

/// The rows of an input.
pub(in crate::batch) struct JobRows {
    pub(in crate::batch) path: PathBuf,
    pub(in crate::batch) reader: RowReader,
    pub(in crate::batch) index: Index,
    pub(in crate::batch) retry_failed: bool,
    /// The first line whose row may be in no job.
    pub(in crate::batch) start: u64,
}

/// A new job.
pub(super) enum Filled {
    /// Each open row is in a job.
    Nothing,
    /// The budget does not cover a further row.
    NoBudget,
    Job(Job, BatchFile),
}

/// The rows of a job that have no result, by the hash of their `custom_id`.
pub(super) type RowsOfJob = HashMap<u64, Row>;

impl JobRows {
    pub(super) fn into_index(self) -> Index {
        self.index
    }

    /// Whether the row at a position is sent in this run.
    fn is_open(&self, position: usize) -> bool {
        match self.index.state(position) {
            RowState::Open => true,
            RowState::Failed => self.retry_failed,
            RowState::Answered | RowState::Taken => false,
        }
    }

    /// Calls `take` with each row from the line `start` for which `wants` holds, until it returns false. `wants` gets the position in the index.
    fn each(
        &self,
        start: u64,
        wants: impl Fn(usize) -> bool,
        mut take: impl FnMut(Row, Format) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut lines = Lines::open(&self.path)?;
        while let Some((line, number)) = lines.next()? {
            if number < start {
                continue;
            }
            let wrong = |message: String| line_error(&self.path, number, &message);
            let head = self.reader.check(line, number).map_err(wrong)?;
            let found = self.index.find(head.key.id).filter(|(_, content)| *content == head.key.content);
            let Some((position, _)) = found else { return Err(changed(&self.path)) };
            if wants(position) {
                let row = self.reader.read(head, line).map_err(wrong)?;
                let format = if row.endpoint == Endpoint::Messages { Format::Messages } else { Format::Chat };
                if !take(row, format)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Fills a batch with rows that are in no job: those of the first one's format and, for chat completions, its model, as far as the budget
    /// and the provider's limits allow.
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
        // Equal rows have one position: the first one of them is sent.
        let mut seen = vec![false; self.index.len()];
        let mut take = |row: Row, format: Format| {
            let (number, key, model) = (row.number, row.key, model_of(&row, options));
            let position = self.index.find(key.id).map(|(position, _)| position);
            let is_seen = position.and_then(|at| seen.get_mut(at)).is_none_or(|seen| std::mem::replace(seen, true));
            if is_seen || jobs.iter().any(|job| job.covers(number, format, &model)) {
                return Ok(true);
            }
            let (job, file) = filled.get_or_insert_with(|| {
                // OpenAI takes requests of one model.
                let job = begin(format, (format == Format::Chat).then(|| model.clone()));
                let file = BatchFile::new(&job, limits(format));
                (job, file)
            });
            let is_other = job.format != format || job.model.as_ref().is_some_and(|own| *own != model);
            let mut is_full = false;
            if !is_other {
                let request = self.encode(client, options, row, left.is_some())?;
                lacks_budget = left.is_some_and(|left| job.most + request.most.unwrap_or(Dollars::ZERO) > left);
                let wrong = |message: String| line_error(&self.path, number, &message);
                is_full = lacks_budget || !file.add(job, number, key, &request).map_err(wrong)?;
            }
            if is_other || is_full {
                next.get_or_insert(number);
            }
            Ok(!is_full)
        };
        self.each(self.start, |position| self.is_open(position), &mut take)?;
        self.start = next.unwrap_or(u64::MAX);
        Ok(match filled.filter(|(_, file)| !file.is_empty()) {
            Some((job, file)) => Filled::Job(job, file),
            None if lacks_budget => Filled::NoBudget,
            None => Filled::Nothing,
        })
    }

    /// Fills the batch of a job of the log again.
    pub(super) fn fill_again(
        &mut self,
        client: &Client<AnyTransport>,
        options: &BatchOptions,
        job: &Job,
    ) -> Result<BatchFile, Error> {
        let mut again = job.clone();
        let mut file = BatchFile::new(job, limits(job.format));
        self.each(
            job.first,
            |position| self.is_open(position),
            |row, format| {
                let (number, key) = (row.number, row.key);
                if job.covers(number, format, &model_of(&row, options)) {
                    let request = self.encode(client, options, row, false)?;
                    file.add(&mut again, number, key, &request)
                        .map_err(|message| line_error(&self.path, number, &message))?;
                }
                Ok(number < job.last)
            },
        )?;
        Ok(file)
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
            let message = format!("{}, line {}: {}", self.path.display(), row.number, error.message());
            error.fields_mut().message = message;
            error
        })
    }

    /// Returns the rows of a job that have no answer.
    pub(super) fn of_job(&self, job: &Job, options: &BatchOptions) -> Result<RowsOfJob, Error> {
        let mut rows = RowsOfJob::new();
        let has_none = |position| matches!(self.index.state(position), RowState::Open | RowState::Failed);
        self.each(job.first, has_none, |mut row, format| {
            let number = row.number;
            if job.covers(number, format, &model_of(&row, options)) {
                // Only the name and the key are needed.
                row.body = Map::new();
                rows.entry(row.key.id).or_insert(row);
            }
            Ok(number < job.last)
        })?;
        Ok(rows)
    }
}

/// The model of a request.
fn model_of(row: &Row, options: &BatchOptions) -> String {
    let field = |name: &str| options.request.extra_body.get(name).or_else(|| row.body.get(name));
    field("model").or_else(|| field("model_id")).and_then(Value::as_str).unwrap_or_default().to_owned()
}
