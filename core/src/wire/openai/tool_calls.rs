//! Tool calls as compatible providers stream them, and the repairs.
//!
//! Law: tells a new call from more of an old one by what each delta brings, and gives every entry the standard's shape: an index by
//! place, id and name where they are new, arguments as text.

use crate::prelude::*;
use crate::value::{Map, Members, Value};

use super::harmony;

/// The tool calls of one choice so far: what is needed to tell a new call from more of an old one.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<Call>,
}

#[derive(Debug, Default)]
struct Call {
    /// The index that the provider gave, if any.
    given: Option<u64>,
    id: String,
    name: String,
    /// A marker leaked into the name: what follows belongs to it.
    name_ended: bool,
}

impl ToolCalls {
    pub(super) fn any(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Repairs `tool_calls` of a delta: null; no `index` (ollama#7881) or one that several calls share; a first index that isn't 0;
    /// `id: ""`, or a new one in each delta; id and name repeated in each delta, names in fragments or with a marker (vllm#32587);
    /// arguments before the name (vercel/ai#15879), as an object (llama.cpp#20198), null, or all at once. Afterwards each entry has the index of its call's place, and id and name
    /// are there only where they are new.
    pub(super) fn repair(&mut self, delta: &mut Map<String, Value>) {
        let Some(entries) = delta.get_mut("tool_calls") else { return };
        match entries.take() {
            Value::Array(list) if !list.is_empty() => {
                let objects = list
                    .into_iter()
                    .filter_map(|entry| if let Value::Object(entry) = entry { Some(entry) } else { None });
                *entries = objects.map(|entry| Value::Object(self.entry(entry))).collect();
            }
            _ => {
                delta.shift_remove("tool_calls");
            }
        }
    }

    fn entry(&mut self, mut entry: Map<String, Value>) -> Map<String, Value> {
        let given = entry.shift_remove("index").and_then(|index| index.as_u64());
        let id = match entry.shift_remove("id") {
            Some(Value::String(id)) => id.as_str().to_owned(),
            Some(Value::Number(id)) => id.to_string(),
            _ => String::new(),
        };
        let kind = entry.shift_remove("type");
        let mut function = match entry.shift_remove("function") {
            Some(Value::Object(function)) => Some(function),
            _ => None,
        };
        let name = function.as_mut().and_then(|function| function.shift_remove("name"));
        let given_name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        let name = harmony::tool_name(given_name);
        let place = self.place(given, &id, name);
        let mut repaired = Map::new();
        repaired.set("index", place);
        let Some(call) = self.calls.get_mut(place) else { return repaired };
        let first = call.id.is_empty() && call.name.is_empty();
        if !id.is_empty() && call.id.is_empty() {
            call.id.clone_from(&id);
            repaired.set("id", id);
        }
        match kind {
            Some(Value::String(kind)) if !kind.is_empty() && first => {
                repaired.set("type", kind.as_str());
            }
            _ if first && !name.is_empty() => repaired.set("type", "function"),
            _ => {}
        }
        if let Some(mut function) = function {
            // A name that grows carries what was said before; one that is repeated says nothing.
            let new = name.strip_prefix(call.name.as_str()).unwrap_or(name);
            let leaked = name.len() < given_name.len();
            if !new.is_empty() && !call.name_ended {
                call.name.push_str(new);
                function.shift_insert(0, "name".to_owned(), new.into());
            }
            call.name_ended = call.name_ended || leaked;
            if let Some(arguments) = function.get_mut("arguments") {
                match arguments {
                    Value::String(_) => {}
                    Value::Null => drop(function.shift_remove("arguments")),
                    object => *object = object.to_string().into(),
                }
            }
            repaired.set("function", function);
        }
        repaired.append(&mut entry);
        repaired
    }

    /// The place of the call that an entry belongs to; a new one where it is none so far.
    fn place(&mut self, given: Option<u64>, id: &str, name: &str) -> usize {
        let known_id = || self.calls.iter().rposition(|call| !id.is_empty() && call.id == id);
        let found = if given.is_some() {
            let same = self.calls.iter().rposition(|call| call.given == given && !id.is_empty() && call.id == id);
            same.or_else(|| self.last_of_index(given, id, name)).or_else(|| known_id().filter(|_| name.is_empty()))
        } else if !id.is_empty() {
            known_id().or_else(|| self.last_if(|call| call.id.is_empty() && call.name.is_empty()))
        } else if name.is_empty() {
            self.last_if(|_| true)
        } else {
            self.last_if(|call| call.name.is_empty())
        };
        found.unwrap_or_else(|| {
            self.calls.push(Call { given, ..Call::default() });
            self.calls.len() - 1
        })
    }

    /// The last call that came with this index, unless id and name say that another begins: an id alone may be a new one for each
    /// delta (older vLLM).
    fn last_of_index(&self, given: Option<u64>, id: &str, name: &str) -> Option<usize> {
        let last = self.calls.iter().rposition(|call| call.given == given)?;
        let continues =
            |call: &&Call| id.is_empty() || call.id.is_empty() || (name.is_empty() && !call.name.is_empty());
        self.calls.get(last).filter(continues).map(|_| last)
    }

    fn last_if(&self, wanted: impl Fn(&Call) -> bool) -> Option<usize> {
        let last = self.calls.len().checked_sub(1)?;
        self.calls.get(last).filter(|call| wanted(call)).map(|_| last)
    }
}
