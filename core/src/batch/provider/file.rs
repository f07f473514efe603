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
pub struct FileLimits {
    /// The most requests.
    pub rows: u64,
    /// The most bytes.
    pub bytes: usize,
}

impl FileLimits {
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
    limits: FileLimits,
    token: String,
    content: Vec<u8>,
    rows: u64,
}

impl BatchFile {
    /// Begins the file of a job.
    pub fn new(job: &Job, limits: FileLimits) -> Self {
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
    /// A sentence that says what is wrong with a request that no file has space for.
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
        job.checksum = job.checksum.wrapping_add(key.checksum());
        job.max_cost += request.max_cost.unwrap_or(Dollars::ZERO);
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

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::json::json;
    use crate::value::Value;

    fn job(format: Format) -> Job {
        Job::new(format, None, false, Duration::from_secs(1), 0.5)
    }

    fn request(text: &str) -> BatchedRequest {
        let body = json!({"text": text}).to_string().into_bytes();
        BatchedRequest { body: body.into(), max_cost: Dollars::parse("0.5") }
    }

    fn key(id: u64) -> RowKey {
        RowKey { id, content: 7 }
    }

    #[test]
    fn a_file_is_within_its_limits() {
        for format in [Format::Chat, Format::Messages] {
            for limits in [FileLimits { rows: 3, bytes: 1 << 20 }, FileLimits { rows: 100, bytes: 700 }] {
                let mut job = job(format);
                let mut file = BatchFile::new(&job, limits);
                let mut rows = 0;
                while file.add(&mut job, rows + 10, key(rows), &request("a text")).unwrap() {
                    rows += 1;
                }
                assert!((1..=limits.rows).contains(&rows), "{rows}");
                assert_eq!((job.rows, job.first, job.last), (rows, 10, rows + 9));
                assert_eq!(job.max_cost, Dollars::parse("0.5").unwrap().times(rows));
                let length = file.finish().1.len();
                assert!(length <= limits.bytes, "{length}");
            }
        }
    }

    #[test]
    fn a_request_that_no_file_has_space_for_is_an_error() {
        let mut job = job(Format::Chat);
        let mut file = BatchFile::new(&job, FileLimits { rows: 1, bytes: 500 });
        let error = file.add(&mut job, 1, key(1), &request(&"a".repeat(500))).unwrap_err();
        assert!(error.contains("511 bytes") && error.contains("can have 500"), "{error}");
    }

    #[test]
    fn files_have_the_form_of_their_provider() {
        let mut job = job(Format::Messages);
        let mut file = BatchFile::new(&job, FileLimits::of(Format::Messages));
        for row in 0..2 {
            assert!(file.add(&mut job, 1, key(row), &request("é")).unwrap());
        }
        let (kind, body) = file.finish();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let id = |row: u64| format!("{}-{row:016x}00000007", job.token());
        let request = |row| json!({"custom_id": id(row), "params": {"text": "é"}});
        assert_eq!((kind.as_str(), body), ("application/json", json!({"requests": [request(0), request(1)]})));
    }
}
