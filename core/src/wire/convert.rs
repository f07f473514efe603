//! Placeholder of the conversion between formats.

use crate::config::Format;
use crate::error::{Error, ErrorKind};
use crate::http::Head;
use crate::prelude::*;
use crate::value::{Map, Value};
use crate::wire::StreamCodec;

pub(crate) fn request(from: Format, to: Format, body: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let _ = body;
    Err(Error::new(ErrorKind::InvalidRequest, format!("{} to {}", from.word(), to.word())))
}

pub(crate) fn codec(server: Format, caller: Format, head: Head) -> Box<dyn StreamCodec + Send> {
    let _ = caller;
    server.endpoint().codec(head)
}

pub(crate) fn continuation(format: Format, body: &Map<String, Value>, partial: &Value) -> Option<Map<String, Value>> {
    let _ = (format, body, partial);
    None
}

pub(crate) fn continued(
    first: Box<dyn StreamCodec + Send>,
    next: Box<dyn StreamCodec + Send>,
) -> Box<dyn StreamCodec + Send> {
    let _ = first;
    next
}
