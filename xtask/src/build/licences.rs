//! The licences and sources of dependencies.
//!
//! Invariant: every package of the lock file, for any platform, follows the policy in `deny.toml`. cargo-deny looks for known
//! vulnerabilities, since that needs a database from the network.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::process::report;

/// The tables of `deny.toml` that are used here.
#[derive(Deserialize)]
struct File {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// The rules for dependencies.
pub(crate) struct Policy {
    accepted: Vec<Licensee>,
    bans: Vec<Ban>,
}

impl Policy {
    /// Reads `deny.toml`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join("deny.toml")).context("no deny.toml")?;
        let File { licenses, bans } = toml::from_str(&text).context("deny.toml")?;
        let parse = |name: &String| Licensee::parse(name).with_context(|| format!("deny.toml allows {name}"));
        Ok(Self { accepted: licenses.allow.iter().map(parse).collect::<Result<_>>()?, bans: bans.deny })
    }

    /// Returns the licences under which a package is used, all of which apply.
    pub(crate) fn chosen(&self, package: &Package) -> Result<Vec<String>> {
        let licence = package.license.as_deref().with_context(|| format!("{} names no licence", package.name))?;
        let expression = Expression::parse_mode(licence, ParseMode::LAX)
            .with_context(|| format!("the licence of {}: {licence}", package.name))?;
        let chosen = expression
            .minimized_requirements(&self.accepted)
            .with_context(|| format!("{} {} is under {licence}", package.name, package.version))?;
        Ok(chosen.iter().map(ToString::to_string).collect())
    }

    /// Returns the first rule that a package violates.
    fn violation(&self, package: &Package) -> Option<String> {
        if let Some(ban) = self.bans.iter().find(|ban| ban.name == package.name.as_str()) {
            return Some(format!("{} is banned: {}", package.name, ban.reason));
        }
        if let Some(source) = package.source.as_ref().filter(|source| !source.is_crates_io()) {
            return Some(format!("{} comes from {source}", package.name));
        }
        self.chosen(package).err().map(|why| format!("{why:#}"))
    }
}

/// Reads the metadata of every package in the lock file.
pub(crate) fn metadata(root: &Path) -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root.join("Cargo.toml")).other_options(["--locked".to_owned()]);
    command.exec().context("cargo metadata")
}

/// Checks every package against the policy.
pub(crate) fn check(root: &Path) -> Result<()> {
    let policy = Policy::read(root)?;
    let packages = metadata(root)?.packages;
    let violations: Vec<_> = packages.iter().filter_map(|package| policy.violation(package)).collect();
    ensure!(violations.is_empty(), "deny.toml: {}", violations.join("; "));
    report(&format!("{} packages follow deny.toml; `cargo deny check` looks for vulnerabilities", packages.len()));
    Ok(())
}
