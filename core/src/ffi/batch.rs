//! The items and events of a stream as JSON text, one text for each network read.
//!
//! Most items differ from the previous one only in a text and its padding. The fields that they share are written once; the texts that follow
//! are joined, because few long strings are cheaper to parse than many short ones.

use alloc::sync::Arc;

use crate::events::helper::{HelperEvent, Ops};
use crate::json::{json, units};
use crate::prelude::*;
use crate::value::{Members, Value, write};
use crate::wire::delta::DeltaTemplate;
use crate::wire::{Batch, Item};

/// The state of a stream's text: the template that the reader received last.
#[derive(Debug, Default)]
pub struct Sent {
    template: Option<Arc<DeltaTemplate>>,
    pending: DeltaRun,
}

/// Joined texts with their lengths in UTF-16 code units, which JavaScript counts in.
#[derive(Debug, Default)]
struct JoinedTexts {
    text: String,
    lengths: Vec<u32>,
}

impl JoinedTexts {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.lengths.push(units(text));
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        write::string(out, &self.text);
        self.text.clear();
        out.push(b',');
        numbers(out, &mut self.lengths);
    }
}

fn numbers(out: &mut Vec<u8>, numbers: &mut Vec<u32>) {
    write::list(out, numbers.drain(..), |out, number| write::integer(out, number.into()));
}

/// Consecutive deltas of one template that are not written yet.
#[derive(Debug, Default)]
struct DeltaRun {
    texts: JoinedTexts,
    /// Empty if the deltas have no padding.
    paddings: JoinedTexts,
    /// The number of codes of each non-empty text; empty if the texts change no live value.
    counts: Vec<u32>,
    codes: Vec<u32>,
    pieces: String,
    is_live: bool,
}

impl DeltaRun {
    fn add(&mut self, out: &mut Vec<u8>, delta: &str, padding: Option<&str>, ops: Option<&Ops>) {
        if !delta.is_empty() && ops.is_some() != self.is_live {
            self.flush(out);
            self.is_live = ops.is_some();
        }
        self.texts.add(delta);
        if let Some(padding) = padding {
            self.paddings.add(padding);
        }
        if let Some((codes, pieces)) = ops {
            self.counts.push(u32::try_from(codes.len()).unwrap_or_default());
            self.codes.extend_from_slice(codes);
            self.pieces.push_str(pieces);
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        if self.texts.lengths.is_empty() {
            return;
        }
        out.push(b'[');
        self.texts.flush(out);
        out.push(b',');
        self.paddings.flush(out);
        if self.is_live {
            out.push(b',');
            numbers(out, &mut self.counts);
            out.push(b',');
            numbers(out, &mut self.codes);
            out.push(b',');
            write::string(out, &self.pieces);
            self.pieces.clear();
        }
        out.extend_from_slice(b"],");
    }
}

impl Sent {
    /// Writes an item that is a delta, after its shared fields if the reader does not have them yet. Returns whether the item is a delta.
    fn delta(&mut self, out: &mut Vec<u8>, item: &Item, tool: Option<&str>, ops: Option<&Ops>) -> bool {
        let Some((template, text)) = item.as_delta() else { return false };
        if !self.template.as_ref().is_some_and(|known| Arc::ptr_eq(known, template)) {
            self.pending.flush(out);
            let shared = [
                template.fields().clone().into(),
                template.field().name().into(),
                template.tool_call.into(),
                tool.map_or(Value::Null, Value::from),
            ];
            write::list(out, &shared, write::value);
            out.push(b',');
            self.template = Some(Arc::clone(template));
        }
        self.pending.add(out, text, item.padding(), ops);
        true
    }
}

/// Returns `{"items": […], "done": bool}`, and `"raw": […]` with the text of each item if the client keeps it.
///
/// Shared fields of deltas are a list that starts with an object: `[fields, field, call, tool]`, with empty texts in `fields`. The consecutive
/// deltas after it are a list that starts with a string: `[texts, lengths, paddings, their lengths]`.
pub fn batch_text(batch: &Batch, sent: &mut Sent) -> String {
    let mut text = Vec::from(b"{\"items\":[");
    let raw: Vec<_> = batch.items.iter().map(Item::raw).collect();
    let keeps_raw = raw.iter().any(Option::is_some);
    for item in &batch.items {
        if keeps_raw || !sent.delta(&mut text, item, None, None) {
            sent.pending.flush(&mut text);
            write::map(&mut text, &item.fields());
            text.push(b',');
        }
    }
    sent.pending.flush(&mut text);
    end(&mut text, batch.done);
    if keeps_raw {
        text.pop();
        text.extend_from_slice(b",\"raw\":");
        write::list(&mut text, raw, |text, raw| match raw {
            Some(raw) => write::string(text, raw),
            None => text.extend_from_slice(b"null"),
        });
        text.push(b'}');
    }
    write::text(text)
}

/// Returns `{"items": […], "done": bool}` with events as items. An event that changes a live value has `ops: [codes, text]`.
///
/// The two events of a delta are written as in [`batch_text`]. If the texts change a live value, the list is `[texts, lengths, paddings, their
/// lengths, counts, codes, text of the operations]`, with a count of codes for each non-empty text.
pub fn events_text((events, done): (Vec<HelperEvent>, bool), sent: &mut Sent) -> String {
    let mut text = Vec::from(b"{\"items\":[");
    for event in events {
        let event = match event {
            HelperEvent::Event(event) | HelperEvent::Done(event, _) => event,
            HelperEvent::Live(event, _, ops) => with_ops(event, ops),
            HelperEvent::Delta(item, delta) => {
                let (tool, live) = delta.map_or((None, None), |delta| (delta.tool, delta.live));
                sent.delta(&mut text, &item, tool.as_deref(), live.as_ref().map(|(_, ops)| ops));
                continue;
            }
        };
        sent.pending.flush(&mut text);
        write::value(&mut text, &event);
        text.push(b',');
    }
    sent.pending.flush(&mut text);
    end(&mut text, done);
    write::text(text)
}

fn end(text: &mut Vec<u8>, done: bool) {
    if text.ends_with(b",") {
        text.pop();
    }
    text.extend_from_slice(if done { b"],\"done\":true}" } else { b"],\"done\":false}" });
}

fn with_ops(mut event: Value, (codes, text): Ops) -> Value {
    if let Value::Object(fields) = &mut event {
        fields.set("ops", json!([codes, text]));
    }
    event
}
