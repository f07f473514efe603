//! The ranges of parameters.
//!
//! Law: before anything is sent, and only what is surely wrong: what a model's entry in the catalogue tells, and, where a client asks for it,
//! what the two APIs document. What isn't known here is the endpoint's matter.

use crate::json::json;
use crate::prelude::*;
use crate::text::number::shown;
use crate::value::{Map, Value};

use crate::config::{Check, Config};
use crate::error::{Error, ErrorKind};
use crate::value::fields::fields;
use crate::wire::Endpoint;

fields! {
    open
    /// A parameter that is out of its range.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Finding {
        /// The name of the parameter.
        pub parameter: String,
        /// Its value, and the values that are allowed.
        pub message: String,
    }
}

impl Finding {
    /// As a JSON object.
    pub fn to_value(&self) -> Value {
        json!({"parameter": self.parameter, "message": self.message})
    }
}

/// Lowest and highest.
type Range = (i8, u8);
/// No highest.
const ANY: u8 = u8::MAX;

/// What the APIs document: name, whether it is whole, range of chat completions, range of messages.
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

/// What is wrong with a parameter: by the model's own ranges, by name, where they are known (`{type, min?, max?}`), else by those that the
/// API documents, where `documented` says so.
fn wrong(
    endpoint: &Endpoint,
    (name, value): (&str, &Value),
    model: &str,
    known: Option<&Map<String, Value>>,
    documented: bool,
) -> Option<String> {
    if value.is_null() {
        return None;
    }
    // The newer name of the same.
    let other = if name == "max_completion_tokens" { "max_tokens" } else { name };
    let own = known.and_then(|known| known.get(name).or(known.get(other)));
    let (who, range) = match own {
        Some(own) => (model, outside_of(own, value)?),
        None if documented => {
            let (_, whole, chat, messages) = DOCUMENTED.into_iter().find(|(parameter, ..)| *parameter == name)?;
            let is_chat = *endpoint == Endpoint::Chat;
            let (least, most) = if is_chat { chat } else { messages }?;
            let most = if most == ANY { f64::INFINITY } else { most.into() };
            (
                if is_chat { "the chat format" } else { "the messages format" },
                outside(least.into(), most, whole, value)?,
            )
        }
        None => return None,
    };
    Some(format!("{name} is {value}: {who} takes {range}"))
}

/// The parameters of a request that are out of range: see [`Check`].
pub fn findings(
    endpoint: &Endpoint,
    body: &Map<String, Value>,
    known: Option<&Map<String, Value>>,
    documented: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (parameter, value) in body {
        if let Some(message) = wrong(endpoint, (parameter, value), model_of(body), known, documented) {
            findings.push(Finding { parameter: parameter.clone(), message });
        }
    }
    findings
}

fn model_of(body: &Map<String, Value>) -> &str {
    body.get("model").or(body.get("model_id")).and_then(Value::as_str).unwrap_or_default()
}

/// The range of a catalogue's entry that a value is outside of, in words.
fn outside_of(entry: &Value, value: &Value) -> Option<String> {
    let bound = |name: &str| entry.get(name).and_then(Value::as_f64);
    let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
    if let Value::Array(items) = value {
        let most = bound("max").filter(|_| kind == "string[]")?;
        #[expect(clippy::cast_precision_loss, reason = "nobody lists so many")]
        return (items.len() as f64 > most).then(|| format!("at most {}", shown(most)));
    }
    if !matches!(kind, "number" | "integer") {
        return None;
    }
    let (least, most) = (bound("min").unwrap_or(f64::NEG_INFINITY), bound("max").unwrap_or(f64::INFINITY));
    outside(least, most, kind == "integer", value)
}

fn outside(least: f64, most: f64, whole: bool, value: &Value) -> Option<String> {
    let is_whole = |number: f64| {
        number >= 9e15 || number <= -9e15 || {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is below 2^53")]
            let whole = number as i64 as f64;
            (whole - number).abs() < f64::EPSILON
        }
    };
    if value.as_f64().is_some_and(|number| least <= number && number <= most && (!whole || is_whole(number))) {
        return None;
    }
    let kind = if whole { "a whole number" } else { "a number" };
    Some(match (least.is_finite(), most.is_finite()) {
        (true, true) => format!("{kind} from {} to {}", shown(least), shown(most)),
        (true, false) => format!("{kind} from {} on", shown(least)),
        (false, true) => format!("{kind} up to {}", shown(most)),
        (false, false) => kind.to_owned(),
    })
}

/// Refuses parameters of a typed request that are no finite numbers, which its serialiser has written as null.
#[cfg(feature = "serde")]
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

/// What a client finds in a request, as its option `parameters` says.
pub(crate) fn found(endpoint: &Endpoint, config: &Config, body: &Map<String, Value>) -> Vec<Finding> {
    if config.parameters == Some(Check::Off) || !endpoint.is_paid() {
        return Vec::new();
    }
    findings(endpoint, body, config.models.parameters(model_of(body)), config.parameters.is_some())
}

/// Refuses a request with a parameter that is out of range.
pub(crate) fn check(endpoint: &Endpoint, config: &Config, body: &Map<String, Value>) -> Result<(), Error> {
    if matches!(config.parameters, Some(Check::Off | Check::Warn)) || !endpoint.is_paid() {
        return Ok(());
    }
    let model = model_of(body);
    let (known, documented) = (config.models.parameters(model), config.parameters.is_some());
    for (name, value) in body {
        if let Some(message) = wrong(endpoint, (name, value), model, known, documented) {
            let hint = "where the endpoint allows more, give the client the option parameters: \"warn\" or \"off\"";
            let mut error = Error::new(ErrorKind::InvalidRequest, format!("{message}; {hint}"));
            error.fields_mut().param = Some(name.clone());
            return Err(error);
        }
    }
    Ok(())
}
