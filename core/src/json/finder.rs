//! Finds the JSON value in what models write around it.
//!
//! Law: touches each character once, and what it held back once more; holds no text, only which of a few openings it saw. Feeds the
//! parser nothing but one value, and ignores all that follows it. Once the value has begun there is no way back.
//!
//! The value begins
//! - at the first character that is not white space, if a value of the wanted root may begin with it, or
//! - at the first such character in a Markdown fence, or
//! - in prose, at the first brace whose next character is `"`, or the first bracket that a value follows. So `use {x}` and `[note]`
//!   stay prose. An empty `{}` or `[]` in prose is the value only if the text ends without a better one.
//!
//! A scalar is found in the first two ways only, and only where any root is wanted. What a model thinks first, in `<think>` and the
//! like, is passed over; so is a fence of another language that does not begin with a value.

use crate::value::fields::words;

use super::{JsonError, Parser, Sink};

words! {
    /// What the value begins with.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Root {
        /// Any value. It has to be the text's, or a fence's, beginning: prose has words like `true` and numbers.
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
    /// An opening brace or bracket in prose, and perhaps white space.
    Opening(&'static str),
    /// A literal that may begin: what opened before it, the word, and how much of it came.
    Word(&'static str, &'static str, usize),
    /// How many backticks came.
    Ticks(usize),
    /// A fence's language: how much of "json" came, or whether it is another one.
    Language(usize, bool),
    /// In a fence, before its first character; whether it is of another language.
    Fence(bool),
    /// `<` and how many letters, at the start, of one of [`REASONING_TAGS`].
    Tag(usize, usize),
    /// Up to this mark, of which so much came.
    Skip(&'static str, usize),
    Found,
}

/// What models' thoughts stand in.
const REASONING_TAGS: [(&str, &str); 3] =
    [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")];
const FENCE: &str = "```";
const JSON: &str = "json";

/// What a character means.
enum Step {
    /// Nothing yet.
    More,
    /// The value begins: with these two, which were passed by, and then this character.
    Begin(&'static str, &'static str),
    /// It is to be read again, in another state.
    Again,
}

/// The filter before a parser.
#[derive(Debug, Clone)]
pub struct Finder {
    root: Root,
    state: State,
    /// An empty container stood in the prose.
    has_empty: bool,
}

impl Finder {
    /// A filter for a value that begins so.
    pub fn new(root: Root) -> Self {
        Self { root, state: State::Start, has_empty: false }
    }

    /// Takes more of the text, and feeds the parser what is of the value.
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

    /// The end of the text, in position of [`Parser::finish`]: takes what was held back, and says what is missing.
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

    /// Whether the value has begun.
    pub fn found(&self) -> bool {
        self.state == State::Found
    }

    /// Feeds what was passed by and is of the value after all.
    fn begin(
        &mut self,
        opening: &str,
        word: &str,
        parser: &mut Parser,
        sink: &mut (impl Sink + ?Sized),
    ) -> Result<(), JsonError> {
        self.state = State::Found;
        for held in [opening, word] {
            parser.unskip(held.len());
            parser.read(held, sink)?;
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
                    '`' => self.to(State::Ticks(count + 1)),
                    _ if count >= FENCE.len() => self.again(State::Language(0, false)),
                    _ => self.again(State::Prose),
                },
                State::Language(count, is_other) => match character {
                    'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '+' | '-' | '.' | '#' => {
                        // "json5" and "jsonc" are as good.
                        let fits = JSON
                            .as_bytes()
                            .get(count)
                            .is_none_or(|&byte| character.eq_ignore_ascii_case(&char::from(byte)));
                        self.to(State::Language(count + 1, is_other || !fits))
                    }
                    _ => self.again(State::Fence(is_other)),
                },
                State::Fence(is_other) => self.fence(is_other, character),
                State::Tag(which, count) => self.tag(which, count, character),
                State::Skip(mark, count) => self.skip(mark, count, character),
                // Not asked any more.
                State::Found => Step::More,
            };
            if !matches!(step, Step::Again) {
                return step;
            }
        }
    }

    fn to(&mut self, state: State) -> Step {
        self.state = state;
        Step::More
    }

    fn again(&mut self, state: State) -> Step {
        self.state = state;
        Step::Again
    }

    fn start(&mut self, character: char) -> Step {
        match character {
            '\u{feff}' => Step::More,
            _ if character.is_whitespace() => Step::More,
            '`' => self.to(State::Ticks(1)),
            '<' => self.to(State::Tag(0, 1)),
            _ => self.value(character).unwrap_or_else(|| self.again(State::Prose)),
        }
    }

    fn fence(&mut self, is_other: bool, character: char) -> Step {
        match character {
            _ if character.is_whitespace() => Step::More,
            '`' if is_other => self.to(State::Skip(FENCE, 1)),
            '`' => self.to(State::Ticks(1)),
            _ => self
                .value(character)
                .unwrap_or_else(|| self.again(if is_other { State::Skip(FENCE, 0) } else { State::Prose })),
        }
    }

    /// A value that begins with this character, where one may begin with no further proof.
    fn value(&mut self, character: char) -> Option<Step> {
        match (character, self.root) {
            ('{', Root::Any | Root::Object) | ('[', Root::Any | Root::Array) | ('"' | '-' | '0'..='9', Root::Any) => {
                Some(Step::Begin("", ""))
            }
            (_, Root::Any) => literal(character).map(|word| self.to(State::Word("", word, 1))),
            _ => None,
        }
    }

    fn prose(&mut self, character: char) -> Step {
        match (character, self.root) {
            ('`', _) => self.to(State::Ticks(1)),
            ('{', Root::Object) => self.to(State::Opening("{")),
            ('[', Root::Array) => self.to(State::Opening("[")),
            _ => Step::More,
        }
    }

    fn opening(&mut self, opening: &'static str, character: char) -> Step {
        match (opening, character) {
            // No other white space may stand in JSON.
            (_, ' ' | '\t' | '\n' | '\r') => Step::More,
            ("{", '"') | ("[", '"' | '{' | '[' | '-' | '0'..='9') => Step::Begin(opening, ""),
            ("{", '}') | ("[", ']') => {
                self.has_empty = true;
                self.to(State::Prose)
            }
            ("[", _) => match literal(character) {
                Some(word) => self.to(State::Word(opening, word, 1)),
                None => self.again(State::Prose),
            },
            _ => self.again(State::Prose),
        }
    }

    fn word(&mut self, opening: &'static str, word: &'static str, count: usize, character: char) -> Step {
        if word.chars().nth(count) != Some(character) {
            return self.again(State::Prose);
        }
        if count + 1 == word.len() {
            return Step::Begin(opening, word.get(..count).unwrap_or_default());
        }
        self.to(State::Word(opening, word, count + 1))
    }

    fn tag(&mut self, which: usize, count: usize, character: char) -> Step {
        let seen = REASONING_TAGS.get(which).and_then(|(tag, _)| tag.get(..count));
        let fits = REASONING_TAGS.iter().position(|(tag, _)| {
            seen.is_some_and(|seen| tag.starts_with(seen)) && tag.chars().nth(count) == Some(character)
        });
        match fits.and_then(|which| Some((which, REASONING_TAGS.get(which)?))) {
            Some((_, (tag, end))) if tag.len() == count + 1 => self.to(State::Skip(end, 0)),
            Some((which, _)) => self.to(State::Tag(which, count + 1)),
            None => self.again(State::Prose),
        }
    }

    fn skip(&mut self, mark: &'static str, count: usize, character: char) -> Step {
        // A mark's first character either stands nowhere else in it or is all of it.
        let count = if mark.chars().nth(count) == Some(character) {
            count + 1
        } else {
            usize::from(mark.starts_with(character))
        };
        if count < mark.len() {
            return self.to(State::Skip(mark, count));
        }
        self.to(if mark == FENCE { State::Prose } else { State::Start })
    }
}

/// The literal that begins so.
fn literal(character: char) -> Option<&'static str> {
    ["null", "true", "false"].into_iter().find(|word| word.starts_with(character))
}
