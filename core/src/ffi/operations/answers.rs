//! The operations of typed answers and of runs of tools.
//!
//! Without state: an operation that continues another one takes back what that one returned (`run`, `plan`, `request`).

use super::{Answer, operations};
use crate::error::{Error, Problem};
use crate::prelude::*;
use crate::schema;
use crate::structured::{AnswerType, Mode, OnInvalid, Plan, Rejection};
use crate::tools::run::{CallEnd, OnToolError, StepKind, ToolRun};
use crate::tools::{Call, Outcome, Tool};
use crate::value::fields::Reader;
use crate::value::{Map, Value};
use crate::wire::Format;

operations! {
    /// Executes an operation of this group.
    fn operation();

    inputs {
        /// The format of the request.
        endpoint: Format,
        /// The members of a request.
        request: Map<String, Value>,
        /// The functions that the host runs.
        functions: Vec<Tool>,
        /// Definitions of tools that the host does not run, as the request holds them.
        provided: Vec<Value>,
        /// The maximum number of requests of a run. Default 10.
        max_steps: Option<u32>,
        /// The name under which chat completions send reasoning back. Default: the one that the server used.
        reasoning_field: Option<String>,
        /// The state of a run.
        run: ToolRun,
        /// A chat completion or a message.
        reply: Value,
        /// A call of the reply.
        call: Call,
        /// The function's result, as text for the model.
        result: Option<String>,
        /// The error of a function that failed.
        failure: Option<String>,
        /// Mismatches with a schema.
        problems: Vec<Problem>,
        /// The time limit that has passed, in seconds.
        seconds: Option<f64>,
        /// Whether the error of a function is sent to the model as the result (`return`, default), or ends the run with a `ToolRunError` (`raise`).
        on_tool_error: OnToolError,
        /// The outcomes of calls, in the order of the calls.
        results: Vec<Outcome>,
        /// A format of the API, or a JSON Schema, as the caller gave it.
        format: Value,
        /// A JSON Schema.
        schema: Value,
        /// The name of a type.
        name: Option<String>,
        /// A description of the answer, for the model.
        description: Option<String>,
        /// `json_schema` (default): the endpoint enforces the schema; `json_object`: JSON mode; `tool`: a tool that the model must call.
        mode: Option<Mode>,
        /// Whether to derive the schema that strict mode requires. Default true.
        strict: Option<bool>,
        /// How a request asks for a typed answer.
        plan: Plan,
        /// The reason why a reply has no value.
        problem: Option<String>,
        /// The number of replies so far, including this one.
        tries: Option<u32>,
        /// What to do with a reply that does not match: fail (`raise`, default), or ask the model to correct it (`reask`).
        on_invalid: OnInvalid,
        /// The maximum number of further requests. Default 2.
        max_reasks: Option<u32>,
        /// A path in an answer, such as `items.*`.
        path: Option<String>,
        /// A JSON value.
        value: Value,
    }

    /// Starts a run of tools: puts the tools into the request.
    begin_tool_run(endpoint, request, functions, provided; max_steps, reasoning_field)
        -> { request: Map<String, Value>, run: ToolRun }
    {
        let mut request = request;
        let mut run = ToolRun::begin(endpoint, &mut request, functions, provided)?;
        run.max_steps = max_steps.unwrap_or(run.max_steps);
        run.reasoning_field = reasoning_field;
        (request, run)
    }

    /// Takes a reply of a run. `next` is `done`, `continue` or `calls`; `events` are those of the calls that begin.
    take_reply(run, reply) -> { run: ToolRun, next: StepKind, calls: Vec<Call>, events: Vec<Value> } {
        let mut run = run;
        let step = run.take(&reply)?;
        let next = step.kind();
        let calls = step.into_calls();
        let events = calls.iter().map(Call::start_event).collect();
        (run, next, calls, events)
    }

    /// Ends a call: with its `result`, the `failure` of the function, the `problems` of its arguments, the time limit in `seconds`, or, for a call
    /// that was not made, with none of them.
    finish_call(call; result, failure, problems, seconds, on_tool_error) -> { outcome: Outcome, event: Value } {
        let end = match (result, failure, seconds) {
            (Some(text), ..) => CallEnd::Returned(text),
            (_, Some(text), ..) => CallEnd::Failed(text),
            (_, _, Some(seconds)) => CallEnd::TimedOut(seconds),
            _ if problems.is_empty() => CallEnd::NotMade,
            _ => CallEnd::Misfit(problems),
        };
        let outcome = call.finish(end, on_tool_error)?;
        let event = call.done_event(&outcome);
        (outcome, event)
    }

    /// Adds the model's turn and the results of its calls to the request.
    answer_calls(run, request, reply, results) -> { request: Map<String, Value> } {
        let mut request = request;
        run.answer(&mut request, &reply, &results);
        (request,)
    }

    /// Changes a request so that it asks for an answer of a type: of a `format`, or of a `schema` that the host derived.
    plan_answer(endpoint, request; format, schema, name, description, mode, strict)
        -> { request: Map<String, Value>, plan: Plan }
    {
        let mut request = request;
        let answer = AnswerType { format, schema, name, description, mode, strict };
        let plan = Plan::new(endpoint, &mut request, answer)?;
        (request, plan)
    }

    /// Reads the values of a reply's choices. A choice without a `value` refused or called a tool. With a `problem` there are no values.
    read_answer(plan, reply) -> { values: Vec<Answer>, problem: Option<String> } {
        let answers = plan.read(&reply)?;
        (answers.values.into_iter().map(|value| Answer { value }).collect(), answers.problem)
    }

    /// Rejects an answer: returns the request that asks again, or fails.
    reject_answer(plan, reply, tries; problem, problems, request, on_invalid, max_reasks)
        -> { request: Map<String, Value> }
    {
        let mut request = request;
        plan.reject(&mut request, &reply, Rejection { problem, problems, tries: tries.unwrap_or_default(), on_invalid, max_reasks })?;
        (request,)
    }

    /// Removes the nulls of strict mode from an element of an answer.
    read_element(plan, path, value) -> { value: Value } {
        (plan.element(path.as_deref().unwrap_or_default(), value),)
    }

    /// Removes the nulls of strict mode from a value of a schema.
    remove_nulls(schema, value) -> { value: Value } {
        let mut value = value;
        schema::remove_added_nulls(&mut value, &schema);
        (value,)
    }
}
