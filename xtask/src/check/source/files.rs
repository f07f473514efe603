//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Folders whose files are built, installed or downloaded.
const EXCLUDED: [&str; 9] =
    [".git", "target", "node_modules", "dist", "corpus", "artifacts", "__pycache__", ".venv", "coverage"];

/// Returns the paths of all source files, relative to the root and sorted.
pub(super) fn list(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(root, root, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if EXCLUDED.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(root, &path, found)?;
        } else {
            found.push(path.strip_prefix(root)?.to_owned());
        }
    }
    Ok(())
}

/// Returns the end of a file's name, such as `rs`.
pub(super) fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}
