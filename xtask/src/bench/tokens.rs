//! `cargo xtask bench tokens`: this package's tokenizer beside tiktoken-rs, bpe-openai and Python's tiktoken, on the same texts.
//!
//! Invariant: `bench/tokens` measures, and this file only arranges the figures. The tokenizers take turns within each round.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use serde::Deserialize;

use super::report::{lined_up, machine};
use super::statistics::{median, short};
use super::{Options, rig};
use crate::process::step;
use crate::{setup, tokens};

/// Packages of Python: the tokenizer, and one with texts.
const PYTHON: [&str; 2] = ["tiktoken==0.14.0", "django==5.2.8"];
/// The tokenizers, in the order of the columns.
const TOKENIZERS: [&str; 4] = ["trilogue", "tiktoken-rs", "bpe-openai", "tiktoken (Python)"];

/// A line that a program prints.
#[derive(Deserialize)]
struct Line {
    tokenizer: String,
    text: Option<PathBuf>,
    tokens: Option<u64>,
    /// MB/s of counting, if that needs no tokens, and of encoding.
    count: Option<f64>,
    encode: Option<f64>,
    /// Of the first load in a process.
    milliseconds: Option<f64>,
    kilobytes: Option<f64>,
}

/// The figures of all rounds, by row and tokenizer.
type Table = BTreeMap<(String, String), Vec<f64>>;

/// Measures, prints and writes the table.
pub(super) fn run(root: &Path, options: &Options) -> Result<()> {
    let Prepared { python, program: ours, data, vocabulary, mut files } = prepare(root)?;
    files.retain(|file| options.only.as_ref().is_none_or(|part| file.to_string_lossy().contains(part)));
    let (mut speeds, mut counts, mut loads) = (Table::new(), BTreeMap::new(), Table::new());
    let rounds = options.rounds.unwrap_or(if options.quick { 1 } else { 3 });
    for round in 1..=rounds {
        let title = |work: &str| format!("round {round} of {rounds}: {work}");
        let mut speed = Command::new(&ours);
        let mut printed = step(&title("the crates"), speed.arg("speed").arg(&data).args(&files))?;
        let mut peer = Command::new(&python);
        peer.arg(root.join("bench/tokens/peer.py")).arg("speed").arg(&vocabulary).args(&files);
        printed += &step(&title("tiktoken"), &mut peer)?;
        for line in lines(&printed)? {
            let row = line.text.as_deref().and_then(Path::file_stem).context("a text has a name")?.to_string_lossy();
            counts.extend(line.tokens.map(|tokens| (row.to_string(), tokens)));
            let figures = speeds.entry((row.into_owned(), line.tokenizer)).or_default();
            figures.extend(line.count.or(line.encode));
        }
        for name in TOKENIZERS {
            let mut load = if name.ends_with("(Python)") { Command::new(&python) } else { Command::new(&ours) };
            if name.ends_with("(Python)") {
                load.arg(root.join("bench/tokens/peer.py")).arg("load").arg(&vocabulary);
            } else {
                load.args(["load", name]).arg(&data);
            }
            for line in lines(&step(&title(&format!("loading {name}")), &mut load)?)? {
                for (row, figure) in [("load, ms", line.milliseconds), ("load, MB", line.kilobytes.map(|kb| kb / 1e3))]
                {
                    loads.entry((row.to_owned(), line.tokenizer.clone())).or_default().extend(figure);
                }
            }
        }
    }
    let mut table = vec![["", "tokens"].into_iter().chain(TOKENIZERS).map(str::to_owned).collect()];
    table.extend(rows(&speeds, &counts));
    table.extend(rows(&loads, &counts));
    let text = format!(
        "# trilogue bench tokens\n\nMB/s of CPU time to count the tokens of a text; the median of {rounds} rounds, and this package's speed as a multiple.\n\n{}\n\n{}",
        machine(root)?["about"].as_str().unwrap_or_default(),
        lined_up(&table)
    );
    print!("{text}");
    let path = rig::results(root).join("tokens.md");
    fs::write(&path, text)?;
    println!("written: {}", path.strip_prefix(root).unwrap_or(&path).display());
    Ok(())
}

/// The tokenizers and their texts.
pub(crate) struct Prepared {
    /// The Python that has tiktoken.
    pub(crate) python: PathBuf,
    /// `bench/tokens`, with the other tokenizers.
    pub(crate) program: PathBuf,
    /// The decompressed pairs.
    pub(crate) data: PathBuf,
    /// The published vocabulary.
    pub(crate) vocabulary: PathBuf,
    /// The texts.
    pub(crate) files: Vec<PathBuf>,
}

/// Installs tiktoken, builds `bench/tokens`, and writes the texts and the data.
pub(crate) fn prepare(root: &Path) -> Result<Prepared> {
    let results = rig::results(root);
    let (texts, data) = (results.join("tokens"), results.join("o200k.pairs"));
    let install = |pip: &mut Command| step("installing tiktoken", pip.args(PYTHON)).map(drop);
    let python = setup::venv(&root.join("target/xtask/bench-tokens"), &PYTHON.join("\n"), install)?.join("python");
    step("writing the texts", Command::new(&python).arg(root.join("bench/tokens/texts.py")).arg(&texts))?;
    let mut pairs = Vec::new();
    GzDecoder::new(fs::File::open(root.join("o200k/data/o200k.pairs.gz"))?).read_to_end(&mut pairs)?;
    fs::write(&data, pairs)?;
    let mut files = fs::read_dir(&texts)?.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(Prepared { python, program: build(root)?, data, vocabulary: tokens::vocabulary(root)?, files })
}

/// Builds `bench/tokens` with the other tokenizers, and returns the program.
fn build(root: &Path) -> Result<PathBuf> {
    let target = root.join("target/xtask/bench-tokens-target");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--release", "--features", "peers", "--manifest-path"]);
    cargo.arg(root.join("bench/tokens/Cargo.toml")).arg("--target-dir").arg(&target);
    step("building the tokenizers", &mut cargo)?;
    Ok(target.join("release/trilogue-bench-tokens"))
}

fn lines(printed: &str) -> Result<Vec<Line>> {
    printed.lines().filter(|line| line.starts_with('{')).map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The rows of a table: each tokenizer's figure, and for the others the ratio: how many times this package is faster, or how many times its load is
/// smaller.
fn rows(table: &Table, counts: &BTreeMap<String, u64>) -> Vec<Vec<String>> {
    let mut names: Vec<&String> = table.keys().map(|(row, _)| row).collect();
    names.dedup();
    let row = |name: &&String| {
        let of = |tokenizer: &str| table.get(&((*name).clone(), tokenizer.to_owned())).and_then(|all| median(all));
        let ours = of(TOKENIZERS[0]);
        let cell = |tokenizer: &str| match (of(tokenizer), ours) {
            (None, _) => "failed".to_owned(),
            (Some(figure), Some(ours)) if tokenizer != TOKENIZERS[0] => {
                format!(
                    "{} ({:.1})",
                    short(figure),
                    if counts.contains_key(*name) { ours / figure } else { figure / ours }
                )
            }
            (Some(figure), _) => short(figure),
        };
        let tokens = counts.get(*name).map_or_else(String::new, u64::to_string);
        // The number orders the texts.
        let title = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().to_owned();
        [title, tokens].into_iter().chain(TOKENIZERS.map(cell)).collect()
    };
    names.iter().map(row).collect()
}
