//! What other languages do with a conversation, from JSON text to JSON text.
//!
//! Law: reads the input, calls, writes the output; a handle is a conversation and nothing else.

use crate::json::json;
use crate::prelude::*;
use crate::value::{self, Map, Members, Value};

use crate::conversation::{Conversation, Format, Settings, refused, turns};
use crate::error::Error;
use crate::error::wrong_option;
use crate::ffi::options;
use crate::tools::{Call, Outcome, Tool, checked};
use crate::value::fields::{Field as _, fields};

fields! {
    open
    /// What the operations take; each takes a part of it.
    #[derive(Default)]
    struct Input {
        content: Value,
        reply: Value,
        why: String,
        results: Vec<Value>,
        tools: Option<Vec<Tool>>,
        settings: Map<String, Value>,
        format: Option<Format>,
        parameters: Map<String, Value>,
        at: Value,
    }
}

/// Makes a conversation: `{settings, messages?}`, or `{text}` of its JSON form.
///
/// # Errors
///
/// Those of [`Conversation::read`], [`Conversation::import`] and [`Conversation::set`].
pub fn make(input: &str) -> Result<Conversation, Error> {
    let mut input = crate::json::parse_object(input).map_err(|why| wrong_option(&why))?;
    if let Some(text) = input.get("text").and_then(Value::as_str) {
        return Conversation::read(text);
    }
    let settings = input.shift_remove("settings").and_then(Map::read).unwrap_or_default();
    match input.shift_remove("messages") {
        None | Some(Value::Null) => {
            let mut conversation = Conversation::new(Settings::default());
            conversation.set(settings)?;
            Ok(conversation)
        }
        Some(messages) => {
            let mut members = settings;
            members.set("messages", messages);
            Conversation::import(members)
        }
    }
}

/// One of the operations on a conversation: `make`, whose input is that of [`make`] and which puts another in its place, `say {content}`,
/// `request {format?, parameters?}`, `messages {format?}`, `take {reply, tools?}` and `results {results}`, which give the `calls` that wait,
/// `partial {reply, why}` → `{kept}`, `undo` → `{content}`, `edit {at, content}`, `retry`, `resume`, `set {settings}`, `settings`, `turns` with
/// what there is to show of each, `next {tools?}` → `{next, calls}`, `totals` → `{usage, cost}`, `json` and `fork {at?}`, a copy with the turns
/// before it, → `{text}`. With `tools` a call of none of them is a problem.
///
/// # Errors
///
/// Those of the operation; one for an input that isn't what it takes. The conversation is then what it was.
pub fn assist(conversation: &mut Conversation, operation: &str, input: &str) -> Result<String, Error> {
    if operation == "make" {
        *conversation = make(input)?;
        return Ok("{}".to_owned());
    }
    let input: Input = options(input)?;
    let tools = &input.tools;
    let calls = |calls: Vec<Call>| {
        let calls = calls.into_iter().map(|call| match tools {
            Some(tools) => checked(call, tools).to_value(),
            None => call.to_value(),
        });
        value::object([("calls", calls.collect())])
    };
    let nothing = || Value::from(Map::new());
    Ok(match operation {
        "say" => {
            conversation.say(input.content)?;
            nothing()
        }
        "request" => conversation.request(input.format, &input.parameters)?.into(),
        "messages" => json!({"messages": conversation.messages(input.format)?.into_iter().collect::<Value>()}),
        "take" => calls(conversation.take(&input.reply)?).into(),
        "partial" => json!({"kept": conversation.take_partial(&input.reply, &input.why)?}),
        "results" => {
            let mut results = Vec::new();
            for result in input.results {
                let wanted =
                    || refused("a result is an object: {\"id\": the call's, \"content\": …, \"is_error\"?: true}");
                results.push(Outcome::read(result).filter(|result| !result.id.is_empty()).ok_or_else(wanted)?);
            }
            conversation.results(results)?;
            calls(conversation.pending()).into()
        }
        "undo" => json!({"content": conversation.undo()}),
        "edit" => {
            conversation.edit(place(&input.at)?.unwrap_or(-1), input.content)?;
            nothing()
        }
        "retry" => {
            conversation.retry()?;
            nothing()
        }
        "resume" => {
            conversation.resume()?;
            nothing()
        }
        "set" => {
            conversation.set(input.settings)?;
            nothing()
        }
        "settings" => conversation.settings().to_value(),
        "turns" => json!({"turns": conversation.turns().iter().map(turns::shown).collect::<Value>()}),
        "next" => {
            let mut next = calls(conversation.pending());
            next.set("next", conversation.next().word());
            next.into()
        }
        "totals" => json!({"usage": conversation.totals().usage(), "cost": conversation.totals().cost()}),
        "fork" => json!({"text": conversation.fork(place(&input.at)?)?.to_value().to_string()}),
        "json" => json!({"text": conversation.to_value().to_string()}),
        _ => return Err(wrong_option(&format!("there is no operation {operation}"))),
    }
    .to_string())
}

fn place(given: &Value) -> Result<Option<i64>, Error> {
    match given {
        Value::Null => Ok(None),
        Value::Number(number) => match number.as_i64() {
            Some(place) => Ok(Some(place)),
            None => Err(refused("a turn's place is a whole number")),
        },
        _ => Err(refused("a turn's place is a whole number")),
    }
}
