//! Search for a JSON value in the text that models write around it.
//!
//! Invariant: each character is examined at most twice, no text is stored, and the parser receives exactly one value. The start of the
//! value is final, and text after the value is ignored.
//!
//! The value starts
//! - at the first character that is not whitespace, if a value of the expected type can start with it, or
//! - at the first such character in a Markdown fence, or
//! - in prose, at the first brace followed by `"`, or the first bracket followed by a value, so that `use {x}` and `[note]` remain prose.
//!   An empty `{}` or `[]` in prose is the value only if no other value follows.
//!
//! Scalars are found only in the first two ways, and only with [`Root::Any`]. Reasoning in `<think>` and similar tags is skipped, and so
//! are fences with another language that don't start with a value.

use crate::value::fields::words;

use super::{JsonError, Parser, Sink};

words! {
    /// The expected type of the value.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Root {
        /// Any value. It must be at the start of the text or of a fence, because prose contains words like `true` and numbers.
        #[default]
        Any = "any",
        /// An object.
        Object = "object",
        /// An array.
        Array = "array",
    }
    "any, object or array"
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first character.
    Start,
    Prose,
    /// After an opening brace or bracket in prose, and perhaps whitespace.
    Opening(&'static str),
    /// In a possible literal: the opening before it, the word, and the number of characters matched.
    Word(&'static str, &'static str, usize),
    /// The number of backticks.
    Ticks(usize),
    /// In the language of a fence: the number of characters matched with "json", and whether it differs.
    Language(usize, bool),
    /// In a fence, before its first character; whether its language is not JSON.
    Fence(bool),
    /// In a possible tag of [`REASONING_TAGS`]: its index, and the number of characters matched.
    Tag(usize, usize),
    /// Skipping to this mark; the number of characters matched.
    Skip(&'static str, usize),
    Found,
}

/// Tags around the reasoning of models.
const REASONING_TAGS: [(&str, &str); 3] =
    [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")];
const FENCE: &str = "```";
const JSON: &str = "json";

/// The effect of a character.
enum Step {
    /// Undecided.
    More,
    /// The value starts with these two texts, which were already consumed, and continues with the character.
    Begin(&'static str, &'static str),
    /// The character must be processed again in the new state.
    Reconsume,
}

/// Passes the value in a text to a parser.
#[derive(Debug, Clone)]
pub struct Finder {
    root: Root,
    state: State,
    /// Whether the prose contained an empty container.
    has_empty: bool,
}

impl Finder {
    /// Creates a finder for a value of this type.
    pub fn new(root: Root) -> Self {
        Self { root, state: State::Start, has_empty: false }
    }

    /// Processes more text, and passes the text of the value to the parser.
    pub fn push(&mut self, text: &str, parser: &mut Parser, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        if self.found() {
            return parser.read(text, sink).map(drop);
        }
        for (at, character) in text.char_indices() {
            match self.step(character) {
                Step::Begin(opening, word) => {
                    self.begin(opening, word, parser, sink)?;
                    return parser.read(text.get(at..).unwrap_or_default(), sink).map(drop);
                }
                _ => parser.skip(character.len_utf8()),
            }
        }
        Ok(())
    }

    /// Ends the text. Call this instead of [`Parser::finish`].
    ///
    /// # Errors
    ///
    /// Fails if there is no value, or if it is incomplete.
    pub fn finish(&mut self, parser: &mut Parser, sink: &mut (impl Sink + ?Sized)) -> Result<(), JsonError> {
        if !self.found() {
            if self.has_empty {
                let empty = if self.root == Root::Array { "[]" } else { "{}" };
                self.begin(empty, "", parser, sink)?;
            } else if let State::Opening(opening) = self.state {
                self.begin(opening, "", parser, sink)?;
            }
        }
        parser.finish(sink)
    }

    /// Returns whether the value has started.
    pub fn found(&self) -> bool {
        self.state == State::Found
    }

    /// Starts the value and passes the texts that were already consumed to the parser.
    fn begin(
        &mut self,
        opening: &str,
        word: &str,
        parser: &mut Parser,
        sink: &mut (impl Sink + ?Sized),
    ) -> Result<(), JsonError> {
        self.state = State::Found;
        for consumed_text in [opening, word] {
            parser.unskip(consumed_text.len());
            parser.read(consumed_text, sink)?;
        }
        Ok(())
    }

    fn step(&mut self, character: char) -> Step {
        loop {
            let step = match self.state {
                State::Start => self.start(character),
                State::Prose => self.prose(character),
                State::Opening(opening) => self.opening(opening, character),
                State::Word(opening, word, count) => self.word(opening, word, count, character),
                State::Ticks(count) => match character {
                    '`' => self.transition(State::Ticks(count + 1)),
                    _ if count >= FENCE.len() => self.reconsume(State::Language(0, false)),
                    _ => self.reconsume(State::Prose),
                },
                State::Language(count, is_other) => match character {
                    'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '+' | '-' | '.' | '#' => {
                        // "json5" and "jsonc" are accepted too.
                        let fits = JSON
                            .as_bytes()
                            .get(count)
                            .is_none_or(|&byte| character.eq_ignore_ascii_case(&char::from(byte)));
                        self.transition(State::Language(count + 1, is_other || !fits))
                    }
                    _ => self.reconsume(State::Fence(is_other)),
                },
                State::Fence(is_other) => self.fence(is_other, character),
                State::Tag(which, count) => self.tag(which, count, character),
                State::Skip(mark, count) => self.skip(mark, count, character),
                // Unreachable: `push` bypasses the finder in this state.
                State::Found => Step::More,
            };
            if !matches!(step, Step::Reconsume) {
                return step;
            }
        }
    }

    fn transition(&mut self, state: State) -> Step {
        self.state = state;
        Step::More
    }

    fn reconsume(&mut self, state: State) -> Step {
        self.state = state;
        Step::Reconsume
    }

    fn start(&mut self, character: char) -> Step {
        match character {
            '\u{feff}' => Step::More,
            _ if character.is_whitespace() => Step::More,
            '`' => self.transition(State::Ticks(1)),
            '<' => self.transition(State::Tag(0, 1)),
            _ => self.value(character).unwrap_or_else(|| self.reconsume(State::Prose)),
        }
    }

    fn fence(&mut self, is_other: bool, character: char) -> Step {
        match character {
            _ if character.is_whitespace() => Step::More,
            '`' if is_other => self.transition(State::Skip(FENCE, 1)),
            '`' => self.transition(State::Ticks(1)),
            _ => self
                .value(character)
                .unwrap_or_else(|| self.reconsume(if is_other { State::Skip(FENCE, 0) } else { State::Prose })),
        }
    }

    /// Starts a value with this character, at a position where no further evidence is needed.
    fn value(&mut self, character: char) -> Option<Step> {
        match (character, self.root) {
            ('{', Root::Any | Root::Object) | ('[', Root::Any | Root::Array) | ('"' | '-' | '0'..='9', Root::Any) => {
                Some(Step::Begin("", ""))
            }
            (_, Root::Any) => literal(character).map(|word| self.transition(State::Word("", word, 1))),
            _ => None,
        }
    }

    fn prose(&mut self, character: char) -> Step {
        match (character, self.root) {
            ('`', _) => self.transition(State::Ticks(1)),
            ('{', Root::Object) => self.transition(State::Opening("{")),
            ('[', Root::Array) => self.transition(State::Opening("[")),
            _ => Step::More,
        }
    }

    fn opening(&mut self, opening: &'static str, character: char) -> Step {
        match (opening, character) {
            // JSON allows no other whitespace.
            (_, ' ' | '\t' | '\n' | '\r') => Step::More,
            ("{", '"') | ("[", '"' | '{' | '[' | '-' | '0'..='9') => Step::Begin(opening, ""),
            ("{", '}') | ("[", ']') => {
                self.has_empty = true;
                self.transition(State::Prose)
            }
            ("[", _) => match literal(character) {
                Some(word) => self.transition(State::Word(opening, word, 1)),
                None => self.reconsume(State::Prose),
            },
            _ => self.reconsume(State::Prose),
        }
    }

    fn word(&mut self, opening: &'static str, word: &'static str, count: usize, character: char) -> Step {
        if word.chars().nth(count) != Some(character) {
            return self.reconsume(State::Prose);
        }
        if count + 1 == word.len() {
            return Step::Begin(opening, word.get(..count).unwrap_or_default());
        }
        self.transition(State::Word(opening, word, count + 1))
    }

    fn tag(&mut self, which: usize, count: usize, character: char) -> Step {
        let seen = REASONING_TAGS.get(which).and_then(|(tag, _)| tag.get(..count));
        let fits = REASONING_TAGS.iter().position(|(tag, _)| {
            seen.is_some_and(|seen| tag.starts_with(seen)) && tag.chars().nth(count) == Some(character)
        });
        match fits.and_then(|which| Some((which, REASONING_TAGS.get(which)?))) {
            Some((_, (tag, end))) if tag.len() == count + 1 => self.transition(State::Skip(end, 0)),
            Some((which, _)) => self.transition(State::Tag(which, count + 1)),
            None => self.reconsume(State::Prose),
        }
    }

    fn skip(&mut self, mark: &'static str, count: usize, character: char) -> Step {
        // The first character of a mark occurs only at its start, or the mark consists of it.
        let count = if mark.chars().nth(count) == Some(character) {
            count + 1
        } else {
            usize::from(mark.starts_with(character))
        };
        if count < mark.len() {
            return self.transition(State::Skip(mark, count));
        }
        self.transition(if mark == FENCE { State::Prose } else { State::Start })
    }
}

/// Returns the literal that starts with this character.
fn literal(character: char) -> Option<&'static str> {
    ["null", "true", "false"].into_iter().find(|word| word.starts_with(character))
}
