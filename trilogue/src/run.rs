//! The loop that lets a model call functions until it answers.
//!
//! Sends requests and runs functions. Which calls a reply makes, what they answer and when a run ends is decided in the core.

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
use trilogue_core::Event;
use trilogue_core::tools::{self, Call, Outcome};
use trilogue_core::{Error, ErrorKind};

use crate::client::Client;
use crate::generator::{Generator, Sender};
use crate::request::{Request, body, endpoint, typed};
use crate::stream::{EventStream, Items};
use crate::tools::Function;

/// How the functions that a model calls are run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The most replies that the model may give. Default: 10.
    pub max_steps: usize,
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
        Self { max_steps: 10, raise: false, tool_timeout: None, reasoning_field: None }
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

/// A run that has ended.
#[derive(Debug, Clone)]
pub struct Run<R> {
    /// The last reply, which calls no function.
    pub reply: R,
    /// The messages of the last request.
    pub messages: Vec<Value>,
    /// The usage of each reply; null if the endpoint reported none.
    pub usage: Vec<Value>,
}

/// A run: a [`Stream`] of [`RunEvent`]s, and its result. Dropping it closes the connection and cancels running functions.
pub struct ToolRun<R: Request> {
    generator: Generator<'static, RunEvent, Run<R::Reply>>,
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
        let definitions = functions.iter().map(|function| function.definition().on_wire(&endpoint::<R>()));
        body.insert("tools".to_owned(), definitions.collect::<Result<_, _>>()?);
        let (client, options) = (self.clone(), options.clone());
        let generator = Generator::new(|sender| Box::pin(run::<R>(client, body, functions, options, sender)));
        Ok(ToolRun { generator })
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
    pub async fn finish(self) -> Result<Run<R::Reply>, Error> {
        let ended = || Error::new(ErrorKind::ToolRun, "the run has failed before");
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
    client: Client,
    mut body: Map<String, Value>,
    functions: Vec<Function>,
    options: RunOptions,
    sender: Sender<RunEvent>,
) -> Result<Run<R::Reply>, Error> {
    let known: Vec<_> = functions.iter().map(|function| function.definition().clone()).collect();
    let mut usage = Vec::new();
    loop {
        let mut events = EventStream::from(Items::new(client.events(endpoint::<R>(), body.clone()).await?));
        forward(&mut events, &sender).await?;
        let reply = events.snapshot().unwrap_or_default();
        usage.push(reply.get("usage").cloned().unwrap_or_default());
        let calls = tools::calls(&endpoint::<R>(), &reply, Some(&known));
        // The provider's own tools can take longer than one reply: the model then continues.
        if calls.is_empty() && !tools::is_paused(&reply) {
            let messages = match body.remove("messages") {
                Some(Value::Array(messages)) => messages,
                _ => Vec::new(),
            };
            return Ok(Run { reply: typed(reply)?, messages, usage });
        }
        if usage.len() >= options.max_steps {
            let message = format!("the model still calls tools after max_steps ({}) replies", options.max_steps);
            return Err(Error::new(ErrorKind::ToolRun, message).with_partial(Some(reply)));
        }
        let outcomes = match run_calls(&client, calls, &functions, &options, &sender).await {
            Ok(outcomes) => outcomes,
            Err(error) => return Err(error.with_partial(Some(reply))),
        };
        tools::answer(&endpoint::<R>(), &mut body, &reply, &outcomes, options.reasoning_field.as_deref());
    }
}

/// Yields the events of a reply.
pub(crate) async fn forward(events: &mut EventStream, sender: &Sender<RunEvent>) -> Result<(), Error> {
    while let Some(event) = events.try_next().await? {
        sender.send(RunEvent::Reply(event)).await;
    }
    Ok(())
}

/// Why a call has no result.
enum Failure {
    /// The call could not be made, or exceeded its time limit.
    Unmade(String),
    /// The function failed.
    Function(String),
}

/// Runs the calls of a reply concurrently and returns their outcomes in the order of the calls. Fails if a function fails and
/// `options.raise` is set.
pub(crate) async fn run_calls(
    client: &Client,
    calls: Vec<Call>,
    functions: &[Function],
    options: &RunOptions,
    sender: &Sender<RunEvent>,
) -> Result<Vec<Outcome>, Error> {
    let mut outcomes = Vec::new();
    for call in &calls {
        sender.send(RunEvent::ToolStart(call.clone())).await;
        outcomes.push(Outcome { id: call.id.clone(), name: call.name.clone(), ..Outcome::default() });
    }
    let mut running: FuturesUnordered<_> = calls
        .into_iter()
        .enumerate()
        .map(|(index, call)| async move { (index, run_call(client, call, functions, options.tool_timeout).await) })
        .collect();
    while let Some((index, result)) = running.next().await {
        let Some(outcome) = outcomes.get_mut(index) else { continue };
        outcome.is_error = result.is_err();
        let error = match &result {
            Err(Failure::Function(text)) if options.raise => {
                Some(Error::new(ErrorKind::ToolRun, format!("the tool {:?} failed: {text}", outcome.name)))
            }
            _ => None,
        };
        outcome.content = match result {
            Ok(text) | Err(Failure::Unmade(text) | Failure::Function(text)) => text.into(),
        };
        sender.send(RunEvent::ToolDone(outcome.clone())).await;
        if let Some(error) = error {
            return Err(error);
        }
    }
    Ok(outcomes)
}

async fn run_call(
    client: &Client,
    call: Call,
    functions: &[Function],
    limit: Option<Duration>,
) -> Result<String, Failure> {
    let function = functions.iter().find(|function| function.name() == call.name);
    let work = match (call.problem, call.arguments, function) {
        (None, Some(arguments), Some(function)) => function.start(arguments).map_err(Failure::Unmade)?,
        (problem, ..) => return Err(Failure::Unmade(problem.unwrap_or_default())),
    };
    // Each call needs a result, also if its function panics.
    let work = AssertUnwindSafe(work).catch_unwind().map(|result| match result {
        Ok(result) => result.map_err(Failure::Function),
        Err(_) => Err(Failure::Function("the tool failed without a message".to_owned())),
    });
    let Some(limit) = limit else { return work.await };
    match select(Box::pin(work), Box::pin(client.sleep(limit))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(Failure::Unmade(tools::timed_out(&call.name, limit.as_secs_f64()))),
    }
}
