//! Snippets for cURL in bash.
//!
//! Law: the body is a here-document, so that it may be of any length and needs no quoting; no line of JSON can be its end. Only where a
//! key stands in it, it is one that bash expands, and all that bash would expand is escaped. Answers are shown as they come.

use crate::prelude::*;
use crate::value::Value;

use super::literal::{HOLE, Json, Secret, value};
use super::{Held, Plan, shown};

/// The request.
pub(super) fn plain(plan: &Plan<'_>) -> String {
    let mut body = String::new();
    value(&Json(plan.key_variable()), &mut body, &Value::from(plan.body.clone()), 0, 0, true);
    // A short body too is a document: lines that people add their own to.
    let expands = body.contains(HOLE);
    let (mut code, mark) = if expands { (String::new(), "JSON") } else { (String::new(), "'JSON'") };
    if expands {
        let (text, variables) = expanded(&body);
        body = text;
        for variable in variables {
            code.extend([": \"${", &variable, ":?is not set}\"\n"]);
        }
        code.push_str("json() { printf '%s' \"$1\" | sed 's/[\\\\\"]/\\\\&/g'; } # a text as JSON has it\n");
    }
    // Brackets mean something to curl.
    let globs = if plan.url.contains(['[', ']', '{', '}']) { "g" } else { "" };
    code.extend(["curl -sS", globs, if plan.stream { "N" } else { "" }, " --fail-with-body "]);
    quote(&mut code, &plan.url);
    for (name, held) in &plan.headers {
        code.push_str(" \\\n  -H ");
        header(&mut code, shown(name), held);
    }
    code.extend([" \\\n  --data-binary @- <<", mark, "\n", &body, "\nJSON\n"]);
    code
}

fn header(code: &mut String, name: &str, held: &Held) {
    match held {
        // Curl takes a header with nothing in it for one to leave out.
        Held::Text(text) if text.is_empty() => quote(code, &format!("{name};")),
        Held::Text(text) => quote(code, &format!("{name}: {text}")),
        Held::Secret(Secret { before, variable }) => {
            let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if is_plain {
                code.extend(["\"", name, ": ", before]);
            } else {
                quote(code, &format!("{name}: {before}"));
                code.push('"');
            }
            code.extend(["${", variable, ":?is not set}\""]);
        }
    }
}

/// A word of bash, in single quotes.
fn quote(code: &mut String, text: &str) {
    code.push('\'');
    for (place, part) in text.split('\'').enumerate() {
        code.push_str(if place > 0 { "'\\''" } else { "" });
        code.push_str(part);
    }
    code.push('\'');
}

/// A body for a here-document that bash expands, and the variables in it.
fn expanded(body: &str) -> (String, Vec<String>) {
    let (mut text, mut variables) = (String::new(), Vec::new());
    for (place, part) in body.split(HOLE).enumerate() {
        if place % 2 == 1 {
            text.extend(["$(json \"$", part, "\")"]);
            if !variables.iter().any(|variable| variable == part) {
                variables.push(part.to_owned());
            }
            continue;
        }
        for c in part.chars() {
            if matches!(c, '\\' | '$' | '`') {
                text.push('\\');
            }
            text.push(c);
        }
    }
    (text, variables)
}
