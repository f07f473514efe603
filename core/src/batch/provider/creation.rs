//! The requests that upload and create a batch.
//!
//! Invariant: a request that has an effect is preceded, in a job of an earlier run, by a search for that effect. So a run that was killed between a
//! request and its reply neither uploads nor creates a second time.

use alloc::sync::Arc;

use super::file::BatchFile;
use super::job::Job;
use super::{batches_path, get, incomplete};
use crate::client::ProviderRequest;
use crate::config::Format;
use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Value, at};

/// Items of a page.
const PAGE: u64 = 100;
/// The clocks of this machine and the provider's may differ by this many seconds.
const CLOCK_SKEW: u64 = 600;

/// A batch that is being created: send [`Creation::next`], pass the reply to [`Creation::read`], and write the job if that returns true.
#[derive(Debug)]
pub struct Creation {
    step: CreationStep,
    /// Whether an earlier attempt may have had an effect.
    is_repeated: bool,
    /// The body of the upload.
    content: (String, Arc<[u8]>),
    /// Batches of other jobs.
    others: Vec<String>,
}

#[derive(Debug, PartialEq)]
enum CreationStep {
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
        let step =
            if job.format == Format::Chat && job.file.is_none() { CreationStep::Upload } else { CreationStep::Create };
        let mut creation = Self { step, is_repeated, content: (kind, content.into()), others };
        if is_repeated {
            creation.search_first(job);
        }
        creation
    }

    /// Looks for the effect of the last request before it is sent again, since its reply was lost.
    pub fn search_first(&mut self, job: &Job) {
        self.is_repeated = true;
        self.step = match (job.format, &job.file) {
            (Format::Chat, None) => CreationStep::FindFile(None),
            _ => self.after_upload(),
        };
    }

    fn after_upload(&self) -> CreationStep {
        if self.is_repeated { CreationStep::FindBatch(None) } else { CreationStep::Create }
    }

    /// Returns the next request; `None` once the batch is created.
    pub fn next(&self, job: &Job) -> Option<ProviderRequest> {
        let page = |path: String, after: &Option<String>, name: &str| {
            let mut request = get(job.format, path);
            request.query.insert("limit".to_owned(), PAGE.into());
            if let Some(after) = after {
                request.query.insert(name.to_owned(), after.as_str().into());
            }
            request
        };
        Some(match (&self.step, job.format) {
            (CreationStep::Done, _) => return None,
            (CreationStep::FindFile(after), _) => {
                let mut request = page("files".to_owned(), after, "after");
                request.query.insert("purpose".to_owned(), "batch".into());
                request
            }
            (CreationStep::Upload, _) => post(job.format, "files".to_owned(), self.content.clone(), true),
            (CreationStep::FindBatch(after), format) => {
                let name = if format == Format::Chat { "after" } else { "after_id" };
                page(batches_path(format), after, name)
            }
            (CreationStep::Create, Format::Chat) => {
                let body = json!({
                    "input_file_id": job.file, "endpoint": "/v1/chat/completions", "completion_window": "24h",
                    "metadata": {"trilogue_job": job.token()},
                });
                let body = Arc::from(body.to_string().into_bytes());
                post(job.format, batches_path(job.format), ("application/json".to_owned(), body), false)
            }
            (CreationStep::Create, Format::Messages) => {
                post(job.format, batches_path(job.format), self.content.clone(), false)
            }
        })
    }

    /// Reads the reply to the last request. Returns whether the job has changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ResponseValidation`](crate::error::ErrorKind::ResponseValidation) for a reply without an id, or for a page without a list: it does
    /// not show that there is nothing.
    pub fn read(&mut self, job: &mut Job, reply: &Value) -> Result<bool, Error> {
        match &self.step {
            CreationStep::Done => {}
            CreationStep::FindFile(_) => {
                let name = job.file_name();
                let found = list(reply)?.iter().find(|file| *at(file, "/filename") == *name);
                job.file = found.and_then(id);
                self.step = match (&job.file, next_page(reply)) {
                    (Some(_), _) => self.after_upload(),
                    (None, Some(after)) => CreationStep::FindFile(Some(after)),
                    (None, None) => CreationStep::Upload,
                };
                return Ok(job.file.is_some());
            }
            CreationStep::Upload => {
                job.file = Some(required_id(reply, "an uploaded file")?);
                // A new file is in no batch.
                self.step = CreationStep::Create;
                return Ok(true);
            }
            CreationStep::FindBatch(_) => {
                let found = list(reply)?.iter().find(|batch| self.is_batch_of(job, batch));
                job.batch = found.and_then(id);
                let is_older = |batch: &Value| created(batch).is_some_and(|time| time + CLOCK_SKEW < job.started_at);
                let next = next_page(reply).filter(|_| !items(reply).any(is_older));
                self.step = match (&job.batch, next) {
                    (Some(_), _) => CreationStep::Done,
                    (None, Some(after)) => CreationStep::FindBatch(Some(after)),
                    (None, None) => CreationStep::Create,
                };
                return Ok(job.batch.is_some());
            }
            CreationStep::Create => {
                job.batch = Some(required_id(reply, "a batch")?);
                self.step = CreationStep::Done;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a batch of the provider's list is that of the job. One that has failed has answered nothing, and is never the one that the job waits for: it
    /// may have been postponed. Anthropic's have no place for a token: a wrong one of the same size is found out by its results.
    fn is_batch_of(&self, job: &Job, batch: &Value) -> bool {
        if at(batch, "/id").as_str().is_none_or(|id| self.others.iter().any(|other| other == id)) {
            return false;
        }
        match job.format {
            Format::Chat => {
                let has_token = at(batch, "/metadata/trilogue_job").as_str() == Some(job.token());
                let has_file = || job.file.as_deref().is_some_and(|file| *at(batch, "/input_file_id") == *file);
                *at(batch, "/status") != *"failed" && (has_token || has_file())
            }
            Format::Messages => {
                let counts = at(batch, "/request_counts").as_object().into_iter().flat_map(Map::values);
                let is_new = created(batch).is_none_or(|time| time + CLOCK_SKEW >= job.started_at);
                is_new && counts.filter_map(Value::as_u64).sum::<u64>() == job.rows
            }
        }
    }
}

fn post(format: Format, path: String, content: (String, Arc<[u8]>), is_repeatable: bool) -> ProviderRequest {
    ProviderRequest { method: "POST", content: Some(content), is_repeatable, ..get(format, path) }
}

fn list(page: &Value) -> Result<&[Value], Error> {
    at(page, "/data").as_array().map(Vec::as_slice).ok_or_else(|| incomplete("list", page))
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
    super::state::seconds(at(batch, "/created_at"))
}

fn required_id(reply: &Value, what: &str) -> Result<String, Error> {
    id(reply).ok_or_else(|| incomplete(&format!("id of {what}"), reply))
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::batch::RowKey;
    use crate::batch::provider::FileLimits;
    use crate::client::BatchedRequest;
    use crate::error::ErrorKind;

    /// A job of one row, and its creation after a crash.
    fn repeated(format: Format) -> (Job, Creation) {
        let mut job = Job::new(format, None, false, Duration::from_secs(1_000_000), 0.5);
        let mut file = BatchFile::new(&job, FileLimits::of(format));
        let request = BatchedRequest { body: Arc::from(&b"{}"[..]), max_cost: None };
        file.add(&mut job, 1, RowKey { id: 1, content: 1 }, &request).unwrap();
        let creation = Creation::new(&job, file, true, vec!["other".to_owned()]);
        (job, creation)
    }

    /// The method, the path and the query of the next request.
    fn next(creation: &Creation, job: &Job) -> Option<(&'static str, String, Value)> {
        creation.next(job).map(|request| (request.method, request.path, request.query.into()))
    }

    #[test]
    fn all_pages_are_searched_before_a_file_is_uploaded() {
        let (mut job, mut creation) = repeated(Format::Chat);
        let query = json!({"limit": 100, "purpose": "batch"});
        assert_eq!(next(&creation, &job), Some(("GET", "files".to_owned(), query)));
        let page = json!({"data": [{"id": "f1", "filename": "a"}, {"id": "f2", "filename": "b"}], "has_more": true});
        assert!(!creation.read(&mut job, &page).unwrap());
        let query = json!({"limit": 100, "after": "f2", "purpose": "batch"});
        assert_eq!(next(&creation, &job), Some(("GET", "files".to_owned(), query)));
        assert!(!creation.read(&mut job, &json!({"data": []})).unwrap());
        assert_eq!(next(&creation, &job).unwrap().0, "POST");
        assert!(creation.read(&mut job, &json!({"id": "f3"})).unwrap());
        // A new file is in no batch.
        assert_eq!(next(&creation, &job).map(|(method, path, _)| (method, path)), Some(("POST", "batches".to_owned())));
        assert!(creation.read(&mut job, &json!({"id": "b1"})).unwrap());
        assert_eq!((next(&creation, &job), job.batch.as_deref()), (None, Some("b1")));
    }

    #[test]
    fn a_batch_is_found_by_its_file_and_is_not_created_twice() {
        let (mut job, mut creation) = repeated(Format::Chat);
        let found = json!({"data": [{"id": "f1", "filename": job.file_name()}], "has_more": true});
        assert!(creation.read(&mut job, &found).unwrap());
        assert_eq!(next(&creation, &job).map(|(method, path, _)| (method, path)), Some(("GET", "batches".to_owned())));
        assert!(creation.read(&mut job, &json!({"data": [{"id": "b1", "input_file_id": "f1"}]})).unwrap());
        assert_eq!((creation.next(&job).is_none(), job.batch.as_deref()), (true, Some("b1")));
    }

    #[test]
    fn a_batch_that_failed_is_created_again() {
        let (mut job, mut creation) = repeated(Format::Chat);
        let found = json!({"data": [{"id": "f1", "filename": job.file_name()}]});
        creation.read(&mut job, &found).unwrap();
        let failed =
            json!({"id": "b1", "input_file_id": "f1", "metadata": {"trilogue_job": job.token()}, "status": "failed"});
        creation.read(&mut job, &json!({"data": [failed]})).unwrap();
        assert_eq!((next(&creation, &job).map(|(method, _, _)| method), job.batch), (Some("POST"), None));
    }

    #[test]
    fn a_batch_of_messages_is_found_by_its_time_and_size() {
        let batch = |id: &str, created: &str, rows: u64| json!({"id": id, "created_at": created, "request_counts": {"processing": rows, "succeeded": 0}});
        let later = "1970-01-13T00:00:00Z";
        for (batches, found) in [
            (vec![batch("b1", later, 1)], Some("b1")),
            (vec![batch("other", later, 1), batch("b2", later, 2)], None),
            // Before the job began.
            (vec![batch("b1", "1970-01-12T00:00:00Z", 1)], None),
        ] {
            let (mut job, mut creation) = repeated(Format::Messages);
            creation.read(&mut job, &json!({"data": batches, "has_more": true, "last_id": "x"})).unwrap();
            assert_eq!(job.batch.as_deref(), found, "{batches:?}");
        }
        // Older batches end the search.
        let (mut job, mut creation) = repeated(Format::Messages);
        let page = json!({"data": [batch("b", "1970-01-01T00:00:00Z", 9)], "has_more": true, "last_id": "b"});
        creation.read(&mut job, &page).unwrap();
        assert_eq!(next(&creation, &job).map(|(method, _, _)| method), Some("POST"));
    }

    #[test]
    fn a_page_without_a_list_does_not_show_that_there_is_nothing() {
        for format in [Format::Chat, Format::Messages] {
            let (mut job, mut creation) = repeated(format);
            let before = next(&creation, &job);
            for reply in [json!({"error": {"message": "busy"}}), json!({"id": "x"}), json!({"data": null})] {
                let error = creation.read(&mut job, &reply).unwrap_err();
                assert_eq!((error.kind(), next(&creation, &job)), (ErrorKind::ResponseValidation, before.clone()));
            }
        }
    }

    #[test]
    fn a_reply_without_an_id_is_an_error() {
        let (mut job, mut creation) = repeated(Format::Messages);
        creation.read(&mut job, &json!({"data": []})).unwrap();
        let error = creation.read(&mut job, &json!({"ok": true})).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResponseValidation);
    }
}
