//! `cargo xtask test`: everything that must hold.
//!
//! Law: every check runs, also after one has failed; a check that can't run has failed. The last lines tell what failed and how many
//! passed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::build::Packages;
use crate::process::{Running, step, step_fn};
use crate::{
    build, codegen, demo, fuzz, guards, licences, migration, npm, playground, setup, structured, toolchain, wheel,
};

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
    checks.check("licences", licences::check);
    checks.check("fuzzing", fuzz::run);
    let environment = Environment::prepare(root)?;
    checks.check("guards of wasm", guards::wasm);
    checks
        .check("guards of binaries", |_| guards::glibc(&environment.packages, &environment.python, &environment.node));
    checks.check("python lints", |root| python_lints(root, &environment));
    checks.check("typescript lints", typescript_lints);
    checks.check("vectors", |root| vectors(root, &environment));
    checks.check("packaging", |root| packaging(root, &environment));
    checks.check("surface", |root| {
        let Environment { node, chromium, playwright, .. } = &environment;
        npm::surface(root, node, chromium, playwright)
    });
    checks.check("lifecycle", |root| lifecycle(root, &environment));
    checks.check("structured", |root| structured(root, &environment));
    checks.check("cost", |root| cost(root, &environment));
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

/// What is installed for the tests.
struct Environment {
    packages: Packages,
    /// `bin` folder of a virtual environment with the wheel and pytest.
    python: PathBuf,
    /// Folder in which the tarballs are installed.
    node: PathBuf,
    /// The same with schema libraries, and the examples that need them.
    structured: PathBuf,
    chromium: PathBuf,
    playwright: PathBuf,
}

impl Environment {
    fn prepare(root: &Path) -> Result<Self> {
        toolchain::cargo()?;
        let chromium = setup::chromium()?;
        let packages = build::package(root)?;
        let tools = [
            "anyio==4.16.0",
            "h2==4.4.1",
            "msgspec==0.22.0",
            "mypy==2.4.1",
            "opentelemetry-sdk==1.45.2",
            "prompt_toolkit==3.0.53",
            "pydantic==2.14.3",
            "pyte==0.8.2",
            "pytest==9.2.0",
            "rich==15.0.0",
            "trustme==1.2.1",
            "typing-extensions==4.16.0",
            "uvloop==0.23.0",
        ];
        let fill = |pip: &mut Command| quiet("installing test tools", pip.args(tools));
        let python = setup::venv(&root.join("target/xtask/tests"), &tools.join("\n"), fill)?;
        setup::install_wheel(&python, &packages.wheel)?;
        let node = demo::node_project(root, &packages.tarballs)?;
        let structured = structured::project(root, &packages.tarballs)?;
        quiet(
            "building the test programs",
            cargo(root).args([
                "build",
                "--locked",
                "-p",
                "trilogue-test-server",
                "-p",
                "trilogue-conformance",
                "-p",
                "trilogue-example",
            ]),
        )?;
        Ok(Self { packages, python, node, structured, chromium, playwright: setup::npm(root)?.join("playwright-core") })
    }
}

fn python_lints(root: &Path, environment: &Environment) -> Result<()> {
    let tools = setup::python(root)?;
    let config = root.join("bindings-python/pyproject.toml");
    let folders = ["bench", "bindings-python/python", "examples/python", "tests"];
    let ruff = || {
        let mut ruff = Command::new(tools.join("ruff"));
        ruff.current_dir(root);
        ruff
    };
    quiet("ruff check", ruff().arg("check").arg("--config").arg(&config).args(folders))?;
    quiet("ruff format", ruff().args(["format", "--check"]).arg("--config").arg(&config).args(folders))?;
    let checked = ["bindings-python/python/trilogue", "examples/python", "tests/typing"];
    let mut mypy = Command::new(tools.join("mypy"));
    mypy.current_dir(root).env("MYPYPATH", "bindings-python/python:examples/python");
    quiet(
        "mypy --strict",
        mypy.arg("--config-file")
            .arg(&config)
            .args(["--explicit-package-bases", "--cache-dir", "target/xtask/mypy"])
            .arg("--python-executable")
            .arg(environment.python.join("python"))
            .args(checked),
    )?;
    let pyright = setup::npm(root)?.join("pyright/index.js");
    let mut check = Command::new("node");
    check
        .arg(pyright)
        .arg("--project")
        .arg(root.join("tests/packaging/pyrightconfig.json"))
        .arg("--pythonpath")
        .arg(environment.python.join("python"));
    quiet("pyright", check.current_dir(root))?;
    // In a folder without the sources: what is installed is checked.
    let mut stubtest = Command::new(environment.python.join("python"));
    stubtest.args(["-m", "mypy.stubtest", "trilogue", "--concise", "--allowlist"]);
    quiet(
        "stubs against the modules",
        stubtest.arg(root.join("tests/typing/allowlist.txt")).current_dir(root.join("target/xtask")),
    )
}

fn typescript_lints(root: &Path) -> Result<()> {
    let modules = setup::npm(root)?;
    let folder = root.join("typescript");
    let node = |script: &str| {
        let mut node = Command::new("node");
        node.arg(modules.join(script)).current_dir(&folder);
        node
    };
    quiet("tsc", node("typescript/bin/tsc").arg("--noEmit"))?;
    quiet("biome", node("@biomejs/biome/bin/biome").args(["ci", "--error-on-warnings", "--colors=off"]))
}

/// The server that replays the vectors, as long as it is kept.
fn vector_server(root: &Path) -> Result<(Running, String)> {
    let mut command = Command::new(root.join("target/debug/trilogue-test-server"));
    let mut server =
        Running::start(command.arg(root.join("tests/vectors")).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let url = server.lines()?.next().context("the test server didn't start")??;
    Ok((server, url))
}

/// Replays the vectors in every runtime, and compares how many each replayed.
fn vectors(root: &Path, environment: &Environment) -> Result<()> {
    let (_server, url) = vector_server(root)?;
    let runners = root.join("tests/runners");
    let mut rust = Command::new(root.join("target/debug/trilogue-conformance"));
    rust.arg(root.join("tests/vectors"));
    let mut python = Command::new(environment.python.join("python"));
    python.arg(runners.join("vectors.py")).arg(&url);
    let mut node = Command::new("node");
    node.arg(runners.join("node.mjs")).arg(&url).current_dir(&environment.node);
    let mut browser = Command::new("node");
    browser
        .arg(runners.join("browser.mjs"))
        .arg(&url)
        .arg(&environment.node)
        .arg(&environment.chromium)
        .arg(&environment.playwright);
    let mut counts = Vec::new();
    let mut failures = Vec::new();
    for (title, command) in
        [("Rust", &mut rust), ("Python", &mut python), ("Node", &mut node), ("Chromium", &mut browser)]
    {
        match step(&format!("vectors in {title}"), command) {
            Ok(output) => {
                for line in output.lines().filter(|line| line.contains(" passed, ")) {
                    println!("{line}");
                    let count = line.split(": ").nth(1).and_then(|rest| rest.split(' ').next()).context("no count")?;
                    counts.push(count.parse::<usize>()?);
                }
            }
            Err(why) => failures.push(why.to_string()),
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    // Python replays them with both clients, Chromium in a page and in a worker.
    let files = count_files(&root.join("tests/vectors"))?;
    let expected = files * 3;
    ensure!(
        counts.len() == 6 && counts.iter().all(|count| *count == expected),
        "each runtime must replay {files} vectors at 3 splits: {counts:?}"
    );
    Ok(())
}

fn count_files(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        count += if path.is_dir() { count_files(&path)? } else { 1 };
    }
    Ok(count)
}

/// Installs the packages as a stranger would, into empty places.
fn packaging(root: &Path, environment: &Environment) -> Result<()> {
    let work = root.join("target/xtask/packaging");
    drop(std::fs::remove_dir_all(&work));
    std::fs::create_dir_all(&work)?;
    let (_server, url) = vector_server(root)?;
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
