//! The core's table of operations as typed signatures, and the constants that hosts share with the core.
//!
//! Written from what the core declares: an operation or an option that is added there appears in both languages.

mod constants;
mod options;
mod python;
mod record;
mod typescript;

use trilogue_core::ffi::operations::{Operation, answers, client, conversation, extra, native};
use trilogue_core::value::shape::{Member, Shape};

/// The path and the text of every file.
pub(crate) fn files() -> Vec<(String, String)> {
    let groups = Groups {
        answers: answers::signatures(),
        client: client::signatures(),
        extra: extra::signatures(),
        native: native::signatures(),
        conversation: conversation::signatures(),
    };
    [
        ("bindings-python/python/trilogue/_generated/operations.py", python::module(&groups)),
        ("bindings-python/python/trilogue/_generated/constants.py", constants::python()),
        ("typescript/src/generated/operations.ts", typescript::module(&groups)),
        ("typescript/src/generated/constants.ts", constants::typescript()),
        ("typescript/src/generated/options.ts", options::module(&groups)),
        ("typescript/src/generated/record.ts", record::module()),
    ]
    .map(|(path, text)| (path.to_owned(), text))
    .into()
}

/// The operations by their group.
struct Groups {
    answers: Vec<Operation>,
    client: Vec<Operation>,
    extra: Vec<Operation>,
    native: Vec<Operation>,
    conversation: Vec<Operation>,
}

/// The named types that the operations of a language use, each once.
fn named(groups: &[&[Operation]]) -> Vec<(&'static str, Vec<Member>)> {
    let mut types = Vec::new();
    for operation in groups.iter().copied().flatten() {
        for member in operation.input.iter().chain(&operation.output) {
            collect(&member.shape, &mut types);
        }
    }
    types.sort_by_key(|(name, _)| *name);
    types
}

fn collect(shape: &Shape, types: &mut Vec<(&'static str, Vec<Member>)>) {
    match shape {
        Shape::List(inner) | Shape::Optional(inner) => collect(inner, types),
        Shape::Named(name, members) => {
            if types.iter().any(|(known, _)| known == name) {
                return;
            }
            let members = members();
            types.push((name, members.clone()));
            for member in &members {
                collect(&member.shape, types);
            }
        }
        _ => {}
    }
}

/// A member's type without `Optional`, which its declaration says in another way.
fn bare(shape: &Shape) -> &Shape {
    match shape {
        Shape::Optional(inner) => inner,
        shape => shape,
    }
}

/// `take_reply` as `TakeReply`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    name.split('_').map(word).collect()
}
