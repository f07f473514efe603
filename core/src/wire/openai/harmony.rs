//! Harmony, the format in which gpt-oss models speak, where it leaks into the text.
//!
//! Law: a text that begins with harmony's markers is read as harmony, whatever the split: `analysis` is reasoning, `final` and
//! `commentary` are content, `commentary to=functions.NAME` is a tool call. Any other text passes untouched; what could still turn out
//! to be a marker is held back, and given out as it was where it doesn't. Sources: openai/harmony (the format),
//! NVIDIA/TensorRT-LLM#9256 (markers in content), vllm-project/vllm#32587 (a marker in a tool's name).

use crate::prelude::*;
use crate::text;

/// What a piece of text turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Content(String),
    Reasoning(String),
    ToolName(String),
    ToolArguments(String),
}

/// Reads the text of one choice.
#[derive(Debug, Default)]
pub(super) struct Reader {
    state: State,
    /// What was not decided yet.
    held: String,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum State {
    /// Nothing was decided.
    #[default]
    Start,
    /// Not harmony.
    Plain,
    /// `analysis…assistantfinal…`: harmony whose markers were stripped, perhaps.
    Stripped,
    /// Between a message's start and its `<|message|>`.
    Header,
    /// In a message.
    Body(Channel),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Content,
    Reasoning,
    Tool,
}

const OPENERS: [&str; 3] = ["<|channel|>", "<|start|>", "<|message|>"];
/// Markers that end a message's body.
const CLOSERS: [&str; 5] = ["<|end|>", "<|return|>", "<|call|>", "<|start|>", "<|channel|>"];
const MESSAGE: &str = "<|message|>";
const STRIPPED: &str = "analysis";
const STRIPPED_FINAL: &str = "assistantfinal";

impl Reader {
    /// Takes more text; `said` gets what is certain.
    pub(super) fn read(&mut self, text: &str, said: &mut Vec<Said>) {
        if self.state == State::Plain {
            say(Said::Content(text.to_owned()), said);
            return;
        }
        self.held.push_str(text);
        while self.step(said) {}
    }

    /// Whether all further text passes as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.state == State::Plain && self.held.is_empty()
    }

    /// The end of the text: what was held back is what it looked like.
    pub(super) fn finish(&mut self, said: &mut Vec<Said>) {
        let held = core::mem::take(&mut self.held);
        match self.state {
            // A header that never came to its message says nothing to a reader.
            State::Header => {}
            State::Body(channel) => say(channel.said(held), said),
            State::Start | State::Plain | State::Stripped => say(Said::Content(held), said),
        }
        self.state = State::Plain;
    }

    /// One decision; false where more text is needed.
    fn step(&mut self, said: &mut Vec<Said>) -> bool {
        match self.state {
            State::Start => self.start(said),
            State::Plain => {
                say(Said::Content(core::mem::take(&mut self.held)), said);
                false
            }
            State::Stripped => self.stripped(said),
            State::Header => self.header(said),
            State::Body(channel) => self.body(channel, said),
        }
    }

    fn start(&mut self, said: &mut Vec<Said>) -> bool {
        let held = self.held.as_str();
        if OPENERS.iter().any(|opener| held.starts_with(opener)) {
            self.state = State::Header;
            return true;
        }
        // A single letter is no sign: waiting for what follows it would hold back the first token of many an answer.
        let may_be_stripped = held.len() > 1 && STRIPPED.starts_with(held);
        if may_be_stripped || OPENERS.iter().any(|opener| opener.starts_with(held)) {
            return false;
        }
        // A word that goes on without a break is none that a text begins with; "analysis of …" is.
        let glued = held.strip_prefix(STRIPPED).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
        if glued {
            self.state = State::Stripped;
            return true;
        }
        self.state = State::Plain;
        say(Said::Content(core::mem::take(&mut self.held)), said);
        false
    }

    fn stripped(&mut self, said: &mut Vec<Said>) -> bool {
        let Some((thought, rest)) = text::split(&self.held, STRIPPED_FINAL) else { return false };
        let thought = thought.strip_prefix(STRIPPED).unwrap_or(thought).to_owned();
        let rest = rest.to_owned();
        say(Said::Reasoning(thought), said);
        self.held = rest;
        self.state = State::Plain;
        true
    }

    fn header(&mut self, said: &mut Vec<Said>) -> bool {
        let Some((header, rest)) = text::split(&self.held, MESSAGE) else { return false };
        let channel = match text::split(header, "to=") {
            Some((_, recipient)) => {
                let name = recipient.split(|c: char| c.is_whitespace() || c == '<').next().unwrap_or_default();
                say(Said::ToolName(name.strip_prefix("functions.").unwrap_or(name).to_owned()), said);
                Channel::Tool
            }
            None if text::contains(header, "analysis") => Channel::Reasoning,
            None => Channel::Content,
        };
        self.held = rest.to_owned();
        self.state = State::Body(channel);
        true
    }

    fn body(&mut self, channel: Channel, said: &mut Vec<Said>) -> bool {
        let next = CLOSERS.iter().filter_map(|closer| Some((text::find(&self.held, closer)?, *closer))).min();
        if let Some((at, closer)) = next {
            let rest = self.held.split_off(at);
            say(channel.said(core::mem::take(&mut self.held)), said);
            // A start is a header's first word; after an end there may be another start, or nothing.
            let is_start = closer == "<|start|>" || closer == "<|channel|>";
            rest.get(if is_start { 0 } else { closer.len() }..).unwrap_or_default().clone_into(&mut self.held);
            self.state = State::Header;
            return true;
        }
        // Held back: a tail that may be the beginning of a marker.
        let keep = (1..CLOSERS.iter().map(|closer| closer.len()).max().unwrap_or(0))
            .rev()
            .find(|length| {
                let tail = self.held.len().checked_sub(*length).and_then(|at| self.held.get(at..));
                tail.is_some_and(|tail| CLOSERS.iter().any(|closer| closer.starts_with(tail)))
            })
            .unwrap_or(0);
        let tail = self.held.split_off(self.held.len() - keep);
        say(channel.said(core::mem::replace(&mut self.held, tail)), said);
        false
    }
}

impl Channel {
    fn said(self, text: String) -> Said {
        match self {
            Self::Content => Said::Content(text),
            Self::Reasoning => Said::Reasoning(text),
            Self::Tool => Said::ToolArguments(text),
        }
    }
}

fn say(what: Said, said: &mut Vec<Said>) {
    match &what {
        Said::Content(text) | Said::Reasoning(text) | Said::ToolArguments(text) if text.is_empty() => {}
        _ => said.push(what),
    }
}

/// A tool's name without what leaked into it: no marker's first character can be part of one.
pub(super) fn tool_name(name: &str) -> &str {
    name.split('<').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text read in pieces of `size` characters, with neighbours of one kind joined.
    fn read(text: &str, size: usize) -> Vec<Said> {
        let mut reader = Reader::default();
        let mut said = Vec::new();
        let characters: Vec<_> = text.chars().collect();
        for piece in characters.chunks(size) {
            reader.read(&piece.iter().collect::<String>(), &mut said);
        }
        reader.finish(&mut said);
        let mut joined: Vec<Said> = Vec::new();
        for what in said {
            match (joined.last_mut(), &what) {
                (Some(Said::Content(old)), Said::Content(new))
                | (Some(Said::Reasoning(old)), Said::Reasoning(new))
                | (Some(Said::ToolArguments(old)), Said::ToolArguments(new)) => old.push_str(new),
                _ => joined.push(what),
            }
        }
        joined
    }

    fn check(text: &str, expected: &[Said]) {
        check_by(&[1, 2, 3, 7, 1000], text, expected);
    }

    fn check_by(sizes: &[usize], text: &str, expected: &[Said]) {
        for size in sizes {
            assert_eq!(read(text, *size), expected, "{text} by {size}");
        }
    }

    fn content(text: &str) -> Said {
        Said::Content(text.to_owned())
    }

    fn reasoning(text: &str) -> Said {
        Said::Reasoning(text.to_owned())
    }

    #[test]
    fn channels_are_told_apart() {
        check(
            "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi!<|return|>",
            &[reasoning("Hm."), content("Hi!")],
        );
        check("<|channel|>commentary<|message|>I will look.", &[content("I will look.")]);
        check("<|start|>assistant<|channel|>final<|message|>a < b <| c", &[content("a < b <| c")]);
    }

    #[test]
    fn a_recipient_makes_a_tool_call() {
        check(
            "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\":\"Paris\"}<|call|>",
            &[Said::ToolName("get_weather".to_owned()), Said::ToolArguments("{\"city\":\"Paris\"}".to_owned())],
        );
    }

    #[test]
    fn stripped_markers_are_recognised_and_similar_texts_are_not() {
        check_by(
            &[2, 3, 7, 1000],
            "analysisThe user greets.assistantfinalHello!",
            &[reasoning("The user greets."), content("Hello!")],
        );
        for text in [
            "analysis of the matter: assistantfinal",
            "analysis",
            "analysisX",
            "<|chan",
            "<|channel",
            "< |channel|>x",
            "a <|channel|>final<|message|>b",
            "anal",
            "Analysis",
        ] {
            check(text, &[content(text)]);
        }
    }

    #[test]
    fn names_lose_what_leaked() {
        assert_eq!(tool_name("query_dataset<|channel|>commentary"), "query_dataset");
        assert_eq!(tool_name("plain"), "plain");
    }
}
