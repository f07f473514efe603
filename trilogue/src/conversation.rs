//! Conversations: messages over many requests, and the loop that sends them.
//!
//! State and decisions are the core's; this module sends requests and runs functions. A reply that is dropped while it streams stays in the
//! conversation as a partial turn.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde_json::{Map, Value};
use trilogue_core::conversation;
use trilogue_core::conversation::run::{self, NextStep};
pub use trilogue_core::conversation::{Settings, Totals};
use trilogue_core::tools::run::Step;
use trilogue_core::tools::{Call, Outcome};
pub use trilogue_core::wire::Format;
use trilogue_core::{AnthropicMessage, ChatCompletion, Error, ErrorKind};

use crate::client::Client;
use crate::generator::{Generator, Sender};
use crate::request::typed;
use crate::run::{RunEvent, RunOptions, Runner, forward};
use crate::stream::{EventStream, Items};
use crate::tools::Function;

/// A conversation with a model. It holds the messages; a [`Client`] sends them.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    state: conversation::Conversation,
    functions: Vec<Function>,
    options: RunOptions,
}

impl Conversation {
    /// Starts a conversation with a model.
    pub fn new(model: impl Into<String>) -> Self {
        Self::with_settings(Settings { model: Some(model.into()), ..Settings::default() })
    }

    /// Starts a conversation with a model, a system message, parameters, a format.
    pub fn with_settings(settings: Settings) -> Self {
        Self { state: conversation::Conversation::new(settings), ..Self::default() }
    }

    /// Reads the JSON form that [`Conversation::to_json`] writes, in any language; also a list of messages, or a request of either format.
    /// Functions are not part of it: add them again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: the text is none of these.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Ok(Self { state: conversation::Conversation::read(text)?, ..Self::default() })
    }

    /// Returns the JSON form.
    pub fn to_json(&self) -> String {
        self.state.to_value().to_string()
    }

    /// Sets the functions that the model may call.
    #[must_use]
    pub fn with_functions(mut self, functions: impl IntoIterator<Item = Function>) -> Self {
        self.functions = functions.into_iter().collect();
        self
    }

    /// Sets how the functions are run.
    #[must_use]
    pub fn with_run_options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        self.state.settings()
    }

    /// Changes the settings that `changes` names: `model`, `system`, `format`, `tools`, `parameters`, `reasoning_field`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: an unknown setting, or a value that it can't have.
    pub fn set(&mut self, changes: Map<String, Value>) -> Result<(), Error> {
        self.state.set(changes)
    }

    /// Sends a text, or content parts, and waits for the reply. Functions that the model calls are run.
    ///
    /// # Errors
    ///
    /// Those of any stream and run. The user message stays, and the next one replaces it.
    pub async fn send(&mut self, client: &Client, content: impl Into<Value>) -> Result<Answer, Error> {
        self.stream(client, content)?.finish().await
    }

    /// As [`Conversation::send`], as a stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: an empty content, or calls that wait for results.
    pub fn stream(&mut self, client: &Client, content: impl Into<Value>) -> Result<AnswerStream<'_>, Error> {
        self.say(content)?;
        Ok(self.answer(client))
    }

    /// Requests a reply to the last turn, as a stream: after [`say`](Self::say), [`retry`](Self::retry), [`edit`](Self::edit),
    /// [`resume`](Self::resume) or [`results`](Self::results).
    pub fn answer(&mut self, client: &Client) -> AnswerStream<'_> {
        let client = client.clone();
        AnswerStream { generator: Generator::new(|sender| Box::pin(converse(self, client, sender))) }
    }

    /// Adds a user message, without sending it. It replaces a user message that has no reply.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: an empty content, or calls that wait for results.
    pub fn say(&mut self, content: impl Into<Value>) -> Result<(), Error> {
        self.state.say(content.into())
    }

    /// Returns the calls without a result: those of tools that have no function here.
    pub fn pending(&self) -> Vec<Call> {
        self.state.pending()
    }

    /// Adds results of pending calls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: a result of a call that isn't pending.
    pub fn results(&mut self, results: Vec<Outcome>) -> Result<(), Error> {
        self.state.results(results)
    }

    /// Returns the turns as JSON objects, each with its `role`: `user`, `assistant` or `tool`.
    pub fn turns(&self) -> &[Map<String, Value>] {
        self.state.turns()
    }

    /// Returns tokens and dollars of all replies, including those that were undone.
    pub fn totals(&self) -> &Totals {
        self.state.totals()
    }

    /// Removes the last user message with everything after it, and returns its content.
    pub fn undo(&mut self) -> Option<Value> {
        self.state.undo()
    }

    /// Replaces the content of a turn of the user or the model, and removes everything after it. Negative indices count from the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: no such turn, a turn of results, an empty content.
    pub fn edit(&mut self, turn: i64, content: impl Into<Value>) -> Result<(), Error> {
        self.state.edit(turn, content.into())
    }

    /// Removes the last reply, so that [`Conversation::answer`] requests another. Results of functions stay.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: there is no user message.
    pub fn retry(&mut self) -> Result<(), Error> {
        self.state.retry()
    }

    /// Lets [`Conversation::answer`] continue the last reply, which was cut off or reached its length limit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: the last reply is complete, or there is none.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.state.resume()
    }

    /// Returns a copy with the turns before `turn`, or with all. Its totals start at zero.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]: no such turn.
    pub fn fork(&self, turn: Option<i64>) -> Result<Self, Error> {
        Ok(Self { state: self.state.fork(turn)?, functions: self.functions.clone(), options: self.options.clone() })
    }
}

/// A reply in the format of its conversation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reply {
    /// A chat completion.
    Chat(Box<ChatCompletion>),
    /// A message of Anthropic's format.
    Message(Box<AnthropicMessage>),
}

/// The reply of the model, after the runs of functions before it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// The last reply.
    pub reply: Reply,
    /// The usage of each reply; null if the endpoint reported none.
    pub usage: Vec<Value>,
}

/// A reply while it streams: a [`Stream`] of [`RunEvent`]s. Dropping it closes the connection; the received part
/// stays in the conversation as a partial turn.
pub struct AnswerStream<'a> {
    generator: Generator<'a, RunEvent, Answer>,
}

impl fmt::Debug for AnswerStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerStream").finish_non_exhaustive()
    }
}

impl AnswerStream<'_> {
    /// Returns the next event, or `None` at the end: `TryStreamExt::try_next`, for programs without the `futures` crates.
    pub async fn try_next(&mut self) -> Result<Option<RunEvent>, Error> {
        futures_util::TryStreamExt::try_next(self).await
    }

    /// Reads to the end and returns the reply.
    ///
    /// # Errors
    ///
    /// Those of any stream and run.
    pub async fn finish(self) -> Result<Answer, Error> {
        let failed = || Error::new(ErrorKind::InvalidRequest, "the reply already failed");
        self.generator.finish().await?.ok_or_else(failed)
    }
}

impl Stream for AnswerStream<'_> {
    type Item = Result<RunEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.generator.poll_next(cx)
    }
}

async fn converse(conversation: &mut Conversation, client: Client, sender: Sender<RunEvent>) -> Result<Answer, Error> {
    let runner = Runner { client, functions: conversation.functions.clone(), options: conversation.options.clone() };
    let mut run = Running::begin(&mut conversation.state, &runner)?;
    let mut usage = Vec::new();
    loop {
        let body = match run.state.next_step()? {
            NextStep::Request(body) => body,
            NextStep::Calls(calls) => {
                let outcomes = runner.run_calls(&calls, &sender).await?;
                run.state.results(outcomes)?;
                continue;
            }
        };
        let format = run.state.settings().format;
        let events = EventStream::from(Items::new(runner.client.events(format, body).await?));
        let reply = run.read(events, &sender).await?;
        usage.push(reply.get("usage").cloned().unwrap_or_default());
        if run.state.take_reply(&reply)? == Step::Done {
            return finished(reply, format, usage);
        }
    }
}

/// A run of a conversation. Dropped before its end, it leaves what was received of a reply in the conversation.
struct Running<'a> {
    state: &'a mut conversation::Conversation,
    /// The reply that streams, and why it is partial.
    streaming: Option<(EventStream, Option<ErrorKind>)>,
}

impl<'a> Running<'a> {
    fn begin(state: &'a mut conversation::Conversation, runner: &Runner) -> Result<Self, Error> {
        let names: Vec<_> = runner.functions.iter().map(|function| function.name().to_owned()).collect();
        let is_own = |tool: &Value| {
            let name = tool.pointer("/function/name").or(tool.get("name"));
            names.iter().any(|own| name.is_some_and(|name| name == own.as_str()))
        };
        let provided: Vec<_> = state.settings().tools.iter().filter(|tool| !is_own(tool)).cloned().collect();
        let own = runner.functions.iter().map(|function| function.definition().to_value());
        state.set(Map::from_iter([("tools".to_owned(), own.chain(provided).collect())]))?;
        state.begin_run(run::RunOptions {
            functions: names,
            max_steps: Some(runner.options.max_steps),
            is_streamed: true,
            parameters: Map::new(),
        });
        Ok(Self { state, streaming: None })
    }

    /// Reads a reply to its end and yields its events.
    async fn read(&mut self, events: EventStream, sender: &Sender<RunEvent>) -> Result<Value, Error> {
        let (events, cause) = self.streaming.insert((events, None));
        if let Err(error) = forward(events, sender).await {
            *cause = Some(error.kind());
            return Err(error);
        }
        let reply = events.snapshot().unwrap_or_default();
        self.streaming = None;
        Ok(reply)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some((mut events, cause)) = self.streaming.take() {
            let reply = events.snapshot().unwrap_or_default();
            // The conversation awaits a reply, so it takes a part of one.
            let _kept = self.state.keep_partial(&reply, cause.map(ErrorKind::name));
        }
        self.state.end_run();
    }
}

fn finished(reply: Value, format: Format, usage: Vec<Value>) -> Result<Answer, Error> {
    Ok(match format {
        Format::Chat => {
            let reply: ChatCompletion = typed(reply)?;
            Answer { text: reply.text().to_owned(), reply: Reply::Chat(Box::new(reply)), usage }
        }
        Format::Messages => {
            let reply: AnthropicMessage = typed(reply)?;
            Answer { text: reply.text(), reply: Reply::Message(Box::new(reply)), usage }
        }
    })
}
