//! The body of an answer: bytes in, items out, for streams and for whole replies.
//!
//! What a body is, its bytes say and not its content type: an event stream, lines of JSON, one JSON reply, or a page. The result never
//! depends on how the bytes were split into reads.

use alloc::borrow::Cow;

use crate::prelude::*;
use crate::value::Value;

use crate::config::{BodyLimits, Config};
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::json::{object_length, parsed_size};
use crate::text;
use crate::text::dialect::Name;
use crate::wire::sse::{Decoder, Frame, TooLong};
use crate::wire::{Item, Step, StreamCodec, errors, frames, incomplete};

/// Texts up to this many bytes are parsed without an estimate of their values' memory.
const SMALL: usize = 64 << 10;

/// How many bytes of values an event may become, as a multiple of `max_event_bytes`.
const EVENT_VALUES: usize = 4;
/// How many bytes of values a whole reply may become, or a stream accumulate, as a multiple of `max_response_bytes`. There are two copies
/// of them at most: as they were read and accumulated, or accumulated and handed out.
const REPLY_VALUES: usize = 3;
/// What a byte of text becomes at most, when its values are kept: `[0],` takes 90 bytes a byte.
const DENSEST: usize = 100;

/// Reads a body.
pub(crate) struct BodyReader {
    pub(crate) codec: Box<dyn StreamCodec + Send>,
    head: Head,
    framing: Framing,
    limits: BodyLimits,
    /// How many bytes of frames may come before what they accumulated is measured again.
    unmeasured: usize,
    /// Items keep the text that they were made of.
    include_raw: bool,
}

/// What the body was found to be.
enum Framing {
    /// Nothing but white space came.
    Unknown(Vec<u8>),
    Events(Decoder),
    /// One JSON value, or a page: read to its end.
    Whole(Vec<u8>, FirstLine),
}

/// How far the first line of a body that begins like JSON was read: where it is an object and more follows, the body has a line, or a
/// frame, for each object.
enum FirstLine {
    /// No line end stands before this position.
    Open(usize),
    /// The line is a whole object, and nothing but white space stands before this position.
    Object(usize),
    /// The body is one value over several lines, or no JSON.
    Other,
}

impl BodyReader {
    /// A reader for the body that `head` began.
    pub(crate) fn new(codec: Box<dyn StreamCodec + Send>, head: Head, limits: BodyLimits, include_raw: bool) -> Self {
        let unmeasured = limits.response.saturating_mul(REPLY_VALUES) / DENSEST;
        Self { codec, head, framing: Framing::Unknown(Vec::new()), limits, unmeasured, include_raw }
    }

    /// Whether the body is an event stream, as far as it came.
    pub(crate) fn has_events(&self) -> bool {
        matches!(self.framing, Framing::Events(_))
    }

    /// Takes bytes of the body.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take(Cow::Borrowed(bytes))
    }

    /// Takes the whole body, or a part of it.
    pub(crate) fn take(&mut self, bytes: Cow<'_, [u8]>) -> Result<(), Error> {
        match &mut self.framing {
            Framing::Events(decoder) => decoder.push(&bytes),
            Framing::Whole(held, line) => {
                if held.is_empty() {
                    *held = bytes.into_owned();
                } else {
                    held.extend_from_slice(&bytes);
                }
                line.read(held);
                if matches!(line, FirstLine::Object(at) if *at < held.len()) {
                    let held = core::mem::take(held);
                    self.read_as_events(&held);
                }
            }
            Framing::Unknown(held) => {
                let mut held = core::mem::take(held);
                if held.is_empty() {
                    held = bytes.into_owned();
                } else {
                    held.extend_from_slice(&bytes);
                }
                // Padding is dropped read by read, so that it counts for nothing in any split.
                let start = without_padding(&held);
                match start.first() {
                    None => {}
                    // A byte order mark may come in two reads.
                    Some(0xef) if MARK.starts_with(start) => self.framing = Framing::Unknown(start.to_vec()),
                    Some(b'{' | b'[' | b'<') => {
                        let padding = held.len() - start.len();
                        held.drain(..padding);
                        self.framing = Framing::Whole(Vec::new(), FirstLine::Open(0));
                        return self.take(Cow::Owned(held));
                    }
                    Some(0x1f) => return Err(compressed()),
                    Some(_) => self.read_as_events(start),
                }
            }
        }
        Ok(())
    }

    /// Reads the next frame: `None` where it has not come yet.
    pub(crate) fn next(&mut self, items: &mut Vec<Item>) -> Result<Option<(Step, usize)>, Error> {
        let Framing::Events(decoder) = &mut self.framing else { return Ok(None) };
        let Some(frame) = decoder.next_frame().map_err(|TooLong { limit }| too_long(limit))? else { return Ok(None) };
        let length = frame.data.len();
        let step = read_frame(&mut *self.codec, &frame, self.limits, self.include_raw, items)?;
        match self.unmeasured.checked_sub(length) {
            Some(left) => self.unmeasured = left,
            None => self.measure()?,
        }
        Ok(Some((step, length)))
    }

    /// Fails where what was accumulated takes too much memory. Looks at each value, and so it is done again only after as many bytes as could
    /// reach the limit, or a part of it.
    fn measure(&mut self) -> Result<(), Error> {
        let most = self.limits.response.saturating_mul(REPLY_VALUES);
        let size = self.codec.size();
        self.unmeasured = (most.saturating_sub(size) / DENSEST).max(most / (DENSEST * 4));
        if size > most {
            Err(too_many_values("max_response_bytes", REPLY_VALUES, self.limits.response))
        } else {
            Ok(())
        }
    }

    /// The body has ended: reads what stands after the last frame. An error where the answer was cut.
    pub(crate) fn finish(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        match &mut self.framing {
            Framing::Events(decoder) => {
                if let Some(frame) = decoder.finish() {
                    let data = frame.data.trim();
                    // The standard drops it. An end marker and a complete value count, since providers end so; so does a line that should
                    // not be there, such as the page of a proxy.
                    let is_object = object_length(data.as_bytes()) == Some(data.len());
                    if is_object || frame.is_bare || data.starts_with("[DONE]") {
                        let step = read_frame(&mut *self.codec, &frame, self.limits, self.include_raw, items)?;
                        if step == Step::Done {
                            return Ok(());
                        }
                    }
                }
                self.codec.end()?;
                self.codec.flush(items);
                Ok(())
            }
            Framing::Whole(held, _) => {
                let held = core::mem::take(held);
                check_values(
                    &String::from_utf8_lossy(&held),
                    "max_response_bytes",
                    REPLY_VALUES,
                    self.limits.response,
                )?;
                let Some(value) = frames::reply(&held) else { return self.finish_events(&held, items) };
                let Value::Object(reply) = value else { return Err(errors::not_json(&self.head, &held)) };
                let raw = self.include_raw.then(|| String::from_utf8_lossy(&held).into_owned());
                drop(held);
                let outcome = self.codec.read_reply(reply, items);
                if let Some(raw) = raw {
                    for item in items {
                        item.set_raw(&raw);
                    }
                }
                outcome
            }
            Framing::Unknown(_) => self.codec.end(),
        }
    }

    /// Reads a body that began like JSON, but is not one value, as frames: such as an object over several lines with an end marker after it.
    fn finish_events(&mut self, held: &[u8], items: &mut Vec<Item>) -> Result<(), Error> {
        if !held.trim_ascii_start().starts_with(b"{") {
            return Err(errors::not_json(&self.head, held));
        }
        self.read_as_events(held);
        while let Some((step, _)) = self.next(items)? {
            if step == Step::Done {
                return Ok(());
            }
        }
        self.finish(items)
    }

    /// Whether a stream that has ended well says why it ended. An error where the client requires that.
    pub(crate) fn check_finish_reason(&self, config: &Config) -> Result<bool, Error> {
        let has_reason = !self.has_events() || self.codec.has_finish_reason();
        if !has_reason && config.require_finish_reason {
            return Err(incomplete(&format!("no finish_reason, which {} asks for", Name("require_finish_reason"))));
        }
        Ok(has_reason)
    }

    fn read_as_events(&mut self, bytes: &[u8]) {
        let mut decoder = Decoder::new(self.limits.event);
        decoder.push(bytes);
        self.framing = Framing::Events(decoder);
    }
}

impl FirstLine {
    /// Looks at the bytes that were not looked at before.
    fn read(&mut self, held: &[u8]) {
        let rest = |from: &usize| held.get(*from..).unwrap_or_default();
        if let Self::Open(from) = self {
            let Some(length) = text::line_end(rest(from)) else {
                *from = held.len();
                return;
            };
            let end = *from + length;
            let line = held.get(..end).unwrap_or_default().trim_ascii_end();
            let is_object = object_length(line) == Some(line.len());
            *self = if is_object { Self::Object(end) } else { Self::Other };
        }
        if let Self::Object(from) = self {
            *from += rest(from).len() - rest(from).trim_ascii_start().len();
        }
    }
}

/// Decodes a frame whose values are within the limit; its items keep its text if `include_raw` asks for that.
fn read_frame(
    codec: &mut (dyn StreamCodec + Send),
    frame: &Frame<'_>,
    limits: BodyLimits,
    include_raw: bool,
    items: &mut Vec<Item>,
) -> Result<Step, Error> {
    check_values(&frame.data, "max_event_bytes", EVENT_VALUES, limits.event)?;
    let before = items.len();
    let step = codec.read_frame(frame, items);
    if include_raw {
        items.iter_mut().skip(before).for_each(|item| item.set_raw(&frame.data));
    }
    step
}

/// A byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A body without the white space and byte order marks before it.
pub(super) fn without_padding(body: &[u8]) -> &[u8] {
    let mut start = body.trim_ascii_start();
    while let Some(rest) = start.strip_prefix(MARK) {
        start = rest.trim_ascii_start();
    }
    start
}

/// Fails where the values of a text would take more than `times` the limit that `option` sets.
fn check_values(text: &str, option: &str, times: usize, limit: usize) -> Result<(), Error> {
    let most = limit.saturating_mul(times);
    if text.len() <= SMALL || parsed_size(text, most) <= most {
        return Ok(());
    }
    Err(too_many_values(option, times, limit))
}

fn too_many_values(option: &str, times: usize, limit: usize) -> Error {
    let message =
        format!("the JSON values of the answer need more memory than {times} times {} ({limit})", Name(option));
    Error::new(ErrorKind::LimitExceeded, message)
}

fn too_long(limit: usize) -> Error {
    Error::new(ErrorKind::LimitExceeded, format!("{} ({})", TooLong { limit }, Name("max_event_bytes")))
}

fn compressed() -> Error {
    Error::new(
        ErrorKind::ResponseValidation,
        "the server compressed the stream although `accept-encoding: identity` asked it not to: check the proxy before it",
    )
}
