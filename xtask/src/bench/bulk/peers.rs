//! The measured clients of bulk jobs, and their environments.
//!
//! Invariant: versions are exact, and were the newest when they were written here.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::bench::rig::Rig;
use crate::build;
use crate::process::step;
use crate::setup;

/// A client.
pub(super) struct Peer {
    /// Its name in the table.
    pub(super) title: &'static str,
    /// The module in `bench/bulk/peers/`.
    pub(super) module: &'static str,
    /// Whether it keeps answers for a further run.
    pub(super) resumes: bool,
    /// Whether `--quick` measures it.
    pub(super) quick: bool,
    home: Home,
}

/// The environment of a client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    /// That of the benchmarks of the Python package.
    Shared,
    Ray,
    Flexllm,
    Daft,
    Curator,
}

impl Home {
    fn packages(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Shared => ("bench-python", &[]),
            Self::Ray => ("bench-ray", &["ray[data]==2.60.0", "openai==3.54.0", "aiohttp==3.14.5"]),
            Self::Flexllm => ("bench-flexllm", &["flexllm==0.17.10"]),
            Self::Daft => ("bench-daft", &["daft[openai]==0.7.26"]),
            Self::Curator => ("bench-curator", &["bespokelabs-curator==0.1.31"]),
        }
    }
}

const fn peer(title: &'static str, module: &'static str, home: Home) -> Peer {
    Peer { title, module, resumes: false, quick: false, home }
}

impl Peer {
    const fn resumes(self) -> Self {
        Self { resumes: true, ..self }
    }

    const fn quick(self) -> Self {
        Self { quick: true, ..self }
    }

    /// Installs what the client needs. Returns its Python.
    pub(super) fn install(&self, rig: &Rig) -> Result<PathBuf> {
        let (folder, packages) = self.home.packages();
        let folder = rig.root().join("target/xtask").join(folder);
        if self.home == Home::Shared {
            return Ok(rig.python());
        }
        let fill = |pip: &mut Command| step(&format!("installing {}", packages[0]), pip.args(packages)).map(drop);
        let bin = setup::venv(&folder, &packages.join("\n"), fill)?;
        if self.home == Home::Ray {
            setup::install_wheel(&bin, &build::file_with_extension(&rig.root().join("dist"), "whl")?)?;
        }
        Ok(bin.join("python"))
    }
}

pub(super) const ALL: [Peer; 12] = [
    peer("trilogue batch", "trilogue_cli", Home::Shared).resumes().quick(),
    peer("trilogue, Python rows", "trilogue_rows", Home::Shared).resumes().quick(),
    peer("trilogue, Node rows", "trilogue_node", Home::Shared).resumes().quick(),
    peer("trilogue in a loop", "trilogue_loop", Home::Shared).quick(),
    peer("aiohttp + orjson in a loop", "aiohttp_floor", Home::Shared).quick(),
    peer("openai in a loop", "openai_loop", Home::Shared),
    peer("flexllm", "flexllm_batch", Home::Flexllm).resumes(),
    peer("curator", "curator", Home::Curator).resumes(),
    peer("daft", "daft_prompt", Home::Daft),
    peer("trilogue.ray.Chat", "ray_trilogue", Home::Ray).resumes().quick(),
    peer("Ray + openai", "ray_openai", Home::Ray),
    peer("Ray's HTTP processor", "ray_http", Home::Ray),
];
