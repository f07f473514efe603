//! Repairs of streamed tool calls.
//!
//! Invariant: each entry of a repaired delta has the call's position as its index, an id and a name only where they are new, and
//! arguments as text. The hard part is to decide whether an entry starts a call or continues one.

use core::mem::replace;

use crate::error::Error;
use crate::json::json;
use crate::prelude::*;
use crate::text::number::decimal;
use crate::value::{Map, Members, Value, object};
use crate::wire::tool_calls::arguments::{self, Arguments};
use crate::wire::tool_calls::names::{MAX_NAME_LENGTH, certain_name, normalize_name};
use crate::wire::{MAX_PARTS, check_part_count};

/// The tool calls of one choice so far, with the state needed to distinguish new calls from continued ones.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<Call>,
    /// The number of calls that have ended.
    ended: usize,
}

#[derive(Debug, Default)]
struct Call {
    /// The provider's index, if any.
    index: Option<u64>,
    id: String,
    /// The part of the name that was emitted.
    name: String,
    name_source: NameSource,
    arguments: Arguments,
    /// Whether the provider sends a new id with each delta.
    ids_vary: bool,
}

/// The name as received.
#[derive(Debug, Default)]
struct NameSource {
    text: String,
    /// Whether a marker followed the name. Later text belongs to the marker.
    has_ended: bool,
}

/// An entry of `tool_calls` in a delta.
struct Entry {
    index: Option<u64>,
    id: String,
    name: String,
    /// The arguments, if present; empty if they are null.
    arguments: Option<String>,
    is_function: bool,
    kind: Option<Value>,
    /// Other fields of the function, and of the entry.
    function: Map<String, Value>,
    others: Map<String, Value>,
}

/// Returns the accumulated arguments of the call at a position.
pub(super) type AccumulatedArguments<'a> = &'a dyn Fn(usize) -> Option<&'a str>;

impl ToolCalls {
    pub(super) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Returns the number of calls so far.
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Returns whether all further arguments of a call pass unchanged.
    pub(super) fn is_plain(&self, position: usize) -> bool {
        self.calls.get(position).is_some_and(|call| call.arguments.is_plain())
    }

    /// Accounts for arguments that bypassed [`ToolCalls::repair`].
    pub(super) fn catch_up(&mut self, position: usize, arguments: &str) {
        if let Some(call) = self.calls.get_mut(position) {
            call.arguments.catch_up(arguments);
        }
    }

    /// Repairs the `tool_calls` of a delta. `count` is the number of calls in all choices.
    ///
    /// - The list is null or a single object.
    /// - The `index` is missing (ollama#7881), shared by several calls, not constant within a call, a string or a float, or doesn't start
    ///   at 0.
    /// - The `id` is empty, differs in each delta, or is repeated in each delta.
    /// - The name is repeated in each delta, fragmented, or contains a marker (vllm#32587).
    /// - The `function` object is missing (home-assistant/core#168343).
    /// - The arguments precede the name (vercel/ai#15879), or are an object (llama.cpp#20198), null, or complete in one delta.
    pub(super) fn repair(
        &mut self,
        delta: &mut Map<String, Value>,
        count: &mut usize,
        known: AccumulatedArguments<'_>,
    ) -> Result<(), Error> {
        let Some(entries) = delta.get_mut("tool_calls") else { return Ok(()) };
        let list = match entries.take() {
            Value::Array(list) => list.into_iter().collect(),
            entry @ Value::Object(_) => vec![entry],
            _ => Vec::new(),
        };
        let before = self.calls.len();
        let mut repaired = Vec::with_capacity(list.len().min(MAX_PARTS));
        for entry in list {
            if let Value::Object(fields) = entry {
                repaired.push(Value::from(self.entry(Entry::read(fields), before, count, known)?));
            }
        }
        if repaired.is_empty() {
            delta.shift_remove("tool_calls");
        } else {
            delta.set("tool_calls", repaired);
        }
        Ok(())
    }

    /// Ends all calls and adds the text that was held back to a delta. In a truncated reply (`is_truncated`), the last call may be incomplete.
    pub(super) fn end(&mut self, delta: &mut Map<String, Value>, is_truncated: bool) {
        let count = self.calls.len();
        let first = replace(&mut self.ended, count);
        for (position, call) in self.calls.iter_mut().enumerate().skip(first) {
            if call.name_source.text.is_empty() && !call.arguments.has_begun() {
                // A custom tool call, or an empty entry.
                continue;
            }
            let name = call.release_name();
            let arguments = call.arguments.finish(is_truncated && position + 1 == count);
            if !(name.is_empty() && arguments.is_empty()) {
                add(delta, position, name, arguments);
            }
        }
    }

    fn entry(
        &mut self,
        entry: Entry,
        before: usize,
        count: &mut usize,
        known: AccumulatedArguments<'_>,
    ) -> Result<Map<String, Value>, Error> {
        let position = if let Some(position) = self.position(&entry, before, known) {
            position
        } else {
            *count += 1;
            check_part_count(*count, "tool calls")?;
            self.calls.push(Call { index: entry.index, ..Call::default() });
            self.calls.len() - 1
        };
        let mut repaired = object([("index", position.into())]);
        let Some(call) = self.calls.get_mut(position) else { return Ok(repaired) };
        let is_first = call.id.is_empty() && call.name.is_empty();
        if !entry.id.is_empty() {
            if call.id.is_empty() {
                call.id.clone_from(&entry.id);
                repaired.set("id", entry.id);
            } else {
                call.ids_vary = call.ids_vary || call.id != entry.id;
            }
        }
        match entry.kind {
            Some(Value::String(kind)) if !kind.is_empty() && is_first => repaired.set("type", kind.as_str()),
            _ if is_first && !entry.name.is_empty() => repaired.set("type", "function"),
            _ => {}
        }
        if entry.is_function {
            let mut function = entry.function;
            let mut name = call.add_name(&entry.name);
            if let Some(text) = entry.arguments {
                let is_repeated = call.arguments.is_complete()
                    && !call.arguments.is_placeholder()
                    && known(position).is_some_and(|known| known == text);
                let new = if is_repeated { "".into() } else { call.arguments.push(&text) };
                if !new.is_empty() {
                    name.push_str(&call.release_name());
                }
                function.set("arguments", new.into_owned());
            }
            if !name.is_empty() {
                function.shift_insert(0, "name".to_owned(), name.into());
            }
            repaired.set("function", function);
        }
        repaired.append(&mut { entry.others });
        Ok(repaired)
    }

    /// Returns the position of the call that an entry continues; `None` if it starts a new one. `before` is the number of calls before
    /// the entry's delta.
    ///
    /// After the arguments are complete, a name or an id starts a new call. Before that, the same name or id continues the call.
    fn position(&self, entry: &Entry, before: usize, known: AccumulatedArguments<'_>) -> Option<usize> {
        let last = self.calls.len().checked_sub(1)?;
        let same_index = entry.index.and_then(|_| self.last_of(|call| call.index == entry.index));
        if entry.id.is_empty() && entry.name.is_empty() {
            let position = same_index.unwrap_or(last);
            let is_complete = |position: usize| self.calls.get(position).is_some_and(Call::is_over);
            if !is_complete(position) {
                return Some(position);
            }
            // More text doesn't belong to a complete call if another call is open.
            let is_open = entry.has_text() && !is_complete(last);
            let is_new_index = entry.index.is_some() && same_index.is_none();
            return if is_open { Some(last) } else { (!is_new_index).then_some(position) };
        }
        let same_id = || {
            let with_index = self.last_of(|call| call.id == entry.id && call.index == entry.index);
            with_index.or_else(|| self.last_of(|call| call.id == entry.id))
        };
        if let Some(position) = (!entry.id.is_empty()).then(same_id).flatten() {
            let call = self.calls.get(position)?;
            return call.continues_id(entry, known(position)).then_some(position);
        }
        let position = same_index.unwrap_or(last);
        let call = self.calls.get(position)?;
        let continues = match (entry.index, same_index) {
            (Some(_), None) => call.is_mid_value(entry) && call.has_name_of(entry),
            // Entries of one delta with different ids are different calls.
            _ if position >= before && call.has_other_id(entry) => false,
            (Some(_), Some(_)) => call.continues(entry),
            (None, _) => call.continues_without_index(entry),
        };
        continues.then_some(position)
    }

    fn last_of(&self, wanted: impl Fn(&Call) -> bool) -> Option<usize> {
        self.calls.iter().rposition(wanted)
    }
}

impl Call {
    /// Returns whether the arguments are complete and not a placeholder.
    fn is_over(&self) -> bool {
        self.arguments.is_complete() && !self.arguments.is_placeholder()
    }

    fn has_other_id(&self, entry: &Entry) -> bool {
        !entry.id.is_empty() && !self.id.is_empty() && self.id != entry.id
    }

    /// Returns whether the entry has the call's name, or none.
    fn has_name_of(&self, entry: &Entry) -> bool {
        let name = normalize_name(&entry.name);
        name.is_empty() || name == self.name
    }

    /// Returns whether the entry's arguments can only continue the call's unfinished arguments.
    fn is_mid_value(&self, entry: &Entry) -> bool {
        let text = entry.arguments.as_deref().unwrap_or_default().trim_start();
        self.arguments.has_begun() && !self.arguments.is_complete() && !text.is_empty() && !text.starts_with('{')
    }

    /// Returns whether an entry with the call's id continues it.
    fn continues_id(&self, entry: &Entry, known: Option<&str>) -> bool {
        let is_other_index = entry.index.is_some() && self.index != entry.index;
        if entry.name.is_empty() || self.name.is_empty() {
            return true;
        }
        if !self.has_name_of(entry) {
            return !self.arguments.has_begun() && !is_other_index;
        }
        if !self.is_over() {
            // An id equal to the tool's name doesn't identify a call.
            return !(is_other_index && entry.id == self.name) || self.is_mid_value(entry);
        }
        let is_repeated = known.is_some_and(|known| entry.arguments.as_deref() == Some(known));
        !is_other_index && (!entry.has_text() || is_repeated)
    }

    /// Returns whether an entry with the call's index continues it despite a name or another id.
    fn continues(&self, entry: &Entry) -> bool {
        if entry.name.is_empty() {
            // Only an id: a new one per delta (older vLLM), or one that arrives late.
            return !(self.is_over() && entry.has_text());
        }
        if self.name.is_empty() {
            return self.id.is_empty() || !self.has_other_id(entry);
        }
        let has_other_id = self.has_other_id(entry);
        if !self.has_name_of(entry) {
            // Names may be fragmented until the arguments begin.
            return !has_other_id && !self.arguments.has_begun();
        }
        if self.arguments.is_complete() && has_other_id {
            return self.ids_vary && !entry.has_text();
        }
        !(self.is_over() && entry.has_text())
    }

    /// Returns whether an entry without an index continues the last call despite a name or another id.
    fn continues_without_index(&self, entry: &Entry) -> bool {
        if self.name.is_empty() && (self.id.is_empty() || entry.id.is_empty()) {
            return true;
        }
        if entry.name.is_empty() {
            return !(self.is_over() && entry.has_text());
        }
        let is_empty = !self.arguments.has_begun() && !entry.has_text() && self.has_other_id(entry);
        self.has_name_of(entry) && !is_empty && self.continues(entry)
    }

    /// Adds a fragment of the name; returns the new part that is final.
    fn add_name(&mut self, fragment: &str) -> String {
        let source = &mut self.name_source;
        if source.has_ended || fragment.is_empty() {
            return String::new();
        }
        // Some providers send the name so far in each fragment, others repeat the complete name.
        let new = fragment.strip_prefix(source.text.as_str()).unwrap_or(fragment);
        if source.text.len() + new.len() > MAX_NAME_LENGTH {
            let held = if self.name.is_empty() { source.text.clone() } else { String::new() };
            source.text.push_str(new);
            return self.emit_name(held + new);
        }
        source.text.push_str(new);
        let Some((name, rest)) = certain_name(&source.text) else { return String::new() };
        source.has_ended = !rest.is_empty();
        let new = name.strip_prefix(self.name.as_str()).unwrap_or_default().to_owned();
        self.emit_name(new)
    }

    /// Returns the name if it was held back, because it is now complete.
    fn release_name(&mut self) -> String {
        if !self.name.is_empty() || self.name_source.text.is_empty() {
            return String::new();
        }
        let name = normalize_name(&self.name_source.text).to_owned();
        self.emit_name(name)
    }

    fn emit_name(&mut self, name: String) -> String {
        self.name.push_str(&name);
        name
    }
}

impl Entry {
    fn read(mut fields: Map<String, Value>) -> Self {
        let index = fields.shift_remove("index").and_then(|index| parse_index(&index));
        let id = match fields.shift_remove("id") {
            Some(Value::String(id)) => id.as_str().to_owned(),
            Some(Value::Number(id)) => id.to_string(),
            _ => String::new(),
        };
        let kind = fields.shift_remove("type");
        let sent_function = fields.shift_remove("function");
        let is_custom = fields.contains_key("custom");
        let mut flat = |name: &str| if is_custom { None } else { fields.shift_remove(name) };
        let (mut name, mut arguments) = (flat("name"), flat("arguments"));
        let is_flat = name.as_ref().is_some_and(Value::is_string) || arguments.as_ref().is_some_and(|it| !it.is_null());
        let is_function = is_flat || matches!(sent_function, Some(Value::Object(_) | Value::String(_)));
        let mut function = Map::new();
        match sent_function {
            Some(Value::Object(wrapped)) => {
                function = wrapped;
                name = function.shift_remove("name").or(name);
                arguments = function.shift_remove("arguments").filter(|it| !it.is_null()).or(arguments);
            }
            Some(sent_function @ Value::String(_)) => name = Some(sent_function),
            _ => {}
        }
        Self {
            index,
            id,
            name: name.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            arguments: arguments.filter(|it| !it.is_null()).map(arguments::to_text),
            is_function,
            kind,
            function,
            others: fields,
        }
    }

    /// Returns whether the entry has arguments besides whitespace.
    fn has_text(&self) -> bool {
        self.arguments.as_deref().is_some_and(|text| !text.trim_start().is_empty())
    }
}

/// Parses an index, which may be a float or a string.
fn parse_index(value: &Value) -> Option<u64> {
    let text = value.as_str().and_then(|text| decimal(text.trim()));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index that is too large is no index"
    )]
    let to_index = |number: f64| (number >= 0.0 && number % 1.0 == 0.0 && number < 1e9).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().or(text).and_then(to_index))
}

/// Adds text to a call's name and arguments in a delta, in the call's existing entry if there is one.
fn add(delta: &mut Map<String, Value>, position: usize, name: String, arguments: String) {
    let is_same = |entry: &Value| entry.get("index").and_then(Value::as_u64) == Some(position as u64);
    let list = delta.entry("tool_calls").or_insert_with(|| json!([]));
    let Value::Array(list) = list else { return };
    let known = match list.get(position).filter(|entry| is_same(entry)) {
        Some(_) => Some(position),
        None => list.iter().rposition(is_same),
    };
    if let Some(Value::Object(function)) = known.and_then(|known| list.get_mut(known)?.get_mut("function")) {
        for (field, more) in [("name", name), ("arguments", arguments)] {
            match function.get_mut(field) {
                Some(Value::String(text)) => text.push_str(&more),
                _ if more.is_empty() => {}
                _ => function.set(field, more),
            }
        }
        return;
    }
    let mut function = Map::new();
    if !name.is_empty() {
        function.set("name", name);
    }
    function.set("arguments", arguments);
    list.push(json!({"index": position, "function": function}));
}
