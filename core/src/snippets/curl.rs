//! Snippets for cURL in bash.
//!
//! Invariant: the body is a here-document, so it can have any length and needs no quoting; no line of JSON can end it. Bash expands it only if it
//! contains a key, and then everything else that bash would expand is escaped. Answers are printed as they arrive.

use crate::prelude::*;
use crate::value::Value;

use super::literal::{Json, Secret, VARIABLE_MARK, value};
use super::{HeaderValue, Plan, display_name};

/// Writes the request.
pub(super) fn plain(plan: &Plan<'_>) -> String {
    let mut body = String::new();
    value(&Json(plan.key_variable()), &mut body, &Value::from(plan.body.clone()), 0, 0, true);
    // A short body is a here-document too, so that it can be extended.
    let expands = body.contains(VARIABLE_MARK);
    let (mut code, mark) = if expands { (String::new(), "JSON") } else { (String::new(), "'JSON'") };
    if expands {
        let (text, variables) = escape_expanded(&body);
        body = text;
        for variable in variables {
            code.extend([": \"${", &variable, ":?is not set}\"\n"]);
        }
        code.push_str("json() { printf '%s' \"$1\" | sed 's/[\\\\\"]/\\\\&/g'; } # a text as JSON has it\n");
    }
    // Brackets have a meaning for curl.
    let globs = if plan.url.contains(['[', ']', '{', '}']) { "g" } else { "" };
    code.extend(["curl -sS", globs, if plan.stream { "N" } else { "" }, " --fail-with-body "]);
    quote(&mut code, &plan.url);
    for (name, header_value) in &plan.headers {
        code.push_str(" \\\n  -H ");
        header(&mut code, display_name(name), header_value);
    }
    code.extend([" \\\n  --data-binary @- <<", mark, "\n", &body, "\nJSON\n"]);
    code
}

fn header(code: &mut String, name: &str, header_value: &HeaderValue) {
    match header_value {
        // Curl removes a header without a value, unless it ends with a semicolon.
        HeaderValue::Text(text) if text.is_empty() => quote(code, &format!("{name};")),
        HeaderValue::Text(text) => quote(code, &format!("{name}: {text}")),
        HeaderValue::Secret(Secret { prefix, variable }) => {
            let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if is_plain {
                code.extend(["\"", name, ": ", prefix]);
            } else {
                quote(code, &format!("{name}: {prefix}"));
                code.push('"');
            }
            code.extend(["${", variable, ":?is not set}\""]);
        }
    }
}

/// Writes a bash word in single quotes.
fn quote(code: &mut String, text: &str) {
    code.push('\'');
    for (index, part) in text.split('\'').enumerate() {
        code.push_str(if index > 0 { "'\\''" } else { "" });
        code.push_str(part);
    }
    code.push('\'');
}

/// Escapes a body for a here-document that bash expands. Returns it and its variables.
fn escape_expanded(body: &str) -> (String, Vec<String>) {
    let (mut text, mut variables) = (String::new(), Vec::new());
    for (index, part) in body.split(VARIABLE_MARK).enumerate() {
        if index % 2 == 1 {
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
