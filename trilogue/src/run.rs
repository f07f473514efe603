//! The loop that lets a model call functions until it answers.
//!
//! Sends requests and runs functions. The core decides which calls a reply makes, how they are answered, and when a run ends.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Map, Value};
use trilogue_core::tools::run::{CallEnd, MAX_STEPS, OnToolError, Step, ToolRun as State};
use trilogue_core::tools::{Call, Outcome};
use trilogue_core::{Error, ErrorKind, Event};

use crate::client::Client;
use crate::generator::{Generator, Sender};
use crate::request::{Request, body, typed};
use crate::stream::{EventStream, Items};
use crate::tools::Function;

/// How the functions that a model calls are run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The most replies that the model may give. Default: 10.
    pub max_steps: u32,
    /// Whether the failure of a function ends the run. Default: false, the failure is the result that the model reads. Calls that can't be
    /// made, and functions that exceed their time limit, never end a run.
    pub raise: bool,
    /// How long a function may take. Default: no limit. The result of a call that exceeds it says so.
    pub tool_timeout: Option<Duration>,
    /// The name of the field in which chat completions send reasoning back. Default: the name that the server used.
    pub reasoning_field: Option<String>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { max_steps: MAX_STEPS, raise: false, tool_timeout: None, reasoning_field: None }
    }
}

/// An event of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RunEvent {
    /// An event of a reply, as it streams.
    Reply(Event),
    /// A function starts.
    ToolStart(Call),
    /// A function has ended.
    ToolDone(Outcome),
}

/// The output of a run.
#[derive(Debug, Clone)]
pub struct ToolRunOutput<R> {
    /// The last reply, which calls no function.
    pub reply: R,
    /// The messages of the last request.
    pub messages: Vec<Value>,
    /// The usage of each reply; null if the endpoint reported none.
    pub usage: Vec<Value>,
}

/// A run: a [`Stream`] of [`RunEvent`]s, and its result. Dropping it closes the connection and cancels running functions.
pub struct ToolRun<R: Request> {
    generator: Generator<'static, RunEvent, ToolRunOutput<R::Reply>>,
}

impl<R: Request> fmt::Debug for ToolRun<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolRun").finish_non_exhaustive()
    }
}

impl Client {
    /// Lets a model call `functions` until it answers. All calls of a reply run concurrently, in the task that reads the run: a function
    /// that computes for long should move its work to another thread.
    ///
    /// # Errors
    ///
    /// Those of any stream; [`ErrorKind::ToolRun`] for a run that takes more than `max_steps` replies, or with `raise` for a function that
    /// fails: the error's partial is the last reply.
    pub fn run_tools<R: Request>(
        &self,
        request: &R,
        functions: impl IntoIterator<Item = Function>,
        options: &RunOptions,
    ) -> Result<ToolRun<R>, Error> {
        let mut body = body(request)?;
        let functions: Vec<_> = functions.into_iter().collect();
        let definitions = functions.iter().map(|function| function.definition().clone()).collect();
        let mut state = State::begin(R::FORMAT, &mut body, definitions, Vec::new())?;
        state.max_steps = options.max_steps;
        state.reasoning_field.clone_from(&options.reasoning_field);
        let runner = Runner { client: self.clone(), functions, options: options.clone() };
        Ok(ToolRun { generator: Generator::new(|sender| Box::pin(run::<R>(runner, state, body, sender))) })
    }
}

impl<R: Request> ToolRun<R> {
    /// Returns the next event, or `None` at the end: `TryStreamExt::try_next`, for programs without the `futures` crates.
    pub async fn try_next(&mut self) -> Result<Option<RunEvent>, Error> {
        futures_util::TryStreamExt::try_next(self).await
    }

    /// Runs to the end and returns the last reply.
    ///
    /// # Errors
    ///
    /// As [`Client::run_tools`].
    pub async fn finish(self) -> Result<ToolRunOutput<R::Reply>, Error> {
        let ended = || Error::new(ErrorKind::ToolRun, "the run already failed");
        self.generator.finish().await?.ok_or_else(ended)
    }
}

impl<R: Request> Stream for ToolRun<R> {
    type Item = Result<RunEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.generator.poll_next(cx)
    }
}

async fn run<R: Request>(
    runner: Runner,
    mut state: State,
    mut body: Map<String, Value>,
    sender: Sender<RunEvent>,
) -> Result<ToolRunOutput<R::Reply>, Error> {
    let mut usage = Vec::new();
    loop {
        let events = runner.client.events(R::FORMAT, body.clone()).await?;
        let mut events = EventStream::from(Items::new(events));
        forward(&mut events, &sender).await?;
        let reply = events.snapshot().unwrap_or_default();
        usage.push(reply.get("usage").cloned().unwrap_or_default());
        let outcomes = match state.take(&reply)? {
            Step::Done => {
                let messages = match body.remove("messages") {
                    Some(Value::Array(messages)) => messages,
                    _ => Vec::new(),
                };
                return Ok(ToolRunOutput { reply: typed(reply)?, messages, usage });
            }
            Step::Continue => Vec::new(),
            Step::Calls(calls) => {
                let outcomes = runner.run_calls(&calls, &sender).await;
                outcomes.map_err(|error| error.with_partial(Some(reply.clone())))?
            }
        };
        state.answer(&mut body, &reply, &outcomes);
    }
}

/// Yields the events of a reply.
pub(crate) async fn forward(events: &mut EventStream, sender: &Sender<RunEvent>) -> Result<(), Error> {
    while let Some(event) = events.try_next().await? {
        sender.send(RunEvent::Reply(event)).await;
    }
    Ok(())
}

/// Runs functions.
pub(crate) struct Runner {
    pub(crate) client: Client,
    pub(crate) functions: Vec<Function>,
    pub(crate) options: RunOptions,
}

impl Runner {
    /// Runs the calls of a reply concurrently and returns their outcomes in the order of the calls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ToolRun`]: a function failed, and failures are raised.
    pub(crate) async fn run_calls(&self, calls: &[Call], sender: &Sender<RunEvent>) -> Result<Vec<Outcome>, Error> {
        for call in calls {
            sender.send(RunEvent::ToolStart(call.clone())).await;
        }
        let on_tool_error = if self.options.raise { OnToolError::Raise } else { OnToolError::Return };
        let run = |(index, call)| async move { (index, call, self.run_call(call).await) };
        let mut running: FuturesUnordered<_> = calls.iter().enumerate().map(run).collect();
        let mut outcomes = vec![Outcome::default(); calls.len()];
        while let Some((index, call, end)) = running.next().await {
            let outcome = call.finish(end, on_tool_error)?;
            sender.send(RunEvent::ToolDone(outcome.clone())).await;
            outcomes[index] = outcome;
        }
        Ok(outcomes)
    }

    async fn run_call(&self, call: &Call) -> CallEnd {
        let function = self.functions.iter().find(|function| function.name() == call.name);
        let (Some(arguments), Some(function)) = (&call.arguments, function) else { return CallEnd::NotMade };
        let work = match function.start(arguments.clone()) {
            Ok(work) => AssertUnwindSafe(work).catch_unwind(),
            Err(end) => return end,
        };
        // Each call needs a result, also if its function panics.
        let work = work.map(|result| match result {
            Ok(Ok(text)) => CallEnd::Returned(text),
            Ok(Err(text)) => CallEnd::Failed(text),
            Err(_) => CallEnd::Failed("the tool failed without a message".to_owned()),
        });
        let Some(limit) = self.options.tool_timeout else { return work.await };
        match select(Box::pin(work), Box::pin(self.client.sleep(limit))).await {
            Either::Left((end, _)) => end,
            Either::Right(_) => CallEnd::TimedOut(limit.as_secs_f64()),
        }
    }
}
