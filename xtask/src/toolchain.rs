//! A Rust toolchain that can build for wasm32.
//!
//! Law: uses the standard library that is there; builds it once from Debian's packages where it isn't; says what to install where it
//! can do neither. Downloads nothing itself.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::step;
use crate::setup;

const TARGET: &str = "wasm32-unknown-unknown";
const HOST: &str = "x86_64-unknown-linux-gnu";
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const COMPILER: &str = "/usr/bin/rustc";
/// Small, as the module that is built with it: some 5 KB of it, compressed.
const BUILD_STD: [&str; 2] = ["-Zbuild-std=std,panic_abort,test", "-Zbuild-std-features=optimize_for_size"];

/// A `cargo` command that builds for wasm32.
pub(crate) fn cargo() -> Result<Command> {
    let mut cargo = Command::new("cargo");
    if !sysroot_of("rustc")?.join("lib/rustlib").join(TARGET).is_dir() {
        let toolchain = prepare()?;
        // The outer cargo names its own compiler in the environment.
        cargo = Command::new(toolchain.join("bin/cargo"));
        cargo.env("RUSTC", toolchain.join("bin/rustc")).env("RUSTDOC", toolchain.join("bin/rustdoc"));
        cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    }
    Ok(cargo)
}

/// Replaces the paths of this machine in what a cargo command compiles: panics name the source files, those of dependencies with their
/// absolute paths.
pub(crate) fn remap_paths(root: &Path, cargo: &mut Command) -> Result<()> {
    // The last prefix that fits counts.
    let folders = machine_folders(root)?;
    let mut flags = inherited_flags();
    flags.extend(folders.iter().map(|(name, folder)| format!("--remap-path-prefix={}={name}", folder.display())));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    let mut c_flags = vec![std::env::var("CFLAGS").unwrap_or_default()];
    c_flags.extend(folders.iter().map(|(name, folder)| format!("-ffile-prefix-map={}={name}", folder.display())));
    cargo.env("CFLAGS", c_flags.join(" ").trim());
    Ok(())
}

/// The folders whose paths no binary may contain, with the names that stand for them.
pub(crate) fn machine_folders(root: &Path) -> Result<[(&'static str, PathBuf); 4]> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home?.join(".cargo")));
    Ok([
        ("cache", setup::cache()?),
        ("rust", sysroot_of("rustc")?),
        ("cargo", cargo.context("neither CARGO_HOME nor HOME is set")?),
        ("trilogue", root.to_owned()),
    ])
}

/// The compiler's flags that the environment asks for: the variable that is set here would hide them.
fn inherited_flags() -> Vec<String> {
    if let Ok(flags) = std::env::var("CARGO_ENCODED_RUSTFLAGS") {
        return flags.split('\x1f').filter(|flag| !flag.is_empty()).map(str::to_owned).collect();
    }
    std::env::var("RUSTFLAGS").unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn sysroot_of(compiler: &str) -> Result<PathBuf> {
    let output = Command::new(compiler)
        .args(["--print", "sysroot"])
        .output()
        .with_context(|| format!("can't run {compiler}"))?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// The toolchain's folder, of this compiler and these flags; made where it is missing.
fn prepare() -> Result<PathBuf> {
    if !Path::new(COMPILER).exists() || !Path::new("/usr/bin/cargo").exists() {
        setup::apt(&PACKAGES, &format!("`rustup target add {TARGET}`"))?;
    }
    let version = Command::new(COMPILER).arg("-V").output().context("can't run Debian's rustc")?;
    let mut hasher = DefaultHasher::new();
    (version.stdout, BUILD_STD).hash(&mut hasher);
    let folder = setup::cache()?.join(format!("wasm-toolchain-{:016x}", hasher.finish()));
    if !folder.is_dir() {
        // Whole or not there at all, whoever else builds one or stops in between.
        let parts = folder.with_extension(std::process::id().to_string());
        drop(fs::remove_dir_all(&parts));
        lay_out(&parts, &folder)?;
        if fs::rename(&parts, &folder).is_err() {
            fs::remove_dir_all(&parts)?;
        }
    }
    Ok(folder)
}

/// Builds a toolchain in `parts` that will be at `folder`.
fn lay_out(parts: &Path, folder: &Path) -> Result<()> {
    let library = parts.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&library)?;
    build_std(parts, &library)?;
    fs::create_dir_all(parts.join("bin"))?;
    for tool in ["rustc", "rustdoc"] {
        let path = parts.join("bin").join(tool);
        fs::write(&path, format!("#!/bin/sh\nexec /usr/bin/{tool} --sysroot '{}' \"$@\"\n", folder.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    symlink("/usr/bin/cargo", parts.join("bin/cargo"))?;
    let host = parts.join("lib/rustlib").join(HOST);
    fs::create_dir_all(host.join("bin"))?;
    symlink(sysroot_of(COMPILER)?.join("lib/rustlib").join(HOST).join("lib"), host.join("lib"))?;
    symlink(linker()?, host.join("bin/rust-lld"))?;
    Ok(())
}

/// Debian's compiler comes without a linker for wasm; rustup's brings one, as does LLVM.
fn linker() -> Result<PathBuf> {
    let own = sysroot_of("rustc")?.join("lib/rustlib").join(HOST).join("bin/rust-lld");
    let known = [own, PathBuf::from("/usr/lib/llvm-19/bin/lld")];
    known.into_iter().find(|path| path.exists()).context("no linker for wasm: install lld-19")
}

fn build_std(folder: &Path, library: &Path) -> Result<()> {
    let empty = folder.join("empty");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(empty.join("src/lib.rs"), "#![no_std]\n")?;
    fs::write(empty.join("Cargo.toml"), "[package]\nname = \"empty\"\nedition = \"2021\"\n\n[workspace]\n")?;
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        .args(["build", "--release", "--target", TARGET])
        .args(BUILD_STD)
        .current_dir(&empty)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", COMPILER)
        .env("RUSTFLAGS", "-Cembed-bitcode=yes -Zforce-unstable-if-unmarked")
        .env("CARGO_TARGET_DIR", empty.join("target"))
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO");
    step("building the standard library for wasm32 (once, about a minute)", &mut cargo)?;
    let built = empty.join("target").join(TARGET).join("release/deps");
    let mut count = 0;
    for entry in fs::read_dir(&built)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let is_library = path.extension().is_some_and(|extension| extension == "rlib" || extension == "rmeta");
        if is_library && !name.to_string_lossy().starts_with("libempty") {
            fs::copy(&path, library.join(name))?;
            count += 1;
        }
    }
    fs::remove_dir_all(&empty)?;
    if count == 0 {
        bail!("the standard library for wasm32 was not built");
    }
    Ok(())
}
