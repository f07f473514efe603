//! Reading and decoding the body of a stream.
//!
//! Invariant: there is no `await` between receiving bytes and passing them to the reader, so a dropped future loses none. A network read
//! brings one batch, or several if it has more than [`MAX_BATCH_BYTES`]: other tasks run in between.

use crate::client::failure::{incomplete, too_long};
use crate::client::stream::Events;
use crate::cost::ReplyUsage;
use crate::error::Error;
use crate::prelude::*;
use crate::text::dialect::Name;
use crate::transport::{Body, Transport};
use crate::wire::{Batch, Item, Step};

/// The most bytes of frames that are decoded without a pause: a few milliseconds of work even if each frame has to be parsed.
const MAX_BATCH_BYTES: usize = 128 << 10;
/// The bytes that a frame counts in addition to its data.
const FRAME_OVERHEAD: usize = 64;

impl<T: Transport> Events<T> {
    /// Decodes the rest of the last read, or reads and decodes. Returns `None` if there were no items.
    pub(super) async fn read(&mut self) -> Result<Option<Batch>, Error> {
        if !self.flushed.is_empty() {
            // They belong to the answer before, and not to what this attempt brings.
            return Ok(Some(Batch { items: core::mem::take(&mut self.flushed), done: false }));
        }
        let mut has_ended = false;
        if self.is_behind {
            self.client.transport().yield_now().await;
            self.deadlines.check_total(self.client.transport(), &self.call.present.timeouts)?;
        } else {
            has_ended = !self.receive().await?;
        }
        let mut items = Vec::with_capacity(self.size_hint);
        let outcome =
            if has_ended { self.decode_end(&mut items).map(|()| Step::Done) } else { self.decode(&mut items) };
        self.size_hint = items.len();
        self.has_items |= !items.is_empty();
        match outcome.and_then(|step| if step == Step::Done { self.check_end() } else { Ok(step) }) {
            Ok(Step::Done) => {
                self.client.record_answer_of_endpoint(&self.call);
                self.settle();
                if let Some(body) = self.body.take() {
                    body.release();
                }
                Ok(Some(Batch { items, done: true }))
            }
            Ok(step) => {
                if step == Step::Progress {
                    self.deadlines.record_progress(self.client.transport().now());
                }
                Ok(if items.is_empty() { None } else { Some(Batch { items, done: false }) })
            }
            Err(error) if items.is_empty() => Err(error),
            Err(error) => {
                self.body = None;
                self.pending_error = Some(error);
                Ok(Some(Batch { items, done: false }))
            }
        }
    }

    /// Passes the next bytes of the body to the reader. Returns false at the end of the body.
    async fn receive(&mut self) -> Result<bool, Error> {
        let Some(body) = self.body.as_mut() else { return Ok(false) };
        let chunk = match self.deadlines.next_chunk(self.client.transport(), &self.call.present.timeouts, body).await? {
            Ok(chunk) => chunk,
            // Some servers drop the connection after a complete answer.
            Err(failure) if !self.is_complete() => return Err(incomplete(&failure)),
            Err(_) => None,
        };
        let Some(chunk) = chunk else { return Ok(false) };
        let bytes = chunk.as_ref();
        // Bytes up to the limit belong to the answer; only the bytes beyond it are refused.
        let limit = self.client.config().max_response_bytes;
        let accepted = bytes.get(..limit.saturating_sub(self.received)).unwrap_or(bytes);
        self.received = self.received.saturating_add(bytes.len());
        self.reader.push(accepted)?;
        Ok(true)
    }

    /// Whether the answer so far is complete.
    fn is_complete(&self) -> bool {
        self.reader.has_events() && self.reader.codec.end().is_ok()
    }

    /// Decodes frames until there are no more, or until other tasks should run.
    fn decode(&mut self, items: &mut Vec<Item>) -> Result<Step, Error> {
        let mut outcome = Step::KeepAlive;
        let mut decoded = 0;
        self.is_behind = true;
        while decoded < MAX_BATCH_BYTES {
            let before = items.len();
            let Some((step, length)) = self.reader.next(items)? else {
                self.is_behind = false;
                let limit = self.client.config().max_response_bytes;
                return if self.received > limit { Err(too_long(limit)) } else { Ok(outcome) };
            };
            decoded += length + FRAME_OVERHEAD;
            if let (Some(budget), Some(reservation)) = (&mut self.budget, &self.call.reservation) {
                let usage = || ReplyUsage::from_fields(self.reader.codec.metadata());
                let checked = budget.add(reservation, items.get(before..).unwrap_or_default(), usage);
                // A complete answer can't be stopped.
                checked.or_else(|exceeded| if step == Step::Done { Ok(()) } else { Err(exceeded) })?;
            }
            match step {
                Step::Done => return Ok(Step::Done),
                Step::Progress => outcome = Step::Progress,
                Step::KeepAlive => {}
            }
        }
        Ok(outcome)
    }

    /// Decodes the rest of a body that has ended. Its items count for the budget, but cannot exceed it.
    fn decode_end(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        let ended = self.reader.finish(items);
        if let (Some(budget), Some(reservation)) = (&mut self.budget, &self.call.reservation) {
            let usage = || ReplyUsage::from_fields(self.reader.codec.metadata());
            let _exceeded = budget.add(reservation, items, usage);
        }
        ended
    }

    /// Checks that the answer has a finish reason and a start, and warns if it is accepted without them.
    fn check_end(&self) -> Result<Step, Error> {
        if !self.reader.check_finish_reason(self.client.config())? {
            let option = Name("require_finish_reason");
            let text =
                format!("the stream ended without a finish_reason and may be incomplete; {option} makes this an error");
            self.client.warn(&self.call, &text);
        }
        if !self.reader.codec.has_start() {
            let text = "the stream began without message_start: the answer's id, model and input tokens are unknown";
            self.client.warn(&self.call, text);
        }
        Ok(Step::Done)
    }
}
