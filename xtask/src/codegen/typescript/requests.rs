//! `requests.ts`: what requests take.

use super::{Member, NOTE, Types, alias, annotation, import, interface, is_param, named, union, without_null};
/// Fields that take any object besides those that are known, since providers have tools of their own.
const OPEN_FIELDS: [&str; 1] = ["tools"];

/// Names that types had in version 0.1 before the exact types, and the exact types.
const EARLIER_NAMES: [(&str, &str); 7] = [
    ("MessageParam", "ChatCompletionMessageParam"),
    ("ContentPartParam", "ChatCompletionContentPartParam"),
    ("ImageUrlParam", "ImageURLParam"),
    ("ToolCallParam", "ChatCompletionMessageToolCallUnionParam"),
    ("ToolParam", "ChatCompletionToolUnionParam"),
    ("JsonSchemaFormatParam", "JSONSchemaParam"),
    ("StreamOptionsParam", "ChatCompletionStreamOptionsParam"),
];

/// The module.
pub(super) fn module(types: &Types<'_>) -> String {
    let mut out = String::new();
    for body in types.objects.iter().filter(|object| object.request) {
        let exact = body.name.trim_end_matches("Param");
        // Parts of bodies are the exact shapes below.
        if !types.is_body(exact) {
            continue;
        }
        let members = body.fields.iter().map(|field| {
            let kind = types.exact_field(exact, &field.name).map_or(&field.kind, |exact| &exact.kind);
            let mut annotation = annotation(kind);
            if !field.required {
                annotation = without_null(&annotation);
            }
            if OPEN_FIELDS.contains(&field.name.as_str()) {
                annotation = format!("({} | Record<string, unknown>)[]", annotation.trim_end_matches("[]"));
            }
            Member { annotation, ..Member::of(field) }
        });
        interface(&mut out, &body.doc, &body.name, members, "");
    }
    for object in types.exact.objects.iter().filter(|object| is_param(&object.name)) {
        interface(&mut out, &object.doc, named(&object.name), object.fields.iter().map(Member::of), "");
    }
    for exact in types.exact.unions.iter().filter(|union| is_param(&union.name)) {
        union(&mut out, exact);
    }
    for (earlier, name) in EARLIER_NAMES {
        alias(&mut out, &format!("The same as `{name}`."), earlier, "", &[name.to_owned()]);
    }
    let replies = types.objects.iter().filter(|object| !object.request).map(|object| object.name.as_str());
    format!("// {NOTE}\n\n{}{out}", import(&out, "replies", replies))
}
