//! Test suites in `tests/` that one interpreter or script runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::check::environment::Browser;
use crate::check::{Environment, cargo, quiet};
use crate::process::{report_counts, step};
use crate::setup;

/// Options of pip for a file that lists every package.
pub(super) const ALL_PINNED: [&str; 1] = ["--no-deps"];

/// A command with the Python that has the wheel, and the variables that the test suites share.
pub(super) fn python(environment: &Environment) -> Result<Command> {
    python_in(environment, environment.python()?)
}

/// The same with the Python of a `bin` folder.
fn python_in(environment: &Environment, bin: &Path) -> Result<Command> {
    let root = environment.root();
    // The tests start it.
    environment.test_server()?;
    let mut python = Command::new(bin.join("python"));
    python.current_dir(root).env("TRILOGUE_ROOT", root).env("PYTHONPATH", root.join("tests/scripted"));
    Ok(python)
}

/// A command that runs the tests of a folder or a file.
pub(super) fn pytest(environment: &Environment, path: &str) -> Result<Command> {
    pytest_in(environment, environment.python()?, &[path])
}

/// A command that runs tests with the Python of a `bin` folder. `arguments` are those of pytest.
pub(super) fn pytest_in(environment: &Environment, bin: &Path, arguments: &[&str]) -> Result<Command> {
    let mut pytest = python_in(environment, bin)?;
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).args(arguments);
    Ok(pytest)
}

/// `bin` folder of a virtual environment with the wheel and the packages that a file in `tests/` pins. `options` are those of pip.
pub(super) fn pinned_venv(environment: &Environment, name: &str, pins: &str, options: &[&str]) -> Result<PathBuf> {
    let root = environment.root();
    let pins = root.join("tests").join(pins);
    let title = format!("installing the packages of {name}");
    let fill = |pip: &mut Command| quiet(&title, pip.args(options).arg("--requirement").arg(&pins));
    let bin = setup::venv(&root.join("target/xtask").join(name), &fs::read_to_string(&pins)?, fill)?;
    setup::install_wheel(&bin, &environment.python_packages()?.wheel)?;
    Ok(bin)
}

/// A command that runs a JavaScript suite in Node and in Chromium; the suite writes its scripts into `folder`.
fn javascript(environment: &Environment, path: &str, folder: &Path, with_browser: bool) -> Result<Command> {
    let mut node = Command::new("node");
    node.arg(environment.root().join(path)).arg(environment.test_server()?).arg(folder);
    if with_browser {
        let Browser { chromium, playwright } = environment.browser()?;
        node.args([chromium, playwright]);
    }
    node.current_dir(environment.node_project()?);
    Ok(node)
}

/// Processes: exit codes, Ctrl-C, servers that die.
pub(in crate::check) fn lifecycle(environment: &Environment) -> Result<()> {
    let Browser { chromium, playwright } = environment.browser()?;
    let mut pytest = pytest(environment, "tests/lifecycle")?;
    pytest
        .env("TRILOGUE_XTASK", std::env::current_exe()?)
        .env("TRILOGUE_PYTHON", environment.python()?.join("python"))
        .env("TRILOGUE_DEMO_PYTHON", environment.demo_python()?.join("python"))
        .env("TRILOGUE_NODE_PROJECT", environment.node_project()?)
        .env("TRILOGUE_CHROMIUM", chromium)
        .env("TRILOGUE_PLAYWRIGHT", playwright);
    quiet("lifecycle tests", &mut pytest)
}

/// The catalogue, costs and budgets, in Python, Node and Chromium.
pub(in crate::check) fn cost(environment: &Environment) -> Result<()> {
    quiet("costs in Python", &mut pytest(environment, "tests/cost")?)?;
    let folder = environment.node_project()?.join("cost");
    let mut node = javascript(environment, "tests/cost/run.mjs", &folder, true)?;
    report_counts(&step("costs in JavaScript", &mut node)?);
    Ok(())
}

/// Requests that are rejected before they are sent, in Python, Node over both modules and Chromium.
pub(in crate::check) fn input(environment: &Environment) -> Result<()> {
    quiet("input in Python", &mut pytest(environment, "tests/input")?)?;
    let folder = environment.node_project()?.join("input");
    for binding in ["native", "wasm"] {
        let mut node = javascript(environment, "tests/input/run.mjs", &folder, binding == "wasm")?;
        let title = format!("input in JavaScript ({binding})");
        report_counts(&step(&title, node.env("TRILOGUE_BINDING", binding))?);
    }
    Ok(())
}

/// Snippets in every language, run against the test server.
pub(in crate::check) fn snippets(environment: &Environment) -> Result<()> {
    let Browser { chromium, playwright } = environment.browser()?;
    let mut pytest = pytest(environment, "tests/snippets")?;
    pytest
        .env("TRILOGUE_NODE_PROJECT", environment.node_project()?)
        .env("TRILOGUE_PHP", setup::php()?)
        .env("TRILOGUE_CHROMIUM", chromium)
        .env("TRILOGUE_PLAYWRIGHT", playwright);
    quiet("snippets in every language", &mut pytest)
}

/// Conversations, presets and ranges of parameters, in Python, Node and Chromium; each language reads what another one has saved.
pub(in crate::check) fn conversation(environment: &Environment) -> Result<()> {
    let exchange = environment.root().join("target/xtask/conversation");
    drop(fs::remove_dir_all(&exchange));
    let mut pytest = pytest(environment, "tests/conversation")?;
    quiet("conversations in Python", pytest.env("TRILOGUE_EXCHANGE", &exchange))?;
    let Browser { chromium, playwright } = environment.browser()?;
    let folder = environment.node_project()?.join("conversation");
    let mut node = javascript(environment, "tests/conversation/run.mjs", &folder, false)?;
    node.args([&exchange, chromium, playwright]);
    report_counts(&step("conversations in JavaScript", &mut node)?);
    let mut read = python(environment)?;
    read.args(["tests/conversation/exchange.py", "3"]).env("TRILOGUE_EXCHANGE", &exchange);
    quiet("conversations from JavaScript in Python", &mut read)
}

/// The packages of OpenTelemetry that programs in Node use.
const OPENTELEMETRY: [&str; 3] =
    ["@opentelemetry/api@1.9.0", "@opentelemetry/sdk-metrics@2.12.1", "@opentelemetry/sdk-trace-node@2.12.1"];

/// The record of each call, and the logs, spans, metrics and channels of every language that are made from it.
pub(in crate::check) fn records(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let project = root.join("target/xtask/records");
    setup::node_project(&project, "installing OpenTelemetry", &OPENTELEMETRY, environment.npm_packages()?)?;
    for program in ["program.mjs", "spans.mjs"] {
        fs::copy(root.join("tests/records").join(program), project.join(program))?;
    }
    // By itself, so that the feature `tracing` is not enabled for other programs.
    quiet(
        "building the Rust program of records",
        cargo(root).args(["build", "--locked", "--package", "trilogue-test-records"]),
    )?;
    let mut pytest = pytest(environment, "tests/records")?;
    pytest.env("TRILOGUE_NODE_PROJECT", &project).env("TRILOGUE_PYTHON", environment.python()?.join("python"));
    quiet("records of calls", &mut pytest)
}

/// Batches from file to file: kills, torn lines, full disks, limits and budgets.
pub(in crate::check) fn batch(environment: &Environment) -> Result<()> {
    quiet("batches", &mut pytest(environment, "tests/batch")?)
}

/// The same kills, twenty times.
pub(in crate::check) fn many_kills(environment: &Environment) -> Result<()> {
    let mut pytest = pytest_in(environment, environment.python()?, &["tests/batch/test_crashes.py", "-k", "kills"])?;
    quiet("twenty kills of a batch", pytest.env("TRILOGUE_BATCH_KILLS", "20"))
}

/// Batches of data frames, with the libraries at pinned versions.
pub(in crate::check) fn batch_frames(environment: &Environment) -> Result<()> {
    let bin = pinned_venv(environment, "batch-frames", "batch/requirements-frames.txt", &ALL_PINNED)?;
    let mut pytest = pytest_in(environment, &bin, &["tests/batch/test_frames.py"])?;
    quiet("data frames of batches", pytest.env("TRILOGUE_BATCH_FRAMES", "1"))
}

/// The terminal client in pipes and in pseudo-terminals, against a scripted model.
pub(in crate::check) fn terminal(environment: &Environment) -> Result<()> {
    quiet("the terminal client", &mut pytest(environment, "tests/terminal")?)
}

/// The command that configures Claude Code for an endpoint.
pub(in crate::check) fn claude_code(environment: &Environment) -> Result<()> {
    quiet("Claude Code", &mut pytest(environment, "tests/claude_code/test_command.py")?)
}

/// The same with the real Claude Code.
pub(in crate::check) fn real_claude(environment: &Environment) -> Result<()> {
    let claude: PathBuf = setup::claude_code(environment.root())?;
    let mut pytest = pytest(environment, "tests/claude_code/test_real.py")?;
    pytest.env("TRILOGUE_CLAUDE", claude).env("TRILOGUE_DEMO_PYTHON", environment.demo_python()?.join("python"));
    quiet("the real Claude Code", &mut pytest)
}
