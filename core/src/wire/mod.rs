//! Wire formats: parsers, repairs and accumulators for the replies of each API.
//!
//! Invariant: pure functions and state machines over bytes and JSON, without I/O or clocks. Each format has a folder, and only
//! that folder knows its shapes and repairs. The client loop uses formats through [`StreamCodec`] and endpoints through
//! [`Endpoint`].
//!
//! - `openai/`: chat completions.
//! - `anthropic/`: messages.
//! - `convert/`: requests and replies of one format in the other, and answers that are continued.

pub mod anthropic;
pub(crate) mod body;
#[doc(hidden)]
pub mod convert;
pub mod delta;
mod endpoint;
pub mod errors;
pub(crate) mod frames;
pub mod models;
pub mod openai;
pub(crate) mod request;
pub mod sse;
pub(crate) mod tool_calls;

pub use crate::record::Attempt;
pub use endpoint::{Endpoint, Format};

use alloc::borrow::Cow;
use alloc::sync::Arc;

use crate::prelude::*;
use crate::value::{Map, Value};

use crate::error::Error;
use delta::{DeltaTemplate, Texts};
use sse::Frame;

/// A chunk or an event of a stream, repaired to the shape of its format's standard. Unknown fields are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    repr: Repr,
    raw: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Repr {
    /// Boxed, which halves the size of a batch of deltas.
    Full(Box<Map<String, Value>>),
    /// Equal to the previous item except for its text and padding.
    Delta(Arc<DeltaTemplate>, Texts),
}

impl Item {
    /// Creates an item from its fields.
    pub fn new(fields: Map<String, Value>) -> Self {
        Self { repr: Repr::Full(Box::new(fields)), raw: None }
    }

    fn delta(template: Arc<DeltaTemplate>, texts: Texts) -> Self {
        Self { repr: Repr::Delta(template, texts), raw: None }
    }

    /// Returns the JSON text that the server sent, if the client's `include_raw` is set. Items added by a repair have none; items from
    /// the same frame share one text.
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }

    pub(crate) fn set_raw(&mut self, text: &str) {
        self.raw = Some(text.into());
    }

    /// Returns the item's JSON object.
    pub fn fields(&self) -> Cow<'_, Map<String, Value>> {
        match &self.repr {
            Repr::Full(fields) => Cow::Borrowed(fields),
            Repr::Delta(template, texts) => Cow::Owned(template.filled(texts)),
        }
    }

    /// Converts the item into its JSON object.
    pub fn into_fields(self) -> Map<String, Value> {
        match self.repr {
            Repr::Full(fields) => *fields,
            Repr::Delta(template, texts) => template.filled(&texts),
        }
    }

    /// Returns the text that the item adds to the first choice or to the message; empty if it adds none.
    pub fn text(&self) -> &str {
        match &self.repr {
            Repr::Delta(template, texts) if template.adds_text() => texts.text(),
            Repr::Delta(..) => "",
            Repr::Full(fields) => text_of(fields).unwrap_or_default(),
        }
    }

    /// Returns the shared template and the text, if the item differs from earlier ones only in its text and padding.
    pub fn as_delta(&self) -> Option<(&Arc<DeltaTemplate>, &str)> {
        match &self.repr {
            Repr::Delta(template, texts) => Some((template, texts.text())),
            Repr::Full(_) => None,
        }
    }

    /// Returns the padding of such an item, if the padding is not part of the template.
    pub fn padding(&self) -> Option<&str> {
        match &self.repr {
            Repr::Delta(template, texts) => template.padding(texts),
            Repr::Full(_) => None,
        }
    }
}

fn text_of(fields: &Map<String, Value>) -> Option<&str> {
    let Some(choices) = fields.get("choices") else {
        let is_delta = fields.get("type")? == "content_block_delta";
        return fields.get("delta").filter(|_| is_delta)?.get("text")?.as_str();
    };
    let first =
        choices.as_array()?.iter().find(|choice| choice.get("index").is_none_or(|index| index.as_u64() == Some(0)));
    first?.get("delta")?.get("content")?.as_str()
}

/// The items decoded from one network read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The items in order of arrival; empty only if `done`.
    pub items: Vec<Item>,
    /// Whether the stream ended normally. No batch follows.
    pub done: bool,
}

/// The effect of a frame on the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A keep-alive. It is no progress and doesn't reset the idle timeout.
    KeepAlive,
    /// A part of the answer.
    Progress,
    /// The end marker.
    Done,
}

/// Decodes the stream of one format: frames to items, and items to the accumulated result.
pub trait StreamCodec {
    /// Decodes one frame and appends its items.
    fn read_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error>;

    /// Decodes a complete JSON reply that the server sent instead of a stream.
    fn read_reply(&mut self, reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error>;

    /// Emits text that was held back. Call this after the last frame.
    fn flush(&mut self, items: &mut Vec<Item>);

    /// Checks that the answer is complete at the end of the body.
    ///
    /// # Errors
    ///
    /// `IncompleteStream` if the end marker is missing.
    fn end(&self) -> Result<(), Error>;

    /// Returns whether the answer states why it ended: a `finish_reason` for each choice, or a `stop_reason` for a message.
    fn has_finish_reason(&self) -> bool;

    /// Returns whether the stream began with the event that has the id, the model and the input tokens. Always true for formats without
    /// such an event.
    fn has_start(&self) -> bool {
        true
    }

    /// Returns the result so far, in the shape of an unstreamed reply; `None` before the first item.
    fn snapshot(&self) -> Option<Value>;

    /// Estimates the memory of the result so far, in bytes. The cost is linear in the number of values.
    fn size(&self) -> usize;

    /// Returns the index of the content block that is open; `None` without one, and for formats without blocks.
    #[cfg(feature = "fallback")]
    fn open_block(&self) -> Option<u64> {
        None
    }

    /// Returns the top-level fields of the result so far, such as the model and the usage, without its content.
    fn metadata(&self) -> &Map<String, Value>;
}

/// Maximum number of choices, tool calls and content blocks in one answer. Models stay far below, and lookups stay fast if a server is
/// hostile.
const MAX_PARTS: usize = 1024;

/// Returns the position of the last item that has this number. Usually the number is the position.
fn position_of<T>(items: &[T], number: u64, has: impl Fn(&T) -> bool) -> Option<usize> {
    let guess = usize::try_from(number).ok().filter(|position| items.get(*position).is_some_and(&has));
    guess.or_else(|| items.iter().rposition(has))
}

/// Fails if an answer has too many parts.
fn check_part_count(count: usize, what: &str) -> Result<(), Error> {
    if count <= MAX_PARTS {
        return Ok(());
    }
    let message = format!("the answer has more than {MAX_PARTS} {what}; the answer so far is in `partial`");
    Err(Error::new(crate::error::ErrorKind::LimitExceeded, message))
}

/// Deserializes a count, with 0 for null.
#[cfg(feature = "serde-json")]
pub(crate) fn null_is_zero<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    use serde::Deserialize;
    Ok(Option::<u64>::deserialize(deserializer)?.unwrap_or_default())
}

/// Returns the error of a stream that ended early; `missing` names the missing part.
pub(crate) fn incomplete(missing: &str) -> Error {
    let message =
        format!("the stream ended early, with {missing}; the answer so far is in `partial`, and a retry may succeed");
    Error::new(crate::error::ErrorKind::IncompleteStream, message)
}
