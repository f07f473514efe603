//! What someone who installs the npm packages finds: in Node, in bundles for pages, in other hosts.
//!
//! Law: installs tools and tarballs; the samples are in `tests/packaging/npm`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::process::step;
use crate::setup;

/// Bytes of what one platform installs at most.
const LIMIT: u64 = 8_000_000;

/// Runs the sample projects; `work` is an empty folder of its own, `url` the server that replays the vectors.
pub(crate) fn check(
    root: &Path,
    tarballs: &[PathBuf],
    work: &Path,
    url: &str,
    chromium: &Path,
    playwright: &Path,
) -> Result<()> {
    let tools = tools(root)?;
    install(&tools, "installing the tarballs", |npm| npm.arg("--no-save").args(tarballs))?;
    let installed = size(&tools.join("node_modules/trilogue"))? + size(&tools.join("node_modules/@trilogue"))?;
    ensure!(installed <= LIMIT, "the npm packages install {installed} bytes, over {LIMIT}");
    println!("npm packages: {installed} bytes installed");
    let mut run = Command::new("node");
    run.arg(root.join("tests/packaging/npm/run.mjs")).args([work, &tools]).arg(url);
    run.arg(root.join("target/debug/trilogue-test-server")).args(tarballs);
    run.arg(setup::npm(root)?.join("typescript")).args([chromium, playwright]);
    tell(&step("sample projects with the npm packages", &mut run)?);
    Ok(())
}

/// The package's surface in each runtime; `project` has the tarballs.
pub(crate) fn surface(root: &Path, project: &Path, chromium: &Path, playwright: &Path) -> Result<()> {
    let scripts = root.join("target/xtask/surface");
    drop(fs::remove_dir_all(&scripts));
    let mut run = Command::new("node");
    run.arg(root.join("tests/surface/run.mjs")).arg(root.join("target/debug/trilogue-test-server"));
    run.arg(scripts).args([chromium, playwright]).current_dir(project);
    tell(&step("the surface of the npm package", &mut run)?);
    Ok(())
}

fn tell(output: &str) {
    for line in output.lines().filter(|line| line.contains(" passed, ") || line.starts_with("memory ")) {
        println!("{line}");
    }
}

/// A folder with the bundlers and hosts, made anew where their versions change.
fn tools(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/xtask/packaging-tools");
    let manifest = fs::read_to_string(root.join("tests/packaging/npm/package.json"))?;
    let mark = folder.join("stamp");
    if !fs::read_to_string(&mark).is_ok_and(|old| old == manifest) {
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), &manifest)?;
        install(&folder, "installing bundlers and hosts", |npm| npm)?;
        fs::write(mark, manifest)?;
    }
    drop(fs::remove_dir_all(folder.join("samples")));
    Ok(folder)
}

fn install(folder: &Path, title: &str, words: impl FnOnce(&mut Command) -> &mut Command) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    step(title, words(&mut npm)).map(drop)
}

/// Bytes of all files in a folder.
fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
