//! The wheel, its sources, and the npm tarballs.
//!
//! Law: what is in `dist` afterwards is what users install and what the tests install.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::linker::Linker;
use crate::process::{step, step_fn};
use crate::{notices, setup, toolchain};

/// Options of wasm-opt: features one by one, since `--all-features` emits what browsers refuse.
const WASM_OPT: [&str; 14] = [
    // The stack begins at a megabyte and grows down.
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-Oz",
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
    /// The npm package, and the one with the addon for this platform.
    pub(crate) tarballs: [PathBuf; 2],
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
        tarballs: tarballs(root, &dist, &linker)?,
        linker,
    })
}

/// Builds the npm tarballs, and leaves the wheel that is there.
pub(crate) fn npm(root: &Path) -> Result<[PathBuf; 2]> {
    setup::tools_present()?;
    let dist = root.join("dist");
    fs::create_dir_all(&dist)?;
    for old in all(&dist, "tgz").unwrap_or_default() {
        fs::remove_file(old)?;
    }
    tarballs(root, &dist, &Linker::prepare(root)?)
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
    step("building the wheel", linker.apply(&mut maturin)?)?;
    forget_folder(root, &bin.join("python"), &only(dist, "whl")?, dist)?;
    only(dist, "whl")
}

/// Takes the name of this folder out of a wheel's bill of materials, which tells the workspace's packages by where they lay.
fn forget_folder(root: &Path, python: &Path, wheel: &Path, dist: &Path) -> Result<()> {
    let unpacked = root.join("target/xtask/wheel");
    drop(fs::remove_dir_all(&unpacked));
    let mut opener = Command::new(python);
    opener.args(["-m", "wheel", "unpack", "--dest"]).arg(&unpacked).arg(wheel);
    step("opening the wheel", &mut opener)?;
    let inside = |of: &Path| fs::read_dir(of).map(|all| all.filter_map(Result::ok).map(|entry| entry.path()));
    let content = inside(&unpacked)?.next().context("the wheel is empty")?;
    for metadata in inside(&content)?.filter(|folder| folder.extension().is_some_and(|end| end == "dist-info")) {
        for bill in all(&metadata.join("sboms"), "json")? {
            let folder = root.display().to_string();
            let listed = fs::read_to_string(&bill)?.replace(&format!("path+file://{folder}/"), "path+file:///");
            ensure!(!listed.contains(&folder), "the bill of materials still names {folder}");
            fs::write(&bill, listed)?;
        }
    }
    fs::remove_file(wheel)?;
    let mut closer = Command::new(python);
    closer.args(["-m", "wheel", "pack"]).arg(&content).arg("--dest-dir").arg(dist);
    step("closing the wheel", &mut closer)?;
    Ok(())
}

/// The package, and the one with the addon for this platform: [main, platform].
fn tarballs(root: &Path, dist: &Path, linker: &Linker) -> Result<[PathBuf; 2]> {
    let modules = setup::npm(root)?;
    let typescript = root.join("typescript");
    let out = typescript.join("dist");
    drop(fs::remove_dir_all(&out));
    fs::create_dir_all(&out)?;
    for module in MODULES {
        wasm(root, &modules, &out, module)?;
    }
    let addon = addon(root, linker)?;
    step("compiling TypeScript", Command::new("node").arg("build.mjs").current_dir(&typescript))?;
    notices::write(root, &["trilogue-wasm"], &out.join(notices::NAME))?;
    let laid = root.join("target/xtask/npm");
    drop(fs::remove_dir_all(&laid));
    fs::create_dir_all(&laid)?;
    let notices = laid.join(notices::NAME);
    notices::write(root, &["trilogue-node"], &notices)?;
    let mut lay = Command::new("node");
    lay.arg("pack.mjs").args([&addon, &notices, &laid]);
    step("laying out packages", lay.current_dir(&typescript))?;
    let pack = |name: &str| -> Result<PathBuf> {
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", "--pack-destination"]).arg(dist).current_dir(laid.join(name));
        let file = step(&format!("packing {name}"), &mut npm)?;
        Ok(dist.join(file.trim()))
    };
    Ok([pack("main")?, pack("platform")?])
}

/// The wasm modules: what each is called in `dist`, and the feature of `bindings-wasm` that it is.
const MODULES: [(&str, &str); 2] = [("trilogue", "client"), ("kit", "kit")];

/// The client's wasm module as it was linked, with its names.
pub(crate) fn linked(root: &Path) -> PathBuf {
    built(root, "client").join("wasm32-unknown-unknown/wasm/trilogue_wasm.wasm")
}

/// Where a module is built: each has a folder of its own, since both have the crate's name.
fn built(root: &Path, feature: &str) -> PathBuf {
    root.join(if feature == "client" { "target/wasm".to_owned() } else { format!("target/wasm-{feature}") })
}

/// A wasm module and its JavaScript.
fn wasm(root: &Path, modules: &Path, out: &Path, (name, feature): (&str, &str)) -> Result<()> {
    let target = built(root, feature);
    let mut cargo = toolchain::cargo()?;
    toolchain::remap_paths(root, &mut cargo)?;
    cargo.args([
        "build",
        "--locked",
        "--package",
        "trilogue-wasm",
        "--profile",
        "wasm",
        "--target",
        "wasm32-unknown-unknown",
        "--no-default-features",
        "--features",
        feature,
    ]);
    step(&format!("building {name}.wasm"), cargo.current_dir(root).env("CARGO_TARGET_DIR", &target))?;
    let module = target.join("wasm32-unknown-unknown/wasm/trilogue_wasm.wasm");
    let glue = format!("{name}_wasm");
    step_fn(&format!("binding {name}.wasm"), || {
        let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
        bindgen.input_path(&module).out_name(&glue).web(true)?.typescript(true).omit_default_module_path(true);
        bindgen.generate(out)
    })?;
    let bound = out.join(format!("{glue}_bg.wasm"));
    let small = out.join(format!("{name}.wasm"));
    let mut optimiser = Command::new("node");
    optimiser.arg(modules.join("binaryen/bin/wasm-opt")).args(WASM_OPT).arg(&bound).arg("-o").arg(&small);
    step(&format!("optimising {name}.wasm"), &mut optimiser)?;
    fs::remove_file(bound)?;
    Ok(())
}

/// The addon for Node on this platform.
fn addon(root: &Path, linker: &Linker) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "trilogue-node", "--profile", "dist"]).current_dir(root);
    step("building the addon", linker.apply(&mut cargo)?)?;
    Ok(linker.output().join("libtrilogue_node.so"))
}

/// What a short command prints.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("can't run {}", command.get_program().to_string_lossy()))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The file in a folder that has this extension.
pub(crate) fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    Ok(all(folder, extension)?.swap_remove(0))
}

/// The files in a folder that have this extension: at least one.
pub(crate) fn all(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
    let found: Vec<_> = paths.filter(|path| path.extension().is_some_and(|other| other == extension)).collect();
    ensure!(!found.is_empty(), "no .{extension} in {}", folder.display());
    Ok(found)
}
