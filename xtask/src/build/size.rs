//! `cargo xtask size`: the sizes of the shipped files, in bytes.
//!
//! Invariant: measures the files that `package` built, as a page or a machine receives them. The parts of the wasm module's code are
//! measured in the module as the linker wrote it.

mod module;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::iter::Sum;
use std::ops::Add;
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
    ("chat, limits, fallbacks or log lines", &["trilogue.wasm"]),
    ("chat, typed answers or tools", &["base.wasm", "answers.wasm"]),
    ("chat, JSON Schemas as validators", &["base.wasm", "answers.wasm", "validator.js"]),
    ("chat, the catalogue", &["base.wasm", "catalog.js"]),
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
        files.iter().map(|path| sizes_of(path).map(|sizes| (name(path), sizes))).collect::<Result<BTreeMap<_, _>>>()?;
    let loaded = scripts(&built, &files)?;
    let scripts: Vec<_> = loaded.iter().map(String::as_str).collect();

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
    let page = playground::build(root, &packages.npm)?;
    let [first, all] = playground::files(&page)?;
    let (mut of_first, mut of_later) = (Sizes::default(), Sizes::default());
    for name in &first {
        let sizes = sizes_of(&page.join(name))?;
        line(name, sizes);
        of_first = of_first + sizes;
    }
    line("all of it", of_first);
    println!("{:<44} {:>12} {:>12}", "the goal", "", playground::LIMIT);
    for name in all.iter().filter(|name| !first.contains(name)) {
        let sizes = sizes_of(&page.join(name))?;
        line(&format!("later: {name}"), sizes);
        of_later = of_later + sizes;
    }
    line("everything", of_first + of_later);

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

/// Returns `browser.mjs` and the files that it imports at once, directly or through others.
fn scripts(built: &Path, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut loaded = vec!["browser.mjs".to_owned()];
    let mut next = 0;
    while let Some(file) = loaded.get(next) {
        let text = fs::read_to_string(built.join(file)).with_context(|| format!("no {file}"))?;
        let is_imported = |name: &String| ["from", "import"].iter().any(|word| imports(&text, word, name));
        let new: Vec<_> = files.iter().map(|path| name(path)).filter(is_imported).collect();
        loaded.extend(new.into_iter().filter(|name| !loaded.contains(name)).collect::<Vec<_>>());
        next += 1;
    }
    Ok(loaded)
}

/// Whether a script has a static import of the file: `import(…)` loads it later.
fn imports(text: &str, word: &str, name: &str) -> bool {
    text.contains(&format!("{word}\"./{name}\"")) || text.contains(&format!("{word} \"./{name}\""))
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
#[derive(Clone, Copy, Default)]
struct Sizes {
    bytes: usize,
    gzip: usize,
    brotli: usize,
}

impl Add for Sizes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

impl Sum for Sizes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// Measures a file.
fn sizes_of(path: &Path) -> Result<Sizes> {
    let bytes = read(path)?;
    let mut brotli = Vec::new();
    let best = BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut brotli, &best)?;
    Ok(Sizes { bytes: bytes.len(), gzip: compressed(&bytes)?, brotli: brotli.len() })
}

/// Returns the size of a file with gzip, in bytes.
pub(crate) fn gzip(path: &Path) -> Result<usize> {
    compressed(&read(path)?)
}

fn compressed(bytes: &[u8]) -> Result<usize> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?.len())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("no {}", path.display()))
}
