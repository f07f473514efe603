//! The packages, environments and programs that checks use.
//!
//! Invariant: each of them is prepared once, when the first check needs it; no check runs here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, anyhow};

use super::packages::structured;
use super::{cargo, quiet};
use crate::build::linker::Linker;
use crate::build::vocabulary::{self, VocabularyPackages};
use crate::build::{self, NpmPackages, PythonPackages, toolchain};
use crate::{demo, setup};

/// Packages of the tests' Python environment.
const TEST_PACKAGES: [&str; 20] = [
    "anthropic==2.12.0",
    "anyio==4.16.0",
    "eventlet==0.41.3",
    "gevent==26.9.0",
    "h2==4.4.1",
    "httpx==0.28.1",
    "msgspec==0.22.0",
    "mypy==2.4.1",
    "openai==3.54.0",
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

/// A value that is computed by the first thread that needs it, while others wait.
struct Lazy<T>(OnceLock<Result<T, String>>);

impl<T> Lazy<T> {
    const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn get(&self, prepare: impl FnOnce() -> Result<T>) -> Result<&T> {
        let result = self.0.get_or_init(|| prepare().map_err(|why| format!("{why:#}")));
        result.as_ref().map_err(|why| anyhow!("{why}"))
    }
}

/// A Chromium and the package that drives it.
pub(super) struct Browser {
    pub(super) chromium: PathBuf,
    pub(super) playwright: PathBuf,
}

/// Everything that checks share.
pub(super) struct Environment {
    root: PathBuf,
    linker: Lazy<Linker>,
    python_packages: Lazy<PythonPackages>,
    npm_packages: Lazy<NpmPackages>,
    vocabulary: Lazy<VocabularyPackages>,
    test_tools: Lazy<PathBuf>,
    python: Lazy<PathBuf>,
    demo_python: Lazy<PathBuf>,
    node_project: Lazy<PathBuf>,
    structured_project: Lazy<PathBuf>,
    programs: Lazy<PathBuf>,
    browser: Lazy<Browser>,
}

impl Environment {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            linker: Lazy::new(),
            python_packages: Lazy::new(),
            npm_packages: Lazy::new(),
            vocabulary: Lazy::new(),
            test_tools: Lazy::new(),
            python: Lazy::new(),
            demo_python: Lazy::new(),
            node_project: Lazy::new(),
            structured_project: Lazy::new(),
            programs: Lazy::new(),
            browser: Lazy::new(),
        }
    }

    /// The repository's folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The linker of the packages.
    pub(super) fn linker(&self) -> Result<&Linker> {
        self.linker.get(|| Linker::prepare(&self.root))
    }

    /// The wheel and the source distribution, built.
    pub(super) fn python_packages(&self) -> Result<&PythonPackages> {
        self.python_packages.get(|| build::python(&self.root, self.linker()?))
    }

    /// The npm tarballs, built.
    pub(super) fn npm_packages(&self) -> Result<&NpmPackages> {
        self.npm_packages.get(|| {
            toolchain::cargo()?;
            build::npm_with(&self.root, self.linker()?)
        })
    }

    /// The packages with the data of the tokenizer, built.
    pub(super) fn vocabulary(&self) -> Result<&VocabularyPackages> {
        self.vocabulary.get(|| vocabulary::build(&self.root))
    }

    /// `bin` folder of a virtual environment with the packages of the tests, with or without the wheel.
    pub(super) fn test_tools(&self) -> Result<&Path> {
        let folder = self.test_tools.get(|| {
            let fill = |pip: &mut Command| quiet("installing test tools", pip.args(TEST_PACKAGES));
            setup::venv(&self.root.join("target/xtask/tests"), &TEST_PACKAGES.join("\n"), fill)
        })?;
        Ok(folder)
    }

    /// `bin` folder of the same environment, with the wheel.
    pub(super) fn python(&self) -> Result<&Path> {
        let folder = self.python.get(|| {
            let bin = self.test_tools()?.to_owned();
            setup::install_wheel(&bin, &self.python_packages()?.wheel)?;
            Ok(bin)
        })?;
        Ok(folder)
    }

    /// `bin` folder of a virtual environment with the wheel and the embedded model.
    pub(super) fn demo_python(&self) -> Result<&Path> {
        let folder = self.demo_python.get(|| setup::demo_python(&self.root, &self.python_packages()?.wheel))?;
        Ok(folder)
    }

    /// Folder of a Node project with the tarballs installed.
    pub(super) fn node_project(&self) -> Result<&Path> {
        let folder = self.node_project.get(|| demo::node_project(&self.root, self.npm_packages()?))?;
        Ok(folder)
    }

    /// Folder of a Node project with the tarballs, schema libraries and the examples that need them.
    pub(super) fn structured_project(&self) -> Result<&Path> {
        let folder = self.structured_project.get(|| structured::project(&self.root, self.npm_packages()?))?;
        Ok(folder)
    }

    /// Folder of the test programs: the test server, the vectors' runner in Rust and the Rust examples.
    pub(super) fn programs(&self) -> Result<&Path> {
        let folder = self.programs.get(|| {
            // The default members are also what `cargo test` compiles, so their dependencies are built once.
            quiet("building the test programs", cargo(&self.root).args(["build", "--locked", "--bins"]))?;
            Ok(self.root.join("target/debug"))
        })?;
        Ok(folder)
    }

    /// The program that replays the vectors and plays the servers of other tests.
    pub(super) fn test_server(&self) -> Result<PathBuf> {
        Ok(self.programs()?.join("trilogue-test-server"))
    }

    /// Chromium and playwright-core.
    pub(super) fn browser(&self) -> Result<&Browser> {
        self.browser.get(|| {
            Ok(Browser { chromium: setup::chromium()?, playwright: setup::npm(&self.root)?.join("playwright-core") })
        })
    }
}
