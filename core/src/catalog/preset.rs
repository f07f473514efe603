//! Presets: the settings that the provider's own page uses for a model.

use crate::prelude::*;
use crate::value::{Map, Members, Value, object};

/// Returns the preset of a catalogue's entry: `{model, system?, parameters}`, with the parameters that have a default.
#[inline(never)]
pub fn preset(entry: &Value) -> Map<String, Value> {
    let mut preset = object([("model", entry.get("id").cloned().unwrap_or_default())]);
    if let Some(system) = entry.get("system").filter(|system| !system.is_null()) {
        preset.set("system", system.clone());
    }
    let mut defaults = Map::new();
    if let Some(Value::Object(parameters)) = entry.get("parameters") {
        for (name, about) in parameters {
            if let Some(default) = about.get("default") {
                defaults.set(name, default.clone());
            }
        }
    }
    preset.set("parameters", defaults);
    preset
}
