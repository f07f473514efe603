//! Generates `_generated/types.py` and its stub: the classes of replies and events.
//!
//! The module has only what runs; types and docs of fields are in the stub, which type checkers and editors read.

use std::fmt::Write as _;

use super::{NOTE, Types, alias, all, given, is_param, optional};
use crate::codegen::schema::{Field, Kind, Object, Union};

/// A class of the module.
struct Class<'a> {
    object: &'a Object,
    /// The class that it extends.
    base: String,
    /// Unknown members of a union, which the stub doesn't show: it has the union under this name.
    hidden: bool,
}

/// Every class, those that others extend or hold first.
fn classes<'a>(types: &'a Types<'_>) -> Vec<Class<'a>> {
    let wire = types.objects.iter().filter(|object| !object.request).map(|object| {
        let hidden = types.exact.unions.iter().any(|union| union.name == object.name);
        Class { object, base: own_base(object).to_owned(), hidden }
    });
    let exact = types.exact.objects.iter().filter(|object| {
        !is_param(&object.name)
            && !types.is_wire(&object.name)
            && types.request(&format!("{}Param", object.name)).is_err()
    });
    let exact = exact.map(|object| {
        let union = unions(types).find(|union| union.kinds.iter().any(|kind| named(kind) == Some(&object.name)));
        Class { object, base: union.map_or("Model", |union| base_of(types, union)).to_owned(), hidden: false }
    });
    let mut left: Vec<_> = wire.chain(exact).collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let waits = |class: &Class<'_>, name: &str| {
            name != class.object.name && left.iter().any(|other| other.object.name == name)
        };
        let free = |class: &Class<'_>| {
            !waits(class, &class.base)
                && class.object.fields.iter().all(|field| named(&field.kind).is_none_or(|name| !waits(class, name)))
        };
        let next = left.iter().position(free).unwrap_or(0);
        ordered.push(left.remove(next));
    }
    ordered
}

/// The names of everything in the module.
pub(super) fn names(types: &Types<'_>) -> Vec<String> {
    let classes = classes(types).into_iter().map(|class| class.object.name.clone());
    let mut names: Vec<_> = classes.chain(unions(types).map(|union| union.name.clone())).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Unions of replies.
fn unions<'a>(types: &'a Types<'_>) -> impl Iterator<Item = &'a Union> {
    types.exact.unions.iter().filter(|union| !is_param(&union.name))
}

/// The class that the members of a union extend.
fn base_of<'a>(types: &Types<'_>, union: &'a Union) -> &'a str {
    if types.is_wire(&union.name) { &union.name } else { "StreamEvent" }
}

/// The class that a wire type extends.
fn own_base(object: &Object) -> &'static str {
    match object.name.as_str() {
        "ChatCompletionChunk" => "Chunk",
        "ChatMessage" | "ChoiceDelta" => "ReasoningBase",
        "Message" => "MessageBase",
        "MessageEvent" => "MessageEventBase",
        "CatalogModel" => "CatalogModelBase",
        _ if object.fields.iter().any(|field| is_amount(&field.kind)) => "Amounts",
        _ => "Model",
    }
}

/// The module.
pub(super) fn module(types: &Types<'_>) -> String {
    let mut out = format!(
        "\"\"\"Types of replies and events.\n\n{NOTE}\n\"\"\"\n\n# ruff: noqa: RUF012\n\nfrom __future__ import annotations\n\n\
         from .._objects.amounts import Amounts, CatalogModelBase\nfrom .._objects.kinds import (\n    Chunk,\n    Kinds,\n    MessageBase,\n    MessageEventBase,\n    ReasoningBase,\n    StreamEvent,\n    register_kinds,\n)\nfrom .._objects.model import Model\n"
    );
    all(&mut out, "__all__", &names(types));
    for class in classes(types) {
        let Class { object, base, hidden } = class;
        let base = if hidden && base == "Model" { "Kinds".to_owned() } else { base };
        let _ = write!(out, "\n\nclass {}({base}):\n    \"\"\"{}\"\"\"\n\n    _fields = {{\n", object.name, object.doc);
        for field in &object.fields {
            let kind = named(&field.kind).filter(|name| !is_param(name)).unwrap_or("None");
            let _ = writeln!(out, "        \"{}\": {kind},", field.name);
        }
        out.push_str("    }\n");
        let amounts = object.fields.iter().filter(|field| is_amount(&field.kind));
        let amounts: Vec<_> = amounts.map(|field| format!("\"{}\"", field.name)).collect();
        if !amounts.is_empty() {
            let _ = writeln!(out, "    _amounts = frozenset({{{}}})", amounts.join(", "));
        }
    }
    out.push('\n');
    for union in unions(types).filter(|union| !types.is_wire(&union.name)) {
        out.push('\n');
        let members: Vec<_> = union.kinds.iter().map(given).collect();
        super::union(&mut out, &union.name, &members);
    }
    out.push_str("\n\n# Classes by their `type`.\n");
    let mut bases: Vec<&str> = unions(types).map(|union| base_of(types, union)).collect();
    bases.sort_unstable();
    bases.dedup();
    for base in bases {
        let _ = writeln!(out, "register_kinds(\n    {base},\n    {{");
        let mut seen: Vec<&str> = Vec::new();
        for union in unions(types).filter(|union| base_of(types, union) == base) {
            for name in union.kinds.iter().filter_map(named) {
                let tag = types.exact_of(name).and_then(tag);
                if let Some(tag) = tag.filter(|tag| !seen.contains(tag)) {
                    let _ = writeln!(out, "        \"{tag}\": {name},");
                    seen.push(tag);
                }
            }
        }
        out.push_str("    },\n)\n");
    }
    out.push_str(
        "\n# The classes are public under this name, which tracebacks and pickles use.\nfor _name in __all__:\n    _kind = globals()[_name]\n    \
         if isinstance(_kind, type):\n        _kind.__module__ = \"trilogue.types\"\n",
    );
    out
}

/// The `type` of a member of a union.
fn tag(object: &Object) -> Option<&str> {
    let field = object.fields.iter().find(|field| field.name == "type")?;
    match &field.kind {
        Kind::Literal(texts) => texts.first().map(String::as_str),
        _ => None,
    }
}

/// The stub.
pub(super) fn stub(types: &Types<'_>) -> String {
    let mut out = format!(
        "\"\"\"Types of replies and events.\n\n{NOTE}\n\"\"\"\n\nfrom decimal import Decimal\nfrom typing import Any, Literal, TypeAlias\n\nfrom .._objects.amounts import Amounts, CatalogModelBase\nfrom .._objects.kinds import Chunk, MessageBase, MessageEventBase, ReasoningBase, StreamEvent\nfrom .._objects.model import Model\n"
    );
    all(&mut out, "__all__", &names(types));
    for class in classes(types).iter().filter(|class| !class.hidden) {
        let Class { object, base, .. } = class;
        // Members of a union extend what the union's own base extends.
        let wire = types.objects.iter().find(|object| !object.request && object.name == *base);
        let base = wire.map_or_else(|| base.clone(), |wire| own_base(wire).to_owned());
        let _ = write!(out, "\nclass {}({base}):\n    \"\"\"{}\"\"\"\n", object.name, object.doc);
        for field in &object.fields {
            member(&mut out, types, object, field);
        }
    }
    out.push('\n');
    for union in unions(types) {
        let members: Vec<_> = union.kinds.iter().map(given).collect();
        alias(&mut out, &union.name, &union.doc, &members);
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn member(out: &mut String, types: &Types<'_>, object: &Object, field: &Field) {
    let exact = types.kind_of(object, field);
    let annotation = optional(given(exact), field.required || is_exact(types, object, field));
    let _ = write!(out, "\n    {}: {annotation}\n    \"\"\"{}\"\"\"\n", field.name, field.doc);
}

/// Whether a wire type's field is always present, according to its exact type.
fn is_exact(types: &Types<'_>, object: &Object, field: &Field) -> bool {
    let exact = types.exact_of(&object.name).into_iter().flat_map(|exact| &exact.fields);
    exact.into_iter().any(|exact| exact.name == field.name && exact.required)
}

fn is_amount(kind: &Kind) -> bool {
    match kind {
        Kind::Amount => true,
        Kind::Or(kinds) => kinds.iter().any(is_amount),
        _ => false,
    }
}

/// The class of the objects that a field holds, if it is one of ours.
fn named(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Named(name) => Some(name),
        Kind::List(item) => named(item),
        Kind::Or(kinds) => kinds.iter().find_map(named),
        _ => None,
    }
}
