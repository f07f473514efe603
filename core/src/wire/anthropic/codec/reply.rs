//! Complete messages, converted to the events that a stream would consist of.

use super::Codec;
use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value, object};
use crate::wire::anthropic::blocks::{arguments_delta, complete, content_blocks, take_input, take_text};
use crate::wire::anthropic::quirks;
use crate::wire::{Item, check_part_count, errors};

impl Codec {
    /// Returns whether the first object of a stream is a complete message instead of an event.
    pub(super) fn is_message(&self, object: &Map<String, Value>, name: &str) -> bool {
        let is_message = object.get("type").is_none_or(|kind| kind == "message");
        let is_first = !self.accumulator.has_started() && matches!(name, "" | "message");
        is_first && is_message && object.get("content").is_some_and(Value::is_array)
    }

    /// Converts a complete message to the events of a stream.
    pub(super) fn expand_reply(&mut self, mut reply: Map<String, Value>, items: &mut Vec<Item>) -> Result<(), Error> {
        reply = errors::remove_wrapper(reply, |reply| reply.get("content").is_some_and(Value::is_array));
        if let Some(error) = errors::find_in_success(&reply, &self.head) {
            return Err(error);
        }
        let is_message = reply.get("stop_reason").is_some_and(Value::is_string);
        // A bare string is not a message; the error then quotes it.
        let is_content = |content: &&mut Value| !content.is_string() && (!content.is_null() || is_message);
        let content = reply.get_mut("content").filter(is_content);
        let Some(blocks) = content.and_then(content_blocks) else {
            return Err(errors::from_unknown_object(&reply, &self.head));
        };
        reply.set("content", json!([]));
        quirks::usage(&mut reply);
        check_part_count(blocks.len(), "content blocks")?;
        let mut ended = Map::from_iter(
            ["stop_reason", "stop_sequence"]
                .map(|name| (name.to_owned(), reply.shift_remove(name).unwrap_or_default())),
        );
        let reason = ended.get("stop_reason").and_then(Value::as_str);
        let failed = reason.and_then(|reason| errors::from_finish_reason("stop_reason", reason, &self.head));
        quirks::stop_reason(&mut ended);
        let used = reply.get("usage").cloned().unwrap_or_default();
        self.event(object([("type", "message_start".into()), ("message", Value::Object(reply))]), "", items)?;
        for block in blocks {
            if let Value::Object(block) = block {
                self.push_complete_block(block, items);
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let mut delta = object([("type", "message_delta".into()), ("delta", Value::Object(ended))]);
        if used.is_object() {
            delta.set("usage", used);
        }
        self.push(delta, items);
        self.stop(items);
        Ok(())
    }

    /// Emits a block of an unstreamed reply as streamed events. The block is accumulated in one step, so that it isn't parsed twice.
    fn push_complete_block(&mut self, mut block: Map<String, Value>, items: &mut Vec<Item>) {
        let index = self.blocks.next_index();
        let invalid = complete(&mut block, index, self.blocks.len(), |id| self.accumulator.has_id(id));
        self.blocks.open(index, index, &block, false);
        self.blocks.close_last();
        let opened = json!({"type": "content_block_start", "index": index, "content_block": block.clone()});
        let deltas = [take_text(&mut block, index), take_input(&mut block, index)];
        if let Value::Object(opened) = opened {
            self.accumulator.apply(&opened);
        }
        let invalid = invalid.map(|arguments| arguments_delta(index, &arguments));
        if let Some(Value::Object(delta)) = &invalid {
            self.accumulator.apply(delta);
        }
        let start = json!({"type": "content_block_start", "index": index, "content_block": block});
        let stop = json!({"type": "content_block_stop", "index": index});
        let events = [Some(start)].into_iter().chain(deltas).chain([invalid, Some(stop)]).flatten();
        items.extend(events.filter_map(|event| match event {
            Value::Object(event) => Some(Item::new(event)),
            _ => None,
        }));
    }
}
