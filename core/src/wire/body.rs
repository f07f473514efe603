//! Response bodies: bytes in, items out, for streams and complete replies.
//!
//! Invariant: the result doesn't depend on how the bytes are split into reads. The bytes, not the content type, decide whether a body is
//! an event stream, JSON lines, one JSON reply or an HTML page.

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

/// Texts up to this size are parsed without a memory estimate.
const SMALL_TEXT: usize = 64 << 10;

/// Memory limit for the values of one event, as a multiple of `max_event_bytes`.
const EVENT_MEMORY_FACTOR: usize = 4;
/// Memory limit for the values of a complete reply or an accumulated stream, as a multiple of `max_response_bytes`. At most two copies
/// exist: parsed and accumulated, or accumulated and returned.
const REPLY_MEMORY_FACTOR: usize = 3;
/// Upper bound for the memory of parsed values, in bytes per byte of text. `[0],` needs 90.
const MAX_EXPANSION: usize = 100;

/// Decodes a response body.
pub(crate) struct BodyReader {
    pub(crate) codec: Box<dyn StreamCodec + Send>,
    head: Head,
    framing: Framing,
    limits: BodyLimits,
    /// Bytes of frames that may be read before the accumulated memory is measured again.
    unmeasured: usize,
    /// Whether items keep their JSON text.
    include_raw: bool,
}

/// The detected kind of body.
enum Framing {
    /// Only whitespace was received.
    Unknown(Vec<u8>),
    Events(Decoder),
    /// One JSON value or an HTML page, which is read to the end of the body.
    Json(Vec<u8>, FirstLine),
}

/// Progress within the first line of a body that begins like JSON. If the line is a complete object and more text follows, the body is
/// JSON lines or an event stream.
enum FirstLine {
    /// No line end was found before this position.
    Open(usize),
    /// The line is a complete object, followed by whitespace up to this position.
    Object(usize),
    /// The body is a single multi-line value, or not JSON.
    Other,
}

impl BodyReader {
    /// Creates a reader for the body of the response with this head.
    pub(crate) fn new(codec: Box<dyn StreamCodec + Send>, head: Head, limits: BodyLimits, include_raw: bool) -> Self {
        let unmeasured = limits.response.saturating_mul(REPLY_MEMORY_FACTOR) / MAX_EXPANSION;
        Self { codec, head, framing: Framing::Unknown(Vec::new()), limits, unmeasured, include_raw }
    }

    /// Returns whether the body is an event stream, as far as received.
    pub(crate) fn has_events(&self) -> bool {
        matches!(self.framing, Framing::Events(_))
    }

    /// Adds bytes of the body.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take(Cow::Borrowed(bytes))
    }

    /// Adds bytes of the body, without a copy if they are owned.
    pub(crate) fn take(&mut self, bytes: Cow<'_, [u8]>) -> Result<(), Error> {
        match &mut self.framing {
            Framing::Events(decoder) => decoder.push(&bytes),
            Framing::Json(buffer, line) => {
                if buffer.is_empty() {
                    *buffer = bytes.into_owned();
                } else {
                    buffer.extend_from_slice(&bytes);
                }
                line.read(buffer);
                if matches!(line, FirstLine::Object(at) if *at < buffer.len()) {
                    let buffer = core::mem::take(buffer);
                    self.read_as_events(&buffer);
                }
            }
            Framing::Unknown(buffer) => {
                let mut buffer = core::mem::take(buffer);
                if buffer.is_empty() {
                    buffer = bytes.into_owned();
                } else {
                    buffer.extend_from_slice(&bytes);
                }
                // Leading padding is dropped at every read, so the limit doesn't depend on how it is split.
                let start = without_padding(&buffer);
                match start.first() {
                    None => {}
                    // A byte order mark may be split across reads.
                    Some(0xef) if BOM.starts_with(start) => self.framing = Framing::Unknown(start.to_vec()),
                    Some(b'{' | b'[' | b'<') => {
                        let padding = buffer.len() - start.len();
                        buffer.drain(..padding);
                        self.framing = Framing::Json(Vec::new(), FirstLine::Open(0));
                        return self.take(Cow::Owned(buffer));
                    }
                    Some(0x1f) => return Err(compressed()),
                    Some(_) => self.read_as_events(start),
                }
            }
        }
        Ok(())
    }

    /// Decodes the next complete frame. Returns its effect and its length in bytes, or `None` if more bytes are needed.
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

    /// Fails if the accumulated values need too much memory. The measurement visits each value, so the next one is due only after as many
    /// bytes as could reach the limit, or a fraction of it.
    fn measure(&mut self) -> Result<(), Error> {
        let max = self.limits.response.saturating_mul(REPLY_MEMORY_FACTOR);
        let size = self.codec.size();
        self.unmeasured = (max.saturating_sub(size) / MAX_EXPANSION).max(max / (MAX_EXPANSION * 4));
        if size > max {
            Err(too_many_values("max_response_bytes", REPLY_MEMORY_FACTOR, self.limits.response))
        } else {
            Ok(())
        }
    }

    /// Handles the end of the body: decodes the remaining text. Fails if the answer is truncated.
    pub(crate) fn finish(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        match &mut self.framing {
            Framing::Events(decoder) => {
                if let Some(frame) = decoder.finish() {
                    let data = frame.data.trim();
                    // The standard drops an unterminated frame. Providers do end streams this way, so an end marker or a complete value
                    // is accepted, and a stray line, such as a proxy's error page, is reported.
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
            Framing::Json(buffer, _) => {
                let buffer = core::mem::take(buffer);
                check_values(
                    &String::from_utf8_lossy(&buffer),
                    "max_response_bytes",
                    REPLY_MEMORY_FACTOR,
                    self.limits.response,
                )?;
                let Some(value) = frames::reply(&buffer) else { return self.finish_events(&buffer, items) };
                let Value::Object(reply) = value else { return Err(errors::invalid_body(&self.head, &buffer)) };
                let raw = self.include_raw.then(|| String::from_utf8_lossy(&buffer).into_owned());
                drop(buffer);
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

    /// Decodes a body that began like JSON but isn't a single value, such as a multi-line object followed by an end marker.
    fn finish_events(&mut self, buffer: &[u8], items: &mut Vec<Item>) -> Result<(), Error> {
        if !buffer.trim_ascii_start().starts_with(b"{") {
            return Err(errors::invalid_body(&self.head, buffer));
        }
        self.read_as_events(buffer);
        while let Some((step, _)) = self.next(items)? {
            if step == Step::Done {
                return Ok(());
            }
        }
        self.finish(items)
    }

    /// Returns whether a stream that ended normally has a finish reason. Fails if it has none and the client requires one.
    pub(crate) fn check_finish_reason(&self, config: &Config) -> Result<bool, Error> {
        let has_reason = !self.has_events() || self.codec.has_finish_reason();
        if !has_reason && config.require_finish_reason {
            return Err(incomplete(&format!("no finish_reason, which {} requires", Name("require_finish_reason"))));
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
    /// Scans the bytes that were added since the last call.
    fn read(&mut self, buffer: &[u8]) {
        let rest = |from: &usize| buffer.get(*from..).unwrap_or_default();
        if let Self::Open(from) = self {
            let Some(length) = text::line_end(rest(from)) else {
                *from = buffer.len();
                return;
            };
            let end = *from + length;
            let line = buffer.get(..end).unwrap_or_default().trim_ascii_end();
            let is_object = object_length(line) == Some(line.len());
            *self = if is_object { Self::Object(end) } else { Self::Other };
        }
        if let Self::Object(from) = self {
            *from += rest(from).len() - rest(from).trim_ascii_start().len();
        }
    }
}

/// Decodes a frame after checking the size of its values. Items keep the frame's text if `include_raw` is set.
fn read_frame(
    codec: &mut (dyn StreamCodec + Send),
    frame: &Frame<'_>,
    limits: BodyLimits,
    include_raw: bool,
    items: &mut Vec<Item>,
) -> Result<Step, Error> {
    check_values(&frame.data, "max_event_bytes", EVENT_MEMORY_FACTOR, limits.event)?;
    let before = items.len();
    let step = codec.read_frame(frame, items);
    if include_raw {
        items.iter_mut().skip(before).for_each(|item| item.set_raw(&frame.data));
    }
    step
}

/// A UTF-8 byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Removes leading whitespace and byte order marks.
pub(super) fn without_padding(body: &[u8]) -> &[u8] {
    let mut start = body.trim_ascii_start();
    while let Some(rest) = start.strip_prefix(BOM) {
        start = rest.trim_ascii_start();
    }
    start
}

/// Fails if the values of a text would need more than `factor` times the limit set by `option`.
fn check_values(text: &str, option: &str, factor: usize, limit: usize) -> Result<(), Error> {
    let max = limit.saturating_mul(factor);
    if text.len() <= SMALL_TEXT || parsed_size(text, max) <= max {
        return Ok(());
    }
    Err(too_many_values(option, factor, limit))
}

fn too_many_values(option: &str, factor: usize, limit: usize) -> Error {
    let message =
        format!("the JSON values of the response need more memory than {factor} times {} ({limit})", Name(option));
    Error::new(ErrorKind::LimitExceeded, message)
}

fn too_long(limit: usize) -> Error {
    Error::new(ErrorKind::LimitExceeded, format!("{} ({})", TooLong { limit }, Name("max_event_bytes")))
}

fn compressed() -> Error {
    Error::new(
        ErrorKind::ResponseValidation,
        "the server compressed the stream despite `accept-encoding: identity`; check the proxy in front of it",
    )
}
