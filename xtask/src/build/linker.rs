//! The linker of the shipped binaries.
//!
//! Invariant: on Linux the binaries require glibc `GLIBC` or newer on every build machine; zig, from PyPI, contains the
//! libraries of that version. On other platforms, and if the variable `TRILOGUE_LINKER` is `system`, the platform's own linker is used,
//! and a binary requires the glibc of the build machine. All binaries of a build use one linker, so that no dependency is compiled twice.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::toolchain::remap_paths;
use crate::process::capture;
use crate::setup;

/// The version that Rust's standard library requires, and that the policy manylinux2014 allows.
const GLIBC: Glibc = Glibc(2, 17);
/// The architectures of `…-unknown-linux-gnu` that are linked by zig.
const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

/// A version of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Glibc(pub(crate) u32, pub(crate) u32);

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The linker, and the folder of its output.
pub(crate) struct Linker {
    zig: Option<Zig>,
    root: PathBuf,
}

struct Zig {
    triple: String,
    /// A script with the command line of `cc`.
    cc: PathBuf,
}

impl Linker {
    /// Selects the linker, and installs zig if it is needed.
    pub(crate) fn prepare(root: &Path) -> Result<Self> {
        let version = capture(Command::new("rustc").arg("-vV"))?;
        let triple = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
        let architecture = triple.strip_suffix("-unknown-linux-gnu").filter(|name| ARCHITECTURES.contains(name));
        let zig = match (architecture, std::env::var("TRILOGUE_LINKER").as_deref()) {
            (None, _) | (_, Ok("system")) => None,
            (_, Ok(other)) if !other.is_empty() => bail!("TRILOGUE_LINKER can be `system`, not `{other}`"),
            (Some(architecture), _) => Some(Zig { triple: triple.to_owned(), cc: cc(root, architecture)? }),
        };
        Ok(Self { zig, root: root.to_owned() })
    }

    /// Returns the newest glibc that a binary may require; `None` with the system's linker.
    pub(crate) fn glibc(&self) -> Option<Glibc> {
        self.zig.as_ref().map(|_| GLIBC)
    }

    /// Makes a command that runs cargo use this linker, and keeps the paths of this machine out of the binaries.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> Result<&'a mut Command> {
        remap_paths(&self.root, command)?;
        // Cargo's variables about xtask itself must not reach the build: some build scripts would run again for them.
        for (name, _) in std::env::vars_os() {
            if ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
                command.env_remove(name);
            }
        }
        command.env("CARGO_TARGET_DIR", self.target());
        if let Some(Zig { triple, cc }) = &self.zig {
            let name = triple.replace('-', "_");
            command.env("CARGO_BUILD_TARGET", triple);
            command.env(format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()), cc);
            command.env(format!("CC_{name}"), cc);
        }
        Ok(command)
    }

    fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Returns the folder of cargo's output with the profile `dist`.
    pub(crate) fn output(&self) -> PathBuf {
        match &self.zig {
            Some(Zig { triple, .. }) => self.target().join(triple).join("dist"),
            None => self.target().join("dist"),
        }
    }
}

/// Writes the script. maturin's `zig cc` translates the arguments that rustc and zig interpret differently.
fn cc(root: &Path, architecture: &str) -> Result<PathBuf> {
    let tools = setup::python(root)?;
    let zig = setup::zig(root).context("TRILOGUE_LINKER=system links with this machine's glibc instead")?;
    let folder = root.join("target/xtask");
    let caches = ["ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR", "CARGO_ZIGBUILD_CACHE_DIR"];
    let caches = caches.map(|name| format!("export {name}='{}'\n", folder.join("zig-cache").display())).concat();
    let script = format!(
        "#!/bin/sh\nexport CARGO_ZIGBUILD_ZIG_PATH='{}'\n{caches}exec '{}' zig cc -- -g -fno-sanitize=all -target {architecture}-linux-gnu.{GLIBC} \"$@\"\n",
        zig.join("python-zig").display(),
        tools.join("maturin").display(),
    );
    let path = folder.join("zigcc");
    // Cargo would build everything again after a newer script.
    if !fs::read_to_string(&path).is_ok_and(|old| old == script) {
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(path)
}
