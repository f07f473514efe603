//! Conversations: the turns, the next request, and the totals of usage and cost.
//!
//! Invariant: only state and decisions, without input or output, for every language. A host sends the request of [`Conversation::request`] and
//! passes the answer to [`Conversation::take`]. Turns are kept in the format in which they arrived, and are converted when a request is
//! made, so that switching the format loses nothing. Content that a format can't express is an error, or is dropped as `chat` and `messages`
//! document.
//!
//! `turns`: reading, checking and showing turns · `import`: turns of messages · `revise`: undo, edits, forks · `chat`, `messages`: turns as each
//! format sends them · `settings`: parameters and tools · `totals`: tokens and dollars · `form`: the JSON form.
//!
//! ```
//! use serde_json::json;
//! use trilogue_core::conversation::{Conversation, Format};
//!
//! # fn main() -> Result<(), trilogue_core::Error> {
//! let mut conversation = Conversation::read(r#"{"model": "m", "messages": []}"#)?;
//! conversation.say("Hi".into())?;
//! let request = conversation.request(Some(Format::Messages), &Default::default())?; // for `Client::call_json`
//! assert_eq!(request["messages"][0]["content"], "Hi");
//! let calls = conversation.take(&json!({"content": [{"type": "text", "text": "Hello!"}], "stop_reason": "end_turn"}))?;
//! assert!(calls.is_empty());
//! let text = conversation.to_value().to_string();
//! assert_eq!(Conversation::read(&text)?.turns().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! A turn is an object with `role`:
//!
//! - `user`: `content`, a text or parts of its `format`.
//! - `assistant`: `message`, the reply in its `format`; `model`, the requested one; `finish`, `usage`, `cost`; `partial`, the reason if the reply
//!   is incomplete.
//! - `tool`: `results` of the calls in the turn before: `{id, name, content, is_error}`.

mod chat;
mod form;
mod import;
mod messages;
mod revise;
pub mod run;
mod settings;
mod totals;
pub(crate) mod turns;

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::error::{Error, ErrorKind};
use crate::text::quoted;
use crate::tools::{self, at};
pub use crate::tools::{Call, Outcome};
use crate::value::fields::{Fields as _, fields, words};
pub use crate::wire::Format;
use crate::wire::convert::content::GO_ON;

pub use form::{TYPE, VERSION};
pub use totals::Totals;

/// Sent to the model before it continues an incomplete answer.
const CUT: &str = "[This answer was cut off here.]";

/// The format of a reply.
fn format_of(reply: &Value) -> Result<Format, Error> {
    if at(reply, "/choices/0/message").is_object() {
        Ok(Format::Chat)
    } else if at(reply, "/content").is_array() {
        Ok(Format::Messages)
    } else {
        Err(refused("this is not a reply: pass a chat completion with a choice, or a message with content"))
    }
}

words! {
    /// Who takes the next turn.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Next {
        /// The user's.
        User = "user",
        /// The model's.
        Model = "model",
        /// Results of calls are missing.
        Results = "results",
    }
    "user, model or results"
}

fields! {
    /// The settings of requests.
    #[derive(Debug, Clone, Default)]
    pub struct Settings {
        /// The model.
        pub model: Option<String>,
        /// The system message: a string, or text blocks.
        pub system: Value,
        /// The format of requests, which can be changed at any time. Default `chat`.
        pub format: Format,
        /// Functions that the host runs, and tool definitions in either format.
        pub tools: Vec<Value>,
        /// Parameters of every request, such as `temperature`.
        pub parameters: Map<String, Value>,
        /// The field in which chat completions send reasoning back. Default: the one that the server used.
        pub reasoning_field: Option<String>,
    }
}

/// A conversation.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    settings: Settings,
    turns: Vec<Map<String, Value>>,
    totals: Totals,
    /// Whether the next answer continues the last one.
    resumes: bool,
    /// The current run.
    run: Option<run::Run>,
    /// Further fields of the file.
    extra: Map<String, Value>,
}

pub(crate) fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

impl Settings {
    /// Returns the settings as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({
            "model": self.model,
            "format": self.format.word(),
            "system": self.system,
            "tools": self.tools.iter().cloned().collect::<Value>(),
            "parameters": self.parameters,
            "reasoning_field": self.reasoning_field,
        })
    }
}

impl Conversation {
    /// Creates a conversation with these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the settings that `changes` contains.
    ///
    /// # Errors
    ///
    /// Fails for an unknown setting or an invalid value.
    pub fn set(&mut self, changes: Map<String, Value>) -> Result<(), Error> {
        let mut settings = self.settings.clone();
        for (name, value) in changes {
            settings.set(&name, value).map_err(refused)?;
        }
        if !matches!(settings.system, Value::Null | Value::String(_) | Value::Array(_)) {
            return Err(refused("system must be a text, or a list of text blocks"));
        }
        let same = settings.system == self.settings.system && settings.tools == self.settings.tools;
        if !same {
            // Signatures cover everything before them.
            for turn in self.turns.iter_mut().filter(|turn| turns::role(turn) == "assistant") {
                turn.set("stale", true);
            }
        }
        self.settings = settings;
        Ok(())
    }

    /// Returns the turns.
    pub fn turns(&self) -> &[Map<String, Value>] {
        &self.turns
    }

    /// Returns the tokens and dollars of all answers, including undone ones.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Returns who takes the next turn.
    pub fn next(&self) -> Next {
        match self.turns.last() {
            _ if self.resumes => Next::Model,
            Some(turn) if turns::role(turn) == "user" => Next::Model,
            Some(_) if !self.pending().is_empty() => Next::Results,
            Some(turn) if turns::role(turn) == "tool" || turns::is_paused(turn) => Next::Model,
            _ => Next::User,
        }
    }

    /// Returns the calls without a result.
    pub fn pending(&self) -> Vec<Call> {
        turns::pending(&self.turns)
    }

    /// Adds a message of the user. It replaces a question that has no answer.
    ///
    /// # Errors
    ///
    /// Fails if calls have no results, or if the content is neither a text nor parts.
    pub fn say(&mut self, content: Value) -> Result<(), Error> {
        let content = turns::content(content)?;
        self.no_pending()?;
        self.resumes = false;
        if self.turns.last().is_some_and(|turn| turns::role(turn) == "user") {
            self.turns.pop();
        }
        if self.turns.last().is_some_and(turns::is_paused) {
            return Err(refused("the model has not ended its turn: let it go on, or undo() the question"));
        }
        self.turns.push(turns::user(content, self.settings.format));
        Ok(())
    }

    fn no_pending(&self) -> Result<(), Error> {
        match self.pending().first() {
            Some(call) => Err(refused(format!(
                "the call {} ({}) has no result: give the results of all calls, or undo() the question",
                quoted(&call.name),
                call.id
            ))),
            None => Ok(()),
        }
    }

    /// Returns the request for the model's next turn, in the given format or else the conversation's. `parameters` apply to this request only; they
    /// are in its format, and override the conversation's.
    ///
    /// After the results of a forced tool call, the model may answer.
    ///
    /// # Errors
    ///
    /// Fails if there is nothing to answer, no model, or content that the format can't express.
    pub fn request(
        &self,
        format: Option<Format>,
        parameters: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        match self.next() {
            Next::Model => {}
            Next::User => return Err(refused("there is nothing to answer: say something first, or retry()")),
            Next::Results => self.no_pending()?,
        }
        let format = format.unwrap_or(self.settings.format);
        let Some(model) = self.settings.model.as_ref().filter(|model| !model.is_empty()) else {
            return Err(refused("the conversation has no model: set model, such as openai-gpt-oss-120b"));
        };
        let mut request = value::object([("model", model.as_str().into())]);
        if format == Format::Messages {
            match &self.settings.system {
                Value::Null => {}
                Value::String(text) if text.is_empty() => {}
                blocks @ Value::Array(_) => {
                    request.set("system", turns::simplified(turns::items(blocks).to_vec()));
                }
                system => request.set("system", system.clone()),
            }
        }
        request.set("messages", self.messages(Some(format))?);
        let tools = settings::tools(&self.settings.tools, format)?;
        if !tools.is_empty() {
            request.set("tools", tools);
        }
        request.copy(&settings::parameters(&self.settings.parameters, format)?);
        settings::put(&mut request, parameters);
        if self.turns.last().is_some_and(|turn| turns::role(turn) == "tool") {
            tools::free_choice(&mut request);
        }
        Ok(request)
    }

    /// Returns the messages of such a request, also if there is nothing to answer.
    ///
    /// # Errors
    ///
    /// Fails if the format can't express the content.
    pub fn messages(&self, format: Option<Format>) -> Result<Vec<Value>, Error> {
        let mut messages = match format.unwrap_or(self.settings.format) {
            Format::Chat => chat::messages(self),
            Format::Messages => messages::messages(self),
        }?;
        if self.resumes {
            messages.push(json!({"role": "user", "content": GO_ON}));
        }
        Ok(messages)
    }

    /// Adds the model's answer: a message, or the first choice of a chat completion. Returns its calls, which need results.
    ///
    /// # Errors
    ///
    /// Fails if the value is not a reply, or if there is nothing to answer. Neither is counted.
    pub fn take(&mut self, reply: &Value) -> Result<Vec<Call>, Error> {
        let format = format_of(reply)?;
        if self.next() != Next::Model {
            return Err(refused("no answer is awaited: say something first"));
        }
        self.totals.add(reply);
        let mut turn = turns::assistant(reply, format, &self.settings, self.turns.len());
        if self.goes_on(format) {
            self.continue_with(&turn);
        } else {
            turn.shift_remove("partial");
            self.turns.push(turn);
        }
        Ok(self.pending())
    }

    /// Adds an incomplete answer with the reason: `stopped`, or the kind of an error. Returns whether there was anything to keep.
    ///
    /// Unfinished calls are dropped.
    ///
    /// # Errors
    ///
    /// Fails if there is nothing to answer.
    pub fn take_partial(&mut self, reply: &Value, why: &str) -> Result<bool, Error> {
        let Ok(format) = format_of(reply) else {
            self.resumes = false;
            return Ok(false);
        };
        if self.next() != Next::Model {
            return Err(refused("no answer is awaited: say something first"));
        }
        self.totals.add(reply);
        let mut turn = turns::assistant(reply, format, &self.settings, self.turns.len());
        turns::drop_calls(&mut turn);
        if self.goes_on(format) {
            turn.set("partial", why);
            self.continue_with(&turn);
            return Ok(true);
        }
        let is_worth = !turns::text(&turn).is_empty() || !turns::reasoning(&turn).is_empty();
        if is_worth {
            turn.set("partial", why);
            self.turns.push(turn);
        }
        Ok(is_worth)
    }

    /// Whether the next answer is a part of the last one.
    fn goes_on(&self, format: Format) -> bool {
        let is_same = |turn: &Map<String, Value>| turns::format(turn) == format;
        self.resumes || self.turns.last().is_some_and(|turn| turns::is_paused(turn) && is_same(turn))
    }

    fn continue_with(&mut self, more: &Map<String, Value>) {
        let resumes = core::mem::take(&mut self.resumes);
        if let Some(turn) = self.turns.last_mut() {
            turns::extend(turn, more, resumes);
        }
    }

    /// Adds the results of calls.
    ///
    /// # Errors
    ///
    /// Fails for a result without a waiting call.
    pub fn results(&mut self, results: Vec<Outcome>) -> Result<(), Error> {
        let pending = self.pending();
        for result in &results {
            if pending.iter().all(|call| call.id != result.id) {
                return Err(refused(format!(
                    "there is a result for the call {}, which isn't waiting",
                    quoted(&result.id)
                )));
            }
        }
        let format = self.settings.format;
        let results = results.into_iter().map(|result| turns::result(result, &pending)).collect::<Vec<Value>>();
        if results.is_empty() {
            return Ok(());
        }
        match self.turns.last_mut() {
            Some(turn) if turns::role(turn) == "tool" => turns::add_results(turn, results),
            _ => self.turns.push(turns::tool(results, format)),
        }
        Ok(())
    }
}
