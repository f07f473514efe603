//! The JSON form of a conversation, and other forms that can be read.
//!
//! Invariant: every language reads a written conversation without loss, including unknown fields; an unreadable one is an error with a
//! reason. A field that changes its meaning needs a new version.
//!
//! `{"type": "trilogue.conversation", "version": 1, "model", "format", "system", "tools", "parameters", "turns", "usage", "cost"}`: the
//! settings as in [`super::Settings`], the turns as in [`super`], and the totals as in [`Totals`].

use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use super::{Conversation, Format, Totals, import, refused, turns};
use crate::error::Error;

/// The version of the JSON form.
pub const VERSION: u64 = 1;
/// The `type` of the JSON form.
pub const TYPE: &str = "trilogue.conversation";

const SETTINGS: [&str; 6] = ["model", "format", "system", "tools", "parameters", "reasoning_field"];

fn no_conversation(why: &dyn core::fmt::Display) -> Error {
    refused(format!("this is not a conversation: {why}"))
}

impl Conversation {
    /// Returns the JSON form.
    pub fn to_value(&self) -> Value {
        let mut form = value::object([("type", TYPE.into()), ("version", VERSION.into())]);
        if let Value::Object(settings) = self.settings.to_value() {
            form.copy(&settings);
        }
        form.set("turns", self.turns.iter().map(|turn| Value::from(turn.clone())).collect::<Value>());
        form.set("usage", self.totals.usage());
        form.set("cost", self.totals.cost());
        form.copy(&self.extra);
        form.into()
    }

    /// Reads the JSON form; or a list of messages, or an object that has one as `messages`, such as a request of either format.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a conversation, has a newer version, its turns don't alternate, or a result has no call.
    pub fn read(text: &str) -> Result<Self, Error> {
        Self::from_value(crate::json::parse(text).map_err(|why| no_conversation(&why))?)
    }

    /// Reads the value of a text that [`Conversation::read`] accepts.
    pub(crate) fn from_value(form: Value) -> Result<Self, Error> {
        let no = no_conversation;
        let mut members = match form {
            Value::Object(members) => members,
            messages @ Value::Array(_) => value::object([("messages", messages)]),
            _ => return Err(no(&"it is JSON, but not an object")),
        };
        if members.get("type").is_none_or(|kind| *kind != TYPE) {
            if members.contains_key("messages") {
                return Self::import(members);
            }
            return Err(no(&format!("its type is not \"{TYPE}\", and it has no messages")));
        }
        match members.shift_remove("version").as_ref().and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(version) if version > VERSION => {
                return Err(refused(format!(
                    "this conversation has version {version} of the form, and {VERSION} is the newest that is known here: update trilogue"
                )));
            }
            _ => return Err(no(&"its version is missing or unknown")),
        }
        let Some(listed) = members.shift_remove("turns").and_then(value::into_list) else {
            return Err(no(&"it has no list of turns"));
        };
        members.shift_remove("type");
        let (usage, cost) = (members.shift_remove("usage"), members.shift_remove("cost"));
        let mut conversation = Self { totals: Totals::read(usage, cost)?, ..Self::default() };
        let mut settings = Map::new();
        for (name, value) in members {
            let known = SETTINGS.contains(&name.as_str());
            drop(if known { &mut settings } else { &mut conversation.extra }.insert(name, value));
        }
        conversation.set(settings)?;
        conversation.turns = turns::read(listed)?;
        Ok(conversation)
    }

    /// Reads messages, with the `model`, `system`, `tools` and `format` next to them.
    ///
    /// # Errors
    ///
    /// Fails if the messages can't be read, with a reason.
    pub fn import(mut members: Map<String, Value>) -> Result<Self, Error> {
        let messages = members.shift_remove("messages").and_then(value::into_list);
        let messages = messages.ok_or_else(|| refused("messages must be a list of messages"))?;
        members.retain(|name, _| SETTINGS.contains(&name.as_str()));
        if !members.contains_key("format") && import::are_messages(&messages, &members) {
            members.set("format", Format::Messages.word());
        }
        let mut conversation = Self::default();
        conversation.set(members)?;
        let (turns, system) = import::import(messages, conversation.settings.format)?;
        if !system.is_null() && conversation.settings.system.is_null() {
            conversation.settings.system = system;
        }
        conversation.turns = turns;
        Ok(conversation)
    }
}
