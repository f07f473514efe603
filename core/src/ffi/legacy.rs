//! The former names of operations, until the hosts call [`super::operations`].

use super::operations::{client, extra};
use crate::conversation::Conversation;
use crate::error::{Error, invalid_option};
use crate::json::json;
use crate::prelude::*;
use crate::structured::{AnswerType, Extracted, MissingKind, OnInvalid, Plan, Rejection};
use crate::tools::run::CallEnd;
use crate::tools::{self, Call, Outcome, Tool};
use crate::value::fields::{Field as _, fields};
use crate::value::{Map, Value};
use crate::wire::Format;

fields! {
    open
    #[derive(Default)]
    struct Assist {
        endpoint: Format,
        request: Map<String, Value>,
        reply: Value,
        output: Option<Plan>,
        problem: String,
        tools: Vec<Tool>,
        results: Vec<Outcome>,
        reasoning_field: Option<String>,
        name: String,
        seconds: f64,
        path: String,
        value: Value,
    }
}

/// The former operations on requests and replies.
///
/// # Errors
///
/// Those of the operation.
pub fn assist(operation: &str, input: &str) -> Result<String, Error> {
    if operation == "cost" {
        return client::operation("price_tokens", input);
    }
    let Assist {
        endpoint,
        mut request,
        reply,
        output,
        problem,
        tools,
        results,
        reasoning_field,
        name,
        seconds,
        path,
        value,
    } = Assist::read(crate::json::parse_object(input).map_err(|why| invalid_option(&why))?.into())
        .ok_or_else(|| invalid_option(&"the input is of the wrong type"))?;
    let format = endpoint;
    let endpoint = format.endpoint();
    let plan = output.map(|plan| Plan { endpoint: format, ..plan });
    let planned = || plan.clone().ok_or_else(|| invalid_option(&"output is missing"));
    Ok(match operation {
        "timed_out" => {
            let call = Call { name, ..Call::default() };
            let outcome = call.finish(CallEnd::TimedOut(seconds), tools::run::OnToolError::Return)?;
            json!({"content": outcome.content})
        }
        "structure" => {
            let Plan { name, schema, mode, strict, description, .. } = planned()?;
            let answer = AnswerType {
                format: Value::Null,
                schema,
                name: Some(name),
                description,
                mode: Some(mode),
                strict: Some(strict),
            };
            let plan = Plan::new(format, &mut request, answer)?;
            json!({"request": request, "output": plan.to_value()})
        }
        "extract" => match planned()?.extract(&reply)? {
            Extracted::Value(value) => json!({ "value": value }),
            Extracted::Missing(missing) => {
                let kind = match missing.kind {
                    MissingKind::Refusal | MissingKind::OtherCall => "refusal",
                    MissingKind::NoJson => "ignored",
                    MissingKind::InvalidJson => "invalid_json",
                };
                json!({"problem": {"kind": kind, "message": missing.message}})
            }
        },
        "element" => json!({"value": planned()?.element(&path, value)}),
        "reask" => {
            let why = Rejection { problem: Some(problem), on_invalid: OnInvalid::Reask, ..Rejection::default() };
            planned()?.reject(&mut request, &reply, why)?;
            json!({ "request": request })
        }
        "calls" => {
            let calls = tools::calls(&endpoint, &reply, Some(&tools));
            let calls = calls.iter().map(Call::to_value).collect::<Value>();
            json!({"calls": calls, "paused": tools::is_paused(&reply)})
        }
        "answer" => {
            tools::answer(&endpoint, &mut request, &reply, &results, reasoning_field.as_deref());
            json!({ "request": request })
        }
        "tools" => {
            let mut on_wire = Vec::new();
            for tool in &tools {
                on_wire.push(tool.on_wire(&endpoint)?);
            }
            json!({ "tools": on_wire })
        }
        _ => return client::operation(operation, input),
    }
    .to_string())
}

/// The former operations that a client does not need.
///
/// # Errors
///
/// Those of the operation.
pub fn kit(operation: &str, input: &str) -> Result<String, Error> {
    match operation {
        "parameters" => extra::operation("check_parameters", input),
        "snippet" => extra::operation("write_snippet", input),
        _ => extra::operation(operation, input),
    }
}

/// The former operations on a conversation, whose `request` and `settings` had no member of that name.
///
/// # Errors
///
/// Those of the operation.
pub fn conversation(conversation: &mut Conversation, operation: &str, input: &str) -> Result<String, Error> {
    let text = super::operations::conversation::operation(conversation, operation, input)?;
    if !matches!(operation, "request" | "settings") {
        return Ok(text);
    }
    let mut members = crate::json::parse_object(&text).map_err(|why| invalid_option(&why))?;
    Ok(members.shift_remove(operation).unwrap_or_default().to_string())
}

/// The former operations of a native host, those on a catalogue included.
///
/// # Errors
///
/// Those of the operation.
#[cfg(feature = "catalog")]
pub fn native_assist(operation: &str, input: &str) -> Result<String, Error> {
    use super::operations::catalog;
    match operation {
        "catalog" => Ok(crate::catalog::TEXT.to_owned()),
        "search" => catalog::operation("search_models", input),
        "related" => catalog::operation("related_models", input),
        "merge" => catalog::operation("merge_models", input),
        _ => assist(operation, input),
    }
}
