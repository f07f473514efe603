//! Checks that documents refer to files that exist.
//!
//! Invariant: the target of every relative link exists, with its heading; every path in backticks that has the form of a file of this
//! repository exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};

use super::files;
use super::vocabulary::without_code_blocks;
use crate::check::Environment;
use crate::process::report;

/// Ends of the names of this repository's files. A name with another end may be anything.
const EXTENSIONS: [&str; 10] = ["rs", "py", "pyi", "ts", "mjs", "md", "toml", "json", "yml", "css"];
/// First folders of paths that are built or installed, and not in the repository.
const BUILT: [&str; 3] = ["target", "dist", "node_modules"];

/// Checks every document.
pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let files = files::list(root)?;
    let index = Index::new(&files);
    let mut problems = Vec::new();
    let documents: Vec<_> = files.iter().filter(|path| files::extension(path) == "md").collect();
    for path in &documents {
        let text = without_code_blocks(&fs::read_to_string(root.join(path))?);
        let folder = path.parent().unwrap_or(Path::new(""));
        for (line, text) in text.lines().enumerate() {
            let mut add = |what: &str| problems.push(format!("{}:{}: {what}", path.display(), line + 1));
            for target in links(text) {
                if let Some(problem) = index.link_problem(root, path, folder, target)? {
                    add(&problem);
                }
            }
            for name in text.split('`').skip(1).step_by(2).filter(|name| !index.is_satisfied(folder, name)) {
                add(&format!("no file {name}"));
            }
        }
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    report(&format!("{} documents refer to existing files", documents.len()));
    Ok(())
}

/// The files and folders of the repository.
struct Index<'a> {
    paths: BTreeSet<&'a Path>,
    names: BTreeSet<&'a std::ffi::OsStr>,
}

impl<'a> Index<'a> {
    fn new(files: &'a [PathBuf]) -> Self {
        Self {
            paths: files.iter().flat_map(|path| path.ancestors()).collect(),
            names: files.iter().filter_map(|path| path.file_name()).collect(),
        }
    }

    /// Returns what is wrong with a link in a document.
    fn link_problem(&self, root: &Path, document: &Path, folder: &Path, target: &str) -> Result<Option<String>> {
        if target.contains("://") || target.starts_with("mailto:") {
            return Ok(None);
        }
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let path = if path.is_empty() { document.to_owned() } else { resolve(folder, path) };
        if !self.paths.contains(path.as_path()) {
            return Ok(Some(format!("a link to {target}, which does not exist")));
        }
        if !heading.is_empty() && !headings(&fs::read_to_string(root.join(&path))?).contains(heading) {
            return Ok(Some(format!("a link to {target}, which has no such heading")));
        }
        Ok(None)
    }

    /// Whether a text in backticks is no path of this repository, or one that exists.
    fn is_satisfied(&self, folder: &Path, name: &str) -> bool {
        let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
        let path = Path::new(name);
        // A name in capitals, such as `NAME.json`, stands for any name.
        let is_placeholder = path.components().any(|part| {
            let stem = part.as_os_str().to_string_lossy();
            let stem = stem.split('.').next().unwrap_or_default();
            stem.len() > 1 && stem.chars().all(|letter| letter.is_ascii_uppercase()) && files::extension(path) != "md"
        });
        if !is_plain || is_placeholder || name.starts_with(['/', '.', '-']) {
            return true;
        }
        if BUILT.iter().any(|built| path.components().any(|part| part.as_os_str() == *built)) {
            return true;
        }
        let has_known_end = EXTENSIONS.contains(&files::extension(path));
        if !name.contains('/') {
            return !has_known_end || self.names.contains(path.as_os_str());
        }
        let exists = |folder: &Path| self.paths.contains(resolve(folder, name).as_path());
        (!has_known_end && !name.ends_with('/')) || exists(Path::new("")) || exists(folder)
    }
}

/// Joins a relative path to a folder, without `.` and `..`.
fn resolve(folder: &Path, path: &str) -> PathBuf {
    let mut resolved = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    resolved
}

/// Returns the targets of the links in a line: `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.trim())
}

/// Returns the anchors of a document's headings, as GitHub makes them.
fn headings(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_paths() {
        let files = ["core/src/lib.rs", "docs/a.md", "xtask/src/main.rs"].map(PathBuf::from);
        let index = Index::new(&files);
        let is_satisfied = |name| index.is_satisfied(Path::new("docs"), name);
        for name in ["core/src/lib.rs", "core/src/", "lib.rs", "a.md", "trilogue/slim", "NAME.json", "cargo xtask test"]
        {
            assert!(is_satisfied(name), "{name}");
        }
        for name in ["core/src/gone.rs", "gone.rs", "core/gone/", "src/lib.rs"] {
            assert!(!is_satisfied(name), "{name}");
        }
    }

    #[test]
    fn finds_links_and_headings() {
        assert_eq!(links("see [a](b.md#c) and [d](e)").collect::<Vec<_>>(), ["b.md#c", "e"]);
        assert!(headings("# A\n\n## How it's done: now\n").contains("how-its-done-now"));
    }
}
