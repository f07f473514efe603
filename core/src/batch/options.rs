//! The options of a batch.
//!
//! Invariant: each option is checked here, before anything is read or sent, and an option without an effect is an error.

use super::row::{EqualRows, RowReader};
use super::template::{Template, check_unstreamed};
use crate::client::BatchLimits;
use crate::config::RequestOptions;
use crate::cost::Dollars;
use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::text::dialect::Name;
use crate::text::shortened;
use crate::value::fields::{Field as _, words};
use crate::value::{Map, Value};

/// The default number of rows in flight.
const IN_FLIGHT: usize = 128;
/// The most rows in flight: more connections than a server accepts from one client.
const MAX_IN_FLIGHT: usize = 10_000;

words! {
    /// When lines of the log are synced to the disk.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum SyncMode {
        /// Each line before its row counts, those of all calls in flight together.
        Row = "row",
        /// Once in a second. After a loss of power, the rows of the last second are sent again.
        #[default]
        Second = "1s",
        /// By the operating system. A killed process loses nothing; a loss of power may lose lines.
        None = "none",
    }
    "\"row\", \"1s\" or \"none\""
}

words! {
    /// How rows are sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Via {
        /// Each by a call.
        #[default]
        Calls = "calls",
        /// In batches that the provider answers within a day, at half the price: OpenAI's `/batches` for chat completions, Anthropic's Message Batches for
        /// messages.
        Provider = "provider",
    }
    "\"calls\" or \"provider\""
}

/// The options of a batch.
#[derive(Debug, Clone, Default)]
pub struct BatchOptions {
    /// A text or a request that names columns of the rows: `Summarize {text}`. Default none: each row has its request.
    pub template: Value,
    /// The model of the template.
    pub model: Option<String>,
    /// Fields of each request, such as `temperature`, unless the row has them.
    pub parameters: Map<String, Value>,
    /// How rows are sent. Default: each by a call.
    pub via: Via,
    /// The most rows in flight. Default 128, at most 10,000.
    pub in_flight: Option<usize>,
    /// When lines are synced. Default: once in a second.
    pub sync: SyncMode,
    /// Whether equal rows without a `custom_id` are sent once or each. Default: each.
    pub equal_rows: EqualRows,
    /// Whether rows that have failed are sent again.
    pub retry_failed: bool,
    /// Whether the output has the order of the input.
    pub order: bool,
    /// The budget: the most that all rows of the log may cost, in dollars, those of earlier runs included. It is within the client's.
    pub budget: Option<Dollars>,
    /// Requests per minute, for this batch instead of the client's.
    pub requests_per_minute: Option<f64>,
    /// Tokens per minute, for this batch instead of the client's.
    pub tokens_per_minute: Option<f64>,
    /// The options of each request.
    pub request: RequestOptions,
}

impl BatchOptions {
    /// Reads the options of another language, under the names of the fields. `rpm` and `tpm` are short names of the rates; `hook` names a hook of the
    /// client, which a batch can't call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for an unknown or a wrong option.
    pub fn from_value(options: &Value) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in options.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            let wrong = |wanted: &str| {
                let value = value.to_string();
                configuration(format!("{} must be {wanted}, not {}", Name(name), shortened(&value)))
            };
            let flag = || value.as_bool().ok_or_else(|| wrong("true or false"));
            match name.as_str() {
                "template" => read.template = value.clone(),
                "model" => read.model = Some(value.as_str().ok_or_else(|| wrong("a text"))?.to_owned()),
                "parameters" => read.parameters.clone_from(value.as_object().ok_or_else(|| wrong("an object"))?),
                "in_flight" => {
                    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
                    read.in_flight = Some(count.ok_or_else(|| wrong(IN_FLIGHT_RANGE))?);
                }
                "sync" => read.sync = SyncMode::read(value.clone()).ok_or_else(|| wrong(SyncMode::WANTED))?,
                "via" => read.via = Via::read(value.clone()).ok_or_else(|| wrong(Via::WANTED))?,
                "equal_rows" => {
                    read.equal_rows = EqualRows::read(value.clone()).ok_or_else(|| wrong(EqualRows::WANTED))?;
                }
                "retry_failed" => read.retry_failed = flag()?,
                "order" => read.order = flag()?,
                "budget" => {
                    let amount = Dollars::of_value(value);
                    read.budget = Some(amount.ok_or_else(|| wrong("an amount of dollars such as \"0.05\""))?);
                }
                "requests_per_minute" | "rpm" => {
                    set_rate(&mut read.requests_per_minute, value, &wrong, "requests_per_minute", "rpm")?;
                }
                "tokens_per_minute" | "tpm" => {
                    set_rate(&mut read.tokens_per_minute, value, &wrong, "tokens_per_minute", "tpm")?;
                }
                // The hook of the client, if it has one.
                "hook" => {
                    let hook = Name(value.as_str().unwrap_or_default());
                    return Err(configuration(format!(
                        "{hook} is not called for rows of a batch; use a client without it"
                    )));
                }
                _ => return Err(configuration(format!("unknown option of a batch: {}", Name(name)))),
            }
        }
        Ok(read)
    }

    /// Checks the options, and returns the reader of the rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for a wrong template, number or combination.
    pub fn reader(&self) -> Result<RowReader, Error> {
        let template = match &self.template {
            Value::Null => None,
            template => Some(Template::new(template, self.model.as_deref()).map_err(configuration)?),
        };
        if template.is_none() && self.model.is_some() {
            let (model, template) = (Name("model"), Name("template"));
            return Err(configuration(format!("{model} has no effect without {template}: each row names its model")));
        }
        check_unstreamed(&self.parameters).map_err(configuration)?;
        if self.in_flight.is_some_and(|count| !(1..=MAX_IN_FLIGHT).contains(&count)) {
            let count = self.in_flight.unwrap_or_default();
            return Err(configuration(format!("{} must be {IN_FLIGHT_RANGE}, not {count}", Name("in_flight"))));
        }
        let of_calls = [
            ("in_flight", self.in_flight.is_some()),
            ("requests_per_minute", self.requests_per_minute.is_some()),
            ("tokens_per_minute", self.tokens_per_minute.is_some()),
        ];
        if let Some((name, _)) = of_calls.into_iter().find(|(_, is_set)| *is_set && self.via == Via::Provider) {
            let (name, via) = (Name(name), Name("via"));
            return Err(configuration(format!(
                "{name} has no effect with {via} \"provider\", which sends no row by itself; remove it"
            )));
        }
        for (name, rate) in
            [("requests_per_minute", self.requests_per_minute), ("tokens_per_minute", self.tokens_per_minute)]
        {
            if let Some(rate) = rate.filter(|rate| rate.is_nan() || *rate <= 0.0) {
                return Err(configuration(format!("{} must be {RATE_RANGE}, not {rate}", Name(name))));
            }
        }
        Ok(RowReader::new(template, self.parameters.clone(), self.equal_rows))
    }

    /// The most rows in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.unwrap_or(IN_FLIGHT).clamp(1, MAX_IN_FLIGHT)
    }

    /// The limits of the batch, after earlier runs have spent a part of its budget.
    pub fn limits(&self, spent: Dollars) -> BatchLimits {
        BatchLimits {
            budget: self.budget.map(|budget| budget.less(spent)),
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
        }
    }
}

const IN_FLIGHT_RANGE: &str = "a number from 1 to 10000";
const RATE_RANGE: &str = "a number above 0";

/// Sets a rate that has two names.
fn set_rate(
    rate: &mut Option<f64>,
    value: &Value,
    wrong: &impl Fn(&str) -> Error,
    name: &str,
    short: &str,
) -> Result<(), Error> {
    let number = value.as_f64().ok_or_else(|| wrong(RATE_RANGE))?;
    if rate.replace(number).is_some() {
        return Err(configuration(format!("{} and {} are the same option; set one of them", Name(name), Name(short))));
    }
    Ok(())
}

fn configuration(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn refused(options: &Value) -> String {
        let read = BatchOptions::from_value(options).and_then(|options| options.reader().map(drop));
        let error = read.expect_err("the options are wrong");
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.message().to_owned()
    }

    #[test]
    fn wrong_options_are_refused_with_their_range() {
        assert_eq!(refused(&json!({"in_flight": 0})), "in_flight must be a number from 1 to 10000, not 0");
        assert!(refused(&json!({"in_flight": 20_000})).contains("from 1 to 10000"));
        assert!(refused(&json!({"in_flight": -1})).contains("from 1 to 10000"));
        assert_eq!(refused(&json!({"rpm": 0})), "requests_per_minute must be a number above 0, not 0");
        assert!(refused(&json!({"rpm": 1, "requests_per_minute": 1})).contains("are the same option"));
        assert!(refused(&json!({"tokens_per_minute": "many"})).contains("a number above 0"));
        assert!(refused(&json!({"model": "m"})).contains("no effect without template"));
        assert!(refused(&json!({"parameters": {"stream": true}})).contains("not streamed"));
        assert!(refused(&json!({"template": {"model": "m", "stream": true}})).contains("not streamed"));
        assert!(refused(&json!({"via": "mail"})).contains("\"calls\" or \"provider\""));
        for name in ["in_flight", "rpm", "tpm"] {
            assert!(
                refused(&json!({"via": "provider", name: 5})).contains("has no effect with via \"provider\""),
                "{name}"
            );
        }
        assert!(refused(&json!({"colour": 1})).contains("unknown option of a batch: colour"));
    }

    #[test]
    fn short_names_are_the_same_options() {
        let read = BatchOptions::from_value(&json!({"rpm": 3000, "tpm": 2e6, "budget": "20"})).unwrap();
        let limits = read.limits(Dollars::parse("5").unwrap());
        assert_eq!((limits.requests_per_minute, limits.tokens_per_minute), (Some(3000.0), Some(2e6)));
        assert_eq!(limits.budget, Dollars::parse("15"));
    }
}
