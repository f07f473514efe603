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
mod tests {
    use super::super::codec::codec;
    use super::super::codec::tests::{
        chunk, flushed, head, message_end, message_start, message_stop, read, start, stop, text_chunk, text_delta,
        text_start,
    };
    use super::*;
    use serde_json::json;

    fn chat_body() -> Map<String, Value> {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true});
        body.as_object().unwrap().clone()
    }

    fn completion(message: &Value) -> Value {
        json!({"choices": [{"index": 0, "message": message, "finish_reason": null}]})
    }

    fn requested(format: Format, body: &Map<String, Value>, partial: &Value) -> Option<Value> {
        continuation(format, body, partial).map(|mut body| body.shift_remove("messages").unwrap())
    }

    #[test]
    fn the_rest_of_an_answer_is_requested() {
        let partial = completion(&json!({"role": "assistant", "content": "Hel", "reasoning": "hm"}));
        let wanted = json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hel"},
            {"role": "user", "content": GO_ON},
        ]);
        assert_eq!(requested(Format::Chat, &chat_body(), &partial), Some(wanted));
        let blocks = json!({"content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "Hel"}, {"type": "text", "text": ""},
        ], "stop_reason": null});
        let wanted = json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "Hel"}]},
            {"role": "user", "content": GO_ON},
        ]);
        assert_eq!(requested(Format::Messages, &chat_body(), &blocks), Some(wanted));
        // An error in the middle of a stream is no end.
        let mut failed = partial.clone();
        failed["choices"][0]["finish_reason"] = json!("error");
        assert!(continuation(Format::Chat, &chat_body(), &failed).is_some());
        // The caller has begun the answer.
        let mut body = chat_body();
        body["messages"].as_array_mut().unwrap().push(json!({"role": "assistant", "content": "> "}));
        let messages = requested(Format::Chat, &body, &partial).unwrap();
        assert_eq!((&messages[1]["content"], messages.as_array().unwrap().len()), (&json!("> Hel"), 3));
    }

    #[test]
    fn some_answers_cannot_be_continued() {
        let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}});
        for message in [
            json!({"content": null, "reasoning": "hm"}),
            json!({"content": " \n"}),
            json!({"content": "Hi", "tool_calls": [call]}),
            json!({"content": "Hi", "refusal": "I"}),
        ] {
            assert_eq!(continuation(Format::Chat, &chat_body(), &completion(&message)), None, "{message}");
        }
        let partial = completion(&json!({"content": "Hi"}));
        for (name, value) in [
            ("n", json!(2)),
            ("response_format", json!({"type": "json_object"})),
            ("logprobs", json!(true)),
            ("audio", json!({})),
        ] {
            let mut body = chat_body();
            body.insert(name.to_owned(), value);
            assert_eq!(continuation(Format::Chat, &body, &partial), None, "{name}");
        }
        let mut two = partial.clone();
        two["choices"].as_array_mut().unwrap().push(json!({"index": 1, "message": {"content": "Ho"}}));
        let mut ended = partial.clone();
        ended["choices"][0]["finish_reason"] = json!("stop");
        for partial in [two, ended, json!({}), Value::Null] {
            assert_eq!(continuation(Format::Chat, &chat_body(), &partial), None, "{partial}");
        }
        for content in [
            json!([{"type": "thinking", "thinking": "hm"}]),
            json!([{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}]),
            json!([{"type": "text", "text": "Hi"}, {"type": "server_tool_use", "id": "t", "name": "f", "input": {}}]),
        ] {
            assert_eq!(continuation(Format::Messages, &chat_body(), &json!({ "content": content })), None, "{content}");
        }
        let text = json!({"content": [{"type": "text", "text": "Hi"}]});
        for (name, value) in
            [("output_format", json!({"type": "json_schema"})), ("output_config", json!({"format": {}}))]
        {
            let mut body = chat_body();
            body.insert(name.to_owned(), value);
            assert_eq!(continuation(Format::Messages, &body, &text), None, "{name}");
        }
    }

    fn cut_completion() -> Box<dyn StreamCodec + Send> {
        let mut first = codec(Format::Chat, Format::Chat, head());
        let mut begun = chunk(&json!({"role": "assistant", "content": "Hel"}), &Value::Null);
        begun["usage"] = json!({"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11});
        read(&mut *first, &[begun, text_chunk("lo,")]);
        first
    }

    fn second_completion(texts: &[&str]) -> Vec<Value> {
        let mut frames = vec![chunk(&json!({"role": "assistant", "reasoning": "The rest"}), &Value::Null)];
        frames.extend(texts.iter().map(|text| text_chunk(text)));
        let mut end = chunk(&json!({}), &json!("stop"));
        end["usage"] = json!({"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23});
        frames.extend([end, json!("[DONE]")]);
        for frame in frames.iter_mut().filter(|frame| frame.is_object()) {
            frame["id"] = json!("c2");
            frame["model"] = json!("other");
        }
        frames
    }

    #[test]
    fn a_completion_goes_on() {
        let mut codec = continued(&mut *cut_completion(), codec(Format::Chat, Format::Chat, head()));
        let sum = json!({"prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34});
        let usage = json!({"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": [], "usage": sum});
        let wanted = [text_chunk(" wor"), text_chunk("ld"), chunk(&json!({}), &json!("stop")), usage];
        assert_eq!(read(&mut *codec, &second_completion(&[" wor", "ld"])), wanted);
        codec.end().unwrap();
        assert!(codec.has_finish_reason());
        assert_eq!(
            codec.snapshot().unwrap(),
            json!({"id": "c1", "object": "chat.completion", "created": 5, "model": "m", "usage": sum, "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello, world"}},
            ]})
        );
        assert_eq!(codec.metadata()["usage"]["prompt_tokens"], 20);
        assert_eq!(codec.metadata()["model"], "other");
    }

    #[test]
    fn a_repeated_beginning_is_dropped() {
        for (texts, whole) in [
            (&["Hello, world"][..], "Hello, world"),
            (&["He", "llo", ", wor", "ld"], "Hello, world"),
            (&["Hello,", " world"], "Hello, world"),
            // Only a part is repeated: it is text of the rest.
            (&["Hel", "p!"], "Hello,Help!"),
            (&["Hel"], "Hello,Hel"),
            (&["lo,"], "Hello,lo,"),
            // The beginning is dropped once.
            (&["Hello,", "Hello,"], "Hello,Hello,"),
        ] {
            let mut codec = continued(&mut *cut_completion(), codec(Format::Chat, Format::Chat, head()));
            let chunks = read(&mut *codec, &second_completion(texts));
            let new: String =
                chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
            assert_eq!(format!("Hello,{new}"), whole, "{texts:?}");
            assert_eq!(codec.snapshot().unwrap()["choices"][0]["message"]["content"], whole, "{texts:?}");
        }
        // After another cut, the repeated text is requested anew.
        let mut codec = continued(&mut *cut_completion(), codec(Format::Chat, Format::Chat, head()));
        assert!(read(&mut *codec, &[text_chunk("Hel")]).is_empty() && flushed(&mut *codec).is_empty());
        assert_eq!(codec.snapshot().unwrap()["choices"][0]["message"]["content"], "Hello,");
    }

    fn cut_message(is_open: bool) -> Box<dyn StreamCodec + Send> {
        let mut first = codec(Format::Messages, Format::Messages, head());
        let frames = [
            message_start("msg_1", &json!({"input_tokens": 10, "output_tokens": 1})),
            text_start(0),
            text_delta(0, "Hel"),
        ];
        read(&mut *first, &frames);
        if !is_open {
            read(&mut *first, &[stop(0)]);
        }
        first
    }

    fn second_message() -> Vec<Value> {
        vec![
            message_start("msg_2", &json!({"input_tokens": 20, "output_tokens": 1})),
            start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "The rest"}}),
            stop(0),
            text_start(1),
            text_delta(1, "l"),
            text_delta(1, "o"),
            stop(1),
            start(2, &json!({"type": "tool_use", "id": "t1", "name": "f", "input": {}})),
            stop(2),
            message_end("tool_use", &json!({"output_tokens": 3})),
            message_stop(),
        ]
    }

    #[test]
    fn a_message_goes_on() {
        let call = |index: u64| {
            let delta = json!({"type": "input_json_delta", "partial_json": "{}"});
            let delta = json!({"type": "content_block_delta", "index": index, "delta": delta});
            [start(index, &json!({"type": "tool_use", "id": "t1", "name": "f", "input": {}})), delta, stop(index)]
        };
        let end = [message_end("tool_use", &json!({"input_tokens": 30, "output_tokens": 4})), message_stop()];
        let in_block = [text_delta(0, "l"), text_delta(0, "o"), stop(0)];
        let mut codec = continued(&mut *cut_message(true), codec(Format::Messages, Format::Messages, head()));
        let wanted: Vec<Value> = in_block.into_iter().chain(call(1)).chain(end.clone()).collect();
        assert_eq!(read(&mut *codec, &second_message()), wanted);
        let snapshot = codec.snapshot().unwrap();
        assert_eq!(
            snapshot["content"],
            json!([{"type": "text", "text": "Hello"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {}}])
        );
        assert_eq!((&snapshot["id"], &snapshot["usage"]["input_tokens"]), (&json!("msg_1"), &json!(30)));
        assert_eq!(codec.metadata()["usage"], json!({"input_tokens": 20, "output_tokens": 3}));
    }

    #[test]
    fn a_message_whose_block_is_closed_goes_on_in_a_new_one() {
        let mut codec = continued(&mut *cut_message(false), codec(Format::Messages, Format::Messages, head()));
        let events = read(&mut *codec, &second_message());
        assert_eq!(events[..2], [text_start(1), text_delta(1, "l")]);
        let content = &codec.snapshot().unwrap()["content"];
        assert_eq!((&content[0]["text"], &content[1]["text"]), (&json!("Hel"), &json!("lo")));
    }

    #[test]
    fn an_answer_goes_on_in_the_other_format_and_after_several_cuts() {
        let next = codec(Format::Messages, Format::Chat, head());
        let mut converted = continued(&mut *cut_completion(), next);
        read(&mut *converted, &second_message()[..6]);
        let mut codec = continued(&mut *converted, codec(Format::Chat, Format::Chat, head()));
        read(&mut *codec, &second_completion(&["!"]));
        let snapshot = codec.snapshot().unwrap();
        assert_eq!(snapshot["choices"][0]["message"], json!({"role": "assistant", "content": "Hello,l!"}));
        assert_eq!(snapshot["usage"]["prompt_tokens"], 50);
        let next = super::super::codec::codec(Format::Chat, Format::Messages, head());
        let mut codec = continued(&mut *cut_message(true), next);
        let events = read(&mut *codec, &second_completion(&["lo"]));
        assert_eq!(events[..2], [text_delta(0, "lo"), stop(0)]);
        assert_eq!(codec.snapshot().unwrap()["usage"], json!({"input_tokens": 30, "output_tokens": 4}));
    }

    #[test]
    fn a_stream_without_an_answer_is_replaced() {
        let mut codec =
            continued(&mut *codec(Format::Chat, Format::Chat, head()), codec(Format::Chat, Format::Chat, head()));
        assert_eq!(read(&mut *codec, &second_completion(&["Hi"]))[0]["choices"][0]["delta"]["role"], "assistant");
        assert_eq!(codec.snapshot().unwrap()["id"], "c2");
    }
}
