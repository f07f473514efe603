//! Tests of the playground: types, style, size and behaviour.

use std::process::Command;

use anyhow::Result;

use crate::build::playground;
use crate::check::environment::Browser;
use crate::check::{Environment, quiet};
use crate::demo::Model;
use crate::process::{report_counts, step, step_fn};
use crate::setup;

pub(in crate::check) fn check(environment: &Environment) -> Result<()> {
    let root = environment.root();
    let modules = setup::npm(root)?;
    let Browser { chromium, playwright } = environment.browser()?;
    let built = playground::build(root, environment.npm_packages()?)?;
    let folder = root.join("target/xtask/playground");
    let mut tsc = Command::new("node");
    tsc.arg(modules.join("typescript/bin/tsc")).arg("--noEmit").current_dir(&folder);
    quiet("tsc on the playground", &mut tsc)?;
    let mut biome = Command::new("node");
    biome.arg(modules.join("@biomejs/biome/bin/biome")).args(["ci", "--error-on-warnings", "--colors=off"]);
    quiet("biome on the playground", biome.current_dir(root.join("examples/playground")))?;
    playground::check_size(&built)?;
    let mut run = Command::new("node");
    run.arg(root.join("tests/playground/run.mjs")).arg(&built).arg(environment.test_server()?);
    run.arg(root.join("target/xtask/playground-shots")).args([chromium, playwright]);
    run.arg(folder.join("node_modules/axe-core/axe.min.js"));
    report_counts(&step("the playground in Chromium", &mut run)?);
    // As `cargo xtask demo --playground` serves it.
    let python = environment.demo_python()?;
    let model = step_fn("starting the embedded model", || Model::start(python))?;
    let (_server, url) = playground::start_server(root, &built, &model)?;
    let mut demo = Command::new("node");
    demo.arg(root.join("tests/playground/demo.mjs")).arg(&url).args([chromium, playwright]);
    quiet("the playground with the embedded model", &mut demo)
}
