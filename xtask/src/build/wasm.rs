//! Builds the wasm modules of the npm package and their JavaScript glue.
//!
//! Invariant: each module is built in a target folder of its own, since all of them are the crate `trilogue-wasm` with another feature.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::toolchain;
use crate::process::{in_parallel, step, step_fn};

/// The name of each module in `typescript/dist`, and the feature of `bindings-wasm` that selects its exports.
pub(crate) const MODULES: [(&str, &str); 2] = [("trilogue", "client"), ("kit", "kit")];

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
    // Link-time optimisation uses one core, so the modules are built at the same time.
    let [first, second] = MODULES;
    let (first, second) =
        in_parallel(|| build_module(root, modules, out, first), || build_module(root, modules, out, second));
    first.and(second)
}

/// Returns the client's wasm module as the linker wrote it, with function names.
pub(super) fn linked_client(root: &Path) -> PathBuf {
    linked_module(&target_folder(root, "client"))
}

fn linked_module(target: &Path) -> PathBuf {
    target.join("wasm32-unknown-unknown/wasm/trilogue_wasm.wasm")
}

fn target_folder(root: &Path, feature: &str) -> PathBuf {
    root.join(if feature == "client" { "target/wasm".to_owned() } else { format!("target/wasm-{feature}") })
}

fn build_module(root: &Path, modules: &Path, out: &Path, (name, feature): (&str, &str)) -> Result<()> {
    let target = target_folder(root, feature);
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
    let glue = format!("{name}_wasm");
    step_fn(&format!("generating the glue of {name}.wasm"), || {
        let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
        let module = linked_module(&target);
        bindgen.input_path(module).out_name(&glue).web(true)?.typescript(true).omit_default_module_path(true);
        bindgen.generate(out)
    })?;
    let bound = out.join(format!("{glue}_bg.wasm"));
    let mut optimiser = Command::new("node");
    optimiser.arg(modules.join("binaryen/bin/wasm-opt")).args(WASM_OPT).arg(&bound);
    optimiser.arg("-o").arg(out.join(format!("{name}.wasm")));
    step(&format!("optimising {name}.wasm"), &mut optimiser)?;
    fs::remove_file(bound)?;
    Ok(())
}
