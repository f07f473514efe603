//! Builds and serves the playground: a page that uses the npm package, as static files.
//!
//! Invariant: built in `target` from a copy of `examples/playground` and the tarballs, as a user of the package builds a page. The
//! first load stays below `LIMIT`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::size;
use crate::demo::Model;
use crate::process::{Running, report, step};

/// Limit of the first load in bytes with gzip: page, styles, scripts, wasm module and catalogue. The module is three quarters of it.
pub(crate) const LIMIT: usize = 178 << 10;

/// Returns the folder of the project, with the tarballs installed; created again if its `package.json` has changed.
fn project(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let source = root.join("examples/playground");
    let folder = root.join("target/xtask/playground");
    let manifest = fs::read_to_string(source.join("package.json")).context("no playground")?;
    let mark = folder.join("node_modules/.trilogue-stamp");
    let is_new = !fs::read_to_string(&mark).is_ok_and(|old| old == manifest);
    if is_new {
        drop(fs::remove_dir_all(&folder));
    }
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(&folder)?.filter_map(Result::ok).filter(|entry| entry.file_name() != "node_modules") {
        let path = entry.path();
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    copy(&source, &folder)?;
    // The package itself is installed from its tarballs.
    let install = |title: &str, words: &[PathBuf]| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]).args(words);
        step(title, npm.current_dir(&folder)).map(drop)
    };
    drop(fs::remove_dir_all(folder.join("node_modules/trilogue")));
    install("installing the playground's packages", tarballs)?;
    fs::write(mark, manifest)?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if ["node_modules", "dist"].iter().any(|made| entry.file_name() == *made) {
                continue;
            }
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Builds the static files; returns their folder.
pub(crate) fn build(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = project(root, tarballs)?;
    let mut vite = Command::new("node");
    vite.args(["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]).current_dir(&folder);
    step("building the playground", &mut vite)?;
    Ok(folder.join("dist"))
}

/// Returns the files of the first load, and all files, as names below the folder.
pub(crate) fn files(built: &Path) -> Result<[Vec<String>; 2]> {
    let page = fs::read_to_string(built.join("index.html"))?;
    let mut all = Vec::new();
    list(built, "", &mut all)?;
    all.sort();
    // The page contains the names of the files that it loads at once.
    let is_first = |name: &&String| *name == "index.html" || page.contains(&format!("./{name}\""));
    let first = all.iter().filter(is_first).cloned().collect();
    Ok([first, all])
}

fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

/// Reports the sizes, and fails if the first load exceeds the limit.
pub(crate) fn check_size(built: &Path) -> Result<()> {
    let sum = |names: &[String]| names.iter().map(|name| size::gzip(&built.join(name))).sum::<Result<usize>>();
    let [first, all] = files(built)?;
    let (first, all) = (sum(&first)?, sum(&all)?);
    report(&format!("{first} bytes with gzip at first load, {all} in all"));
    ensure!(first <= LIMIT, "the playground's first load is {first} bytes with gzip, over {LIMIT}");
    Ok(())
}

/// Starts a server for the page and for the embedded model; returns it with its address.
pub(crate) fn start_server(root: &Path, built: &Path, model: &Model) -> Result<(Running, String)> {
    let mut command = Command::new("node");
    command.arg(root.join("examples/playground/serve.mjs")).arg(built).args([&model.base_url, "smollm2-135m-instruct"]);
    // The server ends when its standard input closes, also if this process is killed.
    let mut server = Running::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let url = server.lines()?.next().context("the page isn't served")??;
    Ok((server, url))
}

/// Builds the playground and serves it until Ctrl-C.
pub(crate) fn serve(root: &Path, tarballs: &[PathBuf], model: &Model) -> Result<()> {
    let built = build(root, tarballs)?;
    check_size(&built)?;
    let (mut server, url) = start_server(root, &built, model)?;
    println!("the playground: {url}\nCtrl-C stops the server.");
    server.wait().map(drop)
}
