//! Reading a typed answer: the JSON value in a reply, or the reason why there is none.
//!
//! Text around the value is skipped. Nulls that stand for members left out in strict mode are removed.

use super::{Mode, Plan};
use crate::error::{Error, ErrorKind};
use crate::json::{Finder, JsonError, Mirror, Parser, Root, sink};
use crate::prelude::*;
use crate::schema;
use crate::text::quoted;
use crate::tools::{self, at};
use crate::value::{self, Value};
use crate::wire::Format;

/// How many characters of an answer without JSON an error quotes.
const LONGEST_QUOTE: usize = 80;

/// The contents of a reply's choices.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// The value of each choice; `None` if the model refused or called a tool instead. Empty if there is a `problem`.
    pub values: Vec<Option<Value>>,
    /// Why an answer has no value that could be read.
    pub problem: Option<String>,
}

/// The result of reading one choice.
#[derive(Debug, Clone, PartialEq)]
pub enum Extracted {
    /// The answer's value.
    Value(Value),
    /// There is none.
    Missing(Missing),
}

/// Why a reply holds no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing {
    /// The kind of reply that came instead.
    pub kind: MissingKind,
    /// A description of the problem, and what to do.
    pub message: String,
}

/// The kind of a reply without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingKind {
    /// Its JSON is not valid.
    InvalidJson,
    /// It wrote text without JSON.
    NoJson,
    /// It refused.
    Refusal,
    /// It called a tool of the request.
    OtherCall,
}

impl Plan {
    /// The values of all choices of a reply; a message is one choice.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LengthFinishReason`] or [`ErrorKind::ContentFilterFinishReason`] for an answer that was cut; with the reply as its
    /// partial.
    #[inline(never)]
    pub fn read(&self, reply: &Value) -> Result<Answers, Error> {
        let mut answers = Answers::default();
        for choice in self.choices(reply) {
            match self.extract_choice(choice, reply)? {
                Extracted::Value(value) => answers.values.push(Some(value)),
                Extracted::Missing(Missing { kind: MissingKind::Refusal | MissingKind::OtherCall, .. }) => {
                    answers.values.push(None);
                }
                Extracted::Missing(Missing { message, .. }) => {
                    return Ok(Answers { values: Vec::new(), problem: Some(message) });
                }
            }
        }
        Ok(answers)
    }

    /// The value of a reply's first choice.
    ///
    /// # Errors
    ///
    /// As [`Plan::read`].
    pub fn extract(&self, reply: &Value) -> Result<Extracted, Error> {
        const NOTHING: &Value = &Value::Null;
        self.extract_choice(self.choices(reply).first().unwrap_or(NOTHING), reply)
    }

    /// An element of the answer, at a path such as `items.*`, without the nulls of strict mode.
    pub fn element(&self, path: &str, mut value: Value) -> Value {
        if self.strict {
            schema::remove_added_nulls_at(&mut value, path, &self.schema);
        }
        value
    }

    fn choices<'r>(&self, reply: &'r Value) -> &'r [Value] {
        const NOTHING: &[Value] = &[Value::Null];
        match self.endpoint {
            Format::Messages => core::slice::from_ref(reply),
            Format::Chat => match value::items(reply.get("choices")) {
                [] => NOTHING,
                choices => choices,
            },
        }
    }

    #[inline(never)]
    fn extract_choice(&self, choice: &Value, reply: &Value) -> Result<Extracted, Error> {
        let answer = Answer::read(self, choice);
        if let Some(error) = answer.cut(reply) {
            return Err(error);
        }
        let missing = |kind, message| Ok(Extracted::Missing(Missing { kind, message }));
        if let Some(refusal) = answer.refusal {
            return missing(MissingKind::Refusal, format!("the model refused: {refusal}"));
        }
        let has_other_call =
            self.mode != Mode::Tool && matches!(answer.reason.as_str(), "tool_calls" | "tool_use" | "function_call");
        let (text, is_called) = match (self.mode, answer.arguments) {
            (Mode::Tool, Some(arguments)) => (arguments, true),
            _ => (answer.text, false),
        };
        let (kind, message) = match parse(&text, self.root) {
            Ok(Some(value)) => return Ok(Extracted::Value(self.unwrapped(value))),
            Ok(None) if is_called => (MissingKind::InvalidJson, "the tool was called without arguments".to_owned()),
            Ok(None) => (MissingKind::NoJson, no_json(self.mode, &text)),
            Err(why) => (MissingKind::InvalidJson, format!("the answer is not valid JSON: {why}")),
        };
        missing(if has_other_call { MissingKind::OtherCall } else { kind }, message)
    }

    fn unwrapped(&self, mut value: Value) -> Value {
        if let Some(inner) = value
            .as_object_mut()
            .filter(|fields| self.wrapped && fields.len() == 1)
            .and_then(|fields| fields.shift_remove("value"))
        {
            value = inner;
        }
        if self.strict {
            schema::remove_added_nulls(&mut value, &self.schema);
        }
        value
    }
}

/// The JSON value in a text; `None` if there is none.
fn parse(text: &str, root: Root) -> Result<Option<Value>, JsonError> {
    let (mut finder, mut parser, mut mirror) = (Finder::new(root), Parser::default(), Mirror::default());
    finder.push(text, &mut parser, sink(&mut mirror))?;
    let ended = finder.finish(&mut parser, sink(&mut mirror));
    if !finder.found() {
        return Ok(None);
    }
    ended?;
    Ok(Some(mirror.into_value()))
}

fn no_json(mode: Mode, text: &str) -> String {
    let start = text.char_indices().nth(LONGEST_QUOTE).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let start = quoted(start);
    let (what, cause, advice) = match mode {
        Mode::Tool => (
            "the model answered with text instead of calling the tool",
            "the endpoint may not support tool_choice",
            "\"json_object\"",
        ),
        Mode::JsonSchema => (NO_JSON, IGNORED, "\"tool\" or \"json_object\""),
        Mode::JsonObject => (NO_JSON, IGNORED, "\"tool\""),
    };
    format!("{what}: {start}; {cause}: try mode {advice}")
}

const NO_JSON: &str = "the answer contains no JSON";
const IGNORED: &str = "the endpoint seems to ignore response_format";

/// The parts of a choice, or of a message, that a typed answer depends on.
#[derive(Default)]
struct Answer {
    text: String,
    arguments: Option<String>,
    refusal: Option<String>,
    reason: String,
}

impl Answer {
    #[inline(never)]
    fn read(plan: &Plan, choice: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if plan.endpoint == Format::Chat {
            let message = at(choice, "/message");
            let calls = value::items(Some(at(message, "/tool_calls"))).iter();
            let mut calls = calls.filter(|call| at(call, "/function/name") == plan.name.as_str());
            return Self {
                text: text(at(message, "/content")),
                arguments: calls.next().map(|call| text(at(call, "/function/arguments"))),
                refusal: at(message, "/refusal").as_str().filter(|text| !text.is_empty()).map(str::to_owned),
                reason: text(at(choice, "/finish_reason")),
            };
        }
        let mut answer = Self { reason: text(at(choice, "/stop_reason")), ..Self::default() };
        for block in value::items(Some(at(choice, "/content"))) {
            match at(block, "/type").as_str() {
                Some("text") => answer.text.push_str(at(block, "/text").as_str().unwrap_or_default()),
                Some("tool_use") if at(block, "/name") == plan.name.as_str() && answer.arguments.is_none() => {
                    answer.arguments = Some(tools::written_in(block));
                }
                _ => {}
            }
        }
        if answer.reason == "refusal" {
            answer.refusal =
                Some(if answer.text.is_empty() { "no reason given".to_owned() } else { answer.text.clone() });
        }
        answer
    }

    /// The error of an answer that ended before its end.
    #[inline(never)]
    fn cut(&self, reply: &Value) -> Option<Error> {
        let reason = &self.reason;
        let (kind, message) = if tools::LENGTH_REASONS.contains(&reason.as_str()) {
            let message = format!(
                "the answer stopped at its length limit ({reason}) before its JSON was complete; raise max_tokens; the partial answer is in `partial`"
            );
            (ErrorKind::LengthFinishReason, message)
        } else if reason == "content_filter" {
            let message = "the provider's content filter stopped the answer; the partial answer is in `partial`";
            (ErrorKind::ContentFilterFinishReason, message.to_owned())
        } else {
            return None;
        };
        Some(Error::new(kind, message).with_partial(Some(reply.clone())))
    }
}
