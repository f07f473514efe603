//! `replies.ts`: the types of replies, and of costs and models.

use super::{Member, NOTE, OTHER_FIELDS, Types, annotation, interface, is_event, is_param, union};
use crate::codegen::schema::Object;

/// The module.
pub(super) fn module(types: &Types<'_>) -> String {
    let mut out = format!("// {NOTE}\n");
    // A wire type with the name of a union holds the fields of all its members.
    for object in types.objects.iter().filter(|object| !object.request && !types.is_union(&object.name)) {
        write(&mut out, types, object);
    }
    let is_new = |name: &str| !is_param(name) && !is_event(name) && !types.is_reply(name) && !types.is_body(name);
    for object in types.exact.objects.iter().filter(|object| is_new(&object.name)) {
        write(&mut out, types, object);
    }
    for exact in types.exact.unions.iter().filter(|union| !is_param(&union.name) && !is_event(&union.name)) {
        union(&mut out, exact);
    }
    out
}

fn write(out: &mut String, types: &Types<'_>, object: &Object) {
    let members = object.fields.iter().map(|field| {
        let exact = types.exact_field(&object.name, &field.name);
        let kind = exact.map_or(&field.kind, |exact| &exact.kind);
        let required = field.required || exact.is_some_and(|exact| exact.required);
        Member { annotation: annotation(kind), required, ..Member::of(field) }
    });
    interface(out, &object.doc, &object.name, members, OTHER_FIELDS);
}
