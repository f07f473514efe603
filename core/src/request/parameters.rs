//! The ranges of parameters.
//!
//! Invariant: parameters are checked before a request is sent, and only certain errors are found: values outside the ranges of the model's
//! catalogue entry and, if the client's option says so, outside the documented ranges of the two APIs. All else is left to the endpoint.

use crate::json::json;
use crate::prelude::*;
use crate::text::number::format_number;
use crate::value::{Map, Value, model_of};

use crate::config::{Check, Config};
use crate::error::{Error, ErrorKind};
use crate::value::fields::fields;
use crate::wire::Endpoint;

fields! {
    open
    /// A parameter that is out of range.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Finding {
        /// The name of the parameter.
        pub parameter: String,
        /// Its value, and the allowed values.
        pub message: String,
    }
}

impl Finding {
    /// The finding as a JSON object.
    pub fn to_value(&self) -> Value {
        json!({"parameter": self.parameter, "message": self.message})
    }
}

/// The lowest and the highest value.
type Range = (i8, u8);
/// No highest value.
const ANY: u8 = u8::MAX;

/// The documented ranges: name, whether it is an integer, range of chat completions, range of messages.
const DOCUMENTED: [(&str, bool, Option<Range>, Option<Range>); 9] = [
    ("temperature", false, Some((0, 2)), Some((0, 1))),
    ("top_p", false, Some((0, 1)), Some((0, 1))),
    ("frequency_penalty", false, Some((-2, 2)), None),
    ("presence_penalty", false, Some((-2, 2)), None),
    ("max_tokens", true, Some((1, ANY)), Some((1, ANY))),
    ("max_completion_tokens", true, Some((1, ANY)), None),
    ("top_k", true, None, Some((0, ANY))),
    ("n", true, Some((1, 128)), None),
    ("top_logprobs", true, Some((0, 20)), None),
];

/// Checks a parameter: against the model's own ranges by name (`{type, min?, max?}`) if there are any, else against the documented ones if
/// `documented` is set. Returns the error.
fn range_error(
    endpoint: &Endpoint,
    (name, value): (&str, &Value),
    model: &str,
    known: Option<&Map<String, Value>>,
    documented: bool,
) -> Option<String> {
    if value.is_null() {
        return None;
    }
    // The newer name of the same parameter.
    let other = if name == "max_completion_tokens" { "max_tokens" } else { name };
    let range = known.and_then(|known| known.get(name).or(known.get(other)));
    let (who, range) = match range {
        Some(range) => (model, outside_entry(range, value)?),
        None if documented => {
            let (_, is_integer, chat, messages) = DOCUMENTED.into_iter().find(|(parameter, ..)| *parameter == name)?;
            let is_chat = *endpoint == Endpoint::Chat;
            let (min, max) = if is_chat { chat } else { messages }?;
            let max = if max == ANY { f64::INFINITY } else { max.into() };
            (
                if is_chat { "the chat format" } else { "the messages format" },
                outside(min.into(), max, is_integer, value)?,
            )
        }
        None => return None,
    };
    Some(format!("{name} is {value}: {who} takes {range}"))
}

/// Finds the parameters of a request that are out of range: see [`Check`].
fn findings(
    endpoint: &Endpoint,
    body: &Map<String, Value>,
    known: Option<&Map<String, Value>>,
    documented: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let model = model_of(|name| body.get(name)).unwrap_or_default();
    for (parameter, value) in body {
        if let Some(message) = range_error(endpoint, (parameter, value), model, known, documented) {
            findings.push(Finding { parameter: parameter.clone(), message });
        }
    }
    findings
}

/// Describes the range of a catalogue entry if a value is outside of it.
fn outside_entry(entry: &Value, value: &Value) -> Option<String> {
    let bound = |name: &str| entry.get(name).and_then(Value::as_f64);
    let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
    if let Value::Array(items) = value {
        let max = bound("max").filter(|_| kind == "string[]")?;
        #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
        return (items.len() as f64 > max).then(|| format!("at most {}", format_number(max)));
    }
    if !matches!(kind, "number" | "integer") {
        return None;
    }
    let (min, max) = (bound("min").unwrap_or(f64::NEG_INFINITY), bound("max").unwrap_or(f64::INFINITY));
    outside(min, max, kind == "integer", value)
}

/// Describes a range if a value is outside of it.
fn outside(min: f64, max: f64, is_integer: bool, value: &Value) -> Option<String> {
    let is_whole = |number: f64| {
        number >= 9e15 || number <= -9e15 || {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is below 2^53")]
            let truncated = number as i64 as f64;
            (truncated - number).abs() < f64::EPSILON
        }
    };
    if value.as_f64().is_some_and(|number| min <= number && number <= max && (!is_integer || is_whole(number))) {
        return None;
    }
    let kind = if is_integer { "an integer" } else { "a number" };
    Some(match (min.is_finite(), max.is_finite()) {
        (true, true) => format!("{kind} from {} to {}", format_number(min), format_number(max)),
        (true, false) => format!("{kind} of at least {}", format_number(min)),
        (false, true) => format!("{kind} of at most {}", format_number(max)),
        (false, false) => kind.to_owned(),
    })
}

/// Refuses non-finite numbers in a typed request. Its serialiser has written them as null.
#[cfg(feature = "serde-json")]
pub fn check_finite(body: &Map<String, Value>) -> Result<(), Error> {
    let numbers = ["temperature", "top_p", "frequency_penalty", "presence_penalty", "repetition_penalty"];
    match numbers.into_iter().find(|name| body.get(*name).is_some_and(Value::is_null)) {
        None => Ok(()),
        Some(name) => {
            let mut error = Error::new(ErrorKind::InvalidRequest, format!("{name} must be a finite number"));
            error.fields_mut().param = Some(name.to_owned());
            Err(error)
        }
    }
}

/// Finds the parameters that are out of range, according to the client's option `parameters`.
#[inline(never)]
pub(crate) fn found(endpoint: &Endpoint, config: &Config, body: &Map<String, Value>) -> Vec<Finding> {
    if config.parameters == Some(Check::Off) || !endpoint.is_paid() {
        return Vec::new();
    }
    let model = model_of(|name| body.get(name)).unwrap_or_default();
    findings(endpoint, body, config.models.parameters(model), config.parameters.is_some())
}

/// Refuses a request with a parameter that is out of range.
pub(crate) fn check(endpoint: &Endpoint, config: &Config, body: &Map<String, Value>) -> Result<(), Error> {
    if config.parameters == Some(Check::Warn) {
        return Ok(());
    }
    let Some(Finding { parameter, message }) = found(endpoint, config, body).into_iter().next() else { return Ok(()) };
    let hint = "if the endpoint allows more, set the client's option parameters to \"warn\" or \"off\"";
    let mut error = Error::new(ErrorKind::InvalidRequest, format!("{message}; {hint}"));
    error.fields_mut().param = Some(parameter);
    Err(error)
}
