//! The requests of a batch, as the provider takes them.
//!
//! Invariant: a file is within the provider's limits. The `custom_id` of a request is the job's token and the row's key: every provider accepts its
//! characters and its length, and no result of another job is mistaken for one of this job.

use super::job::Job;
use crate::batch::RowKey;
use crate::client::BatchedRequest;
use crate::config::Format;
use crate::cost::Dollars;
use crate::prelude::*;

/// The limits of a provider's batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// The most requests.
    pub rows: u64,
    /// The most bytes.
    pub bytes: usize,
}

impl BatchLimits {
    /// The limits of a format's provider: <https://platform.openai.com/docs/guides/batch> and
    /// <https://docs.claude.com/en/docs/build-with-claude/batch-processing>.
    pub fn of(format: Format) -> Self {
        match format {
            Format::Chat => Self { rows: 50_000, bytes: 200_000_000 },
            Format::Messages => Self { rows: 100_000, bytes: 256_000_000 },
        }
    }
}

/// The requests of a job, which is filled while they are added.
#[derive(Debug)]
pub struct BatchFile {
    format: Format,
    limits: BatchLimits,
    token: String,
    content: Vec<u8>,
    rows: u64,
}

impl BatchFile {
    /// Begins the file of a job.
    pub fn new(job: &Job, limits: BatchLimits) -> Self {
        let token = job.token().to_owned();
        let content = match job.format {
            Format::Chat => format!(
                "--{token}\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{token}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\ncontent-type: application/jsonl\r\n\r\n",
                job.file_name()
            ),
            Format::Messages => "{\"requests\":[".to_owned(),
        };
        Self { format: job.format, limits, token, content: content.into_bytes(), rows: 0 }
    }

    /// Adds the request of the row in this line of the input, and counts it in the job. Returns false if the file is full.
    ///
    /// # Errors
    ///
    /// What is wrong with a request that no file has space for.
    pub fn add(&mut self, job: &mut Job, line: u64, key: RowKey, request: &BatchedRequest) -> Result<bool, String> {
        let id = format!("{}-{key}", self.token);
        let (head, tail) = match self.format {
            Format::Chat => (
                format!("{{\"custom_id\":\"{id}\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"),
                "}\n",
            ),
            Format::Messages => {
                let comma = if self.rows == 0 { "" } else { "," };
                (format!("{comma}{{\"custom_id\":\"{id}\",\"params\":"), "}")
            }
        };
        let length = self.content.len() + head.len() + request.body.len() + tail.len() + self.end().len();
        if length > self.limits.bytes && self.rows == 0 {
            return Err(format!(
                "the request has {} bytes, and a batch of the provider can have {}; send it without the provider's batches",
                request.body.len(),
                self.limits.bytes
            ));
        }
        if length > self.limits.bytes || self.rows >= self.limits.rows {
            return Ok(false);
        }
        self.content.extend_from_slice(head.as_bytes());
        self.content.extend_from_slice(&request.body);
        self.content.extend_from_slice(tail.as_bytes());
        self.rows += 1;
        job.rows = self.rows;
        job.first = job.first.min(line);
        job.last = job.last.max(line);
        job.most += request.most.unwrap_or(Dollars::ZERO);
        Ok(true)
    }

    /// Whether it has no request.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    fn end(&self) -> String {
        match self.format {
            Format::Chat => format!("\r\n--{}--\r\n", self.token),
            Format::Messages => "]}".to_owned(),
        }
    }

    /// Returns the type of the complete body, and the body.
    pub(super) fn finish(mut self) -> (String, Vec<u8>) {
        let end = self.end();
        self.content.extend_from_slice(end.as_bytes());
        let kind = match self.format {
            Format::Chat => format!("multipart/form-data; boundary={}", self.token),
            Format::Messages => "application/json".to_owned(),
        };
        (kind, self.content)
    }
}
