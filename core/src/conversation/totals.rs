//! Tokens and dollars of a conversation.
//!
//! Invariant: every answer counts, including cut, undone and repeated ones. Unknown numbers are counted as unknown and not guessed.

use crate::json::json;
use crate::prelude::*;
use crate::value::{Map, Members, Value};

use super::refused;
use crate::cost::{Dollars, Tokens};
use crate::error::Error;
use crate::tools::at;

/// The largest number of reasons.
const REASONS: usize = 8;

/// The tokens and costs of a conversation's answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// The number of answers.
    pub answers: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// The number of answers with unknown tokens.
    pub without_usage: u64,
    /// The sum of the known costs.
    pub total: Dollars,
    /// The number of answers with an unknown cost.
    pub without_cost: u64,
    /// The reasons.
    pub reasons: Vec<String>,
    /// Further fields of the file.
    extra: [Map<String, Value>; 2],
}

impl Totals {
    /// Adds an answer.
    pub(super) fn add(&mut self, reply: &Value) {
        self.answers += 1;
        match Tokens::of(at(reply, "/usage")) {
            Some(tokens) => {
                let sum = &mut self.tokens;
                for (sum, count) in [
                    (&mut sum.input, tokens.input),
                    (&mut sum.output, tokens.output),
                    (&mut sum.cache_read, tokens.cache_read),
                    (&mut sum.cache_write, tokens.cache_write),
                    (&mut sum.reasoning, tokens.reasoning),
                ] {
                    *sum = sum.saturating_add(count);
                }
            }
            None => self.without_usage += 1,
        }
        if let Some(cost) = Dollars::of_value(at(reply, "/cost/total")) {
            self.total += cost;
            return;
        }
        self.without_cost += 1;
        let reason = at(reply, "/cost/reason").as_str().unwrap_or("the answer has no cost").to_owned();
        if !self.reasons.contains(&reason) && self.reasons.len() < REASONS {
            self.reasons.push(reason);
        }
    }

    /// `{answers, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, unknown}`: `input_tokens` without
    /// those of caches, `reasoning_tokens` a part of `output_tokens`, `unknown` the number of answers without reported tokens.
    pub fn usage(&self) -> Value {
        let Tokens { input, cache_read, cache_write, output, reasoning } = self.tokens;
        let usage = json!({
            "answers": self.answers,
            "input_tokens": input,
            "output_tokens": output,
            "cache_read_tokens": cache_read,
            "cache_write_tokens": cache_write,
            "reasoning_tokens": reasoning,
            "unknown": self.without_usage,
        });
        with(usage, &self.extra[0])
    }

    /// `{total, unknown, reasons}`: dollars as a decimal text, the number of answers without a known cost, and the reasons.
    pub fn cost(&self) -> Value {
        let reasons = self.reasons.iter().map(|reason| Value::from(reason.as_str())).collect::<Value>();
        let cost = json!({"total": self.total.to_string(), "unknown": self.without_cost, "reasons": reasons});
        with(cost, &self.extra[1])
    }

    /// Reads both objects.
    pub(super) fn read(usage: Option<Value>, cost: Option<Value>) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in members(usage, "usage")? {
            let counter = match name.as_str() {
                "answers" => &mut read.answers,
                "input_tokens" => &mut read.tokens.input,
                "output_tokens" => &mut read.tokens.output,
                "cache_read_tokens" => &mut read.tokens.cache_read,
                "cache_write_tokens" => &mut read.tokens.cache_write,
                "reasoning_tokens" => &mut read.tokens.reasoning,
                "unknown" => &mut read.without_usage,
                _ => {
                    read.extra[0].insert(name, value);
                    continue;
                }
            };
            *counter = value.as_u64().ok_or_else(|| refused(format!("usage.{name} must be a whole number")))?;
        }
        for (name, value) in members(cost, "cost")? {
            match name.as_str() {
                "total" => {
                    let total = Dollars::of_value(&value);
                    read.total = total.ok_or_else(|| refused("cost.total must be dollars, such as \"0.039\""))?;
                }
                "unknown" => {
                    let count = value.as_u64();
                    read.without_cost = count.ok_or_else(|| refused("cost.unknown must be a whole number"))?;
                }
                "reasons" => {
                    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    read.reasons = texts.map(str::to_owned).collect();
                }
                _ => drop(read.extra[1].insert(name, value)),
            }
        }
        Ok(read)
    }
}

fn members(value: Option<Value>, name: &str) -> Result<Map<String, Value>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(refused(format!("{name} must be an object"))),
    }
}

fn with(mut value: Value, extra: &Map<String, Value>) -> Value {
    if let Value::Object(members) = &mut value {
        members.copy(extra);
    }
    value
}
