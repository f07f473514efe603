//! A run of a conversation: requests and results of calls, until the model answers.
//!
//! Applies the steps of [`ToolRun`] to the turns of a conversation. Calls that already wait for results, after a stopped run or in a loaded
//! conversation, come before the next request.

use super::{Conversation, Next, refused};
use crate::error::Error;
use crate::prelude::*;
use crate::tools::run::{MAX_STEPS, Step, ToolRun, name_of};
use crate::tools::{self, Call, Tool};
use crate::value::fields::{Field as _, words};
use crate::value::{Map, Value};

/// The options of a run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// The names of the functions that the host runs.
    pub functions: Vec<String>,
    /// The largest number of replies. Default [`MAX_STEPS`].
    pub max_steps: Option<u32>,
    /// Whether replies are streamed.
    pub is_streamed: bool,
    /// Parameters of the run's requests, of the conversation's format.
    pub parameters: Map<String, Value>,
}

/// The state of a current run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    tools: ToolRun,
    is_streamed: bool,
    parameters: Map<String, Value>,
}

words! {
    /// The kind of a [`NextStep`].
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum NextStepKind {
        /// A request is sent.
        Request = "request",
        /// Calls need results.
        Calls = "calls",
    }
    "request or calls"
}

/// The next step of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum NextStep {
    /// Send this request.
    Request(Map<String, Value>),
    /// Add results of these calls.
    Calls(Vec<Call>),
}

impl Conversation {
    /// Whether there is a current run.
    pub fn is_busy(&self) -> bool {
        self.run.is_some()
    }

    /// Begins a run.
    pub fn begin_run(&mut self, options: RunOptions) {
        let endpoint = self.settings.format;
        let max_steps = options.max_steps.unwrap_or(MAX_STEPS);
        let mut tools = ToolRun { endpoint, max_steps, ..ToolRun::default() };
        for definition in &self.settings.tools {
            let name = name_of(definition);
            match Tool::read(definition.clone()).filter(|_| options.functions.contains(&name)) {
                Some(function) => tools.add_function(function),
                None => tools.provided.push(name),
            }
        }
        self.run = Some(Run { tools, is_streamed: options.is_streamed, parameters: options.parameters });
    }

    /// Ends the run, also before its last step.
    pub fn end_run(&mut self) {
        self.run = None;
    }

    /// Returns the next request, or the calls that need results first.
    ///
    /// # Errors
    ///
    /// Those of [`Conversation::request`]; calls of tools that the host does not run.
    pub fn next_step(&self) -> Result<NextStep, Error> {
        let run = self.run.as_ref().ok_or_else(no_run)?;
        if self.next() == Next::Results {
            let calls = run.checked(self.pending());
            if run.tools.has_provided(&calls) {
                return Err(refused("calls wait for results that only results() can give"));
            }
            return Ok(NextStep::Calls(calls));
        }
        let mut request = self.request(None, &run.parameters)?;
        if run.is_streamed && !run.parameters.contains_key("stream_options") {
            self.settings.format.request_usage(&mut request);
        }
        Ok(NextStep::Request(request))
    }

    /// Takes the reply to a request of the run.
    ///
    /// # Errors
    ///
    /// Those of [`Conversation::take`]; [`crate::ErrorKind::ToolRun`] if the model calls tools in the last reply that the run may take.
    pub fn take_reply(&mut self, reply: &Value) -> Result<Step, Error> {
        let pending = self.take(reply)?;
        let is_paused = self.next() == Next::Model;
        let run = self.run.as_mut().ok_or_else(no_run)?;
        let calls = run.checked(pending);
        run.tools.step(calls, is_paused, reply, "its calls wait for results")
    }

    /// Adds an incomplete reply that was stopped, or that ended with an error of this kind. Returns whether there was anything to keep.
    ///
    /// # Errors
    ///
    /// Those of [`Conversation::take_partial`].
    pub fn keep_partial(&mut self, reply: &Value, error: Option<&str>) -> Result<bool, Error> {
        // The reader has cancelled the reply itself.
        let why = error.filter(|kind| *kind != "APIUserAbortError").unwrap_or("stopped");
        self.take_partial(reply, why)
    }
}

impl Run {
    fn checked(&self, calls: Vec<Call>) -> Vec<Call> {
        calls.into_iter().map(|call| tools::checked(call, &self.tools.functions)).collect()
    }
}

fn no_run() -> Error {
    refused("no run has begun")
}
