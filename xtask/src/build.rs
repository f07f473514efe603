//! The wheel, its sources, and the npm tarball.
//!
//! Law: what is in `dist` afterwards is what users install and what the tests install.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::linker::Linker;
use crate::process::{step, step_fn};
use crate::{notices, setup, toolchain};

/// Options of wasm-opt: features one by one, since `--all-features` emits what browsers refuse.
const WASM_OPT: [&str; 10] = [
    "-Oz",
    "--strip-debug",
    "--strip-producers",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// What `dist` holds.
pub(crate) struct Packages {
    pub(crate) wheel: PathBuf,
    pub(crate) sdist: PathBuf,
    pub(crate) tarball: PathBuf,
    /// What the binaries were linked with.
    pub(crate) linker: Linker,
}

/// Builds all of them.
pub(crate) fn package(root: &Path) -> Result<Packages> {
    setup::tools_present()?;
    let dist = root.join("dist");
    drop(fs::remove_dir_all(&dist));
    fs::create_dir_all(&dist)?;
    let linker = Linker::prepare(root)?;
    notices::write(root, &["trilogue-python"], &root.join("bindings-python").join(notices::NAME))?;
    Ok(Packages {
        sdist: sdist(root, &dist)?,
        wheel: wheel(root, &dist, &linker)?,
        tarball: tarball(root, &dist, &linker)?,
        linker,
    })
}

fn sdist(root: &Path, dist: &Path) -> Result<PathBuf> {
    let mut maturin = Command::new(setup::python(root)?.join("maturin"));
    maturin.args(["sdist", "--out"]).arg(dist).current_dir(root.join("bindings-python"));
    step("packing the sources of the wheel", &mut maturin)?;
    only(dist, "gz")
}

fn wheel(root: &Path, dist: &Path, linker: &Linker) -> Result<PathBuf> {
    let bin = setup::python(root)?;
    let mut maturin = Command::new(bin.join("maturin"));
    maturin
        .args(["build", "--locked", "--profile", "dist", "--out"])
        .arg(dist)
        .current_dir(root.join("bindings-python"));
    // maturin asks for the interpreter that it lies beside.
    maturin.arg("--interpreter").arg(bin.join("python"));
    step("building the wheel", linker.apply(&mut maturin))?;
    only(dist, "whl")
}

fn tarball(root: &Path, dist: &Path, linker: &Linker) -> Result<PathBuf> {
    let modules = setup::npm(root)?;
    let typescript = root.join("typescript");
    let out = typescript.join("dist");
    drop(fs::remove_dir_all(&out));
    fs::create_dir_all(&out)?;
    wasm(root, &modules, &out)?;
    addon(root, &out, linker)?;
    step("compiling TypeScript", Command::new("node").arg("build.mjs").current_dir(&typescript))?;
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(root.join(name), out.join(name))?;
    }
    notices::write(root, &["trilogue-node", "trilogue-wasm"], &out.join(notices::NAME))?;
    step(
        "packing the tarball",
        Command::new("npm").args(["pack", "--pack-destination"]).arg(dist).current_dir(&typescript),
    )?;
    only(dist, "tgz")
}

/// The wasm module and its JavaScript.
fn wasm(root: &Path, modules: &Path, out: &Path) -> Result<()> {
    let target = root.join("target/wasm");
    let mut cargo = toolchain::cargo()?;
    cargo.args([
        "build",
        "--locked",
        "--package",
        "trilogue-wasm",
        "--profile",
        "wasm",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    step("building the wasm module", cargo.current_dir(root).env("CARGO_TARGET_DIR", &target))?;
    let module = target.join("wasm32-unknown-unknown/wasm/trilogue_wasm.wasm");
    step_fn("binding the wasm module", || {
        let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
        bindgen.input_path(&module).web(true)?.typescript(true).omit_default_module_path(true);
        bindgen.generate(out)
    })?;
    let bound = out.join("trilogue_wasm_bg.wasm");
    let small = out.join("trilogue.wasm");
    let mut optimiser = Command::new("node");
    optimiser.arg(modules.join("binaryen/bin/wasm-opt")).args(WASM_OPT).arg(&bound).arg("-o").arg(&small);
    step("optimising the wasm module", &mut optimiser)?;
    fs::remove_file(bound)?;
    Ok(())
}

/// The addon for Node on this platform.
fn addon(root: &Path, out: &Path, linker: &Linker) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "trilogue-node", "--profile", "dist"]).current_dir(root);
    step("building the addon", linker.apply(&mut cargo))?;
    let platform = capture(Command::new("node").args(["-p", "`${process.platform}-${process.arch}`"]))?;
    fs::copy(linker.output().join("libtrilogue_node.so"), out.join(format!("trilogue.{platform}.node")))?;
    Ok(())
}

/// What a short command prints.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("can't run {}", command.get_program().to_string_lossy()))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The file in a folder that has this extension.
pub(crate) fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    let paths = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
    let mut found = paths.filter(|path| path.extension().is_some_and(|other| other == extension));
    found.next().with_context(|| format!("no .{extension} in {}", folder.display()))
}
