//! Builds the wheel, its source distribution, the npm tarballs, and the packages with the data of the tokenizer.
//!
//! Invariant: the files in `dist` are the ones that users install, and the ones that the tests install.

pub(crate) mod licences;
pub(crate) mod linker;
mod notices;
pub(crate) mod playground;
pub(crate) mod rust_pages;
pub(crate) mod size;
pub(crate) mod toolchain;
pub(crate) mod vocabulary;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use self::linker::Linker;
use crate::process::step;
use crate::setup;

pub(crate) use self::wasm::{MODULES, Module};

/// All packages in `dist`.
pub(crate) struct Packages {
    pub(crate) python: PythonPackages,
    pub(crate) npm: NpmPackages,
}

/// The wheel for this platform and the source distribution.
pub(crate) struct PythonPackages {
    pub(crate) wheel: PathBuf,
    pub(crate) sdist: PathBuf,
}

/// The tarballs of the npm package and of the package with the addon for this platform.
pub(crate) type NpmPackages = [PathBuf; 2];

/// Builds all packages.
pub(crate) fn package(root: &Path) -> Result<Packages> {
    let linker = Linker::prepare(root)?;
    vocabulary::build(root)?;
    Ok(Packages { python: python(root, &linker)?, npm: npm_with(root, &linker)? })
}

/// Builds the wheel and the source distribution.
pub(crate) fn python(root: &Path, linker: &Linker) -> Result<PythonPackages> {
    let dist = prepare_dist(root, &["whl", "gz"])?;
    notices::write(root, &["trilogue-python"], &root.join("bindings-python").join(notices::NAME))?;
    Ok(PythonPackages { sdist: sdist(root, &dist)?, wheel: wheel(root, &dist, linker)? })
}

/// Builds the npm tarballs.
pub(crate) fn npm(root: &Path) -> Result<NpmPackages> {
    npm_with(root, &Linker::prepare(root)?)
}

/// Builds the npm tarballs with a linker that is already prepared.
pub(crate) fn npm_with(root: &Path, linker: &Linker) -> Result<NpmPackages> {
    let dist = prepare_dist(root, &["tgz"])?;
    tarballs(root, &dist, linker)
}

/// Creates `dist` and removes the files of earlier builds that have one of these extensions.
fn prepare_dist(root: &Path, extensions: &[&str]) -> Result<PathBuf> {
    setup::check_programs()?;
    let dist = root.join("dist");
    fs::create_dir_all(&dist)?;
    for extension in extensions {
        for old in files_with_extension(&dist, extension)? {
            fs::remove_file(old)?;
        }
    }
    Ok(dist)
}

fn sdist(root: &Path, dist: &Path) -> Result<PathBuf> {
    let mut maturin = Command::new(setup::python(root)?.join("maturin"));
    maturin.args(["sdist", "--out"]).arg(dist).current_dir(root.join("bindings-python"));
    step("packing the source distribution", &mut maturin)?;
    file_with_extension(dist, "gz")
}

fn wheel(root: &Path, dist: &Path, linker: &Linker) -> Result<PathBuf> {
    let bin = setup::python(root)?;
    let mut maturin = Command::new(bin.join("maturin"));
    maturin
        .args(["build", "--locked", "--profile", "dist", "--out"])
        .arg(dist)
        .current_dir(root.join("bindings-python"));
    // maturin builds for the interpreter of its own environment.
    maturin.arg("--interpreter").arg(bin.join("python"));
    step("building the wheel", linker.apply(&mut maturin)?)?;
    remove_local_paths(root, &bin.join("python"), &file_with_extension(dist, "whl")?, dist)?;
    file_with_extension(dist, "whl")
}

/// Removes the path of this repository from a wheel's bill of materials, which names the workspace's packages by their paths.
fn remove_local_paths(root: &Path, python: &Path, wheel: &Path, dist: &Path) -> Result<()> {
    let unpacked = root.join("target/xtask/wheel");
    drop(fs::remove_dir_all(&unpacked));
    let mut unpack = Command::new(python);
    unpack.args(["-m", "wheel", "unpack", "--dest"]).arg(&unpacked).arg(wheel);
    step("unpacking the wheel", &mut unpack)?;
    let entries = |folder: &Path| fs::read_dir(folder).map(|all| all.filter_map(Result::ok).map(|entry| entry.path()));
    let content = entries(&unpacked)?.next().context("the wheel is empty")?;
    for metadata in entries(&content)?.filter(|folder| folder.extension().is_some_and(|end| end == "dist-info")) {
        for bill in files_with_extension(&metadata.join("sboms"), "json")? {
            let folder = root.display().to_string();
            let text = fs::read_to_string(&bill)?.replace(&format!("path+file://{folder}/"), "path+file:///");
            ensure!(!text.contains(&folder), "the bill of materials still contains {folder}");
            fs::write(&bill, text)?;
        }
    }
    fs::remove_file(wheel)?;
    let mut pack = Command::new(python);
    pack.args(["-m", "wheel", "pack"]).arg(&content).arg("--dest-dir").arg(dist);
    step("packing the wheel", &mut pack)?;
    Ok(())
}

fn tarballs(root: &Path, dist: &Path, linker: &Linker) -> Result<NpmPackages> {
    let typescript = root.join("typescript");
    let out = typescript.join("dist");
    drop(fs::remove_dir_all(&out));
    fs::create_dir_all(&out)?;
    wasm::build(root, &setup::npm(root)?, &out)?;
    let addon = addon(root, linker)?;
    step("compiling TypeScript", Command::new("node").arg("build.mjs").current_dir(&typescript))?;
    notices::write(root, &["trilogue-wasm"], &out.join(notices::NAME))?;
    let folder = root.join("target/xtask/npm");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    let notices = folder.join(notices::NAME);
    notices::write(root, &["trilogue-node"], &notices)?;
    let mut assemble = Command::new("node");
    assemble.arg("pack.mjs").args([&addon, &notices, &folder]);
    step("assembling the npm packages", assemble.current_dir(&typescript))?;
    let pack = |name: &str| -> Result<PathBuf> {
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", "--pack-destination"]).arg(dist).current_dir(folder.join(name));
        let file = step(&format!("packing the npm package {name}"), &mut npm)?;
        Ok(dist.join(file.trim()))
    };
    Ok([pack("main")?, pack("platform")?])
}

/// Builds the addon for Node on this platform.
fn addon(root: &Path, linker: &Linker) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "trilogue-node", "--profile", "dist"]).current_dir(root);
    step("building the addon", linker.apply(&mut cargo)?)?;
    Ok(linker.output().join("libtrilogue_node.so"))
}

/// Returns the only file in a folder that has this extension.
pub(crate) fn file_with_extension(folder: &Path, extension: &str) -> Result<PathBuf> {
    let mut found = files_with_extension(folder, extension)?;
    ensure!(found.len() == 1, "{} should contain one .{extension} file: {found:?}", folder.display());
    Ok(found.swap_remove(0))
}

/// Returns the files in a folder that have this extension.
pub(crate) fn files_with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|other| other == extension)).collect())
}
