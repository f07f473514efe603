//! What must never creep in.
//!
//! Law: facts about what was built, found by looking at it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};

use object::read::elf::ElfFile64;

use crate::build::{Packages, capture};
use crate::linker::Glibc;
use crate::toolchain;

/// Packages that the core must not depend on, directly or not.
const FOREIGN: [&str; 8] = ["tokio", "hyper", "rustls", "wasm-bindgen", "js-sys", "web-sys", "pyo3", "napi"];
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

/// The wasm modules ask their host for nothing but what their own JavaScript gives them.
pub(crate) fn wasm(root: &Path) -> Result<()> {
    let script = "
        const { readFileSync } = require('node:fs');
        const module = new WebAssembly.Module(readFileSync(process.argv[1]));
        console.log(WebAssembly.Module.imports(module).map((entry) => entry.module).join(' '));
    ";
    for name in ["trilogue", "kit"] {
        let module = root.join(format!("typescript/dist/{name}.wasm"));
        let modules = capture(Command::new("node").args(["-e", script]).arg(&module))
            .with_context(|| format!("can't read {name}.wasm"))?;
        ensure!(!modules.split(' ').any(|from| from == "env"), "{name}.wasm imports from env");
        ensure!(name == "kit" || !modules.is_empty(), "{name}.wasm imports nothing: it can't be ours");
    }
    Ok(())
}

/// The binaries ask for no newer glibc than was promised: by the linker, and by the wheel's name.
pub(crate) fn glibc(packages: &Packages, python: &Path, node: &Path) -> Result<()> {
    let name = packages.wheel.file_name().unwrap_or_default().to_string_lossy();
    let tag = name.split("manylinux_").nth(1).and_then(|rest| version(rest, '_'));
    let tag = tag.with_context(|| format!("{name} names no glibc"))?;
    let promised = packages.linker.glibc().unwrap_or(tag);
    ensure!(tag <= promised, "{name} says glibc {tag}: {promised} was promised");
    for path in binaries(python, node)? {
        let needed = newest_glibc(&path).with_context(|| format!("can't read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        println!("{name} asks for glibc {needed}, of {promised} promised");
        ensure!(needed <= promised, "{name} asks for glibc {needed}: {promised} was promised");
    }
    Ok(())
}

/// No binary contains a path of the machine that built it.
pub(crate) fn paths(root: &Path, python: &Path, node: &Path) -> Result<()> {
    let mut files = binaries(python, node)?.to_vec();
    files.extend(["trilogue", "kit"].map(|name| root.join(format!("typescript/dist/{name}.wasm"))));
    let mut folders: Vec<_> =
        toolchain::machine_folders(root)?.into_iter().map(|(_, folder)| folder.display().to_string()).collect();
    folders.extend(std::env::var("HOME").ok().map(|home| format!("{}/", home.trim_end_matches('/'))));
    // A root folder of `/` alone would be found in everything.
    folders.retain(|folder| folder.len() > 1);
    for path in files {
        let data = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        let text = String::from_utf8_lossy(&data);
        for folder in &folders {
            if let Some(at) = text.find(folder.as_str()) {
                let context: String = text[at..].chars().take(100).collect();
                bail!("{} contains a path of this machine: {context:?}", path.display());
            }
        }
    }
    Ok(())
}

/// The extension module and the addon, as they are installed.
fn binaries(python: &Path, node: &Path) -> Result<[PathBuf; 2]> {
    let mut binaries = Vec::new();
    find(python.parent().context("no environment")?, &|name| name == "_native.abi3.so", &mut binaries)?;
    find(node, &|name| name == "trilogue.node", &mut binaries)?;
    binaries.try_into().map_err(|found| anyhow!("an extension module and an addon should be installed, not {found:?}"))
}

/// The newest version of glibc among those that a library's symbols ask for.
fn newest_glibc(path: &Path) -> Result<Glibc> {
    let data = std::fs::read(path)?;
    let file = ElfFile64::<object::Endianness>::parse(&*data)?;
    let (endian, sections) = (file.endian(), file.elf_section_table());
    let (mut needs, strings) = sections.gnu_verneed(endian, &*data)?.context("it needs no versions")?;
    let strings = sections.strings(endian, &*data, strings)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(needed) = versions.next()? {
            let name = String::from_utf8_lossy(needed.name(endian, strings)?).into_owned();
            newest = newest.max(name.strip_prefix("GLIBC_").and_then(|rest| version(rest, '.')));
        }
    }
    newest.context("it asks for no glibc")
}

/// The first two numbers of a version.
fn version(text: &str, separator: char) -> Option<Glibc> {
    let mut numbers = text.split(separator).map_while(|number| number.parse().ok());
    Some(Glibc(numbers.next()?, numbers.next()?))
}

/// The files under a folder whose name fits.
fn find(folder: &Path, fits: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find(&entry.path(), fits, found)?;
        } else if fits(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
    Ok(())
}
