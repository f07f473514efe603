//! An answer that does not fit its type: the model is asked again, or the caller gets an error.
//!
//! The same rule for whole replies and for streams, whose parts can be rejected while the rest still arrives.

use super::plan::UNNAMED;
use super::{Mode, Plan};
use crate::error::{Error, ErrorKind, Problem};
use crate::json::json;
use crate::prelude::*;
use crate::tools::{self, Outcome};
use crate::value::fields::words;
use crate::value::{Map, Value};

/// How often a model is asked again, unless the caller says otherwise.
pub const MAX_REASKS: u32 = 2;

words! {
    /// The handling of an answer that doesn't fit.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum OnInvalid {
        /// An error.
        #[default]
        Raise = "raise",
        /// The model is asked again.
        Reask = "reask",
    }
    "raise or reask"
}

/// Why an answer is rejected, and how often the model may be asked again.
#[derive(Debug, Clone, Default)]
pub struct Rejection {
    /// The answer has no value: [`super::Answers::problem`].
    pub problem: Option<String>,
    /// Mismatches with the type, if there is a value.
    pub problems: Vec<Problem>,
    /// How many replies there were, this one included.
    pub tries: u32,
    /// What follows.
    pub on_invalid: OnInvalid,
    /// How often the model may be asked again. Default [`MAX_REASKS`].
    pub max_reasks: Option<u32>,
}

impl Plan {
    /// Adds a description of what is wrong with the answer to the request, so that the model tries again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOutput`] if the model is not asked again; with the reply as its partial, and the problems.
    #[inline(never)]
    pub fn reject(&self, request: &mut Map<String, Value>, reply: &Value, why: Rejection) -> Result<(), Error> {
        let text = why.problem.clone().unwrap_or_else(|| Problem::lines(&why.problems));
        if why.on_invalid == OnInvalid::Reask && why.tries <= why.max_reasks.unwrap_or(MAX_REASKS) {
            self.ask_again(request, reply, &text);
            return Ok(());
        }
        let (message, problems) = if let Some(message) = why.problem {
            (message.clone(), vec![Problem { path: String::new(), message }])
        } else {
            let name = if self.name == UNNAMED { "the schema" } else { &self.name };
            (format!("the answer doesn't fit {name}:\n{text}"), why.problems)
        };
        let mut error = Error::new(ErrorKind::InvalidOutput, message).with_partial(Some(reply.clone()));
        error.fields_mut().problems = problems;
        Err(error)
    }

    #[inline(never)]
    fn ask_again(&self, request: &mut Map<String, Value>, reply: &Value, problem: &str) {
        let endpoint = self.endpoint.endpoint();
        let complaint = format!(
            "That doesn't fit what was asked for:\n{problem}\nAnswer again with the whole corrected JSON, and nothing else."
        );
        let calls = tools::calls(&endpoint, reply, None);
        if self.mode == Mode::Tool && !calls.is_empty() {
            let rejected = |call: tools::Call| Outcome {
                id: call.id,
                name: call.name,
                content: complaint.clone().into(),
                is_error: true,
            };
            let results: Vec<_> = calls.into_iter().map(rejected).collect();
            tools::add_turn(&endpoint, request, reply, &results, None);
            return;
        }
        tools::add_turn(&endpoint, request, reply, &[], None);
        if let Some(Value::Array(messages)) = request.get_mut("messages") {
            messages.push(json!({"role": "user", "content": complaint}));
        }
    }
}
