//! Prompts for other languages.
//!
//! Invariant: as in [`super`], JSON text in and JSON text out. The input is `{"endpoint", "request", "profile", "date"}`; the last two are optional.

use crate::error::{Error, ErrorKind, invalid_option};
use crate::json::parse_object;
use crate::prelude::*;
use crate::prompt::{Profile, Prompt, PromptTokens};
use crate::tokens::Vocabulary;
use crate::value::fields::Field as _;
use crate::value::{Map, Value};
use crate::wire::Format;

struct Input {
    format: Format,
    request: Map<String, Value>,
    profile: Profile,
    date: Option<String>,
}

/// Counts a prompt: the members of [`PromptTokens`].
///
/// # Errors
/// Those of [`PromptTokens::count`].
pub fn count_text(vocabulary: &Vocabulary, input: &str) -> Result<String, Error> {
    let Input { format, request, profile, .. } = read(input)?;
    Ok(PromptTokens::count(format, &request, profile, vocabulary)?.to_value().to_string())
}

/// Returns the tokens of a prompt.
///
/// # Errors
/// Those of [`Prompt::render`].
pub fn encode(vocabulary: &Vocabulary, input: &str) -> Result<Vec<u32>, Error> {
    let Input { format, request, profile, date } = read(input)?;
    Ok(Prompt::render(format, &request, profile, date.as_deref())?.encode(vocabulary))
}

fn read(input: &str) -> Result<Input, Error> {
    let mut input = parse_object(input).map_err(|why| invalid_option(&why))?;
    let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    let format = match input.get("endpoint").filter(|endpoint| !endpoint.is_null()) {
        None => Format::default(),
        Some(endpoint) => Format::read(endpoint.clone()).ok_or_else(|| {
            let message = format!("endpoint must be \"chat\" or \"messages\", not {endpoint}");
            Error::new(ErrorKind::InvalidRequest, message)
        })?,
    };
    let profile = Profile::from_option(text("profile").as_deref())?;
    let date = text("date");
    match input.remove("request") {
        Some(Value::Object(request)) => Ok(Input { format, request, profile, date }),
        _ => Err(Error::new(ErrorKind::InvalidRequest, "the request is not an object")),
    }
}
