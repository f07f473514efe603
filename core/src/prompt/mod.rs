//! The prompts of the gpt-oss models: the text that an endpoint makes of the messages, the tools, the effort and the date of a request.
//!
//! Invariant: pure, and linear in the length of the request. A prompt is exact for its [`Profile`]; hosted endpoints don't document which one they use.
//! Special tokens separate the messages, so the counts of messages can be added.
//!
//! 1. `chat` reads a request.
//! 2. `harmony` and `jinja` render it; `types` and `template_types` write the parameters of its tools as types, each as its renderer does.
//! 3. `count` counts tokens, and states whether the count is exact.

mod chat;
mod count;
mod harmony;
mod jinja;
mod template_types;
mod types;

use crate::error::{Error, ErrorKind};
use crate::prelude::*;
use crate::tokens::{SpecialTokens, Vocabulary};
use crate::value::fields::{Field as _, words};
use crate::value::{Map, Members, Value};
use crate::wire::{Format, convert};

use chat::Chat;

pub use count::{Basis, PromptTokens};

/// The date of a prompt that is only counted: every date from 2000 to 2100 has as many tokens.
const ANY_DATE: &str = "2025-01-01";

words! {
    /// A renderer of prompts. They differ in tools, in calls, and in texts that contain names of special tokens.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Profile {
        /// openai-harmony, which vLLM and OpenAI's own programs use.
        #[default]
        Harmony = "harmony",
        /// The Jinja template of the models, which llama.cpp and Transformers use.
        Jinja = "jinja",
    }
    "\"harmony\" or \"jinja\""
}

impl Profile {
    /// Returns the profile of an option; without a name the default, `harmony`.
    ///
    /// # Errors
    /// `InvalidRequestError` for an unknown name.
    pub fn from_option(name: Option<&str>) -> Result<Self, Error> {
        let Some(name) = name else { return Ok(Self::default()) };
        Self::read(name.into()).ok_or_else(|| invalid(format!("profile must be {}, not {name:?}", Self::WANTED)))
    }
}

/// A rendered prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    parts: Vec<Part>,
}

/// A part of a prompt, whose tokens don't depend on the parts beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Text in which names of special tokens are text.
    Text(String),
    /// Text in which names of special tokens are those tokens.
    Template(String),
}

impl Prompt {
    /// Renders a request in either format. `date` is the current date at the endpoint, as `2026-12-31`; its value changes no count.
    ///
    /// In the prompt are the messages, the tools and the effort of reasoning. The request's other members change nothing.
    ///
    /// ```
    /// use trilogue_core::prompt::{Profile, Prompt};
    /// use trilogue_core::tokens::Vocabulary;
    /// use trilogue_core::wire::Format;
    ///
    /// let request = serde_json::json!({"messages": [{"role": "user", "content": "Hi"}]});
    /// let prompt = Prompt::render(Format::Chat, request.as_object().unwrap(), Profile::Harmony, None)?;
    /// assert!(prompt.text().ends_with("<|start|>user<|message|>Hi<|end|><|start|>assistant"));
    /// assert_eq!(prompt.count(&Vocabulary::load(&trilogue_o200k::pairs())?), 68);
    /// # Ok::<(), trilogue_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidRequestError` for messages that the profile cannot render, with their path: images, results without a call, a wrong type.
    pub fn render(
        format: Format,
        request: &Map<String, Value>,
        profile: Profile,
        date: Option<&str>,
    ) -> Result<Self, Error> {
        let chat = match format {
            Format::Chat => Chat::read(request)?,
            Format::Messages => Chat::read(&as_chat(request)?)?,
        };
        let date = date.unwrap_or(ANY_DATE);
        let mut prompt = Self { parts: Vec::new() };
        match profile {
            Profile::Harmony => harmony::render(&chat, date, &mut prompt),
            Profile::Jinja => jinja::render(&chat, date, &mut prompt)?,
        }
        Ok(prompt)
    }

    /// Returns the prompt with its special tokens by name, such as `<|start|>`.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text().0).collect()
    }

    /// Returns the number of tokens.
    pub fn count(&self, vocabulary: &Vocabulary) -> usize {
        self.parts
            .iter()
            .map(|part| {
                let (text, special) = part.text();
                vocabulary.count(text, special)
            })
            .sum()
    }

    /// Returns the tokens.
    pub fn encode(&self, vocabulary: &Vocabulary) -> Vec<u32> {
        self.parts
            .iter()
            .flat_map(|part| {
                let (text, special) = part.text();
                vocabulary.encode(text, special)
            })
            .collect()
    }

    /// Appends text in which names of special tokens are text.
    fn push_text(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    /// Appends text in which names of special tokens are those tokens. It is joined to such text before it.
    fn push_template(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Template(template)) => template.push_str(text),
            _ => self.parts.push(Part::Template(text.to_owned())),
        }
    }
}

impl Part {
    fn text(&self) -> (&str, SpecialTokens) {
        match self {
            Self::Text(text) => (text, SpecialTokens::Text),
            Self::Template(text) => (text, SpecialTokens::Tokens),
        }
    }
}

/// Converts a request for a message, as far as its prompt needs it.
fn as_chat(request: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let mut body = Map::new();
    for name in ["messages", "system", "tools", "thinking", "output_config"] {
        if let Some(value) = request.get(name) {
            body.set(name, value.clone());
        }
    }
    convert::request(Format::Messages, Format::Chat, &body).map_err(|error| match &error.fields().param {
        Some(field) => {
            invalid(format!("{field} is in no prompt of the gpt-oss models, so its tokens can't be counted"))
        }
        None => error,
    })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message.into())
}
