//! Answers that continue after their stream was cut: the request for the rest, and the decoder that adds the rest to the beginning.
//!
//! Invariant: the caller sees one answer, without a second beginning. The rest is requested as a conversation requests it (`resume`).

use crate::http::Head;
use crate::json::json;
use crate::prelude::*;
use crate::text::list_contains;
use crate::value::{self, Map, Value, at};
use crate::wire::delta::Texts;
use crate::wire::{Format, Item, StreamCodec, errors};

use super::chat_writer::ChatWriter;
use super::codec::{Converter, Writer};
use super::content::{GO_ON, plain, text};
use super::messages_writer::MessagesWriter;
use super::pieces::Piece;

/// Returns the body of a request that continues `partial`, an accumulated reply to `body` in the same format. The limit of tokens stays that
/// of `body`.
///
/// Returns `None` if the answer cannot be continued: it has ended, has no text yet, has begun a call or a refusal, is one of several choices, or
/// has to match a schema, which holds for a document and not for its rest. Reasoning of the partial answer is not sent back.
pub fn continuation(format: Format, body: &Map<String, Value>, partial: &Value) -> Option<Map<String, Value>> {
    let said = match format {
        Format::Chat => chat_text(body, partial)?,
        Format::Messages => message_text(body, partial)?,
    };
    let mut body = body.clone();
    let Some(Value::Array(messages)) = body.get_mut("messages") else { return None };
    add_answer(messages, said)?;
    messages.push(json!({"role": "user", "content": GO_ON}));
    Some(body)
}

/// Returns the text of a partial chat completion.
fn chat_text(body: &Map<String, Value>, partial: &Value) -> Option<Value> {
    let is_set = |name: &str| body.get(name).is_some_and(|value| !value.is_null() && *value != Value::Bool(false));
    let format = body.get("response_format").unwrap_or(&Value::Null);
    let is_plain = format.is_null() || *at(format, "/type") == "text";
    let is_single = body.get("n").is_none_or(|n| n.is_null() || n.as_u64() == Some(1));
    if !is_plain || !is_single || is_set("logprobs") || is_set("audio") {
        return None;
    }
    let [choice] = value::items(partial.get("choices")) else { return None };
    let message = at(choice, "/message");
    let has = |name: &str| message.get(name).is_some_and(|value| !value.is_null() && *value != "");
    let has_other = ["tool_calls", "function_call", "refusal", "audio", "content_parts"].into_iter().any(has);
    if has_other || has_ended(at(choice, "/finish_reason")) {
        return None;
    }
    message.get("content").filter(|content| is_text(content)).cloned()
}

/// Returns the blocks of text of a partial message.
fn message_text(body: &Map<String, Value>, partial: &Value) -> Option<Value> {
    let format = body.get("output_config").map_or(&Value::Null, |config| at(config, "/format"));
    let is_plain = format.is_null() && body.get("output_format").is_none_or(Value::is_null);
    let blocks = value::items(partial.get("content"));
    let is_known = |block: &Value| list_contains("text thinking redacted_thinking", text(block, "/type"));
    if !is_plain || !blocks.iter().all(is_known) || has_ended(at(partial, "/stop_reason")) {
        return None;
    }
    let has_text = |block: &&Value| block.get("text").is_some_and(is_text);
    let said: Vec<Value> = blocks.iter().filter(has_text).cloned().collect();
    if said.is_empty() { None } else { Some(said.into()) }
}

/// Returns whether a reason is that of a complete answer. A failure of the provider can be a reason too.
fn has_ended(reason: &Value) -> bool {
    reason.as_str().is_some_and(|reason| errors::from_finish_reason("", reason, &Head::default()).is_none())
}

/// Returns whether a content has text. Servers reject text that consists of spaces.
fn is_text(content: &Value) -> bool {
    content.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// Adds the answer to the messages. An answer that the caller has begun, as the last message, goes on with it.
fn add_answer(messages: &mut Vec<Value>, said: Value) -> Option<()> {
    let last = messages.last_mut().filter(|last| *at(last, "/role") == "assistant");
    let Some(content) = last.and_then(|last| last.get_mut("content")) else {
        messages.push(json!({"role": "assistant", "content": said}));
        return Some(());
    };
    match (content, said) {
        (Value::String(begun), said) => begun.push_str(&plain(&said)),
        (Value::Array(begun), Value::Array(said)) => begun.extend(said.iter().cloned()),
        (Value::Array(begun), said) => begun.push(json!({"type": "text", "text": said})),
        _ => return None,
    }
    Some(())
}

/// Creates a decoder that reads the rest of an answer with `next` and adds it to what `first` has accumulated. Both yield the same format.
///
/// The caller sees one answer: the rest has no role, no `message_start` and no start of the block that is open, indexes go on, and the id and
/// the model stay those of the first part. Text that the server repeats from the first part is dropped, if it repeats all of it; until that is
/// certain it is held back. Reasoning about the rest is dropped, as in a conversation.
///
/// The snapshot and the last items have the sum of both usages. [`StreamCodec::metadata`] has the usage of the second part alone, for its cost.
/// Items that `first` holds back come before those of the rest.
pub fn continued(
    first: &mut (dyn StreamCodec + Send),
    next: Box<dyn StreamCodec + Send>,
) -> Box<dyn StreamCodec + Send> {
    let mut items = Vec::new();
    first.flush(&mut items);
    let Some(Value::Object(answer)) = first.snapshot() else { return next };
    let (format, said, writer): (_, _, Box<dyn Writer>) = if answer.contains_key("choices") {
        let choice = value::items(answer.get("choices")).first().unwrap_or(&Value::Null);
        let said = at(choice, "/message/content").as_str().unwrap_or_default().to_owned();
        (Format::Chat, said, Box::new(ChatWriter::after(&answer)))
    } else {
        let said = plain(answer.get("content").unwrap_or(&Value::Null));
        (Format::Messages, said, Box::new(MessagesWriter::after(&answer, first.open_block())))
    };
    let repetition = Some(Repetition { said, matched: 0 }).filter(|repetition| !repetition.said.is_empty());
    let usage = answer.get("usage").cloned().unwrap_or_default();
    Box::new(Converter::new(next, format, writer, Some(Earlier { usage, last_usage: Value::Null, items, repetition })))
}

/// The part of an answer before the stream that continues it.
pub(super) struct Earlier {
    /// Its usage.
    pub(super) usage: Value,
    /// The usage of the stream that was added to it.
    pub(super) last_usage: Value,
    /// Items that were held back, and come before those of the stream.
    pub(super) items: Vec<Item>,
    /// `None` once the stream has other text than the first part.
    repetition: Option<Repetition>,
}

/// A text of the stream that so far equals the beginning of the first part.
struct Repetition {
    said: String,
    /// The length of the equal text, in bytes.
    matched: usize,
}

impl Earlier {
    /// Returns the text that was held back, if a piece ends the repetition.
    pub(super) fn text_before(&mut self, piece: &Piece) -> Option<Texts> {
        let repetition = self.repetition.as_mut()?;
        let goes_on = match piece {
            Piece::Text(text) => {
                let rest = repetition.said.get(repetition.matched..).unwrap_or_default();
                rest.starts_with(text.text()) || text.text().starts_with(rest)
            }
            Piece::Reasoning(_) | Piece::Start | Piece::Usage => true,
            _ => false,
        };
        if goes_on { None } else { self.text_at_end() }
    }

    /// Returns the text that was held back, at the end of the repetition.
    pub(super) fn text_at_end(&mut self) -> Option<Texts> {
        let repetition = self.repetition.take()?;
        let text = repetition.said.get(..repetition.matched)?;
        (!text.is_empty()).then(|| Texts::new(text, ""))
    }

    /// Returns what is new in a piece.
    pub(super) fn filter(&mut self, piece: Piece) -> Option<Piece> {
        match piece {
            Piece::Reasoning(_) => None,
            Piece::Text(text) => self.new_text(text).map(Piece::Text),
            piece => Some(piece),
        }
    }

    fn new_text(&mut self, text: Texts) -> Option<Texts> {
        let Some(repetition) = &mut self.repetition else { return Some(text) };
        let rest = repetition.said.get(repetition.matched..).unwrap_or_default();
        if let Some(new) = text.text().strip_prefix(rest) {
            let new = Texts::new(new, "");
            self.repetition = None;
            return Some(new);
        }
        repetition.matched += text.text().len();
        None
    }
}

#[cfg(test)]
mod tests;
