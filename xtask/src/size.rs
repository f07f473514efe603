//! `cargo xtask size`: what is shipped, in bytes.
//!
//! Law: measures what `package` made, as a page or a machine receives it.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::build;

/// Builds the packages and prints their sizes.
pub(crate) fn run(root: &Path) -> Result<()> {
    let packages = build::package(root)?;
    println!("{:<44} {:>12} {:>12}", "file", "bytes", "gzip -9");
    let mut page = 0;
    let built = root.join("typescript/dist");
    let mut names: Vec<_> =
        fs::read_dir(&built)?.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    names.sort();
    for path in names {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".d.ts") || name.ends_with(".txt") || name.starts_with("LICENSE") {
            continue;
        }
        let (bytes, zipped) = sizes(&path)?;
        println!("{name:<44} {bytes:>12} {zipped:>12}");
        if name == "browser.mjs" || name.starts_with("shared-") || name == "trilogue.wasm" {
            page += zipped;
        }
    }
    println!("{:<44} {:>12} {page:>12}", "all that a page loads (browser.mjs + wasm)", "");
    for path in [packages.wheel, packages.sdist].iter().chain(&packages.tarballs) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        println!("{name:<44} {:>12}", fs::metadata(path)?.len());
    }
    Ok(())
}

fn sizes(path: &Path) -> Result<(usize, usize)> {
    let bytes = fs::read(path).with_context(|| format!("no {}", path.display()))?;
    let mut zipped = GzEncoder::new(Vec::new(), Compression::best());
    zipped.write_all(&bytes)?;
    Ok((bytes.len(), zipped.finish()?.len()))
}
