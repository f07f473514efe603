//! A Rust toolchain that can build for wasm32.
//!
//! Invariant: uses the installed standard library for wasm32. If there is none, builds it once from Debian's packages, or fails with the
//! name of what to install. Downloads nothing by other means.

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
/// Optimised for size, as the modules are: this saves about 5 KB of a compressed module.
const BUILD_STD: [&str; 2] = ["-Zbuild-std=std,panic_abort,test", "-Zbuild-std-features=optimize_for_size"];

/// Returns a `cargo` command that can build for wasm32.
pub(crate) fn cargo() -> Result<Command> {
    let mut cargo = Command::new("cargo");
    if !sysroot_of("rustc")?.join("lib/rustlib").join(TARGET).is_dir() {
        let toolchain = prepare()?;
        // The cargo that runs xtask has put its own compiler into the environment.
        cargo = Command::new(toolchain.join("bin/cargo"));
        cargo.env("RUSTC", toolchain.join("bin/rustc")).env("RUSTDOC", toolchain.join("bin/rustdoc"));
        cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    }
    Ok(cargo)
}

/// Replaces the paths of this machine in the output of a cargo command. Panic messages contain the paths of source files, absolute ones
/// for dependencies.
pub(crate) fn remap_paths(root: &Path, cargo: &mut Command) -> Result<()> {
    // rustc applies the last prefix that matches.
    let folders = machine_folders(root)?;
    let mut flags = inherited_flags();
    flags.extend(folders.iter().map(|(name, folder)| format!("--remap-path-prefix={}={name}", folder.display())));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    let mut c_flags = vec![std::env::var("CFLAGS").unwrap_or_default()];
    c_flags.extend(folders.iter().map(|(name, folder)| format!("-ffile-prefix-map={}={name}", folder.display())));
    cargo.env("CFLAGS", c_flags.join(" ").trim());
    Ok(())
}

/// Returns the folders whose paths no binary may contain, with the names that replace them.
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

/// Returns the compiler flags of the environment, which the variable that is set here would hide.
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

/// Returns the toolchain's folder for this compiler and these flags; creates it if it is missing.
fn prepare() -> Result<PathBuf> {
    if !Path::new(COMPILER).exists() || !Path::new("/usr/bin/cargo").exists() {
        setup::apt(&PACKAGES, &format!("`rustup target add {TARGET}`"))?;
    }
    let version = Command::new(COMPILER).arg("-V").output().context("can't run Debian's rustc")?;
    let mut hasher = DefaultHasher::new();
    (version.stdout, BUILD_STD).hash(&mut hasher);
    let folder = setup::cache()?.join(format!("wasm-toolchain-{:016x}", hasher.finish()));
    let _reserved = setup::reserve(&folder);
    if !folder.is_dir() {
        // Renamed into place when it is complete: another process may build one too, or be stopped.
        let partial = folder.with_extension(std::process::id().to_string());
        drop(fs::remove_dir_all(&partial));
        create(&partial, &folder)?;
        if fs::rename(&partial, &folder).is_err() {
            fs::remove_dir_all(&partial)?;
        }
    }
    Ok(folder)
}

/// Builds a toolchain in `partial` whose final place is `folder`.
fn create(partial: &Path, folder: &Path) -> Result<()> {
    let library = partial.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&library)?;
    build_std(partial, &library)?;
    fs::create_dir_all(partial.join("bin"))?;
    for tool in ["rustc", "rustdoc"] {
        let path = partial.join("bin").join(tool);
        fs::write(&path, format!("#!/bin/sh\nexec /usr/bin/{tool} --sysroot '{}' \"$@\"\n", folder.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    symlink("/usr/bin/cargo", partial.join("bin/cargo"))?;
    let host = partial.join("lib/rustlib").join(HOST);
    fs::create_dir_all(host.join("bin"))?;
    symlink(sysroot_of(COMPILER)?.join("lib/rustlib").join(HOST).join("lib"), host.join("lib"))?;
    symlink(linker()?, host.join("bin/rust-lld"))?;
    Ok(())
}

/// Finds a linker for wasm: Debian's compiler has none; rustup's toolchain and LLVM have one.
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
