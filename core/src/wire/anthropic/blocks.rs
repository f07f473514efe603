//! Open content blocks of a streamed message: assignment of deltas to blocks, and repairs of block starts.
//!
//! Invariant: a block receives only deltas of its kind. A delta that doesn't fit opens a block of its own, after which the indices of
//! later blocks are higher than the server's.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value, into_list, object};

use crate::wire::tool_calls::arguments::{self, Arguments};
use crate::wire::tool_calls::names::normalize_name;

/// The kind of a block, which determines the deltas it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    Tool,
    Compaction,
    /// Complete at its start, such as `redacted_thinking` and results of the provider's tools.
    Complete,
    /// An unknown type, which accepts any delta.
    Unknown,
}

impl Kind {
    fn of_block(block: &Map<String, Value>) -> Self {
        match block.get("type").and_then(Value::as_str).unwrap_or_default() {
            "text" => Self::Text,
            "thinking" => Self::Thinking,
            "compaction" => Self::Compaction,
            "redacted_thinking" => Self::Complete,
            kind if kind.ends_with("tool_use") => Self::Tool,
            kind if kind.ends_with("tool_result") => Self::Complete,
            _ => Self::Unknown,
        }
    }

    /// Returns the kind of block for a delta of this type; `None` for unknown types, which any block accepts.
    pub(super) fn of_delta(kind: &str) -> Option<Self> {
        Some(match kind {
            "text_delta" | "citations_delta" => Self::Text,
            "thinking_delta" | "signature_delta" => Self::Thinking,
            "input_json_delta" => Self::Tool,
            "compaction_delta" => Self::Compaction,
            _ => return None,
        })
    }

    /// Creates an empty block.
    pub(super) fn new_block(self, index: u64) -> Map<String, Value> {
        match self {
            Self::Thinking => object([("type", "thinking".into()), ("thinking", "".into()), ("signature", "".into())]),
            Self::Tool => {
                let id = format!("toolu_{index}");
                object([("type", "tool_use".into()), ("id", id.into()), ("name", "".into()), ("input", json!({}))])
            }
            Self::Compaction => object([("type", "compaction".into()), ("content", Value::Null)]),
            Self::Text | Self::Complete | Self::Unknown => object([("type", "text".into()), ("text", "".into())]),
        }
    }
}

/// The blocks of a message, in the order of their starts.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    /// The number of blocks that the server did not open.
    extra: u64,
}

#[derive(Debug)]
struct Block {
    /// The server's index.
    sent: u64,
    /// The index in the repaired events.
    index: u64,
    kind: Kind,
    /// Whether the block was opened for a delta that didn't fit the server's block.
    is_extra: bool,
    is_open: bool,
    arguments: Arguments,
}

impl Blocks {
    /// Returns the number of blocks.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Returns the index after the last block.
    pub(super) fn next_index(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.index.saturating_add(1))
    }

    /// Returns the index for a block that the server opens. A server that reuses an index gets the same one, unless extra blocks were
    /// opened.
    pub(super) fn index_of_new(&self, sent: u64) -> u64 {
        let index = sent.saturating_add(self.extra);
        let is_taken = self.extra > 0 && self.blocks.iter().any(|block| block.index == index);
        if is_taken { self.highest_index() } else { index }
    }

    /// Returns the index for a block that is opened for a delta of the server's block `sent`.
    pub(super) fn index_of_extra(&mut self, sent: u64) -> u64 {
        if !self.has(sent) {
            return self.index_of_new(sent);
        }
        self.extra += 1;
        self.highest_index()
    }

    /// Returns the index after the highest one.
    fn highest_index(&self) -> u64 {
        self.blocks.iter().map(|block| block.index.saturating_add(1)).max().unwrap_or(0)
    }

    /// Returns the server's index of a block start; if it is missing, the one after the last block.
    pub(super) fn sent_index_of_new(&self, sent: Option<u64>) -> u64 {
        sent.unwrap_or_else(|| self.blocks.last().map_or(0, |block| block.sent.saturating_add(1)))
    }

    /// Returns the server's index of an event; if it is missing, that of the last open block, or of the last block.
    pub(super) fn sent_index_of(&self, sent: Option<u64>) -> u64 {
        let last = || self.blocks.iter().rfind(|block| block.is_open).or(self.blocks.last());
        sent.or_else(|| last().map(|block| block.sent)).unwrap_or(0)
    }

    /// Returns the repaired index for a server's index.
    pub(super) fn index_of(&self, sent: u64) -> u64 {
        self.blocks.iter().rfind(|block| block.sent == sent).map_or(sent, |block| block.index)
    }

    /// Returns whether a block with this server index was opened.
    pub(super) fn has(&self, sent: u64) -> bool {
        self.blocks.iter().any(|block| block.sent == sent)
    }

    /// Returns the index of the block that accepts a delta of this kind: the server's last block with this index, or an extra block
    /// opened since.
    pub(super) fn find_for_delta(&self, sent: u64, kind: Option<Kind>) -> Option<u64> {
        let same = self.blocks.iter().rev().filter(|block| block.sent == sent);
        let mut last = None;
        for block in same {
            if block.kind == Kind::Unknown || kind.is_none_or(|kind| kind == block.kind) {
                last = last.or(Some(block.index));
            }
            if !block.is_extra {
                break;
            }
        }
        last
    }

    /// Registers a block that starts.
    pub(super) fn open(&mut self, index: u64, sent: u64, block: &Map<String, Value>, is_extra: bool) {
        let kind = Kind::of_block(block);
        self.blocks.push(Block { sent, index, kind, is_extra, is_open: true, arguments: Arguments::default() });
    }

    /// Registers the blocks in the content of a `message_start`.
    pub(super) fn add_all(&mut self, content: Option<&Value>) {
        for block in value::items(content).iter().filter_map(Value::as_object) {
            let index = self.next_index();
            self.open(index, index, block, false);
            self.close_last();
        }
    }

    /// Normalises a fragment of a block's arguments.
    pub(super) fn read_arguments(&mut self, index: u64, piece: &str) -> String {
        let block = self.blocks.iter_mut().rfind(|block| block.index == index);
        block.map_or_else(|| piece.to_owned(), |block| block.arguments.push(piece).into_owned())
    }

    /// Returns whether all further arguments of a block pass unchanged.
    pub(super) fn is_plain(&self, index: u64) -> bool {
        self.blocks.iter().rfind(|block| block.index == index).is_some_and(|block| block.arguments.is_plain())
    }

    /// Ends the arguments of all open blocks; returns the text that was held back, by block index.
    pub(super) fn finish_open(&mut self) -> Vec<(u64, String)> {
        let open = self.blocks.iter_mut().filter(|block| block.is_open);
        open.map(|block| (block.index, block.arguments.finish(true))).collect()
    }

    /// Returns the index of the last open block.
    #[cfg(feature = "fallback")]
    pub(super) fn last_open(&self) -> Option<u64> {
        self.blocks.iter().rfind(|block| block.is_open).map(|block| block.index)
    }

    /// Marks the last block as closed.
    pub(super) fn close_last(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.is_open = false;
        }
    }

    /// Closes the first open block with this server index. Returns its index and the arguments that were held back.
    pub(super) fn close(&mut self, sent: u64) -> Option<(u64, String)> {
        self.blocks.iter_mut().find(|block| block.is_open && block.sent == sent).map(Block::close)
    }

    /// Closes the first open block. Returns its index and the arguments that were held back.
    pub(super) fn close_next(&mut self) -> Option<(u64, String)> {
        self.blocks.iter_mut().find(|block| block.is_open).map(Block::close)
    }
}

impl Block {
    fn close(&mut self) -> (u64, String) {
        self.is_open = false;
        // No arguments are invented: the input in the block's start is already an object.
        (self.index, self.arguments.finish(true))
    }
}

/// Converts the content of a message to a list of blocks. A string becomes a text block.
pub(super) fn content_blocks(content: &mut Value) -> Option<Vec<Value>> {
    let blocks = match content {
        Value::Array(_) => into_list(content.take())?,
        Value::String(_) | Value::Object(_) => vec![content.take()],
        Value::Null => Vec::new(),
        Value::Bool(_) | Value::Number(_) => return None,
    };
    let block = |block| if matches!(block, Value::String(_)) { json!({"type": "text", "text": block}) } else { block };
    Some(blocks.into_iter().map(block).collect())
}

/// Fills in missing fields of a block start. Returns arguments that are not an object: they are the first fragment, or invalid JSON by
/// the model.
pub(super) fn complete(
    block: &mut Map<String, Value>,
    index: u64,
    position: usize,
    has_id: impl Fn(&str) -> bool,
) -> Option<String> {
    if !block.get("type").is_some_and(Value::is_string) {
        let names = [("text", "text"), ("thinking", "thinking"), ("input", "tool_use"), ("name", "tool_use")];
        if let Some((_, kind)) = names.into_iter().find(|&(name, _)| block.contains_key(name)) {
            block.set("type", kind);
        }
    }
    let name = match block.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => "text",
        "thinking" => "thinking",
        "tool_use" => {
            complete_call(block, index, position, has_id);
            return complete_input(block);
        }
        kind if kind.ends_with("tool_use") => return complete_input(block),
        _ => return None,
    };
    if block.get(name).is_none_or(Value::is_null) {
        block.set(name, "");
    }
    None
}

/// Normalises the name of a tool call and makes its id unique, because the result refers to the id.
fn complete_call(block: &mut Map<String, Value>, index: u64, position: usize, has_id: impl Fn(&str) -> bool) {
    if let Some(name) = block.get("name").and_then(Value::as_str) {
        let normal = normalize_name(name);
        if normal != name {
            let normal = normal.to_owned();
            block.set("name", normal);
        }
    }
    let mut id = match block.get("id") {
        Some(Value::String(id)) => id.as_str().to_owned(),
        Some(Value::Number(id)) => id.to_string(),
        _ => String::new(),
    };
    if id.is_empty() {
        id = format!("toolu_{index}");
    }
    // The position is a number that earlier blocks didn't use, so the first attempt usually succeeds.
    let (original, mut number) = (id.clone(), position);
    while has_id(&id) {
        id = format!("{original}_{number}");
        number += 1;
    }
    block.set("id", id);
}

/// Makes the input of a tool call an object. Returns arguments that can't be read as an object.
fn complete_input(block: &mut Map<String, Value>) -> Option<String> {
    let input = block.entry("input").or_insert_with(|| json!({}));
    if input.is_object() {
        return None;
    }
    let original = arguments::normalize(input.take());
    let invalid = if original.is_object() { None } else { Some(arguments::to_text(original.clone())) };
    *input = if invalid.is_none() { original } else { json!({}) };
    invalid.filter(|text| !text.trim().is_empty())
}

/// Moves the text of a block start to a delta, because most clients read text only from deltas.
pub(super) fn take_text(block: &mut Map<String, Value>, index: u64) -> Option<Value> {
    let (name, kind) = match block.get("type").and_then(Value::as_str)? {
        "text" => ("text", "text_delta"),
        "thinking" => ("thinking", "thinking_delta"),
        _ => return None,
    };
    let text = block.get_mut(name).filter(|text| text.as_str().is_some_and(|text| !text.is_empty()))?;
    let text = core::mem::replace(text, "".into());
    Some(json!({"type": "content_block_delta", "index": index, "delta": object([("type", kind.into()), (name, text)])}))
}

/// Moves the arguments of a tool's block start to a delta.
pub(super) fn take_input(block: &mut Map<String, Value>, index: u64) -> Option<Value> {
    let input = block.get_mut("input").filter(|input| input.as_object().is_some_and(|input| !input.is_empty()))?;
    let json = core::mem::replace(input, json!({})).to_string();
    let delta = json!({"type": "input_json_delta", "partial_json": json});
    Some(json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

/// Creates the event for a fragment of arguments.
pub(super) fn arguments_delta(index: u64, piece: &str) -> Value {
    let delta = json!({"type": "input_json_delta", "partial_json": piece});
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}
