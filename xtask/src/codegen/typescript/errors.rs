//! `errors.ts`: a class for each kind of error.

use std::fmt::Write as _;

use trilogue_core::ErrorKind;

use super::NOTE;

/// The module.
pub(crate) fn errors(kinds: &[ErrorKind]) -> String {
    let mut out =
        format!("// {NOTE}\n\nimport {{ classes, type ErrorFields, Failure }} from \"../binding/failure.js\";\n");
    for kind in kinds {
        let info = kind.info();
        let parent = if info.parent.is_empty() { "Failure" } else { info.parent };
        let _ = write!(
            out,
            "\n/** {} */\nexport class {} extends {parent} {{\n\t/** For type checkers, which treat classes of the same structure as one type. */\n\tdeclare protected readonly is{}: true;\n}}\n",
            info.doc.trim(),
            info.name,
            info.name
        );
    }
    out.push_str("\nObject.assign(classes, {\n");
    for kind in kinds {
        let _ = writeln!(out, "\t{},", kind.info().name);
    }
    out.push_str(
        "});\n\n// A minifier renames classes, so their names are set as strings: on the prototypes, which stack traces read, and on the classes.\nfor (const [value, kind] of Object.entries(classes)) {\n\tObject.defineProperty(kind.prototype, \"name\", { value, configurable: true, writable: true });\n\tObject.defineProperty(kind, \"name\", { value, configurable: true });\n}\n\n/** Creates the error that the core describes. */\nexport function errorFrom(fields: ErrorFields): APIError {\n\tconst kind = classes[fields.kind] ?? APIError;\n\treturn new kind(fields);\n}\n",
    );
    out
}
