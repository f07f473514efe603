//! Functions that a model calls, and the loop that runs them.
//!
//! Law: joins the core's turns with Rust's functions. What goes back to the model, and how its calls are read, is the core's.

use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::task::JoinSet;
use trilogue_core::error::Problem;
use trilogue_core::events::event::Event;
use trilogue_core::tools::run::{CallEnd, MAX_STEPS, OnToolError, Step, ToolRun};
use trilogue_core::tools::{Call, Outcome, Tool};
use trilogue_core::{Error, RequestOptions};

use crate::Client;
use crate::typed::{Ask, body, schema_of, typed};

/// A function at work: its result, or what went wrong, as texts for the model.
type Running = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;
/// Starts a function, where its arguments fit.
type Start = dyn Fn(Map<String, Value>) -> Result<Running, CallEnd> + Send + Sync;

/// A function that a model may call.
#[derive(Clone)]
pub struct Function {
    tool: Tool,
    run: Arc<Start>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("name", &self.tool.name).finish_non_exhaustive()
    }
}

/// Makes a tool of an asynchronous function: `A` is what it takes, an object; what it gives is told to the model as JSON, or as it is
/// where it is a text. An error's text is told to the model too.
pub fn tool<A, F, O, E>(name: &str, description: &str, function: impl Fn(A) -> F + Send + Sync + 'static) -> Function
where
    A: DeserializeOwned + JsonSchema,
    F: Future<Output = Result<O, E>> + Send + 'static,
    O: Serialize,
    E: Display,
{
    let run = move |arguments: Map<String, Value>| -> Result<Running, CallEnd> {
        let arguments = serde_json::from_value(arguments.into()).map_err(|why: serde_json::Error| {
            CallEnd::Misfit(vec![Problem { path: String::new(), message: why.to_string() }])
        })?;
        let running = function(arguments);
        Ok(Box::pin(async move {
            let result = running.await.map_err(|why| why.to_string())?;
            match serde_json::to_value(result) {
                Ok(Value::String(text)) => Ok(text),
                Ok(value) => Ok(value.to_string()),
                Err(why) => Err(format!("the result can't be written as JSON: {why}")),
            }
        }))
    };
    let tool = Tool {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        parameters: schema_of::<A>(),
        strict: None,
    };
    Function { tool, run: Arc::new(run) }
}

/// How a model's calls are run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// How many replies the model may give.
    pub max_steps: u32,
    /// Whether a function's error ends the run; otherwise it is the call's result. Calls that cannot be made, and functions that take too
    /// long, never end the run.
    pub raise: bool,
    /// How long a function may take. The result of a call that takes longer says so.
    pub tool_timeout: Option<Duration>,
    /// The name under which chat completions send reasoning back; by default the one that the server used.
    pub reasoning_field: Option<String>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { max_steps: MAX_STEPS, raise: false, tool_timeout: None, reasoning_field: None }
    }
}

/// What happens in a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// An event of a reply, as it streams.
    Reply(&'a Event),
    /// A function begins.
    ToolStart(&'a Call),
    /// A function has ended.
    ToolDone(&'a Outcome),
}

/// A run that has ended.
#[derive(Debug, Clone)]
pub struct Run<R> {
    /// The last reply, which calls nothing.
    pub reply: R,
    /// The conversation, the last reply not included.
    pub messages: Vec<Value>,
    /// The usage of each reply; null where the endpoint told none.
    pub usage: Vec<Value>,
}

impl Client {
    /// Asks a model, runs the functions that it calls, all of a reply's at once, and goes on until it calls none.
    ///
    /// # Errors
    ///
    /// Those of any stream; a run that takes more than `max_steps` replies, or with `raise` a function that fails: the error's
    /// partial is the last reply.
    pub async fn run_tools<R: Ask>(
        &self,
        request: &R,
        functions: &[Function],
        options: &RunOptions,
        mut on_event: impl FnMut(RunEvent<'_>),
    ) -> Result<Run<R::Reply>, Error> {
        let mut body = body(request)?;
        let tools = functions.iter().map(|function| function.tool.clone()).collect();
        let mut run = ToolRun::begin(R::FORMAT, &mut body, tools, Vec::new())?;
        run.max_steps = options.max_steps;
        run.reasoning_field.clone_from(&options.reasoning_field);
        let mut usage = Vec::new();
        loop {
            let mut stream = self.stream_json(R::FORMAT.endpoint(), body.clone(), &RequestOptions::default()).await?;
            while let Some((events, _)) = stream.next_normal().await? {
                for event in &events {
                    on_event(RunEvent::Reply(event));
                }
            }
            let reply = stream.snapshot().unwrap_or_default();
            usage.push(reply.get("usage").cloned().unwrap_or_default());
            let outcomes = match run.take(&reply)? {
                Step::Done => {
                    let messages = match body.remove("messages") {
                        Some(Value::Array(messages)) => messages,
                        _ => Vec::new(),
                    };
                    return Ok(Run { reply: typed(reply)?, messages, usage });
                }
                Step::Continue => Vec::new(),
                Step::Calls(calls) => run_calls(calls, functions, options, &mut on_event)
                    .await
                    .map_err(|error| error.with_partial(Some(reply.clone())))?,
            };
            run.answer(&mut body, &reply, &outcomes);
        }
    }
}

/// Runs a reply's calls, all at once; their outcomes in the order of the calls. Fails where a function fails and the caller wants to know.
async fn run_calls(
    calls: Vec<Call>,
    functions: &[Function],
    options: &RunOptions,
    on_event: &mut impl FnMut(RunEvent<'_>),
) -> Result<Vec<Outcome>, Error> {
    let on_tool_error = if options.raise { OnToolError::Raise } else { OnToolError::Return };
    let mut running = JoinSet::new();
    let mut outcomes = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        on_event(RunEvent::ToolStart(call));
        let function = functions.iter().find(|function| function.tool.name == call.name);
        let started = match (&call.arguments, function) {
            (Some(arguments), Some(function)) => (function.run)(arguments.clone()),
            _ => Err(CallEnd::NotMade),
        };
        // Stands for a function that panicked: each call needs a result.
        let failed = CallEnd::Failed("the tool failed without a message".to_owned());
        outcomes.push(call.finish(failed, OnToolError::Return)?);
        let limit = options.tool_timeout;
        running.spawn(async move {
            let end = match (started, limit) {
                (Err(end), _) => end,
                (Ok(work), None) => returned(work.await),
                (Ok(work), Some(limit)) => match tokio::time::timeout(limit, work).await {
                    Ok(result) => returned(result),
                    Err(_) => CallEnd::TimedOut(limit.as_secs_f64()),
                },
            };
            (place, end)
        });
    }
    while let Some(joined) = running.join_next().await {
        let Ok((place, end)) = joined else { continue };
        let (Some(call), Some(outcome)) = (calls.get(place), outcomes.get_mut(place)) else { continue };
        *outcome = call.finish(end, on_tool_error)?;
        on_event(RunEvent::ToolDone(outcome));
    }
    Ok(outcomes)
}

fn returned(result: Result<String, String>) -> CallEnd {
    match result {
        Ok(text) => CallEnd::Returned(text),
        Err(text) => CallEnd::Failed(text),
    }
}
