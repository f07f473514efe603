//! The npm packages as their users install them: in Node, in bundles for pages and in other hosts.
//!
//! The sample projects are in `tests/packaging/npm`, the tests of the public classes in `tests/surface`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::vectors::start_server;
use crate::check::Environment;
use crate::check::environment::Browser;
use crate::process::{report, report_counts, step};
use crate::setup;

/// Limit of the bytes that are installed on one platform. Source maps and the wasm modules as text, for bundles, are 0.7 MB of them.
const LIMIT: u64 = 10_000_000;

/// Installs the tarballs, checks their size and runs the sample projects.
pub(in crate::check) fn packaging(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let tarballs = environment.npm_packages()?;
    let Browser { chromium, playwright } = environment.browser()?;
    let (_server, url) = start_server(environment)?;
    let work = root.join("target/xtask/packaging-npm");
    drop(fs::remove_dir_all(&work));
    fs::create_dir_all(&work)?;
    let tools = tools(root)?;
    install(&tools, "installing the tarballs", |npm| npm.arg("--no-save").args(tarballs))?;
    let installed = size(&tools.join("node_modules/trilogue"))? + size(&tools.join("node_modules/@trilogue"))?;
    ensure!(installed <= LIMIT, "the npm packages install {installed} bytes, over {LIMIT}");
    report(&format!("{installed} bytes installed"));
    let mut run = Command::new("node");
    run.arg(root.join("tests/packaging/npm/run.mjs")).args([&work, &tools]).arg(url);
    run.arg(environment.test_server()?).args(tarballs);
    run.arg(setup::npm(root)?.join("typescript")).args([chromium, playwright]);
    report_counts(&step("sample projects with the npm packages", &mut run)?);
    Ok(())
}

/// Builds and runs the samples of web frameworks, which download 500 MB.
pub(in crate::check) fn frameworks(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let tarballs = environment.npm_packages()?;
    let Browser { chromium, playwright } = environment.browser()?;
    let (_server, url) = start_server(environment)?;
    let work = root.join("target/xtask/packaging-frameworks");
    drop(fs::remove_dir_all(&work));
    fs::create_dir_all(&work)?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/packaging/npm/frameworks/run.mjs")).arg(&work);
    run.arg(format!("{url}/v/stream.plain/whole/frameworks")).args([chromium, playwright]).args(tarballs);
    report_counts(&step("sample projects of web frameworks", &mut run)?);
    Ok(())
}

/// Tests the public classes of the package in each runtime.
pub(in crate::check) fn surface(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let Browser { chromium, playwright } = environment.browser()?;
    let scripts = root.join("target/xtask/surface");
    drop(fs::remove_dir_all(&scripts));
    let mut run = Command::new("node");
    run.arg(root.join("tests/surface/run.mjs")).arg(environment.test_server()?);
    run.arg(scripts).args([chromium, playwright]).current_dir(environment.node_project()?);
    let output = step("the surface of the npm package", &mut run)?;
    report_counts(&output);
    output.lines().filter(|line| line.starts_with("memory ")).for_each(report);
    Ok(())
}

/// Returns a folder with the bundlers and hosts, which are installed again if a version has changed.
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

fn install(folder: &Path, title: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    step(title, arguments(&mut npm)).map(drop)
}

/// Returns the total size of the files in a folder.
fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
