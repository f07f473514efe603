//! Builds the wasm modules of the npm package and their JavaScript glue.
//!
//! Invariant: each module is built in a target folder of its own, since all of them are the crate `trilogue-wasm` with other features. Modules that
//! share their glue import it by one name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::toolchain;
use crate::process::{in_parallel, step, step_fn};

/// A wasm module of the npm package.
#[derive(Clone, Copy)]
pub(crate) struct Module {
    /// Its name in `typescript/dist`.
    pub(crate) name: &'static str,
    /// The features of `bindings-wasm` that it has.
    features: &'static str,
    /// The module whose glue it uses. `typescript/build.mjs` checks that the glue fits.
    glue: &'static str,
}

/// All modules. `trilogue` has every feature of a client, `base` those that each page needs. A page that needs more loads `answers`, or
/// `trilogue` instead of `base`: see `docs/decisions/browser/modules.md`.
pub(crate) const MODULES: [Module; 4] = [
    Module { name: "trilogue", features: "answers,client,fallback,limits,records", glue: "trilogue" },
    Module { name: "answers", features: "answers", glue: "trilogue" },
    Module { name: BASE, features: "client", glue: "trilogue" },
    Module { name: "kit", features: "kit", glue: "kit" },
];

/// The module that a page loads first.
pub(super) const BASE: &str = "base";

/// Options of wasm-opt. Features are listed one by one, since `--all-features` emits instructions that browsers reject.
const WASM_OPT: [&str; 14] = [
    // The stack starts at one megabyte and grows down.
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

/// Builds every module into `out`; `modules` is the `node_modules` folder with binaryen.
pub(super) fn build(root: &Path, modules: &Path, out: &Path) -> Result<()> {
    // Made once before the builds start, which would otherwise make it twice.
    toolchain::cargo()?;
    let build_all = |all: &[Module]| all.iter().try_for_each(|module| build_module(root, modules, out, *module));
    // Link-time optimisation uses one core, so two modules are built at the same time.
    let (some, others) = MODULES.split_at(MODULES.len() / 2);
    let (some, others) = in_parallel(|| build_all(some), || build_all(others));
    some.and(others)
}

/// Returns the module that a page loads first as the linker wrote it, with function names.
pub(super) fn linked_base(root: &Path) -> PathBuf {
    linked_module(&target_folder(root, BASE))
}

fn linked_module(target: &Path) -> PathBuf {
    target.join("wasm32-unknown-unknown/wasm/trilogue_wasm.wasm")
}

fn target_folder(root: &Path, name: &str) -> PathBuf {
    root.join(format!("target/wasm-{name}"))
}

fn build_module(root: &Path, modules: &Path, out: &Path, module: Module) -> Result<()> {
    let Module { name, features, glue } = module;
    let target = target_folder(root, name);
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
        features,
    ]);
    step(&format!("building {name}.wasm"), cargo.current_dir(root).env("CARGO_TARGET_DIR", &target))?;
    let (own_glue, glue) = (glue == name, format!("{glue}_wasm"));
    let folder = if own_glue { out.to_owned() } else { target.join("glue") };
    step_fn(&format!("generating the glue of {name}.wasm"), || {
        let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
        let module = linked_module(&target);
        bindgen.input_path(module).out_name(&glue).web(true)?.typescript(own_glue).omit_default_module_path(true);
        bindgen.generate(&folder)
    })?;
    let bound = folder.join(format!("{glue}_bg.wasm"));
    let mut optimiser = Command::new("node");
    optimiser.arg(modules.join("binaryen/bin/wasm-opt")).args(WASM_OPT).arg(&bound);
    optimiser.arg("-o").arg(out.join(format!("{name}.wasm")));
    step(&format!("optimising {name}.wasm"), &mut optimiser)?;
    fs::remove_file(bound)?;
    Ok(())
}
