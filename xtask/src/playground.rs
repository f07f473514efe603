//! The playground: a page over the npm package, built to static files.
//!
//! Law: built in `target` from a copy of `examples/playground` and the tarballs, as a stranger would; what it may weigh is held here,
//! what it does is tested in `tests/playground`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::build::Packages;
use crate::demo::Model;
use crate::process::{Running, step, step_fn};
use crate::{setup, size};

/// Bytes, with gzip, of what the first screen loads: page, styles, scripts, wasm module and catalogue. The module is three quarters of it.
pub(crate) const LIMIT: usize = 170 << 10;

/// A folder with the project in which the tarballs are installed; made anew where its packages change.
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
    // The package itself comes from its tarballs, which no registry has.
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

/// Builds the static files; their folder.
pub(crate) fn build(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = project(root, tarballs)?;
    let mut vite = Command::new("node");
    vite.args(["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]).current_dir(&folder);
    step("building the playground", &mut vite)?;
    Ok(folder.join("dist"))
}

/// What the first screen loads, and all files: each with its bytes, plain and with gzip.
pub(crate) fn sizes(built: &Path) -> Result<[Vec<(String, usize, usize)>; 2]> {
    let page = fs::read_to_string(built.join("index.html"))?;
    let mut files = Vec::new();
    list(built, "", &mut files)?;
    files.sort();
    let measured = files.into_iter().map(|name| {
        let (bytes, zipped) = size::sizes(&built.join(&name))?;
        Ok((name, bytes, zipped))
    });
    let all = measured.collect::<Result<Vec<_>>>()?;
    // The page names what it loads at once.
    let is_first = |name: &str| name == "index.html" || page.contains(&format!("./{name}\""));
    let first = all.iter().filter(|(name, ..)| is_first(name)).cloned().collect();
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

/// Fails where the first screen loads too much; gives the bytes of first load and of everything.
fn weigh(built: &Path) -> Result<()> {
    let [first, all] = sizes(built)?;
    let sum = |files: &[(String, usize, usize)]| files.iter().map(|(.., zipped)| zipped).sum::<usize>();
    let (first, all) = (sum(&first), sum(&all));
    println!("playground: {first} bytes with gzip at first load, {all} with all that is loaded later");
    ensure!(first <= LIMIT, "the playground's first load is {first} bytes with gzip, over {LIMIT}");
    Ok(())
}

/// Checks types, style, weight and behaviour.
pub(crate) fn test(root: &Path, packages: &Packages, chromium: &Path, playwright: &Path) -> Result<()> {
    let modules = setup::npm(root)?;
    let built = build(root, &packages.tarballs)?;
    let folder = root.join("target/xtask/playground");
    let mut tsc = Command::new("node");
    tsc.arg(modules.join("typescript/bin/tsc")).arg("--noEmit").current_dir(&folder);
    step("tsc on the playground", &mut tsc)?;
    let mut biome = Command::new("node");
    biome.arg(modules.join("@biomejs/biome/bin/biome")).args(["ci", "--error-on-warnings", "--colors=off"]);
    step("biome on the playground", biome.current_dir(root.join("examples/playground")))?;
    weigh(&built)?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/playground/run.mjs")).arg(&built).arg(root.join("target/debug/trilogue-test-server"));
    run.arg(root.join("target/xtask/playground-shots")).args([chromium, playwright]);
    run.arg(folder.join("node_modules/axe-core/axe.min.js"));
    let output = step("the playground in Chromium", &mut run)?;
    output.lines().filter(|line| line.contains(" passed, ")).for_each(|line| println!("{line}"));
    // As `cargo xtask demo --playground` serves it.
    let python = setup::demo_python(root, &packages.wheel)?;
    let model = step_fn("starting the embedded model", || Model::start(&python))?;
    let (_server, url) = open(root, &built, &model)?;
    let mut demo = Command::new("node");
    demo.arg(root.join("tests/playground/demo.mjs")).arg(&url).args([chromium, playwright]);
    step("the playground with the embedded model", &mut demo).map(drop)
}

/// Serves the page, with the embedded model behind it, as long as it is kept; and its address.
fn open(root: &Path, built: &Path, model: &Model) -> Result<(Running, String)> {
    let mut command = Command::new("node");
    command.arg(root.join("examples/playground/serve.mjs")).arg(built).args([&model.base_url, "smollm2-135m-instruct"]);
    // It ends with its standard input, so also when this process is killed.
    let mut server = Running::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let url = server.lines()?.next().context("the page isn't served")??;
    Ok((server, url))
}

/// The same until Ctrl-C.
pub(crate) fn serve(root: &Path, tarballs: &[PathBuf], model: &Model) -> Result<()> {
    let built = build(root, tarballs)?;
    weigh(&built)?;
    let (mut server, url) = open(root, &built, model)?;
    println!("the playground: {url}\nCtrl-C stops.");
    server.wait().map(drop)
}
