//! Generates `_generated/errors.py`: the exception classes, one per error kind.

use std::fmt::Write as _;

use trilogue_core::ErrorKind;

use super::NOTE;

/// The exception classes.
pub(super) fn errors(kinds: &[ErrorKind]) -> String {
    let mut names: Vec<_> = kinds.iter().map(|kind| kind.info().name).collect();
    names.sort_unstable();
    let mut out = format!(
        "\"\"\"Errors.\n\n{NOTE}\n\"\"\"\n\nfrom __future__ import annotations\n\nfrom .._objects.failure import Failure\n\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    from typing import Any\n\n    from .._objects.response import Response\n\n__all__ = [\n"
    );
    for name in names {
        let _ = writeln!(out, "    \"{name}\",");
    }
    out.push_str("]\n");
    for kind in kinds {
        let info = kind.info();
        let parent = if info.parent.is_empty() { "Failure" } else { info.parent };
        let _ = write!(out, "\n\nclass {}({parent}):\n    \"\"\"{}\"\"\"\n", info.name, info.doc.trim());
        if info.name == "APIStatusError" {
            // These errors have a response.
            out.push_str(
                "\n    if TYPE_CHECKING:\n        status_code: int  # pyright: ignore[reportIncompatibleVariableOverride]\n\n        \
                 @property\n        def response(self) -> Response:\n            \"\"\"The answer: `status_code`, `headers`, `request_id`, `json()`, `text`.\"\"\"\n            ...\n",
            );
        }
    }
    out.push_str(
        "\n\n# The classes are public under this name, which tracebacks and pickles use.\nfor _name in __all__:\n    globals()[_name].__module__ = \"trilogue\"\n\n\n\
         def from_parts(parts: dict[str, Any]) -> APIError:\n    \"\"\"Make the error that the core describes.\"\"\"\n    \
         kind: type[APIError] = globals()[parts[\"kind\"]]\n    return kind(parts[\"message\"], parts)\n",
    );
    out
}
