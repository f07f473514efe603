//! `events.ts`: the events of streams, which narrow on `type`.

use super::{Member, NOTE, OTHER_FIELDS, Types, alias, annotation, import, interface, is_event, without_null};

/// Events that carry the JSON parsed so far: of the answer, whose type is the parameter `Partial`, or of the arguments of a tool.
const PARSED: [(&str, bool); 7] = [
    ("ContentDeltaEvent", true),
    ("ContentDoneEvent", true),
    ("TextEvent", true),
    ("FunctionToolCallArgumentsDeltaEvent", false),
    ("FunctionToolCallArgumentsDoneEvent", false),
    ("InputJsonEvent", false),
    ("ParsedContentBlockStopEvent", false),
];
const PARSED_DOC: &str = "The JSON parsed so far: one value that grows.";
const PARAMETER: &str = "<Partial = unknown>";

/// The event that Python has as one class for both formats and `.events`: here a type for the one and for the other.
const TEXT: &str = "TextEvent";
const NORMAL_TEXT: &str = "NormalTextEvent";
const NORMAL: &str = "NormalEvent";

/// The module.
pub(super) fn module(types: &Types<'_>) -> String {
    let mut out = String::new();
    let is_new = |name: &str| is_event(name) && !types.is_reply(name);
    for object in types.exact.objects.iter().filter(|object| is_new(&object.name)) {
        let members = |left_out: &'static str| {
            object.fields.iter().filter(move |field| field.name != left_out).map(|field| {
                let is_place = matches!(field.name.as_str(), "index" | "choice");
                let annotation = without_null(&annotation(&field.kind));
                Member { annotation, required: field.required || is_place, ..Member::of(field) }
            })
        };
        let parsed = PARSED.iter().find(|(name, _)| *name == object.name).map(|(_, is_answer)| Member {
            doc: PARSED_DOC.to_owned(),
            name: "parsed".to_owned(),
            annotation: if *is_answer { "Partial" } else { "unknown" }.to_owned(),
            required: false,
        });
        let name = format!("{}{}", object.name, if has_parameter(&object.name) { PARAMETER } else { "" });
        // Events as servers send them may have further fields.
        let is_wire =
            types.exact.unions.iter().any(|union| {
                types.is_reply(&union.name) && union.kinds.iter().any(|kind| annotation(kind) == object.name)
            });
        let closing = if is_wire { OTHER_FIELDS } else { "" };
        if object.name == TEXT {
            interface(&mut out, &object.doc, NORMAL_TEXT, members("index"), "");
            interface(&mut out, &object.doc, &name, members("choice").chain(parsed), "");
        } else {
            interface(&mut out, &object.doc, &name, members("").chain(parsed), closing);
        }
    }
    for union in types.exact.unions.iter().filter(|union| is_event(&union.name)) {
        let members: Vec<_> = union
            .kinds
            .iter()
            .map(annotation)
            .map(|name| match name.as_str() {
                TEXT if union.name == NORMAL => NORMAL_TEXT.to_owned(),
                _ if has_parameter(&name) => format!("{name}<Partial>"),
                _ => name,
            })
            .collect();
        let parameters = if members.iter().any(|name| name.ends_with("<Partial>")) { PARAMETER } else { "" };
        alias(&mut out, &union.doc, &union.name, parameters, &members);
    }
    let replies = types.objects.iter().chain(&types.exact.objects).filter(|object| !object.request);
    let unions = types.exact.unions.iter().map(|union| union.name.as_str());
    let names = replies.map(|object| object.name.as_str()).chain(unions).filter(|name| !is_event(name));
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    format!("// {NOTE}\n\n{}{out}", import(&out, "replies", names.into_iter()))
}

/// The event has the type parameter of the parsed answer.
fn has_parameter(name: &str) -> bool {
    PARSED.contains(&(name, true))
}
