//! `cargo xtask demo`: one prompt, streamed through every runtime.
//!
//! Invariant: runs the examples with the packages in `dist`, as a user would, and prints their output as it arrives. Each example
//! measures itself.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::build::{self, playground};
use crate::process::{Running, report, step};
use crate::setup;

/// Options of the demo.
#[derive(Args)]
pub(crate) struct Options {
    /// Use the hosted endpoint; needs `MODELSLAB_API_KEY`.
    #[arg(long)]
    live: bool,
    /// Run only these runtimes.
    #[arg(long, value_enum)]
    only: Vec<Runtime>,
    /// Use the packages and environments of the last run.
    #[arg(long)]
    no_build: bool,
    /// Serve the playground, a page that uses the model, until Ctrl-C.
    #[arg(long, conflicts_with_all = ["live", "only"])]
    playground: bool,
    /// The prompt.
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
        (setup::demo_python(root, &packages.python.wheel)?, node_project(root, &packages.npm)?)
    };
    let model = if options.live { None } else { Some(Model::start(&python)?) };
    let timings = root.join("target/xtask/report.jsonl");
    drop(std::fs::remove_file(&timings));
    for runtime in Runtime::value_variants() {
        let is_selected = options.only.is_empty()
            || options.only.contains(runtime)
            || options.only.contains(&Runtime::Python) && *runtime == Runtime::PythonAsync;
        if !is_selected {
            continue;
        }
        if *runtime == Runtime::Rust {
            build_rust_examples(root)?;
        }
        let mut command = example(root, *runtime, &options.prompt, &python, &node)?;
        command.env("TRILOGUE_REPORT", &timings);
        if let Some(model) = &model {
            command.env("MODELSLAB_BASE_URL", &model.base_url).env_remove("MODELSLAB_API_KEY");
        }
        println!("\n── {} ──", runtime.title());
        show(&mut command).with_context(|| format!("{} failed", runtime.title()))?;
    }
    drop(model);
    table(&std::fs::read_to_string(&timings).unwrap_or_default())
}

/// Serves the playground with the embedded model.
fn serve_playground(root: &Path, is_built: bool) -> Result<()> {
    let (python, tarballs) = if is_built {
        (root.join("target/xtask/demo/bin"), build::files_with_extension(&root.join("dist"), "tgz")?)
    } else {
        let packages = build::package(root)?;
        (setup::demo_python(root, &packages.python.wheel)?, packages.npm.to_vec())
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
    /// Starts the server with the interpreter in a `bin` folder.
    pub(crate) fn start(python: &Path) -> Result<Self> {
        let mut command = Command::new(python.join("python"));
        // The server ends when its standard input closes, also if this process is killed.
        command.args(["-m", "trilogue", "local", "--with-parent"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = Running::start(&mut command)?;
        let base_url = server.lines()?.next().context("the local model didn't start")??;
        report(&format!("a real model, on this machine: {base_url} (SmolLM2, 135M parameters: for demonstration)"));
        Ok(Self { base_url, _server: server })
    }
}

/// Creates a project with the tarballs and the examples; returns its folder.
pub(crate) fn node_project(root: &Path, tarballs: &[PathBuf]) -> Result<PathBuf> {
    let folder = root.join("target/xtask/node");
    setup::node_project(&folder, "installing the tarballs", &[], tarballs)?;
    for example in ["chat.mjs", "messages.mjs"] {
        std::fs::copy(root.join("examples/node").join(example), folder.join(example))?;
    }
    Ok(folder)
}

/// Builds the Rust examples.
fn build_rust_examples(root: &Path) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "trilogue-example"]).current_dir(root);
    step("building the Rust examples", &mut cargo).map(drop)
}

/// An example program, ready to run.
pub(crate) struct Example {
    pub(crate) title: &'static str,
    pub(crate) command: Command,
}

/// Returns every chat example, with a prompt. The Rust examples must have been built.
pub(crate) fn examples(root: &Path, prompt: &str, python: &Path, node: &Path) -> Result<Vec<Example>> {
    let make = |runtime: &Runtime| {
        Ok(Example { title: runtime.title(), command: example(root, *runtime, prompt, python, node)? })
    };
    Runtime::value_variants().iter().map(make).collect()
}

/// Returns the examples of messages, with a prompt; they measure nothing. The Rust examples must have been built.
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

/// Returns the examples of structured answers, with the dish whose recipe they request.
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
        Runtime::Rust => Command::new(root.join("target/debug/trilogue-example")),
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

/// Prints a program's output as it arrives.
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

fn table(timings: &str) -> Result<()> {
    println!("\n{:<14} {:>14} {:>8} {:>10}   usage", "runtime", "first token", "tokens", "tokens/s");
    for line in timings.lines() {
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
