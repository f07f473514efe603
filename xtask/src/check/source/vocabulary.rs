//! Checks that names, comments, messages and documents use the field's words.
//!
//! Invariant: the words are listed in `docs/style.md` and nowhere else. A row applies to names, to prose or to both; a word in capitals is
//! compared with whole names, every other word with the words of a name.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::files;
use super::segments::{self, Kind, Language, Segment};
use crate::check::Environment;
use crate::process::report;

/// The document with the table.
const STYLE: &str = "docs/style.md";
/// The title of the table's section.
const SECTION: &str = "## Words";
/// Folders whose strings are messages for users or for models. Strings elsewhere are test data.
const MESSAGES: [&str; 7] =
    ["core/src", "native/src", "trilogue/src", "bindings-", "typescript/src", "xtask/src", "examples/playground/src"];
/// The list of all findings.
const LIST: &str = "target/xtask/vocabulary.txt";
/// Most findings that are printed.
const SHOWN: usize = 200;

/// A row of the table.
struct Rule {
    words: Vec<String>,
    replacement: String,
    in_names: bool,
    in_prose: bool,
}

/// Checks every file.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let style = fs::read_to_string(root.join(STYLE)).with_context(|| format!("no {STYLE}"))?;
    let rules = parse_rules(&style)?;
    let mut findings = Vec::new();
    let paths = files::list(root)?;
    // The guide contains the words themselves, and the licences are others' texts.
    let is_checked = |path: &&std::path::PathBuf| **path != *Path::new(STYLE) && !path.starts_with("LICENSE");
    for path in paths.iter().filter(is_checked) {
        let name = path.display().to_string();
        check_name(&name, &rules, &mut findings);
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        check_file(&name, &text, files::extension(path), &rules, &mut findings)?;
    }
    if !findings.is_empty() {
        fs::write(root.join(LIST), findings.join("\n") + "\n")?;
        let shown = findings[..findings.len().min(SHOWN)].join("\n");
        bail!("{} words that {STYLE} replaces, all of them in {LIST}:\n{shown}", findings.len());
    }
    report(&format!(
        "{} files use none of {} words",
        paths.len(),
        rules.iter().map(|rule| rule.words.len()).sum::<usize>()
    ));
    Ok(())
}

/// Reads the rows `| words | replacement | names, prose |`.
fn parse_rules(style: &str) -> Result<Vec<Rule>> {
    let (_, section) = style.split_once(SECTION).with_context(|| format!("{STYLE} has no section {SECTION}"))?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut rules = Vec::new();
    for line in section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Not")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [words, replacement, places] = cells[..] else { bail!("{STYLE}: a row without three cells: {line}") };
        let words = words.split(',').map(|word| word.trim().to_owned()).collect();
        let (in_names, in_prose) = (places.contains("names"), places.contains("prose"));
        ensure!(in_names || in_prose, "{STYLE}: the third cell is `names`, `prose` or both: {line}");
        rules.push(Rule { words, replacement: replacement.to_owned(), in_names, in_prose });
    }
    ensure!(!rules.is_empty(), "{STYLE} lists no words");
    Ok(rules)
}

fn check_file(name: &str, text: &str, extension: &str, rules: &[Rule], findings: &mut Vec<String>) -> Result<()> {
    let mut add = |line: usize, found: &str, rule: &Rule| {
        findings.push(format!("{name}:{line}: {found} → {}", rule.replacement));
    };
    if let Some(language) = Language::of(extension) {
        let has_messages = MESSAGES.iter().any(|folder| name.starts_with(folder));
        for Segment { kind, line: start, text } in segments::split(text, language) {
            let found = |line: usize, found: &str, rule: &Rule| add(start + line, found, rule);
            match kind {
                Kind::Code => check_names(text, rules, found),
                Kind::Text if !has_messages || !text.contains(' ') => {}
                Kind::Comment | Kind::Text => check_prose(text, rules, found),
            }
        }
    } else if extension == "md" {
        check_prose(&without_code_blocks(text), rules, |line, found, rule| add(line + 1, found, rule));
    } else if name.starts_with("tests/vectors/") {
        let vector: serde_json::Value = serde_json::from_str(text).with_context(|| name.to_owned())?;
        check_prose(vector["about"].as_str().unwrap_or_default(), rules, |line, found, rule| {
            add(line + 1, found, rule);
        });
    }
    Ok(())
}

/// Checks the name of a file, without its folders.
fn check_name(path: &str, rules: &[Rule], findings: &mut Vec<String>) {
    let file = path.rsplit('/').next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default().replace('-', "_");
    check_names(&stem, rules, |_, found, rule| findings.push(format!("{path}: {found} → {}", rule.replacement)));
}

/// Reports the identifiers in code that contain a word of a rule: `(line, identifier, rule)`.
fn check_names(code: &str, rules: &[Rule], mut found: impl FnMut(usize, &str, &Rule)) {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    for (line, text) in code.lines().enumerate() {
        for identifier in text.split(|letter| !is_part(letter)).filter(|part| !part.is_empty()) {
            let words = words_of(identifier);
            let violates = |word: &String| {
                if word.starts_with(char::is_uppercase) { identifier == word } else { words.contains(word) }
            };
            for rule in rules.iter().filter(|rule| rule.in_names) {
                if rule.words.iter().any(violates) {
                    found(line, identifier, rule);
                }
            }
        }
    }
}

/// Splits an identifier into its words, in lower case: `take_batch`, `takeBatch` and `TakeBatch` are `take` and `batch`.
fn words_of(identifier: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in identifier.chars() {
        if letter == '_' || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
        if letter != '_' {
            words.last_mut().expect("never empty").extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Reports the words of a rule in a text, except in code between backticks: `(line, word, rule)`.
fn check_prose(text: &str, rules: &[Rule], mut found: impl FnMut(usize, &str, &Rule)) {
    for (line, text) in text.lines().enumerate() {
        for part in text.split('`').step_by(2) {
            for word in part.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()) {
                let lower = word.to_lowercase();
                for rule in rules.iter().filter(|rule| rule.in_prose && rule.words.contains(&lower)) {
                    found(line, word, rule);
                }
            }
        }
    }
}

/// Replaces the code blocks of a document by empty lines.
pub(super) fn without_code_blocks(text: &str) -> String {
    let mut in_block = false;
    let mut out = String::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        if !in_block && !is_fence {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Vec<Rule> {
        let table = "## Words\n\n| Not | But | In |\n|---|---|---|\n| gizmo | device | names, prose |\n| Place | Location | names |\n";
        parse_rules(table).expect("a table")
    }

    #[test]
    fn splits_identifiers() {
        assert_eq!(words_of("takeBatch_OfTwo"), ["take", "batch", "of", "two"]);
        assert_eq!(words_of("__init__"), ["init"]);
    }

    #[test]
    fn finds_words_in_names_and_prose() {
        let source = "struct Place; // was gizmo `gizmo`\nfn is_gizmo() {} fn placed(gizmo: u8) {}";
        let mut findings = Vec::new();
        check_file("core/src/a.rs", source, "rs", &rules(), &mut findings).expect("a Rust file");
        assert_eq!(
            findings,
            [
                "core/src/a.rs:1: Place → Location",
                "core/src/a.rs:1: gizmo → device",
                "core/src/a.rs:2: is_gizmo → device",
                "core/src/a.rs:2: gizmo → device",
            ]
        );
    }

    #[test]
    fn ignores_code_in_documents() {
        let mut findings = Vec::new();
        let text = "```\ngizmo\n```\nIt was gizmo.";
        check_file("a.md", text, "md", &rules(), &mut findings).expect("a document");
        assert_eq!(findings, ["a.md:4: gizmo → device"]);
    }
}
