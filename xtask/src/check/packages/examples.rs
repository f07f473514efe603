//! The example programs, run against the embedded model.

use anyhow::{Result, ensure};

use crate::check::Environment;
use crate::demo::{self, Example, Model};
use crate::process::{step, step_fn};

/// Runs every example, and checks what it prints.
pub(in crate::check) fn run(environment: &Environment) -> Result<()> {
    let root = environment.root();
    environment.programs()?;
    let python = environment.demo_python()?;
    let (node, structured) = (environment.node_project()?, environment.structured_project()?);
    let model = step_fn("starting the embedded model", || Model::start(python))?;
    let timings = root.join("target/xtask/examples.jsonl");
    drop(std::fs::remove_file(&timings));
    for mut example in demo::examples(root, "Say hello.", python, node)? {
        example.command.env("TRILOGUE_REPORT", &timings);
        let output = output(&mut example, &model)?;
        ensure!(!output.trim().is_empty(), "the example in {} printed nothing", example.title);
    }
    for mut example in demo::message_examples(root, "Say hello.", python, node) {
        let output = output(&mut example, &model)?;
        let (text, tokens) = output.trim_end().rsplit_once('\n').unwrap_or_default();
        let has_usage = tokens.ends_with(" out") && !tokens.ends_with(" 0 out");
        ensure!(!text.trim().is_empty() && has_usage, "the example of {} printed: {output}", example.title);
    }
    for mut example in demo::structured_examples(root, "bread", python, structured) {
        let output = output(&mut example, &model)?;
        ensure!(output.contains(" minutes, "), "the example of {} printed: {output}", example.title);
    }
    let lines = std::fs::read_to_string(&timings)?.lines().count();
    ensure!(lines == 5, "5 examples should have written their timings, not {lines}");
    Ok(())
}

fn output(example: &mut Example, model: &Model) -> Result<String> {
    example.command.env("MODELSLAB_BASE_URL", &model.base_url).env_remove("MODELSLAB_API_KEY");
    step(&format!("the example {}", example.title), &mut example.command)
}
