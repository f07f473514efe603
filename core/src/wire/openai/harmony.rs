//! Harmony, the format in which gpt-oss models speak, where it leaks into the text.
//!
//! A text that begins with harmony's markers is read as harmony, whatever the split: `analysis` is reasoning, `final` and
//! `commentary` are content, `commentary to=functions.NAME` is a tool call. Any other text passes untouched. Text that may still turn out
//! to be a marker is held back, up to a limit, and is content if it does not. Each byte is searched once. Sources: openai/harmony (the format),
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
    /// What came since the last call, and before it what is undecided.
    held: String,
    /// Where the undecided text begins; 0 between calls.
    from: usize,
    /// No marker begins before this: a search goes on where the last one stopped.
    searched: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
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
/// The beginning of every marker.
const MARKER: &str = "<|";
const MESSAGE: &str = "<|message|>";
const STRIPPED: &str = "analysis";
const STRIPPED_FINAL: &str = "assistantfinal";
/// The words of a header, besides a recipient.
const HEADER_WORDS: [&str; 6] = ["assistant", "analysis", "commentary", "final", "json", "to="];
/// The most bytes that are held back for a header to end: a longer one is text.
const LONGEST_HEADER: usize = 4096;
/// The most bytes that are held back for a thought without markers to end.
const LONGEST_THOUGHT: usize = 256 * 1024;

impl Reader {
    /// Takes more text; `said` gets what is certain.
    pub(super) fn read(&mut self, text: &str, said: &mut Vec<Said>) {
        if self.state == State::Plain {
            say(Said::Content(text.to_owned()), said);
            return;
        }
        self.held.push_str(text);
        while self.step(said) {}
        self.held.drain(..self.from);
        self.searched = self.searched.saturating_sub(self.from);
        self.from = 0;
    }

    /// Whether all further text passes as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.state == State::Plain && self.held.is_empty()
    }

    /// The end of the text: what was held back is what it looked like.
    pub(super) fn finish(&mut self, said: &mut Vec<Said>) {
        let held = self.take_all();
        match self.state {
            // A header that never came to its message says nothing to a reader.
            State::Header if is_header(&held) => {}
            State::Body(channel) => say(channel.said(held), said),
            State::Start | State::Plain | State::Stripped | State::Header => say(Said::Content(held), said),
        }
        self.state = State::Plain;
    }

    /// One decision; false where more text is needed.
    fn step(&mut self, said: &mut Vec<Said>) -> bool {
        match self.state {
            State::Start => self.start(said),
            State::Plain => {
                say(Said::Content(self.take_all()), said);
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
        let glued = held
            .strip_prefix(STRIPPED)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| text::is_letter(c) || c.is_ascii_digit());
        if glued {
            self.state = State::Stripped;
            return true;
        }
        self.state = State::Plain;
        say(Said::Content(self.take_all()), said);
        false
    }

    fn stripped(&mut self, said: &mut Vec<Said>) -> bool {
        match self.find(STRIPPED_FINAL, LONGEST_THOUGHT) {
            Found::At(at) => {
                let thought = self.take(at);
                say(Said::Reasoning(thought.strip_prefix(STRIPPED).unwrap_or(&thought).to_owned()), said);
                self.skip(STRIPPED_FINAL.len());
                self.state = State::Plain;
                true
            }
            Found::NotYet => false,
            Found::Never => {
                self.state = State::Plain;
                true
            }
        }
    }

    fn header(&mut self, said: &mut Vec<Said>) -> bool {
        let at = match self.find(MESSAGE, LONGEST_HEADER) {
            Found::At(at) => at,
            Found::NotYet => return false,
            Found::Never => {
                self.state = State::Plain;
                return true;
            }
        };
        let header = self.take(at);
        let channel = match text::split(&header, "to=") {
            Some((_, recipient)) => {
                let name = recipient.split(|c: char| c.is_whitespace() || c == '<').next().unwrap_or_default();
                say(Said::ToolName(name.strip_prefix("functions.").unwrap_or(name).to_owned()), said);
                Channel::Tool
            }
            None if text::contains(&header, "analysis") => Channel::Reasoning,
            None => Channel::Content,
        };
        self.skip(MESSAGE.len());
        self.state = State::Body(channel);
        true
    }

    fn body(&mut self, channel: Channel, said: &mut Vec<Said>) -> bool {
        loop {
            let rest = self.held.get(self.searched..).unwrap_or_default();
            let Some(offset) = text::find(rest, MARKER) else {
                // The last character may begin a marker.
                let keep = usize::from(rest.ends_with('<'));
                self.searched = self.held.len() - keep;
                say(channel.said(self.take(self.searched)), said);
                return false;
            };
            let marker = rest.get(offset..).unwrap_or_default();
            let closer = CLOSERS.iter().find(|closer| marker.starts_with(**closer));
            let is_open = closer.is_some() || CLOSERS.iter().any(|closer| closer.starts_with(marker));
            let at = self.searched + offset;
            if !is_open {
                self.searched = at + MARKER.len();
                continue;
            }
            say(channel.said(self.take(at)), said);
            let Some(closer) = closer else { return false };
            // A start is a header's first word; after an end there may be another start, or nothing.
            if !matches!(*closer, "<|start|>" | "<|channel|>") {
                self.skip(closer.len());
            }
            self.state = State::Header;
            return true;
        }
    }

    /// Searches the undecided text, of which `limit` bytes count: the same in any split.
    fn find(&mut self, what: &str, limit: usize) -> Found {
        let searched = self.searched.max(self.from);
        let end = self.held.len().min(self.from + limit);
        let bytes = self.held.as_bytes().get(searched..end).unwrap_or_default();
        if let Some(offset) = text::find_bytes(bytes, what.as_bytes()) {
            return Found::At(searched + offset);
        }
        if self.held.len() >= self.from + limit {
            return Found::Never;
        }
        self.searched = searched.max(end.saturating_sub(what.len() - 1));
        Found::NotYet
    }

    /// Takes the undecided text up to a place.
    fn take(&mut self, end: usize) -> String {
        let text = self.held.get(self.from..end).unwrap_or_default().to_owned();
        self.from = end;
        self.searched = end;
        text
    }

    fn take_all(&mut self) -> String {
        let from = core::mem::take(&mut self.from);
        self.searched = 0;
        let mut held = core::mem::take(&mut self.held);
        if from > 0 {
            held.drain(..from);
        }
        held
    }

    fn skip(&mut self, length: usize) {
        self.from += length;
        self.searched = self.from;
    }
}

/// Where a search ended.
enum Found {
    At(usize),
    /// More text is needed.
    NotYet,
    /// It would be too far away.
    Never,
}

/// Whether a text, perhaps cut, holds nothing but markers and words of a header.
fn is_header(text: &str) -> bool {
    let mut rest = text;
    loop {
        let (words, marker) = text::split(rest, MARKER).unwrap_or((rest, ""));
        let is_known = |word: &str| HEADER_WORDS.iter().any(|known| known.starts_with(word) || word.starts_with("to="));
        if !words.split_whitespace().all(is_known) {
            return false;
        }
        match text::split(marker, "|>") {
            Some((_, after)) => rest = after,
            None => return true,
        }
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
    fn a_header_without_its_message_is_dropped_only_if_it_says_nothing() {
        check("<|channel|>final<|message|>Hi<|end|><|start|>assistant", &[content("Hi")]);
        check("<|channel|>final<|message|>Hi<|return|>\n", &[content("Hi")]);
        check("<|start|>assistant<|chan", &[]);
        check("<|channel|>Hello, world", &[content("<|channel|>Hello, world")]);
        check("<|channel|>final<|message|>Hi<|end|> and more", &[content("Hi and more")]);
    }

    #[test]
    fn text_is_held_back_up_to_a_limit() {
        for (start, marker, end, limit) in [
            ("<|channel|>final", MESSAGE, vec![content("Hi")], LONGEST_HEADER),
            ("analysisA", STRIPPED_FINAL, vec![], LONGEST_THOUGHT),
        ] {
            let fits = limit - start.len() - marker.len();
            let text = |length: usize| format!("{start}{}{marker}Hi", "x".repeat(length));
            let thought = reasoning(&format!("A{}", "x".repeat(fits)));
            let known = if end.is_empty() { vec![thought, content("Hi")] } else { end };
            check_by(&[1000, limit, 2 * limit], &text(fits), &known);
            check_by(&[1000, limit, 2 * limit], &text(fits + 1), &[content(&text(fits + 1))]);
        }
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
}
