//! `cargo xtask demo`: one prompt, streamed through every runtime.
//!
//! Law: runs the examples as a user would, from the packages in `dist`, and prints what they print as it comes. Nothing is measured
//! here: each example measures itself.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::process::{Running, step};
use crate::{build, playground, setup};

/// Options of the demo.
#[derive(Args)]
pub(crate) struct Options {
    /// Talk to the real endpoint; needs `MODELSLAB_API_KEY`.
    #[arg(long)]
    live: bool,
    /// Only these runtimes.
    #[arg(long, value_enum)]
    only: Vec<Runtime>,
    /// Take the packages and environments of the last run as they are.
    #[arg(long)]
    no_build: bool,
    /// Serve the playground instead, a page with the model behind it, until Ctrl-C.
    #[arg(long, conflicts_with_all = ["live", "only"])]
    playground: bool,
    /// What to ask.
    #[arg(long, default_value = "Explain quantum computing in simple terms")]
    prompt: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Runtime {
    Rust,
    Python,
    PythonAsync,
    Node,
    Browser,
}

impl Runtime {
    fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::PythonAsync => "Python async",
            Self::Node => "Node",
            Self::Browser => "Chromium",
        }
    }
}

/// Streams the prompt through the runtimes and prints a table.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let key = std::env::var("MODELSLAB_API_KEY").unwrap_or_default();
    if options.live && key.is_empty() {
        bail!("--live needs a key in MODELSLAB_API_KEY");
    }
    if options.playground {
        return serve_playground(root, options.no_build);
    }
    let (python, node) = if options.no_build {
        (root.join("target/xtask/demo/bin"), root.join("target/xtask/node"))
    } else {
        let packages = build::package(root)?;
        (setup::demo_python(root, &packages.wheel)?, node_project(root, &packages.tarballs)?)
    };
    let model = if options.live { None } else { Some(Model::start(&python)?) };
    let report = root.join("target/xtask/report.jsonl");
    drop(std::fs::remove_file(&report));
    for runtime in Runtime::value_variants() {
        let wanted = options.only.is_empty()
            || options.only.contains(runtime)
            || options.only.contains(&Runtime::Python) && *runtime == Runtime::PythonAsync;
        if !wanted {
            continue;
        }
        let mut command = example(root, *runtime, &options.prompt, &python, &node)?;
        command.env("TRILOGUE_REPORT", &report);
        if let Some(model) = &model {
            command.env("MODELSLAB_BASE_URL", &model.base_url).env_remove("MODELSLAB_API_KEY");
        }
        println!("\n── {} ──", runtime.title());
        show(&mut command).with_context(|| format!("{} failed", runtime.title()))?;
    }
    drop(model);
    table(&std::fs::read_to_string(&report).unwrap_or_default())
}

/// Serves the playground with the embedded model behind it.
fn serve_playground(root: &Path, is_built: bool) -> Result<()> {
    let (python, tarballs) = if is_built {
        (root.join("target/xtask/demo/bin"), build::all(&root.join("dist"), "tgz")?)
    } else {
        let packages = build::package(root)?;
        (setup::demo_python(root, &packages.wheel)?, packages.tarballs.to_vec())
    };
    let model = Model::start(&python)?;
    playground::serve(root, &tarballs, &model)
}

/// The embedded model's server.
pub(crate) struct Model {
    pub(crate) base_url: String,
    _server: Running,
}

impl Model {
    /// Starts it with the Python whose `bin` folder is given.
    pub(crate) fn start(python: &Path) -> Result<Self> {
        let mut command = Command::new(python.join("python"));
        // It ends with its standard input, so also when this process is killed.
        command.args(["-m", "trilogue", "local", "--with-parent"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = Running::start(&mut command)?;
        let base_url = server.lines()?.next().context("the local model didn't start")??;
        println!("a real model, on this machine: {base_url} (SmolLM2, 135M parameters: for demonstration)");
        Ok(Self { base_url, _server: server })
    }
}

/// A project in which the tarballs are installed.
pub(crate) fn node_project(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = root.join("target/xtask/node");
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save"]).args(tarballs).current_dir(&folder);
    step("installing the tarballs", &mut npm)?;
    for example in ["chat.mjs", "messages.mjs"] {
        std::fs::copy(root.join("examples/node").join(example), folder.join(example))?;
    }
    Ok(folder)
}

/// An example, ready to be run.
pub(crate) struct Example {
    pub(crate) title: &'static str,
    pub(crate) command: Command,
}

/// Every example, asking `prompt`.
pub(crate) fn examples(root: &Path, prompt: &str, python: &Path, node: &Path) -> Result<Vec<Example>> {
    let make = |runtime: &Runtime| {
        Ok(Example { title: runtime.title(), command: example(root, *runtime, prompt, python, node)? })
    };
    Runtime::value_variants().iter().map(make).collect()
}

/// The examples of messages, asking `prompt`: they measure nothing. Those of Rust must have been built.
pub(crate) fn message_examples(root: &Path, prompt: &str, python: &Path, node: &Path) -> [Example; 3] {
    let rust = Command::new(root.join("target/debug/trilogue-example-messages"));
    let python = script(python, &root.join("examples/python/messages.py"));
    let mut javascript = Command::new("node");
    javascript.arg(node.join("messages.mjs"));
    [("messages in Rust", rust), ("messages in Python", python), ("messages in Node", javascript)].map(
        |(title, mut command)| {
            command.arg(prompt);
            Example { title, command }
        },
    )
}

/// The examples of structured answers, asking for the recipe of a dish.
pub(crate) fn structured_examples(root: &Path, dish: &str, python: &Path, node: &Path) -> [Example; 2] {
    let python = script(python, &root.join("examples/python/structured.py"));
    let mut javascript = Command::new("node");
    javascript.arg("structured.mjs").current_dir(node);
    [("structured answers in Python", python), ("structured answers in Node", javascript)].map(
        |(title, mut command)| {
            command.arg(dish);
            Example { title, command }
        },
    )
}

fn example(root: &Path, runtime: Runtime, prompt: &str, python: &Path, node: &Path) -> Result<Command> {
    let examples = root.join("examples");
    let mut command = match runtime {
        Runtime::Rust => {
            step(
                "building the Rust example",
                Command::new("cargo").args(["build", "--locked", "--package", "trilogue-example"]).current_dir(root),
            )?;
            Command::new(root.join("target/debug/trilogue-example"))
        }
        Runtime::Python => script(python, &examples.join("python/chat.py")),
        Runtime::PythonAsync => script(python, &examples.join("python/chat_async.py")),
        Runtime::Node => {
            let mut command = Command::new("node");
            command.arg(node.join("chat.mjs"));
            command
        }
        Runtime::Browser => {
            let mut command = Command::new("node");
            command.arg(examples.join("browser/headless.mjs"));
            command
        }
    };
    command.arg(prompt);
    if runtime == Runtime::Browser {
        command.arg(node).arg(setup::chromium()?).arg(setup::npm(root)?.join("playwright-core"));
    }
    Ok(command)
}

fn script(python: &Path, path: &Path) -> Command {
    let mut command = Command::new(python.join("python"));
    command.arg(path);
    command
}

/// Passes on what a program prints, as it prints it.
fn show(command: &mut Command) -> Result<()> {
    let mut running = Running::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut output = running.output()?;
    let mut buffer = [0; 4096];
    loop {
        let read = output.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        let mut terminal = std::io::stdout().lock();
        terminal.write_all(&buffer[..read])?;
        terminal.flush()?;
    }
    let status = running.wait()?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}

fn table(report: &str) -> Result<()> {
    println!("\n{:<14} {:>14} {:>8} {:>10}   usage", "runtime", "first token", "tokens", "tokens/s");
    for line in report.lines() {
        let measured: Value = serde_json::from_str(line)?;
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        let (first, total) = (number(&measured["first"]), number(&measured["total"]));
        let tokens = number(&measured["usage"]["completion_tokens"]);
        let prompt = number(&measured["usage"]["prompt_tokens"]);
        println!(
            "{:<14} {:>11.0} ms {tokens:>8} {:>10.1}   {prompt} in + {tokens} out",
            measured["runtime"].as_str().unwrap_or_default(),
            first * 1000.0,
            tokens / (total - first),
        );
    }
    Ok(())
}
