//! The layers of the core: which module may use which.
//!
//! A module uses only modules in layers below its own, so that the dependencies of the core have no cycle and each folder can be read
//! without those above it. Imports are read from the source text; code under `#[cfg(test)]` counts too.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// The modules of `core/src`, from the lowest layer to the highest. Modules of one layer do not use each other.
const LAYERS: [&[&str]; 17] = [
    &["prelude", "sync"],
    &["text"],
    &["value"],
    &["json", "http"],
    &["error"],
    &["schema", "cost", "tokens"],
    &["record"],
    &["transport"],
    &["limits"],
    &["catalog"],
    &["config"],
    &["wire"],
    &["tools", "events", "shapes", "prompt"],
    &["structured", "request"],
    &["client", "conversation"],
    &["snippets", "batch"],
    &["ffi"],
];

/// Fails if a module of the core uses one of its own layer or above, or is in no layer.
pub(crate) fn check(root: &Path) -> Result<()> {
    let source = root.join("core/src");
    let mut known = BTreeSet::new();
    for entry in fs::read_dir(&source)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name != "lib" {
            let layer = layer_of(&name).with_context(|| format!("core/src/{name} is in no layer: add it to LAYERS"))?;
            check_module(&path, &name, layer)?;
            known.insert(name);
        }
    }
    for name in LAYERS.concat() {
        ensure!(known.contains(name), "LAYERS names core/src/{name}, which does not exist");
    }
    Ok(())
}

fn layer_of(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

fn check_module(path: &Path, module: &str, layer: usize) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            check_module(&entry?.path(), module, layer)?;
        }
        return Ok(());
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Ok(());
    }
    let text = fs::read_to_string(path)?;
    for used in used_modules(&text) {
        // Macros and re-exports of the crate's root have no layer.
        let Some(other) = layer_of(used) else { continue };
        if other >= layer && used != module {
            bail!(
                "{} uses crate::{used}, which is not below {module}: move what both need into a lower layer",
                path.display()
            );
        }
    }
    Ok(())
}

/// The first segments of the paths that begin with `crate::`, outside comments.
fn used_modules(text: &str) -> Vec<&str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut used = Vec::new();
    for line in code {
        for rest in line.split("crate::").skip(1) {
            match rest.strip_prefix('{').and_then(|list| list.split_once('}')) {
                Some((list, _)) => used.extend(list.split(',').map(|path| first_segment(path.trim()))),
                None => used.push(first_segment(rest)),
            }
        }
    }
    used
}

fn first_segment(path: &str) -> &str {
    path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::used_modules;

    #[test]
    fn paths_of_the_crate_are_found() {
        let text = "// crate::none\nuse crate::{json, snippets::Plan};\nlet x = crate::text::lists(a, b);\n";
        assert_eq!(used_modules(text), ["json", "snippets", "text"]);
    }
}
