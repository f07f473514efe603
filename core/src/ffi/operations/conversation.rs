//! The operations on a conversation.
//!
//! A handle of the host holds one conversation. While a run is under way, only the run changes it.

use super::operations;
use crate::conversation::run::{NextStep, NextStepKind, RunOptions};
use crate::conversation::{Conversation, Format, Next, Outcome, Settings, refused, turns};
use crate::error::Error;
use crate::prelude::*;
use crate::tools::run::StepKind;
use crate::tools::{Call, Tool, checked};
use crate::value::fields::{Field as _, Reader};
use crate::value::{Map, Members, Value};

operations! {
    /// Executes an operation on a conversation. An operation that fails leaves it unchanged, except `take_reply` after the last step of a run.
    fn operation(conversation: &mut Conversation);

    inputs {
        /// The JSON form of a conversation, as a value or as text.
        form: Value,
        /// Settings by name.
        settings: Map<String, Value>,
        /// Messages of either format.
        messages: Option<Value>,
        /// The user's message: a text, or parts of the conversation's format.
        content: Value,
        /// A chat completion or a message.
        reply: Value,
        /// Why a reply ended early.
        why: String,
        /// The kind of the error that ended a reply early.
        error: Option<String>,
        /// Results of calls: `{id, content, is_error?}`.
        results: Vec<Value>,
        /// The tools that the host knows, each as a definition.
        tools: Option<Vec<Value>>,
        /// The format of a request. Default: the conversation's.
        format: Option<Format>,
        /// Parameters of a request.
        parameters: Map<String, Value>,
        /// The index of a turn; negative ones count from the end.
        at: Value,
        /// The names of the functions that the host runs.
        functions: Vec<String>,
        /// How many replies a run may take. Default 10.
        max_steps: Option<u32>,
        /// Whether replies are streamed.
        streams: bool,
    }

    /// Replaces the conversation by a new one, or by one of these messages.
    make(; settings, messages) -> {} {
        idle(conversation)?;
        *conversation = made(settings, messages)?;
    }

    /// Replaces the conversation by the one of a JSON form.
    load(form) -> {} {
        idle(conversation)?;
        *conversation = match form {
            Value::String(text) => Conversation::read(&text)?,
            form => Conversation::from_value(form)?,
        };
    }

    /// Takes what the user says.
    say(content) -> {} {
        idle(conversation)?;
        conversation.say(content)?;
    }

    /// The members of the request that lets the model answer.
    request(; format, parameters) -> { request: Map<String, Value> } {
        (conversation.request(format, &parameters)?,)
    }

    /// The messages of such a request.
    messages(; format) -> { messages: Vec<Value> } {
        (conversation.messages(format)?,)
    }

    /// Takes a reply. Returns the calls that wait for results; with `tools`, calls of other tools are problems.
    take(reply; tools) -> { calls: Vec<Call> } {
        idle(conversation)?;
        (known(conversation.take(&reply)?, tools),)
    }

    /// Takes what arrived of a reply that ended early.
    partial(reply, why) -> { kept: bool } {
        idle(conversation)?;
        (conversation.take_partial(&reply, &why)?,)
    }

    /// Takes results of calls. Returns the calls that still wait.
    results(results) -> { calls: Vec<Call> } {
        idle(conversation)?;
        conversation.results(outcomes(results)?)?;
        (conversation.pending(),)
    }

    /// Removes the last question and everything after it. Returns its content.
    undo() -> { content: Value } {
        idle(conversation)?;
        (conversation.undo().unwrap_or_default(),)
    }

    /// Replaces the content of a turn, and removes everything after it.
    edit(at, content) -> {} {
        idle(conversation)?;
        conversation.edit(place(&at)?.unwrap_or(-1), content)?;
    }

    /// Removes the last answer.
    retry() -> {} {
        idle(conversation)?;
        conversation.retry()?;
    }

    /// Lets the next reply continue the last answer.
    resume() -> {} {
        idle(conversation)?;
        conversation.resume()?;
    }

    /// Changes settings.
    set(settings) -> {} {
        idle(conversation)?;
        conversation.set(settings)?;
    }

    /// The settings.
    settings() -> { settings: Value } {
        (conversation.settings().to_value(),)
    }

    /// The turns, with what there is to show of each.
    turns() -> { turns: Vec<Value> } {
        (conversation.turns().iter().map(turns::shown).collect(),)
    }

    /// Whose turn is next (`user`, `model` or `results`), and the calls that wait for results.
    next(; tools) -> { next: Next, calls: Vec<Call> } {
        (conversation.next(), known(conversation.pending(), tools))
    }

    /// The tokens and the cost of all replies.
    totals() -> { usage: Value, cost: Value } {
        (conversation.totals().usage(), conversation.totals().cost())
    }

    /// The JSON form.
    json() -> { text: String } {
        (conversation.to_value().to_string(),)
    }

    /// The JSON form of a copy with the turns before `at`, or with all.
    fork(; at) -> { text: String } {
        (conversation.fork(place(&at)?)?.to_value().to_string(),)
    }

    /// Begins a run, in which the host sends the requests and runs the functions. `tools` replaces the tools of the settings.
    begin_run(functions, streams; tools, max_steps, parameters) -> {} {
        idle(conversation)?;
        if let Some(tools) = tools {
            let mut changes = Map::new();
            changes.set("tools", tools);
            conversation.set(changes)?;
        }
        conversation.begin_run(RunOptions { functions, max_steps, is_streamed: streams, parameters });
    }

    /// The next step of the run: send the `request`, in the format `endpoint`, or give results to `calls`.
    next_step() -> {
        next: NextStepKind,
        endpoint: Format,
        request: Option<Map<String, Value>>,
        calls: Vec<Call>,
        events: Vec<Value>
    } {
        let endpoint = conversation.settings().format;
        match conversation.next_step()? {
            NextStep::Request(request) => (NextStepKind::Request, endpoint, Some(request), Vec::new(), Vec::new()),
            NextStep::Calls(calls) => {
                let events = calls.iter().map(Call::start_event).collect();
                (NextStepKind::Calls, endpoint, None, calls, events)
            }
        }
    }

    /// Takes a reply of the run. `next` is `done`, `continue` or `calls`; `events` are those of the calls that begin.
    take_reply(reply) -> { next: StepKind, calls: Vec<Call>, events: Vec<Value> } {
        let step = conversation.take_reply(&reply)?;
        let next = step.kind();
        let calls = step.into_calls();
        let events = calls.iter().map(Call::start_event).collect();
        (next, calls, events)
    }

    /// Takes the results of the run's calls.
    answer_calls(results) -> {} {
        conversation.results(outcomes(results)?)?;
    }

    /// Keeps what arrived of a reply of the run that ended early.
    keep_partial(reply; error) -> { kept: bool } {
        (conversation.keep_partial(&reply, error.as_deref())?,)
    }

    /// Ends the run.
    end_run() -> {} {
        conversation.end_run();
    }

    /// Whether a run is under way.
    state() -> { is_busy: bool } {
        (conversation.is_busy(),)
    }
}

/// Fails while a run is under way.
fn idle(conversation: &Conversation) -> Result<(), Error> {
    if conversation.is_busy() {
        return Err(refused("an answer is on its way: read it to its end, or stop it first"));
    }
    Ok(())
}

fn made(settings: Map<String, Value>, messages: Option<Value>) -> Result<Conversation, Error> {
    let mut members = settings;
    if let Some(messages) = messages {
        members.set("messages", messages);
        return Conversation::import(members);
    }
    let mut conversation = Conversation::new(Settings::default());
    conversation.set(members)?;
    Ok(conversation)
}

fn known(calls: Vec<Call>, tools: Option<Vec<Value>>) -> Vec<Call> {
    let Some(tools) = tools else { return calls };
    let tools: Vec<_> = tools.into_iter().filter_map(Tool::read).collect();
    calls.into_iter().map(|call| checked(call, &tools)).collect()
}

fn outcomes(results: Vec<Value>) -> Result<Vec<Outcome>, Error> {
    let wanted = || refused("a result is an object: {\"id\": the call's, \"content\": …, \"is_error\"?: true}");
    let read = |result| Outcome::read(result).filter(|result| !result.id.is_empty()).ok_or_else(wanted);
    results.into_iter().map(read).collect()
}

fn place(given: &Value) -> Result<Option<i64>, Error> {
    match given {
        Value::Null => Ok(None),
        Value::Number(number) if number.as_i64().is_some() => Ok(number.as_i64()),
        _ => Err(refused("the index of a turn must be a whole number")),
    }
}
