//! Parser for harmony, the response format of gpt-oss models, which some servers leak into the text.
//!
//! Invariant: the result doesn't depend on how the text is split, and each byte is searched once. Text that begins with harmony markers
//! is parsed: `analysis` is reasoning, `final` and `commentary` are content, and `commentary to=functions.NAME` is a tool call. Other
//! text passes unchanged. Text that may become a marker is held back up to a limit, and is content otherwise.
//!
//! Sources: openai/harmony (format), NVIDIA/TensorRT-LLM#9256 (markers in content), vllm-project/vllm#32587 (marker in a tool name).

use crate::prelude::*;
use crate::text;

/// A decoded part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Output {
    Content(String),
    Reasoning(String),
    ToolName(String),
    ToolArguments(String),
}

/// Parses the text of one choice.
#[derive(Debug, Default)]
pub(super) struct Reader {
    state: State,
    /// The undecided text, followed by the text of the current call.
    pending: String,
    /// The start of the undecided text; 0 between calls.
    from: usize,
    /// No marker starts before this position, so a search continues here.
    searched: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Undecided.
    #[default]
    Start,
    /// Ordinary text.
    Plain,
    /// `analysis…assistantfinal…`: possibly harmony without its markers.
    Stripped,
    /// Between the start of a message and `<|message|>`.
    Header,
    /// In the body of a message.
    Body(Channel),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Content,
    Reasoning,
    Tool,
}

const OPENERS: [&str; 3] = ["<|channel|>", "<|start|>", "<|message|>"];
/// Markers that end the body of a message.
const CLOSERS: [&str; 5] = ["<|end|>", "<|return|>", "<|call|>", "<|start|>", "<|channel|>"];
/// The start of each marker.
const MARKER: &str = "<|";
const MESSAGE: &str = "<|message|>";
const STRIPPED: &str = "analysis";
const STRIPPED_FINAL: &str = "assistantfinal";
/// Words that occur in headers, besides a recipient.
const HEADER_WORDS: [&str; 6] = ["assistant", "analysis", "commentary", "final", "json", "to="];
/// Maximum number of bytes held back for a header. A longer header is ordinary text.
const MAX_HEADER_LENGTH: usize = 4096;
/// Maximum number of bytes held back for reasoning without markers.
const MAX_REASONING_LENGTH: usize = 256 * 1024;

impl Reader {
    /// Parses more text and appends the decided parts to `output`.
    pub(super) fn read(&mut self, text: &str, output: &mut Vec<Output>) {
        if self.state == State::Plain {
            emit(Output::Content(text.to_owned()), output);
            return;
        }
        self.pending.push_str(text);
        while self.step(output) {}
        self.pending.drain(..self.from);
        self.searched = self.searched.saturating_sub(self.from);
        self.from = 0;
    }

    /// Returns whether all further text passes unchanged.
    pub(super) fn is_plain(&self) -> bool {
        self.state == State::Plain && self.pending.is_empty()
    }

    /// Ends the text and emits the text that was held back.
    pub(super) fn finish(&mut self, output: &mut Vec<Output>) {
        let pending = self.take_all();
        match self.state {
            // A header without a message contains nothing for the reader.
            State::Header if is_header(&pending) => {}
            State::Body(channel) => emit(channel.output(pending), output),
            State::Start | State::Plain | State::Stripped | State::Header => emit(Output::Content(pending), output),
        }
        self.state = State::Plain;
    }

    /// Makes one decision. Returns false if more text is needed.
    fn step(&mut self, output: &mut Vec<Output>) -> bool {
        match self.state {
            State::Start => self.start(output),
            State::Plain => {
                emit(Output::Content(self.take_all()), output);
                false
            }
            State::Stripped => self.stripped(output),
            State::Header => self.header(output),
            State::Body(channel) => self.body(channel, output),
        }
    }

    fn start(&mut self, output: &mut Vec<Output>) -> bool {
        let pending = self.pending.as_str();
        if OPENERS.iter().any(|opener| pending.starts_with(opener)) {
            self.state = State::Header;
            return true;
        }
        // A single letter is not held back, because that would delay the first token of many answers.
        let may_be_stripped = pending.len() > 1 && STRIPPED.starts_with(pending);
        if may_be_stripped || OPENERS.iter().any(|opener| opener.starts_with(pending)) {
            return false;
        }
        // "analysis" directly followed by a letter or digit is not ordinary text; "analysis of …" is.
        let is_joined = pending
            .strip_prefix(STRIPPED)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| text::is_letter(c) || c.is_ascii_digit());
        if is_joined {
            self.state = State::Stripped;
            return true;
        }
        self.state = State::Plain;
        emit(Output::Content(self.take_all()), output);
        false
    }

    fn stripped(&mut self, output: &mut Vec<Output>) -> bool {
        match self.find(STRIPPED_FINAL, MAX_REASONING_LENGTH) {
            Search::At(at) => {
                let reasoning_text = self.take(at);
                emit(
                    Output::Reasoning(reasoning_text.strip_prefix(STRIPPED).unwrap_or(&reasoning_text).to_owned()),
                    output,
                );
                self.skip(STRIPPED_FINAL.len());
                self.state = State::Plain;
                true
            }
            Search::NotYet => false,
            Search::Never => {
                self.state = State::Plain;
                true
            }
        }
    }

    fn header(&mut self, output: &mut Vec<Output>) -> bool {
        let at = match self.find(MESSAGE, MAX_HEADER_LENGTH) {
            Search::At(at) => at,
            Search::NotYet => return false,
            Search::Never => {
                self.state = State::Plain;
                return true;
            }
        };
        let header = self.take(at);
        let channel = match text::split(&header, "to=") {
            Some((_, recipient)) => {
                let name = recipient.split(|c: char| c.is_whitespace() || c == '<').next().unwrap_or_default();
                emit(Output::ToolName(name.strip_prefix("functions.").unwrap_or(name).to_owned()), output);
                Channel::Tool
            }
            None if text::contains(&header, "analysis") => Channel::Reasoning,
            None => Channel::Content,
        };
        self.skip(MESSAGE.len());
        self.state = State::Body(channel);
        true
    }

    fn body(&mut self, channel: Channel, output: &mut Vec<Output>) -> bool {
        loop {
            let rest = self.pending.get(self.searched..).unwrap_or_default();
            let Some(offset) = text::find(rest, MARKER) else {
                // The last character may start a marker.
                let keep = usize::from(rest.ends_with('<'));
                self.searched = self.pending.len() - keep;
                emit(channel.output(self.take(self.searched)), output);
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
            emit(channel.output(self.take(at)), output);
            let Some(closer) = closer else { return false };
            // A start marker belongs to the next header. An end marker may be followed by a start marker or by nothing.
            if !matches!(*closer, "<|start|>" | "<|channel|>") {
                self.skip(closer.len());
            }
            self.state = State::Header;
            return true;
        }
    }

    /// Searches the first `limit` bytes of the undecided text. The limit makes the result independent of splits.
    fn find(&mut self, pattern: &str, limit: usize) -> Search {
        let searched = self.searched.max(self.from);
        let end = self.pending.len().min(self.from + limit);
        let bytes = self.pending.as_bytes().get(searched..end).unwrap_or_default();
        if let Some(offset) = text::find_bytes(bytes, pattern.as_bytes()) {
            return Search::At(searched + offset);
        }
        if self.pending.len() >= self.from + limit {
            return Search::Never;
        }
        self.searched = searched.max(end.saturating_sub(pattern.len() - 1));
        Search::NotYet
    }

    /// Takes the undecided text up to a position.
    fn take(&mut self, end: usize) -> String {
        let text = self.pending.get(self.from..end).unwrap_or_default().to_owned();
        self.from = end;
        self.searched = end;
        text
    }

    fn take_all(&mut self) -> String {
        let from = core::mem::take(&mut self.from);
        self.searched = 0;
        let mut pending = core::mem::take(&mut self.pending);
        if from > 0 {
            pending.drain(..from);
        }
        pending
    }

    fn skip(&mut self, length: usize) {
        self.from += length;
        self.searched = self.from;
    }
}

/// The result of a search.
enum Search {
    At(usize),
    /// More text is needed.
    NotYet,
    /// The limit was reached.
    Never,
}

/// Returns whether a text, perhaps truncated, contains only markers and header words.
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
    fn output(self, text: String) -> Output {
        match self {
            Self::Content => Output::Content(text),
            Self::Reasoning => Output::Reasoning(text),
            Self::Tool => Output::ToolArguments(text),
        }
    }
}

fn emit(part: Output, output: &mut Vec<Output>) {
    match &part {
        Output::Content(text) | Output::Reasoning(text) | Output::ToolArguments(text) if text.is_empty() => {}
        _ => output.push(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses text in pieces of `size` characters, and joins adjacent parts of the same kind.
    fn read(text: &str, size: usize) -> Vec<Output> {
        let mut reader = Reader::default();
        let mut output = Vec::new();
        let characters: Vec<_> = text.chars().collect();
        for piece in characters.chunks(size) {
            reader.read(&piece.iter().collect::<String>(), &mut output);
        }
        reader.finish(&mut output);
        let mut joined: Vec<Output> = Vec::new();
        for part in output {
            match (joined.last_mut(), &part) {
                (Some(Output::Content(old)), Output::Content(new))
                | (Some(Output::Reasoning(old)), Output::Reasoning(new))
                | (Some(Output::ToolArguments(old)), Output::ToolArguments(new)) => old.push_str(new),
                _ => joined.push(part),
            }
        }
        joined
    }

    fn check(text: &str, expected: &[Output]) {
        check_by(&[1, 2, 3, 7, 1000], text, expected);
    }

    fn check_by(sizes: &[usize], text: &str, expected: &[Output]) {
        for size in sizes {
            assert_eq!(read(text, *size), expected, "{text} by {size}");
        }
    }

    fn content(text: &str) -> Output {
        Output::Content(text.to_owned())
    }

    fn reasoning(text: &str) -> Output {
        Output::Reasoning(text.to_owned())
    }

    #[test]
    fn channels_are_distinguished() {
        check(
            "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi!<|return|>",
            &[reasoning("Hm."), content("Hi!")],
        );
        check("<|channel|>commentary<|message|>I will look.", &[content("I will look.")]);
        check("<|start|>assistant<|channel|>final<|message|>a < b <| c", &[content("a < b <| c")]);
    }

    #[test]
    fn recipient_makes_a_tool_call() {
        check(
            "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\":\"Paris\"}<|call|>",
            &[Output::ToolName("get_weather".to_owned()), Output::ToolArguments("{\"city\":\"Paris\"}".to_owned())],
        );
    }

    #[test]
    fn incomplete_header_is_dropped_only_without_content() {
        check("<|channel|>final<|message|>Hi<|end|><|start|>assistant", &[content("Hi")]);
        check("<|channel|>final<|message|>Hi<|return|>\n", &[content("Hi")]);
        check("<|start|>assistant<|chan", &[]);
        check("<|channel|>Hello, world", &[content("<|channel|>Hello, world")]);
        check("<|channel|>final<|message|>Hi<|end|> and more", &[content("Hi and more")]);
    }

    #[test]
    fn text_is_held_back_up_to_a_limit() {
        for (start, marker, end, limit) in [
            ("<|channel|>final", MESSAGE, vec![content("Hi")], MAX_HEADER_LENGTH),
            ("analysisA", STRIPPED_FINAL, vec![], MAX_REASONING_LENGTH),
        ] {
            let fits = limit - start.len() - marker.len();
            let text = |length: usize| format!("{start}{}{marker}Hi", "x".repeat(length));
            let reasoning_text = reasoning(&format!("A{}", "x".repeat(fits)));
            let known = if end.is_empty() { vec![reasoning_text, content("Hi")] } else { end };
            check_by(&[1000, limit, 2 * limit], &text(fits), &known);
            check_by(&[1000, limit, 2 * limit], &text(fits + 1), &[content(&text(fits + 1))]);
        }
    }

    #[test]
    fn stripped_markers_are_distinguished_from_similar_texts() {
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
