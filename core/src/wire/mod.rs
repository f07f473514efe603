//! The wire formats: one folder each, with the same file names inside.
//!
//! Law: pure functions and state machines over bytes and JSON. A format's folder knows its own shapes and the repairs that real
//! providers need; what the client loop needs of any format is [`StreamCodec`], and of any endpoint [`Endpoint`].
//!
//! - `openai/`: chat completions.
//! - `anthropic/`: messages.

pub mod anthropic;
pub(crate) mod arguments;
pub(crate) mod body;
pub mod delta;
mod endpoint;
pub mod errors;
pub(crate) mod frames;
mod learner;
pub mod models;
pub mod openai;
pub(crate) mod request;
pub mod sse;

pub use endpoint::{Endpoint, Format};

use alloc::borrow::Cow;
use alloc::sync::Arc;

use crate::prelude::*;
use crate::value::{Map, Value};

use crate::error::Error;
use delta::{DeltaTemplate, Texts};
use sse::Frame;

/// One chunk or event of a stream, repaired to the shape that its format's standard describes. Fields that the standard doesn't
/// know are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    shape: Shape,
    raw: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// Boxed: a batch of deltas is half as large.
    Whole(Box<Map<String, Value>>),
    /// As the one before, with other texts.
    Delta(Arc<DeltaTemplate>, Texts),
}

impl Item {
    /// An item of these fields.
    pub fn new(fields: Map<String, Value>) -> Self {
        Self { shape: Shape::Whole(Box::new(fields)), raw: None }
    }

    fn delta(template: Arc<DeltaTemplate>, texts: Texts) -> Self {
        Self { shape: Shape::Delta(template, texts), raw: None }
    }

    /// The JSON text that the server sent: kept where the client's `include_raw` asks for it. Items that a repair added have none, and
    /// those that came in one frame share its text.
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }

    pub(crate) fn set_raw(&mut self, text: &str) {
        self.raw = Some(text.into());
    }

    /// The item's JSON object.
    pub fn fields(&self) -> Cow<'_, Map<String, Value>> {
        match &self.shape {
            Shape::Whole(fields) => Cow::Borrowed(fields),
            Shape::Delta(template, texts) => Cow::Owned(template.filled(texts)),
        }
    }

    /// The item's JSON object.
    pub fn into_fields(self) -> Map<String, Value> {
        match self.shape {
            Shape::Whole(fields) => *fields,
            Shape::Delta(template, texts) => template.filled(&texts),
        }
    }

    /// The text that it adds to the first choice, or to the message; empty where it adds none.
    pub fn text(&self) -> &str {
        match &self.shape {
            Shape::Delta(template, texts) if template.adds_text() => texts.text(),
            Shape::Delta(..) => "",
            Shape::Whole(fields) => whole_text(fields).unwrap_or_default(),
        }
    }

    /// Where the item is as others before it but for a text and its padding: what they share, and the text.
    pub fn as_delta(&self) -> Option<(&Arc<DeltaTemplate>, &str)> {
        match &self.shape {
            Shape::Delta(template, texts) => Some((template, texts.text())),
            Shape::Whole(_) => None,
        }
    }

    /// The padding of such an item, if it is not that of its template.
    pub fn padding(&self) -> Option<&str> {
        match &self.shape {
            Shape::Delta(template, texts) => template.padding(texts),
            Shape::Whole(_) => None,
        }
    }
}

fn whole_text(fields: &Map<String, Value>) -> Option<&str> {
    let Some(choices) = fields.get("choices") else {
        let is_delta = fields.get("type")? == "content_block_delta";
        return fields.get("delta").filter(|_| is_delta)?.get("text")?.as_str();
    };
    let first =
        choices.as_array()?.iter().find(|choice| choice.get("index").is_none_or(|index| index.as_u64() == Some(0)));
    first?.get("delta")?.get("content")?.as_str()
}

/// What one read from the network brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The items, in the order in which they came; never empty unless `done`.
    pub items: Vec<Item>,
    /// The stream has ended as it should: there is no further batch.
    pub done: bool,
}

/// What a frame meant for the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A keep-alive: no progress, so the idle timeout goes on.
    KeepAlive,
    /// Something of the answer.
    Progress,
    /// The end marker.
    Done,
}

/// A format's stream, from frames to items and to the accumulated result.
pub trait StreamCodec {
    /// Takes one frame.
    fn read_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error>;

    /// Takes a whole JSON reply that a server sent although a stream was asked for.
    fn read_reply(&mut self, reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error>;

    /// Gives out what was held back: nothing more will come.
    fn flush(&mut self, items: &mut Vec<Item>);

    /// Whether the end of the body is the end of the answer; an error where it was cut.
    fn end(&self) -> Result<(), Error>;

    /// Whether the answer says why it ended: each choice by its `finish_reason`, a message by its `stop_reason`.
    fn has_finish_reason(&self) -> bool;

    /// Whether the stream began with the event that names the answer's id, model and input tokens, where the format has one.
    fn has_start(&self) -> bool {
        true
    }

    /// What was accumulated so far, in the shape of a reply that wasn't streamed; `None` before anything came.
    fn snapshot(&self) -> Option<Value>;

    /// The memory, in bytes, of what was accumulated so far: an estimate that looks at each value.
    fn size(&self) -> usize;

    /// The fields of that but for the answer's text: the model, the usage.
    fn metadata(&self) -> &Map<String, Value>;
}

/// The most choices, tool calls and content blocks of one answer: far more than any model gives, and few enough that a hostile server
/// can't make looking them up slow.
const MOST_PARTS: usize = 1024;

/// The place of the last item that has a number; mostly, the number is its place.
fn place_of<T>(items: &[T], number: u64, has: impl Fn(&T) -> bool) -> Option<usize> {
    let guess = usize::try_from(number).ok().filter(|place| items.get(*place).is_some_and(&has));
    guess.or_else(|| items.iter().rposition(has))
}

/// The error of an answer with too many parts.
fn within_limit(count: usize, what: &str) -> Result<(), Error> {
    if count <= MOST_PARTS {
        return Ok(());
    }
    let message =
        format!("the answer has more than {MOST_PARTS} {what}: no model means that; what came is in `partial`");
    Err(Error::new(crate::error::ErrorKind::LimitExceeded, message))
}

/// A count that may be null.
#[cfg(feature = "serde")]
pub(crate) fn null_is_zero<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    use serde::Deserialize;
    Ok(Option::<u64>::deserialize(deserializer)?.unwrap_or_default())
}

/// The error of a stream that ended without its end.
pub(crate) fn incomplete(missing: &str) -> Error {
    let message =
        format!("the stream was cut: it ended with {missing}; what came is in `partial`, and a retry may succeed");
    Error::new(crate::error::ErrorKind::IncompleteStream, message)
}
