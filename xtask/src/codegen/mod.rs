//! `cargo xtask codegen`: generates the types of Python and TypeScript from the Rust types.
//!
//! Both languages are generated from one schema. With `--check` nothing is written, and a file that would change is an error.

mod operations;
mod python;
mod schema;
mod typescript;

use std::path::Path;

use anyhow::{Result, bail};
use trilogue_core::ErrorKind;

/// Writes or checks every generated file below `root`.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let types = schema::types()?;
    let exact = schema::exact()?;
    let mut files = python::files(root, &types, &exact)?;
    let typescript = typescript::types(&types, &exact).into_iter();
    let typescript =
        typescript.chain([("errors.ts", typescript::errors(ErrorKind::ALL)), ("catalog.ts", typescript::catalog())]);
    files.extend(typescript.map(|(name, text)| (format!("typescript/src/generated/{name}"), text)));
    files.extend(operations::files());
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root.join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        if check {
            stale.push(name);
        } else {
            std::fs::create_dir_all(path.parent().unwrap_or(root))?;
            std::fs::write(&path, text)?;
            println!("wrote {name}");
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask codegen`", stale.join(", "));
    }
    Ok(())
}
