//! The data of the tokenizer (`cargo xtask tokens`), its tokens for `tests/tokens/exact.py`, and its speed.
//!
//! Invariant: the data is never measured or compared compressed, so `DATA` is the decompressed `o200k/data/o200k.pairs.gz`.

mod check;
mod generate;
mod speed;

use std::path::Path;

use trilogue_core::tokens::Vocabulary;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["generate", root, vocabulary] => generate::run(Path::new(root), Path::new(vocabulary)),
        ["check", data] => check::run(&Vocabulary::load(&read(data)).expect("the data is complete")),
        ["speed", data, ref files @ ..] => speed::run(&read(data), files),
        ["load", name, data] => speed::run_load(name, &read(data)),
        _ => panic!("usage: generate ROOT VOCABULARY | check DATA | speed DATA FILE… | load TOKENIZER DATA"),
    }
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(path).expect("the data can be read")
}
