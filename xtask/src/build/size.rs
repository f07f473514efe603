//! `cargo xtask size`: the sizes of the shipped files, in bytes.
//!
//! Invariant: measures the files that `package` built, as a page or a machine receives them. The parts of the wasm module's code are
//! measured in the module as the linker wrote it.

mod module;

use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{playground, wasm};

/// Goal for the first load of a page, in bytes with gzip.
const GOAL: usize = 70 << 10;
/// Files that a page loads later: for JSON Schemas, the catalogue of models, conversations and snippets.
const LATER: [&str; 5] = ["validator.js", "catalog.js", "kit.wasm", "conversation-browser.mjs", "snippets-browser.mjs"];
/// Number of parts of the module's code that are shown.
const SHOWN: usize = 24;

/// Builds the packages and prints their sizes.
pub(crate) fn run(root: &Path) -> Result<()> {
    let packages = super::package(root)?;
    let built = root.join("typescript/dist");
    let files = files(&built)?;
    let entry = fs::read_to_string(built.join("browser.mjs")).context("no browser.mjs")?;
    let is_page = |path: &Path| is_page(path, &entry);
    line("a page loads at once", "bytes", "gzip -9");
    let mut page = 0;
    for path in files.iter().filter(|path| is_page(path)) {
        let (bytes, zipped) = sizes(path)?;
        line(&name(path), bytes, zipped);
        page += zipped;
    }
    line("all of it", "", page);
    line("the goal", "", GOAL);
    for path in files.iter().filter(|path| is_later(path)) {
        let (bytes, zipped) = sizes(path)?;
        line(&format!("later: {}", name(path)), bytes, zipped);
    }

    println!();
    line("the playground loads at once", "bytes", "gzip -9");
    let [first, all] = playground::sizes(&playground::build(root, &packages.npm)?)?;
    for (name, bytes, zipped) in &first {
        line(name, bytes, zipped);
    }
    let sum = |files: &[(String, usize, usize)]| files.iter().map(|(.., zipped)| zipped).sum::<usize>();
    line("all of it", "", sum(&first));
    line("the goal", "", playground::LIMIT);
    for (name, bytes, zipped) in all.iter().filter(|file| !first.contains(file)) {
        line(&format!("later: {name}"), bytes, zipped);
    }
    line("everything", "", sum(&all));

    println!();
    line("code of the module before wasm-opt", "bytes", "of 1000");
    let parts = module::parts(&fs::read(wasm::linked_client(root)).context("no linked module")?)?;
    let whole: usize = parts.iter().map(|(_, size)| size).sum();
    for (part, size) in parts.iter().take(SHOWN) {
        line(part, size, size * 1000 / whole.max(1));
    }

    println!();
    line("everything else", "bytes", "gzip -9");
    for path in files.iter().filter(|path| !is_page(path) && !is_later(path)) {
        let (bytes, zipped) = sizes(path)?;
        line(&name(path), bytes, zipped);
    }
    for path in [packages.python.wheel, packages.python.sdist].iter().chain(&packages.npm) {
        line(&name(path), fs::metadata(path)?.len(), "");
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

/// Whether a page loads the file at once.
fn is_page(path: &Path, entry: &str) -> bool {
    let name = name(path);
    name == "trilogue.wasm" || name == "browser.mjs" || (name.starts_with("shared-") && entry.contains(&name))
}

fn is_later(path: &Path) -> bool {
    LATER.contains(&name(path).as_str())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn line(name: &str, bytes: impl Display, zipped: impl Display) {
    println!("{name:<44} {bytes:>12} {zipped:>12}");
}

/// Returns the size of a file, plain and with gzip.
pub(crate) fn sizes(path: &Path) -> Result<(usize, usize)> {
    let bytes = fs::read(path).with_context(|| format!("no {}", path.display()))?;
    let mut zipped = GzEncoder::new(Vec::new(), Compression::best());
    zipped.write_all(&bytes)?;
    Ok((bytes.len(), zipped.finish()?.len()))
}
