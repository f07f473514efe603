//! A batch of the provider, as a line of the log.
//!
//! Invariant: a job has all rows of its lines of the input that have its format and its model, and that had no line when it began, or an error. While it is
//! open, none of them is in another job, and none is changed.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::batch::line::JOB_HEAD;
use crate::config::Format;
use crate::cost::Dollars;
use crate::prelude::*;

const ID: &str = "batch_job_";

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// The provider may still answer it.
    Open,
    /// Its results are in the log, or the provider refused it.
    Done,
}

/// A batch of the provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// `batch_job_` and the token.
    id: String,
    /// The format of its requests, and of the provider.
    #[serde(with = "format")]
    pub format: Format,
    /// The model of its requests; `None` if they may have several.
    pub model: Option<String>,
    /// The first line of the input that may be in it, from 1.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Whether it also has rows whose line was an error.
    pub with_failed: bool,
    /// The number of its requests.
    pub rows: u64,
    /// The sum of [`RowKey::checksum`](crate::batch::RowKey::checksum) over all rows of its lines, format and model, also of those that were done
    /// when it began. Lines are numbers only, so an input that was changed is recognised by it.
    pub checksum: u32,
    /// Their highest possible cost, as far as it is known.
    #[serde(rename = "most")]
    pub max_cost: Dollars,
    /// When it began, in seconds since 1970.
    #[serde(rename = "began")]
    pub started_at: u64,
    /// The provider's id of the uploaded file.
    pub file: Option<String>,
    /// The provider's id of the batch.
    pub batch: Option<String>,
    /// Whether results may still come.
    pub state: JobState,
}

impl Job {
    /// Begins a job without rows. `random` distinguishes jobs that begin at the same time.
    pub fn new(format: Format, model: Option<String>, with_failed: bool, now: Duration, random: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 0, and below 2^32")]
        let token = (random * f64::from(u32::MAX)) as u32;
        #[expect(clippy::cast_possible_truncation, reason = "the lower half of the time changes most")]
        let time = now.as_micros() as u32;
        Self {
            id: format!("{ID}{time:08x}{token:08x}"),
            format,
            model,
            first: u64::MAX,
            last: 0,
            with_failed,
            rows: 0,
            checksum: 0,
            max_cost: Dollars::ZERO,
            started_at: now.as_secs(),
            file: None,
            batch: None,
            state: JobState::Open,
        }
    }

    /// 16 hexadecimal digits that only this job has.
    pub fn token(&self) -> &str {
        self.id.strip_prefix(ID).unwrap_or_default()
    }

    /// Reads a line of the log, without its line break; `None` for the line of a row.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the line.
    pub fn parse(line: &[u8]) -> Option<Result<Self, &'static str>> {
        line.starts_with(JOB_HEAD)
            .then(|| serde_json::from_slice(line).map_err(|_| "the line of a batch job is incomplete"))
    }

    /// Writes the line of the job. The last one of its lines counts.
    pub fn write(&self, log: &mut Vec<u8>) {
        // Writing a job to memory can't fail: its keys are texts.
        let text = serde_json::to_string(self).unwrap_or_default();
        log.extend_from_slice(text.as_bytes());
        log.push(b'\n');
    }

    /// Replaces the earlier line of this job in a list, or adds the job.
    pub fn record(self, jobs: &mut Vec<Self>) {
        match jobs.iter_mut().find(|known| known.id == self.id) {
            Some(known) => *known = self,
            None => jobs.push(self),
        }
    }

    /// Whether the row of this line is in the job, which has no answer of it. `has_failed`: whether it has an error.
    pub fn covers(&self, number: u64, format: Format, model: &str, has_failed: bool) -> bool {
        (self.first..=self.last).contains(&number) && (self.with_failed || !has_failed) && self.accepts(format, model)
    }

    /// Whether the job takes requests of this format and model.
    pub fn accepts(&self, format: Format, model: &str) -> bool {
        self.format == format && self.model.as_deref().is_none_or(|own| own == model)
    }

    /// The name of its file.
    pub(super) fn file_name(&self) -> String {
        format!("trilogue-{}.jsonl", self.token())
    }
}

/// A format by its name.
mod format {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::config::Format;
    use crate::prelude::*;
    use crate::value::fields::Field as _;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(format: &Format, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(format.word())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
        let word = String::deserialize(deserializer)?;
        Format::read(word.into()).ok_or_else(|| D::Error::custom("no format"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::may_begin_line;

    #[test]
    fn the_last_line_of_a_job_counts() {
        let mut job = Job::new(Format::Chat, Some("m".to_owned()), false, Duration::from_secs(1_700_000_000), 0.5);
        (job.first, job.last, job.rows) = (3, 9, 4);
        let mut log = Vec::new();
        job.write(&mut log);
        job.batch = Some("batch_1".to_owned());
        job.write(&mut log);
        let mut jobs = Vec::new();
        for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(may_begin_line(&line[..5]) && may_begin_line(line));
            Job::parse(line).unwrap().unwrap().record(&mut jobs);
            for end in JOB_HEAD.len()..line.len() {
                assert!(Job::parse(&line[..end]).unwrap().is_err(), "{end}");
            }
        }
        assert_eq!(jobs, [job.clone()]);
        assert_eq!(Job::parse(b"{\"id\":\"batch_req_1\"}"), None);
        let covers = |job: &Job, number, has_failed| job.covers(number, Format::Chat, "m", has_failed);
        assert!(covers(&job, 3, false) && covers(&job, 9, false) && !covers(&job, 10, false) && !covers(&job, 3, true));
        assert!(!job.covers(3, Format::Chat, "n", false) && !job.covers(3, Format::Messages, "m", false));
        job.with_failed = true;
        assert!(covers(&job, 3, true));
        assert_eq!(job.token().len(), 16);
    }
}
