//! The results of a batch, as lines of the log.
//!
//! Invariant: each result is written once, also after a download that broke off; a row without a result gets an error when the batch has ended.

use serde_json::Value;
use trilogue_core::batch::provider::{BatchResult, Job, RowReply, missing, parse_result, poll_wait};
use trilogue_core::batch::{Outcome, Row, RowState, write_answer, write_failure};
use trilogue_core::client::{Completed, ProviderRequest};
use trilogue_core::{Error, ErrorKind};

use super::rows::{RowsOfJob, model_of};
use super::{EarlyEnd, ProviderRun, may_pass};

/// Bytes of lines that are written together.
const WRITE: usize = 256 << 10;
/// How often a download may fail, beyond the retries of the client.
const MAX_FAILURES: u32 = 8;

impl ProviderRun<'_> {
    /// Writes the lines of all rows of a batch that has ended. `milliseconds`: how long it took.
    pub(super) async fn write_results(
        &mut self,
        job: &Job,
        files: Vec<ProviderRequest>,
        status: &str,
        milliseconds: u64,
    ) -> Result<(), EarlyEnd> {
        let (of, options) = (job.clone(), self.options.clone());
        let mut rows = self.with_rows(move |rows| rows.of_job(&of, &options)).await?;
        for file in files {
            let mut failures = 0;
            // Results that have a line are skipped after a download that broke off.
            while let Err(error) = self.download(job, &file, &mut rows, milliseconds).await {
                if !may_pass(&error) || failures >= MAX_FAILURES {
                    return Err(error.into());
                }
                self.wait(poll_wait(failures)).await?;
                failures += 1;
            }
        }
        let mut lines = Vec::new();
        let error = missing(job, status);
        for (_, row) in rows {
            let before = self.set_taken(&row);
            // A row that had failed keeps its error, unless this run sends it again.
            if before == Some(RowState::Open) || self.options.retry_failed {
                let logged = write_failure(&mut lines, &row, &error, milliseconds);
                self.control.state().add(&logged);
            }
        }
        self.write(&mut lines).await?;
        Ok(())
    }

    /// Downloads a file with results, and writes the lines of their rows.
    async fn download(
        &mut self,
        job: &Job,
        file: &ProviderRequest,
        rows: &mut RowsOfJob,
        milliseconds: u64,
    ) -> Result<(), Error> {
        let mut download = self.client.download(file.clone(), &self.options.request).await?;
        let limit = self.client.config().max_response_bytes;
        let (mut text, mut lines) = (Vec::new(), Vec::new());
        loop {
            let chunk = match download.chunk().await {
                Ok(chunk) => chunk,
                Err(error) => {
                    // The complete results are kept.
                    self.write(&mut lines).await?;
                    return Err(error);
                }
            };
            let is_end = chunk.is_none();
            match chunk {
                Some(chunk) => text.extend_from_slice(chunk.as_ref()),
                None => text.push(b'\n'),
            }
            let mut read = 0;
            while let Some(length) = text.get(read..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n')) {
                let line = text.get(read..read + length).unwrap_or_default().trim_ascii();
                read += length + 1;
                if !line.is_empty() {
                    self.write_result(job, line, rows, milliseconds, &mut lines)?;
                }
                if lines.len() >= WRITE {
                    self.write(&mut lines).await?;
                }
            }
            text.drain(..read);
            if text.len() > limit {
                return Err(Error::new(ErrorKind::LimitExceeded, format!("a result is longer than {limit} bytes")));
            }
            if is_end {
                return self.write(&mut lines).await;
            }
        }
    }

    /// Appends the line of a row.
    fn write_result(
        &mut self,
        job: &Job,
        line: &[u8],
        rows: &mut RowsOfJob,
        milliseconds: u64,
        lines: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let wrong = |message: String| Error::new(ErrorKind::InvalidRequest, message);
        let line =
            std::str::from_utf8(line).map_err(|_| wrong("a line of the results is not valid UTF-8".to_owned()))?;
        let BatchResult { key, reply } = parse_result(job, line).map_err(wrong)?;
        let Some(row) = rows.remove(&key.id) else { return Ok(()) };
        if row.key != key {
            let message =
                "was changed after it was sent; give a changed row a new custom_id, or restore it to fetch its answer";
            return Err(wrong(format!("the row \"{}\" {message}", row.custom_id)));
        }
        let answer = match reply {
            RowReply::Response(head, body) => self
                .client
                .decode_batched(&row.endpoint, &head, body)
                .map(|value| Completed { value, head, retries_taken: 0 }),
            RowReply::Failed(error) => Err(error),
        };
        let before = self.set_taken(&row);
        let logged = match answer {
            Ok(mut completed) => {
                if let Value::Object(fields) = &mut completed.value {
                    // The price of the requested model counts, as for calls: another one may have answered.
                    let max_cost = || self.rows.as_ref()?.max_cost(&self.client, self.options, &row);
                    let model = model_of(&row, self.options);
                    self.client.charge_batched(model, fields, || max_cost().unwrap_or(job.max_cost));
                }
                write_answer(lines, &row, completed, milliseconds)
            }
            // Its line has this error, or another one, already.
            Err(_) if before == Some(RowState::Failed) && !self.options.retry_failed => return Ok(()),
            Err(error) => write_failure(lines, &row, &error, milliseconds),
        };
        let mut summary = self.control.state();
        if before == Some(RowState::Failed) && !self.options.retry_failed && logged.outcome == Outcome::Answered {
            summary.failed = summary.failed.saturating_sub(1);
            summary.resumed = summary.resumed.saturating_sub(1);
            summary.open += 1;
        }
        summary.add(&logged);
        Ok(())
    }

    /// Records that a row has its line, and returns its state before.
    fn set_taken(&mut self, row: &Row) -> Option<RowState> {
        let index = &mut self.rows.as_mut()?.input.index;
        let (position, _) = index.find(row.key.id)?;
        let before = index.set(position, RowState::Taken);
        self.kept_errors -= usize::from(before == RowState::Failed);
        Some(before)
    }

    async fn write(&self, lines: &mut Vec<u8>) -> Result<(), Error> {
        if !lines.is_empty() {
            self.writer.add(lines).await?;
            lines.clear();
        }
        Ok(())
    }
}
