//! Splits source files into code, comments and strings.
//!
//! A small lexer for Rust, Python, JavaScript, TypeScript and TOML. It knows enough of each language to find where comments and strings
//! begin and end; it does not check the syntax.

/// A language, by the end of a file's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Python,
    JavaScript,
    Toml,
}

impl Language {
    /// Returns the language of a file; `None` if this module does not know it.
    pub(super) fn of(extension: &str) -> Option<Self> {
        Some(match extension {
            "rs" => Self::Rust,
            "py" | "pyi" => Self::Python,
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" => Self::JavaScript,
            "toml" => Self::Toml,
            _ => return None,
        })
    }

    fn line_comment(self) -> &'static str {
        match self {
            Self::Rust | Self::JavaScript => "//",
            Self::Python | Self::Toml => "#",
        }
    }

    /// The quotes of a string that starts here, the longest first; strings in three quotes may contain line breaks.
    fn quotes(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["\""],
            Self::Python | Self::Toml => &["\"\"\"", "'''", "\"", "'"],
            Self::JavaScript => &["\"", "'", "`"],
        }
    }
}

/// The kind of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    /// A comment, or a string in three quotes, which is usually documentation.
    Comment,
    Text,
}

/// A part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) kind: Kind,
    /// Number of the line on which it starts.
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// Splits a file into its segments.
pub(super) fn split(source: &str, language: Language) -> Vec<Segment<'_>> {
    let mut lexer = Lexer { source, language, position: 0, code_start: 0, segments: Vec::new() };
    while lexer.position < source.len() {
        match lexer.next_segment() {
            Some((kind, length)) => lexer.push(kind, length),
            None => lexer.position += lexer.rest().chars().next().map_or(1, char::len_utf8),
        }
    }
    lexer.push(Kind::Code, 0);
    let mut line = 1;
    let mut start = 0;
    lexer
        .segments
        .into_iter()
        .map(|(kind, from, to)| {
            line += source[start..from].matches('\n').count();
            start = from;
            Segment { kind, line, text: &source[from..to] }
        })
        .collect()
}

struct Lexer<'a> {
    source: &'a str,
    language: Language,
    position: usize,
    code_start: usize,
    segments: Vec<(Kind, usize, usize)>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.position..]
    }

    /// Ends the code before this position, and adds a segment of this length.
    fn push(&mut self, kind: Kind, length: usize) {
        if self.code_start < self.position {
            self.segments.push((Kind::Code, self.code_start, self.position));
        }
        if length > 0 {
            self.segments.push((kind, self.position, self.position + length));
        }
        self.position += length;
        self.code_start = self.position;
    }

    /// Returns the comment or string that starts at this position, and its length.
    fn next_segment(&self) -> Option<(Kind, usize)> {
        let rest = self.rest();
        if rest.starts_with(self.language.line_comment()) {
            return Some((Kind::Comment, rest.find('\n').unwrap_or(rest.len())));
        }
        if rest.starts_with("/*") && matches!(self.language, Language::Rust | Language::JavaScript) {
            return Some((Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2)));
        }
        match self.language {
            Language::Rust => self.rust_literal(),
            Language::JavaScript if rest.starts_with('/') && self.may_be_expression() => {
                Some((Kind::Text, regex_length(rest)?))
            }
            _ => None,
        }
        .or_else(|| self.string())
    }

    fn string(&self) -> Option<(Kind, usize)> {
        let rest = self.rest();
        let quote = self.language.quotes().iter().find(|quote| rest.starts_with(**quote))?;
        let length = string_length(rest, quote)?;
        Some((if quote.len() == 3 { Kind::Comment } else { Kind::Text }, length))
    }

    /// Returns a raw string or a character, whose quotes differ from those of strings.
    fn rust_literal(&self) -> Option<(Kind, usize)> {
        let rest = self.rest();
        if let Some(raw) = rest.strip_prefix('r')
            && !self.follows_word()
        {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            if raw[hashes..].starts_with('"') {
                let end = format!("\"{}", "#".repeat(hashes));
                let body = hashes + 2;
                return Some((Kind::Text, body + rest[body..].find(&end)? + end.len()));
            }
        }
        let character = rest.strip_prefix('\'')?;
        // A lifetime has no second quote after one character.
        let first = character.chars().next()?;
        let length = if first == '\\' {
            let escaped = character[1..].chars().next()?.len_utf8();
            2 + escaped + character[1 + escaped..].find('\'')?
        } else {
            1 + first.len_utf8()
        };
        rest[length..].starts_with('\'').then_some((Kind::Text, length + 1))
    }

    fn follows_word(&self) -> bool {
        let before = self.source[..self.position].chars().next_back();
        before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    }

    /// Whether an expression may start here, so that a slash starts a regular expression.
    fn may_be_expression(&self) -> bool {
        let before = self.source[..self.position].trim_end();
        before.is_empty()
            || before.ends_with(['(', ',', '=', ':', '[', '!', '&', '|', '?', '{', '}', ';', '>'])
            || before.ends_with("return")
    }
}

/// Returns the length of a string with its quotes; `None` if it does not end, as in a comment's apostrophe.
fn string_length(rest: &str, quote: &str) -> Option<usize> {
    let mut position = quote.len();
    loop {
        let tail = rest.get(position..)?;
        if tail.starts_with(quote) {
            return Some(position + quote.len());
        }
        let letter = tail.chars().next()?;
        if letter == '\n' && quote.len() == 1 && quote != "`" && quote != "\"" {
            return None;
        }
        position += letter.len_utf8();
        if letter == '\\' {
            position += rest.get(position..)?.chars().next()?.len_utf8();
        }
    }
}

/// Returns the length of a regular expression.
fn regex_length(rest: &str) -> Option<usize> {
    let mut in_class = false;
    let mut is_escaped = false;
    for (position, letter) in rest.char_indices().skip(1) {
        match letter {
            '\n' => return None,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(position + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str, language: Language) -> Vec<(Kind, &str)> {
        split(source, language).into_iter().map(|segment| (segment.kind, segment.text)).collect()
    }

    #[test]
    fn splits_rust() {
        let source = "let a: &'a str = r#\"x \"y\" \"#; // why\nlet b = '\\'';";
        assert_eq!(
            kinds(source, Language::Rust),
            [
                (Kind::Code, "let a: &'a str = "),
                (Kind::Text, "r#\"x \"y\" \"#"),
                (Kind::Code, "; "),
                (Kind::Comment, "// why"),
                (Kind::Code, "\nlet b = "),
                (Kind::Text, "'\\''"),
                (Kind::Code, ";"),
            ]
        );
    }

    #[test]
    fn splits_python() {
        let source = "def f():\n    \"\"\"Return.\"\"\"\n    return 'a'  # why\n";
        assert_eq!(
            kinds(source, Language::Python),
            [
                (Kind::Code, "def f():\n    "),
                (Kind::Comment, "\"\"\"Return.\"\"\""),
                (Kind::Code, "\n    return "),
                (Kind::Text, "'a'"),
                (Kind::Code, "  "),
                (Kind::Comment, "# why"),
                (Kind::Code, "\n"),
            ]
        );
    }

    #[test]
    fn splits_javascript() {
        let source = "a = b / c; d(/[/\"]/); `x`";
        assert_eq!(
            kinds(source, Language::JavaScript),
            [(Kind::Code, "a = b / c; d("), (Kind::Text, "/[/\"]/"), (Kind::Code, "); "), (Kind::Text, "`x`")]
        );
    }

    #[test]
    fn counts_lines() {
        let lines: Vec<_> = split("a\n// b\nc", Language::Rust).iter().map(|segment| segment.line).collect();
        assert_eq!(lines, [1, 2, 2]);
    }
}
