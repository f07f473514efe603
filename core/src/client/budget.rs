//! A stream against its budget.
//!
//! Law: looks at what each frame brought, and only where there is a budget. The tokens so far are what the endpoint told; while it tells
//! none, or since it did:
//!
//! - at least one for each delta, and one for each [`BYTES`] bytes of text, whichever is more: most servers send a token a delta, and
//!   most text has fewer tokens than that;
//! - but no more than the request or the model allows, which is reserved then, unless the text has more than [`MOST_BYTES`] bytes for each
//!   of them: that server doesn't keep to it.
//!
//! A stream stops when these and [`MARGIN`] more, which the server may have sent by then, would pass the budget. Its connection is closed, and
//! what the same read brought after that is dropped unread.

use crate::prelude::*;
use crate::value::{Map, Value};

use crate::cost::{Dollars, MARGIN, ReplyUsage, Reservation, Tokens};
use crate::error::{Error, ErrorKind};
use crate::wire::Item;

/// Bytes of text for each token, where deltas have more than one token.
const BYTES: u64 = 4;
/// Bytes of text that are more than any answer's tokens have on average.
const MOST_BYTES: u64 = 8;

/// What came of a stream.
#[derive(Debug, Default)]
pub(crate) struct BudgetMonitor {
    deltas: u64,
    bytes: u64,
    /// What the endpoint told last: the cost, and the tokens of the answer.
    told: Option<(Dollars, u64)>,
}

impl BudgetMonitor {
    /// Looks at what a frame brought; an error where the stream has to stop. `reply` tells what was accumulated.
    pub(crate) fn look<'a>(
        &mut self,
        reservation: &Reservation,
        items: &[Item],
        reply: impl Fn() -> ReplyUsage<'a>,
    ) -> Result<(), Error> {
        let Some(terms) = &reservation.terms else { return Ok(()) };
        let mut tells = false;
        for item in items {
            let bytes = if let Some((_, text)) = item.as_delta() {
                text.len()
            } else {
                let fields = item.fields();
                tells |= usage(&fields).is_some();
                said(&fields)
            };
            self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
            self.deltas += u64::from(bytes > 0);
        }
        if tells {
            let reply = reply();
            let tokens = reply.usage.and_then(Tokens::of).map_or(0, |tokens| tokens.output);
            if let Some(cost) = reservation.cost(&reply).total {
                *self = Self { told: Some((cost, tokens)), ..Self::default() };
            }
        }
        let (told, before) = self.told.unwrap_or((terms.input, 0));
        let mut tokens = self.deltas.max(self.bytes.div_ceil(BYTES));
        let mut margin = MARGIN;
        if let Some(max_output_tokens) =
            terms.max_output_tokens.map(|max_output_tokens| max_output_tokens.saturating_sub(before))
        {
            tokens = tokens.min(max_output_tokens).max(self.bytes / MOST_BYTES);
            margin = if tokens > max_output_tokens { MARGIN } else { 0 };
        }
        let running = told + terms.prices.output.times(tokens);
        if reservation.try_raise(running, running + terms.prices.output.times(margin)) {
            return Ok(());
        }
        let message = format!(
            "the stream was stopped before it passed its budget, at about ${running} and {} tokens of answer; they are in `partial`",
            before + tokens
        );
        Err(Error::new(ErrorKind::BudgetExceeded, message))
    }
}

/// The usage that an item tells, of either format.
fn usage(fields: &Map<String, Value>) -> Option<&Value> {
    let usage = fields.get("usage").or_else(|| fields.get("message")?.get("usage"));
    usage.filter(|usage| usage.is_object())
}

/// Bytes of the texts that an item adds.
fn said(fields: &Map<String, Value>) -> usize {
    let mut bytes = fields.get("delta").map_or(0, length);
    if let Some(choices) = fields.get("choices").and_then(Value::as_array) {
        for choice in choices {
            bytes += choice.get("delta").map_or(0, length);
        }
    }
    bytes
}

fn length(value: &Value) -> usize {
    let mut bytes = 0;
    match value {
        Value::String(text) => bytes = text.len(),
        Value::Array(items) => items.iter().for_each(|item| bytes += length(item)),
        Value::Object(fields) => {
            for (name, value) in fields {
                bytes += if is_label(name) { 0 } else { length(value) };
            }
        }
        _ => {}
    }
    bytes
}

/// Fields whose texts no model wrote.
fn is_label(name: &str) -> bool {
    matches!(name, "role" | "id" | "type" | "signature" | "stop_reason")
}
