//! `cargo xtask test`: everything that must hold.
//!
//! Law: every check runs, also after one has failed; a check that can't run has failed. The last lines tell what failed and how many
//! passed.

mod environment;
mod linear;
mod lints;
mod vectors;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};
use clap::Args;

use self::environment::Environment;
use crate::process::{step, step_fn};
use crate::{codegen, demo, fuzz, guards, layers, licences, migration, npm, playground, setup, structured, wheel};

/// Options of the test command.
#[derive(Args)]
pub(crate) struct Options {
    /// Only the checks whose name contains this, or one of these with commas between.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<String>,
    /// The slow checks too: those that load large programs.
    #[arg(long)]
    slow: bool,
}

/// What the checks share.
struct Checks<'a> {
    root: &'a Path,
    only: &'a [String],
    slow: bool,
    passed: usize,
    failed: Vec<String>,
}

impl Checks<'_> {
    /// A check that runs where it is named, or where the slow ones are asked for.
    fn slow(&mut self, name: &str, work: impl FnOnce(&Path) -> Result<()>) {
        if self.slow || !self.only.is_empty() {
            self.check(name, work);
        } else {
            println!("left out: {name}, which `--slow` runs");
        }
    }

    fn check(&mut self, name: &str, work: impl FnOnce(&Path) -> Result<()>) {
        if !self.only.is_empty() && !self.only.iter().any(|part| name.contains(part)) {
            return;
        }
        match work(self.root) {
            Ok(()) => self.passed += 1,
            Err(why) => {
                eprintln!("  ✗ {name}: {why:#}");
                self.failed.push(name.to_owned());
            }
        }
    }
}

/// Runs every check.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let mut checks = Checks { root, only: &options.only, slow: options.slow, passed: 0, failed: Vec::new() };
    checks.check("rust format", |root| quiet("rustfmt", cargo(root).args(["fmt", "--all", "--check"])));
    checks.check("generated types", |root| codegen::run(root, true));
    checks.check("rust lints", |root| {
        quiet(
            "clippy",
            cargo(root).args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        )
    });
    checks.check("rust tests", |root| {
        quiet("cargo test", cargo(root).args(["test", "--locked"]))?;
        // Alone: together with others the core would have serde_json's values.
        quiet("values", cargo(root).args(["test", "--locked", "--package", "trilogue-test-values"]))
    });
    checks.check("guards of core", guards::core);
    checks.check("layers of core", layers::check);
    checks.check("licences", licences::check);
    checks.check("linear time", linear::check);
    checks.check("fuzzing", fuzz::run);
    let environment = Environment::prepare(root)?;
    checks.check("guards of wasm", guards::wasm);
    checks
        .check("guards of binaries", |_| guards::glibc(&environment.packages, &environment.python, &environment.node));
    checks.check("guards of paths", |root| guards::paths(root, &environment.python, &environment.node));
    checks.check("python lints", |root| lints::python(root, &environment));
    checks.check("typescript lints", lints::typescript);
    checks.check("vectors", |root| vectors::replay(root, &environment));
    checks.check("packaging", |root| packaging(root, &environment));
    checks.check("surface", |root| {
        let Environment { node, chromium, playwright, .. } = &environment;
        npm::surface(root, node, chromium, playwright)
    });
    checks.check("lifecycle", |root| lifecycle(root, &environment));
    checks.check("structured", |root| structured(root, &environment));
    checks.check("cost", |root| cost(root, &environment));
    checks.check("input", |root| input(root, &environment));
    checks.check("snippets", |root| snippets(root, &environment));
    checks.check("conversation", |root| conversation(root, &environment));
    checks.check("migration", |root| migration::run(root, &environment.packages.wheel));
    checks.check("schemas", |root| {
        let Environment { python, structured, chromium, playwright, .. } = &environment;
        structured::schemas(root, structured, python, chromium, playwright)
    });
    checks.check("terminal", |root| terminal(root, &environment));
    checks.check("playground", |root| {
        let Environment { packages, chromium, playwright, .. } = &environment;
        playground::test(root, packages, chromium, playwright)
    });
    checks.check("claude-code", |root| claude_code(root, &environment, "test_command.py", &[]));
    checks.check("examples", |root| examples(root, &environment));
    checks.slow("real claude", |root| {
        let claude = setup::claude_code(root)?;
        let model = setup::demo_python(root, &environment.packages.wheel)?.join("python");
        let variables = [("TRILOGUE_CLAUDE", claude), ("TRILOGUE_DEMO_PYTHON", model)];
        claude_code(root, &environment, "test_real.py", &variables)
    });
    for name in &checks.failed {
        println!("failed: {name}");
    }
    println!("{} passed, {} failed", checks.passed, checks.failed.len());
    if !checks.failed.is_empty() {
        bail!("{} of {} checks failed", checks.failed.len(), checks.passed + checks.failed.len());
    }
    Ok(())
}

fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root);
    cargo
}

fn quiet(title: &str, command: &mut Command) -> Result<()> {
    step(title, command).map(drop)
}

/// Installs the packages as a stranger would, into empty places.
fn packaging(root: &Path, environment: &Environment) -> Result<()> {
    let work = root.join("target/xtask/packaging");
    drop(std::fs::remove_dir_all(&work));
    std::fs::create_dir_all(&work)?;
    let (_server, url) = vectors::server(root)?;
    let base_url = format!("{url}/v/stream.plain/whole/packaging");

    let venv = work.join("venv");
    quiet("a clean virtual environment", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    quiet(
        "installing the wheel there",
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "--no-index"]).arg(&environment.packages.wheel),
    )?;
    let sample = root.join("tests/packaging/python/sample.py");
    let script = |python: &Path| {
        let mut command = Command::new(python);
        quiet("a Python script", command.arg(&sample).current_dir(&work).env("MODELSLAB_BASE_URL", &base_url))
    };
    script(&python)?;
    // Nothing but the wheel is there: plain output.
    quiet(
        "the terminal client there",
        Command::new(venv.join("bin/trilogue")).args(["ask", "Hi"]).env("MODELSLAB_BASE_URL", &base_url),
    )?;
    wheel::check(root, &environment.packages, &python, &work, script)?;

    let Environment { packages, chromium, playwright, .. } = environment;
    npm::check(root, &packages.tarballs, &work.join("npm"), &url, chromium, playwright)
}

/// The Python that has the wheel, with what tests share.
fn python(root: &Path, environment: &Environment) -> Command {
    let mut python = Command::new(environment.python.join("python"));
    python.current_dir(root).env("TRILOGUE_ROOT", root).env("PYTHONPATH", root.join("tests/scripted"));
    python
}

/// The tests of a folder or a file.
fn pytest(root: &Path, environment: &Environment, path: &str) -> Command {
    let mut pytest = python(root, environment);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", path]);
    pytest
}

/// Processes: exit codes, Ctrl-C, servers that die.
fn lifecycle(root: &Path, environment: &Environment) -> Result<()> {
    let demo = setup::demo_python(root, &environment.packages.wheel)?;
    let mut pytest = pytest(root, environment, "tests/lifecycle");
    pytest
        .env("TRILOGUE_XTASK", std::env::current_exe()?)
        .env("TRILOGUE_PYTHON", environment.python.join("python"))
        .env("TRILOGUE_DEMO_PYTHON", demo.join("python"))
        .env("TRILOGUE_NODE_PROJECT", &environment.node)
        .env("TRILOGUE_CHROMIUM", &environment.chromium)
        .env("TRILOGUE_PLAYWRIGHT", &environment.playwright);
    quiet("lifecycle tests", &mut pytest)
}

/// Structured answers and tools in Python, against a model that is a script.
fn structured(root: &Path, environment: &Environment) -> Result<()> {
    quiet("structured answers and tools in Python", &mut pytest(root, environment, "tests/structured"))?;
    structured::javascript(root, &environment.structured, &environment.chromium, &environment.playwright)
}

/// The catalogue, costs and budgets, in Python, Node and Chromium.
fn cost(root: &Path, environment: &Environment) -> Result<()> {
    quiet("costs in Python", &mut pytest(root, environment, "tests/cost"))?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/cost/run.mjs"))
        .arg(root.join("target/debug/trilogue-test-server"))
        .arg(environment.node.join("cost"))
        .arg(&environment.chromium)
        .arg(&environment.playwright);
    let output = step("costs in JavaScript", run.current_dir(&environment.node))?;
    output.lines().filter(|line| line.contains(" passed, ")).for_each(|line| println!("{line}"));
    Ok(())
}

/// What is refused before it is sent, in Python, Node over both modules and Chromium.
fn input(root: &Path, environment: &Environment) -> Result<()> {
    quiet("input in Python", &mut pytest(root, environment, "tests/input"))?;
    let folder = environment.node.join("input");
    for binding in ["native", "wasm"] {
        let mut run = Command::new("node");
        run.arg(root.join("tests/input/run.mjs")).arg(root.join("target/debug/trilogue-test-server")).arg(&folder);
        if binding == "wasm" {
            run.arg(&environment.chromium).arg(&environment.playwright);
        }
        let output = step(
            &format!("input in JavaScript ({binding})"),
            run.current_dir(&environment.node).env("TRILOGUE_BINDING", binding),
        )?;
        output.lines().filter(|line| line.contains(" passed, ")).for_each(|line| println!("{line}"));
    }
    Ok(())
}

/// Snippets in every language, run against the test server.
fn snippets(root: &Path, environment: &Environment) -> Result<()> {
    let php = setup::php()?;
    let mut pytest = pytest(root, environment, "tests/snippets");
    pytest
        .env("TRILOGUE_NODE_PROJECT", &environment.node)
        .env("TRILOGUE_PHP", php)
        .env("TRILOGUE_CHROMIUM", &environment.chromium)
        .env("TRILOGUE_PLAYWRIGHT", &environment.playwright);
    quiet("snippets in every language", &mut pytest)
}

/// Conversations, presets and ranges of parameters, in Python, Node and Chromium; each reads what another saved.
fn conversation(root: &Path, environment: &Environment) -> Result<()> {
    let exchange = root.join("target/xtask/conversation");
    drop(std::fs::remove_dir_all(&exchange));
    let mut pytest = pytest(root, environment, "tests/conversation");
    quiet("conversations in Python", pytest.env("TRILOGUE_EXCHANGE", &exchange))?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/conversation/run.mjs"))
        .arg(root.join("target/debug/trilogue-test-server"))
        .arg(environment.node.join("conversation"))
        .args([&exchange, &environment.chromium, &environment.playwright]);
    let output = step("conversations in JavaScript", run.current_dir(&environment.node))?;
    output.lines().filter(|line| line.contains(" passed, ")).for_each(|line| println!("{line}"));
    let mut read = python(root, environment);
    read.args(["tests/conversation/exchange.py", "3"]).env("TRILOGUE_EXCHANGE", &exchange);
    quiet("conversations of JavaScript's in Python", &mut read)
}

/// The terminal client in pipes and in pseudo-terminals, against a model that is a script.
fn terminal(root: &Path, environment: &Environment) -> Result<()> {
    quiet("the terminal client", &mut pytest(root, environment, "tests/terminal"))
}

/// The command that points Claude Code at an endpoint.
fn claude_code(root: &Path, environment: &Environment, file: &str, variables: &[(&str, PathBuf)]) -> Result<()> {
    let mut pytest = pytest(root, environment, &format!("tests/claude_code/{file}"));
    quiet("Claude Code", pytest.envs(variables.iter().map(|(name, value)| (name, value))))
}

/// Runs the examples against the embedded model.
fn examples(root: &Path, environment: &Environment) -> Result<()> {
    let python = setup::demo_python(root, &environment.packages.wheel)?;
    let model = step_fn("starting the embedded model", || demo::Model::start(&python))?;
    let report = root.join("target/xtask/report.jsonl");
    drop(std::fs::remove_file(&report));
    for mut example in demo::examples(root, "Say hello.", &python, &environment.node)? {
        example
            .command
            .env("MODELSLAB_BASE_URL", &model.base_url)
            .env_remove("MODELSLAB_API_KEY")
            .env("TRILOGUE_REPORT", &report);
        let said = step(&format!("the example in {}", example.title), &mut example.command)?;
        ensure!(!said.trim().is_empty(), "the example in {} said nothing", example.title);
    }
    for mut example in demo::message_examples(root, "Say hello.", &python, &environment.node) {
        example.command.env("MODELSLAB_BASE_URL", &model.base_url).env_remove("MODELSLAB_API_KEY");
        let said = step(&format!("the example of {}", example.title), &mut example.command)?;
        let (text, tokens) = said.trim_end().rsplit_once('\n').unwrap_or_default();
        let counted = tokens.ends_with(" out") && !tokens.ends_with(" 0 out");
        ensure!(!text.trim().is_empty() && counted, "the example of {} said: {said}", example.title);
    }
    for mut example in demo::structured_examples(root, "bread", &python, &environment.structured) {
        example.command.env("MODELSLAB_BASE_URL", &model.base_url).env_remove("MODELSLAB_API_KEY");
        let said = step(&format!("the example of {}", example.title), &mut example.command)?;
        ensure!(said.contains(" minutes, "), "the example of {} said: {said}", example.title);
    }
    let lines = std::fs::read_to_string(&report)?.lines().count();
    ensure!(lines == 5, "5 examples should have reported, not {lines}");
    Ok(())
}
