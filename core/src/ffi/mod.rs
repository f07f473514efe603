//! The JSON text that crosses into other languages, once for each network read.
//!
//! Invariant: the text is equal for Python, Node and browsers. Bindings pass it on and don't interpret it.

pub mod operations;
mod summary;

pub use summary::CallSummary;

use alloc::sync::Arc;

use crate::client::{Client, Completed};
use crate::error::{Error, ErrorKind, invalid_option};
use crate::events::View;
use crate::events::helper::{HelperEvent, Ops};
use crate::json;
use crate::json::json;
use crate::prelude::*;
use crate::transport::notice::Notice;
use crate::transport::{Head, Transport};
use crate::value::fields::{self, Fields};
use crate::value::{self, Map, Members, Value, write};
use crate::wire::delta::DeltaTemplate;
use crate::wire::{Batch, Endpoint, Item};

/// Reads options that a host gives as JSON text.
pub fn options<O: Fields + Default>(text: &str) -> Result<O, Error> {
    let mut options = O::default();
    read(&mut options, text)?;
    Ok(options)
}

fn read(options: &mut dyn Fields, text: &str) -> Result<(), Error> {
    let members = crate::json::parse_object(text).map_err(|why| invalid_option(&why))?;
    fields::read(options, members).map_err(|why| Error::new(ErrorKind::Configuration, why))
}

/// Reads a request's body that a host gives as JSON text.
pub fn body(text: &str) -> Result<Map<String, Value>, Error> {
    crate::json::parse_object(text)
        .map_err(|why| Error::new(ErrorKind::InvalidRequest, format!("the request is no JSON object: {why}")))
}

/// `{"error": {…}}`, the parts of [`crate::error::Inner`].
pub fn error_text(error: &Error) -> String {
    json!({ "error": error.fields().to_value() }).to_string()
}

/// The view of events that a host names: `helper`, or else the normal one.
pub fn view(name: &str) -> View {
    if name == "helper" { View::Helper } else { View::Normal }
}

/// What the other side of the border knows of a stream: the template of its last deltas.
#[derive(Debug, Default)]
pub struct Sent {
    template: Option<Arc<DeltaTemplate>>,
    run: Run,
}

/// Texts in one, and their lengths. Like all lengths, in UTF-16 code units.
#[derive(Debug, Default)]
struct Joined {
    text: String,
    lengths: Vec<u32>,
}

impl Joined {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.lengths.push(json::units(text));
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

/// Deltas that follow one another, as they cross: few long values instead of several short ones for each.
#[derive(Debug, Default)]
struct Run {
    texts: Joined,
    /// Nothing where the deltas have none.
    paddings: Joined,
    /// How many of the codes each text that isn't empty has; nothing where the texts change no live value.
    counts: Vec<u32>,
    codes: Vec<u32>,
    pieces: String,
    is_live: bool,
}

impl Run {
    fn add(&mut self, out: &mut Vec<u8>, said: &str, padding: Option<&str>, ops: Option<&Ops>) {
        if !said.is_empty() && ops.is_some() != self.is_live {
            self.flush(out);
            self.is_live = ops.is_some();
        }
        self.texts.add(said);
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
    /// Writes an item that is a delta, after what it shares with those before it, unless that is known; whether it is one.
    fn delta(&mut self, out: &mut Vec<u8>, item: &Item, tool: Option<&str>, ops: Option<&Ops>) -> bool {
        let Some((template, said)) = item.as_delta() else { return false };
        if !self.template.as_ref().is_some_and(|known| Arc::ptr_eq(known, template)) {
            self.run.flush(out);
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
        self.run.add(out, said, item.padding(), ops);
        true
    }
}

/// `{"items": […], "done": bool}`, and `"raw": […]` with each item's text where the client keeps it.
///
/// Most items are as the one before but for a text and its padding. What they share crosses once, as a list that begins with an object:
/// `[fields, field, call, tool]`, those texts being empty in the fields. After it, those that follow one another cross as a list that begins
/// with a text: `[texts, lengths, paddings, their lengths]`.
pub fn batch_text(batch: &Batch, sent: &mut Sent) -> String {
    let mut text = Vec::from(b"{\"items\":[");
    let raw: Vec<_> = batch.items.iter().map(Item::raw).collect();
    let keeps_raw = raw.iter().any(Option::is_some);
    for item in &batch.items {
        if keeps_raw || !sent.delta(&mut text, item, None, None) {
            sent.run.flush(&mut text);
            write::map(&mut text, &item.fields());
            text.push(b',');
        }
    }
    sent.run.flush(&mut text);
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

/// `{"items": […], "done": bool}`, the items being events. One that changes a live value has `ops: [codes, text]`.
///
/// The two events of an item that is as the one before but for its text and its padding cross as those, see [`batch_text`]; where the texts
/// change a live value, as `[texts, lengths, paddings, their lengths, counts, codes, text of the operations]`, with a count of codes for each
/// text that isn't empty.
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
        sent.run.flush(&mut text);
        write::value(&mut text, &event);
        text.push(b',');
    }
    sent.run.flush(&mut text);
    end(&mut text, done);
    write::text(text)
}

fn end(text: &mut Vec<u8>, done: bool) {
    if text.ends_with(b",") {
        text.pop();
    }
    text.extend_from_slice(if done { b"],\"done\":true}" } else { b"],\"done\":false}" });
}

/// The event of an item itself: a chunk as `chunk`, the event of a message as it is.
pub fn item_event(item: Item) -> Value {
    let fields = item.into_fields();
    if fields.contains_key("choices") { json!({"type": "chunk", "chunk": fields}) } else { fields.into() }
}

fn with_ops(mut event: Value, (codes, text): Ops) -> Value {
    if let Value::Object(fields) = &mut event {
        fields.set("ops", json!([codes, text]));
    }
    event
}

/// A notice of the call with this number, as `number level text` and a line break.
pub fn notice_line(number: u32, notice: &Notice<'_>) -> String {
    format!("{number} {} {notice}\n", notice.level())
}

/// What a client spent, as [`crate::cost::Spent`] has it.
pub fn spent_text<T: Transport>(client: &Client<T>) -> String {
    client.spent().to_value().to_string()
}

/// The parameters of a request that are out of range, as the client's option `parameters` has it: a message on each line. Empty for a body that
/// cannot be read, which the call itself refuses.
pub fn findings_text<T: Transport>(client: &Client<T>, endpoint: &str, text: &str) -> String {
    let mut lines = String::new();
    if let (Ok(endpoint), Ok(body)) = (Endpoint::parse(endpoint), body(text)) {
        for finding in client.findings(&endpoint, &body) {
            lines.push_str(&finding.message);
            lines.push('\n');
        }
    }
    lines
}

/// What a request can cost at most, as [`crate::cost::Estimate`] has it.
pub fn estimate_text<T: Transport>(
    client: &Client<T>,
    endpoint: &str,
    request: &str,
    changes: &str,
) -> Result<String, Error> {
    let estimate = client.estimate(&Endpoint::parse(endpoint)?, body(request)?, &options(changes)?)?;
    Ok(estimate.to_value().to_string())
}

/// `{"value": {…}, "status": …, "headers": [[name, value], …], "retries_taken": …}`.
pub fn completed_text(completed: Completed) -> String {
    let mut text = head_value(&completed.head, completed.retries_taken);
    if let Value::Object(fields) = &mut text {
        fields.set("value", completed.value);
    }
    text.to_string()
}

/// `{"status": …, "headers": …, "retries_taken": …}`.
pub fn head_text(head: &Head, retries_taken: u32) -> String {
    head_value(head, retries_taken).to_string()
}

fn head_value(head: &Head, retries_taken: u32) -> Value {
    json!({ "status": head.status, "headers": value::pairs(&head.headers), "retries_taken": retries_taken })
}
