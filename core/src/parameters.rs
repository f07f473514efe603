//! The ranges of parameters.
//!
//! Law: before anything is sent, and only what is surely wrong: what a model's entry in the catalogue tells, and, where a client asks for it,
//! what the two APIs document. What isn't known here is the endpoint's matter.

use crate::prelude::*;
use crate::value::{Map, Value, json, shown};

use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::fields::words;
use crate::wire::Endpoint;

words! {
    /// What becomes of a parameter that is out of its range.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Check {
        /// The request is refused.
        Error = "error",
        /// The caller is told, and the request is sent.
        Warn = "warn",
        /// Nothing is checked.
        Off = "off",
    }
    "error, warn or off"
}

/// A parameter that is out of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name.
    pub parameter: String,
    /// What it is, and what it may be.
    pub message: String,
}

impl Finding {
    /// As a JSON object.
    pub fn to_value(&self) -> Value {
        json!({"parameter": self.parameter, "message": self.message})
    }
}

/// Lowest, highest, whether it is whole.
type Range = (f64, f64, bool);

/// What the APIs document: name, range of chat completions, range of messages.
const DOCUMENTED: [(&str, Option<Range>, Option<Range>); 9] = [
    ("temperature", Some((0.0, 2.0, false)), Some((0.0, 1.0, false))),
    ("top_p", Some((0.0, 1.0, false)), Some((0.0, 1.0, false))),
    ("frequency_penalty", Some((-2.0, 2.0, false)), None),
    ("presence_penalty", Some((-2.0, 2.0, false)), None),
    ("max_tokens", Some(COUNT), Some(COUNT)),
    ("max_completion_tokens", Some(COUNT), None),
    ("top_k", None, Some((0.0, f64::INFINITY, true))),
    ("n", Some((1.0, 128.0, true)), None),
    ("top_logprobs", Some((0.0, 20.0, true)), None),
];
const COUNT: Range = (1.0, f64::INFINITY, true);

/// The parameters of a request that are out of range: of the model's own, by name, where they are known (`{type, min?, max?}`), else those
/// that the API documents, where `documented` says so.
pub fn findings(
    endpoint: &Endpoint,
    body: &Map<String, Value>,
    known: Option<&Map<String, Value>>,
    documented: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !endpoint.is_paid() {
        return findings;
    }
    let model = body.get("model").or(body.get("model_id")).and_then(Value::as_str).unwrap_or_default();
    for (name, value) in body {
        // The newer name of the same.
        let other = if name == "max_completion_tokens" { "max_tokens" } else { name };
        let own = known.and_then(|known| known.get(name).or(known.get(other)));
        let wanted = if value.is_null() {
            None
        } else if let Some(own) = own {
            outside_of(own, value).map(|range| (model, range))
        } else if documented {
            let of = if *endpoint == Endpoint::Chat { "the chat format" } else { "the messages format" };
            let found = DOCUMENTED.iter().find(|(parameter, ..)| *parameter == name);
            let range =
                found.and_then(|(_, chat, messages)| if *endpoint == Endpoint::Chat { *chat } else { *messages });
            range.and_then(|range| outside(range, value)).map(|range| (of, range))
        } else {
            None
        };
        if let Some((who, range)) = wanted {
            findings
                .push(Finding { parameter: name.clone(), message: format!("{name} is {value}: {who} takes {range}") });
        }
    }
    findings
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
    outside((least, most, kind == "integer"), value)
}

fn outside((least, most, whole): Range, value: &Value) -> Option<String> {
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

/// What a client finds in a request, as its option `parameters` says.
pub(crate) fn found(endpoint: &Endpoint, config: &Config, body: &Map<String, Value>) -> Vec<Finding> {
    if config.parameters == Some(Check::Off) {
        return Vec::new();
    }
    let model = body.get("model").or(body.get("model_id")).and_then(Value::as_str).unwrap_or_default();
    findings(endpoint, body, config.book.parameters(model), config.parameters.is_some())
}

/// Refuses a request with a parameter that is out of range.
pub(crate) fn check(endpoint: &Endpoint, config: &Config, body: &Map<String, Value>) -> Result<(), Error> {
    if matches!(config.parameters, Some(Check::Off | Check::Warn)) {
        return Ok(());
    }
    let Some(Finding { parameter, message }) = found(endpoint, config, body).into_iter().next() else { return Ok(()) };
    let mut error = Error::new(
        ErrorKind::InvalidRequest,
        format!("{message}; a client with the option parameters: \"warn\" or \"off\" sends it all the same"),
    );
    error.parts_mut().param = Some(parameter);
    Err(error)
}
