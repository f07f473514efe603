//! A tool run: requests to the model and results of its calls, until the model answers.
//!
//! A pure state machine. The host sends the requests and calls the functions; what comes next, and each text that the model reads, is decided
//! here. A call whose arguments could not be read is never run.

use crate::error::{Error, ErrorKind, Problem};
use crate::json::json;
use crate::prelude::*;
use crate::text::dialect::Name;
use crate::text::number::format_number;
use crate::tools::{self, Call, Outcome, Tool};
use crate::value::fields::{fields, words};
use crate::value::{Map, Members, Value};
use crate::wire::Format;

/// How many replies a run takes, unless its options say otherwise.
pub const MAX_STEPS: u32 = 10;

words! {
    /// The effect of a function's error on the run.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum OnToolError {
        /// The error is the result of the call.
        #[default]
        Return = "return",
        /// The error ends the run.
        Raise = "raise",
    }
    "return or raise"
}

fields! {
    open
    /// The state of a run.
    #[derive(Debug, Clone, Default)]
    pub struct ToolRun {
        /// The format of the requests.
        pub endpoint: Format,
        /// The functions that the host runs. Parameters are kept for strict functions only.
        pub functions: Vec<Tool>,
        /// The names of the tools that the host does not run.
        pub provided: Vec<String>,
        /// How many replies the run may take.
        pub max_steps: u32,
        /// How many replies it has taken.
        pub steps: u32,
        /// The name under which chat completions send reasoning back; by default the one that the server used.
        pub reasoning_field: Option<String>,
    }
}

words! {
    /// The kind of a [`Step`].
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum StepKind {
        /// The reply is the answer.
        Done = "done",
        /// The model is asked again.
        Continue = "continue",
        /// Calls need results.
        Calls = "calls",
    }
    "done, continue or calls"
}

/// The step that follows a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The reply is the answer.
    Done,
    /// The model continues without results: the provider's own tools can take longer than one reply.
    Continue,
    /// These calls need results.
    Calls(Vec<Call>),
}

impl Step {
    /// Its kind.
    pub fn kind(&self) -> StepKind {
        match self {
            Self::Done => StepKind::Done,
            Self::Continue => StepKind::Continue,
            Self::Calls(_) => StepKind::Calls,
        }
    }

    /// The calls that need results.
    pub fn into_calls(self) -> Vec<Call> {
        match self {
            Self::Calls(calls) => calls,
            Self::Done | Self::Continue => Vec::new(),
        }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEnd {
    /// The function returned this text for the model.
    Returned(String),
    /// The function failed.
    Failed(String),
    /// The arguments do not fit the function's parameters.
    Misfit(Vec<Problem>),
    /// The function took longer than this many seconds.
    TimedOut(f64),
    /// The call was not made: see [`Call::problem`].
    NotMade,
}

impl ToolRun {
    /// Starts a run: puts the tools into the request, and lets chat completions report the usage of each step. `provided` are definitions
    /// of tools that the host does not run; they are sent as they are.
    ///
    /// # Errors
    ///
    /// A schema that strict mode cannot express.
    #[inline(never)]
    pub fn begin(
        endpoint: Format,
        request: &mut Map<String, Value>,
        functions: Vec<Tool>,
        provided: Vec<Value>,
    ) -> Result<Self, Error> {
        let mut run = Self { endpoint, max_steps: MAX_STEPS, ..Self::default() };
        let mut definitions = Vec::new();
        for function in functions {
            definitions.push(function.on_wire(&endpoint.endpoint())?);
            run.add_function(function);
        }
        run.provided = provided.iter().map(name_of).collect();
        definitions.extend(provided);
        if definitions.is_empty() {
            request.shift_remove("tools");
        } else {
            request.set("tools", definitions);
        }
        endpoint.request_usage(request);
        Ok(run)
    }

    pub(crate) fn add_function(&mut self, function: Tool) {
        let parameters = if function.strict == Some(true) { function.parameters } else { Value::Null };
        self.functions.push(Tool { description: None, parameters, ..function });
    }

    /// Takes a reply.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ToolRun`], with the reply as its partial, if the model calls tools in the last reply that the run may take.
    pub fn take(&mut self, reply: &Value) -> Result<Step, Error> {
        let calls = tools::calls(&self.endpoint.endpoint(), reply, Some(&self.functions));
        self.step(calls, tools::is_paused(reply), reply, "its last turn is in `partial`")
    }

    /// The step after a reply with these calls. `rest` says where the calls are that a run of too many steps leaves.
    #[inline(never)]
    pub(crate) fn step(&mut self, calls: Vec<Call>, is_paused: bool, reply: &Value, rest: &str) -> Result<Step, Error> {
        self.steps += 1;
        if self.has_provided(&calls) || (calls.is_empty() && !is_paused) {
            return Ok(Step::Done);
        }
        if self.steps >= self.max_steps {
            let (steps, option) = (self.max_steps, Name("max_steps"));
            let message = format!("the model still calls tools after {steps} steps: raise {option}; {rest}");
            return Err(Error::new(ErrorKind::ToolRun, message).with_partial(Some(reply.clone())));
        }
        Ok(if calls.is_empty() { Step::Continue } else { Step::Calls(calls) })
    }

    /// Whether one of the calls is of a tool that the host does not run.
    pub(crate) fn has_provided(&self, calls: &[Call]) -> bool {
        let is_provided = |call: &Call| {
            self.provided.contains(&call.name) && self.functions.iter().all(|function| function.name != call.name)
        };
        calls.iter().any(is_provided)
    }

    /// Adds the model's turn and the results of its calls, in their order, to the request. A model that was forced to call a tool may then
    /// answer.
    pub fn answer(&self, request: &mut Map<String, Value>, reply: &Value, results: &[Outcome]) {
        tools::answer(&self.endpoint.endpoint(), request, reply, results, self.reasoning_field.as_deref());
    }
}

/// The name of a tool's definition, in either format.
pub(crate) fn name_of(definition: &Value) -> String {
    let named = definition.get("function").unwrap_or(definition);
    named.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Call {
    /// The event of a call that begins.
    pub fn start_event(&self) -> Value {
        self.event("tool.start").into()
    }

    /// The event of a call that has ended.
    #[inline(never)]
    pub fn done_event(&self, outcome: &Outcome) -> Value {
        let mut event = self.event("tool.done");
        event.set(if outcome.is_error { "error" } else { "result" }, outcome.content.clone());
        event.into()
    }

    fn event(&self, kind: &str) -> Map<String, Value> {
        let mut event = crate::value::object([
            ("type", kind.into()),
            ("id", self.id.as_str().into()),
            ("name", self.name.as_str().into()),
        ]);
        if let Some(arguments) = &self.arguments {
            event.set("arguments", arguments.clone());
        }
        event
    }

    /// The result of the call, for the model.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ToolRun`] if the function failed and errors end the run. The model's own mistakes and time limits never do.
    #[inline(never)]
    pub fn finish(&self, end: CallEnd, on_tool_error: OnToolError) -> Result<Outcome, Error> {
        let name = &self.name;
        let is_error = !matches!(end, CallEnd::Returned(_));
        let content = match end {
            CallEnd::Failed(text) if on_tool_error == OnToolError::Raise => {
                return Err(Error::new(ErrorKind::ToolRun, format!("the tool {name} failed: {text}")));
            }
            CallEnd::Returned(text) | CallEnd::Failed(text) => text,
            CallEnd::Misfit(problems) => format!("the arguments don't fit {name}:\n{}", Problem::lines(&problems)),
            CallEnd::TimedOut(seconds) => format!("{name} took longer than {} seconds", format_number(seconds)),
            CallEnd::NotMade => self.problem.clone().unwrap_or_default(),
        };
        Ok(Outcome { id: self.id.clone(), name: name.clone(), content: content.into(), is_error })
    }
}

impl ToolRun {
    /// The state as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({
            "endpoint": self.endpoint.word(),
            "functions": self.functions.iter().map(Tool::to_value).collect::<Value>(),
            "provided": self.provided.iter().map(|name| Value::from(name.as_str())).collect::<Value>(),
            "max_steps": self.max_steps,
            "steps": self.steps,
            "reasoning_field": self.reasoning_field,
        })
    }
}

impl Outcome {
    /// The outcome as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({"id": self.id, "name": self.name, "content": self.content, "is_error": self.is_error})
    }
}
