//! Decoders that read one format and yield the other, and decoders that continue an answer.
//!
//! Invariant: the server's own decoder repairs the stream and decides whether it is complete; its items are only converted, each exactly
//! once. Deltas of text take the fast path of `wire::delta` in both halves.
//!
//! Dropped are what the caller's format has no place for: choices after the first, log probabilities, annotations and citations, signatures,
//! encrypted thinking, and blocks and results of tools that the provider runs.

use alloc::sync::Arc;

use crate::error::Error;
use crate::http::Head;
use crate::prelude::*;
use crate::text::time;
use crate::value::{Map, Value, at};
use crate::wire::delta::{DeltaField, DeltaTemplate, Texts};
use crate::wire::sse::Frame;
use crate::wire::{Format, Item, Step, StreamCodec};

use super::chat_writer::ChatWriter;
use super::continuation::Earlier;
use super::messages_writer::MessagesWriter;
use super::pieces::{Piece, Reader};
use super::usage;

/// Creates a decoder of the server's format that yields the items and the result of the caller's format.
///
/// `head` is that of the response. A chat completion ends with a chunk that has the usage and no choices: see [`codec_for`].
pub fn codec(server: Format, caller: Format, head: Head) -> Box<dyn StreamCodec + Send> {
    new(server, caller, head, true)
}

/// Creates such a decoder for the caller's request: chat completions have a chunk with the usage only if `body` requests it by
/// `stream_options.include_usage`. Programs that did not ask for it may not expect a chunk without choices.
pub fn codec_for(server: Format, caller: Format, head: Head, body: &Map<String, Value>) -> Box<dyn StreamCodec + Send> {
    let options = body.get("stream_options").unwrap_or(&Value::Null);
    new(server, caller, head, *at(options, "/include_usage") == Value::Bool(true))
}

fn new(server: Format, caller: Format, head: Head, shows_usage: bool) -> Box<dyn StreamCodec + Send> {
    if server == caller {
        return server.endpoint().codec(head);
    }
    let writer: Box<dyn Writer> = match caller {
        Format::Chat => {
            let date = head.header("date").and_then(time::http_date).unwrap_or_default();
            Box::new(ChatWriter::new(shows_usage, date.as_secs()))
        }
        Format::Messages => Box::new(MessagesWriter::default()),
    };
    Box::new(Converter::new(server.endpoint().codec(head), server, writer, None))
}

/// Writes pieces in a format, and accumulates the result.
pub(super) trait Writer: Send {
    /// Begins the answer, unless it has begun. `metadata` contains its id and its model.
    fn start(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>);

    /// Writes a piece.
    fn write(&mut self, piece: Piece, items: &mut Vec<Item>);

    /// Replaces the usage so far, in the writer's format.
    fn set_usage(&mut self, usage: Value);

    /// Writes what was held back, after a cut.
    fn drain(&mut self, items: &mut Vec<Item>);

    /// Ends the answer, unless it has ended.
    fn end(&mut self, metadata: &Map<String, Value>, items: &mut Vec<Item>);

    /// See [`StreamCodec::snapshot`].
    fn snapshot(&self) -> Option<Value>;

    /// See [`StreamCodec::size`].
    fn size(&self) -> usize;

    /// See [`StreamCodec::metadata`].
    fn metadata(&self) -> &Map<String, Value>;

    /// See [`StreamCodec::open_block`].
    fn open_block(&self) -> Option<u64>;
}

/// An accumulator of either format.
pub(super) trait Accumulate {
    /// Adds an item.
    fn apply(&mut self, fields: &Map<String, Value>);
    /// Adds an item that differs from the previous one only in its text.
    fn append(&mut self, template: &DeltaTemplate, text: &str);
}

/// Adds a text to an answer, at a field with an index and the number of a call. `template` is that of the last text, and `make` creates the item of
/// another one.
pub(super) fn push_delta(
    template: &mut Option<Arc<DeltaTemplate>>,
    accumulator: &mut dyn Accumulate,
    (field, index, tool_call): (DeltaField, u64, usize),
    text: Texts,
    items: &mut Vec<Item>,
    make: impl FnOnce(&str) -> Map<String, Value>,
) {
    if text.text().is_empty() {
        return;
    }
    let is_same =
        |known: &&Arc<DeltaTemplate>| known.field == field && known.index == index && known.tool_call == tool_call;
    if let Some(template) = template.as_ref().filter(is_same) {
        accumulator.append(template, text.text());
        items.push(Item::delta(Arc::clone(template), text));
        return;
    }
    let mut fields = make(text.text());
    accumulator.apply(&fields);
    items.push(Item::new(fields.clone()));
    if let Some(value) = field.value_mut(&mut fields) {
        *value = "".into();
        *template = Some(Arc::new(DeltaTemplate { fields, field, is_padded: false, index, tool_call }));
    }
}

/// Decodes a stream and writes it anew: in another format, or after an earlier part of the answer.
pub(super) struct Converter {
    server: Box<dyn StreamCodec + Send>,
    /// The format of the server's items.
    from: Format,
    reader: Reader,
    writer: Box<dyn Writer>,
    /// The answer that the stream continues.
    earlier: Option<Earlier>,
    /// Items and pieces that are being converted; empty between calls.
    decoded: Vec<Item>,
    pieces: Vec<Piece>,
}

impl Converter {
    pub(super) fn new(
        server: Box<dyn StreamCodec + Send>,
        from: Format,
        writer: Box<dyn Writer>,
        earlier: Option<Earlier>,
    ) -> Self {
        let reader = Reader::new(from);
        Self { server, from, reader, writer, earlier, decoded: Vec::new(), pieces: Vec::new() }
    }

    /// Writes the decoded items.
    fn convert(&mut self, items: &mut Vec<Item>) {
        if let Some(earlier) = &mut self.earlier {
            items.append(&mut earlier.items);
        }
        for item in self.decoded.drain(..) {
            self.reader.read(item, &mut self.pieces);
        }
        for piece in self.pieces.drain(..) {
            let piece = match (piece, &mut self.earlier) {
                (Piece::Start, _) => {
                    self.writer.start(self.server.metadata(), items);
                    continue;
                }
                (Piece::Usage, None) => {
                    let usage = self.server.metadata().get("usage").unwrap_or(&Value::Null);
                    self.writer.set_usage(usage::converted(usage, other(self.from)));
                    continue;
                }
                (piece, Some(earlier)) => {
                    if let Some(text) = earlier.text_before(&piece) {
                        self.writer.write(Piece::Text(text), items);
                    }
                    let Some(piece) = earlier.filter(piece) else { continue };
                    piece
                }
                (piece, None) => piece,
            };
            self.writer.write(piece, items);
        }
        if let Some(earlier) = &mut self.earlier {
            // A decoder that converts can know the usage before an item has it.
            let usage = self.server.metadata().get("usage").unwrap_or(&Value::Null);
            if *usage != earlier.last_usage {
                earlier.last_usage.clone_from(usage);
                self.writer.set_usage(usage::sum(&earlier.usage, usage));
            }
        }
    }

    /// Ends an answer that is complete.
    fn end_answer(&mut self, items: &mut Vec<Item>) {
        if let Some(text) = self.earlier.as_mut().and_then(Earlier::text_at_end) {
            self.writer.write(Piece::Text(text), items);
        }
        self.writer.end(self.server.metadata(), items);
    }
}

fn other(format: Format) -> Format {
    match format {
        Format::Chat => Format::Messages,
        Format::Messages => Format::Chat,
    }
}

impl StreamCodec for Converter {
    fn read_frame(&mut self, frame: &Frame<'_>, items: &mut Vec<Item>) -> Result<Step, Error> {
        let outcome = self.server.read_frame(frame, &mut self.decoded);
        self.convert(items);
        if matches!(outcome, Ok(Step::Done)) {
            self.end_answer(items);
        }
        outcome
    }

    fn read_reply(&mut self, reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        let outcome = self.server.read_reply(reply, &mut self.decoded);
        self.convert(items);
        if outcome.is_ok() {
            self.end_answer(items);
        }
        outcome
    }

    fn flush(&mut self, items: &mut Vec<Item>) {
        self.server.flush(&mut self.decoded);
        self.convert(items);
        if self.server.end().is_ok() {
            self.end_answer(items);
        } else {
            self.writer.drain(items);
        }
    }

    fn end(&self) -> Result<(), Error> {
        self.server.end()
    }

    fn has_finish_reason(&self) -> bool {
        self.server.has_finish_reason()
    }

    fn has_start(&self) -> bool {
        self.earlier.is_some() || self.server.has_start()
    }

    fn snapshot(&self) -> Option<Value> {
        self.writer.snapshot()
    }

    fn size(&self) -> usize {
        self.server.size().saturating_add(self.writer.size())
    }

    fn metadata(&self) -> &Map<String, Value> {
        if self.earlier.is_some() { self.server.metadata() } else { self.writer.metadata() }
    }

    fn open_block(&self) -> Option<u64> {
        self.writer.open_block()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use alloc::borrow::Cow;
    use serde_json::json;

    /// Decodes objects as the frames of a stream; returns the new items. The text `[DONE]` is the end marker.
    pub(in crate::wire::convert) fn read(codec: &mut dyn StreamCodec, frames: &[Value]) -> Vec<Value> {
        let mut items = Vec::new();
        for frame in frames {
            let data = frame.as_str().map_or_else(|| frame.to_string(), str::to_owned);
            let frame = Frame { event: "", data: Cow::Owned(data), is_bare: false };
            codec.read_frame(&frame, &mut items).unwrap();
        }
        values(items)
    }

    /// Returns the items that a decoder holds back.
    pub(in crate::wire::convert) fn flushed(codec: &mut dyn StreamCodec) -> Vec<Value> {
        let mut items = Vec::new();
        codec.flush(&mut items);
        values(items)
    }

    fn values(items: Vec<Item>) -> Vec<Value> {
        items.into_iter().map(|item| Value::Object(item.into_fields())).collect()
    }

    pub(in crate::wire::convert) fn head() -> Head {
        Head { status: 200, ..Head::default() }
    }

    /// A chunk with a delta.
    pub(in crate::wire::convert) fn chunk(delta: &Value, finish_reason: &Value) -> Value {
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})
    }

    pub(in crate::wire::convert) fn text_chunk(text: &str) -> Value {
        chunk(&json!({"content": text}), &Value::Null)
    }

    pub(in crate::wire::convert) fn delta(index: u64, delta: &Value) -> Value {
        json!({"type": "content_block_delta", "index": index, "delta": delta})
    }

    pub(in crate::wire::convert) fn text_delta(index: u64, text: &str) -> Value {
        delta(index, &json!({"type": "text_delta", "text": text}))
    }

    pub(in crate::wire::convert) fn start(index: u64, block: &Value) -> Value {
        json!({"type": "content_block_start", "index": index, "content_block": block})
    }

    pub(in crate::wire::convert) fn text_start(index: u64) -> Value {
        start(index, &json!({"type": "text", "text": ""}))
    }

    pub(in crate::wire::convert) fn stop(index: u64) -> Value {
        json!({"type": "content_block_stop", "index": index})
    }

    pub(in crate::wire::convert) fn message_start(id: &str, usage: &Value) -> Value {
        json!({"type": "message_start", "message": {"id": id, "type": "message", "role": "assistant", "model": "m", "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage}})
    }

    pub(in crate::wire::convert) fn message_end(reason: &str, usage: &Value) -> Value {
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": usage})
    }

    pub(in crate::wire::convert) fn message_stop() -> Value {
        json!({"type": "message_stop"})
    }

    #[test]
    fn chunks_become_events() {
        let mut codec = codec(Format::Chat, Format::Messages, head());
        let call = |call: Value| chunk(&json!({"tool_calls": [call]}), &Value::Null);
        let usage = json!({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
            "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}});
        let frames = [
            chunk(&json!({"role": "assistant", "content": ""}), &Value::Null),
            chunk(&json!({"reasoning_content": "h"}), &Value::Null),
            chunk(&json!({"reasoning_content": "m"}), &Value::Null),
            text_chunk("I "),
            text_chunk("look"),
            call(json!({"index": 0, "id": "c.1", "type": "function", "function": {"name": "f", "arguments": ""}})),
            call(json!({"index": 0, "function": {"arguments": "{\"a\":"}})),
            call(json!({"index": 0, "function": {"arguments": "1}"}})),
            call(json!({"index": 1, "id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}})),
            chunk(&json!({}), &json!("tool_calls")),
            json!({"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": [], "usage": usage}),
            json!("[DONE]"),
        ];
        let converted_usage = json!({"input_tokens": 6, "output_tokens": 7, "cache_read_input_tokens": 4,
            "output_tokens_details": {"reasoning_tokens": 2}});
        let thinking = |text: &str| delta(0, &json!({"type": "thinking_delta", "thinking": text}));
        let input = |index: u64, text: &str| delta(index, &json!({"type": "input_json_delta", "partial_json": text}));
        let wanted = [
            message_start("c1", &json!({"input_tokens": 0, "output_tokens": 0})),
            start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
            thinking("h"),
            thinking("m"),
            stop(0),
            text_start(1),
            text_delta(1, "I "),
            text_delta(1, "look"),
            stop(1),
            start(2, &json!({"type": "tool_use", "id": "c_1", "name": "f", "input": {}})),
            input(2, "{\"a\":"),
            input(2, "1}"),
            stop(2),
            start(3, &json!({"type": "tool_use", "id": "c2", "name": "g", "input": {}})),
            input(3, "{}"),
            stop(3),
            message_end("tool_use", &converted_usage),
            message_stop(),
        ];
        assert_eq!(read(&mut *codec, &frames), wanted);
        codec.end().unwrap();
        assert!(flushed(&mut *codec).is_empty());
        assert_eq!(
            codec.snapshot().unwrap(),
            json!({
                "id": "c1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use", "stop_sequence": null,
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": ""},
                    {"type": "text", "text": "I look"},
                    {"type": "tool_use", "id": "c_1", "name": "f", "input": {"a": 1}},
                    {"type": "tool_use", "id": "c2", "name": "g", "input": {}},
                ],
                "usage": converted_usage,
            })
        );
    }

    #[test]
    fn events_become_chunks() {
        let date = ("date".to_owned(), "Thu, 01 Jan 1970 00:01:00 GMT".to_owned());
        let head = Head { headers: [date].into_iter().collect(), ..head() };
        let mut codec = codec(Format::Messages, Format::Chat, head);
        let tool = json!({"type": "tool_use", "id": "t1", "name": "f", "input": {}});
        let frames = [
            message_start("msg_1", &json!({"input_tokens": 6, "cache_read_input_tokens": 4, "output_tokens": 1})),
            start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
            delta(0, &json!({"type": "thinking_delta", "thinking": "hm"})),
            delta(0, &json!({"type": "signature_delta", "signature": "s"})),
            stop(0),
            start(1, &json!({"type": "redacted_thinking", "data": "x"})),
            stop(1),
            text_start(2),
            json!({"type": "ping"}),
            text_delta(2, "I "),
            text_delta(2, "look"),
            stop(2),
            start(3, &tool),
            delta(3, &json!({"type": "input_json_delta", "partial_json": ""})),
            delta(3, &json!({"type": "input_json_delta", "partial_json": "{\"a\":1"})),
            delta(3, &json!({"type": "input_json_delta", "partial_json": "}"})),
            stop(3),
            start(4, &json!({"type": "tool_use", "id": "t2", "name": "g", "input": {}})),
            stop(4),
            message_end("tool_use", &json!({"output_tokens": 7})),
            message_stop(),
        ];
        let chunk = |delta: Value, reason: Value| {
            json!({"id": "msg_1", "object": "chat.completion.chunk", "created": 60, "model": "m",
                "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
        };
        let call = |call: Value| chunk(json!({"tool_calls": [call]}), Value::Null);
        let usage = json!({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0}});
        let wanted = [
            chunk(json!({"role": "assistant"}), Value::Null),
            chunk(json!({"reasoning": "hm"}), Value::Null),
            chunk(json!({"content": "I "}), Value::Null),
            chunk(json!({"content": "look"}), Value::Null),
            call(json!({"index": 0, "id": "t1", "type": "function", "function": {"name": "f", "arguments": ""}})),
            call(json!({"index": 0, "function": {"arguments": "{\"a\":1"}})),
            call(json!({"index": 0, "function": {"arguments": "}"}})),
            call(json!({"index": 1, "id": "t2", "type": "function", "function": {"name": "g", "arguments": ""}})),
            call(json!({"index": 1, "function": {"arguments": "{}"}})),
            chunk(json!({}), json!("tool_calls")),
            json!({"id": "msg_1", "object": "chat.completion.chunk", "created": 60, "model": "m", "choices": [], "usage": usage}),
        ];
        assert_eq!(read(&mut *codec, &frames), wanted);
        let snapshot = codec.snapshot().unwrap();
        assert_eq!(
            snapshot["choices"],
            json!([{"index": 0, "finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": "I look", "reasoning": "hm",
                "tool_calls": [
                    {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
                    {"id": "t2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                ],
            }}])
        );
        assert_eq!(snapshot["usage"], usage);
    }

    #[test]
    fn repeated_deltas_share_a_template() {
        for (server, caller) in [(Format::Chat, Format::Messages), (Format::Messages, Format::Chat)] {
            let mut codec = codec(server, caller, head());
            let mut items = Vec::new();
            let mut read = |value: &Value| {
                let frame = Frame { event: "", data: Cow::Owned(value.to_string()), is_bare: false };
                codec.read_frame(&frame, &mut items).unwrap();
            };
            if server == Format::Messages {
                read(&message_start("msg_1", &json!({})));
                read(&text_start(0));
            }
            for text in ["a", "b", "c", "d"] {
                read(&if server == Format::Chat { text_chunk(text) } else { text_delta(0, text) });
            }
            let templates: Vec<_> = items.iter().filter_map(Item::as_delta).collect();
            assert_eq!(templates.iter().map(|(_, text)| *text).collect::<Vec<_>>(), ["b", "c", "d"]);
            assert!(templates.iter().all(|(template, _)| Arc::ptr_eq(template, templates[0].0)));
            assert!(items.iter().skip(1).all(|item| item.text().len() <= 1));
            assert_eq!(items.iter().map(Item::text).collect::<String>(), "abcd");
        }
    }

    #[test]
    fn calls_that_a_server_mixes_become_blocks_one_after_the_other() {
        let mut codec = codec(Format::Chat, Format::Messages, head());
        let call = |index: u64, name: Option<&str>, arguments: &str| {
            let mut function = json!({"arguments": arguments});
            let mut call = json!({"index": index});
            if let Some(name) = name {
                function["name"] = json!(name);
                call["id"] = json!(name);
            }
            call["function"] = function;
            chunk(&json!({"tool_calls": [call]}), &Value::Null)
        };
        let frames = [
            call(0, Some("f"), "{\"a\":"),
            call(1, Some("g"), "{\"b\":"),
            text_chunk("x"),
            text_chunk("y"),
            call(0, None, "1}"),
            call(1, None, "2}"),
        ];
        let events = read(&mut *codec, &frames);
        let kinds: Vec<String> =
            events.iter().map(|event| format!("{} {}", text_of(event, "type"), event["index"])).collect();
        assert_eq!(
            kinds[1..],
            [
                "content_block_start 0",
                "content_block_delta 0",
                "content_block_delta 0",
                "content_block_stop 0",
                "content_block_start 1",
                "content_block_delta 1",
                "content_block_delta 1",
                "content_block_stop 1",
                "content_block_start 2",
                "content_block_delta 2",
            ]
        );
        assert_eq!(
            codec.snapshot().unwrap()["content"],
            json!([
                {"type": "tool_use", "id": "f", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "g", "name": "g", "input": {"b": 2}},
                {"type": "text", "text": "xy"},
            ])
        );
    }

    fn text_of(value: &Value, name: &str) -> String {
        value[name].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_cut_stream_keeps_what_was_held_back_and_has_no_end() {
        let mut codec = codec(Format::Chat, Format::Messages, head());
        let call = json!({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}]});
        assert_eq!(read(&mut *codec, &[text_chunk("Hi"), chunk(&call, &Value::Null)]).len(), 3);
        assert!(codec.end().is_err() && !codec.has_finish_reason());
        let wanted = [stop(0), start(1, &json!({"type": "tool_use", "id": "c1", "name": "f", "input": {}}))];
        assert_eq!(flushed(&mut *codec), wanted);
        let partial = codec.snapshot().unwrap();
        assert_eq!((&partial["stop_reason"], &partial["content"][1]["name"]), (&Value::Null, &json!("f")));
    }

    #[test]
    fn a_refusal_ends_with_its_reason() {
        let mut refused = codec(Format::Chat, Format::Messages, head());
        let frames = [
            chunk(&json!({"role": "assistant", "refusal": "I "}), &Value::Null),
            chunk(&json!({"refusal": "can't"}), &json!("stop")),
            json!("[DONE]"),
        ];
        read(&mut *refused, &frames);
        let snapshot = refused.snapshot().unwrap();
        assert_eq!(snapshot["content"], json!([{"type": "text", "text": "I can't"}]));
        assert_eq!(snapshot["stop_reason"], "refusal");
    }

    #[test]
    fn a_complete_reply_is_converted() {
        let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}],
            "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 2}});
        let completion = json!({"id": "msg_1", "object": "chat.completion", "created": 0, "model": "m",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Hi", "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
            ]}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}});
        for (server, caller, reply, wanted) in [
            (Format::Messages, Format::Chat, &message, &completion),
            (Format::Chat, Format::Messages, &completion, &message),
        ] {
            let mut codec = codec(server, caller, head());
            codec.read_reply(reply.as_object().unwrap().clone(), &mut Vec::new()).unwrap();
            assert_eq!(codec.snapshot().as_ref(), Some(wanted));
            assert_eq!(codec.metadata()["usage"], wanted["usage"]);
        }
    }

    #[test]
    fn usage_is_a_chunk_only_if_it_is_requested() {
        for (options, count) in [(json!({"include_usage": true}), 1), (Value::Null, 0)] {
            let body = json!({ "stream_options": options });
            let mut codec = codec_for(Format::Messages, Format::Chat, head(), body.as_object().unwrap());
            let frames = [
                message_start("msg_1", &json!({"input_tokens": 1, "output_tokens": 1})),
                message_end("end_turn", &json!({"output_tokens": 2})),
                message_stop(),
            ];
            let chunks = read(&mut *codec, &frames);
            assert_eq!(chunks.iter().filter(|chunk| chunk["choices"] == json!([])).count(), count);
            assert_eq!(codec.snapshot().unwrap()["usage"]["completion_tokens"], 2);
        }
    }
}
