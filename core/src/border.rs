//! What crosses into another language: JSON text, once a network read.
//!
//! Law: the same text for Python, Node and browsers, so that none of them can differ. Bindings pass it on; they don't read it.

use alloc::sync::Arc;

use crate::client::{Completed, View};
use crate::error::{Error, ErrorKind};
use crate::fields::{self, Fields, fields};
use crate::helper::{Ops, Told};
use crate::prelude::*;
use crate::transport::Head;
use crate::value::{self, Map, Members, Value, json, write};
use crate::wire::template::Template;
use crate::wire::{Batch, Endpoint, Item};
use crate::{structured, tools};

/// Reads options that a host gives as JSON text.
pub fn options<O: Fields + Default>(text: &str) -> Result<O, Error> {
    let mut options = O::default();
    read(&mut options, text)?;
    Ok(options)
}

fn read(options: &mut dyn Fields, text: &str) -> Result<(), Error> {
    let members = value::parse_object(text);
    members.and_then(|members| fields::read(options, members)).map_err(|why| wrong_option(&why))
}

/// The error of options that can't be read.
pub fn wrong_option(why: &dyn core::fmt::Display) -> Error {
    Error::new(ErrorKind::Configuration, format!("an option is wrong: {why}"))
}

/// Reads a request's body that a host gives as JSON text.
pub fn body(text: &str) -> Result<Map<String, Value>, Error> {
    value::parse_object(text)
        .map_err(|why| Error::new(ErrorKind::InvalidRequest, format!("the request is no JSON object: {why}")))
}

/// `{"error": {…}}`, the parts of [`crate::error::Inner`].
pub fn error_text(error: &Error) -> String {
    json!({ "error": error.parts().to_value() }).to_string()
}

/// The view of events that a host names: `helper`, or else the normal one.
pub fn view(name: &str) -> View {
    if name == "helper" { View::Helper } else { View::Normal }
}

/// What the other side of the border knows of a stream: the template of its last deltas.
#[derive(Debug, Default)]
pub struct Sent(Option<Arc<Template>>);

/// `{"items": […], "done": bool}`, and `"raw": […]` with each item's text where the client keeps it.
///
/// Most items are as the one before but for a text. They cross as that text alone, after a list that begins with an object and tells
/// what they share: `[fields, hole, call, tool]`, the hole's text being empty in the fields.
pub fn batch_text(batch: &Batch, sent: &mut Sent) -> String {
    let mut text = Vec::from(b"{\"items\":[");
    let raw: Vec<_> = batch.items.iter().map(Item::raw).collect();
    let keeps_raw = raw.iter().any(Option::is_some);
    for item in &batch.items {
        match item.as_delta().filter(|_| !keeps_raw) {
            Some((template, delta)) => {
                tell(&mut text, template, None, sent);
                write::string(&mut text, delta);
            }
            None => write::map(&mut text, &item.fields()),
        }
        text.push(b',');
    }
    end(&mut text, batch.done);
    if keeps_raw {
        text.pop();
        text.extend_from_slice(b",\"raw\":");
        write::list(&mut text, raw, |text, raw| match raw {
            Some(raw) => write::string(text, raw),
            None => text.extend_from_slice(b"null"),
        });
        text.push(b'}');
    }
    write::text(text)
}

/// `{"items": […], "done": bool}`, the items being events. One that changes a live value has `ops: [codes, text]`.
///
/// The two events of an item that is as the one before but for its text cross as that text, see [`batch_text`]; where the text
/// changes a live value, as `[text, codes, text of the operations]`.
pub fn events_text((events, done): (Vec<Told>, bool), sent: &mut Sent) -> String {
    let mut text = Vec::from(b"{\"items\":[");
    for told in events {
        match told {
            Told::Event(event) | Told::Done(event, _) => write::value(&mut text, &event),
            Told::Live(event, _, ops) => write::value(&mut text, &with_ops(event, ops)),
            Told::Delta(item, delta) => {
                let Some((template, said)) = item.as_delta() else { continue };
                let (tool, live) = delta.map_or((None, None), |delta| (delta.tool, delta.live));
                tell(&mut text, template, tool.as_deref(), sent);
                match live {
                    Some((_, (codes, pieces))) => {
                        text.push(b'[');
                        write::string(&mut text, said);
                        text.push(b',');
                        write::list(&mut text, codes, |text, code| write::whole(text, code.into()));
                        text.push(b',');
                        write::string(&mut text, &pieces);
                        text.push(b']');
                    }
                    None => write::string(&mut text, said),
                }
            }
        }
        text.push(b',');
    }
    end(&mut text, done);
    write::text(text)
}

/// Tells what the next deltas share, unless it is known.
fn tell(text: &mut Vec<u8>, template: &Arc<Template>, tool: Option<&str>, sent: &mut Sent) {
    if sent.0.as_ref().is_some_and(|known| Arc::ptr_eq(known, template)) {
        return;
    }
    let known = [
        template.fields().clone().into(),
        template.hole().name().into(),
        template.call.into(),
        tool.map_or(Value::Null, Value::from),
    ];
    write::list(text, &known, write::value);
    text.push(b',');
    sent.0 = Some(Arc::clone(template));
}

fn end(text: &mut Vec<u8>, done: bool) {
    if text.ends_with(b",") {
        text.pop();
    }
    text.extend_from_slice(if done { b"],\"done\":true}" } else { b"],\"done\":false}" });
}

/// The event of an item itself: a chunk as `chunk`, the event of a message as it is.
pub fn item_event(item: Item) -> Value {
    let fields = item.into_fields();
    if fields.contains_key("choices") { json!({"type": "chunk", "chunk": fields}) } else { fields.into() }
}

fn with_ops(mut event: Value, (codes, text): Ops) -> Value {
    if let Value::Object(fields) = &mut event {
        fields.set("ops", json!([codes, text]));
    }
    event
}

/// One of the pure operations on requests and replies that every language has, from JSON text to JSON text: `structure`, `extract`,
/// `reask`, `calls`, `answer`, `tools`. What they take and give is written at [`crate::structured`] and [`crate::tools`].
///
/// # Errors
///
/// Those of the operation; one for an input that isn't what it takes.
pub fn assist(operation: &str, input: &str) -> Result<String, Error> {
    let input: Assist = options(input)?;
    let endpoint = Endpoint::parse(&input.endpoint)?;
    let Assist { mut request, reply, .. } = input;
    let output = || input.output.clone().ok_or_else(|| wrong_option(&"output is missing"));
    Ok(match operation {
        "structure" => {
            let mut output = output()?;
            structured::structure(&endpoint, &mut request, &mut output)?;
            json!({"request": request, "output": output.to_value()})
        }
        "extract" => structured::extract(&endpoint, &reply, &output()?)?.to_value(),
        "reask" => {
            structured::reask(&endpoint, &mut request, &reply, &output()?, &input.problem);
            json!({ "request": request })
        }
        "calls" => {
            let calls = tools::calls(&endpoint, &reply, Some(&input.tools));
            json!({"calls": calls.iter().map(tools::Call::to_value).collect::<Value>()})
        }
        "answer" => {
            tools::answer(&endpoint, &mut request, &reply, &input.results);
            json!({ "request": request })
        }
        "tools" => {
            let mut tools = Vec::new();
            for tool in &input.tools {
                tools.push(tool.on_wire(&endpoint)?);
            }
            json!({ "tools": tools })
        }
        _ => return Err(wrong_option(&format!("there is no operation {operation}"))),
    }
    .to_string())
}

fields! {
    open
    /// What the operations take; each takes a part of it.
    #[derive(Default)]
    struct Assist {
        endpoint: String,
        request: Map<String, Value>,
        reply: Value,
        output: Option<structured::Output>,
        problem: String,
        tools: Vec<tools::Tool>,
        results: Vec<tools::Outcome>,
    }
}

/// `{"value": {…}, "status": …, "headers": [[name, value], …], "retries_taken": …}`.
pub fn completed_text(completed: Completed) -> String {
    let mut text = head_value(&completed.head, completed.retries_taken);
    if let Value::Object(fields) = &mut text {
        fields.set("value", completed.value);
    }
    text.to_string()
}

/// `{"status": …, "headers": …, "retries_taken": …}`.
pub fn head_text(head: &Head, retries_taken: u32) -> String {
    head_value(head, retries_taken).to_string()
}

fn head_value(head: &Head, retries_taken: u32) -> Value {
    json!({ "status": head.status, "headers": value::pairs(&head.headers), "retries_taken": retries_taken })
}
