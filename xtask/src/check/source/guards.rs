//! Guards of the core: what it may depend on and contain.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::check::Environment;
use crate::process::capture;

/// Packages on which the core must not depend, directly or indirectly.
const FORBIDDEN_PACKAGES: [&str; 8] = ["tokio", "hyper", "rustls", "wasm-bindgen", "js-sys", "web-sys", "pyo3", "napi"];
/// Text that the core's sources must not contain: conditions on the target, and access to clocks, threads and sockets.
const FORBIDDEN_TEXTS: [&str; 6] =
    ["target_arch", "target_os", "target_family", "TcpStream", "std::thread", "Instant::now"];

/// Checks that the core is platform-neutral.
pub(in crate::check) fn core(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--package", "trilogue-core", "--edges", "normal", "--prefix", "none"]).current_dir(root);
    let tree = capture(&mut cargo)?;
    ensure!(tree.starts_with("trilogue-core "), "cargo tree printed nothing");
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        ensure!(!FORBIDDEN_PACKAGES.contains(&name), "trilogue-core depends on {name}");
    }
    check_texts(&root.join("core/src"))
}

fn check_texts(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            check_texts(&path)?;
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        if let Some(found) = FORBIDDEN_TEXTS.into_iter().find(|forbidden| text.contains(forbidden)) {
            bail!("{} contains {found}", path.display());
        }
    }
    Ok(())
}
