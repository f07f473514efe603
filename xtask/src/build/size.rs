//! `cargo xtask size`: the sizes of the shipped files, in bytes.
//!
//! Invariant: measures the files that `package` built, as a page or a machine receives them. The parts of the wasm module's code are
//! measured in the module as the linker wrote it.

mod module;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::iter::Sum;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{playground, wasm};

/// Goal for the first load of a page that chats, in bytes with gzip.
const GOAL: usize = 70 << 10;
/// The uses of the package in a page, each with the files that it loads beside the JavaScript of `browser.mjs`. The first is that of every page.
const USES: [(&str, &[&str]); 7] = [
    ("chat", &["base.wasm"]),
    ("chat, limits, fallbacks, costs or log lines", &["trilogue.wasm"]),
    ("chat, typed answers or tools", &["base.wasm", "answers.wasm"]),
    ("chat, JSON Schemas as validators", &["base.wasm", "answers.wasm", "validator.js"]),
    ("chat, the catalogue", &["trilogue.wasm", "catalog.js"]),
    ("everything", &["trilogue.wasm", "validator.js", "catalog.js", "kit.wasm", "conversation-browser.mjs"]),
    ("chat, conversations", &["base.wasm", "kit.wasm", "conversation-browser.mjs"]),
];
/// Files that a page loads if it uses them, beside those of [`USES`].
const LATER: [&str; 1] = ["snippets-browser.mjs"];
/// Number of parts of the module's code that are shown.
const SHOWN: usize = 24;

/// Builds the packages and prints their sizes.
pub(crate) fn run(root: &Path) -> Result<()> {
    let packages = super::package(root)?;
    let built = root.join("typescript/dist");
    let files = files(&built)?;
    let sizes =
        files.iter().map(|path| sizes(path).map(|sizes| (name(path), sizes))).collect::<Result<BTreeMap<_, _>>>()?;
    let entry = fs::read_to_string(built.join("browser.mjs")).context("no browser.mjs")?;
    let scripts: Vec<_> = sizes.keys().map(String::as_str).filter(|name| is_script(name, &entry)).collect();

    heading("a page loads, by use");
    for (use_, more) in USES {
        let sum = scripts.iter().chain(more).map(|file| sizes.get(*file).copied().context(file.to_string()));
        let sum = sum.sum::<Result<Sizes>>()?;
        line(use_, sum);
    }
    println!("{:<44} {:>12} {GOAL:>12}", "the goal of the first", "");

    println!();
    heading("files of a page");
    let of_page = |name: &str| {
        scripts.contains(&name) || LATER.contains(&name) || USES.iter().any(|(_, files)| files.contains(&name))
    };
    for (name, sizes) in sizes.iter().filter(|(name, _)| of_page(name)) {
        line(name, *sizes);
    }

    println!();
    heading("the playground loads at once");
    let [first, all] = playground::sizes(&playground::build(root, &packages.npm)?)?;
    for (name, sizes) in &first {
        line(name, *sizes);
    }
    line("all of it", first.iter().map(|(_, sizes)| *sizes).sum());
    println!("{:<44} {:>12} {:>12}", "the goal", "", playground::LIMIT);
    for (name, sizes) in all.iter().filter(|file| !first.contains(file)) {
        line(&format!("later: {name}"), *sizes);
    }
    line("everything", all.iter().map(|(_, sizes)| *sizes).sum());

    println!();
    println!("{:<44} {:>12} {:>12}", "code of base.wasm before wasm-opt", "bytes", "of 1000");
    let parts = module::parts(&fs::read(wasm::linked_base(root)).context("no linked module")?)?;
    let whole: usize = parts.iter().map(|(_, size)| size).sum();
    for (part, size) in parts.iter().take(SHOWN) {
        println!("{part:<44} {size:>12} {:>12}", size * 1000 / whole.max(1));
    }

    println!();
    heading("everything else");
    for (name, sizes) in sizes.iter().filter(|(name, _)| !of_page(name)) {
        line(name, *sizes);
    }
    for path in [packages.python.wheel, packages.python.sdist].iter().chain(&packages.npm) {
        println!("{:<44} {:>12}", name(path), fs::metadata(path)?.len());
    }
    Ok(())
}

/// Returns the executable files: no types, no source maps, no texts.
fn files(built: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(built)?.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file());
    let is_text = |path: &Path| [".d.ts", ".map", ".txt"].iter().any(|end| name(path).ends_with(end));
    let mut files: Vec<_> = files.filter(|path| !is_text(path) && !name(path).starts_with("LICENSE")).collect();
    files.sort();
    Ok(files)
}

/// Whether `browser.mjs` is the file, or imports it.
fn is_script(name: &str, entry: &str) -> bool {
    name == "browser.mjs" || (name.starts_with("shared-") && entry.contains(name))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn heading(text: &str) {
    println!("{text:<44} {:>12} {:>12} {:>12}", "bytes", "gzip -9", "brotli -q 11");
}

fn line(name: &str, Sizes { bytes, gzip, brotli }: Sizes) {
    println!("{name:<44} {bytes:>12} {gzip:>12} {brotli:>12}");
}

/// The size of a file in bytes: plain, with gzip and with brotli.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sizes {
    pub(crate) bytes: usize,
    pub(crate) gzip: usize,
    pub(crate) brotli: usize,
}

impl Sum for Sizes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            bytes: sum.bytes + one.bytes,
            gzip: sum.gzip + one.gzip,
            brotli: sum.brotli + one.brotli,
        })
    }
}

/// Measures a file.
pub(crate) fn sizes(path: &Path) -> Result<Sizes> {
    let bytes = fs::read(path).with_context(|| format!("no {}", path.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    let mut brotli = Vec::new();
    let best = BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut brotli, &best)?;
    Ok(Sizes { bytes: bytes.len(), gzip: gzip.finish()?.len(), brotli: brotli.len() })
}
