//! Replies that are ready to be written.
//!
//! Invariant: a reply is rendered at its first request and kept; later requests only write the bytes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::spec::{Format, ReplySpec};
use crate::{anthropic, openai};

/// Headers of every answer. Every origin may read it, since the measured pages have another port.
const COMMON: &str =
    "access-control-allow-origin: *\r\naccess-control-expose-headers: *\r\nx-request-id: req_7f3b2c9d4e5a6f70\r\n";

/// The bytes of a reply, and where each write ends.
pub(crate) struct Reply {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Reply {
    /// The writes, in their order.
    pub(crate) fn writes(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    /// Headers and first events in one write; the end of the chunked body with the last events.
    fn stream(spec: &ReplySpec) -> Self {
        let events = match spec.format {
            Format::ChatCompletions => openai::events(spec),
            Format::Messages => anthropic::events(spec),
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n{COMMON}\r\n"
        );
        let (mut bytes, mut ends) = (head.into_bytes(), Vec::new());
        for group in events.chunks(spec.per) {
            let length: usize = group.iter().map(String::len).sum();
            bytes.extend_from_slice(format!("{length:x}\r\n").as_bytes());
            for event in group {
                bytes.extend_from_slice(event.as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
            ends.push(bytes.len());
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        if let Some(last) = ends.last_mut() {
            *last = bytes.len();
        }
        Self { bytes, ends }
    }
}

/// A whole answer in one write.
pub(crate) fn whole(status: &str, kind: &str, body: &str) -> Reply {
    let length = body.len();
    let bytes = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{COMMON}\r\n{body}")
        .into_bytes();
    Reply { ends: vec![bytes.len()], bytes }
}

/// The answer to a preflight request of a page.
pub(crate) fn preflight() -> Reply {
    let bytes = format!(
        "HTTP/1.1 204 No Content\r\naccess-control-allow-methods: *\r\naccess-control-allow-headers: *, authorization\r\naccess-control-max-age: 7200\r\n{COMMON}\r\n"
    )
    .into_bytes();
    Reply { ends: vec![bytes.len()], bytes }
}

/// An error in the format of the API.
pub(crate) fn refusal(status: &str, why: &str) -> Reply {
    let error = serde_json::json!({ "type": "invalid_request_error", "message": why, "param": null, "code": null });
    whole(status, "application/json", &serde_json::json!({ "type": "error", "error": error }).to_string())
}

/// The rendered replies.
#[derive(Default)]
pub(crate) struct Replies(RefCell<HashMap<ReplySpec, Rc<Reply>>>);

impl Replies {
    pub(crate) fn get(&self, spec: &ReplySpec) -> Rc<Reply> {
        let make = || match (spec.stream, spec.format) {
            (true, _) => Reply::stream(spec),
            (false, Format::ChatCompletions) => whole("200 OK", "application/json", &openai::whole(spec)),
            (false, Format::Messages) => whole("200 OK", "application/json", &anthropic::whole(spec)),
        };
        Rc::clone(self.0.borrow_mut().entry(*spec).or_insert_with(|| Rc::new(make())))
    }
}
