//! Generates the two files of the tokenizer: the merge pairs of the vocabulary, and the character classes of its pattern.
//!
//! Invariant: the vocabulary is the published one, by its hash, and every token beyond the single bytes is the merge of exactly two others.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use unicode_general_category::{GeneralCategory as Category, UNICODE_VERSION, get_general_category};

/// SHA-256 of `o200k_base.tiktoken`, as OpenAI publishes it.
const VOCABULARY_HASH: &str = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d";
/// The file's first bytes; `core/src/tokens/pairs.rs` checks them.
const HEADER: &[u8; 16] = b"trilogue pairs 1";
/// The Unicode version of tiktoken, openai-harmony and bpe-openai. Tables of version 17 differ for 401 characters.
const UNICODE: (u64, u64, u64) = (16, 0, 0);
/// Passes of zopfli. More save less than 100 bytes.
const PASSES: u64 = 15;

/// Writes both files, from the vocabulary at `vocabulary`.
pub(crate) fn run(root: &Path, vocabulary: &Path) {
    let text = fs::read(vocabulary).expect("the vocabulary can be read");
    let hash: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, VOCABULARY_HASH, "{} is not the vocabulary o200k_base", vocabulary.display());
    let text = String::from_utf8(text).expect("the vocabulary is text");
    let tokens: Vec<Vec<u8>> = text
        .lines()
        .enumerate()
        .map(|(rank, line)| {
            let (token, number) = line.split_once(' ').expect("a line is a token and its rank");
            assert_eq!(number.parse(), Ok(rank), "ranks are in order");
            STANDARD.decode(token).expect("a token is base64")
        })
        .collect();
    let data = pairs(&tokens);
    let path = root.join("o200k/data/o200k.pairs.gz");
    let options = zopfli::Options { iteration_count: PASSES.try_into().expect("not 0"), ..Default::default() };
    zopfli::compress(options, zopfli::Format::Gzip, &data[..], File::create(&path).expect("the folder exists"))
        .expect("the data can be written");
    println!(
        "{}: {} bytes, {} compressed",
        path.display(),
        data.len(),
        fs::metadata(&path).map_or(0, |file| file.len())
    );
    let path = root.join("core/src/tokens/classes/runs.rs");
    fs::write(&path, classes()).expect("the classes can be written");
    println!("{}", path.display());
}

/// The file of pairs: header, number of pairs, the single bytes in order of their rank, all left halves, all right halves.
fn pairs(tokens: &[Vec<u8>]) -> Vec<u8> {
    let ranks: HashMap<&[u8], u32> = tokens.iter().map(Vec::as_slice).zip(0..).collect();
    let (singles, merged) = tokens.split_at(256);
    let halves: Vec<[u32; 2]> = merged.iter().zip(256..).map(|(token, rank)| last_pair(token, rank, &ranks)).collect();
    let mut data = HEADER.to_vec();
    data.extend(u32::try_from(halves.len()).expect("fits").to_le_bytes());
    data.extend(singles.iter().flatten());
    for side in [0, 1] {
        let (mut first, mut second, mut third) = (Vec::new(), Vec::new(), Vec::new());
        for half in halves.iter().map(|half| half[side]) {
            let bytes = half.to_le_bytes();
            if half < 1 << 7 {
                first.push(bytes[0]);
            } else if half < (1 << 7) + (1 << 14) {
                let bytes = (half - (1 << 7)).to_le_bytes();
                first.push(bytes[1] | 0x80);
                second.push(bytes[0]);
            } else {
                let bytes = (half - (1 << 7) - (1 << 14)).to_le_bytes();
                first.push(bytes[2] | 0xC0);
                second.push(bytes[1]);
                third.push(bytes[0]);
            }
        }
        data.extend([first, second, third].concat());
    }
    data
}

/// The two tokens that are left when a token's bytes are merged with the tokens of lower rank.
fn last_pair(token: &[u8], rank: u32, ranks: &HashMap<&[u8], u32>) -> [u32; 2] {
    let mut ends: Vec<usize> = (0..=token.len()).collect();
    while ends.len() > 3 {
        let (merge, at) = ends
            .windows(3)
            .enumerate()
            .filter_map(|(at, ends)| Some((*ranks.get(&token[ends[0]..ends[2]])?, at)))
            .min()
            .expect("a token is made of others");
        assert!(merge < rank, "a token is made of tokens before it");
        ends.remove(at + 1);
    }
    [ranks[&token[..ends[1]]], ranks[&token[ends[1]..]]]
}

/// A Rust file with the class of every code point, as runs.
fn classes() -> String {
    assert_eq!(UNICODE_VERSION, UNICODE, "the tables have another version of Unicode");
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for code in 0..0x11_0000 {
        let class = char::from_u32(code).map_or(0, class);
        match runs.last_mut() {
            Some((length, last)) if *last == class => *length += 1,
            _ => runs.push((1, class)),
        }
    }
    let mut text = String::from(
        "//! The classes of all code points in Unicode 16, in order. Written by `cargo xtask tokens`; not to be edited.\n//!\n\
         //! Invariant: an element is the length of a run, times 8, plus the class of its characters; the lengths add up to 0x110000.\n\n\
         /// The runs. The numbers of the classes are those of [`super::Class`].\n#[rustfmt::skip]\n#[expect(clippy::unreadable_literal, reason = \"numbers for a program\")]\n",
    );
    write!(text, "pub(super) const RUNS: [u32; {}] = [", runs.len()).expect("a string can be written to");
    for (number, (length, class)) in runs.into_iter().enumerate() {
        text.push_str(if number % 24 == 0 { "\n    " } else { " " });
        write!(text, "{},", length << 3 | class).expect("a string can be written to");
    }
    text.push_str("\n];\n");
    text
}

fn class(character: char) -> u32 {
    match get_general_category(character) {
        _ if matches!(character, '\r' | '\n') => 7,
        _ if character.is_whitespace() => 6,
        Category::UppercaseLetter | Category::TitlecaseLetter => 1,
        Category::LowercaseLetter => 2,
        Category::ModifierLetter | Category::OtherLetter => 3,
        Category::NonspacingMark | Category::SpacingMark | Category::EnclosingMark => 4,
        Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber => 5,
        _ => 0,
    }
}
