//! What the tests need: packages that are installed, programs that are built.
//!
//! Law: prepares; tests nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{cargo, quiet};
use crate::build::{self, Packages};
use crate::{demo, setup, structured, toolchain};

/// What is installed for the tests.
pub(super) struct Environment {
    pub(super) packages: Packages,
    /// `bin` folder of a virtual environment with the wheel and pytest.
    pub(super) python: PathBuf,
    /// Folder in which the tarballs are installed.
    pub(super) node: PathBuf,
    /// The same with schema libraries, and the examples that need them.
    pub(super) structured: PathBuf,
    pub(super) chromium: PathBuf,
    pub(super) playwright: PathBuf,
}

impl Environment {
    pub(super) fn prepare(root: &Path) -> Result<Self> {
        toolchain::cargo()?;
        let chromium = setup::chromium()?;
        let packages = build::package(root)?;
        let tools = [
            "anyio==4.16.0",
            "eventlet==0.41.3",
            "gevent==26.9.0",
            "h2==4.4.1",
            "msgspec==0.22.0",
            "mypy==2.4.1",
            "opentelemetry-sdk==1.45.2",
            "prompt_toolkit==3.0.53",
            "pydantic==2.14.3",
            "pyte==0.8.2",
            "pytest==9.2.0",
            "rich==15.0.0",
            "starlette==1.10.0",
            "trustme==1.2.1",
            "typing-extensions==4.16.0",
            "uvicorn==0.54.0",
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
