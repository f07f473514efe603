//! The notices that the licences of linked packages require.
//!
//! Invariant: lists every package whose code is in a binary, the licence under which it is used, and each licence's text once. A package
//! without a licence text is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::Package;

use super::licences::{Policy, metadata};
use crate::process::capture;

/// The file's name in wheel and tarball.
pub(crate) const NAME: &str = "THIRD-PARTY.txt";

/// Beginnings of the names of files that hold a licence or a notice, in upper case.
const FILES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// Depth of the search below a package's folder.
const DEPTH: usize = 2;
const APACHE: &str = "Apache-2.0";
const INTRODUCTION: &str = "trilogue is linked with the software below. Where a package offers several licences, the one named is the one \
under which it is used; the texts follow.\n\nThe Rust standard library: Apache-2.0, https://github.com/rust-lang/rust\n";

/// Writes the notices of these binary packages of the workspace.
pub(crate) fn write(root: &Path, binaries: &[&str], path: &Path) -> Result<()> {
    let policy = Policy::read(root)?;
    let packages = metadata(root)?.packages;
    let mut linked = BTreeSet::new();
    for binary in binaries {
        linked.extend(linked_into(root, binary)?);
    }
    let mut document = INTRODUCTION.to_owned();
    // Text → the packages to which it applies. All packages under Apache-2.0 share one text.
    let mut texts = BTreeMap::<String, BTreeSet<String>>::new();
    texts.entry(text(&root.join("LICENSE-APACHE"))?).or_default().insert("The Rust standard library".to_owned());
    for package in packages.iter().filter(|package| package.source.is_some()) {
        let name = format!("{} {}", package.name, package.version);
        if !linked.contains(&name) {
            continue;
        }
        let chosen = policy.chosen(package)?;
        writeln!(
            document,
            "{name}: {}, {}",
            chosen.join(" and "),
            package.repository.as_deref().unwrap_or("crates.io")
        )?;
        for text in files(root, package, &chosen, &packages)? {
            texts.entry(text).or_default().insert(name.clone());
        }
    }
    let mut texts: Vec<_> = texts.into_iter().map(|(text, names)| (names, text)).collect();
    texts.sort();
    for (names, text) in texts {
        let names: Vec<_> = names.into_iter().collect();
        write!(document, "\n{}\n{}\n\n{text}\n", "=".repeat(78), names.join(", "))?;
    }
    Ok(fs::write(path, document)?)
}

/// Returns `name version` of each package whose code is in a binary: no build scripts, no procedural macros.
fn linked_into(root: &Path, binary: &str) -> Result<Vec<String>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--package", binary]);
    if binary == "trilogue-wasm" {
        cargo.args(["--target", "wasm32-unknown-unknown"]);
    }
    let tree = capture(cargo.current_dir(root))?;
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ").replacen(" v", " ", 1);
    let names: Vec<_> = tree.lines().map(name).collect();
    if names.len() < 2 {
        bail!("cargo tree printed nothing for {binary}");
    }
    Ok(names)
}

/// Returns the texts that the chosen licences require: the package's own, or those of another package of its repository.
fn files(root: &Path, package: &Package, chosen: &[String], packages: &[Package]) -> Result<Vec<String>> {
    let is_sibling = |other: &&Package| {
        other.repository.is_some() && other.repository == package.repository && other.license == package.license
    };
    let siblings = packages.iter().filter(|other| other.id != package.id).filter(is_sibling);
    for package in std::iter::once(package).chain(siblings) {
        let found = own_files(root, package, chosen)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    bail!("{} {} is under {} and contains no text of that licence", package.name, package.version, chosen.join(" and "))
}

fn own_files(root: &Path, package: &Package, chosen: &[String]) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent().context("a manifest without a folder")?;
    let mut found = Vec::new();
    collect(folder.as_std_path(), DEPTH, &mut found)?;
    let is_notice = |name: &str| name.starts_with("NOTICE") || name.starts_with("COPYRIGHT");
    if chosen == [APACHE] {
        found.retain(|(name, _)| is_notice(name));
        found.push((String::new(), text(&root.join("LICENSE-APACHE"))?));
    } else {
        // Omits `LICENSE-MIT` or `LICENSE-APACHE` if the other one was chosen.
        let families: Vec<_> = chosen.iter().map(|id| id.split('-').next().unwrap_or(id).to_uppercase()).collect();
        let is_chosen = |name: &str| families.iter().any(|family| name.contains(family));
        if found.iter().any(|(name, _)| is_chosen(name)) {
            found.retain(|(name, _)| is_notice(name) || is_chosen(name));
        }
        if found.is_empty() && chosen == ["MIT"] {
            found.push((String::new(), mit(root, package)?));
        }
    }
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

/// Returns the text of MIT for a package that contains no copy of it.
fn mit(root: &Path, package: &Package) -> Result<String> {
    let own = text(&root.join("LICENSE-MIT"))?;
    let terms = own.find("Permission is").and_then(|start| own.get(start..)).context("no terms in LICENSE-MIT")?;
    let authors = package.authors.join(", ");
    let holders = if authors.is_empty() { format!("The authors of {}", package.name) } else { authors };
    Ok(format!("Copyright (c) {holders}\n\n{terms}"))
}

/// Collects the names, in upper case, and texts of the files in a folder that hold a licence or a notice.
fn collect(folder: &Path, depth: usize, found: &mut Vec<(String, String)>) -> Result<()> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, found)?;
            }
        } else if FILES.iter().any(|start| name.starts_with(start))
            && Path::new(&name).extension().is_none_or(|extension| extension != "RS")
        {
            found.push((name, text(&path)?));
        }
    }
    Ok(())
}

/// Reads a text without trailing white space, which differs between copies.
fn text(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let lines: Vec<_> = text.trim().lines().map(str::trim_end).collect();
    Ok(lines.join("\n"))
}
