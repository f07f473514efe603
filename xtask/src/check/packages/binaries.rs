//! Guards of the built binaries: the wasm modules, the Python extension module and the addon for Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};
use object::read::elf::ElfFile64;

use crate::build::linker::Glibc;
use crate::build::{MODULES, Module, toolchain};
use crate::check::Environment;
use crate::process::{capture, report};

/// Checks that the wasm modules import nothing but functions of their own glue.
pub(in crate::check) fn wasm(environment: &Environment) -> Result<()> {
    environment.npm_packages()?;
    let script = "
        const { readFileSync } = require('node:fs');
        const module = new WebAssembly.Module(readFileSync(process.argv[1]));
        console.log(WebAssembly.Module.imports(module).map((entry) => entry.module).join(' '));
    ";
    for (name, path) in wasm_files(environment.root()) {
        let modules = capture(Command::new("node").args(["-e", script]).arg(&path))
            .with_context(|| format!("can't read {name}.wasm"))?;
        ensure!(!modules.split(' ').any(|from| from == "env"), "{name}.wasm imports from env");
        ensure!(
            name == "kit" || !modules.is_empty(),
            "{name}.wasm imports nothing, so it is not the module that was built"
        );
    }
    Ok(())
}

fn wasm_files(root: &Path) -> [(&'static str, PathBuf); MODULES.len()] {
    MODULES.map(|Module { name, .. }| (name, root.join(format!("typescript/dist/{name}.wasm"))))
}

/// Checks that the binaries require no newer glibc than the linker and the wheel's name promise.
pub(in crate::check) fn glibc(environment: &Environment) -> Result<()> {
    let wheel = &environment.python_packages()?.wheel;
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    let tag = name.split("manylinux_").nth(1).and_then(|rest| version(rest, '_'));
    let tag = tag.with_context(|| format!("{name} contains no glibc version"))?;
    let promised = environment.linker()?.glibc().unwrap_or(tag);
    ensure!(tag <= promised, "the name {name} contains glibc {tag}, but the linker promises {promised}");
    for path in binaries(environment)? {
        let needed = newest_glibc(&path).with_context(|| format!("can't read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        report(&format!("{name} requires glibc {needed}; allowed: {promised}"));
        ensure!(needed <= promised, "{name} requires glibc {needed}, which is newer than {promised}");
    }
    Ok(())
}

/// Checks that no binary contains a path of the machine that built it.
pub(in crate::check) fn paths(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let mut files = binaries(environment)?.to_vec();
    files.extend(wasm_files(root).map(|(_, path)| path));
    let mut folders: Vec<_> =
        toolchain::machine_folders(root)?.into_iter().map(|(_, folder)| folder.display().to_string()).collect();
    folders.extend(std::env::var("HOME").ok().map(|home| format!("{}/", home.trim_end_matches('/'))));
    // A folder `/` would be found in every binary.
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

/// Returns the installed extension module and the installed addon.
fn binaries(environment: &Environment) -> Result<[PathBuf; 2]> {
    let mut binaries = Vec::new();
    let python = environment.python()?.parent().context("no environment")?;
    collect(python, "_native.abi3.so", &mut binaries)?;
    collect(environment.node_project()?, "trilogue.node", &mut binaries)?;
    binaries.try_into().map_err(|found| anyhow!("expected one extension module and one addon, found {found:?}"))
}

/// Returns the newest version of glibc that the symbols of a library require.
fn newest_glibc(path: &Path) -> Result<Glibc> {
    let data = std::fs::read(path)?;
    let file = ElfFile64::<object::Endianness>::parse(&*data)?;
    let (endian, sections) = (file.endian(), file.elf_section_table());
    let (mut needs, strings) = sections.gnu_verneed(endian, &*data)?.context("no versioned symbols")?;
    let strings = sections.strings(endian, &*data, strings)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(needed) = versions.next()? {
            let name = String::from_utf8_lossy(needed.name(endian, strings)?).into_owned();
            newest = newest.max(name.strip_prefix("GLIBC_").and_then(|rest| version(rest, '.')));
        }
    }
    newest.context("no symbol of glibc")
}

/// Parses the first two numbers of a version.
fn version(text: &str, separator: char) -> Option<Glibc> {
    let mut numbers = text.split(separator).map_while(|number| number.parse().ok());
    Some(Glibc(numbers.next()?, numbers.next()?))
}

/// Collects the files below a folder that have this name.
fn collect(folder: &Path, name: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), name, found)?;
        } else if entry.file_name() == name {
            found.push(entry.path());
        }
    }
    Ok(())
}
