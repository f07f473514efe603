//! What must never creep in.
//!
//! Law: facts about what was built, found by looking at it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::build::capture;

/// Packages that the core must not depend on, directly or not.
const FOREIGN: [&str; 8] = ["tokio", "reqwest", "hyper", "wasm-bindgen", "js-sys", "web-sys", "pyo3", "napi"];
/// What the core must not contain: it would tell targets apart, or touch the world.
const FORBIDDEN: [&str; 6] = ["target_arch", "target_os", "target_family", "TcpStream", "std::thread", "Instant::now"];

/// The core stays platform-neutral.
pub(crate) fn core(root: &Path) -> Result<()> {
    let tree = capture(
        Command::new("cargo")
            .args(["tree", "--package", "trilogue-core", "--edges", "normal", "--prefix", "none"])
            .current_dir(root),
    )?;
    ensure!(tree.starts_with("trilogue-core "), "cargo tree told nothing");
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        ensure!(!FOREIGN.contains(&name), "trilogue-core depends on {name}");
    }
    no_forbidden_words(&root.join("core/src"))
}

fn no_forbidden_words(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            no_forbidden_words(&path)?;
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        if let Some(word) = FORBIDDEN.into_iter().find(|word| text.contains(word)) {
            bail!("{} contains {word}", path.display());
        }
    }
    Ok(())
}

/// The wasm module asks its host for nothing but what its own JavaScript gives it.
pub(crate) fn wasm(root: &Path) -> Result<()> {
    let script = "
        const { readFileSync } = require('node:fs');
        const module = new WebAssembly.Module(readFileSync(process.argv[1]));
        console.log(WebAssembly.Module.imports(module).map((entry) => entry.module).join(' '));
    ";
    let module = root.join("typescript/dist/trilogue.wasm");
    let modules =
        capture(Command::new("node").args(["-e", script]).arg(&module)).context("can't read the wasm module")?;
    ensure!(!modules.is_empty(), "the wasm module imports nothing: it can't be ours");
    ensure!(!modules.split(' ').any(|name| name == "env"), "the wasm module imports from env");
    Ok(())
}
