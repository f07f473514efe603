//! Keeps the record of each call while the call runs, and sends it at the end.
//!
//! Invariant: a call with a [`crate::RequestOptions::notice_id`] has one record, however it ends, and a call without one has none. Records are
//! sent to the transport while no lock is held.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use crate::client::Client;
use crate::config::RequestOptions;
use crate::cost::{Counts, ReplyUsage, Reservation};
use crate::error::Error;
use crate::prelude::*;
use crate::record::{Attempt, CallOutcome, CallRecord};
use crate::sync::{Lock, Shared};
use crate::text::secrets::Secrets;
use crate::text::time::milliseconds;
use crate::transport::{Head, Notice, Transport};
use crate::value::{Map, Members, Value, items};
use crate::wire::Endpoint;

/// The record of a call in progress.
pub(super) struct Recorder {
    /// The caller's number of the call.
    number: u32,
    /// The time at the start, of the transport's clock.
    started: Duration,
    /// `None` after the end.
    progress: Lock<Option<Box<Progress>>>,
}

struct Progress {
    record: CallRecord,
    present: Option<PresentAttempt>,
    /// The fields [`KEPT`] of the reply to the present attempt.
    reply: Map<String, Value>,
    /// The tokens of earlier attempts, whose answer the present one continues.
    #[cfg(feature = "fallback")]
    earlier: Counts,
    /// The cost of the call; `None` for a call without costs.
    reservation: Option<Shared<Reservation>>,
    /// Texts that the record must not contain.
    secrets: Secrets,
    /// Whether the stream is open.
    is_open: bool,
}

/// The fields of a reply that its record and its cost depend on.
const KEPT: [&str; 4] = ["id", "model", "usage", "cost"];

struct PresentAttempt {
    attempt: Attempt,
    /// When it began to wait for rate limits.
    since: Duration,
    /// When it began to wait last. A request that the server refused for its rate limit waits again.
    waiting_since: Duration,
    /// The waits before that one.
    queued: Duration,
    /// When it was sent.
    sent_at: Option<Duration>,
}

impl Recorder {
    fn change(&self, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = &mut *self.progress.lock() {
            change(progress);
        }
    }

    /// Sets the cost of the call.
    pub(super) fn set_reservation(&self, reservation: &Shared<Reservation>) {
        self.change(|progress| progress.reservation = Some(Shared::clone(reservation)));
    }

    /// Records that an attempt begins to wait for rate limits, or that the present one, which was refused, waits again.
    pub(super) fn wait(&self, base_url: &str, model: Option<&str>, secrets: &Secrets, now: Duration) {
        self.change(|progress| {
            if let Some(present) = &mut progress.present {
                (present.waiting_since, present.sent_at) = (now, None);
                return;
            }
            let model = model.map(str::to_owned);
            let attempt = Attempt { base_url: base_url.to_owned(), model, ..Attempt::default() };
            progress.secrets = secrets.clone();
            progress.present =
                Some(PresentAttempt { attempt, since: now, waiting_since: now, queued: Duration::ZERO, sent_at: None });
        });
    }

    /// Records that the present attempt is sent, after it has waited this long in all.
    pub(super) fn sent(&self, now: Duration, queued: Duration) {
        self.change(|progress| {
            if let Some(present) = &mut progress.present {
                (present.sent_at, present.queued) = (Some(now), queued);
                present.attempt.queued_ms = milliseconds(queued);
            }
        });
    }

    /// Records the head of an answer.
    pub(super) fn answered(&self, head: &Head) {
        self.change(|progress| {
            if let Some(present) = &mut progress.present {
                present.attempt.status = Some(head.status);
                present.attempt.request_id = head.request_id().map(str::to_owned);
            }
        });
    }

    /// Records that the present attempt failed.
    pub(super) fn attempt_failed(&self, attempt: &Attempt) {
        self.change(|progress| {
            let last = progress.record.attempts.last().map_or(Duration::ZERO, |last| last.started);
            let started = progress.present.take().map_or(last, |present| present.since.saturating_sub(self.started));
            progress.record.push(attempt.clone(), started);
        });
    }

    /// Records that a further attempt continues the answer of the present one.
    #[cfg(feature = "fallback")]
    pub(super) fn continues(&self) {
        self.change(|progress| {
            progress.earlier = progress.tokens();
            progress.keep_names();
            progress.reply = Map::new();
        });
    }

    /// Counts items of a stream.
    fn count(&self, items: usize, now: Duration) {
        self.change(|progress| {
            if items > 0 {
                progress.record.first_item.get_or_insert_with(|| now.saturating_sub(self.started));
            }
            let count = progress.record.items.get_or_insert(0);
            *count = count.saturating_add(u64::try_from(items).unwrap_or(u64::MAX));
        });
    }

    /// Keeps the id, the model and the usage of a reply, of which `fields` are those known so far. Cheap if none of them has changed, so that a stream
    /// may call it for each batch: its host can end the record at any time.
    #[inline(never)]
    fn reply(&self, fields: &Map<String, Value>) {
        self.change(|progress| {
            for name in KEPT {
                if let Some(value) = fields.get(name).filter(|value| progress.reply.get(name) != Some(value)) {
                    progress.reply.set(name, value.clone());
                }
            }
        });
    }

    /// Ends the record, with the reply as far as it was received. Returns `None` if it has ended before.
    #[inline(never)]
    fn end(
        &self,
        outcome: CallOutcome,
        error: Option<(&str, &str)>,
        reply: Option<&Value>,
        now: Duration,
    ) -> Option<CallRecord> {
        let mut progress = *self.progress.lock().take()?;
        progress.keep_names();
        progress.record.tokens = progress.tokens();
        let Progress { mut record, mut present, reply: fields, reservation, secrets, is_open, .. } = progress;
        if let Some(reservation) = reservation {
            let usage = (!fields.is_empty()).then(|| ReplyUsage::from_fields(&fields));
            record.cost = reservation.cost(usage.as_ref()).total;
            if let (Some(usage), Some(present)) = (&usage, &mut present) {
                present.attempt.count(usage, &reservation.own_cost(usage));
            }
        }
        // A stream that was opened has a reader, who closed it.
        let is_closed = outcome == CallOutcome::Cancelled && is_open;
        record.outcome = if is_closed { CallOutcome::Closed } else { outcome };
        if let Some((kind, message)) = error.filter(|_| !is_closed) {
            record.error = Some(kind.to_owned());
            record.message = Some(message.to_owned());
        }
        if let Some(PresentAttempt { mut attempt, since, waiting_since, queued, sent_at }) = present {
            match sent_at {
                Some(sent_at) => attempt.elapsed_ms = milliseconds(now.saturating_sub(sent_at)),
                None => attempt.queued_ms = milliseconds(queued.saturating_add(now.saturating_sub(waiting_since))),
            }
            attempt.error.clone_from(&record.error);
            attempt.message.clone_from(&record.message);
            record.push(attempt, since.saturating_sub(self.started));
        }
        record.elapsed = now.saturating_sub(self.started);
        record.finish_reasons = reply.map(finish_reasons).unwrap_or_default();
        record.redact(&secrets);
        Some(record)
    }
}

impl Progress {
    /// The tokens of the reply so far.
    fn tokens(&self) -> Counts {
        let tokens = self.reply.get("usage").map(Counts::of).unwrap_or_default();
        #[cfg(feature = "fallback")]
        let tokens = tokens.plus(&self.earlier);
        tokens
    }

    /// Names the reply: a continued one keeps the id and the model of its beginning.
    fn keep_names(&mut self) {
        for (kept, name) in [(&mut self.record.response_id, "id"), (&mut self.record.response_model, "model")] {
            if kept.is_none() {
                *kept = self.reply.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
            }
        }
    }
}

/// The finish reason of each choice; `error` for one that was cut.
fn finish_reasons(reply: &Value) -> Vec<String> {
    let reason = |value: &Value, name| value.get(name).and_then(Value::as_str).unwrap_or("error").to_owned();
    match reply.get("choices") {
        Some(choices) => items(Some(choices)).iter().map(|choice| reason(choice, "finish_reason")).collect(),
        None if reply.get("content").is_some() => vec![reason(reply, "stop_reason")],
        None => Vec::new(),
    }
}

/// The record of a call in progress, for a host that cancels the call from another thread. Cheap to clone; dropping it has no effect.
pub struct OpenRecord<T> {
    transport: Arc<T>,
    recorder: Shared<Recorder>,
}

impl<T> Clone for OpenRecord<T> {
    fn clone(&self) -> Self {
        Self { transport: Arc::clone(&self.transport), recorder: Shared::clone(&self.recorder) }
    }
}

impl<T> fmt::Debug for OpenRecord<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRecord").field("number", &self.recorder.number).finish_non_exhaustive()
    }
}

impl<T: Transport> OpenRecord<T> {
    /// Ends the record of a call that its caller cancels. The record is sent before this returns, unless it was sent before.
    pub fn end(&self) {
        let cancelled = Error::cancelled();
        self.end_with(CallOutcome::Cancelled, Some(&cancelled), None);
    }

    #[inline(never)]
    fn end_with(&self, outcome: CallOutcome, error: Option<&Error>, reply: Option<&Value>) {
        let error = error.map(|error| (error.kind().name(), error.message()));
        self.send(self.recorder.end(outcome, error, reply, self.transport.now()));
    }

    fn send(&self, record: Option<CallRecord>) {
        if let Some(record) = record {
            self.transport.notify(self.recorder.number, &Notice::Ended { record: &record });
        }
    }
}

/// Keeps the record of a call, and ends it as cancelled when it is dropped before the end of the call. Empty for a call without a record.
#[derive(Debug)]
pub struct Recording<T: Transport>(Option<OpenRecord<T>>);

impl<T: Transport> Recording<T> {
    /// A handle to the record; `None` for a call without one.
    pub fn handle(&self) -> Option<OpenRecord<T>> {
        self.0.clone()
    }

    pub(super) fn recorder(&self) -> Option<Shared<Recorder>> {
        self.0.as_ref().map(|open| Shared::clone(&open.recorder))
    }

    /// Whether the call has a record, which has not ended.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Records that the stream is open.
    pub(super) fn open(&self) {
        if let Some(open) = &self.0 {
            open.recorder.change(|progress| progress.is_open = true);
        }
    }

    /// Counts items of a stream.
    pub(super) fn count(&self, items: usize, now: Duration) {
        if let Some(open) = &self.0 {
            open.recorder.count(items, now);
        }
    }

    /// Records what is known of a reply without its content.
    pub(super) fn reply(&self, fields: &Map<String, Value>) {
        if let Some(open) = &self.0 {
            open.recorder.reply(fields);
        }
    }

    /// Ends the record of a call with a complete reply.
    pub(super) fn complete(&mut self, reply: Option<&Value>) {
        if let Some(open) = self.0.take() {
            open.end_with(CallOutcome::Complete, None, reply);
        }
    }

    /// Ends the record of a call with an error, and returns the error.
    pub(super) fn fail(&mut self, error: Error) -> Error {
        if let Some(open) = self.0.take() {
            open.end_with(CallOutcome::Failed, Some(&error), error.partial());
        }
        error
    }

    /// Ends the record of a call that is cancelled.
    pub(super) fn close(&mut self) {
        if let Some(open) = self.0.take() {
            open.end();
        }
    }
}

impl<T: Transport> Drop for Recording<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T: Transport> Client<T> {
    /// Begins the record of a call that is about to be made with [`Client::call_recorded`] or [`Client::stream_recorded`]. [`Client::call_json`] and
    /// [`Client::stream_json`] do so themselves; a host that may cancel a call from another thread needs the record's handle.
    pub fn record(
        &self,
        endpoint: &Endpoint,
        body: &Map<String, Value>,
        is_stream: bool,
        options: &RequestOptions,
    ) -> Recording<T> {
        Recording(options.notice_id.filter(|_| T::NOTIFIES).map(|number| {
            let model = options.extra_body.get("model").or(body.get("model")).and_then(Value::as_str);
            self.open_record(number, endpoint, model, is_stream, Some(options))
        }))
    }

    /// Sends the record of a call that the host program ended before it reached this client: with the class and the message of the error.
    pub fn record_failure(
        &self,
        number: u32,
        endpoint: &Endpoint,
        model: Option<&str>,
        is_stream: bool,
        error: (&str, &str),
    ) {
        let open = self.open_record(number, endpoint, model, is_stream, None);
        let now = open.transport.now();
        open.send(open.recorder.end(CallOutcome::Failed, Some(error), None, now));
    }

    fn open_record(
        &self,
        number: u32,
        endpoint: &Endpoint,
        model: Option<&str>,
        is_stream: bool,
        options: Option<&RequestOptions>,
    ) -> OpenRecord<T> {
        let transport = Arc::clone(&self.main.transport);
        let is_stream = is_stream && endpoint.is_paid();
        let record = CallRecord {
            endpoint: endpoint.name(),
            base_url: self.config().base_url.clone(),
            model: model.filter(|model| !model.is_empty()).map(str::to_owned),
            is_stream,
            started: transport.unix_time(),
            items: is_stream.then_some(0),
            ..CallRecord::default()
        };
        let progress = Progress {
            record,
            present: None,
            reply: Map::new(),
            #[cfg(feature = "fallback")]
            earlier: Counts::default(),
            reservation: None,
            secrets: self.secrets(options),
            is_open: false,
        };
        let recorder = Recorder { number, started: transport.now(), progress: Lock::new(Some(Box::new(progress))) };
        OpenRecord { transport, recorder: Shared::new(recorder) }
    }
}
