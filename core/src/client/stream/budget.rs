//! The running cost of a stream, compared with its budget.
//!
//! Invariant: the estimate of a running stream is high rather than low. The output tokens are those that the endpoint reported last. For the
//! text since then, or without a report, they are estimated:
//!
//! - at least one token for each delta and one for each [`BYTES_PER_TOKEN`] bytes of text (the higher number): most servers send one token per
//!   delta, and most texts have fewer tokens than that;
//! - at most the limit of the request or the model, whose cost is then reserved, unless the text has more than [`MAX_BYTES_PER_TOKEN`] bytes for
//!   each of these tokens: such a server ignores the limit.
//!
//! A stream stops before the estimate and [`MARGIN`] more tokens, which the server may already have sent, exceed the budget. Its connection is
//! closed, and the rest of the last read is dropped.

use crate::prelude::*;
use crate::value::{Map, Value};

use crate::cost::{Dollars, MARGIN, ReplyUsage, Reservation, Tokens};
use crate::error::{Error, ErrorKind};
use crate::wire::Item;

/// Bytes of text per token, for deltas with more than one token.
const BYTES_PER_TOKEN: u64 = 4;
/// More bytes of text per token than any answer has on average.
const MAX_BYTES_PER_TOKEN: u64 = 8;

/// Counts what a stream brings, and compares its cost with the budget.
#[derive(Debug, Default)]
pub(super) struct BudgetMonitor {
    /// Deltas since the last report.
    deltas: u64,
    /// Bytes of text since the last report.
    bytes: u64,
    /// The endpoint's last report: the cost, and the output tokens.
    reported: Option<(Dollars, u64)>,
}

impl BudgetMonitor {
    /// Adds the items of a frame. Fails if the stream has to stop. `usage` returns the usage that the stream has reported so far.
    pub(super) fn add<'a>(
        &mut self,
        reservation: &Reservation,
        items: &[Item],
        usage: impl Fn() -> ReplyUsage<'a>,
    ) -> Result<(), Error> {
        let Some(terms) = reservation.terms() else { return Ok(()) };
        let mut has_usage = false;
        for item in items {
            let bytes = if let Some((_, text)) = item.as_delta() {
                text.len()
            } else {
                let fields = item.fields();
                has_usage |= reported_usage(&fields).is_some();
                text_length(&fields)
            };
            self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
            self.deltas += u64::from(bytes > 0);
        }
        if has_usage {
            let usage = usage();
            let tokens = usage.usage.and_then(Tokens::of).map_or(0, |tokens| tokens.output);
            if let Some(cost) = reservation.own_cost(&usage).total {
                *self = Self { reported: Some((cost, tokens)), ..Self::default() };
            }
        }
        let (reported, before) = self.reported.unwrap_or((terms.input, 0));
        let mut tokens = self.deltas.max(self.bytes.div_ceil(BYTES_PER_TOKEN));
        let mut margin = MARGIN;
        if let Some(left) = terms.max_output_tokens.map(|most| most.saturating_sub(before)) {
            tokens = tokens.min(left).max(self.bytes / MAX_BYTES_PER_TOKEN);
            margin = if tokens > left { MARGIN } else { 0 };
        }
        let running = reported + terms.prices.output.times(tokens);
        if reservation.try_raise(running, running + terms.prices.output.times(margin)) {
            return Ok(());
        }
        let message = format!(
            "the stream was stopped before it exceeded its budget, at about ${running} and {} output tokens; `partial` has the answer so far",
            before + tokens
        );
        Err(Error::new(ErrorKind::BudgetExceeded, message))
    }
}

/// The usage that an item of either format reports.
fn reported_usage(fields: &Map<String, Value>) -> Option<&Value> {
    let usage = fields.get("usage").or_else(|| fields.get("message")?.get("usage"));
    usage.filter(|usage| usage.is_object())
}

/// Bytes of the texts that an item adds.
fn text_length(fields: &Map<String, Value>) -> usize {
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

/// Whether a field's text is a label of the API, and not written by the model.
fn is_label(name: &str) -> bool {
    matches!(name, "role" | "id" | "type" | "signature" | "stop_reason")
}
