//! The requests that upload and create a batch.
//!
//! Invariant: a request that has an effect is preceded, in a job of an earlier run, by a search for that effect. So a run that was killed between a
//! request and its reply neither uploads nor creates a second time.

use alloc::sync::Arc;

use super::file::BatchFile;
use super::get;
use super::job::Job;
use crate::client::Exchange;
use crate::config::Format;
use crate::error::{Error, ErrorKind};
use crate::json::json;
use crate::prelude::*;
use crate::text::shortened;
use crate::value::{self, Map, Value, at};

/// Items of a page.
const PAGE: u64 = 100;
/// The clocks of this machine and the provider's may differ by this many seconds.
const CLOCK_SKEW: u64 = 600;

/// A batch that is being created: send [`Creation::next`], pass the reply to [`Creation::read`], and write the job if that returns true.
#[derive(Debug)]
pub struct Creation {
    phase: Phase,
    /// Whether an earlier attempt may have had an effect.
    is_repeated: bool,
    /// The body of the upload.
    content: (String, Arc<[u8]>),
    /// Batches of other jobs.
    others: Vec<String>,
}

#[derive(Debug, PartialEq)]
enum Phase {
    /// Looks for the file, after the file with this id.
    FindFile(Option<String>),
    Upload,
    FindBatch(Option<String>),
    Create,
    Done,
}

impl Creation {
    /// Begins to create the batch of a job. `is_repeated`: an earlier attempt may have had an effect; `others`: the batches of other jobs.
    pub fn new(job: &Job, file: BatchFile, is_repeated: bool, others: Vec<String>) -> Self {
        let (kind, content) = file.finish();
        let phase = if job.format == Format::Chat && job.file.is_none() { Phase::Upload } else { Phase::Create };
        let mut creation = Self { phase, is_repeated, content: (kind, content.into()), others };
        if is_repeated {
            creation.search_first(job);
        }
        creation
    }

    /// Looks for the effect of the last request before it is sent again, since its reply was lost.
    pub fn search_first(&mut self, job: &Job) {
        self.is_repeated = true;
        self.phase = match (job.format, &job.file) {
            (Format::Chat, None) => Phase::FindFile(None),
            _ => self.after_upload(),
        };
    }

    fn after_upload(&self) -> Phase {
        if self.is_repeated { Phase::FindBatch(None) } else { Phase::Create }
    }

    /// Returns the next request; `None` once the batch is created.
    pub fn next(&self, job: &Job) -> Option<Exchange> {
        let page = |path: &str, after: &Option<String>, name: &str| {
            let mut exchange = get(job.format, path.to_owned());
            exchange.query.insert("limit".to_owned(), PAGE.into());
            if let Some(after) = after {
                exchange.query.insert(name.to_owned(), after.as_str().into());
            }
            exchange
        };
        Some(match (&self.phase, job.format) {
            (Phase::Done, _) => return None,
            (Phase::FindFile(after), _) => {
                let mut exchange = page("files", after, "after");
                exchange.query.insert("purpose".to_owned(), "batch".into());
                exchange
            }
            (Phase::Upload, _) => post(job.format, "files", self.content.clone(), true),
            (Phase::FindBatch(after), Format::Chat) => page("batches", after, "after"),
            (Phase::FindBatch(after), Format::Messages) => page("messages/batches", after, "after_id"),
            (Phase::Create, Format::Chat) => {
                let body = json!({
                    "input_file_id": job.file, "endpoint": "/v1/chat/completions", "completion_window": "24h",
                    "metadata": {"trilogue_job": job.token()},
                });
                let body = Arc::from(body.to_string().into_bytes());
                post(job.format, "batches", ("application/json".to_owned(), body), false)
            }
            (Phase::Create, Format::Messages) => post(job.format, "messages/batches", self.content.clone(), false),
        })
    }

    /// Reads the reply to the last request. Returns whether the job has changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ResponseValidation`] for a reply without an id.
    pub fn read(&mut self, job: &mut Job, reply: &Value) -> Result<bool, Error> {
        match &self.phase {
            Phase::Done => {}
            Phase::FindFile(_) => {
                let name = job.file_name();
                let found = items(reply).find(|file| *at(file, "/filename") == *name);
                job.file = found.and_then(id);
                self.phase = match (&job.file, next_page(reply)) {
                    (Some(_), _) => self.after_upload(),
                    (None, Some(after)) => Phase::FindFile(Some(after)),
                    (None, None) => Phase::Upload,
                };
                return Ok(job.file.is_some());
            }
            Phase::Upload => {
                job.file = Some(required_id(reply, "an uploaded file")?);
                // A new file is in no batch.
                self.phase = Phase::Create;
                return Ok(true);
            }
            Phase::FindBatch(_) => {
                let found = items(reply).find(|batch| self.is_batch_of(job, batch));
                job.batch = found.and_then(id);
                let is_older = |batch: &Value| created(batch).is_some_and(|time| time + CLOCK_SKEW < job.began);
                let next = next_page(reply).filter(|_| !items(reply).any(is_older));
                self.phase = match (&job.batch, next) {
                    (Some(_), _) => Phase::Done,
                    (None, Some(after)) => Phase::FindBatch(Some(after)),
                    (None, None) => Phase::Create,
                };
                return Ok(job.batch.is_some());
            }
            Phase::Create => {
                job.batch = Some(required_id(reply, "a batch")?);
                self.phase = Phase::Done;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a batch of the provider's list is that of the job. Anthropic's have no place for a token: a wrong one of the same size is found out by
    /// its results.
    fn is_batch_of(&self, job: &Job, batch: &Value) -> bool {
        if at(batch, "/id").as_str().is_none_or(|id| self.others.iter().any(|other| other == id)) {
            return false;
        }
        match job.format {
            Format::Chat => {
                at(batch, "/metadata/trilogue_job").as_str() == Some(job.token())
                    || job.file.as_deref().is_some_and(|file| at(batch, "/input_file_id").as_str() == Some(file))
            }
            Format::Messages => {
                let counts = at(batch, "/request_counts").as_object().into_iter().flat_map(Map::values);
                let is_new = created(batch).is_none_or(|time| time + CLOCK_SKEW >= job.began);
                is_new && counts.filter_map(Value::as_u64).sum::<u64>() == job.rows
            }
        }
    }
}

fn post(format: Format, path: &str, content: (String, Arc<[u8]>), is_repeatable: bool) -> Exchange {
    Exchange { method: "POST", content: Some(content), is_repeatable, ..get(format, path.to_owned()) }
}

fn items(page: &Value) -> impl Iterator<Item = &Value> {
    value::items(page.get("data")).iter()
}

fn id(item: &Value) -> Option<String> {
    at(item, "/id").as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Returns the id after which the next page begins.
fn next_page(page: &Value) -> Option<String> {
    let last = || at(page, "/last_id").as_str().map(str::to_owned).or_else(|| items(page).last().and_then(id));
    (*at(page, "/has_more") == Value::Bool(true)).then(last).flatten()
}

/// When a batch was created, in seconds since 1970.
fn created(batch: &Value) -> Option<u64> {
    super::progress::seconds(at(batch, "/created_at"))
}

fn required_id(reply: &Value, what: &str) -> Result<String, Error> {
    id(reply).ok_or_else(|| {
        let message = format!("the server returned no id of {what}: {}", shortened(&reply.to_string()));
        Error::new(ErrorKind::ResponseValidation, message)
    })
}
