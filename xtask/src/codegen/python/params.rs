//! Generates `_generated/params.py`: the `TypedDict`s of requests.

use std::fmt::Write as _;

use anyhow::Result;

use super::{NOTE, Types, alias, all, argument, is_param, optional, taken};
use crate::codegen::schema::{Field, Kind};

/// Request types whose fields are keyword arguments: type, name in Python, method.
const ROOTS: [(&str, &str, &str); 3] = [
    ("ChatRequestParam", "ChatOptions", "chat.completions.create"),
    ("MessagesRequestParam", "MessagesOptions", "messages.create"),
    ("CountTokensRequestParam", "CountTokensOptions", "messages.count_tokens"),
];
/// The arguments of each method that aren't fields of the body.
const CALL_OPTIONS: &[(&str, &str, &str)] = &[
    ("extra_headers", "Mapping[str, str | None] | None", "Headers in addition to the client's; `None` removes one."),
    ("extra_query", "Mapping[str, object] | None", "Query parameters in addition to the client's."),
    ("extra_body", "Mapping[str, object] | None", "Fields added to the body last."),
    ("timeout", "float | Timeout | None", "As the client's option, in seconds."),
    ("first_token_timeout", "float | None", "As the client's option, in seconds."),
    ("idle_timeout", "float | None", "As the client's option, in seconds."),
    ("max_retries", "int | None", "As the client's option."),
    (
        "budget",
        "Decimal | str | float | None",
        "The highest cost of the request, in dollars, within the client's budget.",
    ),
    ("on_cut", "Literal[\"error\", \"continue\"] | None", "As the client's option."),
];

/// An argument of the methods of messages that is sent as a header.
const BETAS: (&str, &str, &str) =
    ("betas", "Sequence[str] | None", "The names of beta features, which are sent as the header `anthropic-beta`.");

/// The arguments of a request's method that aren't fields of the body.
pub(super) fn call_options(request: &str) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    let betas = (request != "ChatRequestParam").then_some(&BETAS);
    betas.into_iter().chain(CALL_OPTIONS)
}

/// The module.
pub(super) fn module(types: &Types<'_>) -> Result<String> {
    let mut out = format!(
        "\"\"\"Types of requests: dicts with known fields, for type checkers and editors.\n\n{NOTE}\n\"\"\"\n\nfrom __future__ import annotations\n\n\
         import typing\nfrom collections.abc import Mapping, Sequence  # noqa: TC003  (for `get_type_hints`)\n\
         from decimal import Decimal  # noqa: TC003\n\
         from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict\n\nfrom .._objects.timeout import Timeout  # noqa: TC001\nfrom .types import "
    );
    let received = received(types);
    let _ = write!(
        out,
        "{}\n\nif TYPE_CHECKING:\n    from typing_extensions import Required\nelse:\n",
        received.join(", ")
    );
    out.push_str(
        "    # Python 3.10 lacks it; there the hint says that the field may be missing.\n    \
         Required = getattr(typing, \"Required\", typing.Optional)\n",
    );
    all(&mut out, "__all__", &names(types));
    for object in types.exact.objects.iter().filter(|object| is_param(&object.name)) {
        let _ = write!(out, "\n\nclass {}(TypedDict, total=False):\n    \"\"\"{}\"\"\"\n", object.name, object.doc);
        for field in &object.fields {
            typed(&mut out, field, taken(&field.kind));
        }
    }
    out.push_str("\n\n");
    let mut left: Vec<_> = types.exact.unions.iter().filter(|union| is_param(&union.name)).collect();
    // At run time a union can only refer to types that are defined before it.
    while let Some(next) = left.iter().position(|union| {
        let names = |kind: &Kind| matches!(kind, Kind::Named(name) if left.iter().any(|other| other.name == *name));
        !union.kinds.iter().any(names)
    }) {
        let union = left.remove(next);
        let members: Vec<_> = union.kinds.iter().map(taken).collect();
        alias(&mut out, &union.name, &union.doc, &members);
    }
    for (name, python, method) in ROOTS {
        let object = types.request(name)?;
        let _ = write!(
            out,
            "\nclass {python}(TypedDict, total=False):\n    \"\"\"Keyword arguments of `{method}`, besides `messages`, `model` and `stream`.\"\"\"\n"
        );
        for field in object.fields.iter().filter(|field| !["messages", "model"].contains(&field.name.as_str())) {
            typed(&mut out, field, argument(types.kind_of(object, field)));
        }
        for (name, annotation, doc) in call_options(name) {
            let _ = write!(out, "\n    {name}: {annotation}\n    \"\"\"{doc}\"\"\"\n");
        }
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    Ok(out)
}

/// The names of everything in the module.
pub(super) fn names(types: &Types<'_>) -> Vec<String> {
    let objects = types.exact.objects.iter().map(|object| &object.name);
    let unions = types.exact.unions.iter().map(|union| &union.name);
    let mut names: Vec<_> = objects.chain(unions).filter(|name| is_param(name)).cloned().collect();
    names.extend(ROOTS.iter().map(|(_, python, _)| (*python).to_owned()));
    names.sort_unstable();
    names
}

/// Replies that may be sent back.
fn received(types: &Types<'_>) -> Vec<String> {
    let unions = types.exact.unions.iter().filter(|union| is_param(&union.name));
    let kinds = unions.flat_map(|union| &union.kinds).filter_map(|kind| match kind {
        Kind::Named(name) if !is_param(name) => Some(name.clone()),
        _ => None,
    });
    let mut names: Vec<_> = kinds.collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn typed(out: &mut String, field: &Field, annotation: String) {
    let annotation = if field.required { format!("Required[{annotation}]") } else { optional(annotation, false) };
    let _ = write!(out, "\n    {}: {annotation}\n    \"\"\"{}\"\"\"\n", field.name, field.doc);
}
